/**
 * Host facts → the text of `numactl --hardware`, byte for byte as numactl 2.0.16 prints it: sizes in MiB called "MB"
 * and cut, not rounded; the matrix in `% 3d ` columns, so each line of it ends in a blank and values from 100 up take
 * four places and push the others out.
 */
import { idList } from '../../../shared/view/id-list.ts';
import type { HostFacts } from '../facts.ts';

/** The parts of a host, or of an emulated guest, that numactl shows. Nodes ascending by id. */
export interface NumactlView {
  readonly nodes: readonly Pick<HostFacts['nodes'][number], 'id' | 'cpus' | 'memoryKiB' | 'freeKiB'>[];
  readonly distances: HostFacts['distances'];
}

/** Ends in a line feed. An unknown size prints as numactl prints it, `<not available>`. */
export function printNumactlHardware({ nodes, distances }: NumactlView): string {
  const lines = [`available: ${nodes.length} nodes (${idList(nodes.map((node) => node.id))})`];
  for (const { id, cpus, memoryKiB, freeKiB } of nodes) {
    lines.push(`node ${id} cpus:${cpus.map((cpu) => ` ${cpu}`).join('')}`);
    lines.push(`node ${id} size: ${megabytes(memoryKiB)}`);
    lines.push(`node ${id} free: ${megabytes(freeKiB)}`);
  }
  if (distances === null) lines.push('No distance information available.');
  else {
    const { ids, matrix } = distances;
    lines.push('node distances:', `node ${ids.map((id) => `${width3(id)} `).join('')}`);
    for (const [i, row] of matrix.entries()) {
      lines.push(`${width3(ids[i] ?? 0)}: ${row.map((value) => `${width3(value)} `).join('')}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const megabytes = (kib: number | null): string => (kib === null ? '<not available>' : `${Math.floor(kib / 1024)} MB`);

/** C's `% 3d`: a blank where a sign would stand, then at least three places in all. */
const width3 = (value: number): string => ` ${value}`.padStart(3);
