/** The test vectors (simtest/vectors.ts) in the column of the series as posted (V3). Figures worked out by hand. */
import { describe, expect, test } from 'vitest';
import { numactlMbFromPages } from '../../../../shared/units/index.ts';
import { CORRECT } from '../../../../shared/model/config.ts';
import type { GuestMm } from '../guest-mm.ts';
import {
  bootRfcGuest,
  bootWith,
  freeEach,
  freeOf,
  HALVES,
  holdEach,
  listsOf,
  lookupsOf,
  marksOf,
  movedOf,
  mustCommit,
  ON_0,
  P,
  range,
  stripes,
} from './rfc-fixture.ts';

const sizes = (mm: GuestMm, nids: number): number[] => Array.from({ length: nids }, (_, nid) => mm.presentPages(nid));
const frees = (mm: GuestMm, nids: number): number[] => Array.from({ length: nids }, (_, nid) => freeOf(mm, nid));
const megabytes = (mm: GuestMm, nids: number): number[] => sizes(mm, nids).map(numactlMbFromPages);
const flags = (mm: GuestMm): number => mm.defectCounters()!.flagsSet;
/** Free pages with A != T by T. */
const misplacedTo = (mm: GuestMm, nid: number): number =>
  [0, 1, 2, 3].reduce((n, from) => n + mm.misplaced(from, nid), 0);
const misplacedFrom = (mm: GuestMm, nid: number): number =>
  [0, 1, 2, 3].reduce((n, to) => n + mm.misplaced(nid, to), 0);
/** Nothing is broken that no defect explains, and what was counted by the way is what a walk over the pages counts. */
const sound = (mm: GuestMm): void => expect(mm.check()).toEqual([]);

test('T1 all to node 1: like the correct one, but node 0 keeps its spans', () => {
  const mm = bootRfcGuest(ON_0, { nrNodeIds: 2 });
  const outcome = mm.commit([range(0, P, 1)]);
  expect(outcome.ok && outcome.result.zonesPopulated.length).toBe(2);
  expect(mm.state.commitStat.withRebuild).toBe(2);
  expect(movedOf(mm)).toBe(32768);
  expect([sizes(mm, 2), frees(mm, 2)]).toEqual([
    [0, 32768],
    [0, 32768],
  ]);
  expect([listsOf(mm, 1, 0), listsOf(mm, 1, 1)]).toEqual(['o10*4', 'o10*28']);
  expect(lookupsOf(mm)).toBe(0);
  expect([0, 1].map((zoneType) => [mm.zone(0, zoneType).spanStart, mm.zone(0, zoneType).spannedPages])).toEqual([
    [0, 4096],
    [4096, 28672],
  ]);
  sound(mm);
});

test('T2 aligned halves: like the correct one', () => {
  const mm = bootRfcGuest(ON_0, { nrNodeIds: 2 });
  const outcome = mm.commit(HALVES);
  expect(outcome.ok && outcome.result.zonesPopulated.length).toBe(1);
  expect(mm.state.commitStat.withRebuild).toBe(1);
  expect([movedOf(mm), sizes(mm, 2), frees(mm, 2)]).toEqual([16384, [16384, 16384], [16384, 16384]]);
  expect([listsOf(mm, 0, 0), listsOf(mm, 0, 1), listsOf(mm, 1, 1)]).toEqual(['o10*4', 'o10*12', 'o10*16']);
  expect([mm.zone(1, 0).initialised, mm.nrZones(1)]).toEqual([false, 2]);
  sound(mm);
});

test('T3 a boundary inside a block: D2 leaves its tail, and freeing it singly heals it', () => {
  const mm = bootRfcGuest(ON_0, { nrNodeIds: 2 });
  mustCommit(mm, [range(0, 16385, 0), range(16385, P, 1)]);
  expect([sizes(mm, 2), frees(mm, 2), movedOf(mm)]).toEqual([[16385, 16383], [17408, 15360], 15360]);
  expect([listsOf(mm, 0, 1), listsOf(mm, 1, 1)]).toEqual(['o10*13', 'o10*15']);
  expect([mm.misplaced(0, 1), mm.markedPages(0)]).toEqual([1023, 17408]);
  sound(mm);
  holdEach(mm, 16385, 17408);
  expect([mm.misplaced(0, 1), mm.stranded(0, 1).pages]).toEqual([0, 1023]);
  sound(mm);
  freeEach(mm, 16385, 17408);
  expect([movedOf(mm), frees(mm, 2), mm.faults()]).toEqual([16383, [16385, 16383], []]);
  expect([listsOf(mm, 0, 1), listsOf(mm, 1, 1)]).toEqual(['o0 o10*12', 'o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10*15']);
  sound(mm);
});

