/**
 * hwloc's XML (`lstopo --of xml`), versions 2 and 3 → host facts. Version 1 nests CPUs inside nodes and counts memory otherwise;
 * hwloc 2 itself converts it, so it is refused with that.
 *
 * (a) A node is found at every depth: below Machine, Package, Group, a cache, or a MemCache.
 * (b) `os_index` is its id, `local_memory` its bytes, `cpuset` the CPUs that it is near (shared-cpus.ts).
 * (c) Distances are those of nodes alone, by `os_index`. Of memory attributes latency and bandwidth are read.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { parseCpuMask } from '../cpu-mask.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Distances, HostFacts, HostNodeFacts, PagePool } from '../facts.ts';
import { NO_HOST, hugepagesOf } from '../facts.ts';
import type { Format } from '../format.ts';
import { byRootElement } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import { admitText } from '../input.ts';
import type { CpuPlace, Interconnect } from '../measured.ts';
import { withOwnCpus } from '../shared-cpus.ts';
import { hostSummary } from '../summary.ts';
import { MAX_NODES, checkHostDistances } from '../topology.ts';
import type { XmlElement } from '../xml/index.ts';
import {
  childrenOf,
  editXml,
  parseWhole,
  parseXml,
  placeOf,
  reportMissing,
  requiredWhole,
  wholeAttribute,
} from '../xml/index.ts';

const KIND = 'hwloc-xml';
const MAX_BYTES = Number.MAX_SAFE_INTEGER;
const MAX_PAGES = 2 ** 40;
const BYTES_PER_KIB = 1024;

function readHwlocXml(text: string, file: string): Read<HwlocFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  const root = admitted === null ? null : parseXml(admitted, list);
  if (root === null) return list.read<HwlocFacts>(null);
  if (root.name !== 'topology') {
    const detail = { found: `<${root.name}>`, expected: '<topology version="2.0">' };
    list.error('root-element', 'This is not a topology of hwloc.', placeOf(root), detail);
    return list.read<HwlocFacts>(null);
  }
  const version = root.attributes.get('version');
  if (version === undefined || !/^[23]\./.test(version)) {
    const hint = 'lstopo of hwloc 2 converts it: lstopo --input OLD.xml NEW.xml';
    const found = version === undefined ? 'no version, as hwloc 1 writes it' : `version ${quote(version)}`;
    const detail = { found, expected: 'version 2 or 3', hint };
    list.error('hwloc-version', 'This version of hwloc XML is not read.', placeOf(root), detail);
    return list.read<HwlocFacts>(null);
  }
  return list.read(new HwlocReader(list).host(root, version));
}

interface HwlocNodeFacts extends HostNodeFacts {
  readonly localCpus: readonly number[];
  /** `MCDRAM`, `GPUMemory`, `CXL-DRAM`, ... */
  readonly subtype: string | null;
}

interface HwlocFacts extends HostFacts {
  /** Of the XML. */
  readonly version: string;
  readonly nodes: readonly HwlocNodeFacts[];
}

interface Node extends HostNodeFacts {
  readonly localCpus: readonly number[];
  readonly subtype: string | null;
  readonly gpIndex: string | null;
  readonly element: XmlElement;
}

class HwlocReader {
  readonly #list: DiagnosticList;
  readonly #nodes = new Map<number, Node>();
  readonly #places = new Map<number, CpuPlace>();
  #arch: string | null = null;
  #hostName: string | null = null;

  constructor(list: DiagnosticList) {
    this.#list = list;
  }

