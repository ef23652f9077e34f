/**
 * Frames of one host node: which 4 KiB frame numbers of [0, totalPages) are free. A value: taking and giving back
 * make a new one. Frames in huge page pools are apart from all others: there is one value for the pool of each page size,
 * and one for what lies outside of the pools. What of its own frames is neither free nor reserved is used; who uses it is the
 * backings' business.
 *
 * Invariants: (a) the free extents are ascending, disjoint and maximal (no two touch), so equal free sets have equal
 * extents whatever happened before; (b) none reaches into the reserved ones, which are the lowest, or out of its own frames; (c) freePages is
 * their sum.
 * Every operation costs at most the number of free extents and of extents given, never the number of frames.
 */
import { assert } from '../core/index.ts';

/** Frames [frame, frame + pages) of one node. */
export interface FrameExtent {
  readonly frame: number;
  readonly pages: number;
}

export class NodeFrames {
  /** Of the whole node. */
  readonly totalPages: number;
  readonly reservedPages: number;
  /** Its own: all of the node, but for those of pools; or those of a pool. */
  readonly ownPages: number;
  readonly freeExtents: readonly FrameExtent[];
  readonly freePages: number;
  /** Its lowest frame that is not reserved. */
  readonly #floor: number;

  private constructor(
    { totalPages, reservedPages, ownPages }: Pick<NodeFrames, 'totalPages' | 'reservedPages' | 'ownPages'>,
    floor: number,
    freeExtents: readonly FrameExtent[],
    freePages: number,
  ) {
    this.totalPages = totalPages;
    this.reservedPages = reservedPages;
    this.ownPages = ownPages;
    this.freeExtents = freeExtents;
    this.freePages = freePages;
    this.#floor = floor;
  }

  /** All of a node but the lowest, which are those of its pools, and after these the reserved ones: free. */
  static unused(totalPages: number, reservedPages: number, pooledPages = 0): NodeFrames {
    const ownPages = totalPages - pooledPages;
    assert(reservedPages >= 0 && reservedPages <= ownPages, 'frame-reserved-range', { totalPages, reservedPages });
    const floor = pooledPages + reservedPages;
    const freePages = totalPages - floor;
    const free = freePages === 0 ? [] : [{ frame: floor, pages: freePages }];
    return new NodeFrames({ totalPages, reservedPages, ownPages }, floor, free, freePages);
  }

  /** One pool of a node, its lowest `reservedPages` pages held by others. */
  static pool(totalPages: number, { frame, pages }: FrameExtent, reservedPages: number): NodeFrames {
    assert(reservedPages >= 0 && reservedPages <= pages, 'frame-reserved-range', { totalPages: pages, reservedPages });
    const floor = frame + reservedPages;
    const freePages = pages - reservedPages;
    const free = freePages === 0 ? [] : [{ frame: floor, pages: freePages }];
    return new NodeFrames({ totalPages, reservedPages, ownPages: pages }, floor, free, freePages);
  }

  #with(freeExtents: readonly FrameExtent[], freePages: number): NodeFrames {
    return new NodeFrames(this, this.#floor, freeExtents, freePages);
  }

  get usedPages(): number {
    return this.ownPages - this.reservedPages - this.freePages;
  }

  /** Whole, aligned frames of `framePages` pages that could be taken now. Free pages in smaller pieces do not count. */
  freeFrames(framePages: number): number {
    let frames = 0;
    for (const { frame, pages } of this.freeExtents) frames += Math.max(0, wholeFramesIn(frame, pages, framePages));
    return frames;
  }

  /** Takes `frames` aligned frames of `framePages` pages, lowest first; the caller has asked freeFrames. */
  take(frames: number, framePages: number): { readonly taken: readonly FrameExtent[]; readonly rest: NodeFrames } {
    const taken: FrameExtent[] = [];
    const kept: FrameExtent[] = [];
    let left = frames;
    let i = 0;
    for (; left > 0 && i < this.freeExtents.length; i++) {
      const { frame, pages } = this.freeExtents[i]!;
      const here = Math.min(left, wholeFramesIn(frame, pages, framePages));
      if (here <= 0) {
        kept.push(this.freeExtents[i]!);
        continue;
      }
      const start = Math.ceil(frame / framePages) * framePages;
      const end = start + here * framePages;
      taken.push({ frame: start, pages: end - start });
      if (start > frame) kept.push({ frame, pages: start - frame });
      if (end < frame + pages) kept.push({ frame: end, pages: frame + pages - end });
      left -= here;
    }
    assert(left === 0, 'frame-take-beyond-room', { frames, framePages, left });
    const rest = this.#with(kept.concat(this.freeExtents.slice(i)), this.freePages - frames * framePages);
    return { taken, rest };
  }

  /** Takes exactly these frames, which must be free: how a saved world is rebuilt. */
  claim(extents: readonly FrameExtent[]): NodeFrames {
    const kept: FrameExtent[] = [];
    let { freePages } = this;
    let i = 0;
    let hole = this.freeExtents[i++];
    for (const { frame, pages } of ascending(extents)) {
      while (hole !== undefined && hole.frame + hole.pages <= frame) {
        kept.push(hole);
        hole = this.freeExtents[i++];
      }
      const end = frame + pages;
      assert(hole !== undefined && hole.frame <= frame && hole.frame + hole.pages >= end, 'frame-not-free', { frame });
      if (hole.frame < frame) kept.push({ frame: hole.frame, pages: frame - hole.frame });
      const holeEnd: number = hole.frame + hole.pages;
      hole = holeEnd > end ? { frame: end, pages: holeEnd - end } : this.freeExtents[i++];
      freePages -= pages;
    }
    if (hole !== undefined) kept.push(hole);
    return this.#with(kept.concat(this.freeExtents.slice(i)), freePages);
  }

  /** Gives frames back, in any order, and joins them to their free neighbours. */
  release(extents: readonly FrameExtent[]): NodeFrames {
    const merged: FrameExtent[] = [];
    let { freePages } = this;
    let end = this.#floor;
    const push = (next: FrameExtent): void => {
      assert(next.frame >= end && next.frame + next.pages <= this.totalPages, 'frame-freed-twice', { ...next });
      const last = merged[merged.length - 1];
      if (last !== undefined && next.frame === end) {
        merged[merged.length - 1] = { frame: last.frame, pages: last.pages + next.pages };
      } else merged.push(next);
      end = next.frame + next.pages;
    };
    let i = 0;
    for (const extent of ascending(extents)) {
      while (i < this.freeExtents.length && this.freeExtents[i]!.frame <= extent.frame) push(this.freeExtents[i++]!);
      push(extent);
      freePages += extent.pages;
    }
    while (i < this.freeExtents.length) push(this.freeExtents[i++]!);
    return this.#with(merged, freePages);
  }
}

/** May be negative when the extent holds no aligned boundary. */
function wholeFramesIn(frame: number, pages: number, framePages: number): number {
  return Math.floor((frame + pages) / framePages) - Math.ceil(frame / framePages);
}

function ascending(extents: readonly FrameExtent[]): FrameExtent[] {
  return [...extents].sort((a, b) => a.frame - b.frame);
}
