/** Lets time pass: by the frames of the screen, or from event to event for those who want no motion. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Timescale } from '../model/timescale.ts';

/** What is played. */
export interface Played {
  readonly scale: Timescale;
  readonly moments: readonly number[];
  readonly endUs: number;
}

/** A player. */
export interface Player {
  readonly isPlaying: boolean;
  readonly slowness: number;
  readonly setSlowness: (slowness: number) => void;
  readonly toggle: () => void;
  readonly pause: () => void;
}

/** Slow enough to follow: 25 ms of the network take more than a second. */
const SLOWNESS = 50;
/** Without motion a step comes so often, in milliseconds. */
const STEP_MS = 900;
/** A page that was hidden goes on where it was. */
const FRAME_MS_MAX = 100;

/** Plays from where the time is; at the end it begins anew. */
export function usePlayer(played: Played | undefined, timeUs: number, go: (timeUs: number) => void): Player {
  const [isPlaying, setPlaying] = useState(false);
  const [slowness, setSlowness] = useState(SLOWNESS);
  const now = useRef(timeUs);
  now.current = timeUs;
  // before the next frame, which would move the time of a run that was opened meanwhile
  useLayoutEffect(() => {
    if (!isPlaying || !played) return undefined;
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const advance = isStill ? stepping(played) : flowing(played, slowness);
    return everyFrame((elapsedMs) => {
      const next = advance(now.current, elapsedMs);
      if (next !== now.current) go(next);
      if (next >= played.endUs) setPlaying(false);
    });
  }, [isPlaying, played, slowness, go]);
  const toggle = () => {
    if (!played) return;
    if (!isPlaying) go(timeUs >= played.endUs ? (played.moments[0] ?? 0) : timeUs);
    setPlaying(!isPlaying);
  };
  return { isPlaying, slowness, setSlowness, toggle, pause: () => setPlaying(false) };
}

type Advance = (timeUs: number, elapsedMs: number) => number;

function flowing({ scale, endUs }: Played, slowness: number): Advance {
  return (timeUs, elapsedMs) =>
    Math.min(
      endUs,
      scale.toTime(scale.toShown(timeUs) + (Math.min(elapsedMs, FRAME_MS_MAX) * 1000) / slowness),
    );
}

function stepping({ moments, endUs }: Played): Advance {
  let waitedMs = 0;
  return (timeUs, elapsedMs) => {
    waitedMs += elapsedMs;
    if (waitedMs < STEP_MS) return timeUs;
    waitedMs = 0;
    return moments.find((moment) => moment > timeUs + 0.5) ?? endUs;
  };
}

function everyFrame(callback: (elapsedMs: number) => void): () => void {
  let last: number | undefined;
  let handle = 0;
  const frame = (time: number) => {
    handle = requestAnimationFrame(frame);
    callback(time - (last ?? time));
    last = time;
  };
  handle = requestAnimationFrame(frame);
  return () => cancelAnimationFrame(handle);
}
