import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockGrid, cellAt, cellEdges, cellPages, cellPlace, MAX_CELL, MIN_CELL } from './block-grid.ts';

const pages = fc.integer({ min: 1, max: 2 ** 28 });
const side = fc.integer({ min: 1, max: 2400 });

test('every page is in one cell, cells are inside the box where it has room for the least, and points find them', () => {
  fc.assert(
    fc.property(pages, side, side, (nrPages, width, height) => {
      const grid = blockGrid(nrPages, width, height);
      const edges = cellEdges(grid);
      expect([edges[0], edges[grid.cells]]).toEqual([0, nrPages]);
      expect(grid.cellPixels).toBeGreaterThanOrEqual(MIN_CELL);
      expect(grid.cellPixels).toBeLessThanOrEqual(MAX_CELL);
      if (width >= MIN_CELL && height >= MIN_CELL) {
        expect(grid.columns * grid.cellPixels).toBeLessThanOrEqual(width);
        expect(grid.rows * grid.cellPixels).toBeLessThanOrEqual(Math.max(height, grid.cellPixels));
      }
      for (const cell of [0, Math.floor(grid.cells / 2), grid.cells - 1]) {
        expect(cellPages(grid, cell)).toEqual({ start: edges[cell], end: edges[cell + 1] });
        const { x, y } = cellPlace(grid, cell);
        expect(cellAt(grid, x + 1, y + 1)).toBe(cell);
      }
      expect(cellAt(grid, -1, 0)).toBeNull();
      expect(cellAt(grid, 0, grid.rows * grid.cellPixels + 1)).toBeNull();
    }),
  );
});

test("the RFC's guest has a large cell for each of its 64 pageblocks; a terabyte has many pageblocks a cell", () => {
  expect(blockGrid(32_768, 900, 200)).toMatchObject({ cells: 64, blocksPerCell: 1, cellPixels: MAX_CELL });
  const tera = blockGrid(2 ** 28, 900, 200);
  expect(tera.blocksPerCell).toBe(128);
  expect(tera.cells * tera.blocksPerCell).toBe(2 ** 19);
});
