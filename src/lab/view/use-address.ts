/** The address bar, for whoever wants to send on what they see. */
import { useEffect } from 'preact/hooks';

/** In the page of another, only what moves: no menus, no code, no events. */
export const isEmbedded: boolean = new URLSearchParams(location.search).get('embed') === '1';

/** Keeps the address bar at what is shown, where the browser lets a page do so. */
export function useAddress(address: string, isPlaying: boolean): void {
  useEffect(() => {
    if (isPlaying) return;
    try {
      history.replaceState(null, '', isEmbedded ? `${address}&embed=1` : address);
    } catch {
      // a page from a disk may not: the Link button has the address
    }
  }, [address, isPlaying]);
}
