import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from './codec.ts';
import { columnNames } from './schema.ts';
import type { TableName } from './schema.ts';
import { tableOf } from './table.ts';
import type { AnyTable, Column, Snapshot, Tables } from './table.ts';

const SEED = 20130502;

// Written out again, not taken from the table of columns.
const SPECS: Record<TableName, string> = {
  hostNodes: 'host32 nid16 totalPages32 freePages32 usedPages32 reservedPages32 poolFreePages32',
  pools: 'host32 nid16 framePages32 totalPages32 freePages32 usedPages32 reservedPages32',
  backing: 'guest32 start32 pages32 host32 hostNid16 frame32 copy8',
  guests:
    'guest32 host32 kernel32 nrPages32 validPages32 nrNodeIds16 dma:32StartPfn32 normalStartPfn32 crashed8 topologyGeneration32 ' +
    'layoutSeq32 commits32 hostTargetPages32 coalescedPages32 targetActualPages32 pinnedPages32 movedSweep64 movedFree64 ' +
    'movedDrain64 lookupHits64 lookupMisses64 allocs64 frees64 allocFailures64',
  vcpus: 'guest32 cpu16 nid16',
  distances: 'guest32 from16 to16 distance16',
  counters: 'guest32 counter16 value64',
  zones:
    'guest32 nid16 zone8 spanStartPfn32 spannedPages32 presentPages32 managedPages32 freePages32 pcpPages32 allocatedPages32 ' +
    'reservedPages32 wmarkMin32 wmarkLow32 wmarkHigh32 pcpBatch32 pcpHigh32 freeOrder0:32 freeOrder1:32 freeOrder2:32 ' +
    'freeOrder3:32 freeOrder4:32 freeOrder5:32 freeOrder6:32 freeOrder7:32 freeOrder8:32 freeOrder9:32 freeOrder10:32',
  nodes: 'guest32 nid16 online8 host-32 hostNid-32 presentPages32 nrZones8 marked32',
  stranded: 'guest32 from16 to16 pages32 pinned32 misplaced32',
  layout: 'guest32 start32 end32 nid16',
  owed: 'guest32 owner8 age8 pages32',
  blocks: 'guest32 block32 nid16 freePages16 usedPages16 pinnedPages16 owedPages16 owedPinnedPages16',
  migrations:
    'migration32 guest32 fromHost32 toHost32 phase8 startTick32 endTick-32 sentBytes64 downtimeMs64 downtimeLimitMs64 leastLimitMs64 bytesPerSec64',
  rounds: 'migration32 round32 startTick32 bytesToSend64 bytesSent64 dirtyBytes64',
  compactions: 'compaction32 guest32 phase8 startTick32 endTick-32 movedPages32 leftPages32',
  compactionNodes: 'compaction32 place16 nid16',
};

/** How many there are of what an index or a code counts; rows of these tables are numbered. */
const BELOW: Readonly<Record<string, number>> = {
  ...{ guest: 3, host: 2, fromHost: 2, toHost: 2, kernel: 1, copy: 2, crashed: 2, online: 2, zone: 3, owner: 6 },
  ...{ counter: 19, phase: 4, migration: 2, compaction: 2 },
};
const NUMBERED: Readonly<Partial<Record<TableName, number>>> = { guests: 3, migrations: 2, compactions: 2 };

const GUESTS = 3;

function table(name: TableName): fc.Arbitrary<AnyTable> {
  const columns = SPECS[name].split(' ').map((item) => {
    const [, column, bits] = /^([a-zA-Z]+(?:\d+:|:\d+[a-zA-Z]+)?)(-?\d+)$/.exec(item)!;
    return { name: column!.replace(':', ''), bits: Number(bits) };
  });
  const numbered = NUMBERED[name];
  return (numbered === undefined ? fc.nat({ max: 9 }) : fc.constant(numbered)).chain((rows) =>
    fc
      .tuple(...columns.map((spec, i) => column(spec.name, spec.bits, rows, numbered !== undefined && i === 0)))
      .map((arrays) => ({
        rows,
        columns: Object.fromEntries(arrays.map((array, i) => [columns[i]!.name, array])),
      })),
  );
}

const MAKE = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array, [-32]: Int32Array, 64: Float64Array } as const;

