/**
 * Of each check a world in which it fires and a near one in which it does not. Only the check of the row is looked at; what else
 * fires is told by the cases worked out by hand (shared-cases.data.test.ts).
 */
import { describe, expect, test } from 'vitest';
import { findingReportSchema } from '../../shared/schema/finding.ts';
import { assumptionsOf } from '../scenario/index.ts';
import type { World, WorldHost, WorldVm } from './fixture.ts';
import { migrationOf, scenarioOf } from './fixture.ts';
import { factsOf, findAll } from './index.ts';
import { CHECKS } from './table.ts';

const GIB = 1024;
const ONE_HUGE = 2048;

type Node = WorldHost['nodes'][number];

const node = (id: number, more: Partial<Node> = {}): Node => ({
  id,
  cpus: `${8 * id}-${8 * id + 7}`,
  mem: 64 * GIB,
  free: 40_000,
  ...more,
});
const two = (more: Partial<WorldHost> = {}, a: Partial<Node> = {}, b: Partial<Node> = {}): WorldHost => ({
  nodes: [node(0, a), node(1, b)],
  distances: [
    [10, 21],
    [21, 10],
  ],
  ...more,
});
const four: WorldHost = {
  nodes: [node(0), node(1), node(2), node(3)],
  distances: [
    [10, 12, 32, 32],
    [12, 10, 32, 32],
    [32, 32, 10, 12],
    [32, 32, 12, 10],
  ],
};
const withFar = (free = 60_000): WorldHost => ({
  nodes: [node(0), node(1), node(2, { cpus: '', free })],
  distances: [
    [10, 21, 24],
    [21, 10, 24],
    [24, 24, 10],
  ],
});
const vm = (more: Partial<WorldVm> = {}): WorldVm => ({ name: 'a', mem: 8 * GIB, vcpus: 4, ...more });
const on = (nodeset: string, mode: 'strict' | 'preferred' | 'interleave' | 'restrictive' = 'strict') => ({
  numatune: { mode, nodeset },
});
const running = (measured: Record<string, number>, more: Partial<WorldVm> = {}): WorldVm =>
  vm({ running: true, measured, ...more });
const cells = (mib: number, n = 2) =>
  Array.from({ length: n }, (_, id) => ({ id, cpus: `${(4 / n) * id}-${(4 / n) * (id + 1) - 1}`, mem: mib }));
const pins = (...list: number[]) => ({ vcpupin: Object.fromEntries(list.map((cpu, vcpu) => [vcpu, `${cpu}`])) });
const world = (host: WorldHost, ...vms: WorldVm[]): World => ({ host, vms });
const migration = (vms: WorldVm[], more: Partial<NonNullable<World['migration']>>, from: WorldHost = two()): World => ({
  host: from,
  vms,
  migration: { vm: 'a', to: two(), link: 1000, dirty: 10, wss: 10, ...more },
});
const pool = (free: number, total = free) => ({ pools: { [ONE_HUGE]: { total, free } } });
const huge = { hugepages: [{ kib: ONE_HUGE }] };

