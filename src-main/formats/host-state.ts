/** What every host format says of nodes, in the one shape of HostStateFacts. */
import type { HostFacts } from './facts.ts';
import type { Facts } from './format.ts';
import type { NodeMeminfoFacts } from './linux-node-meminfo/read.ts';
import type { HostStateFacts, NodeState, PoolState } from './measured.ts';
import { NO_HOST_STATE, NO_NODE_STATE } from './measured.ts';
import { recordOf } from './output-lines.ts';

/** What the kernel gives back when asked; null where a part of it is not stated. */
export function reclaimableOf(memoryKiB: Readonly<Record<string, number>>): number | null {
  const parts = ['Active(file)', 'Inactive(file)', 'SReclaimable'].map((name) => memoryKiB[name]);
  return parts.reduce<number | null>((sum, part) => (sum === null || part === undefined ? null : sum + part), 0);
}

/** Capabilities and numactl: capabilities tell pools, numactl what is free. */
function stateOfHost(facts: HostFacts): HostStateFacts {
  return {
    ...NO_HOST_STATE,
    kind: facts.kind,
    nodes: facts.nodes.map(({ id, memoryKiB, freeKiB, cpus }): NodeState => {
      const pools = facts.hugepages.filter(({ node }) => node === id);
      return {
        ...NO_NODE_STATE,
        id,
        cpus,
        memoryKiB,
        freeKiB,
        pools: pools
          .map(({ sizeKiB, count }): PoolState => ({ sizeKiB, total: count, free: null, surplus: null }))
          .sort((a, b) => a.sizeKiB - b.sizeKiB),
        distances: distancesOf(facts, id),
      };
    }),
    cpuPlaces: facts.cpuPlaces,
  };
}

function distancesOf({ distances }: HostFacts, id: number): NodeState['distances'] {
  if (distances === null) return null;
  const row = distances.matrix[distances.ids.indexOf(id)];
  return row === undefined ? null : row.map((value, i) => ({ to: distances.ids[i]!, value }));
}

/** Node meminfo: KiB by name. Its HugePages_* are numbers of pages of the default size, which it does not state. */
function stateOfMeminfo({ kind, nodes }: NodeMeminfoFacts): HostStateFacts {
  return {
    ...NO_HOST_STATE,
    kind,
    nodes: nodes.map(({ nid, totalKib, freeKib, fields }): NodeState => {
      const memory = recordOf(Object.entries(fields).filter(([name]) => !name.startsWith('HugePages_')));
      return {
        ...NO_NODE_STATE,
        id: nid,
        memoryKiB: totalKib,
        freeKiB: freeKib,
        reclaimableKiB: reclaimableOf(memory),
        memoryByNameKiB: memory,
      };
    }),
  };
}

/** The state of a host in any facts that tell of one; null for others. */
export function hostStateOf(facts: Facts): HostStateFacts | null {
  if ('cpuPlaces' in facts && 'interconnects' in facts) return stateOfHost(facts as HostFacts);
  if (facts.kind === 'linux-node-meminfo') return stateOfMeminfo(facts as NodeMeminfoFacts);
  return 'settings' in facts && 'ksm' in facts ? (facts as HostStateFacts) : null;
}
