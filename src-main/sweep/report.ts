/** The report of a sweep: what was asked, what came of it, figures, statistics by point, and the document itself. */
import { edgeText, sweepCountText } from '../../shared/view/words/index.ts';
import type { EdgeWords, SweepCounts } from '../../shared/view/words/index.ts';
import { count, plural } from '../../shared/view/number-format.ts';
import { h, name, number, page, STYLE, table, text, wide } from '../report/index.ts';
import type { Child, Element } from '../report/index.ts';
import { axisCell, gridCount, isRange } from './axis.ts';
import type { Axis } from './axis.ts';
import type { WholeSweep } from './document.ts';
import { designAxes, sweepText } from './document.ts';
import type { Figure } from './figures.ts';
import { numberText, SERIES_RULES } from './plot.ts';
import type { CellEdge, PointSummary, SweepResults, SweepRow } from './results.ts';
import type { Interval, Summary } from './statistics.ts';
import { verdictText } from './verdict.ts';

/** Rows of one table; all are in the files beside the report. */
const MAX_ROWS = 400;

export function sweepReport(
  sweep: WholeSweep,
  results: SweepResults,
  points: readonly PointSummary[],
  figures: readonly Figure[],
  version: string,
): string {
  const scenarioName = String(sweep.scenario['name']);
  const sections: readonly (readonly [string, string, Child])[] = [
    ['varied', 'What varies', variedSection(sweep)],
    ...(sweep.edge === null ? [] : ([['edges', 'Edges', edgeSection(sweep, results.edges)]] as const)),
    [
      'figures',
      'Figures',
      figures.length === 0
        ? h('p', {}, 'Nothing that was measured is a number at two points.')
        : figures.map(figureElement),
    ],
    ['points', 'By point', pointSection(sweep, points)],
    ['others', 'Runs without a result', otherSection(sweep, results.rows)],
    ['reproduce', 'Run it again', reproduceSection(sweep)],
  ];
  return page(`${scenarioName} · Pageshift sweep`, `${STYLE}${SERIES_RULES}\n`, [
    h(
      'main',
      {},
      h(
        'header',
        { class: 'front' },
        h('h1', {}, `${scenarioName}: a sweep`),
        results.isWhole
          ? null
          : h(
              'p',
              { class: 'banner bad' },
              'Not complete: some runs are missing, and every figure is of those that are there.',
            ),
        h('p', {}, `${sweepCountText(countsOf(results.rows))}. ${designText(sweep)}`),
        frontEdges(sweep, results.edges),
        h(
          'p',
          { class: 'soft' },
          `Simulated by Pageshift ${version}, not measured. `,
          h('a', { href: '#reproduce' }, 'The sweep is at the end'),
          ', so that anybody can run it again.',
        ),
      ),
      h(
        'nav',
        { 'aria-label': 'Sections' },
        sections.map(([id, title]) => h('a', { href: `#${id}` }, title)),
      ),
      sections.map(([id, title, content]) => h('section', { id }, h('h2', {}, title), content)),
    ),
  ]);
}

export function countsOf(rows: readonly SweepRow[]): SweepCounts {
  const of = (status: SweepRow['result']['status']): number =>
    rows.filter(({ result }) => result.status === status).length;
  return { runs: rows.length, done: of('done'), refused: of('refused'), lost: of('lost'), broken: of('brokenLaw') };
}

function designText({ latin, seeds, edge, bootstrap, job }: WholeSweep): string {
  const design =
    latin === null ? 'a grid' : `a Latin hypercube of ${plural(latin.points, 'point')}, seed ${latin.seed}`;
  const halving = edge === null ? '' : `, ${edge.axis} halved at each point`;
  const under =
    seeds === null ? "the scenario's own seed" : `the seeds ${seeds.first} to ${seeds.first + seeds.count - 1}`;
  return `The job ${job} over ${design}${halving}, under ${under}. Intervals hold their value in ${bootstrap.confidencePercent} of 100 cases: bootstrap of ${count(bootstrap.resamples)} resamples, seed ${bootstrap.seed}.`;
}

export const edgeWords = ({ edge: asked }: WholeSweep, { edge }: CellEdge): EdgeWords => ({
  axis: asked!.axis,
  verdict: verdictText(asked!),
  found: edge?.found === true ? edge : null,
  verdictAtFrom: edge === null ? null : edge.found ? edge.verdictAtFrom : edge.verdict,
  runs: edge?.runs ?? 0,
});

const MAX_FRONT_EDGES = 3;

const frontEdges = (sweep: WholeSweep, edges: readonly CellEdge[]): Child =>
  edges.length > MAX_FRONT_EDGES
    ? null
    : edges.map((each) => h('p', { class: 'verdict' }, edgeText(edgeWords(sweep, each))));

