/**
 * Law H1 of a fleet, from the backings alone and not from the counters that the engine keeps:
 * (a) on every host node the reserved low end, the free extents, the frames held by guests and the pools tile
 *     [0, totalPages) exactly, and the node's counters say the same;
 * (b) every valid guest page is backed exactly once and no invalid one is; a second copy has a place for valid pages
 *     alone, each at most once;
 * (c) extents are maximal, keep pfn and frame at the same offset within a frame, and those that meet in one window are
 *     on one frame;
 * (d) pools tile the low end of a node, and what lies outside of them the rest; the frames of a pool are whole, aligned pages of
 *     its size, and those that are free, reserved and held by guests with pages of that size tile it exactly;
 * (e) no guest holds frames of a pool but for pages of that size.
 * What compactions and migrations add to H1 is in transfer/check.ts.
 */
import type { Violation } from '../../../shared/model/event.ts';
import type { PfnRange } from '../../../shared/units/index.ts';
import { type Backing, type BackingExtent, continues, endOf } from './backing.ts';
import type { Fleet, FleetGuest } from './fleet.ts';
import { areaAt } from './guest-memory.ts';
import { heldFrames } from './held-frames.ts';
import type { FrameExtent, NodeFrames } from './node-frames.ts';

/** Frames that a guest holds, with the page size of the pool that they are of; null: of none. */
interface HeldExtent extends FrameExtent {
  readonly poolPages: number | null;
}

/** By nid. */
type Held = Map<number, HeldExtent[]>;

type Report = (vm: string | null, text: string) => void;

export function checkFleet(fleet: Fleet): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (vm, text) => violations.push({ law: 'H1', vm, text });
  const held = fleet.hosts.map((): Held => new Map());
  const hold = ({ memory }: FleetGuest, backing: Backing): void => {
    for (const { area, runs } of heldFrames(backing, memory)) {
      for (const { host, hostNid, frame, pages } of runs) {
        const node = held[host]!.get(hostNid) ?? [];
        held[host]!.set(hostNid, node);
        node.push({ frame, pages, poolPages: area.isPool ? area.framePages : null });
      }
    }
  };
  for (const guest of fleet.guests) {
    checkExtents(guest, guest.backing, report);
    checkValid(guest.name, guest.memory.valid, guest.backing, report);
    hold(guest, guest.backing);
    if (guest.copy === null) continue;
    checkExtents(guest, guest.copy, report);
    const within = guest.copy.split(guest.memory.valid);
    if (within.outside.extents.length > 0) {
      report(guest.name, `page ${within.outside.extents[0]!.start} has a place in the second copy but is not valid`);
    }
    hold(guest, guest.copy);
  }
  checkNodes(fleet, held, report);
  return violations;
}

/** (c), and that the extents are ascending and disjoint. */
function checkExtents({ name, memory }: FleetGuest, { extents }: Backing, report: Report): void {
  extents.forEach((extent, i) => {
    const { start, frame } = extent;
    const { framePages } = areaAt(memory, start);
    if ((frame - start) % framePages !== 0) {
      report(name, `page ${start} is at frame ${frame}, not at its offset in a frame of ${framePages}`);
    }
    const before = extents[i - 1];
    if (before === undefined) return;
    if (start < endOf(before)) report(name, `page ${start} has two places, or its extent is out of order`);
    if (sharesFrame(before, extent, framePages) === false) {
      report(name, `the pages around ${start} share a frame's window, but not the frame`);
    }
    if (continues(before, extent)) report(name, `the extent at page ${start} is not maximal`);
  });
}

/** (b). */
function checkValid(name: string, valid: readonly PfnRange[], { extents }: Backing, report: Report): void {
  let i = 0;
  for (const { start, end } of valid) {
    let pos = start;
    for (; i < extents.length && extents[i]!.start < end; i++) {
      const extent = extents[i]!;
      if (extent.start !== pos) report(name, `page ${pos} should be backed next, but page ${extent.start} is`);
      pos = endOf(extent);
    }
    if (pos !== end) report(name, `pages ${start} to ${end} are valid, but backed up to ${pos}`);
  }
  if (i !== extents.length) report(name, `page ${extents[i]!.start} is backed but not valid`);
}

