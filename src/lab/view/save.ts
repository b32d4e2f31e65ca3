/** Gives the person a file: what a host saw, or the ladder as a picture. */
import { h, render } from 'preact';
import type { Recording } from '../model/recording.ts';
import { LadderDrawing } from './ladder.tsx';
import { ladderLength } from './ladder-layout.ts';

/** What of a drawing is told by the style sheet, and has to go with it. */
const STYLES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'paint-order',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
] as const;
/** The side of the saved ladder on which the hosts stand, in pixels. */
const BREADTH = { across: 240, down: 640 } as const;

/** Saves what the first host of the first link saw. */
export function savePcap({ setup, capture }: Recording): void {
  const bytes = capture();
  if (bytes) save(nameOf(setup, 'pcapng'), 'application/octet-stream', new Uint8Array(bytes));
}

/** Saves the ladder of the whole run until now. */
export function saveLadder(recording: Recording, timeUs: number, isDown: boolean): void {
  save(nameOf(recording.setup, 'svg'), 'image/svg+xml', ladderSvg(recording, timeUs, isDown));
}

function ladderSvg(recording: Recording, timeUs: number, isDown: boolean): string {
  const length = ladderLength({ ...recording, endUs: timeUs }, isDown);
  const [width, height] = isDown ? [BREADTH.down, length] : [length, BREADTH.across];
  const holder = document.body.appendChild(document.createElement('div'));
  try {
    const frame = { width, height, isDown, isWhole: true };
    render(h(LadderDrawing, { recording, timeUs, selected: undefined, frame }), holder);
    const svg = holder.firstElementChild;
    if (!svg) return '';
    for (const element of [svg, ...svg.querySelectorAll('*')]) {
      const style = getComputedStyle(element);
      for (const name of STYLES) element.setAttribute(name, style.getPropertyValue(name));
      element.removeAttribute('class');
    }
    svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    svg.setAttribute('width', String(Math.ceil(width)));
    svg.setAttribute('height', String(Math.ceil(height)));
    const paper = getComputedStyle(document.body).backgroundColor;
    svg.insertAdjacentHTML('afterbegin', `<rect width="100%" height="100%" fill="${paper}"/>`);
    return new XMLSerializer().serializeToString(svg);
  } finally {
    render(null, holder);
    holder.remove();
  }
}

function nameOf({ scenario, variant, seed }: Recording['setup'], extension: string): string {
  return `${scenario}-${variant}-${seed}.${extension}`;
}

function save(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
