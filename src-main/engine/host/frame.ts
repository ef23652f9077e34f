/**
 * The frames of one host node: which 4 KiB frame numbers of [0, totalPages) are free. What is neither free nor in the
 * reserved low end is used; who uses it is the backing's business.
 *
 * Invariants: (a) the free extents are ascending, disjoint and maximal (no two touch), so equal free sets have equal
 * extents whatever happened before; (b) none reaches into [0, reservedPages); (c) freePages is their sum.
 * Every operation costs at most the number of free extents and of extents given, never the number of frames.
 */
import { assert } from '../core/index.ts';

/** Frames [frame, frame + pages) of one node. */
export interface FrameExtent {
  readonly frame: number;
  readonly pages: number;
}

export class FrameSpace {
  readonly totalPages: number;
  readonly reservedPages: number;
  #free: FrameExtent[];
  #freePages: number;

  constructor(totalPages: number, reservedPages: number) {
    assert(reservedPages >= 0 && reservedPages <= totalPages, 'frame-reserved-range', { totalPages, reservedPages });
    this.totalPages = totalPages;
    this.reservedPages = reservedPages;
    this.#freePages = totalPages - reservedPages;
    this.#free = this.#freePages === 0 ? [] : [{ frame: reservedPages, pages: this.#freePages }];
  }

  /** Extents are replaced, never written to, so that both may go on from here. */
  copy(): FrameSpace {
    const copy = new FrameSpace(this.totalPages, this.reservedPages);
    copy.#free = this.#free;
    copy.#freePages = this.#freePages;
    return copy;
  }

  get freePages(): number {
    return this.#freePages;
  }

  get usedPages(): number {
    return this.totalPages - this.reservedPages - this.#freePages;
  }

  get freeExtents(): readonly FrameExtent[] {
    return this.#free;
  }

  /** How many whole, aligned frames of `grain` pages could be taken now. Free pages in smaller pieces do not count. */
  freeFrames(grain: number): number {
    let frames = 0;
    for (const { frame, pages } of this.#free) frames += Math.max(0, wholeFramesIn(frame, pages, grain));
    return frames;
  }

  /** Takes `frames` aligned frames of `grain` pages, lowest first; the caller has asked freeFrames. */
  take(frames: number, grain: number): FrameExtent[] {
    const taken: FrameExtent[] = [];
    const kept: FrameExtent[] = [];
    let left = frames;
    let i = 0;
    for (; left > 0 && i < this.#free.length; i++) {
      const { frame, pages } = this.#free[i]!;
      const here = Math.min(left, wholeFramesIn(frame, pages, grain));
      if (here <= 0) {
        kept.push(this.#free[i]!);
        continue;
      }
      const start = Math.ceil(frame / grain) * grain;
      const end = start + here * grain;
      taken.push({ frame: start, pages: end - start });
      if (start > frame) kept.push({ frame, pages: start - frame });
      if (end < frame + pages) kept.push({ frame: end, pages: frame + pages - end });
      left -= here;
    }
    assert(left === 0, 'frame-take-beyond-room', { frames, grain, left });
    this.#free = kept.concat(this.#free.slice(i));
    this.#freePages -= frames * grain;
    return taken;
  }

  /** Takes exactly these frames, which must be free: how a saved world is rebuilt. */
  claim(extents: readonly FrameExtent[]): void {
    const kept: FrameExtent[] = [];
    let i = 0;
    let hole = this.#free[i++];
    for (const { frame, pages } of ascending(extents)) {
      while (hole !== undefined && hole.frame + hole.pages <= frame) {
        kept.push(hole);
        hole = this.#free[i++];
      }
      const end = frame + pages;
      assert(hole !== undefined && hole.frame <= frame && hole.frame + hole.pages >= end, 'frame-not-free', { frame });
      if (hole.frame < frame) kept.push({ frame: hole.frame, pages: frame - hole.frame });
      const holeEnd: number = hole.frame + hole.pages;
      hole = holeEnd > end ? { frame: end, pages: holeEnd - end } : this.#free[i++];
      this.#freePages -= pages;
    }
    if (hole !== undefined) kept.push(hole);
    this.#free = kept.concat(this.#free.slice(i));
  }

  /** Gives frames back, in any order, and joins them to their free neighbours. */
  release(extents: readonly FrameExtent[]): void {
    const merged: FrameExtent[] = [];
    let end = this.reservedPages;
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
      while (i < this.#free.length && this.#free[i]!.frame <= extent.frame) push(this.#free[i++]!);
      push(extent);
      this.#freePages += extent.pages;
    }
    while (i < this.#free.length) push(this.#free[i++]!);
    this.#free = merged;
  }
}

/** May be negative when the extent holds no aligned boundary. */
function wholeFramesIn(frame: number, pages: number, grain: number): number {
  return Math.floor((frame + pages) / grain) - Math.ceil(frame / grain);
}

function ascending(extents: readonly FrameExtent[]): FrameExtent[] {
  return [...extents].sort((a, b) => a.frame - b.frame);
}
