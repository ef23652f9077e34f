/**
 * Tasks with a memory policy, as subscribers that can be seen: each boot node has a task bound to it (MPOL_BIND), and
 * one more task prefers the node of CPU 0. When a layout moves memory, the number in a nodemask no longer means the
 * memory that it was chosen for. A task that is notified of the commit has its mask updated: each node in it becomes
 * the node that most of its pages went to. The mask of a task that is not notified stays, and may name a node that no
 * longer has memory.
 *
 * Only the masks are modelled. The tasks allocate nothing of their own: the guest's workload has no policy.
 */
import type { StateReader, StateWriter } from '../core/index.ts';
import { NR_ZONES } from '../mm/limit.ts';
import { forEachDelta, type Memlayout } from '../mm/memlayout.ts';
import { type Mm, validIn } from '../mm/mm.ts';
import { pagesByNode } from './topology.ts';

export interface TaskPolicy {
  readonly pid: number;
  readonly comm: string;
  readonly policy: 'bind' | 'prefer';
  /** Ascending. */
  readonly nodes: readonly number[];
  /** Layout that the mask is of: 0 at boot. */
  readonly layoutSeq: number;
}

/** Bound tasks, at most: a guest may boot with more nodes than a list of tasks should have lines. */
const MAX_BOUND = 8;
const FIRST_PID = 1001;

export class TaskPolicies {
  #tasks: readonly TaskPolicy[];
  /** Masks that followed their memory, since boot. */
  remapped = 0;

  constructor(mm: Mm) {
    const { bootLayout, cpuNode } = mm.config;
    const bootNids = [...new Set(bootLayout.map(({ nid }) => nid))].sort((a, b) => a - b).slice(0, MAX_BOUND);
    const bound = bootNids.map((nid, i) => ({
      ...{ pid: FIRST_PID + i, comm: `worker${nid}`, policy: 'bind' as const, nodes: [nid], layoutSeq: 0 },
    }));
    const last = { comm: 'logger', policy: 'prefer' as const, nodes: [cpuNode[0]!], layoutSeq: 0 };
    this.#tasks = [...bound, { pid: FIRST_PID + bound.length, ...last }];
  }

  get tasks(): readonly TaskPolicy[] {
    return this.#tasks;
  }

  /** Masks that name only nodes without memory. */
  stale(mm: Mm): number {
    const isEmpty = (nid: number): boolean => {
      for (let zoneType = 0; zoneType < NR_ZONES; zoneType++)
        if (mm.zones.present[nid * NR_ZONES + zoneType]! > 0) return false;
      return true;
    };
    return this.#tasks.filter(({ nodes }) => nodes.every(isEmpty)).length;
  }

  /** Notifies the tasks that the layout has changed. */
  told(mm: Mm, from: Memlayout, to: Memlayout): void {
    const went = whereMemoryWent(mm, from, to);
    this.#tasks = this.#tasks.map((task) => {
      const nodes = [...new Set(task.nodes.map((nid) => went[nid]!))].sort((a, b) => a - b);
      if (String(nodes) !== String(task.nodes)) this.remapped++;
      return { ...task, nodes, layoutSeq: to.seq };
    });
  }

  /** Tasks that were never notified are not saved. */
  save(w: StateWriter): void {
    if (this.#tasks.every(({ layoutSeq }) => layoutSeq === 0)) return;
    w.json('tasks', { remapped: this.remapped, tasks: this.#tasks as never });
  }

  load(r: StateReader): void {
    if (!r.has('tasks')) return;
    const { remapped, tasks } = r.json<{ remapped: number; tasks: readonly TaskPolicy[] }>('tasks');
    this.remapped = remapped;
    this.#tasks = tasks;
  }
}

/** For each node the one that most of its pages have gone to, or itself: ties stay, then the lowest id. Index nid. */
function whereMemoryWent(mm: Mm, from: Memlayout, to: Memlayout): number[] {
  const stayed = pagesByNode(mm, from);
  const gone = Array.from(stayed, () => new Map<number, number>());
  forEachDelta(from, to, (start, end, oldNid, newNid) => {
    const pages = validIn(mm, start, end);
    stayed[oldNid]! -= pages;
    gone[oldNid]!.set(newNid, (gone[oldNid]!.get(newNid) ?? 0) + pages);
  });
  return gone.map((map, nid) => {
    let [best, most] = [nid, stayed[nid]!];
    for (const [to, pages] of [...map].sort(([a], [b]) => a - b)) if (pages > most) [best, most] = [to, pages];
    return best;
  });
}
