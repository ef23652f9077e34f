/**
 * The figures of one guest that a comparison sets side by side, read from a snapshot: counters of the guest's kernel,
 * or counts of the tables.
 */
import { columnNames, columnSpec, guestsOf, rowAt, rowsOf } from '../../../shared/columns/index.ts';
import type { ComparedFigure } from '../../../shared/model/comparison.ts';
import type { ColumnName, GuestTable, Row, Snapshot, Table, TableName } from '../../../shared/columns/index.ts';
import { numactlMbFromPages } from '../../../shared/units/index.ts';

/** The figures by which a comparison judges two variants, in the order of its list. Others are only shown. */
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

function rows<T extends GuestTable>(snapshot: Snapshot, table: T, guest: number): Row<T>[] {
  const [first, end] = rowsOf(snapshot, table, guest);
  const all = snapshot.tables[table] as Table<T>;
  return Array.from({ length: end - first }, (_, i) => rowAt(table, all, first + i));
}

const compared = <T extends TableName>(table: T): ColumnName<T>[] =>
  columnNames(table).filter((name) => columnSpec(table, name).compared);

/** Of nodes, then of zones, then of the guest: the columns that the table of columns says, and what comes of several. */
export function figuresOf(snapshot: Snapshot, guest: number): ComparedFigure[] {
  const [own] = rows(snapshot, 'guests', guest) as [Row<'guests'>];
  const zones = rows(snapshot, 'zones', guest);
  const stranded = rows(snapshot, 'stranded', guest);
  const out: ComparedFigure[] = [];
  const put = (nid: number | null, zone: number | null, counter: string, value: number): void => {
    out.push({ nid, zone, counter, value });
  };
  for (const node of rows(snapshot, 'nodes', guest)) {
    const { nid } = node;
    const free = sum(zones.filter((zone) => zone.nid === nid).map((zone) => zone.freePages));
    const owed = stranded.filter((pair) => pair.from === nid);
    put(nid, null, 'sizeMb', numactlMbFromPages(node.presentPages));
    put(nid, null, 'freeMb', numactlMbFromPages(free));
    put(nid, null, 'freePages', free);
    for (const name of compared('nodes')) put(nid, null, name, node[name]);
    put(nid, null, 'stranded', sum(owed.map((pair) => pair.pages + pair.pinned)));
    put(nid, null, 'misplaced', sum(owed.map((pair) => pair.misplaced)));
  }
  for (const zone of zones) for (const name of compared('zones')) put(zone.nid, zone.zone, name, zone[name]);
  put(null, null, 'lookups', own.lookupHits + own.lookupMisses);
  put(null, null, 'stranded', own.targetActualPages);
  put(null, null, 'pinned', own.pinnedPages);
  put(null, null, 'layouts', own.layoutSeq);
  for (const name of compared('guests')) put(null, null, name, own[name]);
  for (const [counter, value] of Object.entries(guestsOf(snapshot)[guest]!.counters)) put(null, null, counter, value);
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
