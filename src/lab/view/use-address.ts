/** The address bar, for whoever wants to send on what they see. */
import { useEffect } from 'preact/hooks';

/** Keeps the address bar at what is shown, where the browser lets a page do so. */
export function useAddress(address: string, isPlaying: boolean): void {
  useEffect(() => {
    if (isPlaying) return;
    try {
      history.replaceState(null, '', address);
    } catch {
      // a page from a disk may not: the Link button has the address
    }
  }, [address, isPlaying]);
}
