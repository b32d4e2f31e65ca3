/** The keys of the page. A key that a form field or a button has a use for is left to it. */
import { useEffect, useRef } from 'preact/hooks';

/** What a key does, by the key's name. */
export type Keys = Readonly<Record<string, () => void>>;

/** Listens while the page is there. */
export function useKeys(keys: Keys): void {
  // a key that comes before the page is drawn again acts on what is, not on what was drawn
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || isTaken(event)) return;
      const act = current.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

function isTaken({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest('dialog')) return true;
  if (target.closest('input[type=range]')) return key.startsWith('Arrow') || key === 'Home' || key === 'End';
  if (target.closest('input, select, textarea')) return true;
  if (target.closest('.scroll'))
    return key.startsWith('Arrow') && key !== 'ArrowLeft' && key !== 'ArrowRight';
  return key === ' ' && target.closest('button, summary') !== null;
}
