/**
 * Each defect on its own: what it alone changes against the correct guest, the fault that says so, and that nothing else
 * changes. Small guests, figures by hand from README.md.
 */
import { describe, expect, test } from 'vitest';
import { CORRECT, type RfcSwitches } from '../../../../shared/model/config.ts';
import type { GuestMm } from '../guest-mm.ts';
import {
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

type Booleans = { readonly [K in keyof RfcSwitches]: RfcSwitches[K] extends boolean ? K : never }[keyof RfcSwitches];

/** Everything that a guest shows of its memory, but what only a guest with defects keeps. */
function shown(mm: GuestMm): unknown {
  const nids = [0, 1, 2, 3];
  const pages = Array.from({ length: P }, (_, pfn) => mm.actualNid(pfn));
  return {
    zones: nids.flatMap((nid) => [0, 1, 2].map((zoneType) => mm.zone(nid, zoneType))),
    sizes: nids.map((nid) => [mm.presentPages(nid), mm.nrZones(nid)]),
    stranded: nids.flatMap((a) => nids.map((b) => mm.stranded(a, b))),
    moved: { ...mm.moved },
    lookups: { ...mm.lookups },
    links: mm.memoryBlockLinks(0),
    pages,
  };
}

/** Holds, stripes, frees, an owed huge page, another layout: enough for every switch but one to be seen. */
function story(mm: GuestMm): GuestMm {
  holdEach(mm, 20000, 20100);
  expect(mm.holdBlock(16384, 9)).toBe(true);
  expect(mm.holdBlock(12288, 3)).toBe(true);
  mustCommit(mm, stripes(0, 2, 384));
  freeEach(mm, 20000, 20050);
  mm.freePagesDirect(16384, 9);
  mustCommit(mm, [range(0, 17000, 1), range(17000, P, 0)]);
  freeEach(mm, 20050, 20100);
  mm.freePagesDirect(12288, 3);
  expect(mm.check()).toEqual([]);
  return mm;
}

const alone = (name: Booleans): GuestMm => bootWith({ [name]: true }, HALVES);

/** What is said of G7 names the pages that are on the node, counted one by one. */
function expectActualPages(mm: GuestMm): void {
  const faults = mm.faults().filter(({ law }) => law === 'G7');
  expect(faults.length).toBeGreaterThan(0);
  for (const { nid, text } of faults) {
    let pages = 0;
    for (let pfn = 0; pfn < P; pfn++) if (mm.actualNid(pfn) === nid) pages++;
    expect(text).toMatch(new RegExp(`^node ${nid}: ${pages} pages are on it`));
  }
}

describe('what each switch alone changes', () => {
  const correct = shown(story(bootWith(CORRECT, HALVES)));
  // Defects of debugfs change nothing that the allocator shows.
  const silent: readonly Booleans[] = ['overlapSilent', 'emptyCommitCrash'];
  const loud: readonly Booleans[] = [
    ...(['nrZonesAssign', 'splitStuck', 'headOnly', 'orderHeadOnly'] as const),
    ...(['sysfsStale', 'markAll', 'spanNeverShrinks'] as const),
  ];

  test.each(silent)('%s: nothing in the allocator', (name) => {
    const mm = story(alone(name));
    expect(shown(mm)).toEqual(correct);
    expect(mm.faults()).toEqual([]);
  });

  test.each(loud)('%s: something', (name) => {
    expect(shown(story(alone(name)))).not.toEqual(correct);
  });

  test('pcpFreeLeak without a per-CPU page: nothing', () => {
    expect(shown(story(alone('pcpFreeLeak')))).toEqual(correct);
  });
});

describe('nrZonesAssign', () => {
  test('a node booted with high memory alone loses its upper zone when it is given DMA pages', () => {
    const mm = bootWith({ nrZonesAssign: true }, HALVES);
    expect([mm.nrZones(0), mm.nrZones(1), mm.nrZones(2)]).toEqual([2, 2, 0]);
    mustCommit(mm, stripes(0, 2, 128));
    // The sizes are wrong, and nothing else of where pages are: the sweep is the correct one.
    expect([0, 1, 2].map((nid) => mm.presentPages(nid))).toEqual([11008, 1408, 10880]);
    expect([0, 1, 2].map((nid) => freeOf(mm, nid))).toEqual([11008, 10880, 10880]);
    expect([movedOf(mm), mm.misplaced(0, 1)]).toEqual([21888, 0]);
    expect([marksOf(mm, 1, 1), mm.state.minFreeKib]).toEqual(['164/205/246', 1593]);
    expect(new Set(mm.faults().flatMap(({ switches }) => switches))).toEqual(new Set(['nrZonesAssign']));
    expect(new Set(mm.faults().map(({ law }) => law))).toEqual(new Set(['G2', 'G4', 'G5', 'G7', 'G10', 'G12']));
    expectActualPages(mm);
    expect(mm.check()).toEqual([]);
  });

  test('no law is broken between the steps of a commit that brings a zone back into the count', () => {
    const mm = bootWith({ nrZonesAssign: true }, [range(0, 1024, 0), range(1024, 2048, 1), range(2048, P, 0)], {
      zoneStartPfn: [0, 1024, 4096],
    });
    mustCommit(mm, [range(0, 512, 1), range(512, 1024, 0), range(1024, 1500, 1), range(1500, P, 0)]);
    // Its DMA32 was not counted again.
    expect([mm.nrZones(1), mm.state.zones.present[4], mm.state.rfc!.present[4]]).toEqual([1, 476, 1024]);
    const start = mm.beginCommit([range(0, 512, 1), range(512, 1024, 0), range(1024, 1300, 1), range(1300, 5000, 0), range(5000, P, 1)]); // prettier-ignore
    if (!start.ok) throw new Error('refused');
    do expect(mm.check()).toEqual([]);
    while (start.commit.next() !== null);
    expect([mm.nrZones(1), mm.state.rfc!.present[4]]).toEqual([3, 276]);
    expect(mm.check()).toEqual([]);
  });

  test('a zone that was left empty stays out of the zonelists, however much is free in it', () => {
    const mm = bootWith({ nrZonesAssign: true }, HALVES, { cpuNode: [1] });
    mustCommit(mm, [range(0, P, 3)]);
    mustCommit(mm, stripes(0, 2, 128));
    expect([mm.zone(1, 1).presentPages, mm.zone(1, 1).freePages]).toEqual([0, 9472]);
    // A CPU of node 1 is given node 1's DMA or another node's memory, never its own 37 MB.
    for (let i = 0; i < 300; i++) {
      const pfn = mm.allocPages(0, 0, 2);
      expect(mm.actualNid(pfn) === 1 && pfn >= 4096).toBe(false);
    }
    expect(mm.check()).toEqual([]);
  });
});

/** One block of order 10, 16384..17407; D1 and D2 are about how it meets a boundary inside it. */
describe('splitStuck, headOnly, mergeUnmoved', () => {
  const HEAD_MOVES = [range(0, 16000, 0), range(16000, 16500, 1), range(16500, P, 0)];
  const HEAD_STAYS = [range(0, 16500, 0), range(16500, P, 1)];

  test('splitStuck: a straddling block whose head moves goes whole; one whose head stays is cut', () => {
    const mm = bootWith({ splitStuck: true }, ON_0);
    mustCommit(mm, HEAD_MOVES);
    // 15360..16383 stays headed by node 0 and is cut at 16000; 16384.. goes whole to node 1.
    expect([freeOf(mm, 1), mm.misplaced(1, 0), movedOf(mm)]).toEqual([384 + 1024, 1024 - 116, 384 + 1024]);
    expect(mm.defectCounters()!.straddles).toBe(2);
    for (let pfn = 16500; pfn < 17408; pfn++) expect(mm.isMarked(pfn)).toBe(false);
    expect(mm.faults()).toContainEqual({
      law: 'G4',
      nid: 1,
      zone: null,
      text: '908 free pages on the lists of node 1 belong to node 0',
      switches: ['splitStuck'],
    });
    expect(mm.check()).toEqual([]);
  });

  test('headOnly: the tail of a block whose head is right stays; one whose head moves is cut', () => {
    const mm = bootWith({ headOnly: true }, ON_0);
    mustCommit(mm, HEAD_STAYS);
    expect([mm.misplaced(0, 1), freeOf(mm, 0), movedOf(mm)]).toEqual([908, 17408, P - 17408]);
    const other = bootWith({ headOnly: true }, ON_0);
    mustCommit(other, HEAD_MOVES);
    // 15360..16383: head right, left alone; 16384..17407: cut at 16500.
    expect([other.misplaced(0, 1), other.misplaced(1, 0), movedOf(other)]).toEqual([384, 0, 116]);
    expect(other.check()).toEqual([]);
  });

  test('without headOnly the same tails are cut off, by any of the walks', () => {
    for (const switches of [{ splitStuck: true }, { mergeUnmoved: true }] as const) {
      const mm = bootWith(switches, ON_0);
      mustCommit(mm, HEAD_STAYS);
      expect([mm.misplaced(0, 1), movedOf(mm)]).toEqual([0, P - 16500]);
      expect(mm.faults()).toEqual([]);
    }
  });

  test('mergeUnmoved: a block that has moved merges with the next, whose head is never found', () => {
    //  T before: 0..7 on 0, 8.. on 1.   T after: 0..11 on 1, 12.. on 0   Blocks of before, page 20 in use:
    //    [0,8) on 0 | [8,16) on 1, cut at 12 | [16,20) on 1 | 20 in use | 21.. on 1
    //  The walk moves [0,8) to 1. It merges with [8,16): the block is [0,16) now, and 8 is no head.
    const before = [range(0, 8, 0), range(8, 64, 1)];
    const after = [range(0, 12, 1), range(12, 64, 0)];
    const live = bootWith({ mergeUnmoved: true }, before);
    live.holdBlock(20, 0);
    mustCommit(live, after);
    expect(Array.from({ length: 32 }, (_, p) => live.actualNid(p)).join('')).toBe(
      '1111111111111111' + '0000100000000000',
    );
    expect(live.misplaced(1, 0)).toBe(4);
    expect(live.check()).toEqual([]);
    // Blocks of before the sweep: [8,16) is found, and cut at 12.
    const frozen = bootWith({ splitStuck: true }, before);
    frozen.holdBlock(20, 0);
    mustCommit(frozen, after);
    expect(frozen.misplaced(1, 0)).toBe(0);
    expect(Array.from({ length: 16 }, (_, p) => frozen.actualNid(p)).join('')).toBe('1111111111110000');
  });
});

describe('orderHeadOnly', () => {
  const BOUNDARY = [range(0, 16500, 0), range(16500, P, 1)];

  test('a block follows its first page, whichever way it reaches', () => {
    const stays = bootWith({ orderHeadOnly: true }, ON_0);
    stays.holdBlock(16384, 9);
    mustCommit(stays, BOUNDARY);
    stays.freePagesDirect(16384, 9);
    // The first page is not marked: node 0 keeps all, and the marks of the tail stay.
    expect([stays.misplaced(0, 1), stays.moved.free, lookupsOf(stays)]).toEqual([396, 0, 0]);
    expect(stays.markedPages(0)).toBe(396);
    const goes = bootWith({ orderHeadOnly: true }, ON_0);
    goes.holdBlock(16384, 9);
    mustCommit(goes, [range(0, 16000, 0), range(16000, 16500, 1), range(16500, P, 0)]);
    goes.freePagesDirect(16384, 9);
    expect([goes.misplaced(1, 0), goes.moved.free, lookupsOf(goes)]).toEqual([396, 512, 1]);
    expect(goes.faults().map(({ law }) => law)).toEqual(['G4', 'G4', 'G5', 'G5', 'G7', 'G7']);
    expectActualPages(goes);
    for (const fault of goes.faults()) expect(fault.switches).toEqual(['orderHeadOnly']);
    expect([stays.check(), goes.check()]).toEqual([[], []]);
  });

  test('without it the block is cut, one lookup a range', () => {
    const mm = bootWith({ markAll: true }, ON_0);
    mm.holdBlock(16384, 9);
    mustCommit(mm, BOUNDARY);
    mm.freePagesDirect(16384, 9);
    expect([mm.misplaced(0, 1), mm.moved.free, lookupsOf(mm), mm.markedPages(0)]).toEqual([0, 396, 2, 16384]);
    expect(mm.defectCounters()!.lookupsRight).toBe(1);
    expect(mm.faults()).toEqual([]);
  });
});

test('pcpFreeLeak: what is flushed across nodes is never counted, also at flushes outside a commit', () => {
  const mm = bootWith({ pcpFreeLeak: true, orderHeadOnly: true }, ON_0);
  holdEach(mm, 20000, 20004);
  mustCommit(mm, HALVES);
  // Marked pages bypass the lists, so a leak needs a page that is marked while it is on one.
  for (let pfn = 20000; pfn < 20004; pfn++) mm.freeToPcp(pfn, 0);
  expect([mm.moved.free, freeOf(mm, 1)]).toEqual([4, 16384]);
  holdEach(mm, 1000, 1004);
  for (let pfn = 1000; pfn < 1004; pfn++) mm.freeToPcp(pfn, 0);
  mustCommit(mm, [range(0, P, 1)]);
  expect([mm.moved.drain, freeOf(mm, 1), listsOf(mm, 1, 0)]).toEqual([4, P - 4, 'o10*4']);
  expect(mm.zone(1, 0).freePages).toBe(4092);
  expect(mm.faults().map(({ law, nid, zone: zoneType }) => [law, nid, zoneType])).toEqual([
    ['G3', 1, 0],
    ['G5', 1, null],
  ]);
  expect(mm.check()).toEqual([]);
});

test('markAll: every page is looked up once after a commit, and no figure is wrong', () => {
  const mm = bootWith({ markAll: true }, ON_0, { reserved: [{ start: 0, end: 100 }] });
  holdEach(mm, 1000, 1100);
  mustCommit(mm, HALVES);
  // All but the 16384 that moved.
  expect(mm.defectCounters()).toMatchObject({ flagsSet: 16384, flagsLost: 0, lookupsRight: 0 });
  freeEach(mm, 1000, 1100);
  expect([lookupsOf(mm), mm.defectCounters()!.lookupsRight, movedOf(mm)]).toEqual([100, 100, 16384]);
  // A commit of the layout in force marks all again, and drains the lists.
  holdEach(mm, 1000, 1001);
  mm.freeToPcp(1000, 0);
  mustCommit(mm, HALVES);
  expect([mm.defectCounters()!.flagsSet, mm.zone(0, 0).pcpPages]).toEqual([P - 1, 0]);
  expect([mm.faults(), mm.check()]).toEqual([[], []]);
});

test('sysfsStale: a memory block stays linked under the nodes it had', () => {
  const mm = bootWith({ sysfsStale: true }, HALVES);
  mustCommit(mm, [range(0, P, 2)]);
  expect(mm.memoryBlockLinks(0)).toEqual([0, 1, 2]);
  expect(mm.faults().map(({ law, text }) => [law, text])).toEqual([
    ['links', 'memory0 is linked under nodes 0, 1, 2; the layout gives node 0 no page of it'],
    ['links', 'memory0 is linked under nodes 0, 1, 2; the layout gives node 1 no page of it'],
  ]);
});

test('spanNeverShrinks: a node keeps the span of everything it ever had', () => {
  const span = (mm: GuestMm): number[] => [mm.zone(1, 1).spanStart, mm.zone(1, 1).spannedPages];
  const never = bootWith({ spanNeverShrinks: true }, ON_0);
  const shrinks = bootWith({ markAll: true }, ON_0);
  for (const mm of [never, shrinks]) {
    mustCommit(mm, HALVES);
    mustCommit(mm, [range(0, 30000, 0), range(30000, P, 1)]);
  }
  expect([span(never), span(shrinks)]).toEqual([
    [16384, 16384],
    [30000, P - 30000],
  ]);
  expect([never.faults(), never.check()]).toEqual([[], []]);
});

describe('lostFlagPermille', () => {
  test('a page whose mark is lost goes back to where it was, and no lookup corrects it', () => {
    const mm = bootWith({ lostFlagPermille: 1000 }, ON_0);
    holdEach(mm, 20000, 20100);
    mustCommit(mm, HALVES);
    expect(mm.defectCounters()).toMatchObject({ flagsLost: 100, flagsSet: 0 });
    expect(mm.faults()).toEqual([
      {
        law: 'G8',
        nid: 0,
        zone: null,
        text: '100 pages in use on node 0 belong elsewhere and are not marked: freed, they stay there',
        switches: ['lostFlagPermille'],
      },
    ]);
    freeEach(mm, 20000, 20100);
    expect([mm.misplaced(0, 1), mm.stranded(0, 1).pages, mm.moved.free, lookupsOf(mm)]).toEqual([100, 0, 0, 0]);
    expect(mm.check()).toEqual([]);
    // The correct sweep of the next commit that changes their target finds them; one of the same layout does not.
    mustCommit(mm, HALVES);
    expect(mm.misplaced(0, 1)).toBe(100);
    mustCommit(mm, [range(0, P, 1)]);
    expect([mm.misplaced(0, 1), movedOf(mm)]).toEqual([100, 16384 - 100 + 16384]);
    mustCommit(mm, ON_0);
    expect([mm.misplaced(0, 1), mm.faults()]).toEqual([0, []]);
    expect(mm.check()).toEqual([]);
  });

  test('by chance: about so many of a thousand, the same ones each time, others in another commit', () => {
    const lost = (commits: number): number[] => {
      const mm = bootWith({ lostFlagPermille: 100 }, ON_0);
      holdEach(mm, 20000, 22000);
      for (let i = 1; i < commits; i++) mustCommit(mm, ON_0);
      mustCommit(mm, HALVES);
      const pages: number[] = [];
      for (let pfn = 20000; pfn < 22000; pfn++) if (!mm.isMarked(pfn)) pages.push(pfn);
      expect(mm.defectCounters()!.flagsLost).toBe(pages.length);
      return pages;
    };
    expect(lost(1).length).toBeGreaterThan(150);
    expect(lost(1).length).toBeLessThan(250);
    expect(lost(1)).toEqual(lost(1));
    expect(lost(2)).not.toEqual(lost(1));
  });

  test('with markAll only pages that are taken lose one, neither holes nor reserved ones', () => {
    const more = { holes: [range(512, 700, 0)], reserved: [range(0, 50, 0)] };
    const mm = bootWith({ lostFlagPermille: 1000, markAll: true }, ON_0, more);
    holdEach(mm, 20000, 20010);
    mustCommit(mm, ON_0);
    expect(mm.defectCounters()).toMatchObject({ flagsLost: 10, flagsSet: P - 188 - 10 });
    expect([mm.isMarked(10), mm.isMarked(600), mm.isMarked(20005)]).toEqual([true, false, false]);
  });

  test('with markAll a mark that was there before is not lost', () => {
    const mm = bootWith({ lostFlagPermille: 0, markAll: true }, ON_0);
    holdEach(mm, 20000, 20100);
    mustCommit(mm, ON_0);
    const all = bootWith({ lostFlagPermille: 1000, markAll: true }, ON_0);
    holdEach(all, 20000, 20100);
    mustCommit(all, ON_0);
    expect([mm.defectCounters()!.flagsSet, all.defectCounters()!.flagsSet]).toEqual([P, P - 100]);
  });
});

describe('memory that is plugged in', () => {
  const HOLE = { start: 24576, end: P };
  const bootWithHole = (switches: Partial<RfcSwitches>): GuestMm =>
    bootWith(switches, HALVES, {
      holes: [HOLE],
      profile: { ...bootWith(switches, ON_0).state.config.profile, memoryBlockPages: 4096 },
    });

  test('every switch: the kernel counts it at once, unmarked, and breaks nothing', () => {
    for (const name of Object.keys(CORRECT) as (keyof RfcSwitches)[]) {
      const mm = bootWithHole({ [name]: name === 'lostFlagPermille' ? 500 : true });
      mustCommit(mm, [range(0, 20480, 1), range(20480, P, 2)]);
      const before = mm.presentPages(2);
      mm.plug(HOLE);
      expect([mm.presentPages(2) - before, mm.zone(2, 1).freePages]).toEqual([8192, 24576 - 20480 + 8192]);
      for (let pfn = HOLE.start; pfn < HOLE.end; pfn += 512) expect(mm.isMarked(pfn)).toBe(false);
      expect(mm.check()).toEqual([]);
      mustCommit(mm, stripes(0, 2, 128));
      expect(mm.check()).toEqual([]);
    }
  });

  test('into a zone that nr_zones leaves out it is counted too, until the next commit counts the node anew', () => {
    const mm = bootWithHole({ nrZonesAssign: true });
    mustCommit(mm, [range(0, 2048, 0), range(2048, 4096, 1), range(4096, 16384, 0), range(16384, P, 1)]);
    expect([mm.nrZones(1), mm.presentPages(1)]).toEqual([1, 2048]);
    mm.plug(HOLE);
    expect([mm.nrZones(1), mm.presentPages(1), mm.zone(1, 1).presentPages]).toEqual([1, 2048 + 8192, 8192 + 8192]);
    expect(mm.check()).toEqual([]);
    mustCommit(mm, [range(0, 2048, 0), range(2048, 4096, 1), range(4096, 16384, 0), range(16384, P, 1)]);
    expect([mm.presentPages(1), mm.check()]).toEqual([2048, []]);
  });
});
