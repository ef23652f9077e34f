/**
 * `virsh capabilities` → host facts. What counts is host/topology/cells; host/cpu/topology is not read, since real
 * captures contradict it (see FORMATS: it describes one cell, or the whole host as one socket).
 *
 * Oddities met in real captures are warnings: the same CPU listed again, `num` that differs, page pools larger than
 * the cell. What leaves the host undetermined is an error: a cell without id or given twice, a CPU in two cells.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { Distances, HostFacts, HostNodeFacts, PagePool } from '../facts.ts';
import type { Format } from '../format.ts';
import { byRootElement } from '../format.ts';
import { hostSummary } from '../summary.ts';
import { MAX_NODES, checkCpuOwners, checkHostDistances } from '../topology.ts';
import { MAX_ID } from '../id-list.ts';
import { admitText } from '../input.ts';
import { elementSizeKib, readIdSet, readSizeKib } from '../libvirt-size.ts';
import type { CpuPlace, Interconnect } from '../measured.ts';
import type { XmlElement } from '../xml/index.ts';
import {
  childOf,
  childrenOf,
  editXml,
  parseWhole,
  parseXml,
  placeOf,
  reportMissing,
  requiredWhole,
  wholeAttribute,
} from '../xml/index.ts';

/** Largest count of pages read: exact in a double even when multiplied by a 1 GiB page in KiB. */
const MAX_PAGES = 2 ** 32;
/** The largest base page of any architecture. A cell that lists only larger pages lists no base page. */
const MAX_BASE_PAGE_KIB = 64;

/** The host of a capabilities document. Never throws; errors by slug are in the diagnostics. */
export function readCapabilities(text: string, file: string): Read<HostFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  const root = admitted === null ? null : parseXml(admitted, list);
  if (root === null) return list.read<HostFacts>(null);
  if (root.name !== 'capabilities' && root.name !== 'cells') {
    const detail = { found: `<${root.name}>`, expected: '<capabilities>' };
    list.error('root-element', 'This is not a libvirt capabilities document.', placeOf(root), detail);
    return list.read<HostFacts>(null);
  }
  return list.read(new CapabilitiesReader(list).host(root));
}

interface Cell {
  readonly element: XmlElement;
  readonly facts: HostNodeFacts;
  /** null: the cell has no <distances>. */
  readonly siblings: ReadonlyMap<number, { readonly value: number; readonly element: XmlElement }> | null;
}

class CapabilitiesReader {
  private readonly list: DiagnosticList;
  private readonly cells = new Map<number, Cell>();
  private readonly cpuOwners = new Map<number, number>();
  private readonly places = new Map<number, CpuPlace>();

  constructor(list: DiagnosticList) {
    this.list = list;
  }

  host(root: XmlElement): HostFacts {
    const { list } = this;
    const host = childOf(root, 'host', list);
    const topology = childOf(host, 'topology', list);
    // The cells alone, as they are posted.
    const alone = root.name === 'cells' ? root : null;
    this.readCells(alone ?? childOf(topology, 'cells', list), topology ?? host ?? root);
    const cells = [...this.cells.values()].sort((a, b) => a.facts.id - b.facts.id);
    return {
      kind: 'capabilities',
      nodes: cells.map((cell) => cell.facts),
      distances: this.distances(cells),
      hugepages: cells.flatMap((cell) => this.hugepages(cell)),
      arch: childOf(childOf(host, 'cpu', list), 'arch', list)?.text ?? null,
      uuid: childOf(host, 'uuid', list)?.text ?? null,
      interconnects: this.interconnects(childOf(topology, 'interconnects', list)),
      cpuPlaces: [...this.places.values()].sort((a, b) => a.id - b.id),
    };
  }

