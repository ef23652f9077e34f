/**
 * Whether what a guest owes can ever be given back. Asked of a guest without a commit under way, without an active pass,
 * and in a world in which nobody is to commit, move or submit anything any more; then:
 *
 * (a) A page changes its node when it is freed, and by nothing else. What is held by hand is freed by commands alone: where
 *     that is all that a correct guest owes, it stays.
 * (b) In a guest with the posted code's defects a free asks the marks of the pages that it frees. Marks are set by commits
 *     alone, and workloads free single pages and whole pageblocks; so where a pageblock has no page with a mark that can
 *     be freed, no page of it changes its node any more. As many as are elsewhere in such pageblocks, in use or free, are
 *     elsewhere for ever, and the guest can never have all of its pages at home.
 */
import { OWED_OWNERS } from '../../../shared/model/owed.ts';
import { type GuestMm, PAGES_PER_PAGEBLOCK } from '../mm/index.ts';
import { HELD, HOLE, KIND_MASK, PINNED, RESERVED, stateOf } from '../mm/page.ts';
import type { OwedRow } from './owed.ts';

export interface StayingPages {
  readonly pages: number;
  readonly because: 'held' | 'unmarked';
  /** Pages with a mark that can be freed: what may still change. */
  readonly marked: number;
}

/** @param owed pages in use elsewhere, pinned ones apart. @param rows asked for only where there is no mark to ask. */
export function stayingPages(memory: GuestMm, owed: number, rows: () => readonly OwedRow[]): StayingPages | null {
  if (owed === 0) return null;
  if (memory.state.rfc !== null) return unmarkedPages(memory, memory.state.rfc.flag);
  const byHand = OWED_OWNERS.indexOf('byHand');
  const held = rows().reduce((sum, { owner, pages }) => sum + (owner === byHand ? pages : 0), 0);
  return held === owed ? { pages: owed, because: 'held', marked: 0 } : null;
}

/** (b) */
function unmarkedPages(memory: GuestMm, flag: Int32Array): StayingPages | null {
  const { page, nrPages } = memory.state;
  const mayBeFreed = (pfn: number): boolean => {
    const state = stateOf(page, pfn);
    const kind = state & KIND_MASK;
    return kind !== RESERVED && kind !== HOLE && kind !== HELD && (state & PINNED) === 0;
  };
  let pages = 0;
  let marked = 0;
  for (let start = 0; start < nrPages; start += PAGES_PER_PAGEBLOCK) {
    const end = Math.min(nrPages, start + PAGES_PER_PAGEBLOCK);
    let own = 0;
    for (let pfn = start; pfn < end; pfn++) if (((flag[pfn >>> 5]! >>> (pfn & 31)) & 1) === 1 && mayBeFreed(pfn)) own++;
    marked += own;
    for (let pfn = start; own === 0 && pfn < end; pfn++)
      if (mayBeFreed(pfn) && memory.actualNid(pfn) !== memory.targetNid(pfn)) pages++;
  }
  return pages === 0 ? null : { pages, because: 'unmarked', marked };
}
