/**
 * The shape of a guest's memory as its host sees it; only plugging memory in changes it. Guest memory is cut into
 * windows of one frame (framePages, aligned). A window with at least one valid pfn is backed by one whole frame, pfn and
 * frame at the same offset, as an EPT huge page needs.
 *
 *     pfn      0       8       16      24      32
 *     windows  |-------|-------|-------|-------|      framePages = 8
 *     valid    ******** ***..... ........ ****....    . is a hole
 *     frames   [frame ] [frame ]          [frame ]
 *
 * Pages of a frame that no valid pfn uses are padding: used on the host, present nowhere in the guest.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import type { GuestConfig } from '../../../shared/model/config.ts';

export interface GuestMemory {
  /** Pages in a frame: 512 or 1. */
  readonly framePages: number;
  /** Valid pfns: maximal, ascending. */
  readonly valid: readonly PfnRange[];
  readonly validPages: number;
  /** Valid pfns that were plugged in after boot: ascending, disjoint. */
  readonly plugged: readonly PfnRange[];
  /** The windows that need a frame: maximal, ascending, multiples of framePages; the last may reach beyond nrPages. */
  readonly windows: readonly PfnRange[];
  /** Frames that back the whole guest. */
  readonly frames: number;
}

export function guestMemory({ framePages, mm }: GuestConfig): GuestMemory {
  return shapeOf(framePages, gaps(mm.holes, mm.nrPages), []);
}

/** The same guest with more pages, which were holes. */
export function withPlugged(memory: GuestMemory, pages: readonly PfnRange[]): GuestMemory {
  return shapeOf(memory.framePages, union(memory.valid, pages), union(memory.plugged, pages, false));
}

function shapeOf(framePages: number, valid: readonly PfnRange[], plugged: readonly PfnRange[]): GuestMemory {
  const windows = windowsOf(valid, framePages, 0);
  return { framePages, valid, validPages: sizeOf(valid), plugged, windows, frames: sizeOf(windows) / framePages };
}

/** Of disjoint ranges, ascending; neighbours are joined unless asked not to. */
function union(a: readonly PfnRange[], b: readonly PfnRange[], joined = true): PfnRange[] {
  const out: PfnRange[] = [];
  for (const { start, end } of [...a, ...b].sort((x, y) => x.start - y.start)) {
    const last = out.at(-1);
    if (joined && last?.end === start) out[out.length - 1] = { start: last.start, end };
    else out.push({ start, end });
  }
  return out;
}

/** [0, end) less ascending ranges. */
function gaps(ranges: readonly PfnRange[], end: number): PfnRange[] {
  const out: PfnRange[] = [];
  let from = 0;
  for (const range of [...ranges, { start: end, end }]) {
    if (range.start > from) out.push({ start: from, end: range.start });
    from = Math.max(from, range.end);
  }
  return out;
}

/** The windows that the ranges touch, from pfn `from` (a multiple of framePages) on, as maximal runs. */
export function windowsOf(ranges: readonly PfnRange[], framePages: number, from: number): PfnRange[] {
  const windows: PfnRange[] = [];
  for (const range of ranges) {
    const last = windows[windows.length - 1];
    const start = Math.max(from, Math.floor(range.start / framePages) * framePages);
    const end = Math.ceil(range.end / framePages) * framePages;
    if (end <= start) continue;
    if (last !== undefined && last.end >= start) windows[windows.length - 1] = { start: last.start, end };
    else windows.push({ start, end });
  }
  return windows;
}

/** The parts of ascending `ranges` inside [start, end). */
export function clip(ranges: readonly PfnRange[], start: number, end: number): PfnRange[] {
  return ranges
    .map((r) => ({ start: Math.max(r.start, start), end: Math.min(r.end, end) }))
    .filter((r) => r.start < r.end);
}

/** Pages in the ranges. */
export const sizeOf = (ranges: readonly PfnRange[]): number => ranges.reduce((sum, r) => sum + r.end - r.start, 0);