function axisText(axis: Axis): string {
  if (!isRange(axis)) return axis.values.map((value) => String(axisCell(value))).join(', ');
  const { from, to, step, log, whole } = axis;
  const steps = step === undefined ? '' : log === true ? `, each ${step} times the one before` : ` in steps of ${step}`;
  return `${from} to ${to}${steps}${log === true ? ', by ratio' : ''}${whole === true ? ', whole numbers' : ''}`;
}

function variedSection(sweep: WholeSweep): Child {
  const { vary, edge, metrics } = sweep;
  return [
    table({
      head: ['name', 'path', 'values', { n: 'in the grid' }],
      rows: vary.map((axis) => [
        name(axis.name),
        text(axis.path),
        wide(axisText(axis)),
        number(edge?.axis === axis.name ? 'halved' : sweep.latin === null ? gridCount(axis) : null),
      ]),
    }),
    table({
      caption: 'Measured',
      head: ['name', 'path', 'of several'],
      rows: metrics.map((metric) => [name(metric.name), text(metric.path), text(metric.of ?? '')]),
    }),
  ];
}

function edgeSection(sweep: WholeSweep, edges: readonly CellEdge[]): Child {
  const axes = designAxes(sweep);
  return [
    table({
      head: [...axes.map((axis) => axis.name), ...(sweep.seeds === null ? [] : [{ n: 'seed' }]), 'edge'],
      rows: edges
        .slice(0, MAX_ROWS)
        .map((each) => [
          ...each.cell.values.map(valueCell),
          ...(sweep.seeds === null ? [] : [number(String(each.cell.seed))]),
          wide(edgeText(edgeWords(sweep, each))),
        ]),
    }),
    leftOut(edges.length, 'edges.csv'),
  ];
}

const figureElement = ({ title, caption, element }: Figure): Element =>
  h('figure', { class: 'conv' }, h('h3', {}, title), h('figcaption', {}, caption), element);

const valueCell = (value: unknown): Element =>
  typeof value === 'number' ? number(numberText(value)) : wide(String(axisCell(value)));

function pointSection(sweep: WholeSweep, points: readonly PointSummary[]): Child {
  const axes = designAxes(sweep);
  const rows = points.flatMap(({ values, metrics, edge }) =>
    [...metrics.map((summary, m) => [sweep.metrics[m]!.name, summary] as const), ['edge', edge] as const].flatMap(
      ([metric, summary]) =>
        summary === null ? [] : [[...values.map(valueCell), name(metric), ...summaryCells(summary)]],
    ),
  );
  if (rows.length === 0) return h('p', {}, 'No run has a number.');
  return [
    table({
      head: [
        ...axes.map((axis) => axis.name),
        'metric',
        ...['n', 'median', 'its interval', 'mean', 'its interval', '5 %', '95 %'].map((n) => ({ n })),
      ],
      rows: rows.slice(0, MAX_ROWS),
    }),
    leftOut(rows.length, 'points.csv'),
  ];
}

const summaryCells = (summary: Summary): Element[] => [
  number(summary.n),
  number(numberText(summary.median)),
  number(intervalText(summary.medianInterval)),
  number(numberText(summary.mean)),
  number(intervalText(summary.meanInterval)),
  number(numberText(summary.q05)),
  number(numberText(summary.q95)),
];

const intervalText = (interval: Interval | null): string | null =>
  interval === null ? null : `${numberText(interval.low)} to ${numberText(interval.high)}`;

function otherSection(sweep: WholeSweep, rows: readonly SweepRow[]): Child {
  const others = rows.filter(({ result }) => result.status !== 'done');
  if (others.length === 0) return h('p', {}, 'Every run has one.');
  return [
    table({
      head: [...designAxes(sweep).map((axis) => axis.name), 'why'],
      rows: others
        .slice(0, MAX_ROWS)
        .map(({ cell, result }) => [...cell.values.map(valueCell), wide(result.reason ?? '')]),
    }),
    leftOut(others.length, 'table.csv'),
  ];
}

const leftOut = (rows: number, file: string): Child =>
  rows <= MAX_ROWS ? null : h('p', { class: 'soft' }, `The first ${MAX_ROWS} of ${count(rows)}; ${file} has all.`);

function reproduceSection(sweep: WholeSweep): Child {
  return [
    h(
      'p',
      {},
      'Keep this as NAME.sweep.json; then: ',
      h('code', {}, 'npm run --silent pageshift -- sweep NAME.sweep.json -o OUT'),
    ),
    h('details', { class: 'source' }, h('summary', {}, 'The sweep'), h('pre', {}, sweepText(sweep))),
  ];
}
