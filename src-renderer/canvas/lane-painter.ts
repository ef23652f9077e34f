/**
 * Lanes as pixels: proportions stacked in each column, from the bottom up. No canvas here: an image is numbers, and its
 * test reads them.
 *
 * (a) A column's stack is its pages over the pages it covers; what is left (holes) stays as the track.
 * (b) H and T: calm fills with a strong edge, at the foot of each node's share and where a run of one node begins.
 * (c) A: pinned, used and free from the bottom, each by node; the sky line of what is not free is strong.
 * (d) Owed: at a scale, but never less than `leastPixels` where a page is owed; what will never move is hatched.
 */
import type { Colour, Fill, NodeInk } from './ink.ts';
import type { LaneColumns } from './lane-column.ts';

export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
}

/** Rows of a lane, in device pixels. */
export interface LaneBox {
  readonly top: number;
  readonly height: number;
}

export const createRaster = (width: number, height: number): Raster => ({
  width,
  height,
  pixels: new Uint32Array(width * height),
});

interface Band {
  readonly ink: NodeInk;
  readonly fill: Fill;
  readonly pages: Float64Array;
}

/** Of each pixel: the band that has most of its column, for labels; -1: none. */
export type Winners = Int16Array;

export interface RunBand {
  readonly ink: NodeInk;
  readonly pages: Float64Array;
}

/** Lane H or T. @param edgePixels thickness of the strong edge. */
export function paintRuns(
  raster: Raster,
  box: LaneBox,
  columns: LaneColumns,
  bands: readonly RunBand[],
  track: Colour,
  edgePixels: number,
): Winners {
  const stacked = bands.map(({ ink, pages }): Band => ({ ink, fill: ink.calm, pages }));
  const winners = new Int16Array(raster.width).fill(-1);
  // The last two pixels' bands: a run that begins inside a column is told by the mixed column between.
  let [before, last] = [-1, wholeBand(stacked, columns, columns.columnOf[0]!)];
  for (let x = 0; x < raster.width; x++) {
    const column = columns.columnOf[x + 1]!;
    if (column < 0) continue;
    const whole = wholeBand(stacked, columns, column);
    winners[x] = winnerOf(stacked, column);
    const left = last >= 0 ? last : before;
    if (whole >= 0 && left >= 0 && whole !== left) {
      paint(raster, x, box.top, box.height, stacked[whole]!.ink.edge);
    } else {
      stackColumn(raster, box, x, column, columns, stacked, track, edgePixels);
    }
    [before, last] = [last, whole];
  }
  return winners;
}

/** The band that has all of a column's pages, or -1. */
function wholeBand(bands: readonly Band[], { widths }: LaneColumns, column: number): number {
  if (column < 0) return -1;
  // The first that has any of them has all, or none does.
  for (let i = 0; i < bands.length; i++) {
    const pages = bands[i]!.pages[column]!;
    if (pages > 0) return pages === widths[column] ? i : -1;
  }
  return -1;
}

function winnerOf(bands: readonly { readonly pages: Float64Array }[], column: number): number {
  let best = -1;
  for (let i = 0; i < bands.length; i++) {
    const pages = bands[i]!.pages[column]!;
    if (pages > 0 && (best < 0 || pages > bands[best]!.pages[column]!)) best = i;
  }
  return best;
}

function stackColumn(
  raster: Raster,
  box: LaneBox,
  x: number,
  column: number,
  { widths }: LaneColumns,
  bands: readonly Band[],
  track: Colour,
  edgePixels: number,
): void {
  const bottom = box.top + box.height;
  let sum = 0;
  let low = bottom;
  for (const { ink, fill, pages } of bands) {
    if (pages[column] === 0) continue;
    sum += pages[column]!;
    const high = bottom - Math.round((box.height * sum) / widths[column]!);
    fillColumn(raster, x, high, low, fill);
    // A share too low for both would be all edge.
    if (edgePixels > 0 && low - high >= 3 * edgePixels) paint(raster, x, low - edgePixels, edgePixels, ink.edge);
    low = high;
  }
  paint(raster, x, box.top, low - box.top, track);
}

function paint({ width, pixels }: Raster, x: number, top: number, height: number, colour: Colour): void {
  for (let y = top, at = top * width + x; y < top + height; y++, at += width) pixels[at] = colour;
}

function fillColumn(raster: Raster, x: number, top: number, bottom: number, { colour, line, mask }: Fill): void {
  if (mask === null) {
    paint(raster, x, top, bottom - top, colour);
    return;
  }
  const { width, pixels } = raster;
  const last = mask.side - 1;
  for (let y = top, at = top * width + x; y < bottom; y++, at += width) {
    pixels[at] = mask.bits[(y & last) * mask.side + (x & last)] === 1 ? line : colour;
  }
}

export interface BookedBand {
  readonly ink: NodeInk;
  readonly usedPages: Float64Array;
  readonly freePages: Float64Array;
  readonly pinnedPages: Float64Array;
}

