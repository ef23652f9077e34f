/**
 * Attributes of the kernel by their paths, one a line: `grep -r . /sys/devices/system/node`, or files of /sys and /proc/sys one by
 * one, which only their paths tell apart. Read are nodes (cpulist, distance, meminfo, numastat, hugepages), CPUs (siblings,
 * packages, isolated), pools of the host, KSM, NUMA balancing, transparent huge pages, and nodes of PCI devices.
 *
 * A row of `distance` has no ids: its columns are the nodes that are online, in their order.
 */
import type { Place, Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import { parseCpuMask } from '../cpu-mask.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { reclaimableOf } from '../host-state.ts';
import { MAX_ID } from '../id-list.ts';
import type {
  CpuPlace,
  HostStateFacts,
  KernelSettings,
  KsmState,
  NodeAccess,
  NodeState,
  PoolState,
} from '../measured.ts';
import { NO_HOST_STATE, NO_NODE_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { admitNode, idsOf, readOutput, recordOf, reportNothing, wholeOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';

const KIND = 'linux-sysfs';
const MAX_PAGES = 2 ** 40;
/** Node attributes whose value a path must explain; meminfo and numastat of a node are formats of their own. */
const NODE_FILE = String.raw`node\d{1,9}\/(?:cpulist|cpumap|distance|access\d\/initiators\/(?:read|write)_(?:latency|bandwidth)|hugepages\/hugepages-\d{1,10}kB\/(?:nr|free|surplus)_hugepages)`;
const OTHER_FILES = String.raw`hugepages\/hugepages-\d{1,10}kB\/\w+|system\/node\/(?:online|possible|has_(?:cpu|memory|normal_memory|generic_initiator))|system\/cpu\/(?:online|isolated|nohz_full|cpu\d{1,6}\/topology\/\w+)|ksm\/\w+|transparent_hugepage\/enabled|kernel[./]numa_balancing|[\da-f]{4,8}:[\da-f]{2}:[\da-f]{2}\.[\da-f]\/numa_node`;
const PATH = new RegExp(`(?:^|\\/)(?:${NODE_FILE}|${OTHER_FILES})$`, 'i');
const LINE = new RegExp(
  `^\\s*(\\.?\\/?(?:[\\w.:@-]{1,64}\\/){0,14}(?:node\\d{1,9}\\/(?:\\w+\\/){0,4}?\\w[\\w-]*(?:\\/\\w+)?|(?:${OTHER_FILES})))(?::|\\s+=\\s|\\s*=\\s*)(.*)$`,
  'i',
);

interface Attribute {
  readonly path: string;
  readonly value: string;
  readonly line: number;
}

/** Each line with its path, or the lines of one file whose path is known. */
function attributesOf(lines: readonly OutputLine[], origin: Origin | undefined): readonly Attribute[] {
  const own = origin?.path ?? null;
  return lines.flatMap(({ text, line }) => {
    const match = LINE.exec(text);
    if (match !== null) return { path: match[1]!, value: match[2]!.trim(), line };
    return own !== null && PATH.test(own) ? { path: own, value: text, line } : [];
  });
}

class SysfsReader {
  readonly #list: DiagnosticList;
  readonly #nodes = new Map<number, { -readonly [K in keyof NodeState]: NodeState[K] }>();
  readonly #rows = new Map<number, { text: string; line: number }>();
  readonly #pools = new Map<string, Map<number, { -readonly [K in keyof PoolState]: PoolState[K] }>>();
  readonly #cpus = new Map<number, { -readonly [K in keyof CpuPlace]: CpuPlace[K] }>();
  readonly #memory = new Map<number, Map<string, number>>();
  readonly #counters = new Map<number, Map<string, number>>();
  readonly #devices: { address: string; name: null; node: number }[] = [];
  readonly #lists = new Map<string, readonly number[]>();
  readonly #access = new Map<string, { -readonly [K in keyof NodeAccess]: NodeAccess[K] }>();
  #online: readonly number[] | null = null;
  #onlineCpus: readonly number[] | null = null;
  #ksm: { -readonly [K in keyof KsmState]: KsmState[K] } | null = null;
  #settings: Partial<{ -readonly [K in keyof KernelSettings]: KernelSettings[K] }> | null = null;
  /** Whether the text is one file of /sys, not lines of several. */
  isOneFile = false;
  /** Attributes that were understood, and those that were not. */
  understood = 0;
  readonly #left: { readonly path: string; readonly line: number }[] = [];

  constructor(list: DiagnosticList) {
    this.#list = list;
  }

  take({ path, value, line }: Attribute): void {
    const where = { line, path };
    const node = /(?:^|\/)node(\d{1,9})\/(.+)$/.exec(path);
    const access = /(?:^|\/)node(\d{1,9})\/access(\d)\/initiators\/(read|write)_(latency|bandwidth)$/.exec(path);
    const list = /system\/node\/(possible|has_\w+)$/.exec(path);
    const pool = /hugepages-(\d{1,10})kB\/(\w+)$/.exec(path);
    const cpu = /cpu(\d{1,6})\/topology\/(\w+)$/.exec(path);
    const device = /([\da-f]{4,8}:[\da-f]{2}:[\da-f]{2}\.[\da-f])\/numa_node$/i.exec(path);
    this.understood++;
    if (pool !== null) this.#pool(node === null ? null : Number(node[1]), Number(pool[1]), pool[2]!, value, where);
    else if (access !== null) this.#accessOf(access, value, where);
    else if (list !== null) this.#lists.set(list[1]!, idsOf(value, where, this.#list) ?? []);
    else if (node !== null) this.#node(Number(node[1]), node[2]!, value, where);
    else if (cpu !== null) this.#cpu(Number(cpu[1]), cpu[2]!, value, where);
    else if (/\/ksm\/|^ksm\//.test(path)) this.#ksmField(path.replace(/^.*\//, ''), value, where);
    else if (device !== null && /^-?\d{1,5}$/.test(value))
      this.#devices.push({ address: device[1]!.toLowerCase(), name: null, node: Number(value) });
    else if (/node\/online$/.test(path)) this.#online = idsOf(value, where, this.#list);
    else if (/cpu\/online$/.test(path)) this.#onlineCpus = idsOf(value, where, this.#list);
    else if (!this.#setting(path, value, where)) this.#leave(where);
  }

  #leave({ path = '', line = 1 }: Place): void {
    this.understood--;
    this.#left.push({ path, line });
  }

  #setting(path: string, value: string, where: Place): boolean {
    const settings = this.#settings ?? {};
    if (/cpu\/isolated$/.test(path)) settings.isolatedCpus = idsOf(value, where, this.#list);
    else if (/cpu\/nohz_full$/.test(path))
      settings.nohzFullCpus = idsOf(value.replace(/^\(null\)$/, ''), where, this.#list);
    else if (/numa_balancing$/.test(path)) settings.numaBalancing = wholeOf(value, where, this.#list, 3);
    else if (/transparent_hugepage\/enabled$/.test(path)) {
      const chosen = /\[(always|madvise|never)\]/.exec(value)?.[1];
      settings.transparentHugepages = (chosen as KernelSettings['transparentHugepages'] | undefined) ?? null;
    } else return false;
    this.#settings = settings;
    return true;
  }

  #nodeOf(id: number, where: Place): { -readonly [K in keyof NodeState]: NodeState[K] } | null {
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    if (!admitNode(id, this.#nodes.size, where, this.#list)) return null;
    const node = { ...NO_NODE_STATE, id };
    this.#nodes.set(id, node);
    return node;
  }

  #node(id: number, name: string, value: string, where: Place): void {
    const node = this.#nodeOf(id, where);
    if (node === null) return;
    const meminfo = name === 'meminfo' ? /^Node \d+ ([\w()]+):\s+(\d{1,15})( kB)?$/.exec(value) : null;
    const counter = name === 'numastat' ? /^(\w+) (\d{1,16})$/.exec(value) : null;
    if (name === 'cpulist') node.cpus = idsOf(value, where, this.#list);
    else if (name === 'cpumap') node.cpus ??= this.#mask(value, where);
    else if (name === 'distance') this.#rows.set(id, { text: value, line: where.line ?? 1 });
    else if (meminfo !== null) {
      if (meminfo[3] !== undefined) this.#entry(this.#memory, id).set(meminfo[1]!, Number(meminfo[2]));
    } else if (counter !== null) this.#entry(this.#counters, id).set(counter[1]!, Number(counter[2]));
    else this.#leave(where);
  }

  #mask(value: string, where: Place): readonly number[] | null {
    const mask = parseCpuMask(value, this.#list.idBudget);
    if (mask.ok) return mask.ids;
    const message = `A set of CPUs cannot be read at ${quote(mask.term)}: ${mask.reason}.`;
    this.#list.error('id-list-invalid', message, where, { expected: 'a mask such as 000000ff' });
    return null;
  }

  #accessOf(match: RegExpExecArray, value: string, where: Place): void {
    const [, node, accessClass, way, what] = match;
    if (this.#nodeOf(Number(node), where) === null) return;
    const key = `${node}/${accessClass}`;
    const known = this.#access.get(key) ?? {
      class: Number(accessClass),
      readLatencyNs: null,
      writeLatencyNs: null,
      readBandwidthMibPerSec: null,
      writeBandwidthMibPerSec: null,
    };
    this.#access.set(key, known);
    const figure = wholeOf(value, where, this.#list);
    if (what === 'latency') known[way === 'read' ? 'readLatencyNs' : 'writeLatencyNs'] = figure;
    else known[way === 'read' ? 'readBandwidthMibPerSec' : 'writeBandwidthMibPerSec'] = figure;
  }

  #entry(all: Map<number, Map<string, number>>, id: number): Map<string, number> {
    const entry = all.get(id) ?? new Map<string, number>();
    if (entry.size < 512) all.set(id, entry);
    return entry;
  }

  #pool(node: number | null, sizeKiB: number, name: string, value: string, where: Place): void {
    if (node !== null && this.#nodeOf(node, where) === null) return;
    const key = { nr_hugepages: 'total', free_hugepages: 'free', surplus_hugepages: 'surplus' }[name] as
      'total' | 'free' | 'surplus' | undefined;
    if (key === undefined) {
      this.#leave(where);
      return;
    }
    const pages = wholeOf(value, where, this.#list, MAX_PAGES);
    const owner = node === null ? 'host' : String(node);
    const pools = this.#pools.get(owner) ?? new Map<number, { -readonly [K in keyof PoolState]: PoolState[K] }>();
    const pool = pools.get(sizeKiB) ?? { sizeKiB, total: null, free: null, surplus: null };
    if (pools.size >= 64 && !pools.has(sizeKiB)) return;
    pool[key] = pages;
    pools.set(sizeKiB, pool);
    this.#pools.set(owner, pools);
  }

  #cpu(id: number, name: string, value: string, where: Place): void {
    if (id > MAX_ID) return;
    const cpu = this.#cpus.get(id) ?? { id, socket: null, die: null, cluster: null, core: null, siblings: null };
    this.#cpus.set(id, cpu);
    const key = { physical_package_id: 'socket', die_id: 'die', cluster_id: 'cluster', core_id: 'core' }[name];
    if (name === 'thread_siblings_list' || name === 'core_cpus_list') cpu.siblings = idsOf(value, where, this.#list);
    else if (key === undefined) this.#leave(where);
    // -1: the firmware does not say.
    else if (value !== '-1') cpu[key as 'socket' | 'die' | 'cluster' | 'core'] = wholeOf(value, where, this.#list);
  }

  #ksmField(name: string, value: string, where: Place): void {
    const ksm = this.#ksm ?? { run: null, mergeAcrossNodes: null, pagesShared: null, pagesSharing: null };
    this.#ksm = ksm;
    if (!/^(?:run|merge_across_nodes|pages_shared|pages_sharing)$/.test(name)) {
      this.#leave(where);
      return;
    }
    const number = wholeOf(value, where, this.#list);
    if (name === 'run') ksm.run = number;
    else if (name === 'merge_across_nodes') ksm.mergeAcrossNodes = number === null ? null : number !== 0;
    else if (name === 'pages_shared') ksm.pagesShared = number;
    else ksm.pagesSharing = number;
  }

  host(): HostStateFacts {
    const nodes = [...this.#nodes.values()].sort((a, b) => a.id - b.id);
    // grep prints nothing of an empty file: a node whose cpulist alone is missing has no CPUs.
    if (nodes.some(({ cpus }) => cpus !== null)) for (const node of nodes) node.cpus ??= [];
    this.#tellLeft();
    this.#distances(nodes.map(({ id }) => id));
    return {
      kind: KIND,
      ...NO_HOST_STATE,
      nodes: nodes.map((node) => this.#whole(node)),
      ...(this.#lists.size === 0 && this.#online === null
        ? {}
        : {
            nodeLists: recordOf([
              ...(this.#online === null ? [] : [['online', this.#online] as const]),
              ...this.#lists,
            ]),
          }),
      onlineCpus: this.#onlineCpus,
      pools: this.#poolsOf('host'),
      cpuPlaces: [...this.#cpus.values()].sort((a, b) => a.id - b.id),
      ksm: this.#ksm,
      settings: this.#settings === null ? null : { ...NO_SETTINGS, ...this.#settings },
      devices: this.#devices,
    };
  }

  #tellLeft(): void {
    const [first] = this.#left;
    if (first === undefined) return;
    const names = [...new Set(this.#left.map(({ path }) => path.replace(/^.*\//, '')))];
    const found = `${names.slice(0, 8).join(', ')}${names.length > 8 ? ' and more' : ''}`;
    const message = `${plural(this.#left.length, 'attribute')} of the kernel are not read.`;
    this.#list.note('attributes-ignored', message, { line: first.line }, { found: quote(found) });
  }

  #whole(node: NodeState): NodeState {
    const memory = recordOf(this.#memory.get(node.id) ?? []);
    return {
      ...node,
      memoryKiB: memory['MemTotal'] ?? null,
      freeKiB: memory['MemFree'] ?? null,
      reclaimableKiB: reclaimableOf(memory),
      pools: this.#poolsOf(String(node.id)),
      ...this.#accessesOf(node.id),
      memoryByNameKiB: memory,
      counterPages: recordOf(this.#counters.get(node.id) ?? []),
    };
  }

  #accessesOf(node: number): Pick<NodeState, 'access'> {
    const own = [...this.#access].filter(([key]) => key.startsWith(`${node}/`)).map(([, access]) => access);
    return own.length === 0 ? {} : { access: own.sort((a, b) => a.class - b.class) };
  }

  #poolsOf(owner: string): readonly PoolState[] {
    const pools = [...(this.#pools.get(owner)?.values() ?? [])].sort((a, b) => a.sizeKiB - b.sizeKiB);
    for (const { sizeKiB, total, free } of pools) {
      if (total === null || free === null || free <= total) continue;
      const detail = { found: `${free} free of ${total}`, expected: 'free not above all' };
      this.#list.warning('pool-free', `A pool of ${sizeKiB} KiB pages has more free than it has.`, { line: 1 }, detail);
    }
    return pools;
  }

  /** Columns are the online nodes: as told, or those that the text has, where they are as many. */
  #distances(known: readonly number[]): void {
    for (const [id, { text, line }] of this.#rows) {
      const values = text.split(/\s+/).filter((value) => value !== '');
      const ids = this.#online?.length === values.length ? this.#online : known.length === values.length ? known : null;
      const where = { line, path: `/node ${id}/distance` };
      const distances = values.map((value) => wholeOf(value, where, this.#list, 255));
      if (distances.includes(null)) continue;
      const own = ids === null && values.length <= MAX_ID ? values.map((_, i) => i) : ids!;
      if (ids === null) {
        const detail = {
          found: quote(text),
          expected: `a column for each online node`,
          hint: 'Give /sys/devices/system/node/online too.',
        };
        // Of a file by itself another file may have the ids.
        this.#list[this.isOneFile ? 'note' : 'warning'](
          'distance-ids',
          'The columns of distances have no ids: 0, 1, 2 and so on are taken.',
          where,
          detail,
        );
      }
      const node = this.#nodes.get(id);
      if (node !== undefined) node.distances = own.map((to, i) => ({ to, value: distances[i]! }));
    }
  }
}

const NO_SETTINGS: KernelSettings = {
  commandLine: null,
  isolatedCpus: null,
  nohzFullCpus: null,
  numaBalancing: null,
  numa: null,
  transparentHugepages: null,
  defaultHugepageKiB: null,
  hugepages: [],
};

function hostOf(lines: readonly OutputLine[], list: DiagnosticList, origin: Origin | undefined): HostStateFacts | null {
  const reader = new SysfsReader(list);
  reader.isOneFile = origin?.path != null && PATH.test(origin.path);
  for (const attribute of attributesOf(lines, origin)) reader.take(attribute);
  if (reader.understood === 0)
    return reportNothing('files of /sys', '/sys/devices/system/node/node0/cpulist:0-3', list);
  return reader.host();
}

function readSysfs(text: string, file: string, origin?: Origin): Read<HostStateFacts> {
  // An empty cpulist is a node without CPUs.
  if (text.trim() === '' && origin?.path != null && PATH.test(origin.path)) {
    const list = new DiagnosticList(file);
    return list.read(hostOf([{ text: '', line: 1 }], list, origin));
  }
  return readOutput(text, file, (lines, list) => hostOf(lines, list, origin));
}

export const linuxSysfs: Format<'host-state'> = {
  id: KIND,
  role: 'host-state',
  name: 'files of /sys (nodes, CPUs, pools and KSM of a host)',
  mark: '"/sys/devices/system/node/node0/cpulist:0-3"',
  ...byLine({ mark: LINE, confidence: 0.9, holds: /^\s*\.?\/?(?:[\w.:@-]{1,64}\/){1,14}[\w-]+:/ }),
  isFrom: ({ path }) => path !== null && PATH.test(path),
  read: readSysfs,
  summary: ({ nodes, cpuPlaces }) => `${plural(nodes.length, 'node')}, ${plural(cpuPlaces.length, 'CPU')}`,
};
