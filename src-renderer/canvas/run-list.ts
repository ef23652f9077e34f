/** The runs of a map as rows of a table: ranges in which neither H nor T changes, with A counted. */
import type { PfnRange } from '../../shared/units/index.ts';
import type { LaneIndex } from '../../shared/view/lane-index.ts';

export interface RunRow extends PfnRange {
  /** Null: a hole. */
  readonly host: { readonly host: number; readonly nid: number } | null;
  readonly target: number | null;
  readonly usedPages: number;
  readonly freePages: number;
  readonly pinnedPages: number;
  readonly owedPages: number;
}

export interface RunList {
  readonly rows: readonly RunRow[];
  /** Where the list was cut off; null: it is whole. */
  readonly cutAt: number | null;
}

/**
 * The runs that a window touches, whole, in address order.
 * A's figures are dealt out where a run parts a pageblock (see guestLanes); over all runs they add up.
 */
export function runRows(index: LaneIndex, window: PfnRange, most: number): RunList {
  const edges: number[] = [];
  let pfn = index.runAround(window.start).start;
  while (pfn < window.end && edges.length < most) {
    edges.push(pfn);
    pfn = index.runAround(pfn).end;
  }
  const lanes = index.counted(Float64Array.from([...edges, pfn]));
  const sum = (name: 'usedPages' | 'freePages' | 'pinnedPages' | 'owedPages', x: number): number =>
    lanes.actualBands.reduce((pages, band) => pages + band[name][x]!, 0);
  const rows = edges.map((start, x): RunRow => {
    const host = index.hostRunAt(start);
    return {
      start,
      end: edges[x + 1] ?? pfn,
      host: host === null ? null : { host: host.host, nid: host.nid },
      target: index.targetRunAt(start)?.nid ?? null,
      usedPages: sum('usedPages', x),
      freePages: sum('freePages', x),
      pinnedPages: sum('pinnedPages', x),
      owedPages: sum('owedPages', x),
    };
  });
  return { rows, cutAt: pfn < window.end ? pfn : null };
}
