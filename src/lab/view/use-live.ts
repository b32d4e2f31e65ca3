/** The snapshots of the server that the page came from, while somebody looks. */
import { useEffect, useReducer, useState } from 'preact/hooks';
import type { Live, Snapshot } from '../model/live.ts';
import { nextLive } from '../model/live.ts';

/** With reduced motion figures change so often at most; milliseconds. */
const CALM_MS = 1000;

/** What is known of the stream. */
export interface LiveState {
  readonly live: Live | undefined;
  /** Whether the server can be heard. */
  readonly link: 'connecting' | 'live' | 'lost' | 'ended';
  readonly isPaused: boolean;
  readonly setPaused: (isPaused: boolean) => void;
}

/** Where the server's snapshots are; a page that no such server has sent has none. */
export function eventsPath(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[name="portico-live"]')?.content;
}

/** Follows a stream; a page that is paused, or out of sight, asks for nothing. */
export function useLive(path: string): LiveState {
  const [live, add] = useReducer<Live | undefined, Snapshot>(nextLive, undefined);
  const [link, setLink] = useState<LiveState['link']>('connecting');
  const [isPaused, setPaused] = useState(false);
  const isSeen = useSeen();
  const isEnded = link === 'ended';
  useEffect(() => {
    if (isPaused || !isSeen || isEnded) return undefined;
    const source = new EventSource(path);
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    let addedAt = Number.NEGATIVE_INFINITY;
    source.onmessage = ({ data, timeStamp }: MessageEvent<string>) => {
      setLink('live');
      const snapshot = JSON.parse(data) as Snapshot;
      const isLast = snapshot.stats.state === 'closed';
      if (isCalm && timeStamp - addedAt < CALM_MS && !isLast) return;
      addedAt = timeStamp;
      add(snapshot);
    };
    source.addEventListener('end', () => {
      // or it would try again at once
      source.close();
      setLink('ended');
    });
    source.onerror = () => setLink('lost');
    return () => source.close();
  }, [path, isPaused, isSeen, isEnded]);
  return { live, link, isPaused, setPaused };
}

/** Whether the page is in sight. */
function useSeen(): boolean {
  const [isSeen, setSeen] = useState(document.visibilityState !== 'hidden');
  useEffect(() => {
    const look = () => setSeen(document.visibilityState !== 'hidden');
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  return isSeen;
}