describe('T4 `s 0 2 128` on two boot nodes', () => {
  const committed = (): GuestMm => {
    const mm = bootRfcGuest(HALVES);
    const outcome = mm.commit(stripes(0, 2, 128));
    expect(outcome.ok && outcome.result.zonesPopulated.length).toBe(3);
    expect(mm.state.commitStat.withRebuild).toBe(3);
    return mm;
  };

  test('sizes, free, lists, moved', () => {
    const mm = committed();
    expect([sizes(mm, 3), megabytes(mm, 3)]).toEqual([
      [11008, 1408, 10880],
      [43, 5, 42],
    ]);
    expect([frees(mm, 3), movedOf(mm)]).toEqual([[11264, 10240, 11264], 21504]);
    const blocks = [0, 1, 2].map((nid) => mm.zone(nid, 0).freeBlocks[10]! + mm.zone(nid, 1).freeBlocks[10]!);
    expect(blocks).toEqual([11, 10, 11]);
    expect(frees(mm, 3).map(numactlMbFromPages)).toEqual([44, 40, 44]);
    sound(mm);
  });

  test('a forecast equals what the commit then does, and changes nothing', () => {
    const mm = bootRfcGuest(HALVES);
    expect(mm.forecastCommit(stripes(0, 2, 128))).toEqual({
      presentPages: [11008, 10880, 10880, 0],
      freePages: 21504,
      usedPages: 0,
    });
    expect([movedOf(mm), mm.layout.seq, flags(mm)]).toEqual([0, 0, 0]);
    sound(mm);
  });

  test('straddles, misplaced pages and their marks', () => {
    const mm = committed();
    expect(mm.defectCounters()).toMatchObject({ straddles: 21, flagsSet: P - 21504 });
    expect([0, 1, 2].map((nid) => misplacedTo(mm, nid))).toEqual(
      [0, 1, 2].map((nid) => misplacedFrom(mm, nid) + sizeLessFree(mm, nid)),
    );
    expect([0, 1, 2].map((nid) => misplacedFrom(mm, nid))).toEqual([7040, 6400, 7040]);
    let flagged = 0;
    let unflagged = 0;
    for (let pfn = 0; pfn < P; pfn++) {
      if (mm.actualNid(pfn) === mm.targetNid(pfn)) continue;
      if (mm.isMarked(pfn)) flagged++;
      else unflagged++;
    }
    expect([flagged, unflagged]).toEqual([7040, 13440]);
  });

  test('nr_zones of node 1, its stale upper zone, and the watermarks that follow (5.3)', () => {
    const mm = committed();
    expect([0, 1, 2].map((nid) => mm.nrZones(nid))).toEqual([2, 1, 2]);
    expect([mm.zone(1, 1).presentPages, mm.zone(1, 1).managedPages]).toEqual([16384, 16384]);
    expect([mm.zone(1, 1).wmarkMin, mm.state.minFreeKib]).toEqual([164, 1593]);
    // Batch and high of before: those of a zone of 16384 pages, as the boot made them.
    const booted = bootRfcGuest(HALVES).zone(1, 1);
    expect([mm.zone(1, 1).pcpBatch, mm.zone(1, 1).pcpHigh]).toEqual([booted.pcpBatch, booted.pcpHigh]);
  });

  test('every wrong figure is a fault with the switch that explains it', () => {
    const mm = committed();
    const of = (law: string): string[] => mm.faults().flatMap((f) => (f.law === law ? [f.text] : []));
    expect(of('G2')).toEqual([
      'node 1 DMA32: present 16384, managed 16384; the layout gives 9472 and 9472, but nr_zones of the node is 1',
      'node 1: size 1408 pages (5 MB); the layout gives 10880 (42 MB)',
    ]);
    expect(of('G10')).toEqual(['node 1: nr_zones is 1, its highest zone is number 1']);
    expect(of('G12')).toEqual([
      'node 1 DMA32: min watermark 164 is the share of 16384 managed pages; it has 9472',
      'min_free_kbytes 1593 comes from 39680 managed pages; there are 32768',
    ]);
    expect(of('G4')).toContain('node 1: 10240 free pages of 1408');
    for (const fault of mm.faults()) expect(fault.switches.length).toBeGreaterThan(0);
  });

  test('all switches off: 43/42/42, and no faults', () => {
    const mm = bootWith(CORRECT, HALVES);
    mustCommit(mm, stripes(0, 2, 128));
    expect([sizes(mm, 3), frees(mm, 3), movedOf(mm)]).toEqual([[11008, 10880, 10880], [11008, 10880, 10880], 21888]);
    expect([0, 1, 2].map((nid) => [marksOf(mm, nid, 0), marksOf(mm, nid, 1)])).toEqual([
      ['15/18/22', '106/132/159'],
      ['15/18/22', '104/130/156'],
      ['14/17/21', '106/132/159'],
    ]);
    expect([mm.faults(), mm.defectCounters(), mm.state.minFreeKib]).toEqual([[], null, 1448]);
    sound(mm);
  });
});

