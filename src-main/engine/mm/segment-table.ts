/**
 * The segments' records: their shape, their growth, and how they are written down. What they mean is in segment.ts.
 *
 * A record is two cache lines, so that what a free or a take touches lies together and costs few misses, wherever the
 * page is:
 *   line 1  bits        16 words, the free pages
 *   line 2  counters    blocks by order, free pages, lists it is in (16 bits each), node (8 bits), chain, pageblock
 * Its three views are of the same bytes. The links of the lists are apart, next and previous of each order as a pair: a
 * free seldom needs them. Links of a list that a segment is not in mean nothing.
 */
import { type StateReader, type StateWriter } from '../core/index.ts';
import { NR_MIGRATE_TYPES, NR_PAGE_ORDERS } from './limit.ts';

/** Words, half words and bytes of a record. */
export const ROW = 32;
export const ROW16 = ROW * 2;
export const ROW8 = ROW * 4;
/** Half words in a record. */
export const COUNT16 = 32;
export const FREE16 = COUNT16 + NR_PAGE_ORDERS;
export const LINKED16 = FREE16 + 1;
/** Bytes in a record. */
export const NID8 = 2 * (LINKED16 + 1);
/** Words in a record. */
export const CHAIN = 23;
export const BLOCK = 24;
/** Words of links. */
export const LINK = 2 * NR_PAGE_ORDERS;

/** The views are replaced by longer ones when extra segments run out. */
export interface SegmentTable {
  row: Int32Array;
  row16: Uint16Array;
  row8: Uint8Array;
  link: Int32Array;
  /** First segment of each list, -1 when empty; index by listOf. */
  readonly head: Int32Array;
  readonly nrPageblocks: number;
  /** First unused extra segment (the next by chain), -1 if none; and segments ever used. */
  spare: number;
  used: number;
}

export function createSegmentTable(nrPageblocks: number, zoneCount: number): SegmentTable {
  const head = new Int32Array(zoneCount * NR_MIGRATE_TYPES * NR_PAGE_ORDERS).fill(-1);
  const views = viewsOf(2 * nrPageblocks + firstExtra(nrPageblocks));
  for (let seg = 0; seg < nrPageblocks; seg++) {
    views.row[seg * ROW + CHAIN] = -1;
    views.row[seg * ROW + BLOCK] = seg;
  }
  return { ...views, head, nrPageblocks, spare: -1, used: 2 * nrPageblocks };
}

const firstExtra = (nrPageblocks: number): number => Math.max(16, nrPageblocks >>> 7);

function viewsOf(segments: number): Pick<SegmentTable, 'row' | 'row16' | 'row8' | 'link'> {
  const buffer = new ArrayBuffer(segments * ROW8);
  return {
    row: new Int32Array(buffer),
    row16: new Uint16Array(buffer),
    row8: new Uint8Array(buffer),
    link: new Int32Array(segments * LINK),
  };
}

/** Room for `extra` extra segments; the old views are stale from then on. */
function growTo(t: SegmentTable, extra: number): void {
  const views = viewsOf(2 * t.nrPageblocks + extra);
  views.row.set(t.row);
  views.link.set(t.link);
  Object.assign(t, views);
}

/** The second segment of a pageblock, in use or not: where it is asks for no look at the first. */
export const secondOf = (t: SegmentTable, block: number): number => t.nrPageblocks + block;

/** `chain` of a second segment that is not in use: no chain comes back to the own segment of pageblock 0. */
const NOT_IN_USE = 0;

/** A further segment of a pageblock, of which nothing is known but that it has no free page. */
export function takeExtra(t: SegmentTable, block: number): number {
  const second = secondOf(t, block);
  if (t.row[second * ROW + CHAIN] === NOT_IN_USE) return second;
  const seg = t.spare;
  if (seg !== -1) {
    t.spare = t.row[seg * ROW + CHAIN]!;
    return seg;
  }
  if ((t.used + 1) * ROW > t.row.length) growTo(t, (t.used - 2 * t.nrPageblocks) * 2);
  return t.used++;
}

export function giveExtra(t: SegmentTable, seg: number): void {
  if (seg < 2 * t.nrPageblocks) {
    t.row[seg * ROW + CHAIN] = NOT_IN_USE;
    return;
  }
  t.row[seg * ROW + CHAIN] = t.spare;
  t.spare = seg;
}

/** Node of a segment. */
export const nidOf = (t: SegmentTable, seg: number): number => t.row8[seg * ROW8 + NID8]!;
/** Its free pages. */
export const pagesOf = (t: SegmentTable, seg: number): number => t.row16[seg * ROW16 + FREE16]!;
/** Its blocks of an order. */
export const countOf = (t: SegmentTable, seg: number, order: number): number => t.row16[seg * ROW16 + COUNT16 + order]!;
/** Lists that it is in, by order. */
export const linkedOf = (t: SegmentTable, seg: number): number => t.row16[seg * ROW16 + LINKED16]!;
/** Its pageblock. */
export const blockOf = (t: SegmentTable, seg: number): number => t.row[seg * ROW + BLOCK]!;
/** The next segment of the same pageblock; -1 ends. */
export const chainOf = (t: SegmentTable, seg: number): number => t.row[seg * ROW + CHAIN]!;
/** Where its bits begin in `row`. */
export const bitsAt = (seg: number): number => seg * ROW;
/** Neighbours in the list of an order that it is in; -1 ends. */
export const nextOf = (t: SegmentTable, seg: number, order: number): number => t.link[seg * LINK + 2 * order]!;
export const prevOf = (t: SegmentTable, seg: number, order: number): number => t.link[seg * LINK + 2 * order + 1]!;

/** Index in `head` of the list of (zone, migrate type, order). */
export const listOf = (zone: number, type: number, order: number): number =>
  (zone * NR_MIGRATE_TYPES + type) * NR_PAGE_ORDERS + order;

/** Whole records, up to the last ever used: the order of the lists is part of the state, and they link records. */
export function saveSegments(t: SegmentTable, w: StateWriter): void {
  w.json('segment', { spare: t.spare, used: t.used });
  w.column('segment.row', t.row.subarray(0, t.used * ROW));
  w.column('segment.link', t.link.subarray(0, t.used * LINK));
  w.column('segment.head', t.head);
}

export function loadSegments(t: SegmentTable, r: StateReader): void {
  const { spare, used } = r.json<{ spare: number; used: number }>('segment');
  const row = r.shared<Int32Array>('segment.row');
  if (row.length > t.row.length) growTo(t, used - 2 * t.nrPageblocks);
  t.row.set(row);
  t.link.set(r.shared<Int32Array>('segment.link'));
  t.head.set(r.shared<Int32Array>('segment.head'));
  t.spare = spare;
  t.used = used;
}
