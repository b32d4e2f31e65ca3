/** The transport bar: ends, steps, play, speed, and the slider of time. */
import type { VNode } from 'preact';
import type { Recording } from '../model/recording.ts';
import { Icon } from './icon.tsx';
import { timeText } from './words.ts';

/** Seconds of a class for one second of the network. */
const SLOWNESS: readonly number[] = [10, 25, 50, 100, 200];

/** What the bar needs. */
export interface TransportProps {
  readonly recording: Recording;
  readonly timeUs: number;
  readonly isPlaying: boolean;
  readonly slowness: number;
  readonly go: (timeUs: number) => void;
  readonly step: (by: 1 | -1) => void;
  readonly play: () => void;
  readonly setSlowness: (slowness: number) => void;
}

/** The bar. */
export function Transport(props: TransportProps): VNode {
  const { recording, timeUs, isPlaying, slowness, go, step, play, setSlowness } = props;
  const { scale, endUs } = recording;
  return (
    <div class="transport" role="group" aria-label="Time">
      <button
        type="button"
        aria-label="To the beginning"
        title="To the beginning (Home)"
        onClick={() => go(0)}
      >
        <Icon name="first" />
      </button>
      <button type="button" aria-label="Step back" title="Step back (←)" onClick={() => step(-1)}>
        <Icon name="back" />
      </button>
      <button type="button" class="primary" title="Space" onClick={play}>
        <Icon name={isPlaying ? 'pause' : 'play'} /> {isPlaying ? 'Pause' : 'Play'}
      </button>
      <button type="button" aria-label="Step forward" title="Step forward (→)" onClick={() => step(1)}>
        <Icon name="on" />
      </button>
      <button type="button" aria-label="To the end" title="To the end (End)" onClick={() => go(endUs)}>
        <Icon name="last" />
      </button>
      <label class="speed">
        <span class="sr">Speed: one second of the network takes</span>
        <select
          title="One second of the network takes so many times as long here"
          value={slowness}
          onChange={(event) => setSlowness(Number(event.currentTarget.value))}
        >
          {SLOWNESS.map((seconds) => (
            <option key={seconds} value={seconds}>
              {seconds}× slower
            </option>
          ))}
        </select>
      </label>
      <input
        type="range"
        aria-label="Time"
        min="0"
        max={Math.max(1, Math.round(scale.shownEnd))}
        step="100"
        value={Math.round(scale.toShown(timeUs))}
        aria-valuetext={timeText(timeUs)}
        onInput={(event) => go(scale.toTime(Number(event.currentTarget.value)))}
      />
      <output aria-label="Time now">{timeText(timeUs)}</output>
    </div>
  );
}
