/**
 * cpu/numa of a domain: the guest's cells and the distances between them.
 *
 * libvirt is the judge of what is an error: ids that are not 0 … n-1, a cell given twice, a vCPU in two cells or beyond
 * the vCPU count, a distance outside 10 … 255 or of 10 between two cells (virDomainNumaDefParseXML). A vCPU in no cell
 * and a cell of 0 KiB are warnings.
 */
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { CellFacts, Distances, VmFacts } from '../facts.ts';
import { idRangeText, readIdSet, readSizeKib } from '../libvirt-size.ts';
import { LOCAL_DISTANCE, MAX_NODES, REMOTE_DISTANCE, UNREACHABLE_DISTANCE } from '../topology.ts';
import type { XmlElement } from '../xml/index.ts';
import { childOf, childrenOf, placeOf, reportMissing, requiredWhole, wholeAttribute } from '../xml/index.ts';

export interface GuestNuma {
  readonly cells: readonly CellFacts[];
  readonly distances: Distances | null;
  readonly distancesGiven: VmFacts['distancesGiven'];
}

/** `numa` is null when the domain has none. `vcpus` is the maximum count, null when it could not be read. */
export function readGuestNuma(numa: XmlElement | null, vcpus: number | null, list: DiagnosticList): GuestNuma {
  const elements = childrenOf(numa, 'cell');
  if (numa === null) return { cells: [], distances: null, distancesGiven: [] };
  if (elements.length === 0 || elements.length > MAX_NODES) {
    const detail = { found: `${elements.length} cells`, expected: `1 to ${MAX_NODES}` };
    list.error('cell-count', 'The guest has no NUMA cells, or too many.', placeOf(numa), detail);
    return { cells: [], distances: null, distancesGiven: [] };
  }
  const reader = new CellReader(elements, vcpus, list);
  elements.forEach((element, index) => reader.cell(element, index));
  reader.checkVcpusWithoutCell(numa);
  return { cells: reader.cells(), ...reader.distances() };
}

class CellReader {
  private readonly elements: readonly XmlElement[];
  private readonly vcpus: number | null;
  private readonly list: DiagnosticList;
  private readonly byId = new Map<number, { readonly element: XmlElement; readonly facts: CellFacts }>();
  private readonly cellOfVcpu = new Map<number, number>();

  constructor(elements: readonly XmlElement[], vcpus: number | null, list: DiagnosticList) {
    this.elements = elements;
    this.vcpus = vcpus;
    this.list = list;
  }

  cells(): CellFacts[] {
    return [...this.byId.values()].map((cell) => cell.facts).sort((a, b) => a.id - b.id);
  }

  /** A cell without id is numbered by its place, as libvirt does. */
  cell(element: XmlElement, index: number): void {
    const { list } = this;
    const last = this.elements.length - 1;
    const id = element.attributes.has('id') ? wholeAttribute(element, 'id', last, list) : index;
    if (id === null) return;
    const first = this.byId.get(id);
    if (first !== undefined) {
      const found = `id='${id}', first at line ${first.element.line}`;
      list.error('cell-duplicate', 'A cell is given twice.', placeOf(element, 'id'), { found, expected: 'another id' });
      return;
    }
    const memory = element.attributes.get('memory');
    const where = placeOf(element, 'memory');
    if (memory === undefined) reportMissing(element, 'memory', list);
    const memoryKiB = memory === undefined ? null : readSizeKib(memory, element.attributes.get('unit'), where, list);
    if (memoryKiB === 0) list.warning('cell-empty', `Cell ${id} has no memory.`, where, { found: '0' });
    const memAccess = element.attributes.get('memAccess') ?? null;
    this.byId.set(id, { element, facts: { id, cpus: this.cpus(element, id), memoryKiB, memAccess } });
  }

