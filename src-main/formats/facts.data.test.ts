/**
 * Each kind of fact that an independent script found in the shared corpus, and its path in what `pageshift facts` prints. A fact
 * without a path fails, and so does a file of a format that the tables here do not name.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tableText } from './acpi-table/table.ts';
import { readDocument } from './index.ts';

const DATA = process.env['PAGESHIFT_DATA']!;

type Json = any;

/** Archives hold many texts: store/archive.data.test.ts. */
const isArchive = ({ file }: Entry): boolean => /\.tar\.|member-list/.test(file);

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

const ELSEWHERE = Symbol('in another sheet');

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
  // ACPI tables
  ['acpi', /^latency_ps\/(\d+)->(\d+)$/, interconnect('latencyNs'), (ps: number) => ps / 1000],
  ['acpi', /^bandwidth_mb_s\/(\d+)->(\d+)$/, interconnect('bandwidthKibPerSec'), kib],
  ['acpi', /^attrs\/(\d+)\/(memory|initiator)$/, 'attached[#$1].$2'],
  ['acpi', /^localities$/, 'distances.ids.length'],
  ['acpi', /^rows$|^matrix$/, 'distances.matrix'],
  [
    'acpi',
    /^memory\/(\d+)$/,
    (facts, [, id]) => at(facts, `domains[id=${id}].ranges`).map((r: Json) => [r.base, r.bytes]),
  ],
  ['acpi', /^cpus\/(\d+)$/, 'domains[id=$1].cpus'],
  ['acpi', /^table$/, 'table'],
  ['acpi', /^revision$/, 'revision'],
  ['acpi', /^checksum_ok$/, 'checksumOk'],
  ['acpi', /^cpus\/0\/(?:kind|enabled)$/, ({ domains }) => domains[0].cpus.length, () => 1],
  ['acpi', /^cpus\/0\/pxm$/, 'domains[#0].id'],
  ['acpi', /^cpus\/0\/uid$/, 'domains[#0].cpus[#0]'],
  ['acpi', /^memory\/(\d+)\/pxm$/, (facts, [, i]) => rangeAt(facts, i!).domain],
  ['acpi', /^memory\/(\d+)\/base$/, (facts, [, i]) => rangeAt(facts, i!).base, (hex: string) => Number(hex)],
  ['acpi', /^memory\/(\d+)\/length$/, (facts, [, i]) => rangeAt(facts, i!).bytes],
  ['acpi', /^memory\/(\d+)\/enabled$/, (facts, [, i]) => rangeAt(facts, i!) !== undefined],
  ['acpi', /^memory\/(\d+)\/hotplug$/, (facts, [, i]) => rangeAt(facts, i!).hotPluggable],
  ['acpi', /^memory\/(\d+)\/nonvolatile$/, (facts, [, i]) => rangeAt(facts, i!).nonVolatile],
  ['acpi', /^enabled_nonhotplug_bytes_by_pxm\/(\d+)$/, 'domains[id=$1].memoryKiB', bytes],
  // dmidecode
  ['dmidecode', /^devices$/, ({ modules }) => modules.map((each: Json) => each.size)],
  ['dmidecode', /^node$/, ({ notes }) => notes.includes('nodes-not-told'), () => true],
  // esxtop
  ['esxtop', /^host$/, 'host'],
  ['esxtop', /^samples$/, 'samples'],
  ['esxtop', /^last_sample$/, 'lastSample'],
  ['esxtop', /^vms\/(\w+)\/group_id$/, 'vms[name=$1].groupId'],
  ['esxtop', /^vms\/(\w+)\/memory_mib$/, 'vms[name=$1].maxMemoryKiB', kib],
  ['esxtop', /^vms\/(\w+)\/consumed_mib$/, 'vms[name=$1].rssKiB', kib],
  ['esxtop', /^vms\/(\w+)\/numa_local_percent$/, 'vms[name=$1].numaLocalPercent'],
  // hwloc: XML and text
  ['hwloc-gather', /^nodes$/, 'nodes.length'],
  ['hwloc-gather', /^nodes\/(\d+)\/cpuset_printed$/, 'nodes[id=$1].localCpus', maskIds],
  ['hwloc-gather', /^nodes\/(\d+)\/local_memory_bytes$/, 'nodes[id=$1].memoryKiB', bytes],
  [
    'hwloc-gather',
    /^nodes\/(\d+)\/pages\/(\d+)$/,
    (facts, [, id, size]) => at(facts, `nodes[id=${id}].pages[sizeKiB=${Number(size) / 1024}].count`),
  ],
  ['hwloc-gather', /^nodes\/(\d+)\/cpus_in_sysfs$/, 'nodes[id=$1].cpus'],
  ['hwloc-gather', /^trap$/, 'warnings', () => ['cpuset-shared']],
  ['hwloc-xml', /^xml_version$/, 'version'],
  ['hwloc-xml', /^node_count$/, 'nodes.length'],
  ['hwloc-xml', /^node_ids$/, ({ nodes }) => nodes.map(({ id }: Json) => id)],
  ['hwloc-xml', /^pu_count$/, 'cpuPlaces.length'],
  ['hwloc-xml', /^nodes\/(\d+)\/id$/, 'nodes[#$1].id'],
  ['hwloc-xml', /^nodes\/(\d+)\/memory\/value$/, 'nodes[#$1].memoryKiB', bytes],
  ['hwloc-xml', /^nodes\/(\d+)\/memory\/unit$/, 'kind', () => 'hwloc-xml'],
  ['hwloc-xml', /^nodes\/(\d+)\/cpus$/, 'nodes[#$1].localCpus'],
  ['hwloc-xml', /^nodes\/(\d+)\/cpu_count$/, 'nodes[#$1].localCpus.length'],
  ['hwloc-xml', /^nodes\/(\d+)\/pages\/(\d+)\/size_bytes$/, 'nodes[#$1].pages[#$2].sizeKiB', bytes],
  ['hwloc-xml', /^nodes\/(\d+)\/pages\/(\d+)\/count$/, 'nodes[#$1].pages[#$2].count'],
  ['hwloc-xml', /^nodes\/(\d+)\/subtype$/, 'nodes[#$1].subtype'],
  ['hwloc-xml', /^distances$/, 'distances'],
  ['hwloc-xml', /^distances\/(ids|matrix)$/, 'distances.$1'],
  ['hwloc-xml', /^distances\/indexing$/, 'kind', () => 'hwloc-xml'],
  // Of its two matrices only that of nodes is read
  ['hwloc-xml', /^has_heterogeneous_distances$/, ({ distances }) => distances !== null],
  ['lstopo-text', /^nodes\/(\d+)\/logical$/, ({ nodes }, [, i]) => byLogical(nodes, i!).logical],
  ['lstopo-text', /^nodes\/(\d+)\/id$/, ({ nodes }, [, i]) => byLogical(nodes, i!).id],
  ['lstopo-text', /^nodes\/(\d+)\/memory\/value$/, ({ nodes }, [, i]) => byLogical(nodes, i!).memoryKiB],
  ['lstopo-text', /^nodes\/(\d+)\/memory\/unit$/, ({ kind }) => kind, () => 'lstopo-text'],
  ['lstopo-text', /^nodes\/(\d+)\/subtype$/, ({ nodes }, [, i]) => byLogical(nodes, i!).subtype],
  ['lstopo-text', /^node_count$/, 'nodes.length'],
  ['lstopo-text', /^node_ids$/, ({ nodes }) => nodes.map(({ id }: Json) => id)],
  [
    'lstopo-text',
    /^distances\/logical_order$/,
    ({ nodes, distances }) => distances.ids.map((id: number) => at({ nodes }, `nodes[id=${id}].logical`)),
  ],
  ['lstopo-text', /^distances\/(ids|matrix)$/, 'distances.$1'],
  ['lstopo-text', /^pu_os_indexes$/, ({ cpuPlaces }) => cpuPlaces.map(({ id }: Json) => id)],
  // Hyper-V
  ['hyperv', /^host$/, 'name'],
  ['hyperv', /^nodes\/(\d+)\/cpus$/, 'nodes[id=$1].cpuCount'],
  ['hyperv', /^nodes\/(\d+)\/cpu_idle_percent$/, 'idlePercent[node=$1].processors'],
  ['hyperv', /^nodes\/(\d+)\/memory_mib$/, 'nodes[id=$1].memoryKiB', kib],
  ['hyperv', /^nodes\/(\d+)\/free_mib$/, 'nodes[id=$1].freeKiB', kib],
  ['hyperv', /^distances$/, 'distances', () => null],
  ['hyperv', /^placement_mib\/(\w+)\/(\d+)$/, 'processes[vm=$1].ramByNode[node=$2].kib', kib],
  // kubelet
  ['kubelet', /^policy$/, 'policy'],
  ['kubelet', /^shared_cpus$/, 'sharedCpus'],
  ['kubelet', /^exclusive\/(\d+)\/(pod|container)$/, 'assignments[#$1].$2'],
  ['kubelet', /^exclusive\/(\d+)\/cpus$/, 'assignments[#$1].cpus', ids],
  ['kubelet', /^exclusive$/, 'assignments'],
  ['kubelet', /^nodes\/(\d+)\/memory_bytes$/, 'nodes[id=$1].memoryKiB', bytes],
  ['kubelet', /^nodes\/(\d+)\/system_reserved_bytes$/, 'nodes[id=$1].memoryByNameKiB.systemReserved', bytes],
  ['kubelet', /^nodes\/(\d+)\/(allocatable|reserved|free)_bytes$/, 'nodes[id=$1].memoryByNameKiB.$2', bytes],
  [
    'kubelet',
    /^nodes\/(\d+)\/hugepages_2Mi_bytes$/,
    'nodes[id=$1].pools[sizeKiB=2048].total',
    (b: number) => b / 2 ** 21,
  ],
  ['kubelet', /^entries\/(\d+)\/(pod|container|nodes|type)$/, 'assignments[#$1].$2'],
  ['kubelet', /^entries\/(\d+)\/bytes$/, 'assignments[#$1].kib', bytes],
  // KubeVirt
  ['kubevirt', /^kind$/, 'objectKind'],
  ['kubevirt', /^name$/, ({ name, isNamed }) => (isNamed ? name : null)],
  ['kubevirt', /^namespace$/, 'namespace'],
  ['kubevirt', /^vcpus$/, 'vcpus'],
  ['kubevirt', /^(sockets|cores|threads)$/, 'cpuTopology.$1'],
  ['kubevirt', /^dedicated_cpus$/, 'dedicatedCpus'],
  ['kubevirt', /^numa_passthrough$/, 'numaPassthrough'],
  ['kubevirt', /^guest_memory_bytes$/, 'memoryKiB', bytes],
  ['kubevirt', /^max_guest_memory_bytes$/, 'maxMemoryKiB', bytes],
  ['kubevirt', /^hugepage_bytes$/, 'hugepages[#0].sizeKiB', bytes],
  ['kubevirt', /^hugepages_needed$/, ({ memoryKiB, hugepages }) => memoryKiB / hugepages[0].sizeKiB],
  ['kubevirt', /^guest_memory_source$/, 'memoryKiB', () => 64 * 1024],
  ['kubevirt', /^host_placement$/, ({ memory, memnodes }) => [memory, memnodes], () => [null, []]],
  ['kubevirt', /^running$/, 'running'],
  ['kubevirt', /^host$/, 'hostName'],
  ['kubevirt', /^max_sockets$/, 'maxSockets'],
  // likwid
  [
    'likwid',
    /^domains\/(\d+)\/processors_printed$/,
    'printedCpus[node=$1].cpus',
    (printed: string[]) => printed.map(Number),
  ],
  [
    'likwid',
    /^domains\/(\d+)\/distances$/,
    (facts, [, id]) => byNode(facts, id!).distances.map(({ value }: Json) => value),
  ],
  ['likwid', /^domains\/(\d+)\/Free memory$/, 'nodes[id=$1].freeKiB', (text: string) => kib(amount(text))],
  ['likwid', /^domains\/(\d+)\/Total memory$/, 'nodes[id=$1].memoryKiB', (text: string) => kib(amount(text))],
  ['likwid', /^trap$/, ({ nodes, warnings }) => [nodes[2].cpus, warnings], () => [[], ['cpu-in-two-nodes']]],
  ['likwid', /^nodes$/, 'nodes.length'],
  // lscpu
  ['lscpu', /^cpus$/, 'cpuCount'],
  ['lscpu', /^online$/, 'onlineCpus', (text: string | null) => (text === null ? null : ids(text))],
  ['lscpu', /^threads_per_core$/, 'threadsPerCore'],
  ['lscpu', /^sockets$/, 'sockets', (text: string | null) => (text === null ? null : Number(text))],
  ['lscpu', /^numa_nodes_declared$/, 'nodeCount'],
  ['lscpu', /^nodes\/(\d+)\/id$/, 'nodes[#$1].id'],
  ['lscpu', /^nodes\/(\d+)\/cpulist$/, 'nodes[#$1].cpus', ids],
  ['lscpu', /^nodes\/(\d+)\/cpus$/, 'nodes[#$1].cpus'],
  ['lscpu', /^parsable_tables$/, ({ columns }) => columns !== null, () => true],
  ['lscpu', /^table1\/columns$/, 'columns'],
  ['lscpu', /^table1\/rows$/, 'cpuPlaces.length'],
  ['lscpu', /^table1\/sockets$/, ({ cpuPlaces }) => new Set(cpuPlaces.map(({ socket }: Json) => socket)).size],
  ['lscpu', /^table1\/cpus_without_node$/, 'cpusWithoutNode'],
  // lsmem
  ['lsmem', /^ranges$/, 'ranges.length'],
  ['lsmem', /^ranges\/(\d+)\/(range|size|state|removable|block|zones)$/, 'ranges[#$1].$2'],
  ['lsmem', /^ranges\/(\d+)\/node$/, 'ranges[#$1].node', Number],
  ['lsmem', /^unit$/, 'kind', () => 'lsmem'],
  ['lsmem', /^bytes_by_node\/(\d+)$/, 'nodes[id=$1].memoryByNameKiB.blocks', bytes],
  ['lsmem', /^nodes$/, ({ nodes, notes }) => [nodes, notes], () => [[], ['nodes-not-told']]],
  ['lsmem', /^online$/, 'online'],
  // Intel MLC
  ['mlc', /^latency_ns$/, 'latencyNs.values'],
  ['mlc', /^bandwidth_MB_s$/, ({ bandwidthMbPerSec }) => bandwidthMbPerSec?.values ?? null],
  ['mlc', /^version$/, 'version'],
  [
    'mlc',
    /^MB$/,
    ({ interconnects }) => interconnects.find((i: Json) => i.bandwidthKibPerSec !== null).bandwidthKibPerSec,
    (mb: number) => Math.round((101203 * mb) / 1024),
  ],
  ['mlc', /^access$/, 'access'],
  ['mlc', /^suspect$/, ({ latencyNs }) => latencyNs.values[0][0] > 250, () => true],
  // NodeResourceTopology
  ['noderesourcetopology', /^host$/, 'name'],
  ['noderesourcetopology', /^hosts$/, ({ all }) => all.map(({ name }: Json) => name)],
  ['noderesourcetopology', /^nodes\/(\d+)\/cpus$/, 'nodes[id=$1].cpuCount'],
  ['noderesourcetopology', /^nodes\/(\d+)\/cpus_allocatable$/, 'zones[node=$1].cpusAllocatable'],
  ['noderesourcetopology', /^nodes\/(\d+)\/cpus_available$/, 'zones[node=$1].cpusAvailable'],
  ['noderesourcetopology', /^nodes\/(\d+)\/memory_bytes$/, 'nodes[id=$1].memoryKiB', bytes],
  ['noderesourcetopology', /^nodes\/(\d+)\/available_bytes$/, 'zones[node=$1].memoryAvailableKiB', bytes],
  ['noderesourcetopology', /^distances$/, 'distances.matrix'],
  ['noderesourcetopology', /^cpu_ids$/, ({ nodes }) => nodes.flatMap(({ cpus }: Json) => cpus), () => []],
  ['noderesourcetopology', /^([\w-]+-[AB])\/nodes\/(\d+)\/cpus$/, 'all[name=$1].nodes[id=$2].cpuCount'],
  [
    'noderesourcetopology',
    /^([\w-]+-[AB])\/nodes\/(\d+)\/cpus_allocatable$/,
    'all[name=$1].zones[node=$2].cpusAllocatable',
  ],
  ['noderesourcetopology', /^([\w-]+-[AB])\/memory$/, 'all[name=$1].nodes[#0].memoryKiB', () => null],
  ['noderesourcetopology', /^([\w-]+-[AB])\/distances$/, 'all[name=$1].distances', () => null],
  // Nova
  [
    'nova',
    /^nodes\/(\d+)\/cpus$/,
    'nodes[id=$1].cpus',
    (value: Json) => (typeof value === 'string' ? ids(value) : value),
  ],
  ['nova', /^nodes\/(\d+)\/memory_mib$/, 'nodes[id=$1].memoryKiB', kib],
  ['nova', /^nodes\/(\d+)\/pages_4k$/, 'nodes[id=$1].pages[sizeKiB=4].count'],
  [
    'nova',
    /^nodes\/(\d+)\/siblings$/,
    (facts, [, id]) =>
      new Set(
        facts.cpuPlaces.filter((p: Json) => byNode(facts, id!).cpus.includes(p.id)).map((p: Json) => p.siblings.join()),
      ).size,
  ],
  ['nova', /^pinned_cpus$/, ({ usage }) => usage.flatMap(({ pinnedCpus }: Json) => pinnedCpus)],
  ['nova', /^used_mib$/, ({ usage }) => usage.reduce((sum: number, { usedKiB }: Json) => sum + usedKiB, 0), kib],
  ['nova', /^distances$/, 'distances', () => null],
  // Proxmox
  ['proxmox-conf', /^vmid$/, 'vmid'],
  ['proxmox-conf', /^name$/, 'name'],
  ['proxmox-conf', /^vcpus$/, 'vcpus'],
  ['proxmox-conf', /^(sockets|cores)$/, 'cpuTopology.$1'],
  ['proxmox-conf', /^memory_mib$/, 'memoryKiB', kib],
  ['proxmox-conf', /^memory_source$/, 'memoryFrom', () => 'numaN'],
  ['proxmox-conf', /^numa$/, ({ cells }) => cells.length > 0],
  ['proxmox-conf', /^affinity$/, 'affinity', ids],
  ['proxmox-conf', /^hugepage_mib$/, 'hugepages[#0].sizeKiB', kib],
  ['proxmox-conf', /^balloon$/, 'balloonMiB', () => 0],
  ['proxmox-conf', /^guest_cells_source$/, 'cellsFrom', () => 'sockets'],
  ['proxmox-conf', /^host_nodes$|^host_cpus$/, ({ vcpuCpuset, vcpupin }) => [vcpuCpuset, vcpupin], () => [null, {}]],
  ...['proxmox-conf', 'qemu-cmdline'].flatMap((format): Rule[] => [
    [format, /^guest_cells\/(\d+)\/(id|cpus)$/, 'cells[#$1].$2'],
    [format, /^guest_cells\/(\d+)\/memory_mib$/, 'cells[#$1].memoryKiB', kib],
    [format, /^guest_cells\/(\d+)\/host_nodes$/, (facts, [, i]) => at(facts, `memnodes[cell=${i}].nodeset`) ?? null],
    [
      format,
      /^guest_cells\/(\d+)\/policy$/,
      'memnodes[cell=$1].mode',
      (policy: string) => (policy === 'bind' ? 'strict' : policy),
    ],
  ]),
  // QEMU's command lines
  ['qemu-cmdline', /^guests$/, ({ all }) => all.map(({ name }: Json) => name)],
  ['qemu-cmdline', /^objects\/(\w+)\/(\d+)\/id$/, 'all[name=$1].backends[#$2].id'],
  ['qemu-cmdline', /^objects\/(\w+)\/(\d+)\/size$/, 'all[name=$1].backends[#$2].sizeKiB', bytes],
  ['qemu-cmdline', /^objects\/(\w+)\/(\d+)\/host-nodes$/, 'all[name=$1].backends[#$2].hostNodes'],
  ['qemu-cmdline', /^objects\/(\w+)\/(\d+)\/(policy|share)$/, 'all[name=$1].backends[#$2].$3'],
  ['qemu-cmdline', /^objects\/(\w+)\/(\d+)\/mem-path$/, 'all[name=$1].backends[#$2].memPath'],
  ['qemu-cmdline', /^name$/, 'name'],
  ['qemu-cmdline', /^separator$/, 'program', () => 'kvm'],
  ['qemu-cmdline', /^vmid$/, 'vmid'],
  ['qemu-cmdline', /^vcpus$/, 'vcpus'],
  ['qemu-cmdline', /^(sockets|cores|threads)$/, ({ cpuTopology }, [, name]) => cpuTopology[name!] ?? 1],
  ['qemu-cmdline', /^memory_mib$/, 'memoryKiB', kib],
  ['qemu-cmdline', /^guest_cells\/(\d+)\/backend$/, 'backends[#$1].type'],
  ['qemu-cmdline', /^guest_cells\/(\d+)\/hugepage_kib$/, 'hugepages[#$1].sizeKiB'],
  ['qemu-cmdline', /^guest_distances$/, 'distances'],
  // RVTools: each sheet is held to what it has
  ['rvtools', /^hosts\/([\w.]+)\/(sockets|cores|threads)$/, sheet('rvtools-host', 'all[name=$1].$2')],
  ['rvtools', /^hosts\/([\w.]+)\/memory_mib$/, sheet('rvtools-host', 'all[name=$1].memoryKiB'), kib],
  ['rvtools', /^hosts\/([\w.]+)\/memory_usage_percent$/, sheet('rvtools-host', 'all[name=$1].memoryUsagePercent')],
  ['rvtools', /^vms\/([\w-]+)\/vcpus$/, sheet('rvtools-vm', 'all[name=$1].vcpus')],
  ['rvtools', /^vms\/([\w-]+)\/memory_mib$/, sheet('rvtools-vm', 'all[name=$1].memoryKiB'), kib],
  ['rvtools', /^vms\/([\w-]+)\/host$/, sheet('rvtools-vm', 'all[name=$1].hostName')],
  ['rvtools', /^vms\/([\w-]+)\/power$/, sheet('rvtools-vm', 'all[name=$1].powerState')],
  ['rvtools', /^vms\/([\w-]+)\/sockets$/, sheet('tabvCPU', 'vms[name=$1].sockets')],
  ['rvtools', /^vms\/([\w-]+)\/cores_per_socket$/, sheet('tabvCPU', 'vms[name=$1].coresPerSocket')],
  ['rvtools', /^vms\/([\w-]+)\/memory_hot_add$/, sheet('tabvMemory', 'vms[name=$1].memoryHotAdd')],
  [
    'rvtools',
    /^vms\/([\w-]+)\/fits_one_node$/,
    sheet('rvtools-vm', 'all[name=$1].memoryKiB'),
    (_, { facts }) => kib(facts.vms['db-01'].memory_mib),
  ],
  ['rvtools', /^vms\/([\w-]+)\/template$/, sheet('tabvMemory', 'vms[name=$1].template')],
  ['rvtools', /^nodes$/, sheet('rvtools-host', 'warnings'), () => ['nodes-assumed']],
];

