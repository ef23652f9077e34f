/**
 * Draws the time strip on a canvas: areas, lines, marks, spans, the forecast, the cursor. Its numbers are those of
 * time-figure.ts, in the columns of shared/view/time-steps.ts: steps, and where ticks share a pixel a band from least to most.
 */
import { seconds } from '../../shared/view/number-format.ts';
import type { ColumnValue, PixelColumn } from '../../shared/view/time-steps.ts';
import { pixelColumns, valueIn } from '../../shared/view/time-steps.ts';
import { timeAxis, sizeAxis } from './axis.ts';
import { cssColour } from './ink.ts';
import type { CanvasTheme, Fill, InkSet } from './ink.ts';
import type { TimeFigure, TimeLayer } from './time-figure.ts';
import type { OwedForecast } from './time-forecast.ts';
import { owedAfter } from './time-forecast.ts';
import type { ComingMark, TimeMarks } from './time-marks.ts';
import { groupedMarks, rowsOfSpans } from './time-marks.ts';

export interface TimeBox {
  readonly width: number;
  readonly height: number;
  readonly fromTick: number;
  readonly toTick: number;
}

export interface TimeScene extends TimeBox {
  readonly inks: InkSet;
  readonly ratio: number;
  readonly tickMs: number;
  readonly figure: TimeFigure;
  readonly marks: TimeMarks;
  readonly coming: readonly ComingMark[];
  /** The one that is chosen or dragged. */
  readonly comingChosen: number | null;
  readonly forecast: OwedForecast | null;
  readonly nowTick: number;
  /** Tick of what is seen; null: the present. */
  readonly shownTick: number | null;
  readonly hoverTick: number | null;
  /** Since when nothing lags; null: something does. */
  readonly convergedTick: number | null;
}

const PLOT_LEFT = 62;
const PLOT_RIGHT = 10;
const TOP = 6;
const AXIS = 17;
const COMMIT_LANE = 11;
const SPAN_ROW = 6;
const MAX_SPAN_ROWS = 3;

/** Room below the plot for marks, by what there is. */
export function laneHeight({ commits, spans }: TimeMarks, coming: readonly ComingMark[]): number {
  const rows = Math.min(MAX_SPAN_ROWS, 1 + Math.max(-1, ...rowsOfSpans(spans)));
  return (commits.length + coming.length > 0 ? COMMIT_LANE : 0) + rows * SPAN_ROW + 2;
}

export const xOfTick = ({ width, fromTick, toTick }: TimeBox, tick: number): number =>
  PLOT_LEFT + ((tick - fromTick) / Math.max(1e-9, toTick - fromTick)) * Math.max(1, width - PLOT_LEFT - PLOT_RIGHT);

export const tickAtX = ({ width, fromTick, toTick }: TimeBox, x: number): number =>
  fromTick + ((x - PLOT_LEFT) / Math.max(1, width - PLOT_LEFT - PLOT_RIGHT)) * (toTick - fromTick);

/** The columns of the figure in sight. */
const columnsOf = (scene: TimeScene): PixelColumn[] =>
  pixelColumns(scene.figure, {
    xOf: (tick) => xOfTick(scene, tick),
    pixel: 1 / scene.ratio,
    fromTick: scene.fromTick,
    toTick: scene.toTick,
  });

