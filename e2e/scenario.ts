/**
 * Scenarios that the specs, the screenshots and the bench make for themselves: hosts of 1 to 128 nodes, VMs spread over
 * them so that there is something to compact. Deterministic: the same numbers give the same text.
 */
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
