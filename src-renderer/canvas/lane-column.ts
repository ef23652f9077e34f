/**
 * What each pixel column of a piece of the map shows. A piece is TILE_COLUMNS device pixels of the map at one zoom,
 * counted from pfn 0, so that a window that pans meets the same pieces again.
 *
 * (a) Where a column covers a page or more, there is one lane column a pixel; its edges are whole pfns.
 * (b) Where a page covers several columns, there is one lane column a page, and each pixel names the one it shows.
 * (c) A piece knows the pixel to its left (but at pfn 0), so that an edge between runs is drawn once, wherever pieces part.
 * (d) A and owed are those of exact pages where these are known for the whole piece, else shares of pageblocks.
 */
import { NO_NODE, PageTile } from '../../shared/columns/tile.ts';
import type { Tiles } from '../../shared/columns/tile.ts';
import type { ActualBand, Lanes } from '../../shared/view/lane.ts';
import type { LaneIndex } from '../../shared/view/lane-index.ts';

export const TILE_COLUMNS = 256;

export interface LaneColumns {
  readonly lanes: Lanes;
  /** Pages of each lane column. */
  readonly widths: Float64Array;
  /** Lane column of each pixel; -1: beyond the guest. Entry 0 is the pixel left of the piece. */
  readonly columnOf: Int32Array;
  /** Whether A and owed are exact pages. */
  readonly exact: boolean;
}

/** @param pagesPerColumn pages of a device pixel. @returns null when the piece lies beyond the guest. */
export function laneColumns(
  index: LaneIndex,
  piece: number,
  pagesPerColumn: number,
  exact: Tiles | null,
): LaneColumns | null {
  const first = piece * TILE_COLUMNS - 1;
  if ((first + 1) * pagesPerColumn >= index.nrPages) return null;
  return pagesPerColumn >= 1
    ? byPixel(index, first, pagesPerColumn, exact)
    : byPage(index, first, pagesPerColumn, exact);
}

function byPixel(index: LaneIndex, first: number, pagesPerColumn: number, exact: Tiles | null): LaneColumns {
  const begin = Math.max(0, first);
  const pfnOf = (column: number): number => Math.min(index.nrPages, Math.floor(column * pagesPerColumn));
  const end = Math.min(first + TILE_COLUMNS + 1, Math.ceil(index.nrPages / pagesPerColumn));
  const edges = Float64Array.from({ length: end - begin + 1 }, (_, i) => pfnOf(begin + i));
  edges[edges.length - 1] = end * pagesPerColumn >= index.nrPages ? index.nrPages : edges[edges.length - 1]!;
  const columnOf = Int32Array.from({ length: TILE_COLUMNS + 1 }, (_, i) => {
    const column = first + i;
    return column < begin || column >= end ? -1 : column - begin;
  });
  return withLanes(index, edges, columnOf, exact);
}

function byPage(index: LaneIndex, first: number, pagesPerColumn: number, exact: Tiles | null): LaneColumns {
  const pageOf = (column: number): number => Math.floor((column + 0.5) * pagesPerColumn);
  const begin = pageOf(Math.max(0, first));
  const end = Math.min(index.nrPages, pageOf(first + TILE_COLUMNS) + 1);
  const edges = Float64Array.from({ length: end - begin + 1 }, (_, i) => begin + i);
  const columnOf = Int32Array.from({ length: TILE_COLUMNS + 1 }, (_, i) => {
    const page = pageOf(first + i);
    return first + i < 0 || page >= end ? -1 : page - begin;
  });
  return withLanes(index, edges, columnOf, exact);
}

function withLanes(index: LaneIndex, edges: Float64Array, columnOf: Int32Array, exact: Tiles | null): LaneColumns {
  const shared = index.shared(edges);
  const widths = Float64Array.from({ length: edges.length - 1 }, (_, x) => edges[x + 1]! - edges[x]!);
  const covered = exact !== null && covers(exact, edges[0]!, edges[edges.length - 1]!);
  const lanes = covered ? { ...shared, ...exactBands(exact, edges) } : shared;
  return { lanes, widths, columnOf, exact: covered };
}

export const covers = (tiles: Tiles, fromPfn: number, toPfn: number): boolean =>
  tiles.fromPfn <= fromPfn && toPfn <= tiles.fromPfn + tiles.pages;

const FIGURES = ['usedPages', 'freePages', 'pinnedPages', 'owedPages', 'owedPinnedPages'] as const;

/** A and owed of exact pages, counted into columns. */
export function exactBands(tiles: Tiles, edges: Float64Array): Pick<Lanes, 'actualBands' | 'owedPages'> {
  const columns = edges.length - 1;
  const byNid = new Map<number, ActualBand>();
  const owedPages = new Float64Array(columns);
  const bandOf = (nid: number): ActualBand => {
    let band = byNid.get(nid);
    if (band === undefined) {
      const figures = FIGURES.map((name) => [name, new Float64Array(columns)] as const);
      byNid.set(nid, (band = { nid, ...Object.fromEntries(figures) } as unknown as ActualBand));
    }
    return band;
  };
  for (let x = 0; x < columns; x++) {
    for (let pfn = edges[x]!; pfn < edges[x + 1]!; pfn++) {
      const i = pfn - tiles.fromPfn;
      const [state, nid] = [tiles.state[i]!, tiles.actual[i]!];
      if (state === PageTile.hole || nid === NO_NODE) continue;
      const band = bandOf(nid);
      const pinned = isPinned(state);
      const pages = state === PageTile.free ? band.freePages : pinned ? band.pinnedPages : band.usedPages;
      pages[x] = pages[x]! + 1;
      if (state === PageTile.free || nid === tiles.target[i]) continue;
      band.owedPages[x] = band.owedPages[x]! + 1;
      if (pinned) band.owedPinnedPages[x] = band.owedPinnedPages[x]! + 1;
      owedPages[x] = owedPages[x]! + 1;
    }
  }
  return { actualBands: [...byNid.values()].sort((a, b) => a.nid - b.nid), owedPages };
}

/** Never freed: reserved, or the kernel's. */
const isPinned = (state: number): boolean => state === PageTile.reserved || state === PageTile.kernel;
