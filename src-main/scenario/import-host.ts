/** A host of a scenario from the facts of a file, in pages, with assumed memory where the file states none. */
import type { Diagnostic } from '../../shared/errors/index.ts';
import {
  kibFromPages,
  PAGES_PER_GIB,
  mibFromPages,
  pagesFromKib,
  pagesFromMib,
  wholePagesFromKib,
} from '../../shared/units/index.ts';
import type { Distances, HostFacts, HostNodeFacts, PagePool } from '../formats/index.ts';
import { formatIdList } from './id-list.ts';
import type { HostMeasure, NodeMeasure } from './import-state.ts';
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
  readonly assumed: NonNullable<HostInput['assumed']>;
  /** Processes that are no VM of the document. */
  readonly strangers: NonNullable<HostInput['strangers']>;
  readonly system: HostInput['system'];
  /** Nodes of its devices, by PCI address, as far as they are known. */
  readonly devices: ReadonlyMap<string, number>;
}

interface SizedPool extends PagePool {
  readonly free: number | null;
  /** False: `count` is what is free, as only that is stated. */
  readonly isCountKnown: boolean;
  /** Held by processes that are no VM of the document. */
  readonly reserved: number;
}

export interface SizedNode {
  readonly nid: number;
  readonly pages: number;
  readonly cpus: readonly number[];
  /** null: no source states pools. */
  readonly pools: readonly SizedPool[] | null;
  readonly freeKiB: number | null;
  /** Free and reclaimable page cache. */
  readonly availableKiB: number | null;
  /** By order, all zones together. */
  readonly freeBlocks: readonly number[] | null;
  /** Used by the host and others: by nothing that is a VM of the document. */
  readonly reservedPages: number;
}

/** As the document has it. */
export const hostInput = ({ name, nodes, distances, assumed, system, strangers }: SizedHost): HostInput => ({
  name,
  nodes: nodes.map(nodeInput),
  distances: distances === null ? null : importDistances(distances),
  ...(assumed.length > 0 ? { assumed: [...assumed] } : {}),
  ...(system === undefined ? {} : { system }),
  ...(strangers.length > 0 ? { strangers: [...strangers] } : {}),
});

const nodeInput = (node: SizedNode): HostInput['nodes'][number] => ({
  nid: node.nid,
  cpus: formatIdList(node.cpus),
  ...quantityFromPages(node.pages),
  ...(node.reservedPages === 0
    ? {}
    : { reservedMiB: Math.floor(mibFromPages(Math.min(node.reservedPages, node.pages))) }),
  ...(node.pools === null ? {} : { hugepages: node.pools.map(poolInput) }),
  ...(node.freeKiB === null ? {} : { freeKiB: node.freeKiB }),
  ...(node.availableKiB === null ? {} : { availableKiB: node.availableKiB }),
  ...(node.freeBlocks === null ? {} : { freeBlocks: [...node.freeBlocks] }),
});

