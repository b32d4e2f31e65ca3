/** The size of an element, as it is now. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** An element and its size in CSS pixels. */
export interface Sized {
  readonly ref: RefObject<HTMLDivElement | null>;
  readonly width: number;
  readonly height: number;
}

/** Follows the size of the element that gets the ref. */
export function useSize(): Sized {
  const ref = useRef<HTMLDivElement | null>(null);
  const [size, setSize] = useState({ width: 690, height: 370 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const look = () => {
      const { clientWidth: width, clientHeight: height } = element;
      if (width > 0 && height > 0) setSize({ width, height });
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, ...size };
}

/** How much larger than usual letters are: on a large screen, or as the person has set them in the browser. */
export function textScale(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}
