/**
 * The tables of a sweep as rows of cells, and as CSV and JSON Lines. They hold what was asked and what came of it and no
 * time, so that they are the same to the byte wherever and however often the sweep was interrupted.
 */
import { visibleJson } from '../../shared/errors/index.ts';
import { csv } from '../report/index.ts';
import { axisCell } from './axis.ts';
import type { WholeSweep } from './document.ts';
import { designAxes, edgeAxis } from './document.ts';
import type { PointSummary, SweepResults } from './results.ts';
import { metricOf } from './results.ts';
import type { Interval } from './statistics.ts';

type TableCell = number | string | boolean | null;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly TableCell[])[];
}

/** One row a run. */
export function runTable(sweep: WholeSweep, { rows }: SweepResults): Table {
  const halved = edgeAxis(sweep);
  const columns = [
    'point',
    ...(sweep.seeds === null ? [] : ['seed']),
    ...designAxes(sweep).map(({ name }) => name),
    ...(halved === null ? [] : ['probe', halved.name, 'edge verdict']),
    ...sweep.metrics.map(({ name }) => name),
    ...['status', 'reason', 'key'],
  ];
  return {
    columns,
    rows: rows.map((row) => [
      row.cell.point,
      ...(sweep.seeds === null ? [] : [row.cell.seed]),
      ...row.cell.values.map(axisCell),
      ...(row.probe === null
        ? []
        : [row.probe.n, row.probe.value, 'verdict' in row.result ? row.result.verdict : null]),
      ...sweep.metrics.map((_, m) => metricOf(row, m)),
      ...[row.result.status, row.result.reason, row.key],
    ]),
  };
}

const FIGURES = ['min', 'q05', 'q25', 'median', 'q75', 'q95', 'max', 'mean'] as const;
const INTERVALS = ['medianInterval', 'meanInterval'] as const;

/** One row a point and metric, over the seeds. */
export function pointTable(sweep: WholeSweep, points: readonly PointSummary[]): Table {
  const ends = (interval: Interval | null): TableCell[] => [interval?.low ?? null, interval?.high ?? null];
  const halved = edgeAxis(sweep);
  const columns = [
    'point',
    ...designAxes(sweep).map(({ name }) => name),
    ...['metric', 'n', ...FIGURES, 'median low', 'median high', 'mean low', 'mean high', 'confidence %'],
  ];
  const rows = points.flatMap(({ point, values, metrics, edge }) => {
    const named = [
      ...metrics.map((summary, m) => [sweep.metrics[m]!.name, summary] as const),
      ...(halved === null ? [] : [[`edge of ${halved.name}`, edge] as const]),
    ];
    return named.flatMap(([name, summary]) => {
      if (summary === null) return [];
      const intervals = INTERVALS.flatMap((which) => ends(summary[which]));
      return [
        [
          ...[point, ...values.map(axisCell), name, summary.n, ...FIGURES.map((figure) => summary[figure])],
          ...[...intervals, sweep.bootstrap.confidencePercent],
        ],
      ];
    });
  });
  return { columns, rows };
}

/** One row a point and seed where an edge was looked for. */
export function edgeTable(sweep: WholeSweep, { edges }: SweepResults): Table {
  const columns = [
    'point',
    ...(sweep.seeds === null ? [] : ['seed']),
    ...designAxes(sweep).map(({ name }) => name),
    ...['found', 'edge', 'near', 'far', 'verdict near', 'runs'],
  ];
  return {
    columns,
    rows: edges.map(({ cell, edge }) => [
      cell.point,
      ...(sweep.seeds === null ? [] : [cell.seed]),
      ...cell.values.map(axisCell),
      ...(edge === null
        ? [null, null, null, null, null, null]
        : edge.found
          ? [true, edge.value, edge.near, edge.far, edge.verdictAtFrom, edge.runs]
          : [false, null, null, null, edge.verdict, edge.runs]),
    ]),
  };
}

export const tableCsv = ({ columns, rows }: Table): string =>
  csv([columns, ...rows.map((row) => row.map((cell) => (typeof cell === 'boolean' ? String(cell) : cell)))]);

/** One object a line. */
export const tableJsonLines = ({ columns, rows }: Table): string =>
  rows
    .map((row) => `${visibleJson(JSON.stringify(Object.fromEntries(columns.map((column, i) => [column, row[i]]))))}\n`)
    .join('');
