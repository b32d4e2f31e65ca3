/** Links between the documents lead somewhere: to a file that is there, and to a heading that it has. */
import { existsSync } from 'node:fs';
import { dirname, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markdownFiles, read, root } from './documents.ts';

interface Link {
  readonly target: string;
  readonly text: string;
}

/** The links of a text, outside code. */
function linksOf(text: string): Link[] {
  const prose = text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, 'code');
  return [...prose.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, label = '', target = '']) => ({
    text: label,
    target,
  }));
}

/** The anchors that GitHub makes of the headings. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^```.*?^```$/gms, '').matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

function isBroken(file: string, { target }: Link): boolean {
  if (/^[a-z]+:/.test(target)) return !target.startsWith('https://');
  const [path = '', anchor] = target.split('#');
  const linked = path === '' ? file : normalize(`${dirname(file)}/${path}`);
  if (!existsSync(root + linked)) return true;
  return anchor !== undefined && !anchorsOf(read(linked)).has(anchor);
}

describe('the links of', () => {
  it.each(markdownFiles())('%s lead somewhere', (file) => {
    const broken = linksOf(read(file)).filter((link) => isBroken(file, link));
    expect(broken).toEqual([]);
  });

  it('the tests of links find a broken one', () => {
    expect(isBroken('README.md', { text: '', target: 'docs/nowhere.md' })).toBe(true);
    expect(isBroken('README.md', { text: '', target: '#no-such-heading' })).toBe(true);
  });
});

describe('the documents', () => {
  it('name no path of one machine', () => {
    const paths = markdownFiles().filter((file) => /(?<![\w.])\/(?:work|home|root|Users)\//.test(read(file)));
    expect(paths).toEqual([]);
  });
});
