/** Finds text that covers other text, text that leaves its picture, and a page that is wider than the screen. */
import type { Page } from 'playwright-core';

/** Runs in the page: only what is between these braces is there. */
const LOOK = `(() => {
  const isHidden = (element) => element.closest('.sr, dialog, option, select, noscript, .opening') !== null;
  const clipOf = (element) => {
    let box = { left: 0, top: 0, right: innerWidth, bottom: 1e9 };
    for (let at = element.parentElement; at; at = at.parentElement) {
      if (!at.matches('.scroll, svg, [clip-path]')) continue;
      const own = (at.hasAttribute('clip-path') ? document.querySelector(at.getAttribute('clip-path').slice(4, -1) + ' rect') : at).getBoundingClientRect();
      box = { left: Math.max(box.left, own.left), top: Math.max(box.top, own.top), right: Math.min(box.right, own.right), bottom: Math.min(box.bottom, own.bottom) };
    }
    return box;
  };
  const texts = [];
  const faults = [];
  const walker = document.createTreeWalker(document.querySelector('#lab'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (node.data.trim() === '' || isHidden(element) || !element.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const clip = clipOf(element);
    for (const { left, top, right, bottom } of range.getClientRects()) {
      // letters are less tall than their line
      const inset = (bottom - top) * 0.2;
      const box = { left: Math.max(left, clip.left), top: Math.max(top + inset, clip.top), right: Math.min(right, clip.right), bottom: Math.min(bottom - inset, clip.bottom) };
      if (box.right - box.left < 3 || box.bottom - box.top < 3) continue;
      texts.push({ text: node.data.trim().slice(0, 40), box, element });
    }
  }
  for (const [index, one] of texts.entries())
    for (const other of texts.slice(index + 1)) {
      if (one.element === other.element) continue;
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (across > 2 && down > 2) faults.push('"' + one.text + '" and "' + other.text + '"');
    }
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (over > 0) faults.push(over + ' pixels too wide');
  return faults;
})()`;

/** @returns A sentence for each fault. */
export async function overlaps(page: Page): Promise<readonly string[]> {
  return (await page.evaluate(LOOK)) as string[];
}
