import { describe, expect, test } from 'vitest';
import { drawer, randomGuest, snapshotOf } from '../../shared/view/fixture/page-model.ts';
import { createTiles, PageTile } from '../../shared/columns/tile.ts';
import { LaneIndex } from '../../shared/view/lane-index.ts';
import { InkSet } from './ink.ts';
import type { CanvasTheme, NodeInk } from './ink.ts';
import { exactBands, laneColumns, TILE_COLUMNS } from './lane-column.ts';
import type { LaneColumns } from './lane-column.ts';
import { createRaster, mostOwedShare, owedScale, paintBooked, paintOwed, paintRuns } from './lane-painter.ts';

const THEME: CanvasTheme = {
  page: '#ffffff',
  track: '#cccccc',
  ink: '#000000',
  soft: '#555555',
  good: '#17693c',
  line: '#dddddd',
  grid: '#eeeeee',
  edge: '#888888',
  focus: '#0000ff',
  hues: ['#ff0000', '#00ff00', '#0000ff', '#ffff00', '#00ffff', '#ff00ff', '#804000', '#408000'],
  sans: 'sans',
  mono: 'mono',
};
const INKS = new InkSet(THEME, 1);
const HOST = { name: 'h', nodes: [0, 4].map((nid) => ({ nid, cpus: [], totalPages: 1 << 20, reservedPages: 0 })) };
const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

function index(seed: number, nrPages: number): LaneIndex {
  const guest = randomGuest({ name: 'g', nrPages, nodes: 3, hostNids: [0, 4], seed });
  return new LaneIndex(snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] }), 0);
}

/** Columns given by hand: one lane column a pixel, each so many pages wide. */
function byHand(widths: readonly number[], owedPages: readonly number[] = widths.map(() => 0)): LaneColumns {
  return {
    lanes: {
      guest: 0,
      fromPfn: 0,
      toPfn: sum(widths),
      columns: widths.length,
      edges: Float64Array.from([0, ...widths.map((_, i) => sum(widths.slice(0, i + 1)))]),
      hostBands: [],
      targetBands: [],
      actualBands: [],
      owedPages: Float64Array.from(owedPages),
    },
    widths: Float64Array.from(widths),
    columnOf: Int32Array.from([-1, ...widths.map((_, i) => i)]),
    exact: false,
  };
}

const f64 = (...values: number[]): Float64Array => Float64Array.from(values);
const column = (pixels: Uint32Array, width: number, x: number): number[] =>
  [...pixels].filter((_, i) => i % width === x);
const colours = ({ calm, edge }: NodeInk): number[] => [calm.colour, edge];