  private readCells(cells: XmlElement | null, nearest: XmlElement): void {
    const { list } = this;
    const elements = childrenOf(cells, 'cell');
    if (cells === null || elements.length === 0) {
      const expected = 'host/topology/cells/cell';
      list.error('topology-missing', 'The document lists no NUMA cells.', placeOf(cells ?? nearest), { expected });
      return;
    }
    if (elements.length > MAX_NODES) {
      const detail = { found: `${elements.length} cells`, expected: `at most ${MAX_NODES}` };
      list.error('too-many-nodes', 'There are too many NUMA cells.', placeOf(cells), detail);
      return;
    }
    for (const element of elements) this.readCell(element);
    const num = wholeAttribute(cells, 'num', MAX_ID, list);
    if (num !== null && num !== elements.length) {
      const detail = { found: `num='${num}', ${elements.length} cells`, expected: 'as many cells as num says' };
      list.warning('cell-count', 'The number of cells is not the stated one.', placeOf(cells, 'num'), detail);
    }
  }

  private readCell(element: XmlElement): void {
    const { list } = this;
    const id = requiredWhole(element, 'id', MAX_ID, list);
    if (id === null) return;
    const first = this.cells.get(id);
    if (first !== undefined) {
      const found = `id='${id}', first at line ${first.element.line}`;
      list.error('node-duplicate', 'A cell is given twice.', placeOf(element, 'id'), { found, expected: 'another id' });
      return;
    }
    const facts: HostNodeFacts = {
      id,
      memoryKiB: elementSizeKib(childOf(element, 'memory', list), list),
      cpus: this.cpus(element, id),
      freeKiB: null,
      pages: childrenOf(element, 'pages').flatMap((pages) => this.pages(pages)),
    };
    this.cells.set(id, { element, facts, siblings: this.siblings(element) });
  }

  private cpus(cell: XmlElement, node: number): readonly number[] {
    const { list } = this;
    const cpus = childOf(cell, 'cpus', list);
    if (cpus === null) return [];
    const elements = childrenOf(cpus, 'cpu');
    const given = elements.map((cpu) => requiredWhole(cpu, 'id', MAX_ID, list)).filter((id) => id !== null);
    const distinct = [...new Set(given)].sort((a, b) => a - b);
    const num = wholeAttribute(cpus, 'num', MAX_ID, list) ?? distinct.length;
    if (given.length !== distinct.length || num !== distinct.length) {
      const found = `num='${num}', ${elements.length} entries, ${distinct.length} distinct`;
      const message = 'The CPUs of a cell are not as many as stated; distinct ids are counted.';
      list.warning('cpu-count', message, placeOf(cpus), { found, expected: 'num distinct CPUs' });
    }
    checkCpuOwners(node, distinct, this.cpuOwners, placeOf(cpus), list);
    for (const cpu of elements) this.place(cpu);
    return distinct;
  }

  private place(element: XmlElement): void {
    const { list } = this;
    const id = wholeAttribute(element, 'id', MAX_ID, list);
    if (id === null || this.places.has(id)) return;
    const of = (name: string): number | null => {
      // -1: the firmware does not say.
      return element.attributes.get(name) === '-1' ? null : wholeAttribute(element, name, 0xffffffff, list);
    };
    const siblings = element.attributes.get('siblings');
    const place = { socket: of('socket_id'), die: of('die_id'), cluster: of('cluster_id'), core: of('core_id') };
    const shared = siblings === undefined ? null : readIdSet(siblings, placeOf(element, 'siblings'), true, list);
    if ([...Object.values(place), shared].every((value) => value === null)) return;
    this.places.set(id, { id, ...place, siblings: shared });
  }

  private pages(pages: XmlElement): PagePool[] {
    const size = pages.attributes.get('size');
    if (size === undefined) {
      reportMissing(pages, 'size', this.list);
      return [];
    }
    const sizeKiB = readSizeKib(size, pages.attributes.get('unit'), placeOf(pages, 'size'), this.list);
    const count = parseWhole(pages.text, MAX_PAGES, placeOf(pages), this.list);
    return sizeKiB === null || count === null ? [] : [{ sizeKiB, count }];
  }

