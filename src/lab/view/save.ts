/** Gives the person a file. */
import type { Recording } from '../model/recording.ts';

/** Saves what the first host of the first link saw. */
export function savePcap({ setup, capture }: Recording): void {
  const bytes = capture();
  if (!bytes) return;
  const url = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${setup.scenario}-${setup.variant}-${setup.seed}.pcapng`;
  link.click();
  URL.revokeObjectURL(url);
}
