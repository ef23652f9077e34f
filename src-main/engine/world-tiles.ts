/**
 * Exact pages of a range of one guest, as the columns of shared/columns/tile.ts. Does not change the world.
 *
 * Walks blocks, not pages: a free block or an allocation is filled in whole, so the cost follows the blocks, extents
 * and ranges that meet the window, plus the fills.
 */
import { createTiles, NO_HOST_NODE, NO_NODE, PageTile, type Tiles } from '../../shared/columns/tile.ts';
import type { Fleet } from './fleet/index.ts';
import type { Mm } from './mm/index.ts';
import { freeOrder } from './mm/buddy.ts';
import { rangeOf } from './mm/memlayout.ts';
import { HELD, HOLE, KIND_MASK, ORDER_MASK, PCP, PINNED, RESERVED, stateOf, TAIL } from './mm/page.ts';
import { hasFlag } from './mm/rfc/flags.ts';
import { nidOf } from './mm/segment-table.ts';
import { segmentOfFree } from './mm/segment.ts';
import { usedNid } from './mm/transplant.ts';

export type TilesWithBytes = ReturnType<typeof createTiles>;

/** The pages of [fromPfn, fromPfn + pages) that the guest has. */
export function tilesOf(mm: Mm, fleet: Fleet, guest: number, fromPfn: number, pages: number): TilesWithBytes {
  const from = Math.min(Math.max(0, fromPfn), mm.nrPages);
  const end = Math.min(Math.max(from, fromPfn + pages), mm.nrPages);
  const tiles = createTiles(from, end - from);
  if (from === end) return tiles;
  fillHost(tiles, fleet, guest);
  fillTarget(tiles, mm);
  fillPages(tiles, mm);
  fillMarks(tiles, mm);
  return tiles;
}

function fillHost(tiles: Tiles, fleet: Fleet, guest: number): void {
  const { fromPfn, pages, host } = tiles;
  const { backing } = fleet.guest(guest);
  host.fill(NO_HOST_NODE);
  for (let i = backing.indexAt(fromPfn); i < backing.extents.length; i++) {
    const extent = backing.extents[i]!;
    if (extent.start >= fromPfn + pages) break;
    const row = fleet.nodeRow(extent);
    host.fill(row, Math.max(0, extent.start - fromPfn), extent.start + extent.pages - fromPfn);
  }
}

function fillTarget({ fromPfn, pages, target }: Tiles, { layout }: Mm): void {
  for (let r = rangeOf(layout, fromPfn); r < layout.count && layout.start[r]! < fromPfn + pages; r++) {
    target.fill(layout.nid[r]!, Math.max(0, layout.start[r]! - fromPfn), layout.start[r + 1]! - fromPfn);
  }
}

function fillPages({ fromPfn, pages, actual, state, order }: Tiles, mm: Mm): void {
  for (let pfn = fromPfn; pfn < fromPfn + pages;) {
    const seg = segmentOfFree(mm, pfn);
    const block = seg === -1 ? blockInUse(mm, pfn) : freeBlock(mm, seg, pfn);
    const next = block.start + (1 << block.order);
    actual.fill(block.nid, pfn - fromPfn, next - fromPfn);
    state.fill(block.tile, pfn - fromPfn, next - fromPfn);
    order.fill(block.order, pfn - fromPfn, next - fromPfn);
    pfn = next;
  }
}

/** Marks are stored where the guest has a defect; otherwise a page in use is marked when its A is not its T. */
function fillMarks({ fromPfn, pages, actual, state, marked }: Tiles, { rfc, markLayout }: Mm): void {
  if (rfc !== null) {
    for (let i = 0; i < pages; i++) marked[i] = hasFlag(rfc.flag, fromPfn + i) ? 1 : 0;
    return;
  }
  for (let r = rangeOf(markLayout, fromPfn); r < markLayout.count && markLayout.start[r]! < fromPfn + pages; r++) {
    const end = Math.min(pages, markLayout.start[r + 1]! - fromPfn);
    for (let i = Math.max(0, markLayout.start[r]! - fromPfn); i < end; i++) {
      const isInUse = state[i] !== PageTile.free && state[i] !== PageTile.hole;
      marked[i] = isInUse && actual[i] !== markLayout.nid[r] ? 1 : 0;
    }
  }
}

interface Block {
  readonly start: number;
  readonly order: number;
  readonly nid: number;
  readonly tile: number;
}

function freeBlock(mm: Mm, seg: number, pfn: number): Block {
  const order = freeOrder(mm, seg, pfn);
  return { start: alignedDown(pfn, order), order, nid: nidOf(mm.segment, seg), tile: PageTile.free };
}

/** A page that is not free: its allocation, or itself where it is in none. */
function blockInUse(mm: Mm, pfn: number): Block {
  let start = pfn;
  // Blocks are aligned, so only at such starts can the head be.
  for (let o = 1; (stateOf(mm.page, start) & KIND_MASK) === TAIL; o++) start = alignedDown(pfn, o);
  const state = stateOf(mm.page, start);
  const tile = tileOf(state);
  return { start, order: state & ORDER_MASK, nid: tile === PageTile.hole ? NO_NODE : usedNid(mm, pfn), tile };
}

const alignedDown = (pfn: number, order: number): number => pfn - (pfn % (1 << order));

function tileOf(state: number): number {
  if ((state & PINNED) !== 0) return PageTile.kernel;
  switch (state & KIND_MASK) {
    case HOLE:
      return PageTile.hole;
    case RESERVED:
      return PageTile.reserved;
    case PCP:
      return PageTile.perCpu;
    case HELD:
      return PageTile.held;
    default:
      return PageTile.used;
  }
}