/** What a sheet of RVTools does not have is no fact of it. */
function sheet(kindOrName: string, path: string): (facts: Json, match: RegExpExecArray) => Json {
  return (facts, match) =>
    facts.kind === kindOrName || facts.file.includes(kindOrName)
      ? at(
          facts,
          path.replace(/\$(\d)/g, (_, n) => match[Number(n)]!),
        )
      : ELSEWHERE;
}

function interconnect(figure: string): (facts: Json, match: RegExpExecArray) => Json {
  return ({ interconnects }, [, initiator, target]) =>
    interconnects.find(
      (each: Json) => each.initiator === Number(initiator) && each.target === Number(target) && each[figure] !== null,
    )[figure];
}

const rangeAt = ({ domains }: Json, i: string): Json =>
  domains.flatMap(({ id, ranges }: Json) => ranges.map((range: Json) => ({ domain: id, ...range })))[Number(i)];
function maskIds(mask: string): number[] {
  return [...Number.parseInt(mask, 16).toString(2)].reverse().flatMap((bit, i) => (bit === '1' ? [i] : []));
}
const byLogical = (nodes: Json[], i: string): Json => nodes.find(({ logical }) => logical === Number(i));

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
  const contents = readFileSync(path);
  const { parts, ignored, diagnostics } = readDocument(tableText(contents) ?? contents.toString('utf8'), path);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(errors).toEqual([]);
  const all = parts.map((part) => JSON.parse(JSON.stringify(part.facts)));
  expect(all.length).toBeGreaterThan(0);
  const slugs = (severity: string): string[] => [
    ...new Set(diagnostics.filter((each) => each.severity === severity).map(({ slug }) => slug)),
  ];
  const warnings = slugs('warning');
  const ignoredLines = diagnostics.filter(({ slug }) => slug === 'lines-ignored').map(({ where }) => where.line);
  return {
    ...all[0],
    all,
    file,
    notes: slugs('note'),
    ...(ignored.length > 0 ? { ignored } : {}),
    ignoredLines,
    warnings,
  };
}

