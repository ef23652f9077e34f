/**
 * Each kind of fact that an independent script found in the shared corpus, and its path in what `pageshift facts` prints. A fact
 * without a path fails, and so does a file of a format that the tables here do not name.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDocument } from './index.ts';

const DATA = process.env['PAGESHIFT_DATA']!;

type Json = any;

/** Formats of the corpus that are read, and those that nothing reads yet: every entry is of one of them. */
const READ = new Set([
  ...['capabilities', 'domain-live', 'host-snapshot', 'numa_maps', 'numactl-hardware', 'numastat-p', 'qmp'],
  ...['virsh', 'virsh-migration', 'domain', 'numastat', 'zoneinfo', 'sysfs-node'],
]);
const LATER = new Set([
  ...['acpi', 'dmidecode', 'esxtop', 'hwloc-gather', 'hwloc-xml', 'hyperv', 'kubelet', 'kubevirt', 'likwid', 'lscpu'],
  ...[
    'lsmem',
    'lstopo-text',
    'mlc',
    'noderesourcetopology',
    'nova',
    'proxmox-conf',
    'qemu-cmdline',
    'rvtools',
    'sosreport',
  ],
]);

interface Entry {
  readonly file: string;
  readonly format: string;
  readonly facts: Json;
}

const second: Entry[] = JSON.parse(readFileSync(join(DATA, 'formats/facts.json'), 'utf8'));
const first: Json[] = JSON.parse(readFileSync(join(DATA, 'facts.json'), 'utf8'));
const ENTRIES: readonly Entry[] = [
  ...second.map(({ file, format, facts }) => ({ file: `formats/${file}`, format, facts })),
  ...first.map(({ file, kind, facts }) => ({ file, format: kind, facts })),
];

/** A fact of the corpus: where it stands, by `/`, and what it says. Lists of plain values are one fact. */
type Leaf = readonly [path: string, value: Json];

function leavesOf(value: Json, path = ''): readonly Leaf[] {
  if (value === null || typeof value !== 'object') return [[path, value]];
  if (Array.isArray(value) && value.every((each) => each === null || typeof each !== 'object' || Array.isArray(each)))
    return [[path, value]];
  const entries = Object.entries(value);
  return entries.length === 0
    ? [[path, value]]
    : entries.flatMap(([key, each]) => leavesOf(each, path === '' ? key : `${path}/${key}`));
}

/** `a.b`, `list[id=3].x`, `record{numa_hit}`, `list[#0]`, `list.length`. */
function at(facts: Json, path: string): Json {
  let value = facts;
  for (const [part] of path.matchAll(/\[[^\]]*\]|\{[^}]*\}|[^.[{\]}]+/g)) {
    if (value === null || value === undefined) return undefined;
    const select = /^\[(\w+)=(.*)\]$/.exec(part);
    if (select !== null) value = value.find((each: Json) => String(each[select[1]!]) === select[2]);
    else if (part.startsWith('[#')) value = value[Number(part.slice(2, -1))];
    else value = value[part.replace(/^\{|\}$/g, '')];
  }
  return value;
}

