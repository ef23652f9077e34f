/**
 * The exact readout of the place under the pointer or the cursor.
 *
 * (a) Single pages where exact pages are known; else whole pageblocks, whose counts are exact too. The range says which.
 * (b) H, T and A list every node that has pages there, in node order, with their pages.
 */
import type { Tiles } from '../../shared/columns/tile.ts';
import type { PfnRange } from '../../shared/units/index.ts';
import { kibFromPages, PAGES_PER_HUGE } from '../../shared/units/index.ts';
import { owedApart } from '../../shared/view/lag.ts';
import type { LaneIndex } from '../../shared/view/lane-index.ts';
import { count, exactPages, hexPfn, size } from '../../shared/view/number-format.ts';
import { covers, exactBands } from './lane-column.ts';
import { STATE_NAMES } from './page-state.ts';
import type { Viewport } from './viewport.ts';

interface NodePages {
  readonly host: number;
  readonly nid: number;
  readonly pages: number;
}

interface BookedPages {
  readonly nid: number;
  readonly usedPages: number;
  readonly freePages: number;
  readonly pinnedPages: number;
  readonly owedPages: number;
}

export interface PageReadout {
  readonly range: PfnRange;
  /** page: one page, with state and order. pages: some, counted one by one. blocks: whole pageblocks. */
  readonly precision: 'page' | 'pages' | 'blocks';
  readonly H: readonly NodePages[];
  readonly T: readonly NodePages[];
  readonly A: readonly BookedPages[];
  readonly owedPages: number;
  readonly owedPinnedPages: number;
  /** Of a page: null unless known. */
  readonly state: string | null;
  readonly order: number | null;
  /** Pages with the lookup mark; null: exact pages are not known. */
  readonly markedPages: number | null;
  /** A is not in the snapshot. */
  readonly unknownA: boolean;
}

/** The range that a pixel stands for: what readout is asked for. */
export function rangeAt(view: Viewport, pfn: number, exact: Tiles | null, nrPages: number): PfnRange {
  const pages = Math.max(1, Math.floor(view.pagesPerPixel));
  const single = { start: pfn, end: Math.min(nrPages, pfn + pages) };
  if (exact !== null && covers(exact, single.start, single.end)) return single;
  return wholeBlocks(single, nrPages);
}

/** The pageblocks that a range touches. */
export const wholeBlocks = ({ start, end }: PfnRange, nrPages: number): PfnRange => ({
  start: start - (start % PAGES_PER_HUGE),
  end: Math.min(nrPages, Math.ceil(end / PAGES_PER_HUGE) * PAGES_PER_HUGE),
});

export function readout(index: LaneIndex, range: PfnRange, exact: Tiles | null): PageReadout {
  const edges = Float64Array.of(range.start, range.end);
  const known = exact !== null && covers(exact, range.start, range.end) ? exact : null;
  const counted = index.counted(edges);
  const lanes = known === null ? counted : { ...counted, ...exactBands(known, edges) };
  const one = known !== null && range.end - range.start === 1 ? range.start - known.fromPfn : -1;
  return {
    range,
    precision: known === null ? 'blocks' : one >= 0 ? 'page' : 'pages',
    H: lanes.hostBands.map(({ host, nid, pages }) => ({ host, nid, pages: pages[0]! })),
    T: lanes.targetBands.map(({ host, nid, pages }) => ({ host, nid, pages: pages[0]! })),
    A: lanes.actualBands
      .map((band) => ({
        nid: band.nid,
        usedPages: band.usedPages[0]!,
        freePages: band.freePages[0]!,
        pinnedPages: band.pinnedPages[0]!,
        owedPages: band.owedPages[0]!,
      }))
      .filter(({ usedPages, freePages, pinnedPages }) => usedPages + freePages + pinnedPages > 0),
    owedPages: lanes.owedPages[0]!,
    owedPinnedPages: lanes.actualBands.reduce((sum, { owedPinnedPages }) => sum + owedPinnedPages[0]!, 0),
    state: one < 0 ? null : (STATE_NAMES[known!.state[one]!] ?? null),
    order: one < 0 ? null : known!.order[one]!,
    markedPages: known === null ? null : markedIn(known, range),
    unknownA: known === null && !index.hasBlocks,
  };
}

function markedIn({ fromPfn, marked }: Tiles, { start, end }: PfnRange): number {
  let sum = 0;
  for (let i = start - fromPfn; i < end - fromPfn; i++) sum += marked[i]!;
  return sum;
}

/** The lookup mark of a place in words, behind its state; empty where there is none. */
export function markText({ markedPages, precision }: PageReadout): string {
  if (markedPages === null || markedPages === 0) return '';
  return precision === 'page' ? ', marked for lookup' : `, ${count(markedPages)} marked for lookup`;
}

/** "0x1a400 – 0x1a5ff, 512 pages": inclusive, as addresses are read. */
export function rangeText({ start, end }: PfnRange, nrPages: number): string {
  if (end - start === 1) return hexPfn(start, nrPages);
  return `${hexPfn(start, nrPages)} – ${hexPfn(end - 1, nrPages)}`;
}

export function rangeSizeText({ start, end }: PfnRange): string {
  const pages = end - start;
  if (pages === 1) return `pfn ${count(start)}`;
  return `pfn ${count(start)} – ${count(end - 1)} · ${exactPages(pages)}, ${pages < PAGES_PER_HUGE / 2 ? `${kibFromPages(pages)} KiB` : size(pages)}`;
}

export interface ReadoutNames {
  host(host: number, nid: number): string;
}

/** The same in one sentence, for a screen reader. */
export function spoken(told: PageReadout, nrPages: number, names: ReadoutNames): string {
  const { range, H, T, A } = told;
  const { owed, pinned } = owedApart(told);
  const nodes = (list: readonly { readonly text: string; readonly pages: number }[], none: string): string =>
    list.length === 0
      ? none
      : list.map(({ text, pages }) => (list.length === 1 ? text : `${text} ${exactPages(pages)}`)).join(', ');
  const state = (told.state === null ? '' : `, ${told.state}, order ${told.order}`) + markText(told);
  const booked = A.map((band) => ({
    text: `node ${band.nid}`,
    pages: band.usedPages + band.freePages + band.pinnedPages,
  }));
  return [
    `${range.end - range.start === 1 ? 'Page' : 'Pages'} ${rangeText(range, nrPages)}${state}`,
    `H: ${nodes(
      H.map(({ host, nid, pages }) => ({ text: `host node ${names.host(host, nid)}`, pages })),
      'a hole',
    )}`,
    `T: ${nodes(
      T.map(({ nid, pages }) => ({ text: `node ${nid}`, pages })),
      'none',
    )}`,
    told.unknownA ? 'A: not known in this frame' : `A: ${nodes(booked, 'a hole')}`,
    `${exactPages(owed)} owed${pinned > 0 ? `, ${count(pinned)} pinned elsewhere` : ''}`,
  ].join('; ');
}
