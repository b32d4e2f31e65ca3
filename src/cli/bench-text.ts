/** What `portico bench` says while it runs and at its end. */
import type { LoadReport, LoadSpec, Progress } from '../load/index.ts';
import { print, say } from './output.ts';
import { count, endpoint } from './text.ts';

/** Above this share of a processor the generator may be what limits the rate. A guess. */
const BUSY = 0.95;

/** One line a second. */
export function sayProgress({ measuring, messages, lost, wrong, errors }: Progress): void {
  const what = measuring ? count(messages, 'answer') : 'warming up';
  say([what, ...troubles({ lost, wrong, errors })].join(', '));
}

/** The report. */
export function sayReport(spec: LoadSpec, report: LoadReport): void {
  const { transport, host, port, connections, window, bytes, rate } = spec;
  const loop = rate === undefined ? `${window} in flight each` : `${count(rate, 'message')} a second planned`;
  print(
    `${transport.toUpperCase()} ${endpoint({ host, port })}: ${count(connections, 'client')}, ${loop}, ${count(bytes, 'byte')}`,
  );
  row(
    'answers',
    `${count(report.messages, 'answer')} in ${report.seconds.toFixed(2)} s, ${Math.round(report.rate).toLocaleString('en')} a second`,
  );
  row('trouble', troubles({ ...report }).join(', ') || 'none');
  if (report.latencyUs) {
    const { p50, p99, p999, max } = report.latencyUs;
    row('latency', `p50 ${us(p50)}, p99 ${us(p99)}, p99.9 ${us(p999)}, longest ${us(max)}`);
  }
  row('generator', `${Math.round(100 * report.busy)} % of a processor${advice(report)}`);
}

/** Why the server did not do what it should; `undefined` when it did. */
export function verdictOf(
  { transport, host, port, answer }: LoadSpec,
  report: LoadReport,
): string | undefined {
  const { messages, wrong, errors } = report;
  if (wrong > 0) {
    const [what, other] =
      answer === 'echo' ? ['the message as it was', 'upper'] : ['the message in upper case', 'echo'];
    return `Not every answer is ${what}; is --answer ${other} meant?`;
  }
  if (messages > 0) return undefined;
  // over UDP an error is a refusal: the host says that nobody has the port
  return transport === 'udp' && errors > 0
    ? `Nobody listens at UDP ${endpoint({ host, port })} (ECONNREFUSED); start the server first, or check host and port`
    : `No answer came from ${transport.toUpperCase()} ${endpoint({ host, port })}`;
}

function row(name: string, text: string): void {
  print(`  ${name.padEnd(11)}${text}`);
}

function troubles(counts: { lost: number; late?: number; wrong: number; errors: number }): string[] {
  return (['lost', 'late', 'wrong', 'errors'] as const).flatMap((name) => {
    const number = counts[name] ?? 0;
    return number > 0 ? `${number.toLocaleString('en')} ${name}` : [];
  });
}

function us(value: number): string {
  return value < 10_000 ? `${value.toFixed(0)} µs` : `${(value / 1000).toFixed(0)} ms`;
}

function advice({ generator, busy }: LoadReport): string {
  if (generator === 'sockets') return ", over Portico's own sockets: a fast server waits for it";
  return busy > BUSY ? ': it may be what limits the rate' : '';
}