export class TimePainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #patterns = new Map<Fill, CanvasPattern>();

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d')!;
  }

  draw(scene: TimeScene): void {
    const { width, height, ratio, figure, inks } = scene;
    const [wide, high] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (this.#canvas.width !== wide || this.#canvas.height !== high) {
      this.#canvas.width = wide;
      this.#canvas.height = high;
    }
    const context = this.#context;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const bottom = Math.max(TOP + 10, height - AXIS - laneHeight(scene.marks, scene.coming));
    const marks = sizeAxis(figure.top, Math.max(1, (bottom - TOP) / 26));
    const top = Math.max(1, figure.top);
    const yOf = (pages: number): number => bottom - ((bottom - TOP) * pages) / top;
    const columns = columnsOf(scene);
    this.#future(scene, bottom);
    this.#grid(scene, marks, yOf, bottom);
    context.save();
    context.beginPath();
    context.rect(PLOT_LEFT, 0, width - PLOT_LEFT - PLOT_RIGHT, bottom + 1);
    context.clip();
    this.#unknown(scene, bottom);
    this.#areas(scene, columns, yOf);
    this.#lines(scene, columns, yOf);
    this.#drawForecast(scene, yOf);
    this.#veil(scene, bottom);
    context.restore();
    context.save();
    context.beginPath();
    context.rect(PLOT_LEFT - 6, 0, width - PLOT_LEFT + 6, height);
    context.clip();
    this.#marks(scene, bottom);
    this.#coming(scene, bottom);
    context.restore();
    this.#converged(scene, bottom);
    this.#time(scene, bottom);
    this.#heads(scene, bottom, inks.theme);
  }

  #grid(
    { width, inks }: TimeScene,
    marks: readonly { value: number; text: string }[],
    yOf: (n: number) => number,
    bottom: number,
  ): void {
    const context = this.#context;
    context.font = `11px ${inks.theme.sans}`;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const { value, text } of marks) {
      const y = Math.round(yOf(value));
      context.fillStyle = value === 0 ? inks.theme.edge : inks.theme.grid;
      context.fillRect(PLOT_LEFT, value === 0 ? bottom : y, width - PLOT_LEFT - PLOT_RIGHT, 1);
      context.fillStyle = inks.theme.soft;
      context.fillText(text, PLOT_LEFT - 6, Math.max(7, y));
    }
  }

  /** Ground of what has not happened yet. */
  #future(scene: TimeScene, bottom: number): void {
    const { width, nowTick, inks } = scene;
    const from = Math.max(PLOT_LEFT, xOfTick(scene, nowTick));
    this.#context.globalAlpha = 0.5;
    this.#context.fillStyle = inks.theme.track;
    this.#context.fillRect(from, TOP - 2, Math.max(0, width - PLOT_RIGHT - from), bottom - TOP + 2);
    this.#context.globalAlpha = 1;
  }

  /** Ticks that are not known yet, or were not kept: a ground of lines, and nothing on it. */
  #unknown(scene: TimeScene, bottom: number): void {
    const { unknown } = scene.figure;
    if (unknown === null) return;
    const context = this.#context;
    const [from, to] = [xOfTick(scene, unknown.fromTick), xOfTick(scene, unknown.toTick)];
    context.fillStyle = scene.inks.theme.line;
    for (let x = Math.ceil(from); x < to; x += 4) context.fillRect(x, TOP, 1, bottom - TOP);
  }

  /** What is owed at the last tick of each column, by who owes; over it from the least to the most of its ticks. */
  #areas(scene: TimeScene, columns: readonly PixelColumn[], yOf: (n: number) => number): void {
    const { figure, inks } = scene;
    const context = this.#context;
    const hue = ({ colour }: TimeLayer): string =>
      colour === null ? inks.theme.soft : inks.theme.hues[colour % inks.theme.hues.length]!;
    let below = new Float64Array(columns.length);
    for (const layer of figure.layers) {
      const above = below.map((before, i) => before + (layer.pages[columns[i]!.last] ?? 0));
      context.fillStyle = layer.colour === null ? inks.theme.edge : this.#fill(inks.of(layer.colour).calm, scene.ratio);
      context.beginPath();
      columns.forEach(({ x, endX }, i) => {
        const y = yOf(above[i]!);
        if (above[i]! > below[i]!) context.rect(x, y, endX - x, yOf(below[i]!) - y);
      });
      context.fill();
      // The edge only where there is something under it.
      this.#stepLine(columns, (i) => (above[i]! > below[i]! ? yOf(above[i]!) : null));
      context.lineWidth = 1.25;
      context.strokeStyle = hue(layer);
      context.stroke();
      below = above;
    }
    const top = figure.layers.findLast(({ pages }) => pages.some((n) => n > 0));
    this.#band(columns, figure.owed, yOf, top === undefined ? inks.theme.soft : hue(top));
  }

  #band(columns: readonly PixelColumn[], of: TimeFigure['owed'], yOf: (n: number) => number, colour: string): void {
    const context = this.#context;
    context.globalAlpha = 0.45;
    context.fillStyle = colour;
    for (const column of columns) {
      const { least, most } = valueIn(of, column);
      if (most > least) context.fillRect(column.x, yOf(most), column.endX - column.x, yOf(least) - yOf(most));
    }
    context.globalAlpha = 1;
  }

  /** Each value holds to the end of its column; a step where the next is another. @param yAt null: no line. */
  #stepLine(columns: readonly PixelColumn[], yAt: (column: number) => number | null): void {
    const context = this.#context;
    context.beginPath();
    columns.forEach(({ x, endX }, i) => {
      const y = yAt(i);
      if (y === null) return;
      const joins = i > 0 && columns[i - 1]!.endX >= x && yAt(i - 1) !== null;
      if (joins) context.lineTo(x, y);
      else context.moveTo(x, y);
      context.lineTo(endX, y);
    });
  }

  #fill(fill: Fill, ratio: number): string | CanvasPattern {
    if (fill.mask === null) return cssColour(fill.colour);
    let pattern = this.#patterns.get(fill);
    if (pattern === undefined) {
      const { side, bits } = fill.mask;
      const image = new ImageData(side, side);
      const pixels = new Uint32Array(image.data.buffer);
      for (let i = 0; i < pixels.length; i++) pixels[i] = bits[i] === 1 ? fill.line : fill.colour;
      const tile = document.createElement('canvas');
      tile.width = side;
      tile.height = side;
      tile.getContext('2d')!.putImageData(image, 0, 0);
      pattern = this.#context.createPattern(tile, 'repeat')!;
      pattern.setTransform(new DOMMatrix().scale(1 / ratio));
      this.#patterns.set(fill, pattern);
    }
    return pattern;
  }

  #lines(scene: TimeScene, columns: readonly PixelColumn[], yOf: (n: number) => number): void {
    const { figure, inks } = scene;
    const context = this.#context;
    const line = (values: readonly ColumnValue[], dash: readonly number[], width: number): void => {
      if (!values.some(({ most }) => most > 0)) return;
      this.#stepLine(columns, (i) => yOf(values[i]!.last));
      context.setLineDash([...dash]);
      context.lineWidth = width;
      context.stroke();
      context.setLineDash([]);
    };
    const stale = columns.map((column) => valueIn(figure.stale, column));
    const pinned = columns.map((column) => valueIn(figure.pinned, column));
    this.#band(columns, figure.stale, yOf, inks.theme.ink);
    this.#band(columns, figure.pinned, yOf, inks.theme.soft);
    context.lineJoin = 'round';
    // A light ground keeps a line readable over an area.
    for (const ground of [true, false]) {
      context.strokeStyle = ground ? inks.theme.page : inks.theme.ink;
      line(stale, [], ground ? 4 : 1.5);
      context.strokeStyle = ground ? inks.theme.page : inks.theme.soft;
      line(pinned, ground ? [] : [1.5, 3], ground ? 3.5 : 1.75);
    }
  }

  #drawForecast(scene: TimeScene, yOf: (n: number) => number): void {
    const { forecast, nowTick, toTick, inks } = scene;
    if (forecast === null) return;
    const context = this.#context;
    const [from, to] = [xOfTick(scene, nowTick), xOfTick(scene, toTick)];
    context.beginPath();
    for (let x = from; x <= to; x += 2) {
      context.lineTo(x, yOf(owedAfter(forecast, ((x - from) / Math.max(1, to - from)) * (toTick - nowTick))));
    }
    context.setLineDash([4, 3]);
    context.lineWidth = 1.25;
    context.strokeStyle = inks.theme.soft;
    context.stroke();
    context.setLineDash([]);
  }

  /** A veil over what came after the moment of the past that is shown. */
  #veil(scene: TimeScene, bottom: number): void {
    const { shownTick, nowTick, inks } = scene;
    if (shownTick === null) return;
    const context = this.#context;
    const [from, to] = [xOfTick(scene, shownTick), xOfTick(scene, nowTick)];
    context.globalAlpha = 0.62;
    context.fillStyle = inks.theme.page;
    context.fillRect(from, 0, Math.max(0, to - from), bottom);
    context.globalAlpha = 1;
  }

  #marks(scene: TimeScene, bottom: number): void {
    const { marks, inks } = scene;
    const context = this.#context;
    const { theme } = inks;
    let y = bottom + 2;
    if (marks.commits.length > 0) {
      context.fillStyle = theme.ink;
      context.font = `600 11px ${theme.sans}`;
      context.textAlign = 'left';
      context.textBaseline = 'middle';
      for (const { fromX, toX, marks: group } of groupedMarks(marks.commits, (tick) => xOfTick(scene, tick))) {
        const x = Math.round(fromX);
        context.beginPath();
        context.moveTo(x, y);
        context.lineTo(x + 4, y + 8);
        context.lineTo(x - 4, y + 8);
        context.fill();
        if (group.length === 1) continue;
        context.fillRect(x, y + 7, Math.round(toX) - x, 1);
        context.fillText(`×${group.length}`, Math.max(toX, x + 4) + 3, y + 4.5);
      }
    }
    if (marks.commits.length + scene.coming.length > 0) y += COMMIT_LANE;
    const rows = rowsOfSpans(marks.spans);
    marks.spans.forEach((span, i) => {
      if (rows[i]! >= MAX_SPAN_ROWS) return;
      const from = xOfTick(scene, span.fromTick);
      const width = Math.max(3, xOfTick(scene, span.toTick ?? scene.nowTick) - from);
      const top = y + rows[i]! * SPAN_ROW;
      const over = span.toTick === null;
      if (span.kind === 'migration') {
        context.fillStyle = span.done || over ? theme.ink : theme.edge;
        context.fillRect(from, top, width, 4);
      } else {
        context.strokeStyle = span.done || over ? theme.ink : theme.edge;
        context.lineWidth = 1;
        context.strokeRect(from + 0.5, top + 0.5, Math.max(2, width - 1), 3);
      }
    });
  }

  /** Diamonds in the lane of the commits; those beyond the axis are counted at its end. */
  #coming(scene: TimeScene, bottom: number): void {
    const { coming, comingChosen, toTick, width, inks } = scene;
    const context = this.#context;
    const y = bottom + 6;
    context.lineWidth = 1.5;
    for (const { tick, nth } of coming) {
      if (tick > toTick) continue;
      const x = Math.round(xOfTick(scene, tick)) + 0.5;
      context.beginPath();
      context.moveTo(x, y - 4.5);
      context.lineTo(x + 4.5, y);
      context.lineTo(x, y + 4.5);
      context.lineTo(x - 4.5, y);
      context.closePath();
      context.fillStyle = nth === comingChosen ? inks.theme.focus : inks.theme.page;
      context.strokeStyle = nth === comingChosen ? inks.theme.focus : inks.theme.ink;
      context.fill();
      context.stroke();
    }
    const beyond = coming.filter(({ tick }) => tick > toTick).length;
    if (beyond === 0) return;
    context.fillStyle = inks.theme.soft;
    context.font = `600 11px ${inks.theme.sans}`;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    context.fillText(`◇ ${beyond} later ›`, width - PLOT_RIGHT, y + 0.5);
  }

  #converged(scene: TimeScene, bottom: number): void {
    const { convergedTick, fromTick, toTick, inks } = scene;
    if (convergedTick === null || convergedTick < fromTick || convergedTick > toTick) return;
    const x = Math.round(xOfTick(scene, convergedTick));
    this.#context.fillStyle = inks.theme.good;
    this.#context.fillRect(x - 1, 0, 2, bottom + 1);
    this.#flag(`✓ converged ${seconds(convergedTick, scene.tickMs)}`, x, scene, inks.theme.good);
  }

  #time(scene: TimeScene, bottom: number): void {
    const { width, height, fromTick, toTick, tickMs, inks } = scene;
    const context = this.#context;
    const marks = timeAxis(fromTick, toTick, tickMs, Math.max(1, (width - PLOT_LEFT - PLOT_RIGHT) / 90));
    context.font = `11px ${inks.theme.sans}`;
    context.textBaseline = 'alphabetic';
    for (const { value, text } of marks) {
      const x = Math.round(xOfTick(scene, value));
      context.fillStyle = inks.theme.edge;
      context.fillRect(x, bottom + 1, 1, 3);
      context.fillStyle = inks.theme.soft;
      const half = context.measureText(text).width / 2;
      context.textAlign = 'center';
      context.fillText(text, Math.max(PLOT_LEFT + half, Math.min(width - half, x)), height - 4);
    }
  }

  #heads(scene: TimeScene, bottom: number, theme: CanvasTheme): void {
    const { shownTick, nowTick, hoverTick, toTick } = scene;
    const context = this.#context;
    const now = Math.round(xOfTick(scene, nowTick));
    context.fillStyle = theme.ink;
    context.globalAlpha = shownTick === null ? 1 : 0.5;
    if (nowTick >= scene.fromTick && nowTick <= toTick)
      context.fillRect(now, TOP - 2, shownTick === null ? 2 : 1, bottom - TOP + 3);
    context.globalAlpha = 1;
    if (hoverTick !== null) {
      context.fillStyle = theme.soft;
      context.fillRect(Math.round(xOfTick(scene, hoverTick)), TOP, 1, bottom - TOP);
    }
    if (shownTick === null || shownTick < scene.fromTick || shownTick > toTick) return;
    const x = Math.round(xOfTick(scene, shownTick));
    context.fillStyle = theme.focus;
    context.fillRect(x - 1, 0, 2, bottom + 1);
    context.beginPath();
    context.moveTo(x - 5, 0);
    context.lineTo(x + 5, 0);
    context.lineTo(x, 7);
    context.fill();
    this.#flag(seconds(shownTick, scene.tickMs), x, scene, theme.focus);
  }

  /** A word beside a head. */
  #flag(text: string, x: number, { width, inks: { theme } }: TimeScene, ground: string): void {
    const context = this.#context;
    context.font = `600 11px ${theme.sans}`;
    const wide = context.measureText(text).width + 8;
    const left = x + 8 + wide > width ? x - 8 - wide : x + 8;
    context.fillStyle = ground;
    context.fillRect(left, 0, wide, 16);
    context.fillStyle = theme.page;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillText(text, left + 4, 8.5);
  }
}
