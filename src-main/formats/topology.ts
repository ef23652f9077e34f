/** Checks of every topology, whatever its format: number of nodes, distances, CPUs. */
import type { Place } from '../../shared/errors/index.ts';
import type { DiagnosticList } from './diagnostic-list.ts';
import type { Distances } from './facts.ts';

/** The most nodes read, of a host or a guest: Linux's MAX_NUMNODES at its largest. A matrix has its square. */
export const MAX_NODES = 1024;

export const LOCAL_DISTANCE = 10;
export const REMOTE_DISTANCE = 20;
export const UNREACHABLE_DISTANCE = 255;

/**
 * Firmware and old kernels produce odd matrices; they are kept, with a warning. Above 255 is no SLIT value at all.
 * `place` says where the value of row `i`, column `j` stands.
 */
export function checkHostDistances(
  { ids, matrix }: Distances,
  place: (i: number, j: number) => Place,
  list: DiagnosticList,
): void {
  for (const [i, row] of matrix.entries()) {
    for (const [j, value] of row.entries()) {
      if (i === j ? value === LOCAL_DISTANCE : value >= LOCAL_DISTANCE && value <= UNREACHABLE_DISTANCE) continue;
      const found = `${value} from node ${ids[i]} to node ${ids[j]}`;
      if (value > UNREACHABLE_DISTANCE) {
        list.error('distance-too-large', 'A distance does not fit a byte.', place(i, j), {
          found,
          expected: '10 to 255',
        });
      } else if (i === j) {
        list.warning('distance-local', 'A node is not at distance 10 from itself.', place(i, j), {
          found,
          expected: '10',
        });
      } else {
        const detail = { found, expected: '10 to 255' };
        list.warning('distance-reserved', 'Distances below 10 are reserved.', place(i, j), detail);
      }
    }
  }
}

/** Tells of CPUs that were already seen in another node. `owners` maps CPU to node and grows from call to call. */
export function checkCpuOwners(
  node: number,
  cpus: readonly number[],
  owners: Map<number, number>,
  where: Place,
  list: DiagnosticList,
): void {
  for (const cpu of cpus) {
    const owner = owners.get(cpu);
    if (owner === undefined) owners.set(cpu, node);
    else {
      const found = `CPU ${cpu} in node ${owner} and node ${node}`;
      const hint = 'A kernel with numa=fake lists the CPUs of a node in each of its parts.';
      list.warning('cpu-in-two-nodes', 'A CPU is listed in two nodes.', where, { found, hint });
    }
  }
}
