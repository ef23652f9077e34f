/** Deltas of random snapshots: any two, whatever the order of their rows, and such as follow each other in a run. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encode } from './codec.ts';
import { applyDelta, decodeDelta, deltaOf, encodeDelta } from './delta.ts';
import type { TableName } from './schema.ts';
import type { AnyTable, Column, Snapshot, SnapshotHeader } from './table.ts';

const SEED = 20261125;

// Keys first; types as in the table of columns, which codec.test.ts has written out.
const TABLES: Record<TableName, readonly [keys: number, columns: string]> = {
  hostNodes: [2, 'host32 nid16 totalPages32 freePages32 usedPages32 reservedPages32 poolFreePages32'],
  pools: [3, 'host32 nid16 framePages32 totalPages32 freePages32 usedPages32 reservedPages32'],
  backing: [2, 'guest32 start32 pages32 host32 hostNid16 frame32 copy8'],
  guests: [1, 'guest32 host32 kernel32 crashed8 movedSweep64'],
  vcpus: [2, 'guest32 cpu16 nid16'],
  distances: [3, 'guest32 from16 to16 distance16'],
  counters: [2, 'guest32 counter16 value64'],
  zones: [3, 'guest32 nid16 zone8 spanStartPfn32 presentPages32 freePages32'],
  nodes: [2, 'guest32 nid16 online8 host-32 hostNid-32'],
  stranded: [3, 'guest32 from16 to16 pages32 pinned32 misplaced32'],
  layout: [2, 'guest32 start32 end32 nid16'],
  owed: [3, 'guest32 owner8 age8 pages32'],
  blocks: [3, 'guest32 block32 nid16 freePages16 usedPages16 pinnedPages16 owedPages16'],
  migrations: [1, 'migration32 guest32 endTick-32 sentBytes64'],
  rounds: [2, 'migration32 round32 bytesSent64'],
  compactions: [1, 'compaction32 guest32 phase8'],
  compactionNodes: [2, 'compaction32 place16 nid16'],
};
const MAKE: Record<string, (values: readonly number[]) => Column> = {
  8: (v) => Uint8Array.from(v),
  16: (v) => Uint16Array.from(v),
  32: (v) => Uint32Array.from(v),
  64: (v) => Float64Array.from(v),
  '-32': (v) => Int32Array.from(v),
};

type Row = readonly number[];

function tableOf(name: TableName, rows: readonly Row[]): AnyTable {
  const columns = TABLES[name][1].split(' ').map((item, i) => {
    const [, column, bits] = /^([a-zA-Z]+)(-?\d+)$/.exec(item)!;
    return [column!, MAKE[bits!]!(rows.map((row) => row[i]!))] as const;
  });
  return { rows: rows.length, columns: Object.fromEntries(columns) };
}

const width = (name: TableName): number => TABLES[name][1].split(' ').length;
const rowOf = (name: TableName): fc.Arbitrary<Row> =>
  fc.array(fc.nat({ max: 3 }), { minLength: width(name), maxLength: width(name) });
const names = Object.keys(TABLES) as TableName[];

const header = fc.record({
  version: fc.constant(3 as const),
  level: fc.constantFrom('accounts' as const, 'blocks' as const),
  tick: fc.nat(),
  tickMs: fc.constant(100),
  seed: fc.nat({ max: 3 }),
  chain: fc.string({ unit: 'binary', maxLength: 16 }),
  hosts: fc.array(fc.record({ name: fc.string(), nids: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }) }), {
    maxLength: 2,
  }),
  vms: fc.array(fc.string(), { maxLength: 3 }),
  kernels: fc.array(fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.option(fc.nat({ max: 2 }))), {
    maxLength: 3,
  }),
}) as unknown as fc.Arbitrary<SnapshotHeader>;

const rowsOf = fc.record(
  Object.fromEntries(names.map((name) => [name, fc.array(rowOf(name), { maxLength: 12 })])) as Record<
    TableName,
    fc.Arbitrary<Row[]>
  >,
);

const snapshotOf = (head: SnapshotHeader, rows: Record<TableName, readonly Row[]>): Snapshot => ({
  header: head,
  tables: Object.fromEntries(names.map((name) => [name, tableOf(name, rows[name])])) as unknown as Snapshot['tables'],
});

const snapshots = fc.tuple(header, rowsOf).map(([head, rows]) => snapshotOf(head, rows));

const bytesOf = (snapshot: Snapshot): Uint8Array => new Uint8Array(encode(snapshot));

function expectRoundTrip(previous: Snapshot, next: Snapshot): void {
  const delta = deltaOf(previous, next);
  const read = decodeDelta(encodeDelta(delta));
  expect(read).toEqual(delta);
  const back = applyDelta(previous, read);
  expect(back).toEqual(next);
  expect(bytesOf(back)).toEqual(bytesOf(next));
}

describe('a delta', () => {
  test(`makes one of any two snapshots of the other, seed ${SEED}`, () => {
    fc.assert(fc.property(snapshots, snapshots, expectRoundTrip), { seed: SEED, numRuns: 300 });
  });

  test(`follows rows that change, go and come in a sorted table, seed ${SEED}`, () => {
    const change = fc.constantFrom('keep', 'keep', 'keep', 'change', 'drop', 'insert');
    fc.assert(
      fc.property(header, fc.array(change, { maxLength: 3000 }), (head, changes) => {
        const rows = (of: 'previous' | 'next'): Row[] =>
          changes.flatMap((what, i): Row[] => {
            if (what === (of === 'previous' ? 'insert' : 'drop')) return [];
            return [[0, i, 0, what === 'change' && of === 'next' ? 9 : 1, 2, 3, 4]];
          });
        const none = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<TableName, Row[]>;
        const previous = snapshotOf(head, { ...none, blocks: rows('previous') });
        const next = snapshotOf(head, { ...none, blocks: rows('next') });
        expectRoundTrip(previous, next);
        const put = changes.filter((what) => what === 'change' || what === 'insert').length;
        expect(deltaOf(previous, next).tables.blocks?.put['nid']?.length ?? 0).toBe(put);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  test('of what is equal is empty, and its tables are the same ones', () => {
    const [one] = fc.sample(snapshots, { seed: SEED, numRuns: 1 });
    const other = structuredClone(one!);
    const delta = deltaOf(one!, other);
    expect(delta).toEqual({ header: null, tables: {} });
    expect(applyDelta(one!, delta).tables.zones).toBe(one!.tables.zones);
  });

  test('of a table with other columns is the whole table', () => {
    const [one] = fc.sample(snapshots, { seed: SEED, numRuns: 1 });
    const layout = { rows: 2, columns: { other: Float64Array.of(1, -0) } };
    const next = { ...one!, tables: { ...one!.tables, layout } } as unknown as Snapshot;
    expect(applyDelta(one!, deltaOf(one!, next))).toEqual(next);
  });

  test('that was cut is thrown', () => {
    const [one, other] = fc.sample(snapshots, { seed: SEED, numRuns: 2 });
    const bytes = encodeDelta(deltaOf(one!, other!));
    expect(() => decodeDelta(bytes.subarray(0, bytes.length - 8))).toThrow(RangeError);
  });
});
