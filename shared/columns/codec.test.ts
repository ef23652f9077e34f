import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from './codec.ts';
import type { Column, Snapshot, Table, TableName } from './table.ts';

const SEED = 20130502;

// Written out again from the comment on `Snapshot`, not taken from the codec.
const TABLES: Record<TableName, string> = {
  hostNodes: 'host16 nid16 totalPages32 freePages32 usedPages32 reservedPages32',
  backing: 'guest16 start32 pages32 host16 hostNid16 frame32 copy8',
  cells:
    'guest16 nid16 zone8 spanStart32 spannedPages32 presentPages32 managedPages32 freePages32 pcpPages32 allocatedPages32 ' +
    'reservedPages32 wmarkMin32 wmarkLow32 wmarkHigh32 pcpBatch32 pcpHigh32 free0:32 free1:32 free2:32 free3:32 free4:32 ' +
    'free5:32 free6:32 free7:32 free8:32 free9:32 free10:32',
  nodes: 'guest16 nid16 online8 host-16 hostNid-16 presentPages32 nrZones8 marked32',
  stranded: 'guest16 from16 to16 pages32 pinned32 misplaced32',
  layout: 'guest16 start32 end32 nid16',
  owed: 'guest16 owner8 age8 pages32',
  blocks: 'guest16 block32 nid16 freePages16 usedPages16 pinnedPages16 owedPages16',
};

const GUESTS = 3;

function table(spec: string): fc.Arbitrary<Table> {
  const columns = spec.split(' ').map((item) => {
    const [, name, bits] = /^([a-zA-Z]+(?:\d+:)?)(-?\d+)$/.exec(item)!;
    return { name: name!.replace(':', ''), bits: Number(bits) };
  });
  return fc.nat({ max: 9 }).chain((rows) =>
    fc.tuple(...columns.map(({ name, bits }) => column(name, bits, rows))).map((arrays) => ({
      rows,
      columns: Object.fromEntries(arrays.map((array, i) => [columns[i]!.name, array])),
    })),
  );
}

function column(name: string, bits: number, rows: number): fc.Arbitrary<Column> {
  const top = 2 ** Math.abs(bits) - 1;
  const range = name === 'guest' ? { max: GUESTS - 1 } : name === 'host' ? { max: 1 } : { max: top };
  const make = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array, [-16]: Int16Array }[bits]!;
  return fc
    .array(bits < 0 ? fc.integer({ min: -1, max: 1 }) : fc.nat(range), { minLength: rows, maxLength: rows })
    .map((values) => make.from(values));
}

const snapshots: fc.Arbitrary<Snapshot> = fc
  .record({
    name: fc.string({ unit: 'binary', maxLength: 60 }),
    seed: fc.nat(),
    tick: fc.nat(),
    hostNodes: table(TABLES.hostNodes),
    backing: table(TABLES.backing),
    cells: table(TABLES.cells),
    nodes: table(TABLES.nodes),
    stranded: table(TABLES.stranded),
    layout: table(TABLES.layout),
    owed: table(TABLES.owed),
    blocks: table(TABLES.blocks),
  })
  .map(({ name, seed, tick, ...tables }) => ({
    header: {
      version: 2,
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
      guests: Array.from({ length: GUESTS }, (_, i) => guest(`${name}${i}`)),
      migrations: [
        {
          vm: name,
          fromHost: 'a',
          toHost: 'b',
          phase: 'running',
          startTick: 3,
          endTick: null,
          rounds: [{ startTick: 3, bytesToSend: 2 ** 40, bytesSent: 1.5, dirtyBytes: null }],
          sentBytes: 2 ** 40,
          downtimeMs: null,
          verdict: 'round 0',
        },
      ],
      compactions: [{ vm: name, phase: 'stalled', startTick: 0, endTick: 9, nodes: [1], movedPages: 5, leftPages: 0 }],
    },
    tables,
  }));

