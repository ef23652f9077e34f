/** Figures of real kernels: the RFC's vectors (3.10) are in simtest/vectors.ts; these are of 6.1, and of lists of both. */
import { describe, expect, it } from 'vitest';
import type { MmConfig } from '../../../shared/model/config.ts';
import { DEFAULT_PROFILE, RFC_V3 } from '../../../shared/model/config.ts';
import { StateCollector, StateReader } from '../core/index.ts';
import { bootMm } from './boot.ts';
import { statThreshold } from './era.ts';
import { zoneIndex, type Mm } from './mm.ts';
import { GuestMm } from './guest-mm.ts';
import { protection, vmStatThreshold } from './watermark.ts';
import { fallbackOrders } from './zonelist.ts';
import { mmConfig, uniform } from './mm-fixture.ts';

const GIB = 262_144;

const guest = (more: Partial<MmConfig>): MmConfig =>
  mmConfig({ nrNodeIds: 2, cpuNode: [0, 0, 1, 1], profile: { ...DEFAULT_PROFILE, era: '6.1' }, ...more });

const marks = (mm: Mm, nid: number, zoneType: number): number[] => {
  const c = zoneIndex(nid, zoneType);
  return [mm.zones.wmarkMin[c]!, mm.zones.wmarkLow[c]!, mm.zones.wmarkHigh[c]!];
};

describe('watermarks of 6.1', () => {
  it('are raised by khugepaged to a twentieth of a small guest', () => {
    const mm = bootMm(guest({}));
    // isqrt(32768 * 4 * 16) = 1448 KiB = 362 pages first: the highs are 45 + 2 * 11, 316 + 2 * 79.
    const free = 32768 - (45 + 22) - (316 + 158);
    expect(mm.minFreeKib).toBe(Math.floor(free / 20) * 4);
    const min = Math.floor((Math.floor(free / 20) * 4096) / 32768);
    expect(marks(mm, 0, 0)).toEqual([min, min + (min >> 2), min + 2 * (min >> 2)]);
  });

  it('are eleven pageblocks a populated zone in a large one, and a thousandth apart where that is more', () => {
    const mm = bootMm(guest({ nrPages: 64 * GIB, bootLayout: [{ start: 0, end: 64 * GIB, nid: 0 }] }));
    expect(mm.minFreeKib).toBe(3 * 11 * 512 * 4);
    const managed = 64 * GIB - 1_048_576;
    const min = Math.floor((3 * 11 * 512 * managed) / (64 * GIB));
    const gap = Math.floor(managed / 1000);
    expect(gap).toBeGreaterThan(min >> 2);
    expect(marks(mm, 0, 2)).toEqual([min, min + gap, min + 2 * gap]);
  });

  it('leave out what the boot frees late, until they are set anew', () => {
    const freedLate = [{ start: 8192, end: 12288 }];
    const late = GuestMm.boot(guest({ freedLate }));
    const reserved = GuestMm.boot(guest({ reserved: freedLate }));
    expect(marks(late.state, 0, 1)).toEqual(marks(reserved.state, 0, 1));
    expect(late.zone(0, 1).managedPages).toBe(32768 - 4096);
    expect(late.zone(0, 1).pcpHigh).toBe(reserved.zone(0, 1).pcpHigh);
    expect(protection(late.state, 0, 0)).toEqual(protection(reserved.state, 0, 0));
    expect(late.check()).toEqual([]);
    const w = new StateCollector();
    late.save(w);
    const again = GuestMm.load(late.state.config, new StateReader(w.done()));
    expect(protection(again.state, 0, 0)).toEqual(protection(reserved.state, 0, 0));
    expect(again.check()).toEqual([]);
    expect(late.commit([{ start: 0, end: 32768, nid: 0 }]).ok).toBe(true);
    expect(marks(late.state, 0, 1)[0]).toBeGreaterThan(marks(reserved.state, 0, 1)[0]!);
    expect(late.check()).toEqual([]);
  });
});

describe('per-CPU lists of 6.1', () => {
  it('share the low watermark among the CPUs of the node, or among all where it has none', () => {
    const half = [
      { start: 0, end: GIB, nid: 0 },
      { start: GIB, end: 2 * GIB, nid: 1 },
    ];
    const mm = bootMm(guest({ nrPages: 2 * GIB, bootLayout: half, cpuNode: [0, 0, 0] }));
    const [, low0] = marks(mm, 0, 1);
    const [, low1] = marks(mm, 1, 1);
    expect(mm.zones.pcpHigh[zoneIndex(0, 1)]).toBe(Math.floor(low0! / 3));
    expect(mm.zones.pcpHigh[zoneIndex(1, 1)]).toBe(Math.floor(low1! / 3));
    expect(mm.zones.pcpBatch[zoneIndex(1, 1)]).toBe(63);
    expect(mm.zones.pcpBatch[zoneIndex(0, 0)]).toBe(1);
  });

  it('are at least four batches long', () => {
    const cpuNode = new Array<number>(512).fill(0);
    const mm = bootMm(guest({ nrPages: GIB, bootLayout: [{ start: 0, end: GIB, nid: 0 }], cpuNode }));
    expect(mm.zones.pcpHigh[zoneIndex(0, 1)]).toBe(4 * 63);
  });
});

