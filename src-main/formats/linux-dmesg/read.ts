/**
 * The log of a Linux boot on x86_64 (dmesg, a serial console's, journalctl -k) → the memory map it states: existing
 * ranges and their nodes, what the firmware and the kernel took, CPUs and their nodes. Time stamps are optional, and
 * other lines may come between. Lines printed again later (plugged memory rebuilds the zonelists) are not read: the
 * map is that of the boot.
 *
 * Needed: "Early memory node ranges". Without it the beginning of the log is missing, and no map can be made.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import { pagesFromBytes, wholePagesFromBytes } from '../../../shared/units/index.ts';
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import { admitText } from '../input.ts';
import type { AddressRange } from '../linux-text.ts';
import { eachLine } from '../linux-text.ts';
import { plural } from '../../../shared/view/number-format.ts';
import { nodesSummary } from '../summary.ts';
import { MAX_NODES } from '../topology.ts';

export interface BootLogFacts {
  readonly kind: string;
  /** "6.1.0-56-cloud-amd64". */
  readonly version: string | null;
  readonly commandLine: string | null;
  readonly e820: readonly (AddressRange & { readonly type: string })[];
  /** "Early memory node ranges": the memory there is, and whose. Ascending, disjoint. */
  readonly nodeRanges: readonly (PfnRange & { readonly nid: number })[];
  readonly sratMemory: readonly (AddressRange & { readonly nid: number; readonly hotplug: boolean })[];
  /** Nodes of the CPUs, in the order of the firmware's table; `id` is the APIC's. */
  readonly sratCpus: readonly { readonly id: number; readonly nid: number }[];
  /** "Zone ranges". A zone without a range is empty. */
  readonly zones: readonly { readonly name: string; readonly range: PfnRange | null }[];
  /** NODE_DATA. */
  readonly nodeData: readonly (AddressRange & { readonly nid: number })[];
  readonly initrd: AddressRange | null;
  /** Bounce buffers for devices that cannot reach all memory. */
  readonly swiotlb: AddressRange | null;
  readonly crashKernel: readonly AddressRange[];
  /** The "Memory:" line. */
  readonly memory: {
    readonly availableKib: number;
    readonly totalKib: number;
    readonly reservedKib: number | null;
    readonly kernelKib: Readonly<Record<string, number>>;
  } | null;
  /** What the kernel said that it freed; `late`: after its watermarks were set. */
  readonly freed: readonly { readonly what: string; readonly kib: number; readonly late: boolean }[];
  readonly perCpuPages: number | null;
  /** Hash tables in memory that was never managed, in bytes. */
  readonly earlyHashBytes: number;
  readonly nrCpuIds: number | null;
  readonly nrNodeIds: number | null;
  /** CPUs that came up. */
  readonly cpus: number | null;
  /** One past the largest pfn the machine could have: it sizes the table of memory sections. */
  readonly maxArchPfn: number | null;
  readonly memoryBlockMib: number | null;
  /** "Fallback order for Node N", by node. */
  readonly fallback: readonly { readonly nid: number; readonly order: readonly number[] }[];
}

/** Ranges of one kind; firmware has some dozens. */
const MAX_RANGES = 4096;
/** The largest address a range may end at: 2^52, what x86_64 can have. */
const MAX_ADDRESS = 2 ** 52;