/** id and severity; the world in which it fires; the world in which it is silent. */
const ROWS: readonly (readonly [string, World, World])[] = [
  // Fit
  [
    'fit-strict-short:error',
    world(two({}, {}, { free: 4000 }), vm(on('1'))),
    world(two({}, {}, { free: 4000, avail: 9000 }), vm(on('1'))),
  ],
  ['fit-splits:warning', world(two({}, { free: 6000 }, { free: 6000 }), vm()), world(two({}, { free: 9000 }), vm())],
  [
    'overcommit-node-memory:warning',
    world(two(), vm({ ...on('0'), mem: 40 * GIB }), vm({ ...on('0'), mem: 40 * GIB, name: 'b' })),
    world(two(), vm({ ...on('0'), mem: 40 * GIB }), vm({ ...on('0-1'), mem: 40 * GIB, name: 'b' })),
  ],
  [
    'growth-exceeds-node:warning',
    world(two({}, { free: 3000 }), running({ 0: 4000 }, on('0'))),
    world(two({}, { free: 5000 }), running({ 0: 4000 }, on('0'))),
  ],
  [
    'fit-host-short:error',
    world(
      { ...withFar(), nodes: [node(0, { free: 9000 }), node(1, { free: 9000 }), node(2, { cpus: '' })] },
      vm({ mem: 20 * GIB }),
    ),
    world(withFar(), vm({ mem: 20 * GIB })),
  ],
  [
    'overcommit-vcpus:warning',
    world(
      two(),
      ...Array.from({ length: 6 }, (_, i) =>
        running({ 0: 900 }, { name: `v${i}`, mem: 1024, vcpus: 8, cpuset: '0-7' }),
      ),
    ),
    world(
      two(),
      ...Array.from({ length: 5 }, (_, i) =>
        running({ 0: 900 }, { name: `v${i}`, mem: 1024, vcpus: 8, cpuset: '0-7' }),
      ),
    ),
  ],
  ['bind-missing:error', world(two(), vm(on('3'))), world(two(), vm(on('1')))],
  [
    'bind-memoryless:error',
    world(two({}, { mem: 0, free: 0 }), vm(on('0', 'preferred'))),
    world(two({}, { mem: 0, free: 0 }), vm(on('0-1', 'preferred'))),
  ],
  // Locality
  [
    'memory-scattered:warning',
    world(two(), running({ 0: 5000, 1: 2900 })),
    world(two(), running({ 0: 5000, 1: 2900 }, on('0-1', 'interleave'))),
  ],
  [
    'memory-away:warning',
    world(two(), running({ 0: 4000, 1: 4000 }, { cpuset: '0-7' })),
    world(two(), running({ 0: 7900, 1: 100 }, { cpuset: '0-7' })),
  ],
  [
    'memory-away:note',
    world(two(), running({ 0: 7000, 1: 1000 }, { cpuset: '0-7' })),
    world(two(), running({ 0: 4000, 1: 4000 })),
  ],
  [
    'memory-policy-without-pins:warning',
    world(two({ numa_balancing: 0 }), running({ 0: 8000 }, on('0'))),
    world(two({ numa_balancing: 0 }), running({ 0: 8000 }, { ...on('0'), cpuset: '0-3' })),
  ],
  [
    'memory-policy-without-pins:note',
    world(two({ numa_balancing: 1 }), running({ 0: 8000 }, on('0'))),
    world(two({ numa_balancing: 1 }), running({ 0: 8000 }, on('0-1'))),
  ],
  [
    'cell-crossed:warning',
    world(two(), vm({ ...on('1'), cpuset: '0-7' })),
    world(two(), vm({ ...on('1'), cpuset: '8-15' })),
  ],
  [
    'cell-crossed:note',
    world(two({}, { mem: 0, free: 0 }), vm({ ...on('1'), cpuset: '0-7' })),
    world(two({}, { mem: 0, free: 0 }), vm(on('1'))),
  ],
  [
    'pins-without-memory-policy:warning',
    world(two({}, { free: 5000 }), vm({ cpuset: '0-7' })),
    world(two({}, { free: 5000 }), vm({ ...on('0'), cpuset: '0-7' })),
  ],
  [
    'pins-without-memory-policy:note',
    world(two(), vm({ cpuset: '0-7' })),
    world(two(), running({ 0: 8000 }, { cpuset: '0-7' })),
  ],
  [
    'memory-outside-binding:warning',
    world(two(), running({ 0: 7000, 1: 1000 }, on('0'))),
    world(two(), running({ 0: 7900, 1: 200 }, on('0'))),
  ],
  [
    'pins-span-nodes:warning',
    world(two(), vm(pins(0, 1, 8, 9))),
    world(two(), vm({ ...pins(0, 1, 8, 9), cells: cells(4096) })),
  ],
  ['interleave-far:warning', world(four, vm(on('0,2', 'interleave'))), world(four, vm(on('0-1', 'interleave')))],
  // Pinning
  [
    'pin-not-exclusive:warning',
    world(two(), running({ 0: 8000 }, pins(0, 1, 2, 3)), running({ 1: 8000 }, { name: 'b' })),
    world(two({ isolated: '0-3' }), running({ 0: 8000 }, pins(0, 1, 2, 3)), running({ 1: 8000 }, { name: 'b' })),
  ],
  [
    'guest-threads-mismatch:warning',
    world(
      two({ siblingStep: 8, nodes: [node(0, { cpus: '0-3,8-11' }), node(1, { cpus: '4-7,12-15' })] }),
      vm({ ...pins(0, 1, 8, 9), topology: { sockets: 1, cores: 2, threads: 2 } }),
    ),
    world(
      two({ siblingStep: 8, nodes: [node(0, { cpus: '0-3,8-11' }), node(1, { cpus: '4-7,12-15' })] }),
      vm({ ...pins(0, 8, 1, 9), topology: { sockets: 1, cores: 2, threads: 2 } }),
    ),
  ],
  [
    'pin-sibling-shared:warning',
    world(
      two({ siblingStep: 8, nodes: [node(0, { cpus: '0-3,8-11' }), node(1, { cpus: '4-7,12-15' })] }),
      vm({ ...pins(0), vcpus: 1 }),
      vm({ ...pins(8), vcpus: 1, name: 'b' }),
    ),
    world(
      two({ siblingStep: 8, nodes: [node(0, { cpus: '0-3,8-11' }), node(1, { cpus: '4-7,12-15' })] }),
      vm({ ...pins(0), vcpus: 1 }),
      vm({ ...pins(9), vcpus: 1, name: 'b' }),
    ),
  ],
  [
    'emulator-placement:note',
    world(two(), vm({ ...on('0'), cpuset: '0-3', emulatorpin: '8-9' })),
    world(two(), vm({ ...on('0'), cpuset: '0-3', emulatorpin: '4-5' })),
  ],
  [
    'pin-shared-cpu:warning',
    world(two(), vm({ ...pins(2, 3), vcpus: 2 }), vm({ ...pins(3, 4), vcpus: 2, name: 'b' })),
    world(two(), vm({ ...pins(2, 3), vcpus: 2 }), vm({ ...pins(4, 5), vcpus: 2, name: 'b' })),
  ],
  [
    'pin-isolated-range:warning',
    world(two({ isolated: '2-5' }), vm({ cpuset: '2-5' })),
    world(two({ isolated: '2-5' }), vm(pins(2, 3, 4, 5))),
  ],
  [
    'pin-no-housekeeping:warning',
    world({ nodes: [node(0, { cpus: '0-3' })] }, vm(pins(0, 1, 2, 3))),
    world({ nodes: [node(0, { cpus: '0-4' })] }, vm(pins(0, 1, 2, 3))),
  ],
  ['cpuset-too-narrow:warning', world(two(), vm({ cpuset: '0-2' })), world(two(), vm({ cpuset: '0-3' }))],
  // Huge pages
  [
    'huge-short:error',
    world(two({}, pool(1000), pool(9000)), vm({ ...huge, ...on('0') })),
    world(two({}, pool(4096), pool(0)), vm({ ...huge, ...on('0') })),
  ],
  [
    'huge-short:warning',
    world(two({ overcommit_hugepages: true }, pool(0)), vm({ ...huge, ...on('0') })),
    world(two({}, pool(5000)), vm({ ...huge, ...on('0') })),
  ],
  [
    'huge-will-split:warning',
    world(two({}, pool(3000), pool(3000)), vm(huge)),
    world(two({}, pool(4096), pool(3000)), vm(huge)),
  ],
  [
    'pool-leaves-host-short:warning',
    world(two({}, { ...pool(0, 32_000), free: 900 })),
    world(two({}, { ...pool(0, 31_000), free: 900 })),
  ],
  ['huge-stranded:note', world(two({}, pool(9000))), world(two({}, pool(9000)), vm(huge))],
  [
    'huge-stranded:warning',
    world(two({}, { ...pool(9000), free: 2000 })),
    world(two({}, { ...pool(1000), free: 2000 })),
  ],
  [
    'huge-fragmented:warning',
    world(two({}, { ...pool(4000), blocks: [1e6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20] }), vm({ ...huge, ...on('0') })),
    world(two({}, { ...pool(4000), blocks: [1e6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 48] }), vm({ ...huge, ...on('0') })),
  ],
  // Guest topology
  ['wide-vm-no-guest-numa:warning', world(two(), vm({ vcpus: 12 })), world(two(), vm({ vcpus: 8 }))],
  [
    'wide-vm-no-guest-numa:note',
    world(
      two({ siblingStep: 8, nodes: [node(0, { cpus: '0-3,8-11' }), node(1, { cpus: '4-7,12-15' })] }),
      vm({ vcpus: 6 }),
    ),
    world(two(), vm({ vcpus: 6 })),
  ],
  [
    'guest-view-stale:warning',
    world(two(), running({}, { cells: cells(4096), measuredCells: { 0: { 0: 2500, 1: 1500 }, 1: { 1: 4000 } } })),
    world(two(), running({}, { cells: cells(4096), measuredCells: { 0: { 0: 3900, 1: 100 }, 1: { 1: 4000 } } })),
  ],
  [
    'vnuma-hidden:warning',
    world(two(), vm({ vcpus: 12, hypervisor: 'esxi', cpuHotAdd: true })),
    world(two(), vm({ vcpus: 12, hypervisor: 'esxi' })),
  ],
  [
    'cell-spans-nodes:warning',
    world(two(), vm({ cells: cells(4096), memnode: [{ cell: 0, mode: 'strict', nodeset: '0-1' }] })),
    world(two(), vm({ cells: cells(4096), memnode: [{ cell: 0, mode: 'interleave', nodeset: '0-1' }] })),
  ],
  [
    'cell-larger-than-node:warning',
    world(two({}, { mem: 3 * GIB, free: 3000 }, { mem: 3 * GIB, free: 3000 }), vm({ cells: cells(4096) })),
    world(two(), vm({ cells: cells(4096) })),
  ],
  [
    'cells-no-distances:warning',
    world(four, vm({ cells: cells(2048, 4) })),
    world(two(), vm({ cells: cells(2048, 4) })),
  ],
  ['domain-refused:error', world(two(), vm({ cells: cells(4000) })), world(two(), vm({ cells: cells(4096) }))],
  [
    'cells-odd:warning',
    world(two(), vm({ cells: cells(4096), maxVcpus: 6 })),
    world(two(), vm({ cells: cells(4096), maxVcpus: 4 })),
  ],
  [
    'cells-odd:note',
    world(two(), vm({ cells: cells(4096), topology: { sockets: 1, cores: 4, threads: 1 } })),
    world(two(), vm({ cells: cells(4096), topology: { sockets: 2, cores: 2, threads: 1 } })),
  ],
  // Host balance
  ['node-full-beside-empty:warning', world(two({}, { free: 1000 })), world(two({}, { free: 1000, avail: 30_000 }))],
  [
    'balancers-compete:note',
    world(two({ numad: true, numa_balancing: 1 })),
    world(two({ numad: true, numa_balancing: 0 })),
  ],
  [
    'ksm-across-nodes:warning',
    world(two({ ksm: { run: 1, merge_across_nodes: 1, shared: 300 } })),
    world(two({ ksm: { run: 1, merge_across_nodes: 0, shared: 300 } })),
  ],
  [
    'ksm-across-nodes:note',
    world(two({ ksm: { run: 1, merge_across_nodes: 1, shared: 100 } })),
    world({ nodes: [node(0)], ksm: { run: 1, merge_across_nodes: 1, shared: 100 } }),
  ],
  ['node-interleaving:warning', world({ nodes: [node(0)], sockets: 2 }), world(two({ sockets: 2 }))],
  ['node-memory-uneven:note', world(two({}, { mem: 40 * GIB })), world(two({}, { mem: 60 * GIB }))],
  // Tiers and devices
  [
    'device-away:warning',
    world(two(), vm({ ...on('1'), cpuset: '8-15', devices: [{ type: 'nic', node: 0 }] })),
    world(two(), vm({ ...on('1'), cpuset: '8-15', devices: [{ type: 'nic', node: -1 }] })),
  ],
  [
    'memory-on-far-tier:warning',
    world(withFar(), running({ 0: 5000, 2: 3000 })),
    world(withFar(), running({ 0: 7900, 2: 60 })),
  ],
  ['memory-on-far-tier:note', world(withFar(), vm(on('2'))), world(withFar(), vm(on('0')))],
  [
    'memory-cannot-move-live:note',
    world(two(), running({ 0: 5000, 1: 2900 }, { devices: [{ type: 'nic', node: 0 }] })),
    world(two(), running({ 0: 7900 }, { devices: [{ type: 'nic', node: 0 }] })),
  ],
  // Migration
  [
    'migration-wont-converge:error',
    migration([running({ 0: 8000 })], { dirty: 950, wss: 2000 }),
    migration([running({ 0: 8000 })], { dirty: 950, wss: 200 }),
  ],
  [
    'migration-wont-converge:warning',
    migration([running({ 0: 8000 })], { dirty: 600, wss: 2000 }),
    migration([running({ 0: 8000 })], { dirty: 600, wss: 2000, downtimeMs: 2000 }),
  ],
  [
    'migration-topology-change:warning',
    migration([vm({ cells: cells(2048, 4) })], {}, four),
    migration([vm({ cells: cells(4096) })], {}),
  ],
  [
    'migration-node-missing:error',
    migration([running({ 3: 8000 }, on('3'))], {}, four),
    migration([running({ 1: 8000 }, on('1'))], {}, four),
  ],
  [
    'migration-short:error',
    migration([running({ 0: 8000 }, on('0'))], { to: two({}, { free: 4000 }) }),
    migration([running({ 0: 8000 })], { to: two({}, { free: 4000 }) }),
  ],
  // Measurement gaps
  ['not-measured:note', world(two(), vm({ running: true })), world(two(), running({ 0: 8000 }))],
  ['totals-do-not-close:note', world(two({}, { mem: 5, free: 34 })), world(two({}, { mem: 42, free: 34 }))],
];