describe('protection', () => {
  const nrPages = 1_048_576 + 65_536;
  const layout = { nrPages, bootLayout: [{ start: 0, end: nrPages, nid: 0 }] };

  it('has an entry for each zone of the kernel', () => {
    const mm = bootMm(guest(layout));
    const dma32 = Math.floor((1_048_576 - 4096) / 256);
    const all = Math.floor((nrPages - 4096) / 256);
    expect(protection(mm, 0, 0)).toEqual([0, dma32, all, all, all]);
    expect(protection(mm, 0, 1)).toEqual([0, 0, 256, 256, 256]);
    expect(protection(mm, 0, 2)).toEqual([0, 0, 0, 0, 0]);
    expect(protection(bootMm(guest({ ...layout, profile: DEFAULT_PROFILE })), 0, 0)).toEqual([0, dma32, all, all]);
  });

  it('is nothing in a zone without pages, but was something in 3.10', () => {
    const split = [
      { start: 0, end: 4096, nid: 0 },
      { start: 4096, end: 32768, nid: 1 },
    ];
    expect(protection(bootMm(guest({ bootLayout: split })), 1, 0)).toEqual([0, 0, 0, 0, 0]);
    const old = bootMm(guest({ bootLayout: split, profile: DEFAULT_PROFILE }));
    expect(protection(old, 1, 0)).toEqual([0, 112, 112, 112]);
  });
});

it('a counter of a CPU runs ahead by logarithms of CPUs and memory', () => {
  expect([statThreshold(3840, 4), statThreshold(253_782, 4), statThreshold(2 ** 28, 4096)]).toEqual([6, 24, 125]);
  expect(vmStatThreshold(bootMm(guest({})), 0, 0)).toBe(6);
});

describe('fallback order of nodes', () => {
  const quarters = (n: number) =>
    Array.from({ length: n }, (_, nid) => ({ start: nid * 65_536, end: (nid + 1) * 65_536, nid }));
  const nodes = (n: number, more: Partial<MmConfig>) =>
    bootMm(guest({ nrPages: n * 65_536, nrNodeIds: n, bootLayout: quarters(n), distances: uniform(n), ...more }));

  it('goes round for equal distances, so that no node is everybody’s second', () => {
    const order = [
      [0, 1, 2, 3],
      [1, 2, 3, 0],
      [2, 3, 0, 1],
      [3, 0, 1, 2],
    ];
    expect(fallbackOrders(nodes(4, {}), 'boot')).toEqual(order);
    expect(fallbackOrders(nodes(4, { profile: DEFAULT_PROFILE }), 'boot')).toEqual(order);
  });

  it('prefers nodes without CPUs once it knows them', () => {
    const mm = nodes(3, { cpuNode: [0, 1] });
    expect(fallbackOrders(mm, 'boot')[0]).toEqual([0, 1, 2]);
    expect(fallbackOrders(mm, 'running')[0]).toEqual([0, 2, 1]);
  });

  it('of a node without memory begins with itself', () => {
    const mm = bootMm(guest({ nrPages: 131_072, nrNodeIds: 3, bootLayout: quarters(2), cpuNode: [0, 1, 2] }));
    expect(fallbackOrders(mm, 'boot')[2]).toEqual([2, 0, 1]);
    expect(Array.from(mm.zonelist[2]!)).toEqual([zoneIndex(0, 1), zoneIndex(0, 0), zoneIndex(1, 1)]);
    expect(mm.online[2]).toBe(1);
  });
});

it('in 6.1 a node that is only possible charges others too, which counts for those with higher ids', () => {
  // Node 1 is not online. Its list begins with node 0, as node 2's does; so node 3, to which 0 and 2 are as near, has 2 first.
  const distances = [
    [10, 20, 20, 20],
    [15, 10, 20, 20],
    [15, 20, 10, 20],
    [20, 20, 20, 10],
  ];
  const bootLayout = [0, 2, 3].map((nid, i) => ({ start: i * 8192, end: (i + 1) * 8192, nid }));
  const orders = (profile: MmConfig['profile']) =>
    fallbackOrders(
      bootMm(guest({ nrPages: 24_576, nrNodeIds: 4, bootLayout, distances, cpuNode: [0, 2], profile })),
      'boot',
    );
  expect(orders({ ...DEFAULT_PROFILE, era: '6.1' })[3]).toEqual([3, 2, 0]);
  expect(orders(DEFAULT_PROFILE)[3]).toEqual([3, 0, 2]);
});

