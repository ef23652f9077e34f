/**
 * The terms that the checks share, worked out once from the facts.
 *
 * - CPU node: a node with CPUs.
 * - available(n): free and reclaimable page cache where it is known, else free.
 * - plain(n): size less huge page pools. capacity(n): plain(n) less 1 GiB for the host (Proxmox VE's advice).
 * - The CPU nodes of vCPUs: nodes of the CPUs that their pins allow, else cpuset, else all. Confined: fewer than all.
 * - A VM without cells is one cell, with id null.
 * - Bound: by memnode, else by numatune.
 */
import { PAGES_PER_GIB, pagesFromKib } from '../../shared/units/index.ts';
import type { Binding, HostFacts, MigrationFacts, NodeFacts, PlacementFacts, PoolFacts, VmFacts } from './facts.ts';

/** Left to the host on each node (Proxmox VE: "leave 1 GB to the host"). */
const HOST_PAGES = PAGES_PER_GIB;
export const SMALL_PAGE_KIB = 4;

export class HostView {
  readonly name: string;
  readonly nodes: readonly NodeFacts[];
  readonly cpuNodes: readonly NodeFacts[];
  readonly cpus: readonly number[];
  readonly #nodeOfCpu = new Map<number, number>();
  readonly #byNid = new Map<number, NodeFacts>();
  readonly #coreOf = new Map<number, readonly number[]>();
  readonly #isolated: ReadonlySet<number>;
  readonly #index = new Map<number, number>();
  readonly vms: readonly VmView[];

  readonly facts: HostFacts;

  constructor(facts: HostFacts, vms: readonly VmFacts[]) {
    this.facts = facts;
    this.name = facts.name;
    this.nodes = facts.nodes;
    this.cpuNodes = facts.nodes.filter((node) => node.cpus.length > 0);
    this.cpus = facts.nodes.flatMap((node) => node.cpus);
    facts.nodes.forEach((node, i) => {
      this.#byNid.set(node.nid, node);
      this.#index.set(node.nid, i);
      for (const cpu of node.cpus) this.#nodeOfCpu.set(cpu, node.nid);
    });
    for (const core of facts.cores ?? []) for (const cpu of core) this.#coreOf.set(cpu, core);
    this.#isolated = new Set(facts.isolatedCpus ?? []);
    this.vms = vms.filter((vm) => vm.host === facts.name).map((vm) => new VmView(vm, this));
  }

  node(nid: number): NodeFacts | undefined {
    return this.#byNid.get(nid);
  }

  nodeOfCpu(cpu: number): number | undefined {
    return this.#nodeOfCpu.get(cpu);
  }

