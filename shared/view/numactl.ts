/**
 * The text of `numactl --hardware`, byte for byte as numactl 2.0.16 prints it: sizes in MiB called "MB" and cut, not
 * rounded; the matrix in `% 3d ` columns, so each line of it ends in a blank and values from 100 up take four places and
 * push the others out. One printer for emulated guests and for real hosts.
 */
import { idList } from './id-list.ts';

/** What numactl shows. Nodes ascending by id; null is unknown. */
export interface NumactlView {
  readonly nodes: readonly NumactlNode[];
  /** Row = from, column = to, in the order of ids. */
  readonly distances: { readonly ids: readonly number[]; readonly matrix: readonly (readonly number[])[] } | null;
}

export interface NumactlNode {
  readonly id: number;
  readonly cpus: readonly number[];
  readonly sizeMib: number | null;
  readonly freeMib: number | null;
}

/** Ends in a line feed. An unknown size prints as numactl prints it, `<not available>`. */
export function numactlText({ nodes, distances }: NumactlView): string {
  const lines = [`available: ${nodes.length} nodes (${idList(nodes.map((node) => node.id))})`];
  for (const { id, cpus, sizeMib, freeMib } of nodes) {
    lines.push(`node ${id} cpus:${cpus.map((cpu) => ` ${cpu}`).join('')}`);
    lines.push(`node ${id} size: ${megabytes(sizeMib)}`);
    lines.push(`node ${id} free: ${megabytes(freeMib)}`);
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

const megabytes = (mib: number | null): string => (mib === null ? '<not available>' : `${Math.floor(mib)} MB`);

/** C's `% 3d`: a blank where a sign would stand, then at least three places in all. */
const width3 = (value: number): string => ` ${value}`.padStart(3);
