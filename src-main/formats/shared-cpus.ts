/**
 * Which node has the CPUs that several nodes share. hwloc tells which CPUs a memory is local to, and Linux gives each CPU to one
 * node: a node of other memory (HBM, CXL, a GPU's) has the cpuset of the node it is near. numactl -H decides; where that is
 * not given, the node without a subtype, with the least latency, of the lowest id has them.
 */
import { idList } from '../../shared/view/id-list.ts';
import type { Place } from '../../shared/errors/index.ts';
import type { DiagnosticList } from './diagnostic-list.ts';

export interface SharingNode {
  readonly id: number;
  readonly localCpus: readonly number[];
  readonly subtype: string | null;
  /** From the CPUs that it is local to. */
  readonly latencyNs: number | null;
  readonly where: Place;
}

/** The CPUs of each node, each CPU once. */
export function withOwnCpus(
  nodes: readonly SharingNode[],
  list: DiagnosticList,
): ReadonlyMap<number, readonly number[]> {
  const order = [...nodes].sort(
    (a, b) =>
      Number(a.subtype !== null) - Number(b.subtype !== null) ||
      (a.latencyNs ?? 0) - (b.latencyNs ?? 0) ||
      // Of what holds others' CPUs the smallest: the rest is shared by it alone.
      a.localCpus.length - b.localCpus.length ||
      a.id - b.id,
  );
  const owners = new Map<number, number>();
  const own = new Map<number, readonly number[]>();
  for (const { id, localCpus, where } of order) {
    const free = localCpus.filter((cpu) => !owners.has(cpu));
    own.set(id, free);
    if (free.length < localCpus.length) {
      const other = owners.get(localCpus.find((cpu) => owners.has(cpu))!)!;
      const found = `CPUs ${idList(localCpus.filter((cpu) => owners.has(cpu)))} at node ${other} and node ${id}`;
      const hint = 'numactl --hardware of the same host decides.';
      const message = `Node ${id} is local to CPUs of another node: it is taken to have ${free.length === 0 ? 'no CPUs' : `CPUs ${idList(free)} alone`}.`;
      list.warning('cpuset-shared', message, where, { found, hint });
    }
    for (const cpu of free) owners.set(cpu, id);
  }
  return own;
}
