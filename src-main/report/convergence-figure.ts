/**
 * How the guests converged: one time axis, a panel per guest with both lags (H against T; T against A stacked by node
 * pair, from = A, to = T) and the pinned pages, and above them what happened: commits, compactions, migrations.
 *
 * What is drawn is the series of shared/view in the columns of time-steps.ts, as the time strip draws it: steps, never
 * slopes, and a band from least to most where ticks share a column.
 */
import { recordsOf } from '../../shared/columns/index.ts';
import { PAGES_PER_MIB } from '../../shared/units/index.ts';
import { nodeRows, OTHER_PAIRS } from '../../shared/view/index.ts';
import type { FullBand, PixelColumn } from '../../shared/view/time-steps.ts';
import { fullBand, pixelColumns, valueIn } from '../../shared/view/time-steps.ts';
import { eventText } from '../../shared/view/words/index.ts';
import type { GuestSeries, RunRecord, Series } from '../../shared/view/index.ts';
import type { WorldEvent } from '../../shared/model/event.ts';
import type { NodeColours, NodeMark } from './colour.ts';
import { h } from './markup.ts';
import type { Child, Element } from './markup.ts';
import { decimal, exactPages, niceStep, seconds, size } from '../../shared/view/number-format.ts';

const LEFT = 92;
const PLOT = 884;
const RIGHT = 124;
const WIDTH = LEFT + PLOT + RIGHT;
/** Of the figure's units: ticks that fall into one are drawn as a band. */
const COLUMN = 2;
const LAG1_HEIGHT = 34;
const LAG2_HEIGHT = 76;
const LANE = 16;
/** A stacked band is named where it is at least this high. */
const LABEL_UNITS = 13;

/** Guests that have something to show, in the order of the snapshot. */
export const guestsThatLagged = (series: Series): number[] =>
  series.guests.flatMap(({ lags: { stale, owed } }, g) => (peak(stale.most) + peak(owed.most) > 0 ? [g] : []));

export const peak = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);

interface TimeAxis {
  readonly first: number;
  readonly last: number;
  x(tick: number): number;
}

/** The figure for these guests; `record.series` has at least two points. */
export function convergenceFigure(record: RunRecord, guests: readonly number[], colours: NodeColours): Element {
  const { ticks } = record.series;
  const first = ticks[0]!;
  const last = ticks.at(-1)!;
  const axis: TimeAxis = { first, last, x: (tick) => LEFT + (PLOT * (tick - first)) / Math.max(1, last - first) };
  const lanes = eventLanes(record, axis);
  const panels: Child[] = [];
  let y = lanes.height + 12;
  for (const guest of guests) {
    const panel = guestPanel(record, guest, axis, colours, y);
    panels.push(panel.parts);
    y = panel.bottom + 18;
  }
  const bottom = y - 8;
  return h(
    'svg',
    { class: 'fig', viewBox: `0 0 ${WIDTH} ${bottom + 32}`, role: 'img', 'aria-label': 'Owed pages over time' },
    timeGrid(axis, record.tickMs, lanes.height, bottom),
    panels,
    lanes.parts,
  );
}

function timeGrid(axis: TimeAxis, tickMs: number, top: number, bottom: number): Child[] {
  const span = Math.max(1, axis.last - axis.first) * tickMs;
  const stepMs = niceStep(span / 1000, 8) * 1000;
  const parts: Child[] = [];
  for (let ms = Math.ceil((axis.first * tickMs) / stepMs) * stepMs; ms <= axis.last * tickMs + 1e-6; ms += stepMs) {
    const x = r(axis.x(ms / tickMs));
    parts.push(
      h('line', { x1: x, x2: x, y1: top, y2: bottom + 4, class: 'grid' }),
      h('text', { x, y: bottom + 17, class: 'mid soft' }, decimal(ms / 1000)),
    );
  }
  return [
    ...parts,
    h('line', { x1: LEFT, x2: LEFT + PLOT, y1: bottom, y2: bottom, class: 'axis crisp' }),
    h('text', { x: LEFT + PLOT, y: bottom + 30, class: 'end soft' }, 'simulated time, s'),
  ];
}

/** Three lanes above the panels, one per kind of event, so that signs of different kinds never cover each other. */
function eventLanes(record: RunRecord, axis: TimeAxis): { parts: Child; height: number } {
  const records = recordsOf(record.after);
  const commits = record.events.filter((event) => event.type === 'layoutCommitted');
  const { compactions, migrations } = records;
  const parts: Child[] = [];
  let y = 0;
  const lane = (name: string, drawn: Child[]): void => {
    if (drawn.length === 0) return;
    parts.push(h('text', { x: LEFT - 8, y: y + 12, class: 'end soft' }, name), drawn);
    y += LANE;
  };
  lane(
    'commits',
    commits.map((event) => commitSign(event, axis, y, record.tickMs)),
  );
  for (const [name, rows] of [
    ['compactions', compactions],
    ['migrations', migrations],
  ] as const) {
    lane(
      name,
      rows.map((row) => {
        const x = axis.x(Math.max(row.startTick, axis.first));
        const end = axis.x(Math.min(row.endTick ?? axis.last, axis.last));
        const label = `${row.vm}: ${row.phase}, ${seconds(row.startTick, record.tickMs)} to ${row.endTick === null ? 'now' : seconds(row.endTick, record.tickMs)}`;
        return h(
          'rect',
          { x: r(x), y: y + 4, width: r(Math.max(3, end - x)), height: 8, class: 'span' },
          h('title', {}, label),
        );
      }),
    );
  }
  return { parts, height: y + 2 };
}