  private cpus(element: XmlElement, id: number): readonly number[] {
    const { list } = this;
    const where = placeOf(element, 'cpus');
    const cpus = readIdSet(element.attributes.get('cpus') ?? '', where, true, list) ?? [];
    const vcpus = this.vcpus ?? Infinity;
    const beyond = cpus.filter((cpu) => cpu >= vcpus);
    if (beyond.length > 0) {
      const detail = { found: `vCPU ${idRangeText(beyond)}`, expected: `0 to ${vcpus - 1}, by <vcpu>` };
      list.error('cell-cpu-range', `Cell ${id} has vCPUs that the guest has not.`, where, detail);
    }
    for (const cpu of cpus) {
      const owner = this.cellOfVcpu.get(cpu);
      if (owner === undefined) this.cellOfVcpu.set(cpu, id);
      else {
        const detail = { found: `vCPU ${cpu} in cell ${owner} and cell ${id}`, expected: 'one cell' };
        list.error('cell-cpu-overlap', 'A vCPU belongs to two cells.', where, detail);
      }
    }
    return cpus;
  }

  /** Not after an error: a cell that could not be read is why its vCPUs have none. */
  checkVcpusWithoutCell(numa: XmlElement): void {
    if (this.list.hasErrors) return;
    const free = Array.from({ length: this.vcpus ?? 0 }, (_, cpu) => cpu).filter((cpu) => !this.cellOfVcpu.has(cpu));
    if (free.length === 0) return;
    const detail = { found: `vCPU ${idRangeText(free)}`, expected: 'every vCPU in a cell' };
    this.list.warning('vcpu-without-cell', 'Some vCPUs belong to no cell.', placeOf(numa), detail);
  }

  /** Diagonal 10, given values, a missing one mirrored from the other direction, else 20. */
  distances(): Omit<GuestNuma, 'cells'> {
    const given = new Map<number, Map<number, number>>();
    const distancesGiven: { from: number; to: number; value: number }[] = [];
    for (const [from, { element }] of this.byId) {
      const distances = childOf(element, 'distances', this.list);
      if (distances === null) continue;
      const row = new Map<number, number>();
      given.set(from, row);
      for (const sibling of this.siblings(distances)) {
        const pair = this.sibling(sibling, from);
        if (pair === null) continue;
        row.set(pair.to, pair.value);
        distancesGiven.push({ from, ...pair });
      }
    }
    distancesGiven.sort((a, b) => a.from - b.from || a.to - b.to);
    if (distancesGiven.length === 0) return { distances: null, distancesGiven };
    const ids = [...this.byId.keys()].sort((a, b) => a - b);
    const value = (from: number, to: number): number =>
      given.get(from)?.get(to) ?? given.get(to)?.get(from) ?? (from === to ? LOCAL_DISTANCE : REMOTE_DISTANCE);
    return { distances: { ids, matrix: ids.map((from) => ids.map((to) => value(from, to))) }, distancesGiven };
  }

  private siblings(distances: XmlElement): readonly XmlElement[] {
    const siblings = childrenOf(distances, 'sibling');
    if (siblings.length === 0) {
      const expected = "<sibling id='…' value='…'/>";
      this.list.error('distances-empty', 'Distances are begun and none is given.', placeOf(distances), { expected });
    }
    return siblings;
  }

  private sibling(element: XmlElement, from: number): { readonly to: number; readonly value: number } | null {
    const to = requiredWhole(element, 'id', this.elements.length - 1, this.list);
    const value = requiredWhole(element, 'value', Number.MAX_SAFE_INTEGER, this.list);
    if (to === null || value === null) return null;
    const least = to === from ? LOCAL_DISTANCE : LOCAL_DISTANCE + 1;
    const most = to === from ? LOCAL_DISTANCE : UNREACHABLE_DISTANCE;
    if (value >= least && value <= most) return { to, value };
    const detail = { found: `${value} from cell ${from} to cell ${to}`, expected: `${least} to ${most}` };
    this.list.error('distance-range', 'A distance is out of range.', placeOf(element, 'value'), detail);
    return null;
  }
}
