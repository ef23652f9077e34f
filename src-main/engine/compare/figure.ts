/**
 * The figures of one guest that a comparison sets side by side, read off a snapshot. All of them are what the guest's
 * kernel believes, or what the tables count; none is made up here.
 */
import { guestsOf } from '../../../shared/columns/index.ts';
import type { ComparedFigure } from '../../../shared/model/comparison.ts';
import type { Snapshot, TableName } from '../../../shared/columns/index.ts';
import { numactlMbFromPages } from '../../../shared/units/index.ts';

const CELL_COUNTERS = ['presentPages', 'managedPages', 'freePages', 'wmarkMin', 'pcpBatch', 'pcpHigh'] as const;

/** Which figures the two tell apart, in the order in which they are told. The rest is shown and not judged. */
export const JUDGED = {
  /**
   * What the algorithm decides. Free and used pages of single zones are left out: what a workload allocates next follows
   * from where the last page came from, so they differ by chance wherever anything differs.
   */
  defects: [
    ...(['sizeMb', 'presentPages', 'nrZones', 'managedPages', 'misplaced', 'spannedPages', 'wmarkMin'] as const),
    ...(['pcpBatch', 'pcpHigh', 'marksSet', 'leakedPages', 'nodeLinks', 'movedSweep', 'layouts', 'crashed'] as const),
    ...(['straddles', 'flagsLost', 'lookupsRight', 'zonelistRebuilds'] as const),
  ],
  beyond: [
    ...(['convergedTick', 'strandedArea', 'stranded', 'remoteAllocs', 'lookups', 'lookupSteps', 'marksSet'] as const),
    ...(['commitTicks', 'commitAllocs', 'bornStranded', 'consulted', 'relabelled', 'passLooked'] as const),
    ...(['topologyGeneration', 'slabStranded', 'slabShrunk', 'tasksRemapped', 'staleMasks'] as const),
  ],
} as const;

function rows(snapshot: Snapshot, table: TableName, guest: number): Record<string, number>[] {
  const { columns, rows: count } = snapshot.tables[table];
  const out: Record<string, number>[] = [];
  for (let i = 0; i < count; i++) {
    if (columns['guest']![i] !== guest) continue;
    out.push(Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column[i]!])));
  }
  return out;
}

/** Of nodes, then of zones, then of the guest. */
export function figuresOf(snapshot: Snapshot, guest: number): ComparedFigure[] {
  const header = guestsOf(snapshot)[guest]!;
  const nodes = rows(snapshot, 'nodes', guest);
  const cells = rows(snapshot, 'cells', guest);
  const stranded = rows(snapshot, 'stranded', guest);
  const out: ComparedFigure[] = [];
  const put = (nid: number | null, zone: number | null, counter: string, value: number): void => {
    out.push({ nid, zone, counter, value });
  };
  for (const node of nodes) {
    const nid = node['nid']!;
    const free = sum(cells.filter((cell) => cell['nid'] === nid).map((cell) => cell['freePages']!));
    const out = stranded.filter((pair) => pair['from'] === nid);
    put(nid, null, 'sizeMb', numactlMbFromPages(node['presentPages']!));
    put(nid, null, 'freeMb', numactlMbFromPages(free));
    put(nid, null, 'presentPages', node['presentPages']!);
    put(nid, null, 'freePages', free);
    put(nid, null, 'nrZones', node['nrZones']!);
    put(nid, null, 'marked', node['marked']!);
    put(nid, null, 'stranded', sum(out.map((pair) => pair['pages']! + pair['pinned']!)));
    put(nid, null, 'misplaced', sum(out.map((pair) => pair['misplaced']!)));
  }
  for (const cell of cells) {
    for (const counter of CELL_COUNTERS) put(cell['nid']!, cell['zone']!, counter, cell[counter]!);
    put(cell['nid']!, cell['zone']!, 'spannedPages', cell['spannedPages']!);
  }
  const { moved, lookups, lag } = header;
  put(null, null, 'movedSweep', moved.sweep);
  put(null, null, 'movedFree', moved.free);
  put(null, null, 'movedDrain', moved.drain);
  put(null, null, 'lookups', lookups.hit + lookups.miss);
  put(null, null, 'lookupMisses', lookups.miss);
  put(null, null, 'stranded', lag.targetActual);
  put(null, null, 'pinned', lag.pinned);
  put(null, null, 'layouts', header.layoutSeq);
  put(null, null, 'crashed', header.crashed ? 1 : 0);
  put(null, null, 'topologyGeneration', header.topologyGeneration);
  put(null, null, 'allocs', header.allocs);
  put(null, null, 'allocFailures', header.allocFailures);
  for (const [counter, value] of Object.entries(header.counters)) put(null, null, counter, value);
  return out;
}

const sum = (list: readonly number[]): number => list.reduce((total, n) => total + n, 0);

export const figureKey = ({ nid, zone, counter }: Omit<ComparedFigure, 'value'>): string =>
  `${nid ?? ''}/${zone ?? ''}/${counter}`;

export class Figures {
  readonly #values: ReadonlyMap<string, number>;

  constructor(figures: readonly ComparedFigure[]) {
    this.#values = new Map(figures.map((figure) => [figureKey(figure), figure.value]));
  }

  /** 0 for a counter that the variant does not have. */
  at(nid: number | null, zone: number | null, counter: string): number {
    return this.#values.get(`${nid ?? ''}/${zone ?? ''}/${counter}`) ?? 0;
  }
}