const commitSign = (event: WorldEvent, axis: TimeAxis, y: number, tickMs: number): Element => {
  const x = axis.x(event.tick);
  return h(
    'path',
    { d: `M${r(x - 4)} ${y + 4}H${r(x + 4)}L${r(x)} ${y + 12}z`, class: 'sign' },
    h('title', {}, `${seconds(event.tick, tickMs)}: ${eventText(event)}`),
  );
};

function guestPanel(
  record: RunRecord,
  guest: number,
  axis: TimeAxis,
  colours: NodeColours,
  top: number,
): { parts: Child; bottom: number } {
  const series = record.series.guests[guest]!;
  const columns = columnsOf(record.series, axis);
  const [stale, owed, pinned] = [series.lags.stale, series.lags.owed, series.lags.pinned].map(fullBand) as [
    FullBand,
    FullBand,
    FullBand,
  ];
  const parts: Child[] = [h('text', { x: LEFT, y: top + 8, class: 'big' }, clipped(series.name))];
  let y = top + 16;
  const now = ({ last }: FullBand): string => size(last.at(-1)!);
  if (peak(stale.most) > 0) {
    const scale = panelScale(peak(stale.most), y, LAG1_HEIGHT);
    const line = stepLine(lastsOf(stale, columns), columns, scale);
    parts.push(
      valueAxis(scale),
      h('path', { d: `${line}V${r(scale.y(0))}H${LEFT}z`, class: 'lag1' }),
      bandPath(stale, columns, scale, 'lag1'),
      h('path', { d: line, class: 'lag1edge' }),
    );
    parts.push(sideLabel(y + 14, 'stale: H ≠ T', `now ${now(stale)}`));
    y += LAG1_HEIGHT + 16;
  }
  const top2 = Math.max(peak(owed.most), peak(pinned.most));
  if (top2 > 0) {
    const scale = panelScale(top2, y, LAG2_HEIGHT);
    parts.push(
      valueAxis(scale),
      stackedPairs(record, guest, columns, scale, colours),
      bandPath(owed, columns, scale, 'lag1'),
    );
    if (peak(pinned.most) > 0)
      parts.push(h('path', { d: stepLine(lastsOf(pinned, columns), columns, scale), class: 'pinned' }));
    const pinnedNow = peak(pinned.most) > 0 ? `pinned ${now(pinned)}` : '';
    parts.push(sideLabel(y + 14, 'owed: T ≠ A', `now ${now(owed)}`, pinnedNow));
    y += LAG2_HEIGHT + 8;
  }
  return { parts: [commitLines(record, series.name, axis, top + 12, y - 8), parts], bottom: y };
}

/** Where the guest's own commits fall, behind its curves. */
const commitLines = (record: RunRecord, vm: string, axis: TimeAxis, top: number, bottom: number): Child[] =>
  record.events
    .filter((event) => event.type === 'layoutCommitted' && event.vm === vm)
    .map(({ tick }) => r(axis.x(tick)))
    .map((x) => h('line', { x1: x, x2: x, y1: top, y2: bottom, class: 'event' }));

function stackedPairs(
  record: RunRecord,
  guest: number,
  columns: readonly PixelColumn[],
  scale: Scale,
  colours: NodeColours,
): Child[] {
  const series: GuestSeries = record.series.guests[guest]!;
  const parts: Child[] = [];
  const labels: Child[] = [];
  let below = columns.map(() => 0);
  for (const pair of series.pairs) {
    const pages = pair.lastPages ?? pair.owedPages;
    const own = columns.map(({ last }) => pages[last] ?? 0);
    const above = below.map((value, i) => value + own[i]!);
    const marks = pairMarks(record, guest, pair.from, pair.to, colours);
    const upper = stepLine(above, columns, scale);
    const lower = stepPoints(below, columns, scale).reverse();
    const title = h('title', {}, `${marks.label}: at most ${exactPages(peak(pair.owedPages))} owed`);
    parts.push(h('path', { d: `${upper}L${lower.join('L')}z`, class: `area ${marks.from.fill}` }, title));
    parts.push(h('path', { d: upper, class: `edge ${marks.to.stroke}` }));
    const at = own.indexOf(peak(own));
    if (scale.y(below[at]!) - scale.y(above[at]!) >= LABEL_UNITS) {
      const x = Math.min(columns[at]!.x + 6, LEFT + PLOT - 30);
      labels.push(
        h('text', { x: r(x), y: r((scale.y(below[at]!) + scale.y(above[at]!)) / 2 + 4), class: 'on' }, marks.label),
      );
    }
    below = above;
  }
  return [...parts, ...labels];
}

