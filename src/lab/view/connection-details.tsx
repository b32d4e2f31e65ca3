/** What a TCP keeps of one of its connections, its control block (RFC 9293, section 3.3.1): numbers count from the SYN. */
import type { VNode } from 'preact';
import type { SocketRow } from '../../sim/index.ts';
import { counted, timeText } from './words.ts';

type Connection = NonNullable<SocketRow['connection']>;

/** The control block, as a list. */
export function ConnectionDetails({ connection }: { readonly connection: Connection }): VNode {
  return (
    <dl>
      {fieldsOf(connection).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function fieldsOf(connection: Connection): readonly (readonly [string, string])[] {
  const { iss, irs, sndUna, sndNxt, rcvNxt, congestionWindow, slowStartThreshold, phase } = connection;
  const { sendWindow, receiveWindow, outOfOrder, smoothedRoundTripUs, timeoutUs, mss } = connection;
  const bytes = (count: number) => counted(count, 'byte');
  const timers = Object.keys(connection.timers);
  return [
    ['Sent and acknowledged', number(sndUna - iss)],
    ['Sent', number(sndNxt - iss)],
    ['Expects next', number(rcvNxt - irs)],
    ['Room here', bytes(receiveWindow)],
    ['Room at the peer', bytes(sendWindow)],
    ['Congestion window', `${bytes(congestionWindow)}${PHASES[phase]}`],
    ...(slowStartThreshold < NO_THRESHOLD ? [['Slow start until', bytes(slowStartThreshold)] as const] : []),
    ...(outOfOrder > 0 ? [['Waits ahead of a gap', bytes(outOfOrder)] as const] : []),
    ['Largest segment', bytes(mss)],
    ...(smoothedRoundTripUs > 0 ? [['Round trip', timeText(smoothedRoundTripUs)] as const] : []),
    ['Sent again after', timeText(timeoutUs)],
    ...(timers.length > 0 ? [['Timers that run', timers.join(', ')] as const] : []),
  ];
}

/** A threshold that was never lowered is as high as the field goes. */
const NO_THRESHOLD = 0x7fff_ffff;

const PHASES: Readonly<Record<Connection['phase'], string>> = {
  open: '',
  recovery: ', repairs a loss',
  loss: ', after a timeout',
};

/** Sequence numbers go round. */
function number(difference: number): string {
  return String(difference >>> 0);
}
