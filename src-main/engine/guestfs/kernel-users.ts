/**
 * The subscribers that a guest's kernel notifies of a commit (BeyondConfig.notify), as files: the slab caches of
 * /sys/kernel/slab, with SLUB's names and formats, and the tasks with a memory policy in /sys/kernel/debug/dnuma/tasks.
 */
import type { Guest } from '../vm/index.ts';
import { dir, type DirNode, fail, ok, procFile, sysAttribute, sysFile } from './node.ts';
import { listText } from './text.ts';

export function slabFiles(guest: Guest): DirNode {
  const { slabs } = guest;
  return {
    kind: 'dir',
    mode: 0o755,
    names: () => slabs.names,
    get: (name) => (slabs.names.includes(name) ? cacheFiles(guest, name) : null),
  };
}

/** `12 N0=4 N1=8`: the sum, and the nodes that have some. */
const perNode = (counts: readonly number[]): string => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return `${total}${counts.map((count, nid) => (count === 0 ? '' : ` N${nid}=${count}`)).join('')}\n`;
};

function cacheFiles({ slabs }: Guest, name: string): DirNode {
  const cache = () => slabs.cache(name);
  return dir(
    {
      object_size: sysFile(() => `${cache().all.objectBytes}\n`),
      objects: sysFile(() => perNode(cache().byNode.objects)),
      objects_partial: sysFile(() => `${cache().all.objectsPartial}\n`),
      objs_per_slab: sysFile(() => `${cache().all.objectsPerSlab}\n`),
      order: sysFile(() => '0\n'),
      partial: sysFile(() => perNode(cache().byNode.partial)),
      reclaim_account: sysFile(() => `${cache().all.reclaimable ? 1 : 0}\n`),
      // As SLUB has it: 1 shrinks, anything else is EINVAL.
      shrink: sysAttribute(
        0o644,
        () => '',
        (text) => {
          if (!text.startsWith('1')) return fail('EINVAL');
          slabs.shrinkOne(name);
          return ok(text.length);
        },
      ),
      slab_size: sysFile(() => `${cache().all.objectBytes}\n`),
      slabs: sysFile(() => perNode(cache().byNode.slabs)),
    },
    0o755,
  );
}

/** A line a task: pid, comm, policy and nodemask, and the layout that the mask is of. */
export function taskFiles({ policies }: Guest): DirNode {
  const text = (): string =>
    policies.tasks
      .map(
        ({ pid, comm, policy, nodes, layoutSeq }) =>
          `${pid} ${comm} ${policy}:${listText(nodes)} layout.${layoutSeq}\n`,
      )
      .join('');
  return dir({ tasks: procFile(text, 0o400) }, 0o755);
}
