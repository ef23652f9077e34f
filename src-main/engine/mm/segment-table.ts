/** The columns of the segments: their shape, their growth, and how they are written down. What they mean is in segment.ts. */
import { assert, type StateReader, type StateWriter } from '../core/index.ts';
import { WORDS } from './bitmap.ts';
import { NR_MIGRATE_TYPES, NR_PAGE_ORDERS } from './limit.ts';

/** Columns by segment; they are replaced by longer ones when extra segments run out. */
export interface SegmentTable {
  /** WORDS words each. */
  bits: Int32Array;
  nid: Uint8Array;
  /** Free pages. */
  free: Uint16Array;
  /** Blocks by order, NR_PAGE_ORDERS each. */
  count: Uint16Array;
  /** List links by order, NR_PAGE_ORDERS each; -1 ends. */
  next: Int32Array;
  prev: Int32Array;
  /** Bit o: in the list of order o. */
  linked: Uint16Array;
  /** Next segment of the same pageblock, or next spare one; -1 ends. */
  chain: Int32Array;
  /** Pageblock. */
  block: Uint32Array;
  /** First segment of each list, -1 when empty; index by listOf. */
  readonly head: Int32Array;
  /** First unused extra segment, -1 if none; and segments ever used. */
  spare: number;
  used: number;
}

export function createSegmentTable(nrPageblocks: number, nrCells: number): SegmentTable {
  const head = new Int32Array(nrCells * NR_MIGRATE_TYPES * NR_PAGE_ORDERS).fill(-1);
  return { ...columns(nrPageblocks), head, spare: -1, used: nrPageblocks };
}

function columns(n: number): Omit<SegmentTable, 'head' | 'spare' | 'used'> {
  return {
    bits: new Int32Array(n * WORDS),
    nid: new Uint8Array(n),
    free: new Uint16Array(n),
    count: new Uint16Array(n * NR_PAGE_ORDERS),
    next: new Int32Array(n * NR_PAGE_ORDERS).fill(-1),
    prev: new Int32Array(n * NR_PAGE_ORDERS).fill(-1),
    linked: new Uint16Array(n),
    chain: new Int32Array(n).fill(-1),
    block: Uint32Array.from({ length: n }, (_, i) => i),
  };
}

/** Doubles the room for extra segments; the old columns are stale from then on. */
export function grow(t: SegmentTable): void {
  const more = columns(t.free.length * 2);
  for (const name of Object.keys(more) as (keyof typeof more)[]) more[name].set(t[name] as never);
  Object.assign(t, more);
}

/** Index in `head` of the list of (cell, migrate type, order). */
export const listOf = (cell: number, type: number, order: number): number =>
  (cell * NR_MIGRATE_TYPES + type) * NR_PAGE_ORDERS + order;

const SAVED = ['bits', 'nid', 'free', 'count', 'next', 'prev', 'linked', 'chain', 'block', 'head'] as const;

/** Whole columns: how far they have grown is part of the state, so equal states have equal bytes. */
export function saveSegments(t: SegmentTable, w: StateWriter, prefix: string): void {
  w.json(`${prefix}.segment`, { spare: t.spare, used: t.used, room: t.free.length });
  for (const name of SAVED) w.column(`${prefix}.segment.${name}`, t[name]);
}

export function loadSegments(t: SegmentTable, r: StateReader, prefix: string): void {
  const { spare, used, room } = r.json<{ spare: number; used: number; room: number }>(`${prefix}.segment`);
  while (t.free.length < room) grow(t);
  for (const name of SAVED) {
    const saved = r.column<Int32Array>(`${prefix}.segment.${name}`);
    assert(saved.length === t[name].length, 'state-column-length', { name, saved: saved.length, have: t[name].length });
    t[name].set(saved as never);
  }
  t.spare = spare;
  t.used = used;
}