function column(name: string, bits: number, rows: number, isNumber: boolean): fc.Arbitrary<Column> {
  const make = MAKE[bits as keyof typeof MAKE];
  if (isNumber) return fc.constant(make.from(Array.from({ length: rows }, (_, i) => i)));
  const max = BELOW[name] === undefined ? 2 ** Math.min(32, bits) - 1 : BELOW[name] - 1;
  const value = bits < 0 ? fc.integer({ min: -1, max: 1 }) : bits === 64 ? fc.double({ noNaN: true }) : fc.nat({ max });
  return fc.array(value, { minLength: rows, maxLength: rows }).map((values) => make.from(values));
}

const tables = fc.record(
  Object.fromEntries((Object.keys(SPECS) as TableName[]).map((name) => [name, table(name)])),
) as unknown as fc.Arbitrary<Tables>;

const snapshots: fc.Arbitrary<Snapshot> = fc
  .record({
    name: fc.string({ unit: 'binary', maxLength: 60 }),
    seed: fc.nat(),
    tick: fc.nat(),
    tables,
  })
  .map(({ name, seed, tick, tables: drawn }) => ({
    header: {
      version: 3,
      level: 'blocks',
      tick,
      tickMs: 100,
      seed,
      chain: '0123456789abcdef',
      hosts: ['a', 'b'].map((host) => ({
        name: host,
        nids: [0, 8],
        cpus: [[0, 1], []],
        distances: [
          [10, 20],
          [20, 10],
        ],
      })),
      vms: Array.from({ length: GUESTS }, (_, i) => `${name}${i}`),
      kernels: [KERNEL],
    },
    tables: drawn,
  }));

const KERNEL: Snapshot['header']['kernels'][number] = {
  era: '3.10',
  defects: ['nrZonesAssign'],
  beyond: {
    topology: true,
    activePass: { pagesPerTick: 9, order: 'oldest' },
    consultTarget: false,
    commitStepTicks: 3,
    notify: true,
    shrinkSlabs: false,
    lookup: 'radix',
  },
};

const one = (): ArrayBuffer => encode(fc.sample(snapshots, { seed: SEED, numRuns: 1 })[0]!);
const slugOf = (buffer: ArrayBuffer): string => {
  const read = decode(buffer);
  expect(read.value === null).toBe(read.diagnostics.length > 0);
  return read.diagnostics[0]?.slug ?? 'none';
};

/** The same snapshot with its JSON changed; the length fields follow. */
function withJson(
  change: (top: { header: Record<string, unknown>; directory: Record<string, unknown>[] }) => unknown,
): ArrayBuffer {
  const buffer = one();
  const length = new DataView(buffer).getUint32(16, true);
  const top = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 24, length)));
  const text = JSON.stringify(change(top) ?? top);
  const body = new Uint8Array(buffer.slice(Math.ceil((24 + length) / 8) * 8));
  const start = Math.ceil((24 + text.length) / 8) * 8;
  const out = new Uint8Array(start + body.length);
  out.set(new Uint8Array(buffer, 0, 24));
  out.set(new TextEncoder().encode(text), 24);
  out.set(body, start);
  const view = new DataView(out.buffer);
  view.setFloat64(8, out.length, true);
  view.setUint32(16, text.length, true);
  return out.buffer;
}

