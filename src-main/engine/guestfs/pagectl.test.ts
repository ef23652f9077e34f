import { describe, expect, test } from 'vitest';
import { RFC_V3 } from '../../../shared/model/config.ts';
import type { Accounting } from './accounting.ts';
import { Console, type GuestOptions, stripedAsPosted } from '../console-fixture.ts';

const PAGECTL = '/sys/kernel/debug/pagectl';
const ctl = (c: Console, name: string, text: string | number): string | null => c.echo(text, `${PAGECTL}/${name}`);
const books = (c: Console): Accounting => JSON.parse(c.cat(`${PAGECTL}/accounting.json`)) as Accounting;

/** Many writes as one line. */
function each(c: Console, name: string, first: number, end: number): void {
  c.world.beginLine('g', `${name} ${first} to ${end - 1}`);
  for (let pfn = first; pfn < end; pfn++) expect(c.world.writeFile(`${PAGECTL}/${name}`, `${pfn}\n`).ok).toBe(true);
  c.world.endLine();
}

test('what cannot be done says why', () => {
  const c = new Console({ mm: { reserved: [{ start: 0, end: 8 }], holes: [{ start: 100, end: 101 }] } });
  const why = (name: string, text: string): [string | null, string] => [ctl(c, name, text), c.log.at(-1)!];
  expect(why('alloc', 'page')).toEqual(['EINVAL', 'pagectl: alloc: "page" is no PFN with an ORDER from 0 to 10']);
  expect(why('alloc', '0 11')[0]).toBe('EINVAL');
  expect(why('alloc', '1 2 3')[0]).toBe('EINVAL');
  expect(why('alloc', '-1')[0]).toBe('EINVAL');
  expect(why('alloc', '1.5')[0]).toBe('EINVAL');
  expect(why('alloc', '9999999999')).toEqual([
    'EINVAL',
    'pagectl: alloc: pfn 9999999999 order 0 ends beyond the last page, 32767',
  ]);
  expect(why('alloc', '1001 1')).toEqual(['EINVAL', 'pagectl: alloc: pfn 1001 order 1 is no multiple of 2']);
  expect(why('alloc', '5')).toEqual(['EBUSY', 'pagectl: alloc: pfn 5 is reserved since boot']);
  expect(why('alloc', '100')).toEqual(['EBUSY', 'pagectl: alloc: pfn 100 is no page']);
  expect(ctl(c, 'alloc', '0x400 9')).toBe(null);
  expect(why('alloc', '1024')).toEqual(['EBUSY', 'pagectl: alloc: pfn 1024 is in use']);
  expect(why('free', '1025')).toEqual(['EBUSY', 'pagectl: free: pfn 1025 was not taken by alloc: it is in use']);
  expect(why('free', '1024 8')).toEqual(['EBUSY', 'pagectl: free: pfn 1024 was taken with order 9, not 8']);
  expect(why('pcp', '1024')).toEqual(['EBUSY', 'pagectl: pcp: pfn 1024 is in use']);
  expect(why('pcp', '2048 1')).toEqual(['EBUSY', 'pagectl: pcp: per-CPU lists hold single pages, not order 1']);
  expect(ctl(c, 'free', 1024)).toBe(null);
  expect(why('free', '1024')).toEqual(['EBUSY', 'pagectl: free: pfn 1024 was not taken by alloc: it is free']);
  expect(ctl(c, 'pcp', 2048)).toBe(null);
  expect(why('alloc', '2048')).toEqual(['EBUSY', 'pagectl: alloc: pfn 2048 is on a per-CPU list']);
  expect(c.world.check()).toEqual([]);
});

test('a page tells what it is', () => {
  const c = new Console();
  ctl(c, 'alloc', 20000);
  c.stage(0, 16383, 0);
  c.stage(16384, 32767, 1);
  c.commit();
  expect(c.cat(`${PAGECTL}/page/20000`)).toBe(
    'pfn: 20000 (0x04e20)\nstate: allocated\nzone: DMA32\nnode: 0\ntarget: 1\nlookup mark: set\n' +
      'layout: layout.1 {04000-08000}:1\npageblock: 39 Movable\nmemory block: 0\n',
  );
  expect(c.cat(`${PAGECTL}/page/0x0`)).toContain(
    'node: 0\ntarget: 0\nlookup mark: clear\nlayout: layout.1 {00000-03fff}:0\n',
  );
  expect(c.world.filesOf('g')!.stat(`${PAGECTL}/page/32768`)).toBe(null);
});

