/** A guest's own files, printed by one guest, start another in the same state: `shell`, `import`, `shell`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pageshift } from './fixture/pageshift.ts';

let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pageshift-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BOOT = [
  '--pages',
  '65536',
  '--boot',
  '0-32767:0,32768-65535:1',
  '--reserved',
  '0-255,65000-65535',
  '--era',
  '6.1',
];
const HOLD = ['pagectl alloc 0x3000 9', 'pagectl alloc 0x4001', 'pagectl alloc 0x9002 1'];
const FILES = { zoneinfo: 'cat /proc/zoneinfo', buddyinfo: 'cat /proc/buddyinfo', 'numactl.txt': 'numactl --hardware' };
const typed = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** Sizes and free lists, without the counters of what is in use. */
const sizes = (zoneinfo: string): readonly string[] =>
  zoneinfo
    .split('\n')
    .filter((line) => /^Node|pages free| {2}(min|low|high|spanned|present|managed|start_pfn)/.test(line));

it('a guest is started from the files that another one printed', async () => {
  const first = await pageshift(['shell', ...BOOT], { stdin: typed([...HOLD, ...Object.values(FILES)]) });
  expect([first.code, first.stderr]).toEqual([0, '']);
  // What pagectl says of each block stands before the first file.
  const starts = [
    first.stdout.search(/^Node 0/m),
    first.stdout.search(/^Node 0, zone +DMA +\d/m),
    first.stdout.indexOf('available:'),
  ];
  Object.keys(FILES).forEach((name, i) => writeFileSync(at(name), first.stdout.slice(starts[i], starts[i + 1])));
  const files = Object.keys(FILES).map(at);
  const made = await pageshift(['import', ...files, '-o', at('guest.pageshift.json')]);
  expect(made.code, made.stderr).toBe(0);
  expect(made.stderr).toContain('host-assumed');

  for (const from of [[at('guest.pageshift.json')], ['--from', ...files]]) {
    const again = await pageshift(['shell', ...from], { stdin: typed(Object.values(FILES)) });
    expect(again.code, again.stderr).toBe(0);
    const printed = again.stdout;
    expect(sizes(printed)).toEqual(sizes(first.stdout));
    const lists = (text: string) => text.split('\n').filter((line) => /^Node \d, zone +\w+ +\d/.test(line));
    expect(lists(printed)).toEqual(lists(first.stdout));
    const nodes = (text: string) => text.slice(text.indexOf('available:'));
    expect(nodes(printed).split('\n').slice(0, 7)).toEqual(nodes(first.stdout).split('\n').slice(0, 7));
  }
}, 60_000);

it('files that do not suffice are refused with what is missing', async () => {
  writeFileSync(
    at('lists'),
    'Node 0, zone      DMA      0      0      0      0      0      0      1      1      0      1      3 \n',
  );
  const { code, stderr } = await pageshift(['import', at('lists'), '-o', at('none.pageshift.json')]);
  expect(code).toBe(1);
  expect(stderr).toContain('error guest-no-size');
  expect(stderr).toContain('nothing was written');
});

it('--explain says what the kernel took of each zone', async () => {
  const log = `Linux version 6.1.0 (test)
Early memory node ranges
  node   0: [mem 0x0000000000001000-0x000000000009efff]
  node   0: [mem 0x0000000000100000-0x0000000007ffffff]
`;
  const zone = (name: string, start: number, spanned: number, present: number, managed: number): string =>
    `Node 0, zone ${name}\n  pages free 0\n  spanned ${spanned}\n  present ${present}\n  managed ${managed}\n  start_pfn: ${start}\n`;
  writeFileSync(at('log'), log);
  writeFileSync(at('zones'), zone('DMA', 1, 4095, 3998, 3840) + zone('DMA32', 4096, 28672, 28672, 28150));
  const out = ['-o', at('explained.pageshift.json'), '--explain'];
  const { code, stderr } = await pageshift(['import', at('log'), at('zones'), ...out]);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/node 0\s+DMA\s+3\s840\s+3\s840\s+as stated; taken here: 158 the first 1024 KiB/);
  expect(stderr).toContain('the guest has 10 pages fewer than by its log');
  expect(stderr).toContain('512 memory map (struct page) of 1 sections of 128 MiB');
  const without = await pageshift(['import', at('zones'), ...out]);
  expect(without.stderr).toContain('--explain: needs the boot log');
});
