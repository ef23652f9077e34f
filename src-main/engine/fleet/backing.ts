/**
 * H, the host truth of one guest: which frame of which host node backs each valid page. A value: moving pages makes a
 * new one, so a holder of the old never sees it change. Each extent names its host, so that a guest's pages may lie on
 * two hosts at once.
 *
 * Invariants: (a) extents are ascending in pfn and disjoint; (b) maximal: neighbours that continue in pfn, node and
 * frame are one extent, so equal maps have equal extents; (c) frame - start is a multiple of the guest's framePages
 * (see guest-memory.ts); (d) extents that meet in one window of a frame are on one frame.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import { assert } from '../core/index.ts';
import type { FrameExtent } from './node-frames.ts';

/** A node of a host, by the host's index. */
export type HostNodeRef = { readonly host: number; readonly hostNid: number };

/** Guest pages [start, start + pages) on frames [frame, frame + pages) of a host node. */
export type BackingExtent = HostNodeRef & {
  readonly start: number;
  readonly pages: number;
  readonly frame: number;
};

/** Frames of one host node. */
export interface FramesOfNode extends HostNodeRef {
  readonly frames: readonly FrameExtent[];
}

export class Backing {
  readonly extents: readonly BackingExtent[];

  constructor(extents: readonly BackingExtent[]) {
    this.extents = extents;
  }

  /** The backing that uses `frames` (whole frames, ascending pfns) for the valid pfns among them. */
  static onFrames(frames: readonly BackingExtent[], valid: readonly PfnRange[]): Backing {
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
    return new Backing(run.extents);
  }

  /**
   * The whole frames of `framePages` pages held, padding included, of windows from `fromPfn` on and before `endPfn` (multiples
   * of framePages), as maximal runs.
   */
  *wholeFrames(framePages: number, fromPfn = 0, endPfn = Infinity): Generator<BackingExtent> {
    let run: BackingExtent | undefined;
    // A window cut by a hole appears in two extents; its frame is counted with the first.
    let from = fromPfn;
    for (let i = this.indexAt(fromPfn); i < this.extents.length; i++) {
      const extent = this.extents[i]!;
      if (extent.start >= endPfn) break;
      const start = Math.max(from, Math.floor(extent.start / framePages) * framePages);
      const pages = Math.ceil(Math.min(endPfn, endOf(extent)) / framePages) * framePages - start;
      if (pages <= 0) continue;
      from = start + pages;
      const next = part(extent, start, start + pages);
      if (run !== undefined && continues(run, next)) {
        run = part(run, run.start, start + pages);
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
    return new Backing(head.concat(run.extents, this.extents.slice(i + 1)));
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

  /** Valid pages by node of a host, nodes that back none left out. */
  pagesByNode(host: number): Map<number, number> {
    const pages = new Map<number, number>();
    for (const e of this.extents) if (e.host === host) pages.set(e.hostNid, (pages.get(e.hostNid) ?? 0) + e.pages);
    return pages;
  }

  /** The host nodes that back a page, in the order of their first. */
  hostNodes(): HostNodeRef[] {
    return framesByNode(this.extents).map(({ host, hostNid }) => ({ host, hostNid }));
  }

  /** The extents inside ascending `ranges`, and those outside. */
  split(ranges: readonly PfnRange[]): { readonly inside: Backing; readonly outside: Backing } {
    const [inside, outside] = [new ExtentRun(), new ExtentRun()];
    let r = 0;
    for (const extent of this.extents) {
      for (let pos = extent.start; pos < endOf(extent);) {
        while (r < ranges.length && ranges[r]!.end <= pos) r++;
        const range = ranges[r];
        const isInside = range !== undefined && range.start <= pos;
        const end = Math.min(endOf(extent), isInside ? range.end : (range?.start ?? Infinity));
        (isInside ? inside : outside).push(part(extent, pos, end));
        pos = end;
      }
    }
    return { inside: new Backing(inside.extents), outside: new Backing(outside.extents) };
  }
}

export const endOf = (extent: BackingExtent): number => extent.start + extent.pages;

/** The frames of extents, for NodeFrames; nodes in the order of their first extent. */
export function framesByNode(extents: Iterable<BackingExtent>): FramesOfNode[] {
  const nodes: (HostNodeRef & { frames: FrameExtent[] })[] = [];
  const byHost = new Map<number, Map<number, FrameExtent[]>>();
  for (const { host, hostNid, frame, pages } of extents) {
    let byNid = byHost.get(host);
    if (byNid === undefined) byHost.set(host, (byNid = new Map<number, FrameExtent[]>()));
    let frames = byNid.get(hostNid);
    if (frames === undefined) {
      byNid.set(hostNid, (frames = []));
      nodes.push({ host, hostNid, frames });
    }
    frames.push({ frame, pages });
  }
  return nodes;
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
  return endOf(a) === b.start && a.host === b.host && a.hostNid === b.hostNid && a.frame + a.pages === b.frame;
}

/** Pages [start, end) of an extent. */
function part(extent: BackingExtent, start: number, end: number): BackingExtent {
  const { host, hostNid, frame } = extent;
  return { start, pages: end - start, host, hostNid, frame: frame + start - extent.start };
}