function guest(name: string): Snapshot['header']['guests'][number] {
  return {
    name,
    host: 1,
    nrPages: 64,
    validPages: 60,
    nrNodeIds: 2,
    cpuNode: [0, 1],
    distances: [
      [10, 20],
      [20, 10],
    ],
    zoneStartPfn: [0, 4096, 1048576],
    layoutSeq: 2,
    commits: 2,
    moved: { sweep: 1, free: 2, drain: 3 },
    lookups: { hit: 4, miss: 5 },
    lag: { hostTarget: 6, coalesced: 0, targetActual: 7, pinned: 8 },
    allocs: 9,
    frees: 10,
    allocFailures: 0,
    era: '3.10',
    defects: ['nrZonesAssign'],
    crashed: false,
    beyond: {
      topology: true,
      activePass: { pagesPerTick: 9, order: 'oldest' },
      consultTarget: false,
      commitStepTicks: 3,
      notify: true,
      shrinkSlabs: false,
      lookup: 'radix',
    },
    topologyGeneration: 1,
    counters: { relabelled: 11, lookupSteps: 12 },
  };
}

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
    new DataView(newer).setUint32(4, 3, true);
    expect(slugOf(newer)).toBe('snapshot-version');
    expect(slugOf(one().slice(0, -8))).toBe('snapshot-truncated');
    const long = one();
    new DataView(long).setUint32(16, 0xfffffff0, true);
    expect(slugOf(long)).toBe('snapshot-bounds');
  });

  test('a damaged header or directory is refused by name', () => {
    expect(slugOf(withJson(() => []))).toBe('snapshot-header');
    expect(slugOf(withJson((top) => void (top.header['guests'] = 'none')))).toBe('snapshot-header');
    expect(slugOf(withJson((top) => void (top.header['tick'] = -1)))).toBe('snapshot-header');
    expect(slugOf(withJson((top) => void (top.header['hosts'] = [])))).toBe('snapshot-header');
    const guestWith = (change: object): string =>
      slugOf(withJson((top) => void Object.assign((top.header['guests'] as object[])[0]!, change)));
    expect(guestWith({})).toBe('none');
    expect(guestWith({ counters: { relabelled: 0.5 } })).toBe('snapshot-header');
    expect(guestWith({ counters: [1] })).toBe('snapshot-header');
    expect(guestWith({ crashed: 1 })).toBe('snapshot-header');
    expect(guestWith({ defects: [1] })).toBe('snapshot-header');
    expect(guestWith({ beyond: {} })).toBe('snapshot-header');
    expect(slugOf(withJson((top) => void top.directory.pop()))).toBe('snapshot-directory');
    expect(slugOf(withJson((top) => void (top.directory[0]!['rows'] = 1e9)))).toBe('snapshot-bounds');
    expect(slugOf(withJson((top) => void (top.directory[0]!['rows'] = -1)))).toBe('snapshot-directory');
    expect(slugOf(withJson((top) => void (top.directory[1]!['columns'] = [])))).toBe('snapshot-directory');
    const nested = JSON.parse('['.repeat(20000) + ']'.repeat(20000)) as unknown;
    expect(slugOf(withJson((top) => void (top.header['seed'] = nested && 0.5)))).toBe('snapshot-header');
  });

  test('an index that the header does not list is refused', () => {
    const snapshot = fc.sample(snapshots, { seed: SEED, numRuns: 1 })[0]!;
    const nodes = {
      rows: 1,
      columns: {
        guest: Uint16Array.of(GUESTS),
        nid: Uint16Array.of(0),
        online: Uint8Array.of(1),
        host: Int16Array.of(-1),
        hostNid: Int16Array.of(-1),
        presentPages: Uint32Array.of(0),
        nrZones: Uint8Array.of(0),
        marked: Uint32Array.of(0),
      },
    };
    expect(slugOf(encode({ ...snapshot, tables: { ...snapshot.tables, nodes } }))).toBe('snapshot-bounds');
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