/** Null when the two extents do not meet in one window. */
function sharesFrame(a: BackingExtent, b: BackingExtent, framePages: number): boolean | null {
  if (Math.floor((endOf(a) - 1) / framePages) !== Math.floor(b.start / framePages)) return null;
  return a.host === b.host && a.hostNid === b.hostNid && a.frame - a.start === b.frame - b.start;
}

/** (a), (d) and (e). */
function checkNodes(fleet: Fleet, held: readonly Held[], report: Report): void {
  fleet.hosts.forEach((host, h) => {
    for (const { nid, frames, pools } of host.nodes) {
      const all = held[h]!.get(nid) ?? [];
      held[h]!.delete(nid);
      const at = `node ${nid} of host ${host.name}`;
      // Where no pools are known, pages of any size are frames like others.
      const ofPool = (framePages: number | null): HeldExtent[] =>
        all.filter(({ poolPages }) => (pools === null ? framePages === null : poolPages === framePages));
      const pooled = (pools ?? []).reduce((sum, pool) => sum + pool.extent.pages, 0);
      const outside = { start: pooled, end: frames.totalPages };
      checkTiles(at, frames, outside, ofPool(null), report);
      let from = 0;
      const filled = (pools ?? []).filter(({ extent }) => extent.pages > 0);
      for (const { extent } of filled.toSorted((a, b) => a.extent.frame - b.extent.frame)) {
        if (extent.frame !== from) report(null, `a pool of ${at} begins at frame ${extent.frame}, not at ${from}`);
        from += extent.pages;
      }
      for (const { framePages, extent, frames: own } of pools ?? []) {
        const name = `the pool of ${framePages} pages of ${at}`;
        const range = { start: extent.frame, end: extent.frame + extent.pages };
        const used = ofPool(framePages);
        checkTiles(name, own, range, used, report);
        for (const { frame, pages } of [extent, ...used]) {
          if (frame % framePages !== 0 || pages % framePages !== 0)
            report(null, `frames ${frame} to ${frame + pages} of ${name} are not whole pages`);
        }
      }
      const sizes = new Set([null, ...(pools ?? []).map(({ framePages }): number | null => framePages)]);
      for (const { frame, poolPages } of all) {
        if (pools !== null && !sizes.has(poolPages))
          report(null, `frame ${frame} of ${at} is held for a page of ${poolPages}, and there is no such pool`);
      }
    }
    for (const nid of held[h]!.keys()) report(null, `host ${host.name} has no node ${nid}, but it backs pages`);
  });
}

/** That what is reserved at the low end, what is in use and what is free tile a range of frames, and that the counters say so. */
function checkTiles(
  at: string,
  frames: NodeFrames,
  range: { readonly start: number; readonly end: number },
  used: readonly FrameExtent[],
  report: Report,
): void {
  const { freePages, reservedPages, ownPages } = frames;
  const all = [...used, ...frames.freeExtents].sort((a, b) => a.frame - b.frame);
  let pos = range.start + reservedPages;
  for (const { frame, pages } of all) {
    if (frame < pos) report(null, `frame ${frame} of ${at} is in use twice, or both free and in use`);
    if (frame > pos) report(null, `frames ${pos} to ${frame} of ${at} are neither free nor in use`);
    pos = frame + pages;
  }
  if (pos !== range.end) report(null, `${at} ends at frame ${range.end}, but its frames at ${pos}`);
  const usedPages = used.reduce((sum, e) => sum + e.pages, 0);
  if (usedPages !== frames.usedPages) report(null, `${at} counts ${frames.usedPages} pages used, found ${usedPages}`);
  if (freePages + usedPages + reservedPages !== range.end - range.start || ownPages !== range.end - range.start) {
    report(null, `${at}: free ${freePages} + used ${usedPages} + reserved ${reservedPages} is not ${ownPages}`);
  }
}