describe('the columns of a piece', () => {
  test.each([1, 2, 3, 4, 5, 6])(
    'together show every page once, at any zoom of a page or more a pixel, seed %d',
    (seed) => {
      const draw = drawer(seed);
      const lanes = index(seed, 3000 + draw(4000));
      const perColumn = seed === 1 ? 1 : 1 + draw(3000) / 100;
      let pages = 0;
      let next = 0;
      for (let piece = 0; ; piece++) {
        const made = laneColumns(lanes, piece, perColumn, null);
        if (made === null) break;
        for (let x = 1; x <= TILE_COLUMNS; x++) {
          const at = made.columnOf[x]!;
          if (at < 0) continue;
          expect(made.lanes.edges[at]).toBe(next);
          next = made.lanes.edges[at + 1]!;
          pages += made.widths[at]!;
        }
      }
      expect([pages, next]).toEqual([lanes.nrPages, lanes.nrPages]);
    },
  );

  test('where a page is several pixels wide, each pixel names its page', () => {
    const lanes = index(7, 3000);
    const perColumn = 1 / 24;
    const made = laneColumns(lanes, 3, perColumn, null)!;
    for (let x = 0; x < TILE_COLUMNS; x++) {
      const at = made.columnOf[x + 1]!;
      expect(made.widths[at]).toBe(1);
      expect(made.lanes.edges[at]).toBe(Math.floor((3 * TILE_COLUMNS + x + 0.5) * perColumn));
    }
    const last = Math.floor((3000 * 24 - 1) / TILE_COLUMNS);
    const end = laneColumns(lanes, last, perColumn, null)!;
    expect(end.lanes.edges.at(-1)).toBe(3000);
    expect(end.columnOf.at(-1)).toBe(-1);
    expect(laneColumns(lanes, last + 1, perColumn, null)).toBeNull();
  });

  test('of exact pages hold those pages', () => {
    const tiles = createTiles(100, 8);
    const { hole, free, used, perCpu, reserved, kernel, held } = PageTile;
    tiles.state.set([free, used, perCpu, reserved, kernel, held, hole, used]);
    tiles.actual.set([0, 0, 1, 1, 0, 0, 255, 2]);
    tiles.target.set([0, 1, 1, 0, 0, 0, 0, 2]);
    const { actualBands, owedPages } = exactBands(tiles, f64(100, 104, 108));
    expect(actualBands).toEqual([
      {
        nid: 0,
        usedPages: f64(1, 1),
        freePages: f64(1, 0),
        pinnedPages: f64(0, 1),
        owedPages: f64(1, 0),
        owedPinnedPages: f64(0, 0),
      },
      {
        nid: 1,
        usedPages: f64(1, 0),
        freePages: f64(0, 0),
        pinnedPages: f64(1, 0),
        owedPages: f64(1, 0),
        owedPinnedPages: f64(1, 0),
      },
      {
        nid: 2,
        usedPages: f64(0, 1),
        freePages: f64(0, 0),
        pinnedPages: f64(0, 0),
        owedPages: f64(0, 0),
        owedPinnedPages: f64(0, 0),
      },
    ]);
    expect(owedPages).toEqual(f64(2, 0));
    const lanes = index(7, 3000);
    const known = createTiles(0, 300);
    expect(laneColumns(lanes, 0, 1, known)!.exact).toBe(true);
    expect(laneColumns(lanes, 1, 1, known)!.exact).toBe(false);
  });
});

