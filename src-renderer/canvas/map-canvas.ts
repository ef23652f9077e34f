/**
 * Draws the map of one guest: H, T, A and owed over one address axis.
 *
 * (a) Lanes are painted in pieces of TILE_COLUMNS device pixels, each once for a frame and a zoom, and copied to the
 *     screen while one pans. When a draw had nothing to paint, it paints a piece outside the window ahead of time.
 * (b) Only what the screen can show is asked of the index and kept: at most MAX_PIECES.
 * (c) Text, marks and the axis are drawn on top, at every draw.
 */
import type { Tiles } from '../../shared/columns/tile.ts';
import { PageTile } from '../../shared/columns/tile.ts';
import type { PfnRange } from '../../shared/units/index.ts';
import { hexPfn } from '../../shared/view/number-format.ts';
import type { LaneIndex } from '../../shared/view/lane-index.ts';
import { pfnAxis } from './axis.ts';
import type { InkSet, NodeInk } from './ink.ts';
import { covers, laneColumns, TILE_COLUMNS } from './lane-column.ts';
import type { LaneColumns } from './lane-column.ts';
import { deviceLayout } from './lane-layout.ts';
import type { LaneLayout } from './lane-layout.ts';
import { createRaster, mostOwedShare, owedScale, paintBooked, paintOwed, paintRuns } from './lane-painter.ts';
import type { Raster, Winners } from './lane-painter.ts';
import { STATE_NAMES } from './page-state.ts';
import type { Viewport } from './viewport.ts';
import { xOf } from './viewport.ts';

export interface InkedNode {
  readonly ink: NodeInk;
  readonly label: string;
}

/** Which ink a node has. Equal objects mean equal inks: pieces are painted anew when it changes. */
export interface NodeInks {
  readonly set: InkSet;
  host(host: number, nid: number): InkedNode;
  guest(nid: number): InkedNode;
}

interface MapMarks {
  readonly selection: PfnRange | null;
  /** Under the pointer. */
  readonly hover: PfnRange | null;
  /** The keyboard's; shown while the map has the focus. */
  readonly cursor: PfnRange | null;
}

export interface MapScene {
  readonly index: LaneIndex;
  readonly inks: NodeInks;
  readonly view: Viewport;
  readonly layout: LaneLayout;
  readonly ratio: number;
  /** Exact pages where they are known. */
  readonly exact: Tiles | null;
  readonly marks: MapMarks;
}

interface Piece {
  readonly image: HTMLCanvasElement;
  readonly columns: LaneColumns;
  /** Per pixel and lane: what has most of the column; see #nodes. -1: nothing. */
  readonly nodes: Readonly<Record<'H' | 'T' | 'A', Int32Array>>;
  readonly mostOwed: number;
  /** The scale that its owed lane was painted at; 0: not yet. */
  owedFull: number;
}

const MAX_PIECES = 64;
/** A run of H or T, and one of A, that has its number in it. */
const LABEL_PIXELS = { H: 16, T: 16, A: 28 } as const;
const WORD_PIXELS = 72;
const CELL_PIXELS = 5;
const CELL_TEXT_PIXELS = 58;
const LEAST_OWED_PIXELS = 2;
/** Height of the lookup mark at the head of a page in lane A. */
const LOOKUP_MARK_PIXELS = 5;

