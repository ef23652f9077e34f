/**
 * The shape of a guest's memory as its host sees it; only plugging memory in changes it. Guest memory is cut into areas, each
 * of which is backed by frames of one kind: one area, but for a guest with huge pages of its host's pools. An area is cut into
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
import type { GuestConfig, HugePageRange } from '../../../shared/model/config.ts';
import type { FrameKind } from './host.ts';

/** Pages [start, end) of a guest that are backed by frames of one kind; `end` of the last is Infinity. */
export interface Area extends PfnRange, FrameKind {
  /** As those of the guest. */
  readonly windows: readonly PfnRange[];
  readonly frames: number;
}

export interface GuestMemory {
  /** Pages in a frame of what is backed by no pool: 512 or 1. */
  readonly framePages: number;
  /** Ascending, from page 0 on, without gaps. */
  readonly areas: readonly Area[];
  /** Valid pfns: maximal, ascending. */
  readonly valid: readonly PfnRange[];
  readonly validPages: number;
  /** Valid pfns that were plugged in after boot: ascending, disjoint. */
  readonly plugged: readonly PfnRange[];
  /** The windows that need a frame: maximal within an area, ascending, whole frames; the last may reach beyond nrPages. */
  readonly windows: readonly PfnRange[];
  /** Frames that back the whole guest, whatever their size. */
  readonly frames: number;
}

export function guestMemory({ framePages, mm, hugePages = [] }: GuestConfig): GuestMemory {
  return shapeOf(framePages, kindsOf(framePages, hugePages), gaps(mm.holes, mm.nrPages), []);
}

/** The same guest with more pages, which were holes. */
export function withPlugged(memory: GuestMemory, pages: readonly PfnRange[]): GuestMemory {
  const { framePages, areas, valid, plugged } = memory;
  return shapeOf(framePages, areas, union(valid, pages), union(plugged, pages, false));
}

/** The area that a page is in. */
export const areaAt = ({ areas }: GuestMemory, pfn: number): Area => areas.findLast(({ start }) => start <= pfn)!;

type Kinds = readonly (PfnRange & FrameKind)[];

function kindsOf(framePages: number, hugePages: readonly HugePageRange[]): Kinds {
  const kinds: (PfnRange & FrameKind)[] = [];
  let from = 0;
  const plainUpTo = (end: number): void => {
    if (end > from) kinds.push({ start: from, end, framePages, isPool: false });
  };
  for (const { start, end, framePages: pages } of hugePages) {
    plainUpTo(start);
    // A last page that only a part of the guest uses.
    from = Math.ceil(end / pages) * pages;
    kinds.push({ start, end: from, framePages: pages, isPool: true });
  }
  plainUpTo(Infinity);
  return kinds;
}

function shapeOf(
  framePages: number,
  kinds: Kinds,
  valid: readonly PfnRange[],
  plugged: readonly PfnRange[],
): GuestMemory {
  const areas = kinds.map(({ start, end, framePages: pages, isPool }): Area => {
    const windows = windowsOf(clip(valid, start, end), pages, start);
    return { start, end, framePages: pages, isPool, windows, frames: sizeOf(windows) / pages };
  });
  return {
    framePages,
    areas,
    valid,
    validPages: sizeOf(valid),
    plugged,
    windows: areas.length === 1 ? areas[0]!.windows : areas.flatMap((area) => area.windows),
    frames: areas.reduce((sum, area) => sum + area.frames, 0),
  };
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
