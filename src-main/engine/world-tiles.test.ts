import { describe, expect, test } from 'vitest';
import { NO_HOST_NODE, NO_NODE, PageTile, readTiles } from '../../shared/columns/tile.ts';
import type { Snapshot } from '../../shared/columns/index.ts';
import { drawWorldCase } from '../simtest/world-draw.ts';
import { Prng } from './core/index.ts';
import { isSpecial, KIND_MASK, PINNED, stateOf } from './mm/page.ts';
import type { Guest } from './vm/index.ts';
import { World } from './world.ts';
import { config, guest, MIGRATE, start } from './world-fixture.ts';

type Page = readonly [target: number, actual: number, state: number, order: number, host: number];

/** What the engine says of each page when it is asked page by page. */
function plainPages(g: Guest, snapshot: Snapshot, index: number): Page[] {
  const { memory: mm } = g;
  const hosts = hostRows(snapshot, index);
  const freeOrders = new Map<number, number>();
  mm.forEachFreeBlock((start, order) => {
    for (let pfn = start; pfn < start + 2 ** order; pfn++) freeOrders.set(pfn, order);
  });
  return Array.from({ length: g.config.mm.nrPages }, (_, pfn): Page => {
    const state = mm.pageState(pfn);
    const target = mm.targetNid(pfn);
    if (state === 'hole') return [target, NO_NODE, PageTile.hole, 0, NO_HOST_NODE];
    const host = hosts.get(pfn)!;
    if (state === 'free') return [target, mm.actualNid(pfn), PageTile.free, freeOrders.get(pfn)!, host];
    const order = state === 'allocated' ? orderOf(g, pfn) : 0;
    return [target, mm.actualNid(pfn), tileOf(g, pfn, state, order), order, host];
  });
}

function tileOf(g: Guest, pfn: number, state: string, order: number): number {
  if (state === 'pcp') return PageTile.perCpu;
  if (state === 'reserved') return PageTile.reserved;
  const { page } = g.memory.state;
  if (isSpecial(page, pfn) && (stateOf(page, pfn) & PINNED) !== 0) return PageTile.kernel;
  return g.memory.isHeld(pfn - (pfn % 2 ** order), order) ? PageTile.held : PageTile.used;
}

/** Kernel pages are single; of others only one aligned block that contains the page is an allocation. */
function orderOf(g: Guest, pfn: number): number {
  const { page } = g.memory.state;
  if (isSpecial(page, pfn) && (stateOf(page, pfn) & (PINNED | KIND_MASK)) === (PINNED | 0x20)) return 0;
  for (let order = 0; order <= 10; order++) if (g.memory.isAllocation(pfn - (pfn % 2 ** order), order)) return order;
  throw new Error(`pfn ${pfn} is in no allocation`);
}

/** Row of hostNodes by pfn. */
function hostRows({ tables: { backing, hostNodes } }: Snapshot, index: number): Map<number, number> {
  const b = backing.columns;
  const h = hostNodes.columns;
  const rows = new Map<number, number>();
  for (let i = 0; i < backing.rows; i++) {
    if (b['guest']![i] !== index || b['copy']![i] === 1) continue;
    const row = h['nid']!.findIndex((nid, j) => nid === b['hostNid']![i] && h['host']![j] === b['host']![i]);
    for (let pfn = b['start']![i]!; pfn < b['start']![i]! + b['pages']![i]!; pfn++) rows.set(pfn, row);
  }
  return rows;
}

function tilesAsPages(world: World, g: number, from: number, pages: number): Page[] {
  const t = world.tiles(g, from, pages);
  // Through the bytes, as a window gets them.
  const { target, actual, state, order, host } = readTiles(t.bytes, t.fromPfn, t.pages);
  return Array.from(target, (nid, i) => [nid, actual[i]!, state[i]!, order[i]!, host[i]!] as const);
}