/** Of the first corpus these are compared whole, in shared-data.data.test.ts. */
const COMPARED_WHOLE = new Set(['domain', 'capabilities', 'numactl-hardware']);
const isTranslated = ({ file }: Entry): boolean => file.includes('lscpu/locale-');
const isComparedWhole = ({ file, format }: Entry): boolean =>
  !file.startsWith('formats/') && COMPARED_WHOLE.has(format);

describe('every fact of the corpus has a path in what facts prints', () => {
  const entries = ENTRIES.filter(
    (entry) => entry.format !== 'host-snapshot' && !isComparedWhole(entry) && !isArchive(entry) && !isTranslated(entry),
  );

  it('refuses lscpu in German, with the way to an English one', () => {
    const [entry] = ENTRIES.filter(isTranslated);
    const { parts, diagnostics } = readDocument(readFileSync(join(DATA, entry!.file), 'utf8'), entry!.file);
    expect(parts).toEqual([]);
    expect(diagnostics[0]).toMatchObject({ slug: 'output-translated', hint: 'Run it again as: LC_ALL=C lscpu' });
  });

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
      if (found === ELSEWHERE) continue;
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
    expect([...new Set(kinds)].sort()).toEqual(['dommemstat.txt', 'links.txt', 'status', 'version', 'vmstat']);
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
