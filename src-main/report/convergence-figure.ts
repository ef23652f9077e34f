/**
 * How the guests converged: one time axis, a panel per guest with both lags (H against T; T against A stacked by node
 * pair, from = A, to = T) and the pinned pages, and above them what happened: commits, compactions, migrations.
 *
 * The curves are the series of shared/view, thinned to the figure's width by keeping the largest of each step.
 */
import { recordsOf } from '../../shared/columns/index.ts';
import { PAGES_PER_MIB } from '../../shared/units/index.ts';
import { nodeRows, OTHER_PAIRS } from '../../shared/view/index.ts';
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
const MAX_STEPS = 450;
const LAG1_HEIGHT = 34;
const LAG2_HEIGHT = 76;
const LANE = 16;
/** A stacked band is named where it is at least this high. */
const LABEL_UNITS = 13;

/** Guests that have something to show, in the order of the snapshot. */
export const guestsThatLagged = (series: Series): number[] =>
  series.guests.flatMap((guest, g) => (peak(guest.hostTargetPages) + peak(guest.targetActualPages) > 0 ? [g] : []));

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
  const steps = thinned(record.series.ticks);
  const parts: Child[] = [h('text', { x: LEFT, y: top + 8, class: 'big' }, clipped(series.name))];
  let y = top + 16;
  const now = (values: readonly number[]): string => size(values.at(-1)!);
  if (peak(series.hostTargetPages) > 0) {
    const scale = panelScale(peak(series.hostTargetPages), y, LAG1_HEIGHT);
    const line = curve(largest(series.hostTargetPages, steps), steps, record.series.ticks, axis, scale);
    parts.push(
      valueAxis(scale),
      h('path', { d: `${line}V${r(scale.y(0))}H${LEFT}z`, class: 'lag1' }),
      h('path', { d: line, class: 'lag1edge' }),
    );
    parts.push(sideLabel(y + 14, 'lag 1: H ≠ T', `now ${now(series.hostTargetPages)}`));
    y += LAG1_HEIGHT + 16;
  }
  const top2 = Math.max(peak(series.targetActualPages), peak(series.pinnedPages));
  if (top2 > 0) {
    const scale = panelScale(top2, y, LAG2_HEIGHT);
    parts.push(valueAxis(scale), stackedPairs(record, guest, steps, axis, scale, colours));
    if (peak(series.pinnedPages) > 0) {
      parts.push(
        h('path', {
          d: curve(largest(series.pinnedPages, steps), steps, record.series.ticks, axis, scale),
          class: 'pinned',
        }),
      );
    }
    parts.push(
      sideLabel(
        y + 14,
        'lag 2: T ≠ A',
        `now ${now(series.targetActualPages)}`,
        peak(series.pinnedPages) > 0 ? `pinned ${now(series.pinnedPages)}` : '',
      ),
    );
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
  steps: readonly number[],
  axis: TimeAxis,
  scale: Scale,
  colours: NodeColours,
): Child[] {
  const { ticks } = record.series;
  const series: GuestSeries = record.series.guests[guest]!;
  const parts: Child[] = [];
  const labels: Child[] = [];
  let below = steps.map(() => 0);
  for (const pair of series.pairs) {
    const own = largest(pair.owedPages, steps);
    const above = below.map((value, i) => value + own[i]!);
    const marks = pairMarks(record, guest, pair.from, pair.to, colours);
    const upper = curve(above, steps, ticks, axis, scale);
    const lower = points(below, steps, ticks, axis, scale).reverse();
    const title = h('title', {}, `${marks.label}: at most ${exactPages(peak(pair.owedPages))} owed`);
    parts.push(h('path', { d: `${upper}L${lower.join('L')}z`, class: `area ${marks.from.fill}` }, title));
    parts.push(h('path', { d: upper, class: `edge ${marks.to.stroke}` }));
    const at = own.indexOf(peak(own));
    if (scale.y(below[at]!) - scale.y(above[at]!) >= LABEL_UNITS) {
      const x = Math.min(axis.x(ticks[steps[at]!]!) + 6, LEFT + PLOT - 30);
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

/** Index of the first point of each step; the last point is a step of its own, unchanged. */
function thinned(ticks: readonly number[]): number[] {
  const n = ticks.length;
  if (n <= MAX_STEPS) return ticks.map((_, i) => i);
  const steps = Array.from({ length: MAX_STEPS }, (_, i) => Math.floor((i * (n - 1)) / MAX_STEPS));
  return [...steps, n - 1];
}

/** The largest value of each step. */
const largest = (values: readonly number[], steps: readonly number[]): number[] =>
  steps.map((from, i) => peak(values.slice(from, steps[i + 1] ?? values.length)));

function points(
  values: readonly number[],
  steps: readonly number[],
  ticks: readonly number[],
  axis: TimeAxis,
  scale: Scale,
): string[] {
  return values.flatMap((value, i) => {
    const flat = value === values[i - 1] && value === values[i + 1];
    return flat ? [] : [`${r(axis.x(ticks[steps[i]!]!))} ${r(scale.y(value))}`];
  });
}

const curve = (
  values: readonly number[],
  steps: readonly number[],
  ticks: readonly number[],
  axis: TimeAxis,
  scale: Scale,
): string => `M${points(values, steps, ticks, axis, scale).join('L')}`;

const r = (n: number): number => Math.round(n * 10) / 10;
