/**
 * The log of a Linux boot (dmesg in any form, a serial console's, journalctl, syslog) → the memory map it states: existing
 * ranges and their nodes, what the firmware and the kernel took, CPUs and their nodes. Time stamps are optional, and
 * other lines may come between. Lines printed again later (plugged memory rebuilds the zonelists) are not read: the
 * map is that of the boot.
 *
 * Of several boots in one log the last is read, and a note says so. The machine may be any: its zones are those that its log
 * states, and `arch` says which it is.
 *
 * Needed: "Early memory node ranges", before Linux 3.6 "Early memory PFN ranges". Without it the beginning of the log is missing, and no map can be made.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import { bytesFromMib, pagesFromBytes, wholePagesFromBytes } from '../../../shared/units/index.ts';
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
  /** `x86_64`, `aarch64`, `ppc64`, `s390x`, `riscv64`; `other` where only its zones tell that it is no x86_64; null: unknown. */
  readonly arch: string | null;
  /** Pages of each node in each zone, of 4 KiB whatever the machine's are: ranges of the node within those of the zone. */
  readonly zonePages: readonly { readonly nid: number; readonly zone: string; readonly pages: number }[];
}

/** Ranges of one kind; firmware has some dozens. */
const MAX_RANGES = 4096;
/** The largest address a range may end at: 2^52, what x86_64 can have. */
const MAX_ADDRESS = 2 ** 52;

const MEM = String.raw`\[mem (0x[\da-f]{1,16})-(0x[\da-f]{1,16})\]`;
const NODE_RANGE = new RegExp(String.raw`^node\s+(\d{1,5}):\s+${MEM}$`);
/** Before Linux 3.6; the second pfn is one past the last. */
const PFN_RANGE = /^(\d{1,5}): (0x[\da-f]{1,13}) -> (0x[\da-f]{1,13})$/;
const E820 = new RegExp(String.raw`^BIOS-e820: ${MEM} (\w.{0,40})$`);
const SRAT_MEMORY = new RegExp(String.raw`SRAT: Node (\d{1,5}) PXM \d+ ${MEM}(.*)$`);
const SRAT_CPU = /^SRAT: PXM \d+ -> APIC (0x[\da-f]{1,8}) -> Node (\d{1,5})$/;
const NODE_DATA = new RegExp(String.raw`^NODE_DATA\((\d{1,5})\) allocated ${MEM}`);
const INITRD = new RegExp(String.raw`^(?:Allocated new )?RAMDISK: ${MEM}`);
const SWIOTLB = new RegExp(String.raw`^software IO TLB: mapped ${MEM}`);
const ZONE_RANGE = new RegExp(String.raw`^(DMA|DMA32|Normal|HighMem|Movable|Device)\s+(?:${MEM}|empty)$`);
const ZONE_DMA_END = 4096;
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
  let reader = new BootLogReader(list, 1);
  let open: { text: string; readonly line: number } | null = null;
  eachLine(admitted, (each, number) => {
    const stripped = withoutStamp(each);
    // A line that ends within a range goes on in the next.
    const text: string = open === null ? stripped : `${open.text}${stripped}`;
    const line: number = open?.line ?? number;
    open = open === null && /\[mem 0x[^\]]*$/.test(text) ? { text, line } : null;
    if (open !== null) return;
    if (/^Linux version \d/.test(text) && reader.hasMap) {
      const found = `lines ${reader.first} to ${line - 1}`;
      list.note(
        'boot-earlier',
        'The log has an earlier boot, which is left out: the last is read.',
        { line },
        { found },
      );
      reader = new BootLogReader(list, line);
    }
    reader.line(text, line);
  });
  return list.read(reader.facts());
}

const MONTHS = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
/** Time stamps of dmesg: plain, -d, -T, -e, and the caller's id. */
const STAMP = new RegExp(
  String.raw`^\[(?:\s*\d{1,9}\.\d{1,9}(?:\s*<\s*[+\d.]{1,20}\s*>)?|\s*\+\d{1,9}\.\d{1,9}|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:${MONTHS})\s+\d{1,2} [\d:]{5,8}(?: \d{4})?|(?:${MONTHS})\s?\d{1,2} \d\d:\d\d(?::\d\d)?|\s*[TC]\d{1,10}|\s*<\s*[+\d.]{1,20}\s*>)\s*\]\s?`,
);
const BEFORE: readonly RegExp[] = [
  // Syslog and journald: date, host, "kernel:".
  /^.{0,120}?\bkernel(?:\[\d{1,9}\])?: /,
  // dmesg -x: facility and level.
  /^(?:kern|user|mail|daemon|auth|syslog|lpr|news)\s*:\s*(?:emerg|alert|crit|err|warn|notice|info|debug)\s*:\s/,
  // dmesg -r.
  /^<\d{1,3}>/,
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\s/,
  STAMP,
];

/** Without date, host, facility and time stamps, in whichever order they stand. */
function withoutStamp(line: string): string {
  let text = line.trim();
  for (let round = 0; round < 4; round++) {
    const before = BEFORE.find((each) => each.test(text));
    if (before === undefined) break;
    text = text.replace(before, '').trimStart();
  }
  return text.trim();
}

