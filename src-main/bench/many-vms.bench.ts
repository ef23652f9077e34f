/**
 * The cost of a world with many small VMs instead of a large one: creating it, taking its state after a tick and after a
 * command, restoring it, and sending a frame of it to a window.
 *
 * A key frame is a whole snapshot, a delta frame the changes of the next tick. The JSON of a frame holds what is not a
 * column; it must not grow with the world.
 */
import { deltaOf, encode, encodeDelta } from '../../shared/columns/index.ts';
import { World } from '../engine/index.ts';
import { readScenario, toWorldConfig } from '../scenario/index.ts';
import { collectGarbage, timeNs } from './harness.ts';

export interface ManySize {
  readonly name: string;
  readonly hosts: number;
  readonly vms: number;
  readonly vmMib: number;
}

export const MANY_SIZES: readonly ManySize[] = [
  { name: 'smoke', hosts: 2, vms: 8, vmMib: 64 },
  { name: 'full', hosts: 64, vms: 1024, vmMib: 64 },
];

export interface ManyResult {
  readonly size: ManySize;
  readonly createMs: number;
  readonly tickMs: number;
  readonly stateFirstMs: number;
  /** After a tick, in which the workload of every VM has changed it: all of them are written anew. */
  readonly stateTickMs: number;
  /** After a command to one VM, between two ticks: the parts of the others are those of the state before. */
  readonly stateCommandMs: number;
  readonly restoreMs: number;
  readonly snapshotMs: number;
  readonly keyBytes: number;
  readonly keyJsonBytes: number;
  readonly deltaBytes: number;
  readonly deltaJsonBytes: number;
  readonly hash: string;
}

const NODES = 2;
const TICKS = 4;
const SAMPLES = 5;

/** Every VM lies on both nodes of its host, has two nodes of its own, and has a workload. */
function textOf({ hosts, vms, vmMib }: ManySize): string {
  const nodeMib = Math.ceil((vms / hosts) * vmMib) + 1024;
  const half = vmMib / 2;
  return JSON.stringify({
    pageshift: 1,
    name: 'many VMs',
    seed: 1,
    tickMs: 100,
    hosts: Array.from({ length: hosts }, (_, h) => ({
      name: `host-${h}`,
      nodes: [0, 1].map((nid) => ({ nid, cpus: nid === 0 ? '0-15' : '16-31', memoryMiB: nodeMib, reservedMiB: 256 })),
      distances: { ids: [0, 1], matrix: [[10, 21], [21, 10]] }, // prettier-ignore
    })),
    links: [],
    vms: Array.from({ length: vms }, (_, v) => ({
      name: `vm-${v}`,
      host: `host-${v % hosts}`,
      memoryMiB: vmMib,
      vcpus: 4,
      cells: [0, 1].map((id) => ({ id, cpus: id === 0 ? '0-1' : '2-3', memoryMiB: half })),
      placement: { mode: 'spread' },
      workload: { lifetime: { law: 'exponential', meanMs: 10_000 } },
      dirty: { workingSetMiB: vmMib / 8, rateMiBps: 50 },
    })),
    commands: [],
  });
}

export function measureManyVms(size: ManySize): ManyResult {
  const { value: scenario, diagnostics } = readScenario(textOf(size), 'many-vms.json');
  if (scenario === null) throw new Error(`the scenario is refused: ${diagnostics[0]!.message}`);
  const config = toWorldConfig(scenario);
  let world: World | null = null;
  collectGarbage();
  const createMs = msOf(() => ({ world } = World.create(config)));
  if (world === null) throw new Error('the VMs do not fit on their hosts');
  return measured(size, world, createMs);
}

function measured(size: ManySize, world: World, createMs: number): ManyResult {
  const tickMs = msOf(() => world.step(TICKS)) / TICKS;
  world.takeEvents();
  const stateFirstMs = msOf(() => world.state());
  const ticks: number[] = [];
  const commands: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    if (i > 0) ticks.push(msOf(() => world.state()));
    const vm = `vm-${(i * 3) % size.vms}`;
    const rejection = world.submit({ type: 'compact', vm, nodes: [i % NODES], framesPerTick: 1 });
    if (rejection !== null) throw new Error(`a command is rejected: ${rejection.slug}`);
    world.takeEvents();
    commands.push(msOf(() => world.state()));
    world.submit({ type: 'cancelCompaction', vm });
    world.step();
    world.takeEvents();
  }
  const state = world.state();
  const restoreMs = msOf(() => World.restore(world.config, state));
  const before = world.snapshot('accounts');
  world.step();
  world.takeEvents();
  let after = before;
  const snapshotMs = msOf(() => (after = world.snapshot('accounts')));
  const key = encode(after);
  const delta = encodeDelta(deltaOf(before, after));
  return {
    size,
    createMs,
    tickMs,
    stateFirstMs,
    stateTickMs: median(ticks),
    stateCommandMs: median(commands),
    restoreMs,
    snapshotMs,
    keyBytes: key.byteLength,
    keyJsonBytes: new DataView(key).getUint32(16, true),
    deltaBytes: delta.byteLength,
    deltaJsonBytes: new DataView(delta.buffer).getUint32(0, true),
    hash: world.hash(),
  };
}

export function showMany(r: ManyResult): string {
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const kb = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;
  const { hosts, vms, vmMib } = r.size;
  return [
    `many VMs: ${hosts} hosts, ${vms} VMs of ${vmMib} MiB`,
    `  create ${ms(r.createMs)}, a tick ${ms(r.tickMs)}`,
    `  state: first ${ms(r.stateFirstMs)}, after a tick that changes every VM ${ms(r.stateTickMs)}`,
    `  state after a command to one VM, between ticks ${ms(r.stateCommandMs)}`,
    `  restore ${ms(r.restoreMs)}`,
    `  snapshot of a tick ${ms(r.snapshotMs)}`,
    `  key frame ${kb(r.keyBytes)}, of it JSON ${kb(r.keyJsonBytes)}`,
    `  delta frame ${kb(r.deltaBytes)}, of it JSON ${kb(r.deltaJsonBytes)}`,
    `  hash ${r.hash}`,
  ].join('\n');
}

const msOf = (work: () => void): number => timeNs(work) / 1e6;

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1]!;
