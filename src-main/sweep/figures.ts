/**
 * The figures of a sweep: how a metric depends on one axis, with the spread of the runs as a band; on two, as a table of
 * colours; two or three metrics against each other, with the front that no point beats.
 *
 * (a) A point of a curve is the median of all runs there; the band lies between their quantiles 5 % and 95 %. Runs are those
 *     under all seeds, and at all values of the axes that the figure does not show: its caption says which.
 * (b) Of a Latin hypercube each run is a dot, as no two share a value.
 * (c) At most MAX_METRICS metrics are drawn, and MAX_SERIES lines in one figure.
 */
import { HUES_LIGHT } from '../../shared/view/index.ts';
import { h, svgFile } from '../report/index.ts';
import type { Child, Element } from '../report/index.ts';
import { axisCell, isRange } from './axis.ts';
import type { WholeSweep } from './document.ts';
import { designAxes, edgeAxis } from './document.ts';
import { numberOf } from './metric.ts';
import { paretoFront } from './pareto.ts';
import { frame, line, nameScale, numberText, PLOT, scaleOf, SERIES_RULES, shortened } from './plot.ts';
import type { Scale } from './plot.ts';
import type { PointSummary, SweepResults } from './results.ts';
import { edgeValues, metricOf, numericMetrics } from './results.ts';
import { quantile } from './statistics.ts';

export interface Figure {
  /** Of its file, without the ending. */
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly element: Element;
}

const MAX_METRICS = 12;
const MAX_SERIES = Math.min(6, HUES_LIGHT.length);
/** Squares of a table of colours in one direction. */
const MAX_CELLS = 40;

/** One value of a run, or of an edge, at its point. */
interface Sample {
  readonly values: readonly unknown[];
  readonly number: number;
}

interface Measure {
  readonly name: string;
  readonly samples: readonly Sample[];
}

export function figuresOf(
  sweep: WholeSweep,
  results: SweepResults,
  points: readonly PointSummary[],
): readonly Figure[] {
  const axes = designAxes(sweep).map((axis, index) => ({
    name: axis.name,
    index,
    isLog: isRange(axis) && axis.log === true,
  }));
  const differing = axes.filter(
    ({ index }) => new Set(points.map(({ values }) => JSON.stringify(values[index]))).size > 1,
  );
  const measures = measuresOf(sweep, results);
  const [first, second] = [...differing].sort(
    (a, b) => Number(isNumeric(points, b.index)) - Number(isNumeric(points, a.index)),
  );
  const drawn = measures.flatMap((measure): Figure[] => {
    if (first === undefined) return [];
    if (sweep.latin !== null) return differing.slice(0, 4).map((axis) => scatter(measure, axis));
    const rest = differing.filter((axis) => axis !== first && axis !== second).map(({ name }) => name);
    return [
      curve(measure, first, second ?? null, rest),
      ...(second === undefined ? [] : [heat(measure, differing[0]!, differing[1]!, rest)]),
    ].filter((figure) => figure !== null);
  });
  const traded = pareto(sweep, points);
  return traded === null ? drawn : [...drawn, traded];
}

/** A figure as a file of its own. */
export const figureSvg = ({ element, title }: Figure): string => svgFile(element, title, SERIES_RULES, []);

interface ShownAxis {
  readonly name: string;
  readonly index: number;
  readonly isLog: boolean;
}

const isNumeric = (points: readonly PointSummary[], index: number): boolean =>
  points.every(({ values }) => typeof values[index] === 'number');

function measuresOf(sweep: WholeSweep, results: SweepResults): readonly Measure[] {
  const halved = edgeAxis(sweep);
  if (halved !== null) {
    const samples = results.edges.flatMap((each) =>
      edgeValues([each]).map((number) => ({ values: each.cell.values, number })),
    );
    return samples.length === 0 ? [] : [{ name: `edge of ${halved.name}`, samples }];
  }
  return numericMetrics(sweep, results)
    .slice(0, MAX_METRICS)
    .map((m) => ({
      name: sweep.metrics[m]!.name,
      samples: results.rows.flatMap((row) => {
        const number = numberOf(metricOf(row, m));
        return number === null ? [] : [{ values: row.cell.values, number }];
      }),
    }));
}

