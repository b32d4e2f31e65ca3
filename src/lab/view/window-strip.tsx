/** Below the ladder, along the same time: how much a sender may have under way, and how much it has. */
import type { VNode } from 'preact';
import type { SenderWindows, WindowStep } from '../model/windows.ts';
import type { LadderLayout } from './ladder-layout.ts';
import { startOf } from './ladder-layout.ts';

const HEIGHT = 44;
/** Above the highest line that fits, and below nothing. */
const MARGIN = 4;

/** What the strip needs. */
export interface WindowStripProps {
  readonly windows: SenderWindows;
  readonly layout: LadderLayout;
  readonly timeUs: number;
  /** The part of the ladder that is in the picture, in pixels. */
  readonly from: number;
  readonly size: number;
}

/** The strip, and its figures in words. A window that is larger than all that was ever of use is above the picture. */
export function WindowStrip({ windows, layout, timeUs, from, size }: WindowStripProps): VNode {
  const steps = windows.steps.filter((step) => step.timeUs <= timeUs);
  const now = steps.at(-1);
  const start = startOf(false);
  const x = (atUs: number) => layout.along(atUs) - from - start;
  const y = (bytes: number) => HEIGHT - MARGIN - (bytes / windows.most) * (HEIGHT - 3 * MARGIN);
  const path = (bytesOf: (step: WindowStep) => number) =>
    steps
      .map((step, index) => {
        const untilUs = steps[index + 1]?.timeUs ?? timeUs;
        return `${index === 0 ? 'M' : 'L'}${x(step.timeUs)} ${y(bytesOf(step))}H${x(untilUs)}`;
      })
      .join('');
  const floor = steps[0] && `V${y(0)}H${x(steps[0].timeUs)}Z`;
  return (
    <div class="windows" role="group" aria-label="Windows">
      <p>
        <b>{windows.host}</b>
        {now
          ? FIGURES.map(({ kind, name, of }) => <Figure key={kind} {...{ kind, name }} bytes={of(now)} />)
          : ' has no connection yet'}
      </p>
      <svg viewBox={`0 0 ${size} ${HEIGHT}`} aria-hidden="true">
        <svg role="presentation" x={start} width={Math.max(0, size - start)} height={HEIGHT}>
          {floor && <path class="under-way" d={path(({ underWay }) => underWay) + floor} />}
          <path class="peer" d={path(({ peer }) => peer)} />
          <path class="congestion" d={path(({ congestion }) => congestion)} />
        </svg>
      </svg>
    </div>
  );
}

const FIGURES: readonly {
  readonly kind: string;
  readonly name: string;
  readonly of: (step: WindowStep) => number;
}[] = [
  { kind: 'congestion', name: 'congestion window', of: ({ congestion }) => congestion },
  { kind: 'peer', name: 'window of the peer', of: ({ peer }) => peer },
  { kind: 'under-way', name: 'under way', of: ({ underWay }) => underWay },
];

function Figure({
  kind,
  name,
  bytes,
}: {
  readonly kind: string;
  readonly name: string;
  readonly bytes: number;
}): VNode {
  return (
    <span>
      <svg class="sample" width="16" height="10" aria-hidden="true">
        <path class={kind} d={kind === 'under-way' ? 'M0 2H16V8H0Z' : 'M0 5H16'} />
      </svg>
      {name} {bytes.toLocaleString('en')}
    </span>
  );
}
