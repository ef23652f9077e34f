/**
 * H, the host truth of one guest: which frame of which host node backs each valid page. A value: moving pages makes a
 * new one, so a holder of the old never sees it change.
 *
 * Invariants: (a) extents are ascending in pfn and disjoint; (b) maximal: neighbours that continue in pfn, node and
 * frame are one extent, so equal maps have equal extents; (c) all of a guest lives on one host (a migration's second
 * copy is a Backing of its own); (d) frame - start is a multiple of the guest's frame grain (see guest-memory.ts).
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import { assert } from '../core/index.ts';
import type { FrameExtent } from './frame.ts';

/** Guest pages [start, start + pages) on frames [frame, frame + pages) of a host node. */
export interface BackingExtent {
  readonly start: number;
  readonly pages: number;
  readonly hostNid: number;
  readonly frame: number;
}

export class Backing {
  /** Index of the host. */
  readonly host: number;
  readonly extents: readonly BackingExtent[];

  constructor(host: number, extents: readonly BackingExtent[]) {
    this.host = host;
    this.extents = extents;
  }

  /** The backing that uses `frames` (whole frames, ascending pfns) for the valid pfns among them. */
  static onFrames(host: number, frames: readonly BackingExtent[], valid: readonly PfnRange[]): Backing {
    const run = new ExtentRun();
    let i = 0;
    for (const range of valid) {
      for (let pos = range.start; pos < range.end;) {
        while (i < frames.length && endOf(frames[i]!) <= pos) i++;
        const frame = frames[i];
        assert(frame !== undefined && frame.start <= pos, 'backing-page-without-frame', { pfn: pos });
        const end = Math.min(range.end, endOf(frame));
        run.push(part(frame, pos, end));
        pos = end;
      }
    }
    return new Backing(host, run.extents);
  }

  /** The whole frames held, padding included, from window `fromPfn` (a multiple of the grain) on, as maximal runs. */
  *wholeFrames(grain: number, fromPfn = 0): Generator<BackingExtent> {
    let run: BackingExtent | undefined;
    // A window cut by a hole appears in two extents; its frame is counted with the first.
    let from = fromPfn;
    for (let i = this.indexAt(fromPfn); i < this.extents.length; i++) {
      const extent = this.extents[i]!;
      const start = Math.max(from, Math.floor(extent.start / grain) * grain);
      const pages = Math.ceil(endOf(extent) / grain) * grain - start;
      if (pages <= 0) continue;
      from = start + pages;
      const next = { start, pages, hostNid: extent.hostNid, frame: extent.frame + start - extent.start };
      if (run !== undefined && continues(run, next)) {
        run = { start: run.start, pages: run.pages + pages, hostNid: run.hostNid, frame: run.frame };
        continue;
      }
      if (run !== undefined) yield run;
      run = next;
    }
    if (run !== undefined) yield run;
  }

  /** The same backing with the pages of `moves` (whole frames, ascending pfns) at their new places. */
  relocated(moves: readonly BackingExtent[]): Backing {
    const first = moves[0];
    if (first === undefined) return this;
    const from = this.indexAt(first.start);
    const stop = endOf(moves[moves.length - 1]!);
    const run = new ExtentRun();
    // The neighbours on both sides take part, because they may join the moved pages.
    let i = Math.max(0, from - 1);
    const head = this.extents.slice(0, i);
    let m = 0;
    for (; i < this.extents.length; i++) {
      const extent = this.extents[i]!;
      for (let pos = extent.start; pos < endOf(extent);) {
        while (m < moves.length && endOf(moves[m]!) <= pos) m++;
        const move = moves[m];
        const moved = move !== undefined && move.start <= pos;
        const end = Math.min(endOf(extent), moved ? endOf(move) : (move?.start ?? Infinity));
        run.push(part(moved ? move : extent, pos, end));
        pos = end;
      }
      if (extent.start >= stop) break;
    }
    return new Backing(this.host, head.concat(run.extents, this.extents.slice(i + 1)));
  }

  /** Index of the first extent that ends after `pfn`; extents.length when none does. */
  indexAt(pfn: number): number {
    let low = 0;
    let high = this.extents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (endOf(this.extents[middle]!) > pfn) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Valid pages in [start, end). */
  pagesIn(start: number, end: number): number {
    let pages = 0;
    for (let i = this.indexAt(start); i < this.extents.length && this.extents[i]!.start < end; i++) {
      const extent = this.extents[i]!;
      pages += Math.min(end, endOf(extent)) - Math.max(start, extent.start);
    }
    return pages;
  }

  /** Valid pages per host node, nodes that back none left out. */
  pagesByNode(): Map<number, number> {
    const pages = new Map<number, number>();
    for (const e of this.extents) pages.set(e.hostNid, (pages.get(e.hostNid) ?? 0) + e.pages);
    return pages;
  }
}

export const endOf = (extent: BackingExtent): number => extent.start + extent.pages;

/** Frames by host node, for FrameSpace. */
export function framesByNode(extents: Iterable<BackingExtent>): Map<number, FrameExtent[]> {
  const byNode = new Map<number, FrameExtent[]>();
  for (const { hostNid, frame, pages } of extents) {
    const list = byNode.get(hostNid);
    if (list === undefined) byNode.set(hostNid, [{ frame, pages }]);
    else list.push({ frame, pages });
  }
  return byNode;
}

/** Collects ascending extents and keeps them maximal. */
export class ExtentRun {
  readonly extents: BackingExtent[] = [];

  push(next: BackingExtent): void {
    const last = this.extents[this.extents.length - 1];
    if (last !== undefined && continues(last, next)) {
      this.extents[this.extents.length - 1] = { ...last, pages: last.pages + next.pages };
    } else this.extents.push(next);
  }
}

export function continues(a: BackingExtent, b: BackingExtent): boolean {
  return endOf(a) === b.start && a.hostNid === b.hostNid && a.frame + a.pages === b.frame;
}

/** Pages [start, end) of an extent. */
function part(extent: BackingExtent, start: number, end: number): BackingExtent {
  return { start, pages: end - start, hostNid: extent.hostNid, frame: extent.frame + start - extent.start };
}