  isCpuNode(nid: number): boolean {
    return (this.#byNid.get(nid)?.cpus.length ?? 0) > 0;
  }

  isIsolated(cpu: number): boolean {
    return this.#isolated.has(cpu);
  }

  /** CPUs of the same core, itself included; null where siblings are not known. */
  siblingsOf(cpu: number): readonly number[] | null {
    return this.facts.cores === null ? null : (this.#coreOf.get(cpu) ?? [cpu]);
  }

  /** Cores of a node; its CPUs where siblings are not known. */
  coresOf(node: NodeFacts): number {
    if (this.facts.cores === null) return node.cpus.length;
    return new Set(node.cpus.map((cpu) => Math.min(...(this.#coreOf.get(cpu) ?? [cpu])))).size;
  }

  /** Null where the host states no distances. */
  distance(from: number, to: number): number | null {
    const [i, j] = [this.#index.get(from), this.#index.get(to)];
    if (i === undefined || j === undefined) return null;
    return this.facts.distances?.[i]?.[j] ?? null;
  }

  /** The least and the most between two different nodes of these; null with fewer than two or without distances. */
  distancesAmong(nids: readonly number[]): Extent | null {
    let least = Infinity;
    let most: Omit<Extent, 'least'> | null = null;
    for (const from of nids) {
      for (const to of nids) {
        const distance = from === to ? null : this.distance(from, to);
        if (distance === null) continue;
        least = Math.min(least, distance);
        if (most === null || distance > most.most) most = { most: distance, from, to };
      }
    }
    return most === null ? null : { ...most, least };
  }
}

export interface Extent {
  readonly least: number;
  readonly most: number;
  /** Two nodes that are the most apart. */
  readonly from: number;
  readonly to: number;
}

export const poolPages = (node: NodeFacts): number =>
  (node.pools ?? []).reduce((sum, { pageKib, total }) => sum + total * pagesFromKib(pageKib), 0);

/** Pages outside of huge page pools. */
export const plainPages = (node: NodeFacts): number => Math.max(0, node.totalPages - poolPages(node));
/** What VMs on small pages could ever have of a node. */
export const capacityPages = (node: NodeFacts): number => Math.max(0, plainPages(node) - HOST_PAGES);
/** Free, and page cache where it is known; null where not even free is. */
export const availablePages = (node: NodeFacts): number | null => node.availablePages ?? node.freePages;
export const poolOf = (node: NodeFacts, pageKib: number): PoolFacts | undefined =>
  node.pools?.find((pool) => pool.pageKib === pageKib);
/** The most that can be available to small pages: all outside of the pools where not even free memory is stated. */
export const mostAvailablePages = (node: NodeFacts): number => availablePages(node) ?? plainPages(node);
/** The most huge pages of a size that can be free: the whole pool where its free ones are not stated. */
export const mostFreeHugePages = (node: NodeFacts, pageKib: number): number => {
  const pool = poolOf(node, pageKib);
  return pool === undefined ? 0 : (pool.free ?? pool.total);
};

/** A guest cell, or the whole of a VM without cells. */
export interface CellView {
  /** Null: the VM has no cells. */
  readonly id: number | null;
  readonly vcpus: readonly number[];
  readonly pages: number;
  /** Of the pages that back it, in KiB; 4 without huge pages. */
  readonly pageKib: number;
  /** Pages of that size. */
  readonly frames: number;
  readonly binding: Binding | null;
}

export class VmView {
  readonly facts: VmFacts;
  readonly host: HostView;
  readonly cells: readonly CellView[];
  readonly vcpus: readonly number[];
  #allowedNodes: readonly number[] | undefined;

  constructor(facts: VmFacts, host: HostView) {
    this.facts = facts;
    this.host = host;
    this.vcpus = Array.from({ length: facts.vcpus }, (_, i) => i);
    const cells =
      facts.cells.length > 0 ? facts.cells : [{ id: null, vcpus: this.vcpus, pages: facts.pages, distances: null }];
    this.cells = cells.map(({ id, vcpus, pages }) => {
      const pageKib = this.#pageKibOf(id);
      return {
        id,
        vcpus,
        pages,
        pageKib,
        frames: Math.ceil(pages / pagesFromKib(pageKib)),
        binding: facts.memnodes.find((memnode) => memnode.cell === (id ?? 0)) ?? facts.binding,
      };
    });
  }

  get name(): string {
    return this.facts.name;
  }

  get running(): boolean {
    return this.facts.running;
  }

  #pageKibOf(cell: number | null): number {
    const backed = this.facts.hugePages;
    const own = backed.find(({ cells }) => cells !== null && cells.includes(cell ?? 0));
    return (own ?? backed.find(({ cells }) => cells === null))?.pageKib ?? SMALL_PAGE_KIB;
  }

  /** CPUs of the host that a vCPU may use. */
  cpusOf(vcpu: number): readonly number[] {
    return this.facts.pins.get(vcpu) ?? this.facts.cpuset ?? this.host.cpus;
  }

  /** Nodes whose CPUs these vCPUs may use, ascending. */
  cpuNodesOf(vcpus: readonly number[]): number[] {
    // Most VMs float: their vCPUs share one list of CPUs.
    const lists = new Set(vcpus.map((vcpu) => this.cpusOf(vcpu)));
    const nids = new Set<number>();
    for (const list of lists) {
      for (const cpu of list) {
        const nid = this.host.nodeOfCpu(cpu);
        if (nid !== undefined) nids.add(nid);
      }
    }
    return [...nids].sort((a, b) => a - b);
  }

  /** Nodes that any of its vCPUs may use. */
  get cpuNodes(): readonly number[] {
    this.#allowedNodes ??= this.cpuNodesOf(this.vcpus);
    return this.#allowedNodes;
  }

  /** Its vCPUs may use CPUs of fewer than all CPU nodes. */
  get isConfined(): boolean {
    return this.cpuNodes.length < this.host.cpuNodes.length;
  }

  /** A list of CPUs stands behind none of its vCPUs. */
  get floats(): boolean {
    return this.facts.cpuset === null && this.facts.pins.size === 0;
  }

  /** The CPU of a vCPU that has one to itself; null where it may use several. */
  dedicatedCpu(vcpu: number): number | null {
    const cpus = this.cpusOf(vcpu);
    return cpus.length === 1 && (this.facts.pins.has(vcpu) || this.facts.cpuset !== null) ? cpus[0]! : null;
  }

  /** Every vCPU has one CPU. */
  get isDedicated(): boolean {
    return this.vcpus.every((vcpu) => this.dedicatedCpu(vcpu) !== null);
  }

  get hasCells(): boolean {
    return this.facts.cells.length > 0;
  }

  get isBound(): boolean {
    return this.cells.some((cell) => cell.binding !== null);
  }

  /** All nodes that its memory is bound to; null when any of it is not bound. */
  get boundNodes(): number[] | null {
    const nids = new Set<number>();
    for (const { binding } of this.cells) {
      if (binding === null) return null;
      for (const nid of binding.nodes) nids.add(nid);
    }
    return [...nids].sort((a, b) => a - b);
  }

  /** Its memory is asked for in turns over several nodes. */
  get interleaves(): boolean {
    return this.cells.some(({ binding }) => binding?.mode === 'interleave');
  }

  get usesHugePages(): boolean {
    return this.cells.some((cell) => cell.pageKib !== SMALL_PAGE_KIB);
  }

  get measuredPages(): number | null {
    if (this.facts.measured === null) return null;
    let sum = 0;
    for (const pages of this.facts.measured.values()) sum += pages;
    return sum;
  }

  /** Nodes on which it, or this cell of it, was measured; null: not measured. */
  measuredOf(cell: number | null): ReadonlyMap<number, number> | null {
    if (cell === null) return this.facts.measured;
    return this.facts.measuredCells?.get(cell) ?? null;
  }
}

export class FactsView {
  readonly hosts: readonly HostView[];
  readonly migration: MigrationView | null;

  constructor(facts: PlacementFacts) {
    this.hosts = facts.hosts.map((host) => new HostView(host, facts.vms));
    this.migration = facts.migration === null ? null : migrationView(facts.migration, this.hosts);
  }
}

export interface MigrationView {
  readonly facts: MigrationFacts;
  /** As it stands now. */
  readonly vm: VmView;
  readonly to: HostView;
  /** The same VM, as one that is to start on the destination beside the VMs that are there. */
  readonly arriving: VmView;
}

function migrationView(facts: MigrationFacts, hosts: readonly HostView[]): MigrationView | null {
  const to = hosts.find((host) => host.name === facts.to);
  const vm = hosts.flatMap((host) => host.vms).find((one) => one.name === facts.vm);
  if (to === undefined || vm === undefined) return null;
  const stopped: VmFacts = {
    ...vm.facts,
    host: to.name,
    running: false,
    measured: null,
    measuredCells: null,
    vcpuCpus: null,
  };
  return { facts, vm, to, arriving: new VmView(stopped, to) };
}
