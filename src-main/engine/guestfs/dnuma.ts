/**
 * /sys/kernel/debug/dnuma: what goes beyond the RFC. Here the topology that came with the layouts, and its generation,
 * which programs compare to learn that it has changed. More parts of it are laid over this one in root.ts.
 */
import type { Mm } from '../mm/mm.ts';
import { onlineNodes } from './kernel-counters.ts';
import { dir, type DirNode, procFile } from './node.ts';
import { listText } from './text.ts';

export function dnumaOf(mm: Mm): DirNode {
  return dir(
    {
      generation: procFile(() => `${mm.topology.generation}\n`, 0o400),
      topology: procFile(() => topologyText(mm), 0o400),
    },
    0o755,
  );
}

/** A line for each node that is online: its CPUs, and its distances to all of them. */
function topologyText(mm: Mm): string {
  const { cpuNode, distances } = mm.topology;
  const nids = onlineNodes(mm);
  return nids
    .map((nid) => {
      const cpus = cpuNode.flatMap((node, cpu) => (node === nid ? [cpu] : []));
      const row = nids.map((to) => distances[nid]![to]!).join(' ');
      return `node ${nid} cpus ${listText(cpus)} distances ${row}\n`;
    })
    .join('');
}
