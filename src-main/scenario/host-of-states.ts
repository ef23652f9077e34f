/**
 * A host from what was measured of it, where no text describes it as a whole: node files of /sys, lscpu, numastat, the tables of
 * a kubelet. Each adds what it has; of two that state one thing the first counts.
 */
import type { Distances, HostFacts, HostNodeFacts, HostStateFacts, NodeState } from '../formats/index.ts';
import type { ImportPart } from './import-host.ts';

/** Null where no text says which nodes there are, or nothing of any. */
export function hostOfStates(states: readonly ImportPart<HostStateFacts>[]): ImportPart<HostFacts> | null {
  const nodes = new Map<number, NodeState[]>();
  const online = states.map(({ facts }) => facts.nodeLists?.['online']).find((list) => list !== undefined) ?? null;
  for (const { facts } of states)
    for (const node of facts.nodes) nodes.set(node.id, [...(nodes.get(node.id) ?? []), node]);
  const ids = [...nodes.keys()].sort((a, b) => a - b);
  const first = <T>(id: number, of: (node: NodeState) => T | null): T | null => {
    for (const node of nodes.get(id)!) {
      const value = of(node);
      if (value !== null) return value;
    }
    return null;
  };
  const facts = ids.map((id): HostNodeFacts => ({
    id,
    memoryKiB: first(id, (node) => node.memoryKiB),
    cpus: first(id, (node) => node.cpus) ?? [],
    freeKiB: first(id, (node) => node.freeKiB),
    pages: [],
  }));
  const tells = facts.some(({ memoryKiB, cpus }) => memoryKiB !== null || cpus.length > 0);
  const [source] = states.filter(({ facts: { nodes: own } }) => own.length > 0);
  if (!tells || source === undefined) return null;
  return {
    file: source.file,
    facts: {
      kind: source.facts.kind,
      nodes: facts,
      distances: distancesOf(ids, (id) =>
        byOnline(
          first(id, (node) => node.distances),
          online,
        ),
      ),
      hugepages: ids.flatMap((node) => {
        const pools = first(node, (each) => (each.pools.some(({ total }) => total !== null) ? each.pools : null)) ?? [];
        return pools.flatMap(({ sizeKiB, total }) => (total === null ? [] : [{ node, sizeKiB, count: total }]));
      }),
      arch: null,
      uuid: null,
      interconnects: states.flatMap((state) => state.facts.interconnects ?? []),
      cpuPlaces: states.find((state) => state.facts.cpuPlaces.length > 0)?.facts.cpuPlaces ?? [],
    },
  };
}

/** A row by position, as sysfs has it, by the nodes that are online. */
function byOnline(row: NodeState['distances'], online: readonly number[] | null): NodeState['distances'] {
  const isByPosition = row !== null && row.length === online?.length && row.every(({ to }, i) => to === i);
  return isByPosition ? row.map(({ value }, i) => ({ to: online[i]!, value })) : row;
}

/** Null where one node lacks its distance to another. */
function distancesOf(ids: readonly number[], rowOf: (id: number) => NodeState['distances']): Distances | null {
  const matrix = ids.map((from) => ids.map((to) => rowOf(from)?.find((each) => each.to === to)?.value ?? null));
  return matrix.flat().includes(null) ? null : { ids, matrix: matrix as number[][] };
}