/** What a node has too much on its lists. */
const sizeLessFree = (mm: GuestMm, nid: number): number => {
  let pages = 0;
  for (let pfn = 0; pfn < P; pfn++) if (mm.targetNid(pfn) === nid) pages++;
  return pages - freeOf(mm, nid);
};

describe('T4b variants of `s 0 2 128`', () => {
  test('booted with one node: 43/42/42', () => {
    const mm = bootRfcGuest(ON_0);
    mustCommit(mm, stripes(0, 2, 128));
    expect(megabytes(mm, 3)).toEqual([43, 42, 42]);
    sound(mm);
  });

  test('the cover letter: two boot nodes, `a 3`, `s 0 2 128`: 43/5/42/0', () => {
    const mm = bootRfcGuest(HALVES);
    mustCommit(mm, [range(0, P, 3)]);
    expect(movedOf(mm)).toBe(32768);
    mustCommit(mm, stripes(0, 2, 128));
    expect([megabytes(mm, 4), movedOf(mm) - 32768]).toEqual([[43, 5, 42, 0], 32768]);
    expect([mm.zone(1, 1).presentPages, mm.zone(1, 1).wmarkMin, mm.state.minFreeKib]).toEqual([0, 0, 1221]);
    sound(mm);
  });

  test('the same without the defects: 43/42/42/0', () => {
    const mm = bootWith(CORRECT, HALVES);
    mustCommit(mm, [range(0, P, 3)]);
    mustCommit(mm, stripes(0, 2, 128));
    expect(megabytes(mm, 4)).toEqual([43, 42, 42, 0]);
    expect(mm.faults()).toEqual([]);
    sound(mm);
  });

  test('32766 pages: node 0 prints 42', () => {
    const nrPages = 32766;
    const mm = bootRfcGuest([range(0, nrPages, 0)]);
    mustCommit(mm, stripes(0, 2, 128, nrPages));
    expect([sizes(mm, 3), megabytes(mm, 3)]).toEqual([
      [11006, 10880, 10880],
      [42, 42, 42],
    ]);
    sound(mm);
  });
});

test('T5 `s 0 1 1024`: like the correct one', () => {
  const mm = bootRfcGuest(ON_0, { nrNodeIds: 2 });
  const outcome = mm.commit(stripes(0, 1, 1024));
  expect(outcome.ok && outcome.result.zonesPopulated.length).toBe(2);
  expect(mm.state.commitStat.withRebuild).toBe(2);
  expect([movedOf(mm), sizes(mm, 2), frees(mm, 2)]).toEqual([16384, [16384, 16384], [16384, 16384]]);
  for (const nid of [0, 1]) expect([listsOf(mm, nid, 0), listsOf(mm, nid, 1)]).toEqual(['o10*2', 'o10*14']);
  sound(mm);
});