function reportOf(w: World) {
  const scenario = scenarioOf(w);
  return { ...findAll(factsOf(scenario, migrationOf(w))), assumed: assumptionsOf(scenario) };
}
const foundIn = (w: World): string[] => reportOf(w).findings.map(({ id, severity }) => `${id}:${severity}`);

describe.each(ROWS)('%s', (id, positive, negative) => {
  test('fires', () => expect(foundIn(positive)).toContain(id));
  test('is silent', () => expect(foundIn(negative)).not.toContain(id));
  test('is said in words, with a remedy, as published', () => {
    const report = reportOf(positive);
    expect(findingReportSchema.safeParse(report).error).toBeUndefined();
    for (const { text, remedy } of report.findings) {
      expect(text).toMatch(/^[A-Za-z0-9].*\.$/);
      expect(text).not.toMatch(/undefined|null|NaN|Infinity|\[object/);
      expect(remedy.length).toBeGreaterThan(0);
    }
  });
});

test('every check has a row', () => {
  const ids = new Set(ROWS.map(([id]) => id.split(':')[0]));
  expect([...CHECKS.map((check) => check.id), 'memory-cannot-move-live'].filter((id) => !ids.has(id))).toEqual([]);
  expect(new Set([...CHECKS.map((check) => check.id), 'memory-cannot-move-live']).size).toBe(51);
});

test('a check whose facts nothing states is named with what it needs', () => {
  const bare: WorldHost = {
    nodes: [
      { id: 0, cpus: '0-7', mem: 64 * GIB },
      { id: 1, cpus: '8-15', mem: 64 * GIB },
    ],
  };
  const { notTested, findings } = reportOf(world(bare, vm(), vm({ name: 'b', running: true })));
  expect(notTested.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['fit-splits', 'node-full-beside-empty', 'ksm-across-nodes', 'balancers-compete']),
  );
  expect(notTested.every(({ needs }) => needs.length > 0)).toBe(true);
  expect(notTested.filter(({ measure }) => measure === null)).toEqual([]);
  expect(findings.map(({ id }) => id)).toEqual(['not-measured']);
});

