/**
 * Amounts of memory as a person writes them: exactly one of `memoryMiB`, `memoryKiB` (a multiple of 4) and
 * `memoryPages` (4 KiB). A document keeps the unit it was written in; everything behind it counts pages.
 */
import { kibFromPages, mibFromPages, PAGES_PER_MIB, pagesFromKib, pagesFromMib } from '../../shared/units/index.ts';

export interface Quantity {
  readonly memoryMiB?: number | undefined;
  readonly memoryKiB?: number | undefined;
  readonly memoryPages?: number | undefined;
}

/** Pages of a quantity that the schema has accepted. */
export function pagesOf(q: Quantity): number {
  if (q.memoryMiB !== undefined) return pagesFromMib(q.memoryMiB);
  if (q.memoryKiB !== undefined) return pagesFromKib(q.memoryKiB);
  return q.memoryPages ?? 0;
}

/** The largest unit in which `pages` is a whole number. */
export const quantityFromPages = (pages: number): Quantity =>
  pages % PAGES_PER_MIB === 0 ? { memoryMiB: mibFromPages(pages) } : { memoryKiB: kibFromPages(pages) };

/** `24576 MiB`, `20004 KiB`. */
export const textFromPages = (pages: number): string =>
  pages % PAGES_PER_MIB === 0 ? `${mibFromPages(pages)} MiB` : `${kibFromPages(pages)} KiB`;
