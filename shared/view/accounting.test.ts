import { describe, expect, test } from 'vitest';
import { decode, encode } from '../columns/index.ts';
import { guestAccounting, numactlHardware } from './accounting.ts';
import type { NodeRow } from './accounting.ts';
import { randomGuest, snapshotOf } from './fixture/page-model.ts';
import type { ModelGuest, Page } from './fixture/page-model.ts';
import { hostMatrix } from './host.ts';
import { idList } from './id-list.ts';
import { guestLanes } from './lane.ts';
import { runDocument } from './run-document.ts';
import { SeriesRecorder } from './series.ts';

const HOST = {
  name: 'r740',
  nodes: [0, 1].map((nid) => ({ nid, cpus: [nid], totalPages: 1 << 20, reservedPages: 1000 })),
};

/** The RFC's guest after its three commands: 128 MB striped over nodes 0 to 2 in 128 pages, node 3 online and empty. */
function rfcGuest(): ModelGuest {
  const pages = Array.from({ length: 32768 }, (_, pfn): Page => {
    const nid = Math.floor(pfn / 128) % 3;
    return { state: 'free', host: 0, hostNid: 0, target: nid, actual: nid };
  });
  return {
    name: 'rfc',
    host: 0,
    nrNodeIds: 6,
    cpuNode: [0, 1],
    zoneStartPfn: [0, 4096, 1 << 20],
    standsFor: [{ host: 0, nid: 0 }, null, null, null, null, null],
    online: [true, true, true, true, false, false],
    pages,
  };
}

/** Recorded in real guests (numactl 2.0.16 under QEMU 7.2). */
const PRINTED: Record<string, string> = {
  '02-two-nodes-equal': [
    'available: 2 nodes (0-1)',
    'node 0 cpus: 0 1',
    'node 0 size: 974 MB',
    'node 0 free: 923 MB',
    'node 1 cpus: 2 3',
    'node 1 size: 1006 MB',
    'node 1 free: 988 MB',
    'node distances:',
    'node   0   1 ',
    '  0:  10  20 ',
    '  1:  20  10 ',
    '',
  ].join('\n'),
  '12-cpuless-node': [
    'available: 3 nodes (0-2)',
    'node 0 cpus: 0 1',
    'node 0 size: 1006 MB',
    'node 0 free: 982 MB',
    'node 1 cpus: 2 3',
    'node 1 size: 975 MB',
    'node 1 free: 928 MB',
    'node 2 cpus:',
    'node 2 size: 502 MB',
    'node 2 free: 492 MB',
    'node distances:',
    'node   0   1   2 ',
    '  0:  10  20  30 ',
    '  1:  20  10  40 ',
    '  2:  30  40  10 ',
    '',
  ].join('\n'),
  '13-four-nodes-custom-distances': [
    'available: 4 nodes (0-3)',
    'node 0 cpus: 0 1',
    'node 0 size: 502 MB',
    'node 0 free: 490 MB',
    'node 1 cpus: 2 3',
    'node 1 size: 503 MB',
    'node 1 free: 488 MB',
    'node 2 cpus: 4 5',
    'node 2 size: 471 MB',
    'node 2 free: 425 MB',
    'node 3 cpus: 6 7',
    'node 3 size: 502 MB',
    'node 3 free: 488 MB',
    'node distances:',
    'node   0   1   2   3 ',
    '  0:  10  16  22  16 ',
    '  1:  16  10  16  22 ',
    '  2:  22  16  10  16 ',
    '  3:  16  22  16  10 ',
    '',
  ].join('\n'),
};

const rowLike = (nid: number, sizeMib: number, freeMib: number): NodeRow => ({
  nid,
  online: true,
  standsFor: null,
  ...{ nodePresentPages: 0, nrZones: 0, markedPages: 0 },
  sizeMib,
  freeMib,
  spannedPages: 0,
  presentPages: 0,
  managedPages: 0,
  freePages: 0,
  pcpPages: 0,
  allocatedPages: 0,
  reservedPages: 0,
  zones: [],
});

