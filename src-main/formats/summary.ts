/** A summary of facts in a few words, shared by the formats of one role. */
import { pagesFromKib } from '../../shared/units/index.ts';
import { plural, size } from '../../shared/view/number-format.ts';
import type { HostFacts, VmFacts } from './facts.ts';

const memory = (kib: number | null): string => (kib === null ? 'memory not stated' : size(pagesFromKib(kib)));

export function hostSummary({ nodes }: HostFacts): string {
  const stated = nodes.filter((node) => node.memoryKiB !== null);
  const kib = stated.length === 0 ? null : stated.reduce((sum, node) => sum + (node.memoryKiB ?? 0), 0);
  const cpus = nodes.reduce((sum, node) => sum + (node.cpus.length > 0 ? node.cpus.length : (node.cpuCount ?? 0)), 0);
  return `${plural(nodes.length, 'node')}, ${plural(cpus, 'CPU')}, ${memory(kib)}`;
}

export const vmSummary = ({ name, vcpus, memoryKiB, cells }: VmFacts): string =>
  `VM ${name}, ${plural(vcpus, 'vCPU')}, ${memory(memoryKiB)}, ${plural(cells.length, 'cell')}`;

/** How many nodes the rows of a table are about. */
export const nodesSummary = (rows: readonly { readonly nid: number }[]): string =>
  plural(new Set(rows.map(({ nid }) => nid)).size, 'node');

export const zonesSummary = (zones: readonly { readonly nid: number }[]): string =>
  `${plural(zones.length, 'zone')} of ${nodesSummary(zones)}`;