test('T6 `s 0 1 128`: nothing moves, since every head is on its node', () => {
  const mm = bootRfcGuest(ON_0, { nrNodeIds: 2 });
  mustCommit(mm, stripes(0, 1, 128));
  expect([movedOf(mm), megabytes(mm, 2), frees(mm, 2).map(numactlMbFromPages)]).toEqual([0, [64, 64], [128, 0]]);
  mustCommit(mm, stripes(0, 1, 128));
  expect(movedOf(mm)).toBe(0);
  sound(mm);
});

test('T7 stranded pages, frees, second commit: flags as markAll sets them', () => {
  const mm = bootRfcGuest(ON_0, { nrNodeIds: 2, reserved: [{ start: 0, end: 1024 }] });
  holdEach(mm, 2048, 3072);
  holdEach(mm, 10000, 10500);
  holdEach(mm, 20000, 21000);
  mustCommit(mm, HALVES);
  expect([sizes(mm, 2), frees(mm, 2), mm.stranded(0, 1).pages, movedOf(mm)]).toEqual([
    [16384, 16384],
    [13836, 15384],
    1000,
    15384,
  ]);
  expect([flags(mm), mm.markedPages(0), mm.markedPages(1)]).toEqual([17384, 17384, 0]);
  expect(mm.zone(0, 0).managedPages).toBe(3072);
  expect(listsOf(mm, 1, 1)).toBe('o3 o4 o5*2 o6 o7 o8 o9 o10*14');
  freeEach(mm, 20000, 20500);
  expect([frees(mm, 2), mm.stranded(0, 1).pages, movedOf(mm)]).toEqual([[13836, 15884], 500, 15884]);
  expect(mm.lookups).toEqual({ hit: 499, miss: 1 });
  expect(listsOf(mm, 1, 1)).toBe('o2 o3 o4*2 o5 o6 o7 o8 o10*15');
  mustCommit(mm, ON_0);
  expect([sizes(mm, 2), frees(mm, 2), movedOf(mm)]).toEqual([[32768, 0], [29720, 0], 31768]);
  freeEach(mm, 20500, 21000);
  expect([frees(mm, 2), movedOf(mm), lookupsOf(mm) - 500]).toEqual([[30220, 0], 31768, 500]);
  expect(mm.defectCounters()!.lookupsRight).toBe(500);
  expect(listsOf(mm, 0, 0)).toBe('o10*2');
  sound(mm);
});

test('T8 a huge page on a boundary follows its first page', () => {
  const mm = bootRfcGuest(ON_0, { nrNodeIds: 2 });
  expect(mm.holdBlock(16384, 9)).toBe(true);
  mustCommit(mm, [range(0, 16500, 0), range(16500, P, 1)]);
  expect([sizes(mm, 2), frees(mm, 2), mm.stranded(0, 1).pages]).toEqual([[16500, 16268], [16384, 15872], 396]);
  const before = movedOf(mm);
  mm.freePagesDirect(16384, 9);
  expect([frees(mm, 2), movedOf(mm) - before, mm.misplaced(0, 1)]).toEqual([[16896, 15872], 0, 396]);
  for (let pfn = 16500; pfn < 16896; pfn++) expect(mm.isMarked(pfn)).toBe(true);
  sound(mm);
});

test('T10 tiny guest: the block 16..31 straddles 19/20 and stays whole', () => {
  const mm = bootRfcGuest([range(0, 64, 0)], { nrNodeIds: 2 });
  for (const pfn of [5, 6, 40, 41, 42]) mm.holdBlock(pfn, 0);
  mustCommit(mm, [range(0, 32, 0), range(32, 64, 1)]);
  expect([sizes(mm, 2), frees(mm, 2), movedOf(mm)]).toEqual([[32, 32], [30, 29], 29]);
  for (const pfn of [6, 40, 41]) mm.freePagesDirect(pfn, 0);
  expect([frees(mm, 2), movedOf(mm)]).toEqual([[31, 31], 31]);
  mustCommit(mm, [range(0, 20, 1), range(20, 64, 0)]);
  expect([sizes(mm, 2), frees(mm, 2), movedOf(mm), mm.misplaced(1, 0)]).toEqual([[44, 20], [31, 31], 93, 12]);
  for (let pfn = 20; pfn < 32; pfn++) expect(mm.isMarked(pfn)).toBe(false);
  for (const pfn of [5, 42]) mm.freePagesDirect(pfn, 0);
  expect([sizes(mm, 2), frees(mm, 2)]).toEqual([
    [44, 20],
    [32, 32],
  ]);
  sound(mm);
});