describe('the painter', () => {
  test('stacks a column by its proportions and leaves holes to the track', () => {
    const raster = createRaster(3, 100);
    const [a, b] = [INKS.of(0), INKS.of(1)];
    const winners = paintRuns(
      raster,
      { top: 10, height: 80 },
      byHand([100, 100, 100]),
      [
        { ink: a, pages: f64(25, 100, 0) },
        { ink: b, pages: f64(75, 0, 50) },
      ],
      INKS.track,
      0,
    );
    const rows = (x: number, colour: number): number =>
      column(raster.pixels, 3, x).filter((pixel) => pixel === colour).length;
    expect([rows(0, a.calm.colour), rows(0, b.calm.colour)]).toEqual([20, 60]);
    expect(rows(1, a.calm.colour)).toBe(80);
    expect([rows(2, b.calm.colour), rows(2, INKS.track)]).toEqual([40, 40]);
    expect([...winners]).toEqual([1, 0, 1]);
    expect(column(raster.pixels, 3, 0).slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 0));
    expect(column(raster.pixels, 3, 0).slice(90)).toEqual(Array.from({ length: 10 }, () => 0));
  });

  test.each([1, 2, 3])('fills a lane to the last pixel in every column, whatever the proportions, seed %d', (seed) => {
    const lanes = index(seed, 6000);
    const columns = laneColumns(lanes, 0, 6000 / TILE_COLUMNS, null)!;
    const bands = columns.lanes.targetBands.map(({ nid, pages }) => ({ ink: INKS.of(nid), pages }));
    const raster = createRaster(TILE_COLUMNS, 37);
    paintRuns(raster, { top: 0, height: 37 }, columns, bands, INKS.track, 2);
    const allowed = new Set(bands.flatMap(({ ink }) => colours(ink)));
    expect([...raster.pixels].every((pixel) => allowed.has(pixel))).toBe(true);
  });

  test('draws a strong edge at the foot of a run, and where the next begins, also inside a column', () => {
    const raster = createRaster(6, 20);
    const [a, b] = [INKS.of(0), INKS.of(1)];
    const bands = [
      { ink: a, pages: f64(10, 10, 0, 0, 0, 10) },
      { ink: b, pages: f64(0, 0, 10, 10, 10, 0) },
    ];
    paintRuns(raster, { top: 0, height: 20 }, byHand([10, 10, 10, 10, 10, 10]), bands, INKS.track, 3);
    expect(column(raster.pixels, 6, 2)).toEqual(Array.from({ length: 20 }, () => b.edge));
    expect(column(raster.pixels, 6, 5)).toEqual(Array.from({ length: 20 }, () => a.edge));
    expect(column(raster.pixels, 6, 3)).toEqual([
      ...Array.from({ length: 17 }, () => b.calm.colour),
      ...Array.from({ length: 3 }, () => b.edge),
    ]);
    bands[1]!.pages[2] = 5;
    bands[0]!.pages[2] = 5;
    paintRuns(raster, { top: 0, height: 20 }, byHand([10, 10, 10, 10, 10, 10]), bands, INKS.track, 3);
    expect(column(raster.pixels, 6, 3)).toEqual(Array.from({ length: 20 }, () => b.edge));
  });

  test('paints used, free and pinned of a node apart, with a sky line', () => {
    const raster = createRaster(2, 40);
    const ink = INKS.of(0);
    const band = { ink, usedPages: f64(20, 0), freePages: f64(10, 40), pinnedPages: f64(10, 0) };
    paintBooked(raster, { top: 0, height: 40 }, byHand([40, 40]), [band], INKS.track, 1);
    const rows = column(raster.pixels, 2, 0);
    expect(rows.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => ink.tint.colour));
    expect(rows[10]).toBe(ink.edge);
    expect(rows.slice(11, 30)).toEqual(Array.from({ length: 19 }, () => ink.full.colour));
    expect(new Set(rows.slice(30))).toEqual(new Set([ink.pinned.colour, ink.pinned.line]));
    expect(new Set(column(raster.pixels, 2, 1))).toEqual(new Set([ink.tint.colour]));
  });

  test('keeps one owed page among millions in sight, pinned ones hatched under those that will move', () => {
    const raster = createRaster(4, 24);
    const [a, b] = [INKS.of(0), INKS.of(1)];
    const columns = byHand([1e6, 1e6, 1e6, 1e6], [1, 0, 5e5, 1e6]);
    const bands = [
      { ink: a, owedPages: f64(1, 0, 0, 1e6), owedPinnedPages: f64(0, 0, 0, 1) },
      { ink: b, owedPages: f64(0, 0, 5e5, 0), owedPinnedPages: f64(0, 0, 0, 0) },
    ];
    paintOwed(raster, { top: 0, height: 24 }, columns, bands, INKS.track, { full: 1, leastPixels: 2 });
    const rows = (x: number): number[] => column(raster.pixels, 4, x);
    expect(rows(0).filter((pixel) => pixel === a.full.colour).length).toBe(2);
    expect(rows(0).slice(0, 22)).toEqual(Array.from({ length: 22 }, () => INKS.track));
    expect(new Set(rows(1))).toEqual(new Set([INKS.track]));
    expect(rows(2).filter((pixel) => pixel === b.full.colour).length).toBe(12);
    expect(rows(3).slice(0, 23)).toEqual(Array.from({ length: 23 }, () => a.full.colour));
    expect([a.pinned.line, a.pinned.colour]).toContain(rows(3)[23]);
    expect(mostOwedShare(columns)).toBe(1);
    expect([1, 0.51, 0.5, 0.2, 1e-9, 0].map(owedScale)).toEqual([1, 1, 0.5, 0.25, 1 / 1024, 1 / 1024]);
  });

  test('lays a pattern over the ninth node, and the same pattern at every piece', () => {
    const ninth = INKS.of(8);
    expect(ninth.edge).toBe(INKS.of(0).edge);
    const raster = createRaster(16, 16);
    const widths = Array.from({ length: 16 }, () => 1);
    paintRuns(raster, { top: 0, height: 16 }, byHand(widths), [{ ink: ninth, pages: f64(...widths) }], INKS.track, 0);
    expect(new Set(raster.pixels)).toEqual(new Set([ninth.calm.colour, ninth.calm.line]));
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++) expect(raster.pixels[y * 16 + x]).toBe(raster.pixels[(y + 8) * 16 + x + 8]);
  });
});