test('whatever a check needs, a command tells it', () => {
  const unmeasured = ROWS.flatMap(([, positive, negative]) => [positive, negative]).flatMap(
    (w) => reportOf(w).notTested,
  );
  expect(unmeasured.length).toBeGreaterThan(20);
  expect(unmeasured.filter(({ measure }) => measure === null)).toEqual([]);
});

test('a check was made, or could not be, or is about a migration that nobody asked about', () => {
  const { tested, notTested } = reportOf(world(two(), vm()));
  const said = [...tested, ...notTested].map(({ id }) => id);
  expect(new Set(said).size).toBe(said.length);
  const ofMigrations = CHECKS.filter(({ about }) => about === 'migration').map(({ id }) => id);
  const others = CHECKS.filter(({ about }) => about !== 'migration').map(({ id }) => id);
  expect([...said].sort()).toEqual([...new Set(others)].sort());
  const asked = reportOf(migration([running({ 0: 8000 })], {}));
  expect([...asked.tested, ...asked.notTested].map(({ id }) => id)).toEqual(expect.arrayContaining(ofMigrations));
});

test('one cause is one finding', () => {
  // A VM bound to a node that is not there is not said to be too large for it.
  expect(foundIn(world(two({}, { free: 100 }, { free: 100 }), vm(on('3'))))).not.toContain('fit-strict-short:error');
  // A wide VM cannot be brought together.
  expect(foundIn(world(two(), running({ 0: 5000, 1: 2900 }, { vcpus: 12 })))).not.toContain('memory-scattered:warning');
});

test('pools that hold more than their node has are not known, and take nothing from what fits', () => {
  const impossible = two({}, pool(100_000), pool(100_000));
  expect(foundIn(world(impossible, vm()))).toEqual([]);
});

test('more hits of one check than a call takes as arguments are all found', () => {
  const vms = Array.from({ length: 600 }, (_, i) => vm({ name: `v${i}`, mem: 16, vcpus: 1, ...pins(3) }));
  expect(foundIn(world(two(), ...vms)).filter((id) => id === 'pin-shared-cpu:warning').length).toBeGreaterThan(0);
});