const kib = (mib: number): number => Math.round(mib * 1024);
const number = Number;
const ids = (text: string): number[] =>
  text
    .replace(/ \(.*/, '')
    .split(',')
    .filter((t) => t !== '')
    .flatMap((term) => {
      const [from, to] = term.split('-').map(Number) as [number, number?];
      return Array.from({ length: (to ?? from) - from + 1 }, (_, i) => from + i);
    });
const amount = (text: string): number => Number(text.split(' ')[0]!.replace(',', '.'));
const UNITS: Record<string, number> = { B: 1 / 1024, KiB: 1, MiB: 1024, GiB: 1024 ** 2, bytes: 1 / 1024 };
const size = (text: string): number => Math.round(amount(text) * UNITS[text.split(' ')[1]!.replace('/s', '')]!);
const bytes = (text: string): number => Math.round(Number(text) / 1024);
const unmeasured = (value: Json): Json => (amount(String(value)) === 0 ? null : amount(String(value)));
const status = (text: string): string =>
  ({ None: 'none', Unbounded: 'active', Completed: 'completed' })[text] ?? { '2': 'active' }[text] ?? text;
const operation = (text: string): string =>
  ({ 'Outgoing migration': 'outgoing', 'Incoming migration': 'incoming', Save: 'save', '5': 'outgoing' })[text] ?? text;
const nodeset = (text: string | null): number[] | null => (text === null || text === '' ? null : ids(text));
/** By node: [node 0, node 1, …, total] of a table. */
const column =
  (convert: (value: number) => number) =>
  (values: number[], entry: Entry): number[] => {
    const nodes = (entry.facts.nodes ?? entry.facts.columns).filter((name: string) => name !== 'Total').length;
    return values.slice(0, nodes).map(convert);
  };

type Convert = (value: Json, entry: Entry) => Json;
/** Format, fact, path in the output, and what the fact is in our units. `$1` is what the fact's pattern caught. */
type Rule = readonly [
  format: string,
  fact: RegExp,
  path: string | ((facts: Json, match: RegExpExecArray) => Json),
  convert?: Convert,
];

const kibs = (list: Json): Json => list?.map(({ kib: value }: Json) => value);
const domstat = (fact: string, path: string, convert: Convert = number): Rule[] => [
  ['virsh', new RegExp(`^(?:values/)?([a-z]+\\d+)/${fact}$`), `vms[name=$1].${path}`, convert],
  ['virsh-migration', new RegExp(`^values/${fact}$`), `vms[#0].${path}`, convert],
];
const job = (label: string, path: string, convert: Convert = amount): Rule[] =>
  ['virsh', 'virsh-migration'].map((format): Rule => [format, new RegExp(`^(?:values/)?${label}$`), path, convert]);

/** Facts that are about the capture and not of its content are held to what they describe. */
const RULES: readonly Rule[] = [
  // virsh capabilities
  ['capabilities', /^cells\/(\d+)\/memory_kib$/, 'nodes[id=$1].memoryKiB'],
  ['capabilities', /^cells\/(\d+)\/pages\/(\d+)$/, 'nodes[id=$1].pages[sizeKiB=$2].count'],
  [
    'capabilities',
    /^note$/,
    ({ nodes }) =>
      nodes.every(
        ({ memoryKiB, pages }: Json) =>
          memoryKiB === pages.reduce((sum: number, p: Json) => sum + p.sizeKiB * p.count, 0),
      ),
    () => true,
  ],
  ['capabilities', /^cells$/, 'nodes.length'],
  // numactl --hardware
  ['numactl-hardware', /^nodes\/(\d+)\/cpus$/, (facts, [, id]) => at(facts, 'kind') && byNode(facts, id!).cpus],
  ['numactl-hardware', /^nodes\/(\d+)\/(?:size_mb)$/, (facts, [, id]) => byNode(facts, id!).memoryKiB, kib],
  ['numactl-hardware', /^nodes\/(\d+)\/(?:free_mb)$/, (facts, [, id]) => byNode(facts, id!).freeKiB, kib],
  ['numactl-hardware', /^distances$/, 'distances.matrix'],
  // A host and a VM of the first corpus, which shared-data.data.test.ts compares whole
  // numastat -p, -c
  ['numastat-p', /^nodes$/, 'nodes', (names: string[]) => names.map(Number)],
  [
    'numastat-p',
    /^rows\/(Huge|Heap|Stack|Private)$/,
    (facts, [, kind]) => kibs(facts.processes[0].byKind[kind!.toLowerCase()]),
    column(kib),
  ],
  ['numastat-p', /^rows\/Total$/, (facts) => kibs(facts.totalByNode), column(kib)],
  ['numastat-p', /^rows\/(\d+)\/comm$/, 'processes[pid=$1].command'],
  ['numastat-p', /^rows\/(\d+)\/mb$/, (facts, [, pid]) => kibs(at(facts, `processes[pid=${pid}].byNode`)), column(kib)],
  ['numastat-p', /^unit$/, 'resolutionKiB', (_, { file }) => (/compact|-c|czs/.test(file) ? 1024 : 10.24)],
  ['numastat-p', /^last_column$/, ({ totalKiB }) => totalKiB !== null, () => true],
  ['numastat-p', /^pid$/, 'processes[#0].pid'],
  ['numastat-p', /^total_mib\/(\d+)$/, 'totalByNode[node=$1].kib', kib],
  ['numastat-p', /^command_pattern$/, 'processes[#0].vm'],
  [
    'numastat-p',
    /^processes\/(\d+)$/,
    (facts, [, pid]) => kibs(at(facts, `processes[pid=${pid}].byNode`)),
    (mb: number[]) => mb.map(kib),
  ],
  ['numastat-p', /^total$/, 'totalKiB', kib],
  // numastat -m and plain
  ['numastat', /^unit$|^form$/, 'kind', () => 'numastat-node'],
  [
    'numastat',
    /^columns$/,
    ({ nodes }) => nodes.map(({ id }: Json) => id),
    (names: string[]) => names.flatMap((name) => /\d+/.exec(name)?.[0] ?? []).map(Number),
  ],
  [
    'numastat',
    /^(Mem\w+|HugePages_\w+)$/,
    (facts, [, name]) => [
      ...facts.nodes.map((node: Json) => node.memoryByNameKiB[name!]),
      facts.memoryByNameKiB[name!],
    ],
    (mb: number[]) => mb.map(kib),
  ],
  ['numastat', /^values\/(\w+)$/, ({ nodes }, [, name]) => nodes.map((node: Json) => node.counterPages[name!])],
  // /proc/PID/numa_maps
  ['numa_maps', /^lines$/, 'processes[#0].ranges'],
  ['numa_maps', /^ram_blocks\/(\d+)\/address$/, 'processes[#0].ramBlocks[#$1].address'],
  ['numa_maps', /^ram_blocks\/(\d+)\/policy$/, 'processes[#0].ramBlocks[#$1].policy'],
  ['numa_maps', /^ram_blocks\/(\d+)\/id$/, 'processes[#0].ramBlocks[#$1].backend'],
  ['numa_maps', /^ram_blocks\/(\d+)\/backing$/, 'processes[#0].ramBlocks[#$1].backing'],
  ['numa_maps', /^ram_blocks\/(\d+)\/page_kib$/, 'processes[#0].ramBlocks[#$1].sizeKiB'],
  ['numa_maps', /^ram_blocks\/(\d+)\/pages(?:_by_node)?\/(\d+)$/, 'processes[#0].ramBlocks[#$1].pages[node=$2].pages'],
  [
    'numa_maps',
    /^ram_blocks\/(\d+)\/kib$/,
    (facts, [, i]) =>
      facts.processes[0].ramBlocks[Number(i)].pages.reduce((sum: number, p: Json) => sum + p.pages * p.sizeKiB, 0),
  ],
  [
    'numa_maps',
    /^ram_kib_by_node\/(\d+)$|^kib_by_node\/(\d+)$/,
    (facts, [, a, b]) => at(facts, `processes[#0].ramByNode[node=${a ?? b}].kib`),
  ],
  ['numa_maps', /^all_kib_by_node\/(\d+)$/, 'processes[#0].byNode[node=$1].kib'],
  ['numa_maps', /^vm$/, 'processes[#0].vm', vmOf],
  // Of what was touched no more than there is
  [
    'numa_maps',
    /^guest_ram_kib$/,
    ({ processes }) => processes[0].ramByNode.reduce((sum: number, each: Json) => sum + each.kib, 0),
    (value: number, { facts }) =>
      Math.min(
        value,
        facts.ram_blocks.reduce((sum: number, b: Json) => sum + b.kib, 0),
      ),
  ],
  // virsh: state, memory, vCPUs
  ...domstat('state\\.state', 'fields{state.state}', String),
  ...domstat('cpu\\.time', 'fields{cpu.time}', String),
  ...domstat('balloon\\.current', 'currentMemoryKiB'),
  ...domstat('balloon\\.maximum', 'maxMemoryKiB'),
  ...domstat('balloon\\.rss', 'rssKiB'),
  ...domstat('vcpu\\.current', 'vcpusCurrent'),
  ...domstat('vcpu\\.maximum', 'vcpusMax'),
  ...domstat(
    'dirtyrate\\.calc_status',
    'dirtyRate.status',
    (code: string) => ['unstarted', 'measuring', 'measured'][Number(code)],
  ),
  ...domstat('dirtyrate\\.calc_mode', 'dirtyRate.mode', String),
  ['virsh', /^([a-z]+\d+)\/dirtyrate\.megabytes_per_second$/, 'vms[name=$1].dirtyRate.mibPerSec', number],
  ['virsh', /^(off\d+)$/, 'vms[name=$1].dirtyRate', () => null],
  [
    'virsh-migration',
    /^values\/((?:state|cpu|vcpu|net|block|dirtyrate|balloon)\.[\w.-]+)$/,
    (facts, [, key]) => facts.vms[0].fields[key!],
    String,
  ],
  ['virsh-migration', /^values\/Domain$/, ({ vms }) => `'${vms[0].name}'`],
  ['virsh', /^vms\/(\w+)\/memory_kib$/, 'vms[name=$1].maxMemoryKiB'],
  ['virsh', /^vms\/(\w+)\/rss_kib$/, 'vms[name=$1].rssKiB'],
  ['virsh', /^vms\/(\w+)\/guest_unused_kib$/, 'vms[name=$1].guestUnusedKiB'],
  ['virsh', /^vms\/(\w+)\/vcpus$/, 'vms[name=$1].vcpusMax'],
  ['virsh', /^vms\/(\w+)\/state$/, 'vms[name=$1].fields{state.state}', String],
  ['virsh', /^domains\/(\w+)$/, 'vms[name=$1].state'],
  ['virsh', /^vm$/, 'vms[#0].name', vmOf],
  ['virsh', /^running$/, 'vms[#0].running'],
  ['virsh', /^values\/(\d+)\/vcpu$/, 'vms[#0].vcpus[#$1].id'],
  ['virsh', /^values\/(\d+)\/cpu$/, 'vms[#0].vcpus[#$1].cpu'],
  ['virsh', /^values\/(\d+)\/state$/, 'vms[#0].vcpus[#$1].state'],
  [
    'virsh',
    /^values\/(\d+)\/affinity$/,
    'vms[#0].vcpus[#$1].affinity',
    (value: Json) => (typeof value === 'string' ? ids(value) : value),
  ],
  ['virsh', /^values\/(\d+)\/cpu_time_s$/, 'vms[#0].vcpus[#$1].cpuTimeMs', (s: number) => s * 1000],
  ['virsh', /^host_cpus$/, 'vms[#0].hostCpuCount'],
  ['virsh', /^values\/\*$/, 'vms[#0].emulatorCpus', ids],
  ['virsh', /^values\/(\d+)$/, 'vms[#0].vcpus[id=$1].affinity', ids],
  ['virsh', /^values\/numa_mode$|^mode$/, 'vms[#0].numatune.mode'],
  ['virsh', /^values\/numa_nodeset$|^nodeset$/, 'vms[#0].numatune.nodeset', nodeset],
  ['virsh', /^values\/actual$/, 'vms[#0].currentMemoryKiB'],
  ['virsh', /^values\/rss$/, 'vms[#0].rssKiB'],
  ['virsh', /^values\/last_update$/, 'vms[#0].fields{last_update}', String],
  ['virsh', /^values$/, ({ vms }) => Object.entries(vms[0].fields).map(([name, value]) => [...name.split(' '), value])],
  [
    'virsh',
    /^impossible$/,
    'warnings',
    (_, { file }) => [/freepages/.test(file) ? 'page-sizes-odd' : 'cpu-beyond-host'],
  ],
  // virsh: the host
  ['virsh', /^nodes_kib\/(\d+)$/, 'nodes[id=$1].freeKiB'],
  ['virsh', /^total_kib$/, 'freeKiB'],
  ['virsh', /^free_pages_by_node_and_size_kib\/(\d+)\/4$/, 'nodes[id=$1].freeKiB', (pages: number) => pages * 4],
  ['virsh', /^free_pages_by_node_and_size_kib\/(\d+)\/(\d+)$/, 'nodes[id=$1].pools[sizeKiB=$2].free'],
  ['virsh', /^(2048)$/, 'pools[sizeKiB=$1].free'],
  ['virsh', /^total$|^memory_kib$/, 'memoryKiB'],
  ['virsh', /^free$/, 'freeKiB'],
  ['virsh', /^buffers$/, 'buffersKiB'],
  ['virsh', /^cached$/, 'cachedKiB'],
  ['virsh', /^cpus$/, 'cpuCount'],
  // virsh domjobinfo, humanised
  ...job('Job type', 'status', status),
  ...job('Operation', 'operation', operation),
  ...job('Time elapsed', 'elapsedMs'),
  ...job('Memory processed', 'ramProcessedKiB', size),
  ...job('Memory remaining', 'ramRemainingKiB', size),
  ...job('Memory total', 'ramTotalKiB', size),
  ...job('Memory bandwidth', 'bandwidthMibPerSec'),
  ...job('Page size', 'pageSizeKiB', size),
  ...job('Iteration', 'iteration'),
  ...job('Constant pages', 'constantPages'),
  ...job('Normal pages', 'normalPages'),
  ...job('Normal data', 'normalKiB', size),
  ...job('Total downtime', 'downtimeMs'),
  ...job('Setup time', 'setupMs'),
  ...job('Auto converge throttle', 'throttlePercent'),
  ...job('Dirty rate', 'dirtyPagesPerSec', unmeasured),
  ...job('Expected downtime', 'expectedDowntimeMs', (text, { facts }) =>
    amount((facts.values ?? facts).Iteration) > 1 ? amount(text) : null,
  ),
  ...job(
    '(Data (?:processed|remaining|total)|Postcopy requests|(?:Time elapsed|Downtime) w/o network)',
    'fields{$1}',
    String,
  ),
  // virsh domjobinfo --rawstats
  ...job('operation', 'operation', operation),
  ...job('time_elapsed', 'elapsedMs', number),
  ...job('downtime', 'limits.downtimeMs', number),
  ...job('setup_time', 'setupMs', number),
  ...job('memory_total', 'ramTotalKiB', bytes),
  ...job('memory_processed', 'ramProcessedKiB', bytes),
  ...job('memory_remaining', 'ramRemainingKiB', bytes),
  ...job('memory_bps', 'bandwidthMibPerSec', (text) => Math.round((Number(text) / 2 ** 20) * 1000) / 1000),
  ...job('memory_constant', 'constantPages', number),
  ...job('memory_normal', 'normalPages', number),
  ...job('memory_normal_bytes', 'normalKiB', bytes),
  ...job('memory_dirty_rate', 'dirtyPagesPerSec', unmeasured),
  ...job('memory_iteration', 'iteration', number),
  ...job('memory_page_size', 'pageSizeKiB', bytes),
  ...job('((?:data|disk)_(?:total|processed|remaining)|memory_postcopy_requests)', 'fields{$1}', String),
  // virsh domjobinfo in German
  ['virsh-migration', /^elapsed_ms$/, 'elapsedMs'],
  ['virsh-migration', /^processed_mib$/, 'ramProcessedKiB', kib],
  ['virsh-migration', /^remaining_mib$/, 'ramRemainingKiB', kib],
  ['virsh-migration', /^total_mib$/, 'ramTotalKiB', kib],
  ['virsh-migration', /^bandwidth_mib_s$/, 'bandwidthMibPerSec'],
  ['virsh-migration', /^dirty_pages_s$/, 'dirtyPagesPerSec'],
  ['virsh-migration', /^page_bytes$/, 'pageSizeKiB', (value: number) => value / 1024],
  ['virsh-migration', /^iteration$/, 'iteration'],
  ['virsh-migration', /^expected_downtime_ms$/, 'expectedDowntimeMs'],
  // Files that are one value: the text itself
  ['virsh-migration', /^value$/, (facts) => oneValue(facts), (text: string) => text.replace(/: +/g, ': ')],
  // How the run was made, which is in no file
  [
    'virsh-migration',
    /^(?:run|guest)$/,
    'kind',
    (_, { file }) => (/domstats/.test(file) ? 'virsh-domstats' : 'virsh-domjobinfo'),
  ],
  ['qmp', /^run$|^units$/, ({ kind }) => /^(?:qmp|hmp)-migrate/.test(kind), () => true],
  // QEMU's monitor
  ['qmp', /^backends$/, ({ vms }) => vms[0].backends.map(({ id }: Json) => id)],
  ['qmp', /^backends\/([\w.-]+)\/bytes$/, 'vms[#0].backends[id=$1].sizeKiB', (value: number) => value / 1024],
  ['qmp', /^backends\/([\w.-]+)\/host_nodes$/, 'vms[#0].backends[id=$1].hostNodes'],
  ['qmp', /^backends\/([\w.-]+)\/policy$/, 'vms[#0].backends[id=$1].policy'],
  [
    'qmp',
    /^nodes$/,
    ({ vms }) => vms[0].cells.map(({ id, memoryKiB }: Json) => [String(id), String(memoryKiB / 1024)]),
  ],
  ['qmp', /^vcpus$/, 'vms[#0].vcpus.length'],
  ['qmp', /^slots$/, 'vms[#0].vcpusMax'],
  ['qmp', /^values\/on$/, ({ fields }) => Object.keys(fields).filter((name) => fields[name] === 'on')],
  ['qmp', /^values\/status$/, 'status'],
  ['qmp', /^values\/total_time_ms$/, 'elapsedMs'],
  ['qmp', /^values\/throttle$/, 'throttlePercent'],
  ['qmp', /^values\/ram\/total$/, 'ramTotalKiB', bytes],
  ['qmp', /^values\/ram\/remaining$/, 'ramRemainingKiB', bytes],
  ['qmp', /^values\/ram\/transferred$/, 'ramProcessedKiB', bytes],
  [
    'qmp',
    /^values\/ram\/mbps$/,
    'bandwidthMibPerSec',
    (mbps: number) => Math.round(((mbps * 1e6) / 8 / 2 ** 20) * 1000) / 1000,
  ],
  ['qmp', /^values\/ram\/dirty-sync-count$/, 'iteration'],
  ['qmp', /^values\/ram\/dirty-pages-rate$/, 'dirtyPagesPerSec', unmeasured],
  ['qmp', /^values\/ram\/page-size$/, 'pageSizeKiB', bytes],
  ['qmp', /^values\/ram\/normal$/, 'normalPages'],
  ['qmp', /^values\/ram\/duplicate$/, 'constantPages'],
  ['qmp', /^values\/Migration status$/, 'status'],
  ['qmp', /^values\/total time$/, 'elapsedMs', amount],
  ['qmp', /^values\/total ram$/, 'ramTotalKiB', amount],
  ['qmp', /^values\/remaining ram$/, 'ramRemainingKiB', amount],
  ['qmp', /^values\/transferred ram$/, 'ramProcessedKiB', amount],
  ['qmp', /^values\/dirty sync count$/, 'iteration', amount],
  ['qmp', /^values\/downtime-limit$/, 'limits.downtimeMs'],
  ['qmp', /^values\/max-bandwidth$/, 'limits.bandwidthMibPerSec', (value: number) => value / 2 ** 20],
  ['qmp', /^values\/([\w -]+)$/, (facts, [, name]) => facts.fields[name!], String],
  ['qmp', /^status$/, 'dirtyRate.status'],
  ['qmp', /^dirty-rate$/, 'dirtyRate.mibPerSec'],
  ['qmp', /^mode$/, 'dirtyRate.mode'],
  ['qmp', /^calc-time$/, 'dirtyRate.periodMs', (s: number) => s * 1000],
  ['qmp', /^(sample-pages|start-time)$/, 'fields{$1}', String],
  // Domains as they run
  ['domain-live', /^vm$/, 'name'],
  ['domain-live', /^running$/, 'running'],
  ['domain-live', /^id_attribute$/, ({ domainId }) => domainId !== null],
  ['domain-live', /^memory_kib$/, 'memoryKiB'],
  ['domain-live', /^vcpus_online$/, 'vms[#0].vcpusCurrent'],
  ['domain-live', /^vcpus_max$/, 'vms[#0].vcpusMax'],
  ['domain-live', /^pins\/(\d+)$/, 'vms[#0].vcpus[id=$1].affinity', ids],
  [
    'domain-live',
    /^memnodes\/(\d+)$/,
    (facts, [, cell]) => [
      at(facts, `vms[#0].memnodes[cell=${cell}].mode`),
      at(facts, `vms[#0].memnodes[cell=${cell}].nodeset`),
    ],
  ],
  ['domain-live', /^either$/, ({ ignoredLines }) => ignoredLines[0], () => 3],
  // Zones and node meminfo
  ['zoneinfo', /^zones\/(\d+)\/node$/, 'zones[#$1].nid'],
  ['zoneinfo', /^zones\/(\d+)\/(\w+)$/, 'zones[#$1].$2'],
  ['zoneinfo', /^unit$/, 'kind', () => 'linux-zoneinfo'],
  ['zoneinfo', /^node_ids$/, ({ zones }) => [...new Set(zones.map(({ nid }: Json) => nid))]],
  [
    'zoneinfo',
    /^managed_pages_total$/,
    ({ zones }) => zones.reduce((sum: number, zone: Json) => sum + zone.managed, 0),
  ],
  ['sysfs-node', /^node$/, 'nodes[#0].nid'],
  ['sysfs-node', /^(Mem\w+|HugePages_\w+)\/value$/, 'nodes[#0].fields{$1}'],
  ['sysfs-node', /^\w+\/unit$|^leading_blank_line$/, 'kind', () => 'linux-node-meminfo'],
  ['sysfs-node', /^form$/, 'kind', () => 'numastat-node'],
  ['sysfs-node', /^values\/(\w+)$/, 'nodes[#0].counterPages{$1}'],
];

function byNode(facts: Json, id: string): Json {
  return facts.nodes.find((node: Json) => String(node.id) === id);
}

/** Captures of hosts A and S have the letter of their host before the name of the VM. */
function vmOf(name: string, { file, format }: Entry): string {
  if (format === 'numa_maps') return /db01|gold01|silver01/.test(file) ? name : (null as never);
  return /\/[AS]-[^/]*$/.test(file) && !/domstats/.test(file) ? `${/\/([AS])-[^/]*$/.exec(file)![1]}-${name}` : name;
}

function oneValue(facts: Json): string {
  if (facts.kind === 'virsh-migrate-limit') return String(facts.limits.downtimeMs);
  if (facts.kind === 'virsh-domjobinfo') return `Job type: ${facts.fields['Job type']}`;
  const { name, fields } = facts.vms[0];
  return [`Domain: '${name}'`, ...Object.entries(fields).map(([key, value]) => `  ${key}=${value as string}`)].join(
    '\n',
  );
}

/** As `facts` prints a file of one text, with the slugs of its warnings. */
function factsOf(file: string): Json {
  const path = join(DATA, file);
  const { parts, ignored, diagnostics } = readDocument(readFileSync(path, 'utf8'), path);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(errors).toEqual([]);
  expect(parts).toHaveLength(1);
  const warnings = [...new Set(diagnostics.filter(({ severity }) => severity === 'warning').map(({ slug }) => slug))];
  const ignoredLines = diagnostics.filter(({ slug }) => slug === 'lines-ignored').map(({ where }) => where.line);
  return {
    ...JSON.parse(JSON.stringify(parts[0]!.facts)),
    ...(ignored.length > 0 ? { ignored } : {}),
    ignoredLines,
    warnings,
  };
}

/** Of the first corpus these are compared whole, in shared-data.data.test.ts. */
const COMPARED_WHOLE = new Set(['domain', 'capabilities', 'numactl-hardware']);
const isComparedWhole = ({ file, format }: Entry): boolean =>
  !file.startsWith('formats/') && COMPARED_WHOLE.has(format);

describe('every fact of the corpus has a path in what facts prints', () => {
  it('for formats that are all known here', () => {
    expect(ENTRIES.filter(({ format }) => !READ.has(format) && !LATER.has(format))).toEqual([]);
  });

  const entries = ENTRIES.filter(
    (entry) => READ.has(entry.format) && entry.format !== 'host-snapshot' && !isComparedWhole(entry),
  );

  it.each(entries.map((entry) => [entry.file, entry] as const))('%s', (file, entry) => {
    const facts = factsOf(file);
    for (const [fact, value] of leavesOf(entry.facts)) {
      const rule = RULES.find(([format, pattern]) => format === entry.format && pattern.test(fact));
      expect(rule, `a path for ${entry.format}: ${fact}`).toBeDefined();
      const [, pattern, path, convert = (same: Json) => same] = rule!;
      const match = pattern.exec(fact)!;
      const found =
        typeof path === 'string'
          ? at(
              facts,
              path.replace(/\$(\d)/g, (_, n) => match[Number(n)]!),
            )
          : path(facts, match);
      expect(found, `${fact}: ${typeof path === 'string' ? path : 'computed'}`).toEqual(convert(value, entry));
    }
  });

  it('has no path that no fact needs', () => {
    const used = new Set<string>();
    for (const { format, facts } of entries) {
      for (const [fact] of leavesOf(facts)) {
        const rule = RULES.find(([each, pattern]) => each === format && pattern.test(fact));
        if (rule !== undefined) used.add(String(rule[2]));
      }
    }
    expect(
      RULES.filter(([, , path]) => !used.has(String(path))).map(([format, pattern]) => `${format} ${pattern}`),
    ).toEqual([]);
  });
});

/** A folder of one moment of one host: every file is read for what it says, or named as of a format that is not read. */
describe('host-snapshot/S', () => {
  const root = join(DATA, 'formats/host-snapshot/S');
  const { facts } = second.find(({ format }) => format === 'host-snapshot')!;
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(root, name)).isFile(),
  );
  const read = new Map(
    files.map((name) => [name, readDocument(readFileSync(join(root, name), 'utf8'), join(root, name))]),
  );
  const factsIn = (name: string): Json => read.get(name)!.parts[0]!.facts;

  it.each(Object.keys(facts.nodes))('node %s from sysfs', (id) => {
    const node = facts.nodes[id];
    const folder = `sys/devices/system/node/node${id}`;
    expect(factsIn(`${folder}/meminfo`).nodes).toMatchObject([
      { nid: Number(id), totalKib: node.mem_total_kib, freeKib: node.mem_free_kib },
    ]);
    expect(factsIn(`${folder}/cpulist`).nodes).toMatchObject([{ id: Number(id), cpus: ids(node.cpulist) }]);
    expect(factsIn(`${folder}/distance`).nodes[0].distances.map(({ value }: Json) => value)).toEqual(node.distance);
    for (const [sizeKiB, pool] of Object.entries<Json>(node.pools)) {
      const at = (name: string): Json =>
        factsIn(`${folder}/hugepages/hugepages-${sizeKiB}kB/${name}_hugepages`).nodes[0].pools;
      expect(at('nr')).toMatchObject([{ sizeKiB: Number(sizeKiB), total: pool.nr }]);
      expect(at('free')).toMatchObject([{ sizeKiB: Number(sizeKiB), free: pool.free }]);
    }
  });

  it.each(Object.entries<Json>(facts.guests))('guest %s', (name, guest) => {
    if (guest.pid !== undefined)
      expect(factsIn(`proc/${guest.pid}/numa_maps`).processes).toMatchObject([{ pid: guest.pid }]);
    expect(read.has(`xml/${name}.xml`)).toBe(guest.libvirt);
    if (guest.libvirt) expect(factsIn(`xml/${name}.xml`)).toMatchObject({ name, running: guest.running });
    const listed = factsIn('virsh/list.txt').vms.find((vm: Json) => vm.name === name);
    expect(listed?.running).toBe(guest.libvirt ? guest.running : undefined);
  });

  it('names what is not read, and says nothing false of it', () => {
    const left = [...read].filter(([, { parts }]) => parts.length === 0);
    for (const [, { diagnostics }] of left) {
      expect(diagnostics).toMatchObject([
        {
          severity: 'error',
          slug: expect.stringMatching(/^(?:format-unknown|format-not-read|input-empty|boot-log-cut)$/),
        },
      ]);
    }
    const kinds = left.map(([name]) => name.replace(/^.*\//, '').replace(/^(?:\w+01)-/, ''));
    expect([...new Set(kinds)].sort()).toEqual([
      ...['cpumap', 'dommemstat.txt', 'has_cpu', 'has_memory', 'has_normal_memory', 'links.txt'],
      ...[
        'lscpu-J.json',
        'lscpu-e.txt',
        'lscpu-p.txt',
        'lscpu.txt',
        'lstopo.txt',
        'lstopo.xml',
        'meminfo',
        'numactl-s.txt',
      ],
      ...['possible', 'ps-ef.txt', 'read_bandwidth', 'read_latency', 'status', 'version', 'vmstat', 'write_bandwidth'],
      'write_latency',
    ]);
  });
});

/** Small inputs, tried as a user of each tool would: what their files say. */
describe('field', () => {
  const expected: Json = JSON.parse(readFileSync(join(DATA, 'field/expected.json'), 'utf8'));
  const all = (file: string): Json[] => {
    const { parts, diagnostics } = readDocument(readFileSync(join(DATA, 'field', file), 'utf8'), file);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    return parts.map(({ facts }) =>
      JSON.parse(JSON.stringify(facts, (key, value) => (key === 'line' ? undefined : value))),
    );
  };

  it('hosts say what each node has, and which has no CPUs', () => {
    const { kind, nodes } = expected['01-full-node/host.txt'];
    expect(all('01-full-node/host.txt')).toMatchObject([{ kind, nodes }]);
    const [cxl] = all('02-cxl/host.txt');
    const without = cxl.nodes.filter(({ cpus }: Json) => cpus.length === 0).map(({ id }: Json) => id);
    expect(without).toEqual(expected['02-cxl/host.txt']['nodes without CPUs']);
  });

  it.each(['T.txt', 'x.txt'])('a boot log as %s says what the plain one says', (file) => {
    expect(expected['07-boot-logs'][file]).toBe('equal to base.txt');
    expect(all(`07-boot-logs/${file}`)).toEqual(all('07-boot-logs/base.txt'));
  });

  it('of two boots the last is read, and that is said', () => {
    const [log] = all('07-boot-logs/two-boots.txt');
    expect(new Set(log.nodeRanges.map(({ nid }: Json) => nid)).size).toBe(
      expected['07-boot-logs']['two-boots.txt'].nodes,
    );
    const text = readFileSync(join(DATA, 'field/07-boot-logs/two-boots.txt'), 'utf8');
    expect(readDocument(text, 'f').diagnostics).toMatchObject([
      { severity: 'note', slug: 'boot-earlier', where: { line: 26 } },
    ]);
  });

  it('pasted texts say what they say alone', () => {
    expect(all('08-pasted-xml/prompt-before.xml')).toEqual(all('08-pasted-xml/plain.xml'));
    expect(all('08-pasted-xml/two.xml')).toHaveLength(expected['08-pasted-xml']['two.xml'].vms);
    expect(all('09-several-outputs/numactl+domain.txt').map(({ kind }) => kind)).toEqual([
      'numactl-hardware',
      'domain',
    ]);
    expect(all('10-mail-quotes/nested-spaced.txt')).toEqual(all('10-mail-quotes/whole.txt'));
  });

  it('a log of arm64 gives the zones of that machine', () => {
    const [log] = all('11-other-machines/arm64.txt');
    expect(log.arch).toBe('aarch64');
    const pages = log.zonePages.filter(({ nid }: Json) => nid === 0).map(({ zone, pages: n }: Json) => [zone, n]);
    expect(Object.fromEntries(pages)).toMatchObject(expected['11-other-machines']['arm64.txt']['node 0']);
  });
});
