/**
 * What a sweep has found: one row a job, in the order of job-list.ts, and one edge a point and seed where one was looked for.
 */
import type { Edge } from './bisect.ts';
import type { WholeSweep } from './document.ts';
import type { SweepCell } from './job-list.ts';
import type { MetricValue } from './metric.ts';
import { numberOf } from './metric.ts';
import type { PointResult } from './point-input.ts';
import type { Summary } from './statistics.ts';
import { summarise } from './statistics.ts';

export interface SweepRow {
  readonly cell: SweepCell;
  /** Where an edge is looked for: which question, from 0, and the value that was asked about. */
  readonly probe: { readonly n: number; readonly value: number } | null;
  readonly key: string;
  /** lost: what ran it ended, twice. It says nothing of the point. */
  readonly result: PointResult | { readonly status: 'lost'; readonly reason: string };
}

export interface CellEdge {
  readonly cell: SweepCell;
  /** Null: the answer of a probe is missing, so the edge is not known. */
  readonly edge: Edge | null;
}

export interface SweepResults {
  readonly rows: readonly SweepRow[];
  readonly edges: readonly CellEdge[];
  /** All jobs have run. */
  readonly isWhole: boolean;
}

/** The value of a metric in a row; null where there is none. */
export const metricOf = ({ result }: SweepRow, metric: number): MetricValue =>
  'values' in result ? (result.values[metric] ?? null) : null;

/** What one point came to, over its seeds. */
export interface PointSummary {
  readonly point: number;
  readonly values: readonly unknown[];
  readonly runs: number;
  /** Those that have a result. */
  readonly done: number;
  /** In the order of the metrics; null where no run has a number there. */
  readonly metrics: readonly (Summary | null)[];
  /** Of the edge; null without one. */
  readonly edge: Summary | null;
}

/** By point. Where an edge is looked for, its probes differ between seeds, so only the edge itself is summarised. */
export function pointSummaries(sweep: WholeSweep, results: SweepResults): readonly PointSummary[] {
  const rows = Map.groupBy(results.rows, ({ cell }) => cell.point);
  const edges = Map.groupBy(results.edges, ({ cell }) => cell.point);
  return [...rows].map(([point, own]) => ({
    point,
    values: own[0]!.cell.values,
    runs: own.length,
    done: own.filter(({ result }) => result.status === 'done').length,
    metrics: sweep.metrics.map(({ name }, m) =>
      sweep.edge === null ? summarise(numbersOf(own, m), sweep.bootstrap, `${name} of point ${point}`) : null,
    ),
    edge: summarise(edgeValues(edges.get(point) ?? []), sweep.bootstrap, `edge of point ${point}`),
  }));
}

const numbersOf = (rows: readonly SweepRow[], metric: number): number[] =>
  rows.map((row) => numberOf(metricOf(row, metric))).filter((value) => value !== null);

export const edgeValues = (edges: readonly CellEdge[]): number[] =>
  edges.flatMap(({ edge }) => (edge?.found === true ? [edge.value] : []));

/** Metrics that some row has a number or a truth value of: what can be drawn and summarised. */
export const numericMetrics = (sweep: WholeSweep, { rows }: SweepResults): readonly number[] =>
  sweep.metrics.flatMap((_, m) => (rows.some((row) => numberOf(metricOf(row, m)) !== null) ? [m] : []));
