/** The tabs of the page: simulated sockets, and those of a running server. */
import type { VNode } from 'preact';

/** The choice between them. */
export function Pages({ isLive }: { readonly isLive: boolean }): VNode {
  return (
    <nav class="pages" aria-label="Pages">
      <a href="?" aria-current={isLive ? undefined : 'page'}>
        Scenarios
      </a>
      <a href="?view=live" aria-current={isLive ? 'page' : undefined}>
        Live
      </a>
    </nav>
  );
}
