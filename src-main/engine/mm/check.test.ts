/** That every law can fail: what is planted in the state of a guest in which every law has something to count is found. */
import { beforeEach, describe, expect, test } from 'vitest';
import { GuestMm, NR_PAGE_ORDERS, NR_ZONES } from './index.ts';
import type { Mm } from './mm.ts';
import { mmConfig } from './mm-fixture.ts';
import { clearSpecial, PCP, setSpecial } from './page.ts';
import { listOf } from './segment-table.ts';

const PAGES = 16384;
const [NODES, CPUS] = [3, 2];
/** Node 1, zone DMA32. */
const ZONE = 1 * NR_ZONES + 1;

/** Free, per-CPU, allocated, pinned and reserved pages; some stranded, some pageblocks in several ranges. */
function busyGuest(): GuestMm {
  const mm = GuestMm.boot(
    mmConfig({
      nrPages: PAGES,
      nrNodeIds: NODES,
      cpuNode: [0, 1],
      holes: [{ start: 160, end: 256 }],
      reserved: [{ start: 0, end: 16 }],
      bootLayout: [
        { start: 0, end: 6000, nid: 0 },
        { start: 6000, end: PAGES, nid: 1 },
      ],
    }),
  );
  for (let i = 0; i < 300; i++) {
    const order = i % 50 === 0 ? 9 : i % 7 === 0 ? 3 : 0;
    const pfn = mm.allocPages(order, i % CPUS, 2);
    if (i % 9 === 0) mm.pin(pfn);
    else if (i % 4 === 0) mm.freePages(pfn, order, i % CPUS);
  }
  const { ok } = mm.commit([
    { start: 0, end: 3000, nid: 1 },
    { start: 3000, end: 9001, nid: 0 },
    { start: 9001, end: PAGES, nid: 1 },
  ]);
  expect(ok).toBe(true);
  for (let cpu = 0; cpu < CPUS; cpu++) for (let i = 0; i < 5; i++) mm.freeToPcp(mm.allocPages(0, cpu, 2), cpu);
  return mm;
}

let mm: GuestMm;
let state: Mm;
beforeEach(() => {
  mm = busyGuest();
  ({ state } = mm);
  expect(mm.check()).toEqual([]);
});

const laws = (): string[] => [...new Set(mm.check().map(({ law }) => law))];

test('what is checked is there', () => {
  const sum = (column: Iterable<number>): number => [...column].reduce((a, b) => a + b, 0);
  const { zones, stranded, strandedPinned, pcpCount, block } = state;
  for (const column of [stranded, strandedPinned, pcpCount, zones.strandedOut, zones.free, block.pinned, block.free])
    expect(sum(column)).toBeGreaterThan(0);
});

describe('a figure that is one too high is found by its law', () => {
  const { zones } = busyGuest().state;
  const columns = [
    ['G2', 'present'],
    ['G2', 'managed'],
    ['G3', 'free'],
    ['G3', 'pcp'],
    ['G6', 'strandedOut'],
    ['G12', 'wmarkMin'],
  ] as const;
  test.each(columns)('%s, of each zone: %s', (law, name) => {
    for (let c = 0; c < NODES * NR_ZONES; c++) {
      state.zones[name][c]!++;
      expect(laws(), `zone ${c}`).toContain(law);
      state.zones[name][c]!--;
    }
    expect(zones[name]).toEqual(state.zones[name]);
  });

  test('G9, blocks of each order and zone', () => {
    for (let i = 0; i < NODES * NR_ZONES * NR_PAGE_ORDERS; i++) {
      state.zones.nrFree[i]!++;
      // Counted once more by the lists.
      expect(laws(), `${i}`).toEqual(expect.arrayContaining(['G3', 'G9']));
      state.zones.nrFree[i]!--;
    }
  });

  test.each(['stranded', 'strandedPinned'] as const)('G6 and G7, of each pair of nodes: %s', (name) => {
    for (let from = 0; from < NODES; from++) {
      for (let to = 0; to < NODES; to++) {
        state[name][from * NODES + to]!++;
        expect(laws(), `${from} to ${to}`).toEqual(from === to ? ['G6'] : ['G6', 'G7']);
        state[name][from * NODES + to]!--;
      }
    }
  });

  test('G3, pages on the lists of each CPU and zone', () => {
    for (let i = 0; i < state.pcpCount.length; i++) {
      state.pcpCount[i]!++;
      expect(laws(), `${i}`).toEqual(['G3']);
      state.pcpCount[i]!--;
    }
  });

  test.each([
    ['G3', 'free'],
    ['G2', 'valid'],
    ['G3', 'pinned'],
  ] as const)('%s, of each pageblock: %s', (law, name) => {
    for (let b = 0; b < state.block.free.length; b++) {
      state.block[name][b]!++;
      expect(mm.check(), `pageblock ${b}`).toContainEqual({
        law,
        text: expect.stringMatching(`^pageblock ${b} ${name}: counted \\d+, kept \\d+$`),
      });
      state.block[name][b]!--;
    }
  });
});

