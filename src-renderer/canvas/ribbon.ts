/**
 * A layout as one strip over the whole address axis: for each pixel column, how many of its pages each node has. A column
 * that covers many pages shows their proportions; one that covers part of a page shows that page.
 */
import type { LaneColumns } from './lane-column.ts';

export interface RibbonRun {
  readonly start: number;
  readonly end: number;
  readonly nid: number;
}

export interface Ribbon {
  /** In order of node. */
  readonly bands: readonly { readonly nid: number; readonly pages: Float64Array }[];
  readonly columns: LaneColumns;
}

/** @param runs ascending and disjoint, below nrPages or cut there; what they do not cover stays empty */
export function ribbonOf(runs: readonly RibbonRun[], nrPages: number, columns: number): Ribbon {
  const perColumn = nrPages / columns;
  const byNid = new Map<number, Float64Array>();
  for (const { start, end: stop, nid } of runs) {
    const end = Math.min(stop, nrPages);
    if (start >= end) continue;
    let pages = byNid.get(nid);
    if (pages === undefined) byNid.set(nid, (pages = new Float64Array(columns)));
    const [first, last] = [Math.floor(start / perColumn), Math.min(columns - 1, Math.ceil(end / perColumn) - 1)];
    for (let x = first; x <= last; x++) {
      pages[x] = pages[x]! + Math.min(end, (x + 1) * perColumn) - Math.max(start, x * perColumn);
    }
  }
  const widths = new Float64Array(columns).fill(perColumn);
  const columnOf = Int32Array.from({ length: columns + 1 }, (_, i) => i - 1);
  return {
    bands: [...byNid].sort(([a], [b]) => a - b).map(([nid, pages]) => ({ nid, pages: whole(pages, perColumn) })),
    columns: { lanes: EMPTY_LANES, widths, columnOf, exact: false },
  };
}

/** Sums of parts that differ from all of a column by rounding alone are all of it. */
const whole = (pages: Float64Array, perColumn: number): Float64Array =>
  pages.map((n) => (Math.abs(n - perColumn) < perColumn * 1e-9 ? perColumn : n));

const EMPTY_LANES: LaneColumns['lanes'] = {
  ...{ guest: 0, fromPfn: 0, toPfn: 0, columns: 0, edges: new Float64Array(1) },
  ...{ hostBands: [], targetBands: [], actualBands: [], owedPages: new Float64Array(0) },
};
