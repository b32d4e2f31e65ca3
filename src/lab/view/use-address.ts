/** The address bar, for whoever wants to send on what they see. */
import { useEffect } from 'preact/hooks';

/** In the page of another, only what moves: no menus, no code, no events. */
export const isEmbedded: boolean = new URLSearchParams(location.search).get('embed') === '1';

/** Keeps the address bar at what is shown. Gives what leaves it in the history, before another run takes its place. */
export function useAddress(address: string, isPlaying: boolean): () => void {
  useEffect(() => {
    if (!isPlaying) write('replaceState', address);
  }, [address, isPlaying]);
  return () => {
    write('replaceState', address);
    write('pushState', address);
  };
}

/** Goes back, and on, in the history of the browser. */
export function useBack(show: (query: string) => void): void {
  useEffect(() => {
    const back = () => show(location.search);
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  });
}

function write(how: 'replaceState' | 'pushState', address: string): void {
  try {
    history[how](null, '', isEmbedded ? `${address}&embed=1` : address);
  } catch {
    // a page from a disk may not, where the browser does not let it: the Link button has the address
  }
}