  host(root: XmlElement, version: string): HwlocFacts | null {
    for (const machine of childrenOf(root, 'object')) this.#object(machine, { socket: null, die: null, core: null });
    const nodes = [...this.#nodes.values()].sort((a, b) => a.id - b.id);
    if (nodes.length === 0) {
      const detail = { expected: '<object type="NUMANode" os_index="0" local_memory="…">' };
      this.#list.error('topology-missing', 'The topology has no NUMA nodes.', placeOf(root), detail);
      return null;
    }
    const attributes = childrenOf(root, 'memattr');
    const latency = this.#latencies(attributes);
    const own = withOwnCpus(
      nodes.map((node) => ({ ...node, latencyNs: latency.get(node.gpIndex) ?? null, where: placeOf(node.element) })),
      this.#list,
    );
    const facts = nodes.map(({ id, memoryKiB, pages, localCpus, subtype }): HwlocNodeFacts => ({
      id,
      memoryKiB,
      cpus: own.get(id) ?? [],
      freeKiB: null,
      pages,
      localCpus,
      subtype,
    }));
    return {
      kind: KIND,
      name: this.#hostName,
      version,
      ...NO_HOST,
      nodes: facts,
      distances: this.#distances(
        root,
        nodes.map(({ id }) => id),
      ),
      hugepages: hugepagesOf(facts),
      arch: this.#arch,
      interconnects: this.#interconnects(attributes, nodes, own),
      cpuPlaces: [...this.#places.values()].sort((a, b) => a.id - b.id),
    };
  }

  #object(element: XmlElement, around: Pick<CpuPlace, 'socket' | 'die' | 'core'>): void {
    const type = element.attributes.get('type');
    if (type === 'NUMANode') this.#node(element);
    if (type === 'Machine') this.#machine(element);
    const index = (): number | null => {
      const text = element.attributes.get('os_index');
      return text === undefined || !/^\d{1,9}$/.test(text) ? null : Number(text);
    };
    const here = {
      socket: type === 'Package' ? index() : around.socket,
      die: type === 'Die' ? index() : around.die,
      core: type === 'Core' ? index() : around.core,
    };
    if (type === 'PU') {
      const id = wholeAttribute(element, 'os_index', MAX_ID, this.#list);
      if (id !== null) this.#places.set(id, { id, cluster: null, siblings: null, ...here });
    }
    if (type === 'Core') this.#core(element, here);
    else for (const child of childrenOf(element, 'object')) this.#object(child, here);
  }

  /** The threads of one core are siblings. */
  #core(element: XmlElement, here: Pick<CpuPlace, 'socket' | 'die' | 'core'>): void {
    const before = new Set(this.#places.keys());
    for (const child of childrenOf(element, 'object')) this.#object(child, here);
    const siblings = [...this.#places.keys()].filter((id) => !before.has(id)).sort((a, b) => a - b);
    for (const id of siblings) this.#places.set(id, { ...this.#places.get(id)!, siblings });
  }

  #machine(element: XmlElement): void {
    for (const info of childrenOf(element, 'info')) {
      const value = info.attributes.get('value') ?? null;
      if (info.attributes.get('name') === 'Architecture') this.#arch = value;
      if (info.attributes.get('name') === 'HostName') this.#hostName = value;
    }
  }

  #node(element: XmlElement): void {
    const list = this.#list;
    const id = requiredWhole(element, 'os_index', MAX_ID, list);
    if (id === null) return;
    if (this.#nodes.has(id)) {
      list.error('node-duplicate', `Node ${id} is given twice.`, placeOf(element), { expected: 'it once' });
      return;
    }
    if (this.#nodes.size >= MAX_NODES) {
      const detail = { found: `node ${id}`, expected: `at most ${MAX_NODES} nodes` };
      list.error('too-many-nodes', 'There are too many nodes.', placeOf(element), detail);
      return;
    }
    const bytes = wholeAttribute(element, 'local_memory', MAX_BYTES, list);
    this.#nodes.set(id, {
      id,
      memoryKiB: bytes === null ? null : Math.floor(bytes / BYTES_PER_KIB),
      cpus: [],
      freeKiB: null,
      pages: childrenOf(element, 'page_type').flatMap((page): readonly PagePool[] => {
        const size = requiredWhole(page, 'size', MAX_BYTES, list);
        const count = requiredWhole(page, 'count', MAX_PAGES, list);
        return size === null || count === null || size < BYTES_PER_KIB
          ? []
          : [{ sizeKiB: size / BYTES_PER_KIB, count }];
      }),
      localCpus: this.#mask(element),
      subtype: element.attributes.get('subtype') ?? null,
      gpIndex: element.attributes.get('gp_index') ?? null,
      element,
    });
  }

  #mask(element: XmlElement, name = 'cpuset'): readonly number[] {
    const text = element.attributes.get(name);
    if (text === undefined) return [];
    const mask = parseCpuMask(text, this.#list.idBudget);
    if (mask.ok) return mask.ids;
    const message = `A set of CPUs cannot be read at ${quote(mask.term)}: ${mask.reason}.`;
    this.#list.error('id-list-invalid', message, placeOf(element, name), { expected: 'a mask such as 0x000000ff' });
    return [];
  }

  #distances(root: XmlElement, ids: readonly number[]): Distances | null {
    const all = childrenOf(root, 'distances2').filter((each) => each.attributes.get('type') === 'NUMANode');
    // Latency is what SLIT gives; other matrices are bandwidths that somebody added.
    const element = all.find((each) => /latency/i.test(each.attributes.get('name') ?? 'latency'));
    if (element === undefined) return null;
    const list = this.#list;
    if (element.attributes.get('indexing') !== 'os') {
      const found = quote(element.attributes.get('indexing') ?? '');
      list.warning('distances-indexing', 'Distances are not by os_index; they are not read.', placeOf(element), {
        found,
      });
      return null;
    }
    const numbers = (name: string): readonly number[] =>
      childrenOf(element, name)
        .map(({ text }) => text)
        .join(' ')
        .split(/\s+/)
        .filter((text) => text !== '')
        .map((text) => parseWhole(text, 2 ** 40, placeOf(element), list) ?? 0);
    const columns = numbers('indexes');
    const values = numbers('u64values');
    if (values.length !== columns.length ** 2 || ids.some((id) => !columns.includes(id))) {
      const found = `${columns.length} nodes and ${values.length} values`;
      const expected = 'a row and a column for each node';
      list.error('distances-incomplete', 'The distance matrix is cut.', placeOf(element), { found, expected });
      return null;
    }
    const matrix = ids.map((from) =>
      ids.map((to) => values[columns.indexOf(from) * columns.length + columns.indexOf(to)]!),
    );
    checkHostDistances({ ids, matrix }, () => placeOf(element), list);
    return { ids, matrix };
  }

  /** The least latency of each node, by gp_index. */
  #latencies(attributes: readonly XmlElement[]): ReadonlyMap<string | null, number> {
    const least = new Map<string | null, number>();
    for (const attribute of attributes.filter((each) => each.attributes.get('name') === 'Latency')) {
      for (const value of childrenOf(attribute, 'memattr_value')) {
        const target = value.attributes.get('target_obj_gp_index') ?? null;
        const ns = wholeAttribute(value, 'value', MAX_BYTES, this.#list);
        if (ns !== null) least.set(target, Math.min(ns, least.get(target) ?? Infinity));
      }
    }
    return least;
  }

  #interconnects(
    attributes: readonly XmlElement[],
    nodes: readonly Node[],
    own: ReadonlyMap<number, readonly number[]>,
  ): readonly Interconnect[] {
    const nodeOfCpu = new Map([...own].flatMap(([id, cpus]) => cpus.map((cpu) => [cpu, id] as const)));
    return attributes.flatMap((attribute) => {
      const match = /^(Read|Write)?(Latency|Bandwidth)$/.exec(attribute.attributes.get('name') ?? '');
      if (match === null) return [];
      const isLatency = match[2] === 'Latency';
      return childrenOf(attribute, 'memattr_value').flatMap((value): readonly Interconnect[] => {
        const target = nodes.find(({ gpIndex }) => gpIndex === (value.attributes.get('target_obj_gp_index') ?? ''));
        const initiator = nodeOfCpu.get(this.#mask(value, 'initiator_cpuset')[0] ?? -1);
        const figure = wholeAttribute(value, 'value', 2 ** 42, this.#list);
        if (!value.attributes.has('value')) reportMissing(value, 'value', this.#list);
        if (target === undefined || initiator === undefined || figure === null) return [];
        return [
          {
            initiator,
            target: target.id,
            cache: null,
            type: match[1]?.toLowerCase() ?? 'access',
            latencyNs: isLatency ? figure : null,
            // hwloc has MiB/s.
            bandwidthKibPerSec: isLatency ? null : figure * 1024,
          },
        ];
      });
    });
  }
}

export const hwlocXml: Format<'host', HwlocFacts> = {
  id: KIND,
  role: 'host',
  name: "hwloc's XML of a topology (a host)",
  mark: '<topology version="2.0">',
  ...byRootElement('topology'),
  // libvirt's <topology> of a CPU is an empty element.
  rootMark: /^<topology(?:\s+version\s*=|\s*>\s*<(?:object|info|!--))/,
  read: readHwlocXml,
  summary: hostSummary,
  edit: editXml,
};