describe('guest accounting', () => {
  test('the RFC guest has sizes 43, 42, 42, 0 MB, and its possible nodes 4 and 5 do not appear', () => {
    const snapshot = snapshotOf({ tick: 9, hosts: [HOST], guests: [rfcGuest()] });
    const { nodes, numactlText } = guestAccounting(snapshot, 0);
    // Vector T4 of src-main/simtest/vectors.ts.
    expect(nodes.map((node) => node.presentPages)).toEqual([11008, 10880, 10880, 0, 0, 0]);
    expect(nodes[0]!.zones.map((zone) => [zone.zoneName, zone.presentPages, zone.freeBlocks[7]])).toEqual([
      ['DMA', 1408, 11],
      ['DMA32', 9600, 75],
    ]);
    expect(numactlText).toBe(
      [
        'available: 4 nodes (0-3)',
        'node 0 cpus: 0',
        'node 0 size: 43 MB',
        'node 0 free: 43 MB',
        'node 1 cpus: 1',
        'node 1 size: 42 MB',
        'node 1 free: 42 MB',
        'node 2 cpus:',
        'node 2 size: 42 MB',
        'node 2 free: 42 MB',
        'node 3 cpus:',
        'node 3 size: 0 MB',
        'node 3 free: 0 MB',
        'node distances:',
        'node   0   1   2   3 ',
        '  0:  10  20  20  20 ',
        '  1:  20  10  20  20 ',
        '  2:  20  20  10  20 ',
        '  3:  20  20  20  10 ',
        '',
      ].join('\n'),
    );
    const recorder = new SeriesRecorder();
    recorder.add(snapshot);
    const document = runDocument({
      scenarioName: 'rfc',
      description: '',
      assumed: [],
      seed: 7,
      tickMs: 100,
      inputs: { links: [], guests: [] },
      before: snapshot,
      after: snapshot,
      series: recorder.series(),
      events: [],
      commands: [],
      laws: { checked: 1, guestsChecked: 0, broken: [] },
      ending: 'settled',
      hash: '0'.repeat(16),
      chain: '0'.repeat(16),
      sourceText: '{}',
      version: '0.1.0',
    });
    expect(document.guests[0]!.nodes.map((node) => [node.nid, node.sizeMiB])).toEqual([
      [0, 43],
      [1, 42],
      [2, 42],
      [3, 0],
    ]);
    expect(document.guests[0]!.host).toBe('r740');
    expect(document.converged).toBe(true);
  });

  test('a kernel that lost a zone prints the size it believes, beside the cells that say otherwise', () => {
    const snapshot = snapshotOf({ tick: 9, hosts: [HOST], guests: [rfcGuest()] });
    snapshot.tables.nodes.columns.presentPages[1] = 1408;
    snapshot.tables.nodes.columns.nrZones[1] = 1;
    const { nodes, numactlText } = guestAccounting(snapshot, 0);
    expect(numactlText).toContain('node 1 size: 5 MB\n');
    expect(nodes[1]).toMatchObject({ nodePresentPages: 1408, presentPages: 10_880, nrZones: 1 });
    expect(nodes[0]).toMatchObject({ nodePresentPages: 11_008, presentPages: 11_008, nrZones: 2 });
  });

  test('free pages on a wrong node are no debt, and what is booked closes with them', () => {
    const guest = rfcGuest();
    for (const page of guest.pages.slice(128, 256)) page.actual = 0;
    const { owed, equations } = guestAccounting(snapshotOf({ tick: 9, hosts: [HOST], guests: [guest] }), 0);
    expect(owed).toEqual([{ from: 0, to: 1, pages: 0, pinned: 0, misplaced: 128 }]);
    expect(equations.filter(({ law, closes }) => law === 'G7' && !closes)).toEqual([]);
  });

  test.each([
    [
      '02-two-nodes-equal',
      [
        [0, 974, 923],
        [1, 1006, 988],
      ],
      [0, 0, 1, 1],
      [
        [10, 20],
        [20, 10],
      ],
    ],
    [
      '12-cpuless-node',
      [
        [0, 1006, 982],
        [1, 975, 928],
        [2, 502, 492],
      ],
      [0, 0, 1, 1],
      [
        [10, 20, 30],
        [20, 10, 40],
        [30, 40, 10],
      ],
    ],
    [
      '13-four-nodes-custom-distances',
      [
        [0, 502, 490],
        [1, 503, 488],
        [2, 471, 425],
        [3, 502, 488],
      ],
      [0, 0, 1, 1, 2, 2, 3, 3],
      [
        [10, 16, 22, 16],
        [16, 10, 16, 22],
        [22, 16, 10, 16],
        [16, 22, 16, 10],
      ],
    ],
  ])('numactl text is what numactl 2.0.16 printed in the real guest %s', (name, sizes, cpuNode, distances) => {
    const printed = PRINTED[name]!;
    expect(
      numactlHardware(
        sizes.map(([nid, size, free]) => rowLike(nid!, size!, free!)),
        cpuNode,
        distances,
      ),
    ).toBe(printed);
  });

  test('three-digit distances and sparse ids are written as C writes them', () => {
    const text = numactlHardware(
      [rowLike(0, 1, 1), rowLike(8, 1, 1)],
      [8],
      Array.from({ length: 9 }, () => Array<number>(9).fill(255)),
    );
    expect(text.split('\n')).toEqual(
      expect.arrayContaining(['available: 2 nodes (0,8)', 'node 8 cpus: 0', 'node   0   8 ', '  0:  255  255 ']),
    );
    expect(idList([0, 1, 2, 5, 7, 8])).toBe('0-2,5,7-8');
    expect(idList([])).toBe('');
  });

  test.each([1, 2, 3, 4, 5])('counts equal a count of the pages one by one and every law closes, seed %d', (seed) => {
    const guest = randomGuest({ name: 'g', nrPages: 3000, nodes: 3, hostNids: [0, 1], seed });
    const snapshot = snapshotOf({ tick: 1, hosts: [HOST], guests: [guest] });
    const accounting = guestAccounting(snapshot, 0);
    const valid = guest.pages.filter((page) => page.state !== 'hole');
    for (const node of accounting.nodes) {
      const by = (map: 'target' | 'actual', ...states: string[]): number =>
        valid.filter((page) => page[map] === node.nid && (states.length === 0 || states.includes(page.state))).length;
      const spanned = guest.pages.flatMap((page, pfn) =>
        page.state !== 'hole' && page.actual === node.nid ? [pfn] : [],
      );
      expect(node).toMatchObject({
        presentPages: by('target'),
        freePages: by('actual', 'free'),
        pcpPages: by('target', 'pcp'),
        allocatedPages: by('target', 'used', 'kernel'),
        reservedPages: by('target', 'reserved'),
        spannedPages: spanned.at(-1)! - spanned[0]! + 1,
      });
    }
    expect(accounting.totals.presentPages).toBe(valid.length);
    expect(new Set(accounting.equations.map((equation) => equation.law))).toEqual(
      new Set(['G2', 'G3', 'G4', 'G5', 'G7']),
    );
    expect(accounting.equations.filter((equation) => !equation.closes)).toEqual([]);
  });

  test('a snapshot read back from its bytes gives equal accounts and lanes', () => {
    const guest = randomGuest({ name: 'g', nrPages: 3000, nodes: 3, hostNids: [0, 1], seed: 9 });
    const snapshot = snapshotOf({ tick: 1, hosts: [HOST], guests: [guest] });
    const read = decode(encode(snapshot));
    expect(read.diagnostics).toEqual([]);
    expect(guestAccounting(read.value!, 0)).toEqual(guestAccounting(snapshot, 0));
    const window = { columns: 50, fromPfn: 0, toPfn: 3000 };
    expect(guestLanes(read.value!, 0, window)).toEqual(guestLanes(snapshot, 0, window));
  });

  test('a guest whose pageblocks were not asked for: what is booked where is unknown, not zero', () => {
    const of = (name: string, seed: number): ModelGuest =>
      randomGuest({ name, nrPages: 2000, nodes: 3, hostNids: [0, 1], seed });
    const all = snapshotOf({ tick: 1, hosts: [HOST], guests: [of('g', 3), of('h', 4)] });
    const { columns } = all.tables.blocks;
    const rows = Array.from(columns.guest.keys()).filter((i) => columns.guest[i] === 1);
    const kept = Object.entries(columns).map(([name, c]) => [name, c.filter((_, i) => rows.includes(i))]);
    const blocks = { rows: rows.length, columns: Object.fromEntries(kept) as typeof columns };
    const some = { ...all, tables: { ...all.tables, blocks } };
    const booked = ({ law }: { law: string }): boolean => law === 'G7';
    expect(guestAccounting(all, 0).equations.some(booked)).toBe(true);
    expect(guestAccounting(some, 0).equations).toEqual(
      guestAccounting(all, 0).equations.filter((equation) => !booked(equation)),
    );
    expect(guestAccounting(some, 1)).toEqual(guestAccounting(all, 1));
  });

  test('an account that does not close says so', () => {
    const snapshot = snapshotOf({ tick: 1, hosts: [HOST], guests: [rfcGuest()] });
    snapshot.tables.zones.columns.freePages[0]! -= 1;
    const open = guestAccounting(snapshot, 0).equations.filter((equation) => !equation.closes);
    expect(open.map((equation) => `${equation.law} ${equation.scope}`)).toEqual([
      'G5 node 0',
      'G5 all nodes',
      'G3 node 0',
    ]);
  });
});