const MEM = String.raw`\[mem (0x[\da-f]{1,16})-(0x[\da-f]{1,16})\]`;
const NODE_RANGE = new RegExp(String.raw`^node\s+(\d{1,5}):\s+${MEM}$`);
const E820 = new RegExp(String.raw`^BIOS-e820: ${MEM} (\w.{0,40})$`);
const SRAT_MEMORY = new RegExp(String.raw`SRAT: Node (\d{1,5}) PXM \d+ ${MEM}(.*)$`);
const SRAT_CPU = /^SRAT: PXM \d+ -> APIC (0x[\da-f]{1,8}) -> Node (\d{1,5})$/;
const NODE_DATA = new RegExp(String.raw`^NODE_DATA\((\d{1,5})\) allocated ${MEM}`);
const INITRD = new RegExp(String.raw`^(?:Allocated new )?RAMDISK: ${MEM}`);
const SWIOTLB = new RegExp(String.raw`^software IO TLB: mapped ${MEM}`);
const ZONE_RANGE = new RegExp(String.raw`^(DMA|DMA32|Normal|HighMem|Movable|Device)\s+(?:${MEM}|empty)$`);
const CRASH = /^Reserving (\d{1,6})MB of (?:low )?memory at (\d{1,9})MB for crashkernel/;
const MEMORY = /^Memory: (\d{1,12})K\/(\d{1,12})K available \((.{0,400})\)$/i;
const FREEING = /^Freeing (.{1,80}?)(?: memory)?: (\d{1,12})k(?:\s|$)/i;
const HASH = /hash table entries: \d+ \(order: -?\d+, (\d{1,12}) bytes(?:, (\w+))?\)/;
const FALLBACK = /^Fallback order for Node (\d{1,5}):((?: \d{1,5}){1,1024})$/;

interface Found {
  readonly e820: BootLogFacts['e820'][number][];
  readonly nodeRanges: (PfnRange & { readonly nid: number; readonly line: number })[];
  readonly sratMemory: BootLogFacts['sratMemory'][number][];
  readonly sratCpus: BootLogFacts['sratCpus'][number][];
  readonly zones: BootLogFacts['zones'][number][];
  readonly nodeData: BootLogFacts['nodeData'][number][];
  readonly crashKernel: AddressRange[];
  readonly freed: BootLogFacts['freed'][number][];
  readonly fallback: BootLogFacts['fallback'][number][];
}

/** Never throws; errors by slug are in the diagnostics. */
export function readBootLog(text: string, file: string): Read<BootLogFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<BootLogFacts>(null);
  const reader = new BootLogReader(list);
  eachLine(admitted, (line, number) => reader.line(withoutStamp(line), number));
  return list.read(reader.facts());
}

/** Without syslog's date and host, the priority and the kernel's time stamp. */
function withoutStamp(line: string): string {
  return line
    .replace(/^.{0,80}? kernel: /, '')
    .replace(/^\s*(?:<\d{1,3}>)?(?:\[\s*\d{1,9}\.\d{1,9}\](?:\[\s*\w{1,10}\])?\s?)?/, '')
    .trim();
}

class BootLogReader {
  private readonly list: DiagnosticList;
  private readonly found: Found = {
    e820: [],
    nodeRanges: [],
    sratMemory: [],
    sratCpus: [],
    zones: [],
    nodeData: [],
    crashKernel: [],
    freed: [],
    fallback: [],
  };
  private version: string | null = null;
  private commandLine: string | null = null;
  private initrd: AddressRange | null = null;
  private swiotlb: AddressRange | null = null;
  private memory: BootLogFacts['memory'] = null;
  private perCpuPages: number | null = null;
  private earlyHashBytes = 0;
  private nrCpuIds: number | null = null;
  private nrNodeIds: number | null = null;
  private cpus: number | null = null;
  private maxArchPfn: number | null = null;
  private memoryBlockMib: number | null = null;
  /** All CPUs are up: the kernel sets its watermarks soon after. */
  private allUp = false;
  private nodeRangesOpen = false;

  constructor(list: DiagnosticList) {
    this.list = list;
  }

  line(text: string, line: number): void {
    if (text === '') return;
    const ranges = this.nodeRange(text, line);
    if (ranges || this.address(text) || this.number(text)) return;
    const srat = SRAT_CPU.exec(text);
    if (srat !== null && this.found.sratCpus.length <= MAX_ID) {
      this.found.sratCpus.push({ id: Number.parseInt(srat[1]!, 16), nid: Number(srat[2]) });
      return;
    }
    this.memoryLine(text);
    this.freeing(text);
    const hash = HASH.exec(text);
    // Tables made before the page allocator works; "vmalloc" ones come from it.
    if (hash !== null && this.memory === null && hash[2] !== 'vmalloc') this.earlyHashBytes += Number(hash[1]);
    const order = FALLBACK.exec(text);
    if (order !== null) {
      const nid = Number(order[1]);
      if (this.found.fallback.some((f) => f.nid === nid)) return;
      if (this.found.fallback.length < MAX_NODES)
        this.found.fallback.push({ nid, order: order[2]!.trim().split(' ').map(Number) });
    }
  }