/** Windows of 1, of some and of all pages, on and off block borders. */
function windows(prng: Prng, nrPages: number): (readonly [number, number])[] {
  const some = Array.from({ length: 5 }, () => {
    const from = prng.below(nrPages);
    return [from, 1 + prng.below(nrPages - from)] as const;
  });
  return [[0, nrPages], [nrPages - 1, 1], ...some];
}

/** Marked pages by A, as tiles have them and as the snapshot counts them. */
function marksByNode(world: World, g: number): number[] {
  const { nrPages, nrNodeIds } = world.guests[g]!.config.mm;
  const { actual, marked } = world.tiles(g, 0, nrPages);
  const sums = Array.from({ length: nrNodeIds }, () => 0);
  marked.forEach((mark, pfn) => {
    if (mark === 1) sums[actual[pfn]!]!++;
  });
  return sums;
}

function markedColumn({ tables: { nodes } }: Snapshot, g: number): number[] {
  return [...nodes.columns.marked].filter((_, row) => nodes.columns.guest[row] === g);
}

const seen = new Set<string>();

describe('tiles', () => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed + 1))('of seeded world %i: page by page as asked', (seed) => {
    const drawn = drawWorldCase(seed);
    const { world } = World.create({ ...drawn.config, schedule: [...drawn.config.schedule, ...drawn.commands] });
    if (world === null) return;
    const prng = new Prng(seed, 'windows');
    for (const ticks of [0, 3, 7]) {
      world.step(ticks);
      world.takeEvents();
      const hash = world.hash();
      const snapshot = world.snapshot('blocks');
      if (snapshot.tables.backing.columns.copy.includes(1)) seen.add('migration');
      world.guests.forEach((g, index) => {
        const { nrPages } = g.config.mm;
        const plain = plainPages(g, snapshot, index);
        for (const [from, pages] of windows(prng, nrPages)) {
          expect(tilesAsPages(world, index, from, pages)).toEqual(plain.slice(from, from + pages));
        }
        for (const [, , state, order] of plain) seen.add(`state ${state}`).add(`state ${state} order ${order}`);
        expect(blockRows(snapshot, index)).toEqual(blocksOf(plain));
        expect(marksByNode(world, index)).toEqual(markedColumn(snapshot, index));
      });
      expect(world.hash()).toBe(hash);
    }
  });

  test('of a guest with per-CPU lists', () => {
    const base = guest('a');
    const nrPages = 28_672;
    const mm = { ...base.mm, nrPages, cpuNode: [0, 1, 1, 2, 1, 1, 1, 1], zoneStartPfn: [0, 1024, 2048] as const };
    const placement = [{ ...base.placement[0]!, end: nrPages }];
    const world = start(config([{ ...base, mm, placement }]));
    world.step(5);
    const ranges = [
      { start: 0, end: 5000, nid: 2 },
      { start: 5000, end: nrPages, nid: 1 },
    ];
    expect(world.submit({ type: 'commitLayout', vm: 'a', ranges })).toBeNull();
    world.step(9);
    let pfn = nrPages - 8;
    while (world.submit({ type: 'holdPages', vm: 'a', pfn, order: 3 }) !== null) pfn -= 8;
    const plain = plainPages(world.guests[0]!, world.snapshot('accounts'), 0);
    expect(plain.filter(([, , state]) => state === PageTile.perCpu).length).toBeGreaterThan(5);
    expect(tilesAsPages(world, 0, 0, nrPages)).toEqual(plain);
    expect(blockRows(world.snapshot('blocks'), 0)).toEqual(blocksOf(plain));
    for (const [, , state, order] of plain) seen.add(`state ${state}`).add(`state ${state} order ${order}`);
  });

  test('a guest that marks all keeps the mark of every page that its commit did not move', () => {
    const base = guest('a');
    const profile = { ...base.mm.profile, rfc: { ...base.mm.profile.rfc, markAll: true } };
    const world = start(config([{ ...base, mm: { ...base.mm, profile } }]));
    const { nrPages } = base.mm;
    const ranges = [
      { start: 0, end: nrPages / 2, nid: 1 },
      { start: nrPages / 2, end: nrPages, nid: 0 },
    ];
    expect(world.tiles(0, 0, nrPages).marked.every((mark) => mark === 0)).toBe(true);
    const before = world.tiles(0, 0, nrPages).actual.slice();
    expect(world.submit({ type: 'commitLayout', vm: 'a', ranges })).toBeNull();
    const after = world.tiles(0, 0, nrPages);
    const moved = after.actual.filter((nid, pfn) => nid !== before[pfn]).length;
    expect(moved).toBeGreaterThan(0);
    after.marked.forEach((mark, pfn) => {
      // What a per-CPU list held has lost its mark in the drain.
      if (mark === 0) expect(after.state[pfn] === PageTile.free || after.state[pfn] === PageTile.hole).toBe(true);
    });
    expect(after.marked.filter((mark) => mark === 1).length).toBeGreaterThan(nrPages / 4);
  });

  test('these worlds had all kinds of pages, and migrations under way', () => {
    const kinds = Object.values(PageTile).map((state) => `state ${state}`);
    const orders = ['state 1 order 10', 'state 1 order 9', 'state 2 order 9', 'state 1 order 0', 'state 6 order 3'];
    for (const kind of [...kinds, ...orders, 'migration']) expect([...seen]).toContain(kind);
  });

  test('are clamped to the pages that the guest has', () => {
    const world = start(config([guest('a')]));
    const of = (from: number, pages: number): unknown => {
      const { fromPfn, pages: n, bytes, host } = world.tiles(0, from, pages);
      return [fromPfn, n, bytes.length, host.length];
    };
    expect(of(4000, 500)).toEqual([4000, 96, 864, 96]);
    expect(of(4096, 10)).toEqual([4096, 0, 0, 0]);
    expect(of(9999, 10)).toEqual([4096, 0, 0, 0]);
    expect(of(0, 2)).toEqual([0, 2, 18, 2]);
  });

  test('a held block of two pageblocks, and the source while its copy is on the way', () => {
    const world = start(config([guest('a', { workload: null })]));
    expect(world.submit({ type: 'holdPages', vm: 'a', pfn: 3072, order: 10 })).toBeNull();
    expect(world.submit(MIGRATE)).toBeNull();
    world.step(2);
    const { actual, state, order, host } = world.tiles(0, 3500, 596);
    expect(new Set(state)).toEqual(new Set([PageTile.held]));
    expect(new Set(order)).toEqual(new Set([10]));
    expect(new Set(actual)).toEqual(new Set([1]));
    // Host nodes of the first host are rows 0 and 1.
    expect(new Set(host)).toEqual(new Set([0, 1]));
  });
});

