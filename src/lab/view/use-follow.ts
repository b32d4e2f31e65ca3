/** Keeps the lines that run in sight: all of them where they fit into the panel, else those that have just begun to. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** Follows in the panel that gets the ref. @param state - what names the lines that run: when it changes they are looked for. */
export function useFollow(state: string): RefObject<HTMLDivElement | null> {
  const ref = useRef<HTMLDivElement | null>(null);
  const before = useRef<readonly Element[]>([]);
  useLayoutEffect(() => {
    const panel = ref.current;
    if (!panel) return undefined;
    const lines = [...panel.querySelectorAll('[aria-current="step"]')];
    const fresh = lines.filter((line) => !before.current.includes(line));
    before.current = lines;
    const follow = () => {
      if (!show(panel, lines)) show(panel, fresh);
    };
    // also when its tab is opened, or the window has another size
    const observer = new ResizeObserver(follow);
    observer.observe(panel);
    follow();
    return () => observer.disconnect();
  }, [state]);
  return ref;
}

/** Scrolls no further than it has to. @returns Whether there is room for all. */
function show(panel: Element, lines: readonly Element[]): boolean {
  const boxes = lines.map((line) => line.getBoundingClientRect());
  const top = Math.min(...boxes.map((box) => box.top));
  const bottom = Math.max(...boxes.map((box) => box.bottom));
  const room = panel.getBoundingClientRect();
  if (bottom - top > room.height) return false;
  if (top < room.top) panel.scrollTop -= room.top - top;
  else if (bottom > room.bottom) panel.scrollTop += bottom - room.bottom;
  return true;
}
