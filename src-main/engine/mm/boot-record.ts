/**
 * Booting into a recorded state: of the managed pages only the blocks that a buddyinfo counted are free, each at the
 * place that free-plan.ts gives it. All other managed pages stay in use: they are allocated and pinned, and belong to
 * no workload, so the workload's law counts them apart.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import type { MmConfig, RecordedFree } from '../../../shared/model/config.ts';
import { assert } from '../core/index.ts';
import { forEachAligned, takeExactly } from './buddy.ts';
import { planFreeBlocks } from './free-plan.ts';
import { NR_PAGE_ORDERS, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { zoneIndex, type Mm, zoneTypeOf } from './mm.ts';
import { pinBlock } from './page-alloc.ts';
import { ALLOCATED } from './page.ts';

/**
 * Leaves free what the record says, block by block, and takes all else for good.
 * @param blocks all that is managed, ascending.
 */
export function takeRest(
  mm: Mm,
  record: readonly RecordedFree[],
  blocks: readonly { readonly pfn: number; readonly order: number; readonly node: number }[],
): void {
  const pieces = new Map<number, PfnRange[]>();
  for (const { pfn, order, node } of blocks) {
    const zone = zoneIndex(node, zoneTypeOf(mm, pfn));
    const own = pieces.get(zone) ?? [];
    if (own.length === 0) pieces.set(zone, own);
    own.push({ start: pfn, end: pfn + (1 << order) });
  }
  const counts = new Map(record.map((r) => [zoneIndex(r.nid, r.zone), r.blocks]));
  for (const [zone, own] of pieces) {
    const wanted = counts.get(zone) ?? [];
    const plan = planFreeBlocks(own, wanted);
    assert(plan.ok, 'boot-recorded-free', plan.ok ? {} : { zone, order: plan.order, room: plan.room });
    const free = plan.blocks.map(({ pfn, order }) => ({ start: pfn, end: pfn + (1 << order) }));
    let at = 0;
    for (const piece of own) {
      while (at < free.length && free[at]!.end <= piece.start) at++;
      takeForGood(mm, piece, free, at);
    }
    const listed = mm.zones.nrFree.subarray(zone * NR_PAGE_ORDERS, (zone + 1) * NR_PAGE_ORDERS);
    listed.forEach((n, order) => {
      assert(n === (wanted[order] ?? 0), 'boot-recorded-free-count', { zone, order, listed: n });
    });
  }
  for (const [zone, blocksOf] of counts) {
    assert(pieces.has(zone) || blocksOf.every((n) => n === 0), 'boot-recorded-free-zone', { zone });
  }
}

/** The pages of a piece that are in none of the free ranges from the `at`-th on. */
function takeForGood(mm: Mm, piece: PfnRange, free: readonly PfnRange[], at: number): void {
  let start = piece.start;
  for (let i = at; start < piece.end; i++) {
    const next = free[i];
    const end = Math.min(piece.end, next?.start ?? piece.end);
    forEachAligned(start, Math.max(start, end), (pfn, order) => {
      for (let part = 0; part < 1 << Math.max(0, order - PAGEBLOCK_ORDER); part++) {
        const first = pfn + part * PAGES_PER_PAGEBLOCK;
        takeExactly(mm, first, Math.min(order, PAGEBLOCK_ORDER), ALLOCATED);
        pinBlock(mm, first);
      }
    });
    start = next === undefined ? piece.end : Math.max(start, next.end);
  }
}

/** Pages in use for good since power-on by the record of free blocks: managed then, and not recorded. */
export function recordedUse(config: MmConfig): number {
  if (config.recordedFree === null) return 0;
  let pages = config.nrPages;
  for (const { start, end } of [...config.holes, ...config.reserved]) pages -= end - start;
  for (const { blocks } of config.recordedFree) blocks.forEach((n, order) => (pages -= n * (1 << order)));
  return pages;
}