const valueText = (value: unknown): string => (typeof value === 'number' ? numberText(value) : String(axisCell(value)));

/** The different values of an axis: numbers in order, others as they come. */
function valuesIn(samples: readonly Sample[], axis: number): readonly unknown[] {
  const values = [...new Map(samples.map(({ values: all }) => [JSON.stringify(all[axis]), all[axis]])).values()];
  return values.every((value) => typeof value === 'number') ? (values as number[]).sort((a, b) => a - b) : values;
}

interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

function spreadOf(samples: readonly Sample[]): Spread {
  const sorted = Float64Array.from(samples, ({ number }) => number).sort();
  return { low: quantile(sorted, 0.05), median: quantile(sorted, 0.5), high: quantile(sorted, 0.95) };
}

const isAt = (axis: number, value: unknown) => {
  const text = JSON.stringify(value);
  return ({ values }: Sample): boolean => JSON.stringify(values[axis]) === text;
};

function xScale(values: readonly unknown[], axis: ShownAxis): { readonly scale: Scale; place(value: unknown): number } {
  const [from, to] = [PLOT.left, PLOT.width - PLOT.right];
  if (values.every((value) => typeof value === 'number')) {
    const scale = scaleOf(values as number[], from + 12, to - 12, axis.isLog);
    return { scale, place: (value) => scale.at(value as number) };
  }
  const names = values.map(valueText);
  const scale = nameScale(names, from, to);
  return { scale, place: (value) => scale.at(names.indexOf(valueText(value))) };
}

const yScale = (numbers: readonly number[]): Scale =>
  // From nothing on where it can be: a curve that seems steep should be.
  scaleOf(numbers.every((n) => n >= 0) ? [0, ...numbers] : numbers, PLOT.height - PLOT.bottom, PLOT.top, false);

function svg(label: string, children: Child, height: number = PLOT.height): Element {
  return h('svg', { class: 'fig', viewBox: `0 0 ${PLOT.width} ${height}`, role: 'img', 'aria-label': label }, children);
}

const fileName = (kind: string, name: string): string =>
  `${kind}-${name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}`;

const overRest = (rest: readonly string[]): string =>
  rest.length === 0 ? '' : `, over all values of ${rest.join(', ')}`;

function curve({ name, samples }: Measure, x: ShownAxis, by: ShownAxis | null, rest: readonly string[]): Figure | null {
  const xs = valuesIn(samples, x.index);
  if (xs.length < 2) return null;
  const all = by === null ? [null] : valuesIn(samples, by.index);
  const series = all.slice(0, MAX_SERIES).map((value) => {
    const own = by === null ? samples : samples.filter(isAt(by.index, value));
    return {
      name: by === null ? '' : `${by.name} ${valueText(value)}`,
      points: xs.flatMap((at) => {
        const there = own.filter(isAt(x.index, at));
        return there.length === 0 ? [] : [{ at, ...spreadOf(there) }];
      }),
    };
  });
  const isSpread = series.some(({ points }) => points.some(({ low, high }) => low !== high));
  const { scale, place } = xScale(xs, x);
  const y = yScale(series.flatMap(({ points }) => points.flatMap(({ low, high }) => [low, high])));
  const title = `${name} by ${x.name}${by === null ? '' : ` and ${by.name}`}`;
  const dropped = all.length > MAX_SERIES ? ` The first ${MAX_SERIES} of ${all.length} values of ${by!.name}.` : '';
  const caption = `${name}: the median of the runs at each value${overRest(rest)}${isSpread ? '; the band holds 90 % of them' : ''}.${dropped}`;
  const legendTop = PLOT.height + 4;
  const drawn = series.map(({ points, name: label }, i) => {
    const upper = points.map(({ at, high }) => [place(at), y.at(high)] as const);
    const lower = points.map(({ at, low }) => [place(at), y.at(low)] as const).reverse();
    return [
      isSpread ? h('path', { class: `f${i} tint`, d: `${line([...upper, ...lower])}Z` }) : null,
      h('path', { class: `s${i} edge`, d: line(points.map(({ at, median }) => [place(at), y.at(median)])) }),
      points.map(({ at, low, median, high }) =>
        h(
          'g',
          {},
          h('circle', { class: `f${i}`, cx: place(at), cy: y.at(median), r: 2.5 }),
          h(
            'title',
            {},
            `${x.name} ${valueText(at)}${label === '' ? '' : `, ${label}`}: ${numberText(median)} (${numberText(low)} to ${numberText(high)})`,
          ),
        ),
      ),
      by === null
        ? null
        : [
            h('rect', {
              class: `f${i}`,
              x: PLOT.left + (i % 3) * 250,
              y: legendTop + Math.floor(i / 3) * 18,
              width: 10,
              height: 10,
            }),
            h(
              'text',
              { x: PLOT.left + (i % 3) * 250 + 16, y: legendTop + 9 + Math.floor(i / 3) * 18 },
              shortened(label, 36),
            ),
          ],
    ];
  });
  const height = by === null ? PLOT.height : legendTop + 18 * Math.ceil(series.length / 3);
  return {
    name: fileName('curve', name),
    title,
    caption,
    element: svg(title, [frame(scale, y, x.name, name), drawn], height),
  };
}

