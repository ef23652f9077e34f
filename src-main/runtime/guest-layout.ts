/** The layouts that a guest's kernel has, as numbers for a window. */
import type { LayoutInfo } from '../../shared/protocol/index.ts';
import type { PfnRange } from '../../shared/units/index.ts';
import type { LayoutRange } from '../../shared/model/config.ts';
import type { World } from '../engine/index.ts';
import { RequestDenied } from './request-denied.ts';

type Guest = World['guests'][number];

/** Ascending by number; the staged one, if there is one, is the last. */
export function layoutInfos(guest: Guest): readonly LayoutInfo[] {
  const { committed, inForce, staged } = guest.kernel.layouts;
  const infos = committed.map((kept): LayoutInfo => ({
    seq: kept.seq,
    origin: kept.origin,
    tick: kept.tick,
    ranges: kept.nid.length,
    pagesByNode: pagesByNode(guest, rangesOf(kept)),
    state: kept === inForce ? 'inForce' : 'kept',
  }));
  if (staged !== null)
    infos.push({
      seq: staged.seq,
      origin: 'debugfs',
      tick: null,
      ranges: staged.ranges.length,
      pagesByNode: pagesByNode(guest, staged.ranges),
      state: 'staged',
    });
  return infos.sort((a, b) => a.seq - b.seq);
}

/** Start, end and nid of each range, as little-endian uint32; those that end beyond the guest's memory end with it. */
export function layoutBytes(guest: Guest, seq: number): { readonly ranges: number; readonly bytes: Uint8Array } {
  const { committed, staged } = guest.kernel.layouts;
  const kept = committed.find((each) => each.seq === seq);
  if (kept === undefined && staged?.seq !== seq)
    throw new RequestDenied(`${guest.config.name} has no layout.${seq} any more.`);
  const { nrPages } = guest.config.mm;
  const ranges = (kept === undefined ? staged!.ranges : rangesOf(kept)).filter(({ start }) => start < nrPages);
  const bytes = new Uint8Array(ranges.length * 12);
  const view = new DataView(bytes.buffer);
  for (const [i, { start, end, nid }] of ranges.entries()) {
    view.setUint32(i * 12, start, true);
    view.setUint32(i * 12 + 4, Math.min(end, nrPages), true);
    view.setUint32(i * 12 + 8, nid, true);
  }
  return { ranges: ranges.length, bytes };
}

interface Columns {
  readonly start: Uint32Array;
  readonly nid: Uint8Array;
}

const rangesOf = ({ start, nid }: Columns): LayoutRange[] =>
  Array.from(nid, (node, i) => ({ start: start[i]!, end: start[i + 1]!, nid: node }));

/** Pages that exist. */
function pagesByNode({ memory: { state: mm } }: Guest, ranges: readonly LayoutRange[]): number[] {
  const { nrPages, nrNodeIds } = mm;
  const holes = mm.holes.ranges;
  const pages = new Array<number>(nrNodeIds).fill(0);
  for (const { start, end, nid } of ranges) {
    const last = Math.min(end, nrPages);
    if (start < last) pages[nid]! += last - start - holes.reduce((sum, hole) => sum + shared(hole, start, last), 0);
  }
  return pages;
}

const shared = (hole: PfnRange, start: number, end: number): number =>
  Math.max(0, Math.min(hole.end, end) - Math.max(hole.start, start));
