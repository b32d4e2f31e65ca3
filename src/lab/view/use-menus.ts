/** The menus of the page, which are details elements. */
import { useEffect } from 'preact/hooks';

/** Closes them at Escape, and at a click elsewhere. */
export function useMenus(): void {
  useEffect(() => {
    const opened = () => document.querySelectorAll<HTMLDetailsElement>('details.menu[open]');
    const click = ({ target }: PointerEvent) => {
      for (const menu of opened()) if (!(target instanceof Node && menu.contains(target))) menu.open = false;
    };
    const key = ({ key: name }: KeyboardEvent) => {
      if (name !== 'Escape') return;
      for (const menu of opened()) {
        if (menu.contains(document.activeElement)) menu.querySelector('summary')?.focus();
        menu.open = false;
      }
    };
    document.addEventListener('pointerdown', click);
    document.addEventListener('keydown', key);
    return () => {
      document.removeEventListener('pointerdown', click);
      document.removeEventListener('keydown', key);
    };
  }, []);
}
