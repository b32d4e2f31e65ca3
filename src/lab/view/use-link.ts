/** The button that copies the address of what is shown. */
import { useState } from 'preact/hooks';

/** How long the page says that the address was copied, in milliseconds. */
const NOTICE_MS = 2500;

/** The button, and what it says of itself. */
export interface LinkButton {
  readonly copyLink: () => void;
  readonly notice: string;
}

/** Copies the address; where a page may not, it says where the address is. */
export function useLink(address: string): LinkButton {
  const [notice, setNotice] = useState('');
  const copyLink = async () => {
    try {
      // a page that came without TLS from another host has no clipboard
      await navigator.clipboard.writeText(new URL(address, location.href).href);
      setNotice('Address copied');
    } catch {
      setNotice('Copy it from the address bar');
    }
    setTimeout(() => setNotice(''), NOTICE_MS);
  };
  return { copyLink: () => void copyLink(), notice };
}