/** Lines that only one kind of machine prints. */
const ARCHES: readonly (readonly [arch: string, line: RegExp])[] = [
  ['x86_64', /^(?:BIOS-e820: |e820: |x86\/|SRAT: PXM \d+ -> APIC|DMI: |smpboot: )/],
  ['aarch64', /^(?:Booting Linux on physical CPU 0x[\da-f]{8,16} \[0x|psci: |GICv[23]: |CPU features: detected: )/],
  ['ppc64', /^(?:Using (?:pSeries|PowerNV) machine|ppc64_\w+\s|hash-mmu: |radix-mmu: |Partition configured for )/],
  ['s390x', /^setup: (?:Linux is running|The maximum memory)/],
  ['riscv64', /^(?:SBI specification |riscv: )/],
];
const BUILT_FOR = /\b(x86_64|aarch64|ppc64|powerpc64|s390x|riscv64)(?:le)?-[\w-]*(?:linux|gcc)/;

/** Addresses are printed with 16 digits, before Linux 4 with 8 or more: a lost digit shows. */
const isTorn = (first: string, last: string): boolean =>
  first.length < 10 || last.length < 10 || (first.length === 18) !== (last.length === 18);

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

  private arch: string | null = null;
  /** The map is announced, in whichever form. */
  private announced = false;
  /** Where this boot begins. */
  readonly first: number;

  constructor(list: DiagnosticList, first: number) {
    this.list = list;
    this.first = first;
  }

  /** Something of a memory map was read: another "Linux version" is another boot's. */
  get hasMap(): boolean {
    return this.found.nodeRanges.length > 0 || this.memory !== null;
  }

  line(text: string, line: number): void {
    if (text === '') return;
    this.arch ??= ARCHES.find(([, mark]) => mark.test(text))?.[0] ?? null;
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
    if (/^Early memory (?:node|PFN) ranges$/.test(text)) {
      this.announced = true;
      this.nodeRangesOpen = this.found.nodeRanges.length === 0;
      return true;
    }
    const pfns = this.nodeRangesOpen ? PFN_RANGE.exec(text) : null;
    const match = NODE_RANGE.exec(text) ?? pfns;
    if (match === null || !this.nodeRangesOpen) {
      if (this.nodeRangesOpen && /^node\s+\d+:\s+\[mem/.test(text)) this.torn(text, line);
      this.nodeRangesOpen &&= !/^Init|^On node|^Zeroed/.test(text);
      return false;
    }
    const nid = Number(match[1]);
    const where = { line, path: `/node ${nid}` };
    if (pfns === null && isTorn(match[2]!, match[3]!)) {
      this.torn(text, line);
      return true;
    }
    const range = pfns === null ? this.range(match[2]!, match[3]!) : this.pfnRange(match[2]!, match[3]!);
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

  private torn(text: string, line: number): void {
    const detail = { found: quote(text), expected: 'node 0: [mem 0x0000000000001000-0x000000000009efff]' };
    this.list.error('number-torn', 'A range of memory is torn by a line end, or cut.', { line }, detail);
  }

  private pfnRange(start: string, end: string): AddressRange | null {
    const range = { start: Number.parseInt(start, 16) * 4096, end: Number.parseInt(end, 16) * 4096 };
    return range.start < range.end && range.end <= MAX_ADDRESS ? range : null;
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
    const start = bytesFromMib(Number(match[2]));
    if (crashKernel.length < 8) crashKernel.push({ start, end: start + bytesFromMib(Number(match[1])) });
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
    if (version !== null) {
      this.version ??= version[1]!;
      this.arch ??= BUILT_FOR.exec(text)?.[1]?.replace('powerpc', 'ppc') ?? null;
    } else if (command !== null) this.commandLine ??= command[1]!.slice(0, 4096);
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

  /** x86_64 has its first zone end at 16 MiB. */
  private archOf(): string | null {
    const end = this.found.zones.find(({ name }) => name === 'DMA')?.range?.end;
    return this.arch ?? (end === undefined || end === ZONE_DMA_END ? null : 'other');
  }

  private zonePages(): BootLogFacts['zonePages'] {
    const { nodeRanges, zones } = this.found;
    const nids = [...new Set(nodeRanges.map(({ nid }) => nid))].sort((a, b) => a - b);
    return nids.flatMap((nid) => {
      const own = nodeRanges.filter((each) => each.nid === nid);
      return zones.map(({ name, range }) => {
        const within = own.map(({ start, end }) =>
          range === null ? 0 : Math.max(0, Math.min(end, range.end) - Math.max(start, range.start)),
        );
        return { nid, zone: name, pages: within.reduce((a, b) => a + b, 0) };
      });
    });
  }

  facts(): BootLogFacts {
    const { found, list } = this;
    if (found.nodeRanges.length === 0 && this.announced && !list.hasErrors) {
      const detail = { expected: 'node 0: [mem 0x…-0x…] below it' };
      list.error(
        'boot-log-cut',
        'The log announces the memory map, but no range of it can be read.',
        { line: this.first },
        detail,
      );
    }
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
      arch: this.archOf(),
      zonePages: this.zonePages(),
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
    mark: /^.{0,80}?(?:\bLinux version \d|Booting Linux on physical CPU 0x|Using (?:pSeries|PowerNV) machine|BIOS-provided physical RAM map:|Early memory (?:node|PFN) ranges$)/,
    confidence: 0.8,
  }),
  read: readBootLog,
  summary: ({ nodeRanges }) => `${plural(nodeRanges.length, 'range')} of memory of ${nodesSummary(nodeRanges)}`,
};
