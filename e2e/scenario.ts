/**
 * Scenarios that the specs, the screenshots and the bench make for themselves: hosts of 1 to 128 nodes, VMs spread over
 * them so that there is something to compact. Deterministic: the same numbers give the same text.
 */
import { readFileSync } from 'node:fs';

/** What of an example is an amount of memory, or of memory a second, or the life of a block. */
const REDUCED: ReadonlySet<string> = new Set([
  ...['memoryMiB', 'reservedMiB', 'workingSetMiB', 'rateMiBps', 'bandwidthMiBps', 'maxBandwidthMiBps', 'meanMs'],
]);

/**
 * A shipped example with a part of its memory, at rates that are less by as much, and with shorter lives: the same happens,
 * and guests converge sooner. For specs that run it for long, where how much memory it has is no matter.
 */
export function reducedExample(file: string, divisor: number): string {
  const text = readFileSync(new URL(`../shared/examples/${file}.pageshift.json`, import.meta.url), 'utf8');
  const reduced = (key: string, value: unknown): unknown =>
    REDUCED.has(key) && typeof value === 'number' ? value / divisor : value;
  return JSON.stringify(JSON.parse(text, reduced));
}

export interface MadeVm {
  readonly name: string;
  readonly memoryMiB: number;
  /** Nodes that the guest boots with. */
  readonly cells?: number;
  /** The host node it lies on: it has converged from the beginning. Otherwise it is spread over all of them. */
  readonly node?: number;
}

export interface MadeScenario {
  readonly name: string;
  readonly nodes: number;
  readonly nodeMemoryMiB: number;
  readonly vms: readonly MadeVm[];
  /** Mean life of a block of the workload; short lives converge soon. */
  readonly meanMs?: number;
  readonly hosts?: number;
}

export function madeScenario({ name, nodes, nodeMemoryMiB, vms, meanMs = 10_000, hosts = 1 }: MadeScenario): string {
  const hostNames = Array.from({ length: hosts }, (_, i) => (i === 0 ? 'lab' : `lab-${i + 1}`));
  return JSON.stringify(
    {
      pageshift: 1,
      name,
      description: `${nodes} nodes of ${nodeMemoryMiB} MiB, made for a test of the window.`,
      seed: 1,
      tickMs: 100,
      hosts: hostNames.map((hostName) => ({
        name: hostName,
        nodes: Array.from({ length: nodes }, (_, nid) => ({
          nid,
          cpus: `${nid * 4}-${nid * 4 + 3}`,
          memoryMiB: nodeMemoryMiB,
          reservedMiB: Math.min(256, nodeMemoryMiB >> 3),
        })),
        distances: nodes === 1 ? null : distances(nodes),
      })),
      links: hostNames
        .slice(1)
        .map((hostName) => ({ name: `wire to ${hostName}`, hosts: ['lab', hostName], bandwidthMiBps: 1192 })),
      vms: vms.map((vm) => {
        const cells = vm.cells ?? (vm.node === undefined ? Math.min(2, nodes) : 0);
        return {
          name: vm.name,
          host: 'lab',
          memoryMiB: vm.memoryMiB,
          vcpus: Math.max(1, cells) * 2,
          cells: Array.from({ length: cells }, (_, id) => ({
            id,
            cpus: `${id * 2}-${id * 2 + 1}`,
            memoryMiB: vm.memoryMiB / cells,
          })),
          placement: vm.node === undefined ? { mode: 'spread' } : { mode: 'strict', nodes: [vm.node] },
          workload: { lifetime: { law: 'exponential', meanMs } },
          dirty: { workingSetMiB: vm.memoryMiB >> 3, rateMiBps: 50 },
        };
      }),
      commands: [],
    },
    null,
    2,
  );
}

export interface ManyVms {
  readonly name: string;
  readonly hosts: number;
  /** Of each host; the longer list is begun again. */
  readonly nodes: readonly number[];
  readonly vms: number;
  readonly nodeMemoryMiB: number;
  /** Of the VMs in turn. */
  readonly vmMemoryMiB: readonly number[];
  /** Every so manieth VM is spread over its host; of these, every other one has vCPUs on one node alone. 0: none. */
  readonly spreadEvery: number;
}