  private hugepages({ element, facts: { id, memoryKiB, pages } }: Cell): HostFacts['hugepages'] {
    const leastKib = pages.reduce((least, pool) => Math.min(least, pool.sizeKiB), MAX_BASE_PAGE_KIB + 1);
    const pools = pages.filter((pool) => pool.sizeKiB !== leastKib);
    const poolKib = pools.reduce((sum, pool) => sum + pool.sizeKiB * pool.count, 0);
    if (memoryKiB !== null && poolKib > memoryKiB) {
      const detail = { found: `${poolKib} KiB in pools`, expected: `at most the cell's ${memoryKiB} KiB` };
      this.list.warning('hugepages-exceed-memory', 'The huge page pools exceed the cell.', placeOf(element), detail);
    }
    return pools.map(({ sizeKiB, count }) => ({ node: id, sizeKiB, count }));
  }

  private siblings(cell: XmlElement): Cell['siblings'] {
    const distances = childOf(cell, 'distances', this.list);
    if (distances === null) return null;
    const siblings = new Map<number, { value: number; element: XmlElement }>();
    for (const element of childrenOf(distances, 'sibling')) {
      const id = requiredWhole(element, 'id', MAX_ID, this.list);
      const value = requiredWhole(element, 'value', 0xffffffff, this.list);
      if (id !== null && value !== null) siblings.set(id, { value, element });
    }
    return siblings;
  }

  /** The matrix when the file states all of it. A part of one is dropped with a warning: unknown is not a number. */
  private distances(cells: readonly Cell[]): Distances | null {
    const given = cells.filter((cell) => cell.siblings !== null);
    if (given.length === 0) return null;
    const ids = cells.map((cell) => cell.facts.id);
    for (const cell of cells) {
      const missing = ids.filter((id) => !cell.siblings?.has(id));
      if (missing.length === 0) continue;
      const found = `none from node ${cell.facts.id} to node ${missing[0]}`;
      const message = 'The distances are incomplete, so none is used.';
      this.list.warning('distances-incomplete', message, placeOf(cell.element), { found, expected: 'a full matrix' });
      return null;
    }
    const sibling = (i: number, j: number) => cells[i]?.siblings?.get(ids[j] ?? -1);
    const matrix = ids.map((_, i) => ids.map((__, j) => sibling(i, j)?.value ?? 0));
    checkHostDistances({ ids, matrix }, (i, j) => placeOf(sibling(i, j)?.element ?? cells[i]!.element), this.list);
    return { ids, matrix };
  }

  private interconnects(element: XmlElement | null): Interconnect[] {
    return (element?.children ?? []).flatMap((child) => {
      if (child.name !== 'latency' && child.name !== 'bandwidth') return [];
      const initiator = requiredWhole(child, 'initiator', MAX_ID, this.list);
      const target = requiredWhole(child, 'target', MAX_ID, this.list);
      const value = child.attributes.get('value');
      if (value === undefined) reportMissing(child, 'value', this.list);
      if (initiator === null || target === null || value === undefined) return [];
      const where = placeOf(child, 'value');
      const isLatency = child.name === 'latency';
      return {
        initiator,
        target,
        cache: wholeAttribute(child, 'cache', 255, this.list),
        type: child.attributes.get('type') ?? null,
        latencyNs: isLatency ? parseWhole(value, 0xffffffff, where, this.list) : null,
        bandwidthKibPerSec: isLatency ? null : readSizeKib(value, child.attributes.get('unit'), where, this.list),
      };
    });
  }
}

export const libvirtCapabilities: Format<'host'> = {
  id: 'capabilities',
  role: 'host',
  name: 'libvirt capabilities (a host)',
  mark: '<capabilities>',
  ...byRootElement('capabilities', 'cells'),
  read: readCapabilities,
  summary: hostSummary,
  edit: editXml,
};