describe('zonelists of 3.10', () => {
  const nrPages = 4 * 1_048_576;
  const half = [
    { start: 0, end: nrPages / 2, nid: 0 },
    { start: nrPages / 2, end: nrPages, nid: 1 },
  ];
  const list = (more: Partial<MmConfig>) =>
    Array.from(bootMm(guest({ nrPages, bootLayout: half, ...more })).zonelist[0]!);
  const byNode = [zoneIndex(0, 2), zoneIndex(0, 1), zoneIndex(0, 0), zoneIndex(1, 2)];

  it('go by zone where there is much above 4 GiB, and every node has some of it', () => {
    const byZone = [zoneIndex(0, 2), zoneIndex(1, 2), zoneIndex(0, 1), zoneIndex(0, 0)];
    expect(list({ profile: DEFAULT_PROFILE })).toEqual(byZone);
    expect(list({})).toEqual(byNode);
  });

  it('go by node where most of a node is below 4 GiB', () => {
    const low = [
      { start: 0, end: 1_449_984, nid: 0 },
      { start: 1_449_984, end: nrPages, nid: 1 },
    ];
    expect(list({ profile: DEFAULT_PROFILE, bootLayout: low })).toEqual(byNode);
  });

  it('are by what the zones manage: reserved pages do not count (patch 30)', () => {
    // Of 4 GiB below and 4.5 GiB above, half of the upper part is reserved: what is below is then more than half.
    const pages = 1_048_576 + 1_179_648;
    const both = [
      { start: 0, end: 1_048_576 + 589_824, nid: 0 },
      { start: 1_048_576 + 589_824, end: pages, nid: 1 },
    ];
    const zoneFirst = (reserved: MmConfig['reserved']) =>
      list({ nrPages: pages, bootLayout: both, profile: DEFAULT_PROFILE, reserved })[1] === zoneIndex(1, 2);
    expect(zoneFirst([])).toBe(true);
    expect(zoneFirst([{ start: 1_048_576, end: 1_048_576 + 524_288 }])).toBe(false);
  });
});

describe('spans at boot', () => {
  const hole = { start: 786_432, end: 1_048_576 };
  const nrPages = 1_048_576 + 262_144;

  it('hold the hole below 4 GiB where the node goes on above it', () => {
    const mm = GuestMm.boot(
      guest({ nrPages, holes: [{ start: 0, end: 1 }, hole], bootLayout: [{ start: 0, end: nrPages, nid: 0 }] }),
    );
    expect(mm.zone(0, 0)).toMatchObject({ spanStart: 1, spannedPages: 4095, presentPages: 4095 });
    expect(mm.zone(0, 1)).toMatchObject({ spanStart: 4096, spannedPages: 1_044_480, presentPages: 782_336 });
    expect(mm.zone(0, 2)).toMatchObject({ spanStart: 1_048_576, spannedPages: 262_144 });
    expect(mm.check()).toEqual([]);
  });

  it('end where another node begins', () => {
    const bootLayout = [
      { start: 0, end: 786_432, nid: 0 },
      { start: 1_048_576, end: nrPages, nid: 1 },
    ];
    const mm = GuestMm.boot(guest({ nrPages, holes: [hole], bootLayout }));
    expect(mm.zone(0, 1).spannedPages).toBe(782_336);
    expect(mm.zone(1, 1).spannedPages).toBe(0);
  });

  it('of nodes that take turns hold what is between', () => {
    const bootLayout = [
      { start: 0, end: 16_384, nid: 0 },
      { start: 16_384, end: 24_576, nid: 1 },
      { start: 24_576, end: 32_768, nid: 0 },
    ];
    expect(GuestMm.boot(guest({ bootLayout })).zone(0, 1)).toMatchObject({ spanStart: 4096, spannedPages: 28_672 });
  });

  it('of the posted code end at the last page', () => {
    const bootLayout = [{ start: 0, end: nrPages, nid: 0 }];
    const profile = { ...DEFAULT_PROFILE, rfc: RFC_V3 };
    expect(GuestMm.boot(guest({ nrPages, holes: [hole], bootLayout, profile })).zone(0, 1).spannedPages).toBe(782_336);
  });
});