  /** Lines of "Early memory node ranges", which end with the first that is none. */
  private nodeRange(text: string, line: number): boolean {
    if (text === 'Early memory node ranges') {
      this.nodeRangesOpen = this.found.nodeRanges.length === 0;
      return true;
    }
    const match = NODE_RANGE.exec(text);
    if (match === null || !this.nodeRangesOpen) {
      this.nodeRangesOpen &&= !/^Init|^On node|^Zeroed/.test(text);
      return false;
    }
    const nid = Number(match[1]);
    const where = { line, path: `/node ${nid}` };
    const range = this.range(match[2]!, match[3]!);
    if (range === null || nid >= MAX_NODES || this.found.nodeRanges.length >= MAX_RANGES) {
      const detail = { found: quote(text), expected: 'a range of addresses of a node' };
      this.list.error('range-invalid', 'A range of memory cannot be read.', where, detail);
      return true;
    }
    // The kernel prints whole pages.
    const start = pagesFromBytes(range.start);
    const end = wholePagesFromBytes(range.end);
    const last = this.found.nodeRanges.at(-1);
    if (start >= end || (last !== undefined && start < last.end)) {
      const detail = { found: quote(text), expected: 'ranges that ascend and share no page' };
      this.list.error('range-overlap', 'A range of memory begins before the one above it ends.', where, detail);
      return true;
    }
    this.found.nodeRanges.push({ start, end, nid, line });
    return true;
  }

  private range(first: string, last: string): AddressRange | null {
    const start = Number.parseInt(first, 16);
    const end = Number.parseInt(last, 16) + 1;
    return start < end && end <= MAX_ADDRESS ? { start, end } : null;
  }

  private address(text: string): boolean {
    const { e820, sratMemory, nodeData, zones, crashKernel } = this.found;
    let match = E820.exec(text);
    if (match !== null) {
      const range = this.range(match[1]!, match[2]!);
      if (range !== null && e820.length < MAX_RANGES) e820.push({ ...range, type: match[3]! });
      return true;
    }
    match = SRAT_MEMORY.exec(text);
    if (match !== null) {
      const range = this.range(match[2]!, match[3]!);
      if (range !== null && sratMemory.length < MAX_RANGES)
        sratMemory.push({ ...range, nid: Number(match[1]), hotplug: /hotplug/.test(match[4] ?? '') });
      return true;
    }
    match = NODE_DATA.exec(text);
    if (match !== null) {
      const range = this.range(match[2]!, match[3]!);
      if (range !== null && nodeData.length < MAX_NODES) nodeData.push({ ...range, nid: Number(match[1]) });
      return true;
    }
    match = INITRD.exec(text);
    if (match !== null) {
      this.initrd = this.range(match[1]!, match[2]!);
      return true;
    }
    match = SWIOTLB.exec(text);
    if (match !== null) {
      this.swiotlb = this.range(match[1]!, match[2]!);
      return true;
    }
    match = ZONE_RANGE.exec(text);
    if (match !== null) {
      const range = match[2] === undefined ? null : this.range(match[2], match[3]!);
      const pages = range === null ? null : { start: wholePagesFromBytes(range.start), end: pagesFromBytes(range.end) };
      if (!zones.some(({ name }) => name === match![1]) && zones.length < 8)
        zones.push({ name: match[1]!, range: pages });
      return true;
    }
    match = CRASH.exec(text);
    if (match === null) return false;
    const start = Number(match[2]) * 2 ** 20;
    if (crashKernel.length < 8) crashKernel.push({ start, end: start + Number(match[1]) * 2 ** 20 });
    return true;
  }