describe('a layout', () => {
  interface Spoilt {
    readonly what: string;
    readonly spoil: (layout: Mm['layout']) => void;
    readonly text: string;
  }
  test.each<Spoilt>([
    {
      what: 'a range that names no node',
      spoil: ({ nid }) => (nid[1] = NODES),
      text: `range 1 names node ${NODES}`,
    },
    {
      what: 'a range without a page',
      spoil: ({ start }) => (start[2] = start[1]!),
      text: 'range 1 is empty',
    },
    {
      what: 'a first range that leaves pages out',
      spoil: ({ start }) => (start[0] = 1),
      text: 'the first range starts at 1, not 0',
    },
    {
      what: 'a last range that leaves pages out',
      spoil: ({ start, count }) => start[count]!--,
      text: `the last range ends at ${PAGES - 1}`,
    },
    {
      what: 'a pageblock that answers another node than its range',
      spoil: ({ blockNid }) => (blockNid[20] = 0),
      text: 'the pageblock at pfn 10240 answers node 0, its ranges say 1',
    },
    {
      what: 'a pageblock in several ranges that answers one',
      spoil: ({ blockNid }) => (blockNid[5] = 1),
      text: 'the pageblock at pfn 2560 answers node 1, its ranges say 255',
    },
    {
      what: 'a pageblock whose first range is another',
      spoil: ({ first }) => first[20]!--,
      text: 'the pageblock at pfn 10240 answers node 1, its ranges say 1',
    },
  ])('G1: $what', ({ spoil, text }) => {
    spoil(state.layout);
    expect(mm.check()).toContainEqual({ law: 'G1', text });
  });

  test('G8: marks are of another than the one in force', () => {
    state.markLayout = { ...state.layout };
    expect(laws()).toEqual(['G8']);
  });
});

test('G9: a page that is free and in use is named', () => {
  const pfn = [...Array(PAGES).keys()].findLast((each) => mm.pageState(each) === 'free')!;
  setSpecial(state.page, pfn, PCP);
  expect(mm.check()).toContainEqual({ law: 'G9', text: `pfn ${pfn} is free and in use` });
});

test('a guest that is checked in several parts is checked once and to its end', () => {
  const nrPages = 2 ** 17 + 700;
  mm = GuestMm.boot(mmConfig({ nrPages }));
  expect([...mm.checkInParts()].length).toBeGreaterThan(4);
  expect(mm.check()).toEqual([]);
  for (const pfn of [0, 2 ** 17 - 1, 2 ** 17, nrPages - 1]) {
    setSpecial(mm.state.page, pfn, PCP);
    const text = `pfn ${pfn} is free and in use`;
    expect(mm.check().filter((violation) => violation.text === text)).toEqual([{ law: 'G9', text }]);
    clearSpecial(mm.state.page, pfn);
  }
});

describe('lists', () => {
  const head = (order: number): number => state.segment.head[listOf(ZONE, 2, order)]!;

  test('G3: a list of any order that is cut off or begins elsewhere', () => {
    let cut = 0;
    for (let order = 0; order < NR_PAGE_ORDERS; order++) {
      const first = head(order);
      // A segment stays in a list when its last block of the order is gone.
      if (state.zones.nrFree[ZONE * NR_PAGE_ORDERS + order] === 0) continue;
      state.segment.head[listOf(ZONE, 2, order)] = -1;
      expect(laws(), `order ${order}`).toEqual(['G3']);
      state.segment.head[listOf(ZONE, 2, order)] = first;
      state.segment.head[listOf(ZONE, 0, order)] = first;
      expect(laws(), `order ${order}`).toEqual(['G3']);
      state.segment.head[listOf(ZONE, 0, order)] = -1;
      cut++;
    }
    expect(cut).toBeGreaterThan(3);
  });

  test('G3: a page on a per-CPU list that is not its', () => {
    const lists = [...state.pcp.keys()].filter((i) => (state.pcp[i]?.length ?? 0) > 0);
    expect(lists.length).toBeGreaterThan(1);
    const [a, b] = lists.map((i) => state.pcp[i]!) as [number[], number[]];
    const pfn = a.pop()!;
    expect(laws()).toEqual(['G3']);
    b.push(pfn);
    expect(laws()).toEqual(['G3']);
  });
});

test('G10: a span that does not hold a page names the page; a zone that has pages and was not set up', () => {
  const { spanStart, spanEnd, initialised } = state.zones;
  spanStart[ZONE]!++;
  expect(mm.check()).toEqual([{ law: 'G10', text: expect.stringContaining('outside node 1 zone DMA32') }]);
  const first = `page 0x${(spanStart[ZONE]! - 1).toString(16)} `;
  expect(mm.check()[0]!.text.startsWith(first)).toBe(true);
  spanStart[ZONE]!--;
  spanEnd[ZONE]!--;
  expect(mm.check()[0]!.text).toMatch(new RegExp(`^page 0x${spanEnd[ZONE]!.toString(16)} outside node 1 zone DMA32`));
  spanEnd[ZONE]!++;
  initialised[ZONE] = 0;
  expect(mm.check()).toEqual([{ law: 'G10', text: 'node 1 zone 1 has pages but was never set up' }]);
});

test('G12: watermarks out of order', () => {
  state.zones.wmarkLow[ZONE] = state.zones.wmarkHigh[ZONE]! + 1;
  expect(laws()).toEqual(['G12']);
  state.zones.wmarkLow[ZONE] = state.zones.wmarkMin[ZONE]! - 1;
  expect(laws()).toEqual(['G12']);
});
