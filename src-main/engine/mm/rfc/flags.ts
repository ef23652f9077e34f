/** The LookupNode marks of an RFC guest, one bit a page, and which of them a commit loses (TODO 1 of the RFC). */
import { popcount } from '../bitmap.ts';

export const hasFlag = (flag: Int32Array, pfn: number): boolean => ((flag[pfn >>> 5]! >>> (pfn & 31)) & 1) === 1;

export function setFlag(flag: Int32Array, pfn: number): void {
  flag[pfn >>> 5]! |= 1 << (pfn & 31);
}

export function clearFlag(flag: Int32Array, pfn: number): void {
  flag[pfn >>> 5]! &= ~(1 << (pfn & 31));
}

/** Clears it and says whether it was set: how the kernel asks. */
export function testAndClear(flag: Int32Array, pfn: number): boolean {
  const was = hasFlag(flag, pfn);
  clearFlag(flag, pfn);
  return was;
}

/** The bits of [start, end) that lie in the word of pages from `first`. */
function maskOf(first: number, start: number, end: number): number {
  const from = Math.max(0, start - first);
  const to = Math.min(32, end - first);
  return to - from === 32 ? -1 : ((1 << (to - from)) - 1) << from;
}

export function setFlags(flag: Int32Array, start: number, end: number): void {
  for (let w = start >>> 5; w << 5 < end; w++) flag[w]! |= maskOf(w << 5, start, end);
}

export function clearFlags(flag: Int32Array, start: number, end: number): void {
  for (let w = start >>> 5; w << 5 < end; w++) flag[w]! &= ~maskOf(w << 5, start, end);
}

/** Flags set in [start, end). */
export function flagsIn(flag: Int32Array, start: number, end: number): number {
  let set = 0;
  for (let w = start >>> 5; w << 5 < end; w++) {
    if (flag[w] !== 0) set += popcount(flag[w]! & maskOf(w << 5, start, end));
  }
  return set;
}

/** Whether the mark that the commit of layout `seq` sets on page pfn is undone by a concurrent update of its flags. */
export function isLost(pfn: number, seq: number, permille: number): boolean {
  if (permille === 0) return false;
  let h = (Math.imul(pfn, 0x9e3779b1) ^ seq) >>> 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return (h >>> 0) % 1000 < permille;
}
