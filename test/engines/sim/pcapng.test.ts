/** The capture file: its blocks by the book, and read by tshark where there is one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodePacket } from '../../../src/engines/sim/codec.ts';
import { pcapng } from '../../../src/engines/sim/pcapng.ts';

const bytes = encodePacket({
  id: 1,
  source: '10.0.0.1',
  destination: '10.0.0.2',
  ttl: 64,
  tos: 0,
  payload: {
    protocol: 'udp',
    sourcePort: 5000,
    destinationPort: 6000,
    data: new TextEncoder().encode('hello'),
  },
  payloadBytes: 13,
});
const file = pcapng('test', [
  { timeUs: 0, bytes },
  { timeUs: 2 ** 32 + 5, bytes, comment: 'late' },
]);

it('consists of blocks whose lengths agree, times in two halves', () => {
  const view = new DataView(file.buffer);
  const types: number[] = [];
  let at = 0;
  for (; at < file.length; at += view.getUint32(at + 4, true)) {
    const length = view.getUint32(at + 4, true);
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, true)).toBe(length);
    types.push(view.getUint32(at, true));
    if (types.length === 4)
      expect([view.getUint32(at + 12, true), view.getUint32(at + 16, true)]).toEqual([1, 5]);
  }
  expect(at).toBe(file.length);
  expect(types).toEqual([0x0a0d0d0a, 1, 6, 6]);
});

it('is what tshark reads', (context) => {
  if (spawnSync('tshark', ['--version']).status !== 0) context.skip('there is no tshark on this host');
  const directory = mkdtempSync(join(tmpdir(), 'portico-pcapng-'));
  try {
    const path = join(directory, 'run.pcapng');
    writeFileSync(path, file);
    const fields = ['ip.src', 'udp.dstport', 'udp.checksum.status', 'ip.checksum.status'];
    const { stdout } = spawnSync(
      'tshark',
      [
        '-r',
        path,
        '-o',
        'udp.check_checksum:TRUE',
        '-o',
        'ip.check_checksum:TRUE',
        '-T',
        'fields',
        ...fields.flatMap((field) => ['-e', field]),
      ],
      { encoding: 'utf8' },
    );
    expect(stdout).toBe('10.0.0.1\t6000\t1\t1\n'.repeat(2));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
