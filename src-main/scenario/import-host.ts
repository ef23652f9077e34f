/** A host of a scenario from the facts of a file, in pages, with assumed memory where the file states none. */
import type { Diagnostic } from '../../shared/errors/index.ts';
import {
  PAGES_PER_GIB,
  mibFromPages,
  pagesFromKib,
  pagesFromMib,
  wholePagesFromKib,
} from '../../shared/units/index.ts';
import type { Distances, HostFacts, HostNodeFacts, PagePool } from '../formats/index.ts';
import { formatIdList } from './id-list.ts';
import { sentence } from './problem.ts';
import { quantityFromPages } from './quantity.ts';
import type { ScenarioDistances, ScenarioInput } from './schema.ts';

/** What one file says. */
export interface ImportPart<F> {
  readonly file: string;
  readonly facts: F;
  /** What it was read from, to be kept with the document. */
  readonly text?: string;
}

export type HostInput = ScenarioInput['hosts'][number];

/** A host that VMs can be placed on, before it is written down. */
export interface SizedHost {
  readonly name: string;
  readonly nodes: readonly SizedNode[];
  readonly distances: Distances | null;
  readonly assumed: readonly string[];
}

interface SizedNode {
  readonly nid: number;
  readonly pages: number;
  readonly cpus: readonly number[];
  readonly pools: readonly PagePool[];
}

/** As the document has it. */
export const hostInput = ({ name, nodes, distances, assumed }: SizedHost): HostInput => ({
  name,
  nodes: nodes.map(({ nid, pages, cpus, pools }) => ({
    nid,
    cpus: formatIdList(cpus),
    ...quantityFromPages(pages),
    ...(pools.length === 0 ? {} : { hugepages: pools.map(({ sizeKiB, count }) => ({ sizeKiB, count })) }),
  })),
  distances: distances === null ? null : importDistances(distances),
  ...(assumed.length > 0 ? { assumed: [...assumed] } : {}),
});

const MIN_ASSUMED_GIB = 16;
const NO_MEMORY = 0;

/**
 * @param vmPages memory of all VMs of the import, for which an assumed host must have room.
 * @param nodeMemoryMiB what the person says of nodes without stated memory.
 */
export function importHost(
  { file, facts }: ImportPart<HostFacts>,
  name: string,
  vmPages: number,
  nodeMemoryMiB: number | undefined,
  diagnostics: Diagnostic[],
): SizedHost {
  const unstated = facts.nodes.filter((node) => node.memoryKiB === null);
  const assumedPages = assumedNodePages(facts.nodes, unstated, vmPages, nodeMemoryMiB);
  const assumed: string[] = [];
  if (unstated.length > 0) {
    const where = unstated.length === 1 ? 'node' : 'nodes';
    const ids = formatIdList(unstated.map((node) => node.id));
    const message =
      assumedPages === NO_MEMORY
        ? `${where} ${ids}: no memory, as the file states none for them but does for others`
        : `${where} ${ids}: ${mibFromPages(assumedPages)} MiB each, as the file states no memory`;
    assumed.push(message);
    diagnostics.push({
      severity: 'warning',
      slug: 'memory-assumed',
      message: sentence(`assumed of host "${name}": ${message}`),
      where: { file },
      hint: 'Correct it in the scenario, or state the memory of such nodes.',
    });
  }
  return {
    name,
    nodes: facts.nodes.map((node) => ({
      nid: node.id,
      pages: node.memoryKiB === null ? assumedPages : wholePagesFromKib(node.memoryKiB),
      cpus: node.cpus,
      pools: facts.hugepages.filter((pool) => pool.node === node.id),
    })),
    distances: facts.distances,
    assumed,
  };
}

/** 0 for a node without memory among others that state theirs; else enough for all VMs twice, a power of two GiB. */
function assumedNodePages(
  nodes: readonly HostNodeFacts[],
  unstated: readonly HostNodeFacts[],
  vmPages: number,
  nodeMemoryMiB: number | undefined,
): number {
  if (nodeMemoryMiB !== undefined) return pagesFromMib(nodeMemoryMiB);
  if (unstated.length < nodes.length) return NO_MEMORY;
  // Twice over all nodes, but once on any node: a VM may be bound to one.
  const needed = Math.max((2 * vmPages) / unstated.length, vmPages + pagesFromKib(2048));
  let gib = MIN_ASSUMED_GIB;
  while (gib * PAGES_PER_GIB < needed) gib *= 2;
  return gib * PAGES_PER_GIB;
}

/** SLIT values below 10 are reserved; firmware that has them means near. */
export const importDistances = (d: Distances): ScenarioDistances => ({
  ids: [...d.ids],
  matrix: d.matrix.map((row) => row.map((value) => Math.max(10, value))),
});
