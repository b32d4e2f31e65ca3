/** Finds text that covers other text or a door, text that is outside of its host, its packet or what lights it, text that is cut where nothing scrolls, and a page that is wider than the screen. */
import type { Page } from 'playwright-core';

/** Runs in the page: only what is between these braces is there. */
const LOOK = `(() => {
  const isHidden = (element) => element.closest('.sr, dialog, option, select, noscript, .opening') !== null;
  // what a picture within a picture has as its box is what is drawn in it, so its own edges are asked for
  const edgesOf = (element) => {
    const outer = element.parentElement.closest('svg');
    if (!element.matches('svg') || !outer) return element.getBoundingClientRect();
    const around = outer.getBoundingClientRect();
    const edge = (name) => element[name].baseVal.value;
    return { left: around.left + edge('x'), top: around.top + edge('y'), right: around.right, bottom: around.bottom };
  };
  const kinds = new Map();
  const kindOf = (element) => {
    if (!kinds.has(element)) kinds.set(element, element.matches('svg') ? 'svg' : getComputedStyle(element).overflowY);
    return kinds.get(element);
  };
  // what sticks to the foot of the screen lies over what scrolls beneath it
  const foot = document.querySelector('footer');
  const foots = foot && getComputedStyle(foot).position === 'sticky' ? foot.getBoundingClientRect().top : 1e9;
  const clipOf = (element) => {
    let box = { left: 0, top: 0, right: innerWidth, bottom: foot?.contains(element) ? 1e9 : foots };
    for (let at = element.parentElement; at; at = at.parentElement) {
      if (kindOf(at) === 'visible') continue;
      const own = edgesOf(at);
      box = { left: Math.max(box.left, own.left), top: Math.max(box.top, own.top), right: Math.min(box.right, own.right), bottom: Math.min(box.bottom, own.bottom) };
    }
    return box;
  };
  // an ancestor that hides what has no room in it, and does not scroll
  const cutterOf = (element) => {
    for (let at = element.parentElement; at; at = at.parentElement) {
      const kind = kindOf(at);
      if (kind === 'hidden') return at.getBoundingClientRect();
      if (kind === 'auto' || kind === 'scroll') return undefined;
    }
    return undefined;
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
      const cutter = cutterOf(element);
      if (cutter && (bottom > cutter.bottom + 4 || right > cutter.right + 4)) faults.push('"' + node.data.trim().slice(0, 40) + '" is cut');
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
  const boxOf = (element) => element.getBoundingClientRect();
  const isOutside = (text, box) => text.left < box.left - 2 || text.right > box.right + 2 || text.bottom > box.bottom + 4;
  for (const host of document.querySelectorAll('g.host')) {
    if (!host.checkVisibility()) continue;
    const box = boxOf(host.querySelector('.box'));
    const doors = [...host.querySelectorAll('.door circle')].map(boxOf);
    for (const text of host.querySelectorAll('text')) {
      const words = text.textContent.trim();
      const place = boxOf(text);
      if (words === '') continue;
      if (isOutside(place, box)) faults.push('"' + words + '" is outside of ' + host.getAttribute('aria-label'));
      const letters = (place.bottom - place.top) * 0.2;
      const isCovered = (door) => Math.min(place.right, door.right) - Math.max(place.left, door.left) > 1 && Math.min(place.bottom - letters, door.bottom) - Math.max(place.top + letters, door.top) > 1;
      if (doors.some(isCovered)) faults.push('a door covers "' + words + '"');
    }
    for (const light of host.querySelectorAll('.glow'))
      for (const text of light.parentElement.querySelectorAll('text'))
        if (isOutside(boxOf(text), boxOf(light))) faults.push('"' + text.textContent + '" is outside of its light');
  }
  for (const packet of document.querySelectorAll('g.packet')) {
    const text = packet.querySelector('text');
    if (packet.checkVisibility() && isOutside(boxOf(text), boxOf(packet.querySelector('.body')))) faults.push('"' + text.textContent + '" is outside of its packet');
  }
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (over > 0) faults.push(over + ' pixels too wide');
  return faults;
})()`;

/** @returns A sentence for each fault. */
export async function overlaps(page: Page): Promise<readonly string[]> {
  return (await page.evaluate(LOOK)) as string[];
}