  private number(text: string): boolean {
    const version = /^Linux version (\S{1,100})/.exec(text);
    const command = /^(?:Kernel c|C)ommand line: (.*)$/.exec(text);
    const setup = /^setup_percpu: .*nr_cpu_ids:(\d{1,6})(?: nr_node_ids:(\d{1,6}))?/.exec(text);
    const percpu = /^(?:percpu|PERCPU): Embedded (\d{1,9}) pages\/cpu/.exec(text);
    const up = /^smp: Brought up \d+ nodes?, (\d{1,6}) CPUs?|^Brought up (\d{1,6}) CPUs?/.exec(text);
    const arch = /^last_pfn = 0x[\da-f]+ max_arch_pfn = (0x[\da-f]{1,16})$/.exec(text);
    const block = /^x86\/mm: Memory block size: (\d{1,6})MB$/.exec(text);
    if (version !== null) this.version ??= version[1]!;
    else if (command !== null) this.commandLine ??= command[1]!.slice(0, 4096);
    else if (setup !== null) {
      this.nrCpuIds ??= Number(setup[1]);
      if (setup[2] !== undefined) this.nrNodeIds ??= Number(setup[2]);
    } else if (percpu !== null) this.perCpuPages ??= Number(percpu[1]);
    else if (up !== null) {
      this.cpus ??= Number(up[1] ?? up[2]);
      this.allUp = true;
    } else if (arch !== null) this.maxArchPfn ??= Number.parseInt(arch[1]!, 16);
    else if (block !== null) this.memoryBlockMib ??= Number(block[1]);
    else return false;
    return true;
  }

  private memoryLine(text: string): void {
    const match = this.memory === null ? MEMORY.exec(text) : null;
    if (match === null) return;
    const kernelKib: Record<string, number> = {};
    let reservedKib: number | null = null;
    for (const part of match[3]!.split(/,\s*/)) {
      const amount = /^(\d{1,12})K (.{1,40})$/i.exec(part);
      if (amount === null) continue;
      if (amount[2] === 'reserved') reservedKib = Number(amount[1]);
      else kernelKib[amount[2]!] = Number(amount[1]);
    }
    this.memory = { availableKib: Number(match[1]), totalKib: Number(match[2]), reservedKib, kernelKib };
  }

  private freeing(text: string): void {
    const match = FREEING.exec(text);
    if (match === null || this.found.freed.length >= 64) return;
    const what = match[1]!.replace(/^unused kernel image \((.*)\)$/, 'unused kernel image, $1');
    this.found.freed.push({ what, kib: Number(match[2]), late: this.allUp });
  }

  facts(): BootLogFacts {
    const { found, list } = this;
    if (found.nodeRanges.length === 0 && !list.hasErrors) {
      const detail = {
        expected: 'Early memory node ranges, and below it node 0: [mem 0x…-0x…]',
        hint: 'The log must go back to the boot: dmesg after the boot, or journalctl -k -b.',
      };
      list.error('boot-log-cut', 'The log does not state the memory map.', { line: 1 }, detail);
    }
    return {
      kind: 'linux-dmesg',
      version: this.version,
      commandLine: this.commandLine,
      e820: found.e820,
      nodeRanges: found.nodeRanges.map(({ start, end, nid }) => ({ start, end, nid })),
      sratMemory: found.sratMemory,
      sratCpus: found.sratCpus,
      zones: found.zones,
      nodeData: found.nodeData,
      initrd: this.initrd,
      swiotlb: this.swiotlb,
      crashKernel: found.crashKernel,
      memory: this.memory,
      freed: found.freed,
      perCpuPages: this.perCpuPages,
      earlyHashBytes: this.earlyHashBytes,
      nrCpuIds: this.nrCpuIds,
      nrNodeIds: this.nrNodeIds,
      cpus: this.cpus,
      maxArchPfn: this.maxArchPfn,
      memoryBlockMib: this.memoryBlockMib,
      fallback: found.fallback,
    };
  }
}

export const linuxDmesg: Format<'guest-state', BootLogFacts> = {
  id: 'linux-dmesg',
  role: 'guest-state',
  name: "a Linux guest's boot log",
  mark: '"Linux version" or "BIOS-provided physical RAM map:"',
  // It may quote any other file of the kernel.
  ...byLine({
    mark: /^.{0,80}?(?:\bLinux version \d|BIOS-provided physical RAM map:|Early memory node ranges$)/,
    confidence: 0.8,
  }),
  read: readBootLog,
  summary: ({ nodeRanges }) => `${plural(nodeRanges.length, 'range')} of memory of ${nodesSummary(nodeRanges)}`,
};
