/**
 * The shape of a guest's memory as the host sees it; only plugging memory in changes it. Guest memory is cut into windows of one frame
 * (framePages, aligned); a window with at least one valid pfn is backed by one whole frame, pfn and frame at the
 * same offset, as an EPT huge page needs. Pages of such a frame that no valid pfn uses (a hole or the end of memory
 * cuts the window) are padding: used on the host, present nowhere in the guest.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import type { GuestConfig } from '../../../shared/model/config.ts';

export interface GuestMemory {
  /** Pages in a frame: 512 or 1. */
  readonly grain: number;
  /** Valid pfns: maximal, ascending. */
  readonly valid: readonly PfnRange[];
  readonly validPages: number;
  /** The windows that need a frame: maximal, ascending, multiples of the grain; the last may reach beyond nrPages. */
  readonly windows: readonly PfnRange[];
  /** Frames that back the whole guest. */
  readonly frames: number;
}

/** @param plugged pages that were holes when it booted, ascending. */
export function guestMemory(config: GuestConfig, plugged: readonly PfnRange[] = []): GuestMemory {
  const grain = config.framePages;
  const runs = [...gaps(config.mm.holes, config.mm.nrPages), ...plugged].sort((a, b) => a.start - b.start);
  const valid: PfnRange[] = [];
  for (const { start, end } of runs) {
    const last = valid.at(-1);
    if (last !== undefined && last.end === start) valid[valid.length - 1] = { start: last.start, end };
    else valid.push({ start, end });
  }
  const windows = windowsOf(valid, grain, 0);
  return { grain, valid, validPages: sizeOf(valid), windows, frames: sizeOf(windows) / grain };
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

/** The windows that the ranges touch, from pfn `from` (a multiple of the grain) on, as maximal runs. */
export function windowsOf(ranges: readonly PfnRange[], grain: number, from: number): PfnRange[] {
  const windows: PfnRange[] = [];
  for (const range of ranges) {
    const last = windows[windows.length - 1];
    const start = Math.max(from, Math.floor(range.start / grain) * grain);
    const end = Math.ceil(range.end / grain) * grain;
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