function heat({ name, samples }: Measure, x: ShownAxis, y: ShownAxis, rest: readonly string[]): Figure | null {
  const xs = valuesIn(samples, x.index).slice(0, MAX_CELLS);
  const ys = valuesIn(samples, y.index).slice(0, MAX_CELLS);
  if (xs.length < 2 || ys.length < 2) return null;
  const medians = ys.map((yValue) => {
    const row = samples.filter(isAt(y.index, yValue));
    return xs.map((xValue) => {
      const there = row.filter(isAt(x.index, xValue));
      return there.length === 0 ? null : spreadOf(there).median;
    });
  });
  const known = medians.flat().filter((value) => value !== null);
  const low = known.reduce((a, b) => Math.min(a, b), Infinity);
  const high = known.reduce((a, b) => Math.max(a, b), -Infinity);
  const { left, right, width } = PLOT;
  const [cellWidth, cellHeight] = [(width - left - right) / xs.length, ys.length > 12 ? 18 : 28];
  const shade = (value: number): number => (high === low ? 0.5 : 0.06 + (0.74 * (value - low)) / (high - low));
  const title = `${name} by ${x.name} and ${y.name}`;
  const height = ys.length * cellHeight + 44;
  const base = ys.length * cellHeight + 4;
  const rows = ys.map((yValue, r) => {
    // The largest value above, as at an axis.
    const top = (ys.length - 1 - r) * cellHeight + 4;
    return [
      h('text', { x: left - 6, y: top + cellHeight / 2 + 4, class: 'soft end' }, shortened(valueText(yValue), 12)),
      xs.map((xValue, c) => {
        const value = medians[r]![c]!;
        if (value === null) return null;
        const at = left + c * cellWidth;
        return h(
          'g',
          {},
          h('rect', {
            class: 'f0 crisp',
            x: Math.round(at * 10) / 10,
            y: top,
            width: Math.round(cellWidth * 10) / 10,
            height: cellHeight,
            'fill-opacity': Number(shade(value).toFixed(3)),
          }),
          cellWidth >= 40
            ? h(
                'text',
                { x: Math.round((at + cellWidth / 2) * 10) / 10, y: top + cellHeight / 2 + 4, class: 'mid on' },
                numberText(value),
              )
            : null,
          h('title', {}, `${x.name} ${valueText(xValue)}, ${y.name} ${valueText(yValue)}: ${numberText(value)}`),
        );
      }),
    ];
  });
  const heads = xs.map((value, c) =>
    cellWidth >= 40 || c % Math.ceil(40 / cellWidth) === 0
      ? h(
          'text',
          { x: Math.round((left + (c + 0.5) * cellWidth) * 10) / 10, y: base + 14, class: 'soft mid' },
          shortened(valueText(value), 10),
        )
      : null,
  );
  const names = [
    h('text', { x: (left + width - right) / 2, y: base + 34, class: 'mid' }, x.name),
    h('text', { x: 12, y: base / 2, class: 'mid', transform: `rotate(-90 12 ${base / 2})` }, y.name),
  ];
  return {
    name: fileName('heat', name),
    title,
    caption: `${name}: the median of the runs at each pair of values${overRest(rest)}; the darker, the larger, from ${numberText(low)} to ${numberText(high)}.`,
    element: svg(title, [rows, heads, names], height),
  };
}