/** Vector T7 (simtest/vectors.ts): the rows of its table, read from the books. */
describe.each<[string, GuestOptions['profile']]>([
  ['correct', {}],
  ['as posted', { rfc: RFC_V3 }],
])('T7, %s', (name, profile) => {
  test('pages that are owed, frees, a second commit', () => {
    const c = new Console({ profile: profile ?? {}, mm: { nrNodeIds: 2, reserved: [{ start: 0, end: 1024 }] } });
    for (const [first, end] of [
      [2048, 3072],
      [10000, 10500],
      [20000, 21000],
    ] as const) {
      each(c, 'alloc', first, end);
    }
    const row = (): unknown => {
      const { nodes, stranded, moved } = books(c);
      return [
        nodes.map((n) => [n.sizePages, n.freePages, n.actualPages]),
        nodes[0]!.zones[0]!.managedPages,
        stranded.map((s) => [s.from, s.to, s.pages, s.pinned]),
        moved.total,
      ];
    };
    expect(row()).toEqual([[[32768, 29220, 32768]], 3072, [], 0]);
    c.stage(0, 16383, 0);
    c.stage(16384, 32767, 1);
    c.commit();
    const halves = [
      [16384, 13836, 17384],
      [16384, 15384, 15384],
    ];
    expect(row()).toEqual([halves, 3072, [[0, 1, 1000, 0]], 15384]);
    expect(books(c).flagsSet).toBe(name === 'correct' ? 1000 : 17384);
    const blocks = books(c).nodes[1]!.zones.at(-1)!.freeBlocks;
    expect(blocks).toEqual([0, 0, 0, 1, 1, 2, 1, 1, 1, 1, 14]);
    each(c, 'free', 20000, 20500);
    expect(row()).toEqual([
      [
        [16384, 13836, 16884],
        [16384, 15884, 15884],
      ],
      3072,
      [[0, 1, 500, 0]],
      15884,
    ]);
    expect(books(c).nodes[1]!.zones.at(-1)!.freeBlocks).toEqual([0, 0, 1, 1, 2, 1, 1, 1, 1, 0, 15]);
    const { hit, miss } = books(c).lookups;
    expect([hit, miss]).toEqual([499, 1]);
    c.stage(0, 32767, 0);
    c.commit();
    expect(row()).toEqual([
      [
        [32768, 29720, 32768],
        [0, 0, 0],
      ],
      3072,
      [],
      31768,
    ]);
    each(c, 'free', 20500, 21000);
    expect(row()).toEqual([
      [
        [32768, 30220, 32768],
        [0, 0, 0],
      ],
      3072,
      [],
      31768,
    ]);
    expect(c.world.check()).toEqual([]);
  });
});

/** T12a: pages on a per-CPU list when a layout is committed. */
test('T12a', () => {
  const c = new Console({ mm: { nrNodeIds: 2 } });
  each(c, 'pcp', 20000, 20031);
  expect(books(c).nodes[0]!.zones[1]!.pcpPages).toBe(31);
  c.stage(0, 16383, 0);
  c.stage(16384, 32767, 1);
  c.commit();
  expect(books(c).moved).toEqual({ sweep: 16353, free: 0, drain: 31, total: 16384 });
  expect(books(c).nodes[1]!.freePages).toBe(16384);
  expect(c.world.check()).toEqual([]);
});

/** T4 as posted: the books show what the kernel counts beside the truth. */
test('T4, as posted', () => {
  const c = stripedAsPosted();
  const { nodes, misplaced, moved } = books(c);
  expect(nodes.map((n) => [n.sizePages, n.targetPages, n.freePages])).toEqual([
    [11008, 11008, 11264],
    [1408, 10880, 10240],
    [10880, 10880, 11264],
  ]);
  expect(nodes[1]!.zones.map((z) => [z.zone, z.presentPages, z.targetPages])).toEqual([
    ['DMA', 1408, 1408],
    ['DMA32', 16384, 9472],
  ]);
  expect(moved.total).toBe(21504);
  expect(misplaced.reduce((sum, m) => sum + m.pages, 0)).toBe(20480);
  const text = c.cat(`${PAGECTL}/accounting`);
  expect(text.split('\n')[0]).toMatch(/^node zone +size +present +managed +free +o0 .* o10$/);
  expect(text).toMatch(/^ {3}1 all +1408 +1408 +17792 +10240$/m);
  expect(text).toMatch(/^moved: 21504 by sweeps, 0 by frees, 0 by drains, 21504 in all$/m);
});