describe('host matrix', () => {
  test('rows, columns and shares equal a count of the pages', () => {
    const guests = [2, 3].map((seed) =>
      randomGuest({ name: `vm${seed}`, nrPages: 2000, nodes: 2, hostNids: [0, 1], seed }),
    );
    const matrix = hostMatrix(snapshotOf({ tick: 1, hosts: [HOST], guests }));
    guests.forEach((guest, g) => {
      const valid = guest.pages.filter((page) => page.state !== 'hole');
      const on = [0, 1].map((nid) => valid.filter((page) => page.hostNid === nid).length);
      expect(matrix.vms[g]!.pages).toEqual(on);
      expect(matrix.vms[g]!.largestNodeShare).toBe(Math.floor((100 * Math.max(...on)) / valid.length));
    });
    expect(matrix.columnPages).toEqual(matrix.nodes.map((node) => node.usedPages));
  });

  test('100 means all of it; one page elsewhere is 99, no memory is unknown', () => {
    const guest = randomGuest({ name: 'g', nrPages: 600, nodes: 1, hostNids: [0], seed: 1 });
    const share = (): number | null =>
      hostMatrix(snapshotOf({ tick: 1, hosts: [HOST], guests: [guest] })).vms[0]!.largestNodeShare;
    expect(share()).toBe(100);
    guest.pages[5]!.hostNid = 1;
    expect(share()).toBe(99);
    for (const page of guest.pages) page.state = 'hole';
    expect(share()).toBe(null);
  });
});