export class MapCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #pieces = new Map<number, Piece>();
  readonly #spare: HTMLCanvasElement[] = [];
  readonly #nodes: InkedNode[] = [];
  readonly #nodeIds = new Map<InkedNode, number>();
  #shown: MapScene | null = null;
  #image: ImageData | null = null;
  #raster: Raster | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d')!;
  }

  /** Share of a column's pages that fills the owed lane now. */
  owedFull = 1;
  /** Pieces painted by the last draw. */
  painted = 0;

  draw(scene: MapScene): void {
    this.#fit(scene);
    if (!sameLanes(this.#shown, scene)) this.#forget();
    this.#shown = scene;
    const { ratio, view } = scene;
    const layout = deviceLayout(scene.layout, ratio);
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const firstColumn = Math.round((view.fromPfn / view.pagesPerPixel) * ratio);
    this.#drawPieces(scene, layout, firstColumn);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    // Where cells say what they are, their text stands where A's labels would.
    const lanes = 1 / view.pagesPerPixel >= CELL_TEXT_PIXELS ? (['H', 'T'] as const) : (['H', 'T', 'A'] as const);
    for (const lane of lanes) this.#drawLabels(scene, lane, firstColumn);
    if (1 / view.pagesPerPixel >= CELL_PIXELS) this.#drawCells(scene);
    if (view.pagesPerPixel <= 1) this.#drawLookupMarks(scene);
    this.#drawMarks(scene);
    this.#drawAxis(scene);
  }

  #fit({ view, layout, ratio }: MapScene): void {
    const width = Math.max(1, Math.round(view.widthPixels * ratio));
    const height = Math.max(1, Math.round(layout.height * ratio));
    if (this.#canvas.width === width && this.#canvas.height === height) return;
    this.#canvas.width = width;
    this.#canvas.height = height;
  }

  #forget(): void {
    for (const { image } of this.#pieces.values()) this.#spare.push(image);
    this.#pieces.clear();
    this.#nodes.length = 0;
    this.#nodeIds.clear();
  }

  #drawPieces(scene: MapScene, layout: LaneLayout, firstColumn: number): void {
    const width = this.#canvas.width;
    const [first, last] = [
      Math.floor(firstColumn / TILE_COLUMNS),
      Math.floor((firstColumn + width - 1) / TILE_COLUMNS),
    ];
    this.painted = 0;
    const shown: [number, Piece][] = [];
    for (let number = first; number <= last; number++) {
      const piece = this.#piece(scene, layout, number);
      if (piece !== null) shown.push([number, piece]);
    }
    this.owedFull = owedScale(shown.reduce((most, [, piece]) => Math.max(most, piece.mostOwed), 0));
    for (const [number, piece] of shown) {
      if (piece.owedFull !== this.owedFull) this.#paintOwedLane(scene, layout, piece);
      this.#context.drawImage(piece.image, number * TILE_COLUMNS - firstColumn, 0);
    }
    if (this.painted === 0) {
      for (const number of [last + 1, first - 1])
        if (number >= 0 && this.painted === 0) this.#piece(scene, layout, number);
    }
    if (this.#pieces.size > MAX_PIECES) this.#dropFarthest((first + last) / 2);
  }

  #dropFarthest(middle: number): void {
    const sorted = [...this.#pieces.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const number of sorted.slice(0, this.#pieces.size - MAX_PIECES)) {
      this.#spare.push(this.#pieces.get(number)!.image);
      this.#pieces.delete(number);
    }
  }

  /** A piece as it is kept, or painted now; null beyond the guest. */
  #piece(scene: MapScene, layout: LaneLayout, number: number): Piece | null {
    const kept = this.#pieces.get(number);
    if (kept !== undefined) return kept;
    const pagesPerColumn = scene.view.pagesPerPixel / scene.ratio;
    const columns = laneColumns(scene.index, number, pagesPerColumn, scene.exact);
    if (columns === null) return null;
    const piece = this.#paint(scene, layout, columns);
    this.#pieces.set(number, piece);
    this.painted++;
    return piece;
  }

  #paint({ inks, ratio }: MapScene, layout: LaneLayout, columns: LaneColumns): Piece {
    const { hostBands, targetBands, actualBands } = columns.lanes;
    const raster = this.#blankRaster(layout.axisTop);
    const edge = Math.max(2, Math.round(2 * ratio));
    const inked = (node: InkedNode, pages: Float64Array) => ({ ink: node.ink, pages });
    const hosts = hostBands.map(({ host, nid }) => inks.host(host, nid));
    const targets = targetBands.map(({ nid }) => inks.guest(nid));
    const booked = actualBands.map(({ nid }) => inks.guest(nid));
    const { track } = inks.set;
    const winners = {
      H: paintRuns(
        raster,
        layout.H,
        columns,
        hosts.map((n, i) => inked(n, hostBands[i]!.pages)),
        track,
        edge,
      ),
      T: paintRuns(
        raster,
        layout.T,
        columns,
        targets.map((n, i) => inked(n, targetBands[i]!.pages)),
        track,
        edge,
      ),
      A: paintBooked(
        raster,
        layout.A,
        columns,
        actualBands.map((band, i) => ({ ...band, ink: booked[i]!.ink })),
        track,
        columns.exact ? 0 : Math.max(1, Math.round(ratio)),
      ),
    };
    const image = this.#spare.pop() ?? document.createElement('canvas');
    if (image.width !== TILE_COLUMNS || image.height !== layout.axisTop) {
      image.width = TILE_COLUMNS;
      image.height = layout.axisTop;
    }
    image.getContext('2d')!.putImageData(this.#image!, 0, 0);
    return {
      image,
      columns,
      nodes: {
        H: this.#named(winners.H, hosts),
        T: this.#named(winners.T, targets),
        A: this.#named(winners.A, booked),
      },
      mostOwed: mostOwedShare(columns),
      owedFull: 0,
    };
  }

  /** The image that pieces are painted into, one after the other. */
  #blankRaster(height: number): Raster {
    if (this.#image === null || this.#image.height !== height) {
      this.#image = new ImageData(TILE_COLUMNS, height);
      this.#raster = {
        ...createRaster(TILE_COLUMNS, 0),
        height,
        pixels: new Uint32Array(this.#image.data.buffer),
      };
    }
    this.#raster!.pixels.fill(0);
    return this.#raster!;
  }

  #paintOwedLane({ inks, ratio }: MapScene, layout: LaneLayout, piece: Piece): void {
    const raster = this.#blankRaster(layout.axisTop);
    const bands = piece.columns.lanes.actualBands.map((band) => ({ ...band, ink: inks.guest(band.nid).ink }));
    const scale = {
      full: this.owedFull,
      leastPixels: Math.max(LEAST_OWED_PIXELS, Math.round(LEAST_OWED_PIXELS * ratio)),
    };
    paintOwed(raster, layout.owed, piece.columns, bands, inks.set.track, scale);
    const { top, height } = layout.owed;
    piece.image.getContext('2d')!.putImageData(this.#image!, 0, 0, 0, top, TILE_COLUMNS, height);
    piece.owedFull = this.owedFull;
  }

  #named(winners: Winners, nodes: readonly InkedNode[]): Int32Array {
    const ids = nodes.map((node) => this.#idOf(node));
    return Int32Array.from(winners, (winner) => (winner < 0 ? -1 : ids[winner]!));
  }

  #idOf(node: InkedNode): number {
    let id = this.#nodeIds.get(node);
    if (id === undefined) {
      this.#nodeIds.set(node, (id = this.#nodes.length));
      this.#nodes.push(node);
    }
    return id;
  }

  /** The node's number in every run that has room for it; it stays in sight while a part of the run does. */
  #drawLabels({ layout, inks, ratio }: MapScene, lane: 'H' | 'T' | 'A', firstColumn: number): void {
    const { top, height } = layout[lane];
    if (height < 12) return;
    const context = this.#context;
    const { theme } = inks.set;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.font = `600 11px ${theme.sans}`;
    const width = this.#canvas.width;
    const y = top + height / 2;
    let from = 0;
    let open = this.#nodeAt(lane, firstColumn);
    for (let x = 1; x <= width; x++) {
      const node = x === width ? -2 : this.#nodeAt(lane, firstColumn + x);
      if (node === open) continue;
      const pixels = (x - from) / ratio;
      if (open >= 0 && pixels >= LABEL_PIXELS[lane]) {
        const { label } = this.#nodes[open]!;
        this.#label(
          pixels >= WORD_PIXELS ? `node ${label}` : label,
          (from + x) / 2 / ratio,
          y,
          pixels,
          lane === 'A',
          theme,
        );
      }
      [from, open] = [x, node];
    }
  }

  #nodeAt(lane: 'H' | 'T' | 'A', column: number): number {
    const piece = this.#pieces.get(Math.floor(column / TILE_COLUMNS));
    return piece?.nodes[lane][column - Math.floor(column / TILE_COLUMNS) * TILE_COLUMNS] ?? -1;
  }

  #label(
    text: string,
    x: number,
    y: number,
    room: number,
    ground: boolean,
    theme: { page: string; ink: string },
  ): void {
    const context = this.#context;
    const width = context.measureText(text).width;
    if (width + 6 > room) return;
    if (ground) {
      context.globalAlpha = 0.82;
      context.fillStyle = theme.page;
      context.beginPath();
      context.roundRect(x - width / 2 - 4, y - 8, width + 8, 16, 3);
      context.fill();
      context.globalAlpha = 1;
    }
    context.fillStyle = theme.ink;
    context.fillText(text, x, y + 0.5);
  }

  /** Single pages: where they part, which blocks they form, and what they are where there is room to say it. */
  #drawCells({ view, layout, exact, inks, index }: MapScene): void {
    const context = this.#context;
    const { theme } = inks.set;
    const pagePixels = 1 / view.pagesPerPixel;
    const first = Math.max(0, Math.floor(view.fromPfn));
    const end = Math.min(index.nrPages, Math.ceil(view.fromPfn + view.widthPixels * view.pagesPerPixel));
    const known = exact !== null && covers(exact, first, end) ? exact : null;
    context.fillStyle = theme.page;
    for (let pfn = first; pfn <= end; pfn++) {
      const x = Math.round(xOf(view, pfn));
      const starts = known !== null && pfn < end && startsBlock(known, pfn);
      context.globalAlpha = 0.55;
      for (const lane of ['H', 'T'] as const) context.fillRect(x - 0.5, layout[lane].top, 1, layout[lane].height);
      context.globalAlpha = known === null ? 0 : starts ? 1 : 0.3;
      context.fillRect(x - (starts ? 1 : 0.5), layout.A.top, starts ? 2 : 1, layout.A.height);
    }
    context.globalAlpha = 1;
    if (known !== null && pagePixels >= CELL_TEXT_PIXELS) {
      for (let pfn = first; pfn < end; pfn++) this.#cellText(known, pfn, view, layout, theme, index.nrPages);
    }
  }

  /** Pages with the lookup mark have a dash at the head of lane A; neighbours share one dash. */
  #drawLookupMarks({ view, layout, exact, inks, index }: MapScene): void {
    const first = Math.max(0, Math.floor(view.fromPfn));
    const end = Math.min(index.nrPages, Math.ceil(view.fromPfn + view.widthPixels * view.pagesPerPixel));
    if (exact === null || !covers(exact, first, end)) return;
    const context = this.#context;
    const { top } = layout.A;
    const isMarked = (pfn: number): boolean => exact.marked[pfn - exact.fromPfn] === 1;
    for (let pfn = first; pfn < end; pfn++) {
      if (!isMarked(pfn)) continue;
      const from = pfn;
      while (pfn + 1 < end && isMarked(pfn + 1)) pfn++;
      const x = xOf(view, from);
      const width = Math.max(1, xOf(view, pfn + 1) - x);
      context.fillStyle = inks.set.theme.page;
      context.fillRect(x, top, width, LOOKUP_MARK_PIXELS);
      context.fillStyle = inks.set.theme.ink;
      context.fillRect(x, top + 1, width, LOOKUP_MARK_PIXELS - 2);
    }
  }

  #cellText(
    tiles: Tiles,
    pfn: number,
    view: Viewport,
    layout: LaneLayout,
    theme: { page: string; ink: string; mono: string; sans: string },
    nrPages: number,
  ): void {
    const i = pfn - tiles.fromPfn;
    const context = this.#context;
    const pixels = 1 / view.pagesPerPixel;
    const state = tiles.state[i]!;
    const order =
      state === PageTile.free || state === PageTile.used || state === PageTile.held ? `order ${tiles.order[i]}` : '';
    const mark = tiles.marked[i] === 1 ? 'marked' : '';
    const lines = [hexPfn(pfn, nrPages), STATE_NAMES[state] ?? '', order, mark].filter((text) => text !== '');
    const x = xOf(view, pfn) + pixels / 2;
    const { top, height } = layout.A;
    if (height < 60) return;
    const box = lines.length * 14 + 6;
    const wide = Math.min(pixels - 6, 76);
    context.globalAlpha = 0.85;
    context.fillStyle = theme.page;
    context.beginPath();
    context.roundRect(x - wide / 2, top + height - box - 5, wide, box, 3);
    context.fill();
    context.globalAlpha = 1;
    context.fillStyle = theme.ink;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    lines.forEach((text, line) => {
      context.font = `11px ${line === 0 ? theme.mono : theme.sans}`;
      context.fillText(text, x, top + height - box + 5 + line * 14, wide - 4);
    });
  }

  #drawMarks({ view, layout, marks, inks }: MapScene): void {
    const context = this.#context;
    const { theme } = inks.set;
    const [top, bottom] = [layout.H.top, layout.owed.top + layout.owed.height];
    const boxOf = ({ start, end }: PfnRange): readonly [number, number] => {
      const from = xOf(view, start);
      return [from, Math.max(1, xOf(view, end) - from)];
    };
    if (marks.hover !== null) {
      const [x, width] = boxOf(marks.hover);
      context.fillStyle = theme.ink;
      context.globalAlpha = width > 3 ? 0.05 : 0.3;
      context.fillRect(x, top, width, bottom - top);
      context.globalAlpha = 0.8;
      context.fillRect(x - 1, top, 1, bottom - top);
      if (width > 3) context.fillRect(x + width, top, 1, bottom - top);
      context.globalAlpha = 1;
    }
    if (marks.selection !== null) {
      const [x, width] = boxOf(marks.selection);
      const [left, right] = [Math.max(-4, x), Math.min(view.widthPixels + 4, x + width)];
      if (right > left) {
        context.lineWidth = 4;
        context.strokeStyle = theme.page;
        context.strokeRect(left, top + 1, right - left, bottom - top - 2);
        context.lineWidth = 2;
        context.strokeStyle = theme.focus;
        context.strokeRect(left, top + 1, right - left, bottom - top - 2);
      }
    }
    if (marks.cursor !== null) {
      const [x, width] = boxOf(marks.cursor);
      const middle = Math.round(x + Math.min(width, 4) / 2);
      context.fillStyle = theme.page;
      context.fillRect(middle - 2, top, 4, bottom - top);
      context.fillStyle = theme.focus;
      context.fillRect(middle - 1, top, 2, bottom - top);
    }
  }

  #drawAxis({ view, layout, inks }: MapScene): void {
    const context = this.#context;
    const { theme } = inks.set;
    const y = layout.axisTop;
    context.font = `11px ${theme.mono}`;
    context.textBaseline = 'top';
    const wide = context.measureText(hexPfn(0, view.nrPages + 1)).width;
    const { marks } = pfnAxis(view, wide + 24);
    let taken = -Infinity;
    for (const { value, text } of marks) {
      const x = xOf(view, value);
      context.fillStyle = theme.edge;
      context.fillRect(Math.min(view.widthPixels - 1, Math.round(x)), y, 1, 5);
      const left = Math.max(0, Math.min(view.widthPixels - wide, x - wide / 2));
      if (left < taken + 10) continue;
      taken = left + wide;
      context.fillStyle = theme.soft;
      context.textAlign = 'left';
      context.fillText(text, left, y + 7);
    }
  }
}

/** A block of `order` starts at a multiple of its size; what is no block is a page alone. */
function startsBlock(tiles: Tiles, pfn: number): boolean {
  const order = tiles.order[pfn - tiles.fromPfn] ?? 0;
  return pfn % 2 ** order === 0;
}

function sameLanes(a: MapScene | null, b: MapScene): boolean {
  return (
    a !== null &&
    a.index === b.index &&
    a.inks === b.inks &&
    a.exact === b.exact &&
    a.ratio === b.ratio &&
    a.view.pagesPerPixel === b.view.pagesPerPixel &&
    a.layout.height === b.layout.height
  );
}
