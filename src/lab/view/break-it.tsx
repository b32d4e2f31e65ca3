/** The tools that break things: on the selected packet, on a host, on the links; one more client; a line of one's own. */
import type { VNode } from 'preact';
import type { Change, PacketFault } from '../model/change.ts';
import type { Flight } from '../model/flights.ts';
import type { Recording } from '../model/recording.ts';
import { INPUT_MAX } from '../model/setup.ts';
import type { View } from '../model/view.ts';
import { Icon } from './icon.tsx';
import { LinkForm } from './link-form.tsx';
import { FAULTS } from './packet-menu.tsx';

/** What the tools need. */
export interface BreakItProps {
  readonly recording: Recording;
  readonly view: View;
  readonly flight: Flight | undefined;
  readonly meet: (kind: PacketFault, flight: Flight) => void;
  readonly add: (change: Change, atUs: number) => void;
  readonly undo: () => void;
  readonly type: (line: string) => void;
}

/** The tools. */
export function BreakIt({ recording, view, flight, meet, add, undo, type }: BreakItProps): VNode {
  const { setup, programs } = recording;
  const atUs = Math.round(view.timeUs);
  const takesInput = programs.some(({ lines }) => lines.some((line) => line.includes('input(')));
  return (
    <div class="break-it" role="group" aria-label="Break it">
      <span class="title" aria-hidden="true">
        Break it
      </span>
      {FAULTS.map(([kind, name]) => (
        <button
          type="button"
          key={kind}
          disabled={!flight}
          title={flight ? `${name}: ${flight.title}` : `${name}: select a packet first`}
          aria-label={name.replace(/^\w+/, '$& the selected packet')}
          onClick={() => flight && meet(kind, flight)}
        >
          <Icon name={kind} />
        </button>
      ))}
      <details class="menu" name="tools">
        <summary title="Hosts, links, clients">More…</summary>
        <div class="popover">
          {view.hosts.map(({ name, isUp }) => (
            <button
              type="button"
              key={name}
              onClick={() => add({ kind: isUp ? 'crash' : 'restart', host: name, atUs }, atUs)}
            >
              {isUp ? `Crash ${name}` : `Start ${name} again`}
            </button>
          ))}
          {setup.scenario !== 'hundred-clients' && (
            <button type="button" onClick={() => add({ kind: 'client', atUs }, atUs)}>
              Add a client
            </button>
          )}
          <LinkForm
            key={setup.changes.length}
            setup={setup}
            apply={(link) => add({ kind: 'link', atUs, ...link }, atUs)}
          />
          {takesInput && <InputForm input={setup.input} type={type} />}
        </div>
      </details>
      <button type="button" disabled={setup.changes.length === 0} onClick={undo}>
        Undo{setup.changes.length > 0 ? ` ${setup.changes.length}` : ''}
      </button>
    </div>
  );
}

function InputForm({
  input,
  type,
}: {
  readonly input: string;
  readonly type: (line: string) => void;
}): VNode {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const value = new FormData(event.currentTarget).get('line');
        if (typeof value === 'string' && value !== '') type(value);
      }}
    >
      <label>
        Line to send
        <input name="line" maxLength={INPUT_MAX} defaultValue={input} autocomplete="off" />
      </label>
      <button type="submit">Send this line</button>
    </form>
  );
}