/** Lane A. @param edgePixels thickness of the sky line; 0: none. */
export function paintBooked(
  raster: Raster,
  box: LaneBox,
  columns: LaneColumns,
  bands: readonly BookedBand[],
  track: Colour,
  edgePixels: number,
): Winners {
  const held: Band[] = [
    ...bands.map(({ ink, pinnedPages }): Band => ({ ink, fill: ink.pinned, pages: pinnedPages })),
    ...bands.map(({ ink, usedPages }): Band => ({ ink, fill: ink.full, pages: usedPages })),
  ];
  const all = [...held, ...bands.map(({ ink, freePages }): Band => ({ ink, fill: ink.tint, pages: freePages }))];
  const sums = bands.map(({ usedPages, freePages, pinnedPages }) => ({
    pages: usedPages.map((pages, x) => pages + freePages[x]! + pinnedPages[x]!),
  }));
  const winners = new Int16Array(raster.width).fill(-1);
  for (let x = 0; x < raster.width; x++) {
    const column = columns.columnOf[x + 1]!;
    if (column < 0) continue;
    winners[x] = winnerOf(sums, column);
    stackColumn(raster, box, x, column, columns, all, track, 0);
    if (edgePixels > 0) skyLine(raster, box, x, column, columns, held, edgePixels);
  }
  return winners;
}

function skyLine(
  raster: Raster,
  box: LaneBox,
  x: number,
  column: number,
  { widths }: LaneColumns,
  held: readonly Band[],
  edgePixels: number,
): void {
  let sum = 0;
  let top: Band | null = null;
  for (const band of held) {
    if (band.pages[column] === 0) continue;
    sum += band.pages[column]!;
    top = band;
  }
  const height = Math.round((box.height * sum) / widths[column]!);
  if (top === null || height === 0 || height >= box.height) return;
  paint(raster, x, box.top + box.height - height, Math.min(edgePixels, height), top.ink.edge);
}

export interface OwedBand {
  readonly ink: NodeInk;
  readonly owedPages: Float64Array;
  /** Of these. */
  readonly owedPinnedPages: Float64Array;
}

export interface OwedScale {
  /** Share of a column's pages that fills the lane. */
  readonly full: number;
  /** Of a column where anything is owed at all. */
  readonly leastPixels: number;
}

/** The owed lane, in the hues of the nodes that owe. */
export function paintOwed(
  raster: Raster,
  box: LaneBox,
  columns: LaneColumns,
  bands: readonly OwedBand[],
  track: Colour,
  scale: OwedScale,
): void {
  const stacked: Band[] = [
    ...bands.map(({ ink, owedPinnedPages }): Band => ({ ink, fill: ink.pinned, pages: owedPinnedPages })),
    ...bands.map(({ ink, owedPages, owedPinnedPages }): Band => ({
      ink,
      fill: ink.full,
      pages: owedPages.map((pages, x) => pages - owedPinnedPages[x]!),
    })),
  ];
  for (let x = 0; x < raster.width; x++) {
    const column = columns.columnOf[x + 1]!;
    if (column < 0) continue;
    const owed = columns.lanes.owedPages[column]!;
    paint(raster, x, box.top, box.height, track);
    if (owed <= 0) continue;
    const wanted = Math.round((box.height * owed) / columns.widths[column]! / scale.full);
    const height = Math.min(box.height, Math.max(scale.leastPixels, wanted));
    stackOwed(raster, x, box.top + box.height, height, column, stacked, owed);
  }
}

/** What moves stands on what is pinned; each kind that is there shows at least a pixel of itself, as far as there are. */
function stackOwed(
  raster: Raster,
  x: number,
  bottom: number,
  height: number,
  column: number,
  bands: readonly Band[],
  owed: number,
): void {
  let sum = 0;
  let low = 0;
  let left = bands.filter(({ pages }) => pages[column]! > 0).length;
  for (const { fill, pages } of bands) {
    if (pages[column]! <= 0) continue;
    sum += pages[column]!;
    left--;
    const high = left === 0 ? height : Math.max(low + 1, Math.min(height - left, Math.round((height * sum) / owed)));
    fillColumn(raster, x, bottom - Math.min(height, high), bottom - low, fill);
    low = Math.min(height, high);
  }
}

/** The greatest share of a column's pages that is owed, over the columns a piece shows. */
export function mostOwedShare({ lanes, widths }: LaneColumns): number {
  let most = 0;
  for (let x = 0; x < widths.length; x++) {
    if (widths[x]! > 0) most = Math.max(most, lanes.owedPages[x]! / widths[x]!);
  }
  return most;
}

/** The power of two from 1/1024 to 1 that the share fits under: a scale that stays put while one pans. */
export function owedScale(mostShare: number): number {
  let full = 1;
  while (full > 1 / 1024 && mostShare <= full / 2) full /= 2;
  return full;
}
