/**
 * Law H1, from the backings alone and not from the counters that the engine keeps:
 * (a) on every host node the reserved low end, the free extents and the frames held by backings tile [0, totalPages)
 *     exactly, and the node's counters say the same;
 * (b) every valid guest page is backed exactly once and no invalid one is, by the primary backing and by a second copy;
 * (c) extents are maximal, keep pfn and frame at the same offset within a frame, and those that meet in one window are
 *     on one frame;
 * (d) a second copy exists exactly while its migration is under way, on the destination, and a guest has at most one
 *     thing under way;
 * (e) a running compaction's leftPages is what lies elsewhere.
 */
import type { Violation } from '../../../shared/model/event.ts';
import type { Backing, BackingExtent } from './backing.ts';
import { continues, endOf } from './backing.ts';
import { pagesElsewhere } from './compaction.ts';
import type { FrameExtent } from './frame.ts';
import type { GuestBacking, HostState } from './host-state.ts';
import { underWay } from './migration.ts';

type Report = (vm: string | null, text: string) => void;

export function checkHosts(state: HostState): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (vm, text) => violations.push({ law: 'H1', vm, text });
  const held = state.hosts.map(() => new Map<number, FrameExtent[]>());
  const hold = (guest: GuestBacking, backing: Backing): void => {
    checkBacking(guest, backing, report);
    for (const { hostNid, frame, pages } of backing.wholeFrames(guest.memory.grain)) {
      const node = held[backing.host]!;
      if (!node.has(hostNid)) node.set(hostNid, []);
      node.get(hostNid)!.push({ frame, pages });
    }
  };
  for (const guest of state.guests) hold(guest, guest.backing);
  for (const m of state.migrations) if (m.copy !== null) hold(state.guests[m.guest]!, m.copy);
  checkNodes(state, held, report);
  checkUnderWay(state, report);
  return violations;
}

function checkBacking({ name, memory }: GuestBacking, { extents }: Backing, report: Report): void {
  let i = 0;
  for (const { start, end } of memory.valid) {
    let pos = start;
    for (; i < extents.length && extents[i]!.start < end; i++) {
      const extent = extents[i]!;
      if (extent.start !== pos) report(name, `page ${pos} should be backed next, but page ${extent.start} is`);
      pos = endOf(extent);
      if ((extent.frame - extent.start) % memory.grain !== 0) {
        report(
          name,
          `page ${extent.start} is at frame ${extent.frame}, not at its offset in a frame of ${memory.grain}`,
        );
      }
      if (i > 0 && sharesFrame(extents[i - 1]!, extent, memory.grain) === false) {
        report(name, `the pages around ${extent.start} share a frame's window, but not the frame`);
      }
      if (i > 0 && continues(extents[i - 1]!, extent))
        report(name, `the extent at page ${extent.start} is not maximal`);
    }
    if (pos !== end) report(name, `pages ${start} to ${end} are valid, but backed up to ${pos}`);
  }
  if (i !== extents.length) report(name, `page ${extents[i]!.start} is backed but not valid`);
}

/** Null when the two extents do not meet in one window. */
function sharesFrame(a: BackingExtent, b: BackingExtent, grain: number): boolean | null {
  if (Math.floor((endOf(a) - 1) / grain) !== Math.floor(b.start / grain)) return null;
  return a.hostNid === b.hostNid && a.frame - a.start === b.frame - b.start;
}

function checkNodes(state: HostState, held: readonly Map<number, FrameExtent[]>[], report: Report): void {
  state.hosts.forEach((host, h) => {
    for (const { nid, frames } of host.nodes) {
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
    }
    for (const nid of held[h]!.keys()) report(null, `host ${host.name} has no node ${nid}, but it backs pages`);
  });
}

function checkUnderWay(state: HostState, report: Report): void {
  const busy = state.guests.map(() => 0);
  for (const m of state.migrations) {
    const { name, backing } = state.guests[m.guest]!;
    if (underWay(m)) busy[m.guest]!++;
    if (underWay(m) !== (m.copy !== null)) report(name, `a migration is ${m.phase}, second copy: ${m.copy !== null}`);
    if (m.copy !== null && m.copy.host !== m.toHost) report(name, `the second copy is on host ${m.copy.host}`);
    if (underWay(m) && backing.host !== m.fromHost) report(name, `the source is on host ${backing.host}`);
  }
  for (const c of state.compactions) {
    const { name, backing } = state.guests[c.guest]!;
    if (c.phase !== 'running') continue;
    busy[c.guest]!++;
    const left = pagesElsewhere(backing, c.nodes);
    if (left !== c.leftPages) report(name, `a compaction counts ${c.leftPages} pages left, found ${left}`);
  }
  busy.forEach((n, g) => {
    if (n > 1) report(state.guests[g]!.name, `${n} compactions and migrations are under way at once`);
  });
}
