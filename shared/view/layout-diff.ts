/**
 * Memlayouts as a window compares them: ranges of a view.layout reply, what changes between two, what each memory block
 * is linked under. All by T; ranges are half-open and cover the guest without holes, neighbours of one node joined.
 */
import { rowsOf } from '../columns/index.ts';
import type { Snapshot } from '../columns/index.ts';
import type { PfnRange } from '../units/index.ts';

export interface LayoutRun extends PfnRange {
  readonly nid: number;
}

/** Pages of [start, end) that belong to `from` in the one layout and to `to` in the other. */
export interface LayoutChange extends PfnRange {
  readonly from: number;
  readonly to: number;
}

export interface LayoutDiff {
  /** Maximal runs, ascending. */
  readonly changes: readonly LayoutChange[];
  /** By (from, to), largest first. */
  readonly pairs: readonly { readonly from: number; readonly to: number; readonly pages: number }[];
  readonly changedPages: number;
  readonly pages: number;
}

/** Start, end and nid of each range as little-endian uint32. @throws RangeError on bytes that are not of whole ranges */
export function readLayoutRanges(bytes: Uint8Array): LayoutRun[] {
  if (bytes.length % 12 !== 0) throw new RangeError(`ranges take 12 bytes each; ${bytes.length} are not of whole ones`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const runs: { start: number; end: number; nid: number }[] = [];
  for (let at = 0; at < bytes.length; at += 12) {
    const [start, end, nid] = [0, 4, 8].map((offset) => view.getUint32(at + offset, true)) as [number, number, number];
    const last = runs.at(-1);
    if (last !== undefined && last.nid === nid && last.end === start) last.end = end;
    else runs.push({ start, end, nid });
  }
  return runs;
}

/** The pages that a guest has, ascending; between them are holes. They are those that something backs. */
export function existingPages(snapshot: Snapshot, guest: number): PfnRange[] {
  const [first, end] = rowsOf(snapshot, 'backing', guest);
  const { start, pages, copy } = snapshot.tables.backing.columns;
  const runs: { start: number; end: number }[] = [];
  for (let row = first; row < end; row++) {
    if (copy![row] === 1) continue; // a migration's second copy of what is there already
    const last = runs.at(-1);
    if (last !== undefined && last.end === start![row]) last.end += pages![row]!;
    else runs.push({ start: start![row]!, end: start![row]! + pages![row]! });
  }
  return runs;
}

/** The parts of a layout for which there are pages. */
function withoutHoles(runs: readonly LayoutRun[], existing: readonly PfnRange[]): LayoutRun[] {
  const parts: LayoutRun[] = [];
  let first = 0;
  for (const { start, end, nid } of runs) {
    while (first < existing.length && existing[first]!.end <= start) first++;
    for (let i = first; i < existing.length && existing[i]!.start < end; i++) {
      parts.push({ start: Math.max(start, existing[i]!.start), end: Math.min(end, existing[i]!.end), nid });
    }
  }
  return parts;
}

/** What changes from `a` to `b`, over the pages that exist and both cover. */
export function diffLayouts(
  whole: readonly LayoutRun[],
  b: readonly LayoutRun[],
  existing: readonly PfnRange[],
): LayoutDiff {
  const a = withoutHoles(whole, existing);
  const changes: { start: number; end: number; from: number; to: number }[] = [];
  const pairs = new Map<string, { from: number; to: number; pages: number }>();
  let [changedPages, pages, j] = [0, 0, 0];
  for (const one of a) {
    while (j < b.length && b[j]!.end <= one.start) j++;
    for (let k = j; k < b.length && b[k]!.start < one.end; k++) {
      const other = b[k]!;
      const start = Math.max(one.start, other.start);
      const end = Math.min(one.end, other.end);
      pages += end - start;
      if (one.nid === other.nid) continue;
      changedPages += end - start;
      const last = changes.at(-1);
      if (last !== undefined && last.end === start && last.from === one.nid && last.to === other.nid) last.end = end;
      else changes.push({ start, end, from: one.nid, to: other.nid });
      const key = `${one.nid} ${other.nid}`;
      const pair = pairs.get(key);
      if (pair === undefined) pairs.set(key, { from: one.nid, to: other.nid, pages: end - start });
      else pair.pages += end - start;
    }
  }
  const sorted = [...pairs.values()].sort((x, y) => y.pages - x.pages || x.from - y.from || x.to - y.to);
  return { changes, pairs: sorted, changedPages, pages };
}

export interface MemoryBlockLinks extends PfnRange {
  /** memory<number> in /sys/devices/system/memory. */
  readonly number: number;
  /** Nodes whose ranges touch it, ascending: what it is to be linked under. */
  readonly nids: readonly number[];
}

/** The memory blocks of a guest and the nodes that each is to be linked under by a layout. */
export function memoryBlockLinks(
  runs: readonly LayoutRun[],
  nrPages: number,
  memoryBlockPages: number,
): MemoryBlockLinks[] {
  const blocks: MemoryBlockLinks[] = [];
  let row = 0;
  for (let start = 0; start < nrPages; start += memoryBlockPages) {
    const end = Math.min(nrPages, start + memoryBlockPages);
    while (row < runs.length && runs[row]!.end <= start) row++;
    const nids = new Set<number>();
    for (let at = row; at < runs.length && runs[at]!.start < end; at++) nids.add(runs[at]!.nid);
    blocks.push({ number: start / memoryBlockPages, start, end, nids: [...nids].sort((x, y) => x - y) });
  }
  return blocks;
}