describe('T12a 31 pages on a per-CPU list', () => {
  const run = (leak: boolean): GuestMm => {
    const mm = bootWith({ pcpFreeLeak: leak, markAll: true }, ON_0, { nrNodeIds: 2 });
    holdEach(mm, 20000, 20031);
    for (let pfn = 20000; pfn < 20031; pfn++) mm.freeToPcp(pfn, 0);
    const start = mm.beginCommit(HALVES);
    if (!start.ok) throw new Error('refused');
    for (let i = 0; i < 4; i++) start.commit.next();
    expect([mm.moved.sweep, freeOf(mm, 1), mm.stranded(0, 1).pages]).toEqual([16353, 16353, 31]);
    start.commit.finish();
    expect([movedOf(mm), mm.moved.drain]).toEqual([16384, 31]);
    expect(listsOf(mm, 1, 1)).toBe('o10*16');
    sound(mm);
    return mm;
  };

  test('the drain transplants them', () => expect(freeOf(run(false), 1)).toBe(16384));

  test('with D5 (v1, v2) the counter stays at 16353', () => {
    const mm = run(true);
    expect(freeOf(mm, 1)).toBe(16353);
    expect(mm.faults().map(({ law, nid, switches }) => [law, nid, switches])).toEqual([
      ['G3', 1, ['pcpFreeLeak']],
      ['G5', 1, ['pcpFreeLeak']],
    ]);
    // Taking a page lowers both: what was lost is lost until reboot.
    mm.holdBlock(30000, 0);
    expect(freeOf(mm, 1)).toBe(16352);
    sound(mm);
  });
});

describe('T12b a page freed at any moment of a commit', () => {
  test.each([0, 1, 2, 3, 4, 5, 6])('after %i steps: on its new node, moved once, mark clear', (steps) => {
    for (const through of ['freePages', 'freePagesDirect'] as const) {
      const mm = bootRfcGuest(ON_0, { nrNodeIds: 2 });
      expect(mm.holdBlock(20000, 0)).toBe(true);
      const start = mm.beginCommit(HALVES);
      if (!start.ok) throw new Error('refused');
      for (let i = 0; i < steps; i++) start.commit.next();
      mm[through](20000, 0, 0);
      // Marked from the third step on; then the free looks up, else the sweep or the drain moves it.
      expect(lookupsOf(mm)).toBe(steps >= 3 ? 1 : 0);
      start.commit.finish();
      expect([mm.actualNid(20000), movedOf(mm), mm.isMarked(20000)]).toEqual([1, 16384, false]);
      sound(mm);
    }
  });
});

describe('T13 memory-block links', () => {
  test('one block of 128 MiB: stale links stay', () => {
    const mm = bootRfcGuest(ON_0);
    mustCommit(mm, HALVES);
    expect(mm.memoryBlockLinks(0)).toEqual([0, 1]);
    mustCommit(mm, stripes(0, 2, 128));
    expect(mm.memoryBlockLinks(0)).toEqual([0, 1, 2]);
    mustCommit(mm, [range(0, P, 1)]);
    expect(mm.memoryBlockLinks(0)).toEqual([0, 1, 2]);
    expect(mm.faults().flatMap((f) => (f.law === 'links' ? [f.nid] : []))).toEqual([0, 2]);
    expect(mm.memoryBlockLinks(1)).toEqual([]);
  });

  test('without the defect they are the layout’s, also in blocks of 16 MiB', () => {
    const mm = bootWith(CORRECT, ON_0);
    mustCommit(mm, HALVES);
    mustCommit(mm, [range(0, P, 1)]);
    expect(mm.memoryBlockLinks(0)).toEqual([1]);
    const profile = { ...mm.state.config.profile, memoryBlockPages: 4096 };
    const small = bootWith(CORRECT, ON_0, { profile });
    mustCommit(small, HALVES);
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((b) => small.memoryBlockLinks(b))).toEqual([
      [0],
      [0],
      [0],
      [0],
      [1],
      [1],
      [1],
      [1],
    ]);
  });
});