type Counts = [block: number, nid: number, free: number, used: number, pinned: number, owed: number, stuck: number];
type BlockRow = Readonly<Counts>;

/** The rows of the blocks table, counted page by page. */
function blocksOf(pages: readonly Page[]): BlockRow[] {
  const rows = new Map<string, Counts>();
  pages.forEach(([target, actual, state], pfn) => {
    if (state === PageTile.hole) return;
    const block = pfn >> 9;
    const row = rows.get(`${block}/${actual}`) ?? [block, actual, 0, 0, 0, 0, 0];
    rows.set(`${block}/${actual}`, row);
    const pinned = state === PageTile.kernel || state === PageTile.reserved;
    row[state === PageTile.free ? 2 : pinned ? 4 : 3]++;
    if (state === PageTile.free || target === actual) return;
    row[5]++;
    if (pinned) row[6]++;
  });
  return [...rows.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** As they stand in the table. */
function blockRows({ tables: { blocks } }: Snapshot, index: number): BlockRow[] {
  const { guest, block, nid, freePages, usedPages, pinnedPages, owedPages, owedPinnedPages } = blocks.columns;
  return Array.from(guest.keys())
    .filter((i) => guest[i] === index)
    .map((i): BlockRow => [
      ...([block[i]!, nid[i]!, freePages[i]!, usedPages[i]!, pinnedPages[i]!] as const),
      ...([owedPages[i]!, owedPinnedPages[i]!] as const),
    ]);
}