/** The marks of both nodes of a pair, as the guest's nodes stood at the end, and its name. */
export function pairMarks(
  record: RunRecord,
  guest: number,
  from: number,
  to: number,
  colours: NodeColours,
): { from: NodeMark; to: NodeMark; label: string } {
  if (from === OTHER_PAIRS) {
    const other: NodeMark = { fill: 'held', stroke: 'axis', label: 'others' };
    return { from: other, to: other, label: 'other pairs' };
  }
  const rows = nodeRows(record.after, guest);
  const mark = (nid: number): NodeMark =>
    colours.ofGuestNode(
      rows.find((row) => row.nid === nid),
      nid,
    );
  return { from: mark(from), to: mark(to), label: `${from}→${to}` };
}

/** A vertical axis from 0 to `topPages`, a whole number of `stepPages`, both round in MiB or GiB. */
interface Scale {
  readonly topPages: number;
  readonly stepPages: number;
  y(pages: number): number;
}

function panelScale(most: number, top: number, height: number): Scale {
  // Above 1000 MiB labels are in GiB, so the steps have to be round in GiB.
  const unitMib = most / PAGES_PER_MIB > 1000 ? 1024 : 1;
  const stepMib = unitMib * niceStep(most / PAGES_PER_MIB / unitMib, height >= LAG2_HEIGHT ? 3 : 1);
  const steps = Math.ceil(most / PAGES_PER_MIB / stepMib);
  const topPages = steps * stepMib * PAGES_PER_MIB;
  return { topPages, stepPages: stepMib * PAGES_PER_MIB, y: (pages) => top + height - (height * pages) / topPages };
}

function valueAxis(scale: Scale): Child[] {
  const parts: Child[] = [];
  for (let i = 0; i <= Math.round(scale.topPages / scale.stepPages); i++) {
    const pages = i * scale.stepPages;
    const y = r(scale.y(pages));
    parts.push(
      h('line', { x1: LEFT, x2: LEFT + PLOT, y1: y, y2: y, class: 'grid' }),
      h('text', { x: LEFT - 8, y: r(scale.y(pages) + 4), class: 'end soft' }, axisSize(pages)),
    );
  }
  return parts;
}

/** Axes of a few pages need a third decimal. */
const axisSize = (pages: number): string =>
  pages === 0 ? '0' : pages < 25 ? `${(pages / PAGES_PER_MIB).toFixed(3)} MiB` : size(pages);

const sideLabel = (y: number, ...lines: readonly string[]): Child[] =>
  lines
    .filter((line) => line !== '')
    .map((line, i) => h('text', { x: LEFT + PLOT + 10, y: y + i * 15, class: i === 0 ? '' : 'soft' }, line));

const clipped = (name: string): string => (name.length > 64 ? `${name.slice(0, 63)}…` : name);

/** The points of the series in the columns of the figure. */
const columnsOf = ({ ticks }: Series, axis: TimeAxis): readonly PixelColumn[] =>
  pixelColumns(
    { ticks, endTick: ticks.at(-1)!, unknown: null },
    { xOf: axis.x, pixel: COLUMN, fromTick: axis.first, toTick: axis.last },
  );

/** Each value holds to the end of its column; a step where the next is another. */
function stepPoints(values: readonly number[], columns: readonly PixelColumn[], scale: Scale): string[] {
  return values.flatMap((value, i) => {
    const { x, endX } = columns[i]!;
    const y = r(scale.y(value));
    const [begins, ends] = [value !== values[i - 1], value !== values[i + 1]];
    return [...(begins ? [`${r(x)} ${y}`] : []), ...(ends ? [`${r(endX)} ${y}`] : [])];
  });
}

const stepLine = (values: readonly number[], columns: readonly PixelColumn[], scale: Scale): string =>
  `M${stepPoints(values, columns, scale).join('L')}`;

const lastsOf = (band: FullBand, columns: readonly PixelColumn[]): number[] =>
  columns.map((column) => valueIn(band, column).last);

/** From the least to the most where ticks share a column: nothing is drawn between two ticks that was not. */
function bandPath(band: FullBand, columns: readonly PixelColumn[], scale: Scale, kind: string): Child[] {
  const d = columns.flatMap((column) => {
    const { least, most } = valueIn(band, column);
    const { x, endX } = column;
    return most > least ? [`M${r(x)} ${r(scale.y(most))}H${r(endX)}V${r(scale.y(least))}H${r(x)}z`] : [];
  });
  return d.length === 0 ? [] : [h('path', { d: d.join(''), class: kind })];
}

const r = (n: number): number => Math.round(n * 10) / 10;
