/**
 * Memory blocks of sysfs (/sys/devices/system/memory/memoryN) and the nodes each is linked under: those of the layout's
 * ranges that share a valid page with it, so one block may be under several nodes. They follow from the layout, unless
 * stale links stay (an RFC guest with sysfsStale): then the links are kept, and a refresh only adds to them.
 */
import { rangeOf } from './memlayout.ts';
import { type Mm, validIn } from './mm.ts';

/** Blocks up to the last pfn, those without a valid page included. */
export const nrMemoryBlocks = (mm: Mm): number => Math.ceil(mm.nrPages / mm.config.profile.memoryBlockPages);

const wordsOf = (mm: Mm): number => (mm.nrNodeIds + 31) >>> 5;

/** Words that kept links take: a row of nodes, one bit each, for every block. */
export const linksLength = (mm: Mm): number => nrMemoryBlocks(mm) * wordsOf(mm);

/** Adds the links that the layout in force gives. */
export function linkBlocks(mm: Mm, links: Int32Array): void {
  const words = wordsOf(mm);
  for (let block = 0; block < nrMemoryBlocks(mm); block++) {
    for (const nid of layoutLinks(mm, block)) links[block * words + (nid >>> 5)]! |= 1 << (nid & 31);
  }
}

/** The nodes a block is linked under, ascending; none when it has no valid page. */
export function memoryBlockLinks(mm: Mm, block: number): readonly number[] {
  const links = mm.rfc?.links;
  if (links === undefined || links.length === 0) return layoutLinks(mm, block);
  const at = block * wordsOf(mm);
  const nids: number[] = [];
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    if (((links[at + (nid >>> 5)]! >>> (nid & 31)) & 1) === 1) nids.push(nid);
  }
  return nids;
}

/** Nodes a block is linked under that the layout in force gives no page of it. */
export function staleLinks(mm: Mm, block: number): readonly number[] {
  const right = layoutLinks(mm, block);
  return memoryBlockLinks(mm, block).filter((nid) => !right.includes(nid));
}

/** The links that the layout in force gives, ascending. */
function layoutLinks(mm: Mm, block: number): readonly number[] {
  const { layout, nrPages } = mm;
  const { memoryBlockPages } = mm.config.profile;
  const start = block * memoryBlockPages;
  const end = Math.min(start + memoryBlockPages, nrPages);
  if (!(block >= 0 && start < end)) return [];
  const nids = new Set<number>();
  for (let r = rangeOf(layout, start); r < layout.count && layout.start[r]! < end; r++) {
    const from = Math.max(start, layout.start[r]!);
    const to = Math.min(end, layout.start[r + 1]!);
    if (!nids.has(layout.nid[r]!) && validIn(mm, from, to) > 0) nids.add(layout.nid[r]!);
  }
  return [...nids].sort((a, b) => a - b);
}
