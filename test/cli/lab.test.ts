import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { portico, run } from './program.ts';

describe('portico lab', () => {
  test('serves the page and its two files on the loopback, and nothing else, until SIGINT', async () => {
    await using lab = portico(['lab', '--no-open']);
    const [, url = ''] = await lab.printed(/The lab is at (http:\/\/127\.0\.0\.1:\d+\/)/);
    const page = await fetch(url);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await page.text();
    expect(text).toContain('<title>Portico Lab</title>');
    for (const [, name] of text.matchAll(/(?:src|href)="\.\/([^"]+)"/g))
      expect((await fetch(`${url}${name}`)).status).toBe(200);
    expect((await fetch(`${url}../cli/main.js`)).status).toBe(404);
    expect((await fetch(`${url}..%2fcli%2fmain.js`)).status).toBe(404);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
    expect(await lab.signal('SIGINT').ending()).toMatchObject({ code: 0, stderr: '' });
  });

  test('--export copies the folder', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'portico-lab-'));
    try {
      const { code, stdout } = await run(['lab', '--export', join(directory, 'lab')]);
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^The lab is in /) });
      expect(readdirSync(join(directory, 'lab')).sort()).toEqual(['index.html', 'lab.css', 'lab.js']);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('--export wants a folder', async () => {
    const { code, stdout, stderr } = await run(['lab', '--export', '']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Name a folder');
  });

  test('a port that is taken is said in one line', async () => {
    await using first = portico(['lab', '--no-open']);
    const [, port = ''] = await first.printed(/The lab is at http:\/\/127\.0\.0\.1:(\d+)\//);
    const { code, stderr } = await run(['lab', '--no-open', '--port', port]);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^portico: The lab has no port: .*EADDRINUSE/),
    });
  });
});