const poolInput = ({ sizeKiB, count, free, reserved }: SizedPool) => ({
  sizeKiB,
  count,
  ...(free === null ? {} : { free }),
  ...(reserved === 0 ? {} : { reserved }),
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
  measure: HostMeasure,
  diagnostics: Diagnostic[],
): SizedHost {
  const unstated = facts.nodes.filter((node) => node.memoryKiB === null);
  const assumedPages = assumedNodePages(facts.nodes, unstated, vmPages, nodeMemoryMiB);
  const assumed: NonNullable<HostInput['assumed']> = [];
  if (unstated.length > 0) {
    const where = unstated.length === 1 ? 'node' : 'nodes';
    const ids = formatIdList(unstated.map((node) => node.id));
    const message =
      assumedPages === NO_MEMORY
        ? `${where} ${ids}: no memory, as the file states none for them but does for others`
        : `${where} ${ids}: ${mibFromPages(assumedPages)} MiB each, as the file states no memory`;
    assumed.push({ text: message, measure: 'numactl --hardware' });
    diagnostics.push({
      severity: 'warning',
      slug: 'memory-assumed',
      message: sentence(`assumed of host "${name}": ${message}`),
      where: { file },
      hint: 'Correct it in the scenario, or state the memory of such nodes.',
    });
  }
  const cpus = cpusOf(facts.nodes);
  if (cpus !== null) {
    const message = 'its CPUs are numbered node by node, as the file counts them and does not name them';
    assumed.push({ text: message, measure: 'numactl --hardware' });
    diagnostics.push({
      severity: 'warning',
      slug: 'cpus-assumed',
      message: sentence(`assumed of host "${name}": ${message}`),
      where: { file },
    });
  }
  const nodes = facts.nodes.map((node, i) => ({
    nid: node.id,
    pages: node.memoryKiB === null ? assumedPages : wholePagesFromKib(node.memoryKiB),
    cpus: cpus?.[i] ?? node.cpus,
    pools: poolsOf(facts, node.id, measure),
    ...freeOf(measure.nodes.get(node.id)),
    reservedPages: 0,
  }));
  return {
    name,
    nodes,
    distances: facts.distances,
    assumed: [...assumed, ...unstatedOf(nodes, facts)],
    strangers: [],
    system: systemOf(measure),
    devices: new Map(
      measure.devices.flatMap(({ address, node }) => (node === null || node < 0 ? [] : [[address, node] as const])),
    ),
  };
}

/** CPUs of each node, of a file that only counts them; null where one names them, or says nothing of them. */
function cpusOf(nodes: readonly HostNodeFacts[]): readonly (readonly number[])[] | null {
  if (nodes.some(({ cpus, cpuCount }) => cpus.length > 0 || cpuCount === undefined)) return null;
  let next = 0;
  return nodes.map(({ cpuCount }) => Array.from({ length: Math.floor(cpuCount ?? 0) }, () => next++));
}

/** What no file states and the simulation takes for granted, beside the memory of nodes. */
function unstatedOf(nodes: readonly SizedNode[], { distances }: HostFacts): NonNullable<HostInput['assumed']> {
  const withMemory = nodes.filter(({ pages }) => pages > 0);
  const when = (holds: boolean, text: string, measure: string): NonNullable<HostInput['assumed']> =>
    holds ? [{ text, measure }] : [];
  const isFreeKnown = withMemory.every(({ freeKiB }) => freeKiB !== null);
  return [
    ...when(
      distances === null && nodes.length > 1,
      'Distances between its nodes: 20 from each to each other, as no file states them.',
      'numactl --hardware',
    ),
    ...when(
      !isFreeKnown,
      'What is free on its nodes: all that these VMs do not hold, as no file states it.',
      'virsh freecell --all',
    ),
    ...when(
      isFreeKnown && withMemory.some(({ availableKiB }) => availableKiB === null),
      'Page cache that could give way: none, as no file states it.',
      'cat /sys/devices/system/node/node*/meminfo',
    ),
    ...when(
      nodes.every(({ pools }) => pools === null),
      'Huge page pools: none, as no file states them.',
      'virsh freepages --all',
    ),
  ];
}

function freeOf(node: NodeMeasure | undefined): Pick<SizedNode, 'freeKiB' | 'availableKiB' | 'freeBlocks'> {
  const freeKiB = node?.freeKiB ?? null;
  const reclaimable = node?.reclaimableKiB ?? null;
  const availableKiB = freeKiB === null || reclaimable === null ? null : freeKiB + reclaimable;
  return { freeKiB, availableKiB, freeBlocks: node?.freeBlocks ?? null };
}

/** As the host's own file states them, with what is free of them where that was measured. */
function poolsOf(facts: HostFacts, nid: number, measure: HostMeasure): SizedNode['pools'] {
  const measured = measure.nodes.get(nid)?.pools ?? null;
  const stated = facts.hugepages.filter((pool) => pool.node === nid);
  // Only libvirt lists page sizes; a text without any says nothing of pools.
  const saysNothing = facts.hugepages.length === 0 && facts.nodes.every((node) => node.pages.length === 0);
  if (saysNothing && measured === null) return null;
  const pools = new Map(
    stated.map(({ sizeKiB, count }): [number, SizedPool] => [
      sizeKiB,
      { sizeKiB, count, free: null, isCountKnown: true, reserved: 0 },
    ]),
  );
  for (const [sizeKiB, { total, free }] of measured ?? []) {
    const known = total ?? pools.get(sizeKiB)?.count ?? null;
    pools.set(sizeKiB, { sizeKiB, count: known ?? free ?? 0, free, isCountKnown: known !== null, reserved: 0 });
  }
  return [...pools.values()].sort((a, b) => a.sizeKiB - b.sizeKiB);
}

function systemOf(measure: HostMeasure): HostInput['system'] {
  const { sockets, siblings, isolatedCpus, numaBalancing, ksm } = measure;
  const system = {
    ...(sockets === null ? {} : { sockets }),
    ...(siblings === null ? {} : { cores: siblings.map(formatIdList) }),
    ...(isolatedCpus === null ? {} : { isolatedCpus: formatIdList(isolatedCpus) }),
    ...(numaBalancing === null ? {} : { numaBalancing }),
    ...(ksm === null || ksm.run === null
      ? {}
      : {
          ksm: {
            run: ksm.run === 1,
            mergeAcrossNodes: ksm.mergeAcrossNodes ?? true,
            ...(ksm.pagesSharing === null ? {} : { sharedKiB: kibFromPages(ksm.pagesSharing) }),
          },
        }),
  };
  return Object.keys(system).length === 0 ? undefined : system;
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
