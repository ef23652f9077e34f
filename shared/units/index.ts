/**
 * The one place that converts between bytes, KiB, MiB and pages; times and percentages: ../schema/convert.ts. Inside the
 * program amounts are 4 KiB pages: they are converted once where text is read and once where it is written. 1 KiB = 2^10
 * and 1 MiB = 2^20 bytes everywhere, even where a foreign format calls them "kB" or "MB". Ranges are half-open,
 * [start, end).
 */

/** Bytes in a page. */
export const PAGE_SIZE_BYTES = 4096;
/** KiB in a page. */
export const PAGE_SIZE_KIB = PAGE_SIZE_BYTES / 1024;
/** Pages in a MiB. */
export const PAGES_PER_MIB = (1 << 20) / PAGE_SIZE_BYTES;
/** Pages in a GiB. */
export const PAGES_PER_GIB = 1024 * PAGES_PER_MIB;
/** Pages in a 2 MiB huge page, which is also a pageblock and a host frame. */
export const PAGES_PER_HUGE = 512;

/** A half-open range of page frame numbers, [start, end), in 4 KiB pages. */
export interface PfnRange {
  readonly start: number;
  readonly end: number;
}

/** Pages to MiB, exact (may be fractional). */
export const mibFromPages = (pages: number): number => pages / PAGES_PER_MIB;
/** Pages to MiB as `numactl --hardware` prints them: truncated, not rounded (value >> 20). */
export const numactlMbFromPages = (pages: number): number => Math.floor(pages / PAGES_PER_MIB);
/** MiB to whole pages; the caller has checked that it divides. */
export const pagesFromMib = (mib: number): number => Math.round(mib * PAGES_PER_MIB);
/** KiB to whole pages, rounding up: a page that is partly used is used. */
export const pagesFromKib = (kib: number): number => Math.ceil(kib / PAGE_SIZE_KIB);
/** KiB to whole pages, rounding down: a page that is only partly there cannot be used. */
export const wholePagesFromKib = (kib: number): number => Math.floor(kib / PAGE_SIZE_KIB);
/** Pages to KiB, exact. */
export const kibFromPages = (pages: number): number => pages * PAGE_SIZE_KIB;
/** MiB to KiB, exact. */
export const kibFromMib = (mib: number): number => mib * 1024;
/** KiB to MiB, exact (may be fractional). */
export const mibFromKib = (kib: number): number => kib / 1024;
/** MiB and KiB to bytes, exact. */
export const bytesFromMib = (mib: number): number => mib * 2 ** 20;
export const bytesFromKib = (kib: number): number => kib * 1024;
/** Bytes to MiB, exact (may be fractional). */
export const mibFromBytes = (bytes: number): number => bytes / 2 ** 20;
/** Bytes to KiB, rounding up. */
export const kibFromBytes = (bytes: bigint): bigint => (bytes + 1023n) / 1024n;
/** Bytes to whole pages, rounding up, and rounding down. */
export const pagesFromBytes = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE_BYTES);
export const wholePagesFromBytes = (bytes: number): number => Math.floor(bytes / PAGE_SIZE_BYTES);

export { poolFrames, poolPages } from './pool-frames.ts';
