/**
 * A guest's pageblocks as a grid that is read like a page, left to right and down: which cell stands for which, and where
 * it is. No canvas here.
 *
 * (a) A cell is one pageblock where there is room for all, else as many neighbours as it takes, a power of two.
 * (b) Cells are squares of whole pixels, MIN_CELL to MAX_CELL with their gap, as large as the box allows.
 */
import type { PfnRange } from '../../shared/units/index.ts';
import { PAGES_PER_HUGE } from '../../shared/units/index.ts';

export const MIN_CELL = 6;
export const MAX_CELL = 26;

export interface BlockGrid {
  readonly cells: number;
  readonly columns: number;
  readonly rows: number;
  /** Of one cell with its gap, in CSS pixels. */
  readonly cellPixels: number;
  readonly blocksPerCell: number;
  readonly nrPages: number;
}

export function blockGrid(nrPages: number, width: number, height: number): BlockGrid {
  const blocks = Math.ceil(nrPages / PAGES_PER_HUGE);
  const room = Math.max(1, Math.floor(width / MIN_CELL)) * Math.max(1, Math.floor(height / MIN_CELL));
  let blocksPerCell = 1;
  while (Math.ceil(blocks / blocksPerCell) > room) blocksPerCell *= 2;
  const cells = Math.ceil(blocks / blocksPerCell);
  let cellPixels = MAX_CELL;
  const fits = (pixels: number): boolean => pixels <= width && rowsAt(cells, width, pixels) * pixels <= height;
  while (cellPixels > MIN_CELL && !fits(cellPixels)) cellPixels--;
  const columns = Math.max(1, Math.floor(width / cellPixels));
  return { cells, columns, rows: Math.ceil(cells / columns), cellPixels, blocksPerCell, nrPages };
}

const rowsAt = (cells: number, width: number, cellPixels: number): number =>
  Math.ceil(cells / Math.max(1, Math.floor(width / cellPixels)));

/** The pages of a cell. */
export const cellPages = ({ blocksPerCell, nrPages }: BlockGrid, cell: number): PfnRange => ({
  start: cell * blocksPerCell * PAGES_PER_HUGE,
  end: Math.min(nrPages, (cell + 1) * blocksPerCell * PAGES_PER_HUGE),
});

/** Where the pages of each cell begin, and the end of the last. */
export const cellEdges = (grid: BlockGrid): Float64Array =>
  Float64Array.from({ length: grid.cells + 1 }, (_, cell) =>
    Math.min(grid.nrPages, cell * grid.blocksPerCell * PAGES_PER_HUGE),
  );

/** The cell at a point; null between them and beyond the last. */
export function cellAt({ cells, columns, cellPixels }: BlockGrid, x: number, y: number): number | null {
  const [column, row] = [Math.floor(x / cellPixels), Math.floor(y / cellPixels)];
  const cell = row * columns + column;
  return column < 0 || row < 0 || column >= columns || cell >= cells ? null : cell;
}

export const cellPlace = (
  { columns, cellPixels }: BlockGrid,
  cell: number,
): { readonly x: number; readonly y: number } => ({
  x: (cell % columns) * cellPixels,
  y: Math.floor(cell / columns) * cellPixels,
});