function scatter({ name, samples }: Measure, x: ShownAxis): Figure {
  const { scale, place } = xScale(valuesIn(samples, x.index), x);
  const y = yScale(samples.map(({ number }) => number));
  const title = `${name} by ${x.name}`;
  const dots = samples.map(({ values, number }) =>
    h(
      'g',
      {},
      h('circle', { class: 'f0 area', cx: place(values[x.index]), cy: y.at(number), r: 3 }),
      h('title', {}, `${x.name} ${valueText(values[x.index])}: ${numberText(number)}`),
    ),
  );
  return {
    name: fileName('dots', `${name} ${x.name}`),
    title,
    caption: `${name}: each run of the Latin hypercube is a dot.`,
    element: svg(title, [frame(scale, y, x.name, name), dots]),
  };
}

function pareto(sweep: WholeSweep, points: readonly PointSummary[]): Figure | null {
  const goals = sweep.pareto;
  if (goals.length < 2) return null;
  const columns = goals.map(({ metric }) => sweep.metrics.findIndex(({ name }) => name === metric));
  const rows = points.map(({ metrics }) => columns.map((m) => metrics[m]?.median ?? null));
  const front = paretoFront(rows, goals);
  const seen = points.flatMap(({ point, values }, i) => {
    const [a, b, c] = rows[i]!;
    return a == null || b == null ? [] : [{ point, values, a, b, c: c ?? null, isFront: front[i]! }];
  });
  if (seen.length === 0) return null;
  const [first, second, third] = goals;
  const { left, right, width } = PLOT;
  const x = scaleOf(
    seen.map(({ a }) => a),
    left + 12,
    width - right - 12,
    false,
  );
  const y = yScale(seen.map(({ b }) => b));
  const most = seen.reduce((max, { c }) => Math.max(max, c ?? 0), 0);
  const radius = (c: number | null): number =>
    c === null || most === 0 ? 3.5 : Number((2.5 + 7 * Math.sqrt(Math.max(0, c) / most)).toFixed(1));
  const axes = designAxes(sweep).map(({ name }) => name);
  const ordered = seen.filter(({ isFront }) => isFront).sort((p, q) => p.a - q.a || p.b - q.b);
  const dots = seen.map(({ values, a, b, c, isFront }) =>
    h(
      'g',
      {},
      h('circle', { class: isFront ? 'f1' : 'f0 tint', cx: x.at(a), cy: y.at(b), r: radius(c) }),
      h(
        'title',
        {},
        `${axes.map((name, i) => `${name} ${valueText(values[i])}`).join(', ')}: ${goals.map(({ metric }, g) => `${metric} ${numberText([a, b, c ?? 0][g]!)}`).join(', ')}`,
      ),
    ),
  );
  const joined =
    third === undefined
      ? h('path', { class: 's1 edge', d: line(ordered.map(({ a, b }) => [x.at(a), y.at(b)])) })
      : null;
  const title = `${goals.map(({ metric }) => metric).join(' against ')}`;
  return {
    name: 'pareto',
    title,
    caption: `Each point by its medians; the strong ones are the front: no other point is as good in ${goals.map(({ metric, best }) => `${metric} (${best === 'min' ? 'small' : 'large'})`).join(', ')} and better in one.${third === undefined ? '' : ` The larger the dot, the larger ${third.metric}.`}`,
    element: svg(title, [frame(x, y, first!.metric, second!.metric), joined, dots]),
  };
}
