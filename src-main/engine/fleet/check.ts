/**
 * Law H1 of a fleet, from the backings alone and not from the counters that the engine keeps:
 * (a) on every host node the reserved low end, the free extents and the frames held by guests tile [0, totalPages)
 *     exactly, and the node's counters say the same;
 * (b) every valid guest page is backed exactly once and no invalid one is; a second copy has a place for valid pages
 *     alone, each at most once;
 * (c) extents are maximal, keep pfn and frame at the same offset within a frame, and those that meet in one window are
 *     on one frame;
 * (d) a node's huge page pools hold no more than its memory.
 * What compactions and migrations add to H1 is in transfer/check.ts.
 */
import type { Violation } from '../../../shared/model/event.ts';
import type { PfnRange } from '../../../shared/units/index.ts';
import { type Backing, type BackingExtent, continues, endOf } from './backing.ts';
import type { Fleet, FleetGuest } from './fleet.ts';
import type { FrameExtent } from './node-frames.ts';

type Report = (vm: string | null, text: string) => void;

export function checkFleet(fleet: Fleet): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (vm, text) => violations.push({ law: 'H1', vm, text });
  const held = fleet.hosts.map(() => new Map<number, FrameExtent[]>());
  const hold = ({ memory: { framePages } }: FleetGuest, backing: Backing): void => {
    for (const { host, hostNid, frame, pages } of backing.wholeFrames(framePages)) {
      const node = held[host]!;
      if (!node.has(hostNid)) node.set(hostNid, []);
      node.get(hostNid)!.push({ frame, pages });
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
function checkExtents({ name, memory: { framePages } }: FleetGuest, { extents }: Backing, report: Report): void {
  extents.forEach((extent, i) => {
    const { start, frame } = extent;
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

/** (a) and (d). */
function checkNodes(fleet: Fleet, held: readonly Map<number, FrameExtent[]>[], report: Report): void {
  fleet.hosts.forEach((host, h) => {
    for (const { nid, frames, pools } of host.nodes) {
      const used = held[h]!.get(nid) ?? [];
      held[h]!.delete(nid);
      const at = `node ${nid} of host ${host.name}`;
      const all = [...used, ...frames.freeExtents].sort((a, b) => a.frame - b.frame);
      let pos = frames.reservedPages;
      for (const { frame, pages } of all) {
        if (frame < pos) report(null, `frame ${frame} of ${at} is in use twice, or both free and in use`);
        if (frame > pos) report(null, `frames ${pos} to ${frame} of ${at} are neither free nor in use`);
        pos = frame + pages;
      }
      if (pos !== frames.totalPages) report(null, `${at} has ${frames.totalPages} pages, but they add up to ${pos}`);
      const usedPages = used.reduce((sum, e) => sum + e.pages, 0);
      if (usedPages !== frames.usedPages)
        report(null, `${at} counts ${frames.usedPages} pages used, found ${usedPages}`);
      const { freePages, reservedPages, totalPages } = frames;
      if (freePages + usedPages + reservedPages !== totalPages) {
        report(null, `${at}: free ${freePages} + used ${usedPages} + reserved ${reservedPages} is not ${totalPages}`);
      }
      const pooledPages = pools.reduce((sum, pool) => sum + pool.framePages * pool.frames, 0);
      if (pooledPages > totalPages) report(null, `${at} has ${totalPages} pages, but ${pooledPages} in its pools`);
    }
    for (const nid of held[h]!.keys()) report(null, `host ${host.name} has no node ${nid}, but it backs pages`);
  });
}