/** Hosts h01, h02, … with VMs vm-0001-batch, …, each strictly on one node or spread over its host. */
export function manyVmsScenario(wanted: ManyVms): string {
  const { name, hosts, nodes, vms, nodeMemoryMiB, vmMemoryMiB, spreadEvery } = wanted;
  const kinds = ['batch', 'cache', 'mail', 'db', 'web'];
  const digits = (n: number, of: number): string => String(n + 1).padStart(String(of).length, '0');
  const nodesOf = (host: number): number => nodes[host % nodes.length]!;
  // VMs go to hosts in turn, and to the nodes of a host unevenly: to the next in turn that still has room.
  const left = Array.from({ length: hosts }, (_, h) => Array.from({ length: nodesOf(h) }, () => nodeMemoryMiB));
  const made = Array.from({ length: vms }, (_, i) => {
    const host = i % hosts;
    const room = left[host]!;
    const turn = Math.floor(i / hosts);
    const spread = spreadEvery > 0 && i % spreadEvery === spreadEvery - 1;
    const cells = spread && Math.floor(i / spreadEvery) % 2 === 0 ? Math.min(2, nodesOf(host)) : 0;
    const memoryMiB = vmMemoryMiB[(i * 7) % vmMemoryMiB.length]!;
    const first = (turn % 3 === 0 ? turn * turn : turn) + host;
    const inTurn = room.map((_, n) => (first + n) % room.length);
    const node = inTurn.find((n) => room[n]! >= memoryMiB + 16) ?? first % room.length;
    if (spread) room.forEach((_, n) => (room[n] = room[n]! - Math.ceil(memoryMiB / room.length / 2) * 2));
    else room[node] = room[node]! - memoryMiB;
    return { i, host, node, spread, cells, memoryMiB };
  });
  return JSON.stringify({
    pageshift: 1,
    name,
    description: `${hosts} hosts and ${vms} VMs, made for a test of the window.`,
    seed: 1,
    tickMs: 100,
    hosts: Array.from({ length: hosts }, (_, h) => ({
      name: hosts === 1 ? 'esx8' : `h${digits(h, hosts)}`,
      nodes: Array.from({ length: nodesOf(h) }, (_, nid) => ({
        ...{ nid, cpus: `${nid * 16}-${nid * 16 + 15}`, memoryMiB: nodeMemoryMiB, reservedMiB: 0 },
      })),
      distances: nodesOf(h) === 1 ? null : distances(nodesOf(h)),
    })),
    links: [],
    vms: made.map(({ i, host, node, spread, cells, memoryMiB }) => ({
      name: `vm-${digits(i, vms)}-${kinds[i % kinds.length]!}`,
      host: hosts === 1 ? 'esx8' : `h${digits(host, hosts)}`,
      memoryMiB,
      vcpus: Math.max(1, cells) * 2,
      cells: Array.from({ length: cells }, (_, id) => ({
        ...{ id, cpus: `${id * 2}-${id * 2 + 1}`, memoryMiB: memoryMiB / cells },
      })),
      placement: spread ? { mode: 'spread' } : { mode: 'strict', nodes: [node] },
      workload: { lifetime: { law: 'exponential', meanMs: 10_000 } },
      dirty: { workingSetMiB: Math.max(1, memoryMiB >> 3), rateMiBps: 10 },
    })),
    commands: [],
  });
}

/** 20 hosts of 2 and 4 nodes in turn, and 60 VMs, of which ten are spread. */
export const TWENTY_HOSTS: ManyVms = {
  ...{ name: 'Twenty hosts', hosts: 20, nodes: [2, 4], vms: 60, spreadEvery: 6 },
  ...{ nodeMemoryMiB: 64, vmMemoryMiB: [8, 16] },
};

/** 8 nodes and 40 VMs, 44 % of the memory free, five VMs on several nodes: the picture of one crowded host. */
export const EIGHT_BY_FORTY: ManyVms = {
  ...{ name: 'Eight nodes, forty VMs', hosts: 1, nodes: [8], vms: 40, nodeMemoryMiB: 512, spreadEvery: 8 },
  vmMemoryMiB: [128, 64, 48, 32, 16],
};

/** Sockets of four nodes: 10 to itself, 12 within a socket, 21 to the next, 32 beyond. */
function distances(nodes: number): {
  readonly ids: readonly number[];
  readonly matrix: readonly (readonly number[])[];
} {
  const ids = Array.from({ length: nodes }, (_, nid) => nid);
  const socket = (nid: number): number => Math.floor(nid / 4);
  const distance = (a: number, b: number): number => {
    if (a === b) return 10;
    const apart = Math.abs(socket(a) - socket(b));
    return apart === 0 ? 12 : apart === 1 ? 21 : 32;
  };
  return { ids, matrix: ids.map((a) => ids.map((b) => distance(a, b))) };
}