describe('snapshot codec', () => {
  test(`round trip is exact and equal snapshots give equal bytes, seed ${SEED}`, () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        const bytes = encode(snapshot);
        const read = decode(bytes);
        expect(read.diagnostics).toEqual([]);
        expect(read.value).toEqual(snapshot);
        expect(new Uint8Array(encode(read.value!))).toEqual(new Uint8Array(bytes));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  test('what is not a snapshot, is of another version or is cut is refused by name', () => {
    expect(slugOf(new ArrayBuffer(0))).toBe('snapshot-not');
    expect(slugOf(new ArrayBuffer(4096))).toBe('snapshot-not');
    const newer = one();
    new DataView(newer).setUint32(4, 4, true);
    const older = one();
    new DataView(older).setUint32(4, 2, true);
    expect(slugOf(older)).toBe('snapshot-version');
    expect(slugOf(newer)).toBe('snapshot-version');
    expect(slugOf(one().slice(0, -8))).toBe('snapshot-truncated');
    const long = one();
    new DataView(long).setUint32(16, 0xfffffff0, true);
    expect(slugOf(long)).toBe('snapshot-bounds');
  });

  test('a damaged header or directory is refused by name', () => {
    expect(slugOf(withJson(() => []))).toBe('snapshot-header');
    expect(slugOf(withJson((top) => void (top.header['vms'] = 'none')))).toBe('snapshot-header');
    expect(slugOf(withJson((top) => void (top.header['tick'] = -1)))).toBe('snapshot-header');
    expect(slugOf(withJson((top) => void (top.header['hosts'] = [])))).toBe('snapshot-bounds');
    expect(slugOf(withJson((top) => void (top.header['vms'] as unknown[]).pop()))).toBe('snapshot-bounds');
    expect(slugOf(withJson((top) => void (top.header['kernels'] = [])))).toBe('snapshot-bounds');
    const kernelWith = (change: object): string =>
      slugOf(withJson((top) => void Object.assign((top.header['kernels'] as object[])[0]!, change)));
    expect(kernelWith({})).toBe('none');
    expect(kernelWith({ defects: [1] })).toBe('snapshot-header');
    expect(kernelWith({ beyond: {} })).toBe('snapshot-header');
    expect(kernelWith({ era: 6.1 })).toBe('snapshot-header');
    expect(slugOf(withJson((top) => void top.directory.pop()))).toBe('snapshot-directory');
    expect(slugOf(withJson((top) => void (top.directory[0]!['rows'] = 1e9)))).toBe('snapshot-bounds');
    expect(slugOf(withJson((top) => void (top.directory[0]!['rows'] = -1)))).toBe('snapshot-directory');
    expect(slugOf(withJson((top) => void (top.directory[1]!['columns'] = [])))).toBe('snapshot-directory');
    const nested = JSON.parse('['.repeat(20000) + ']'.repeat(20000)) as unknown;
    expect(slugOf(withJson((top) => void (top.header['seed'] = nested && 0.5)))).toBe('snapshot-header');
  });

  test.each([
    ['a guest that the header does not list', 'nodes', { guest: GUESTS }],
    ['a host that the header does not list', 'nodes', { host: 2 }],
    ['a phase that there is not', 'migrations', { phase: 5 }],
    ['a round of no migration', 'rounds', { migration: 2 }],
    ['a counter that there is not', 'counters', { counter: 999 }],
    ['a row of guests out of its place', 'guests', { guest: 1 }],
  ] as const)('%s is refused', (_, name, change) => {
    const snapshot = fc.sample(snapshots, { seed: SEED, numRuns: 1 })[0]!;
    const row = Object.fromEntries(columnNames(name).map((each) => [each, 0]));
    const rows = Array.from({ length: NUMBERED[name] ?? 1 }, (__, i) => ({ ...row, [columnNames(name)[0]!]: i }));
    const changed = (of: object): Snapshot => ({
      ...snapshot,
      tables: { ...snapshot.tables, [name]: tableOf(name, [{ ...rows[0]!, ...of }, ...rows.slice(1)] as never) },
    });
    expect(slugOf(encode(changed({})))).toBe('none');
    expect(slugOf(encode(changed(change)))).toBe('snapshot-bounds');
  });

  test('a value that does not fit its column is refused by who writes it', () => {
    expect(() => tableOf('vcpus', [{ guest: 0, cpu: 65_536, nid: 0 }])).toThrow('65536 does not fit the column cpu');
    expect(tableOf('vcpus', [{ guest: 70_000, cpu: 65_535, nid: 0 }]).columns.guest[0]).toBe(70_000);
  });

  test(`any change of bytes is read or refused, never thrown, seed ${SEED}`, () => {
    const good = one();
    const edits = fc.array(fc.tuple(fc.nat({ max: good.byteLength - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(edits, (list) => {
        const bytes = new Uint8Array(good.slice(0));
        for (const [at, value] of list) bytes[at] = value;
        slugOf(bytes.buffer);
      }),
      { seed: SEED, numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void slugOf(bytes.slice().buffer)),
      { seed: SEED },
    );
  });
});
