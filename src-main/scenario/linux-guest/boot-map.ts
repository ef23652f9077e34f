/**
 * The memory of a Linux guest as its boot log states it, to the page: what exists, on which node, and what the kernel
 * took before its page allocator ran. The log names most of that; what it only counts is put where the kernel would
 * have put it, at the top of the node (memblock allocates from the top down), and every taking has a reason.
 *
 * (a) Sizes by (node, zone) follow from the ranges alone: spanned and present are the kernel's to the page.
 * (b) Managed is present less the takings that are not given back. The sum of all is the "reserved" of the log's Memory
 *     line; the part of it that nothing names is a taking of its own.
 * (c) Where the kernel's image lies is in /proc/iomem, not in the log. Without it, 16 MiB is assumed.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import {
  kibFromPages,
  PAGES_PER_HUGE,
  pagesFromBytes,
  pagesFromKib,
  pagesFromMib,
  wholePagesFromBytes,
  wholePagesFromKib,
} from '../../../shared/units/index.ts';
import type { AddressRange, BootLogFacts, IomemFacts } from '../../formats/index.ts';
import type { LayoutRange } from '../../../shared/model/config.ts';
import { DEFAULT_DMA32_END_MIB, DEFAULT_DMA_END_MIB } from '../../../shared/model/default.ts';
import { byStart, mergeRanges, pagesIn, subtractRanges } from '../pfn-range.ts';

export type ZoneIndex = 0 | 1 | 2;
export const ZONE_NAMES = ['DMA', 'DMA32', 'Normal'] as const;
/** First pfn of each zone on x86_64. */
export const ZONE_START = [0, pagesFromMib(DEFAULT_DMA_END_MIB), pagesFromMib(DEFAULT_DMA32_END_MIB)] as const;

/** Pages of one node, taken for one purpose. */
interface Taking {
  readonly what: string;
  readonly nid: number;
  /** Ascending, disjoint; of several zones perhaps. */
  readonly ranges: readonly PfnRange[];
  /** Given back: at once with the page allocator's start, or after the watermarks were set. null: never. */
  readonly freed: 'early' | 'late' | null;
}

export interface BootMap {
  /** What there is: ascending, disjoint, half-open pfns. */
  readonly ranges: readonly LayoutRange[];
  readonly takings: readonly Taking[];
  /** Things that were assumed, in sentences. */
  readonly assumed: readonly string[];
}

export const zoneOfPfn = (pfn: number): ZoneIndex => (pfn >= ZONE_START[2] ? 2 : pfn >= ZONE_START[1] ? 1 : 0);

/** The part of ranges that lies in a zone. */
export function inZone<R extends PfnRange>(ranges: readonly R[], zone: ZoneIndex): R[] {
  const low = ZONE_START[zone];
  const high = zone === 2 ? Infinity : ZONE_START[zone + 1]!;
  return ranges
    .map((r) => ({ ...r, start: Math.max(r.start, low), end: Math.min(r.end, high) }))
    .filter((r) => r.start < r.end);
}

/** Pages of a memory section of x86_64, and what its memory map (64 bytes a page) takes. */
const SECTION_PAGES = 32_768;
const SECTION_MAP_PAGES = pagesFromBytes(SECTION_PAGES * 64);
/** Sections that one entry of the table of sections stands for (SECTIONS_PER_ROOT), 8 bytes each. */
const SECTIONS_PER_ROOT = 256;
const LOW_PAGES = 256;
/** What a kernel before 5.13 leaves to the firmware (CONFIG_X86_RESERVE_LOW). */
const OLD_LOW_PAGES = 16;
/** Where the kernel lies when its place was not drawn at random: LOAD_PHYSICAL_ADDR. */
const DEFAULT_KERNEL_PFN = 4096;

/** Before 5.13 a kernel managed most of the first MiB. A log without its first line is one of today's. */
export function leavesFirstMib(version: string | null): boolean {
  const parts = /^(\d+)\.(\d+)/.exec(version ?? '');
  if (parts === null) return true;
  const [major, minor] = [Number(parts[1]), Number(parts[2])];
  return major > 5 || (major === 5 && minor >= 13);
}

export function bootMap(log: BootLogFacts, iomem: IomemFacts | null, cpuNode: readonly number[]): BootMap {
  const ranges = log.nodeRanges.map(({ start, end, nid }) => ({ start, end, nid }));
  const assumed: string[] = [];
  const ledger = new Ledger(ranges);
  const low = leavesFirstMib(log.version) ? LOW_PAGES : OLD_LOW_PAGES;
  ledger.take(`the first ${kibFromPages(low)} KiB, left to the firmware`, { start: 0, end: low }, null);
  for (const each of log.nodeData) ledger.take(`NODE_DATA(${each.nid})`, pagesOf(each), null);
  if (log.initrd !== null) {
    const freed = log.freed.some(({ what }) => what === 'initrd') ? 'late' : null;
    ledger.take(freed === null ? 'initrd' : 'initrd, freed when it was unpacked', pagesOf(log.initrd), freed);
  }
  if (log.swiotlb !== null) ledger.take('bounce buffers (software IO TLB)', pagesOf(log.swiotlb), null);
  for (const each of log.crashKernel) ledger.take('crash kernel', pagesOf(each), null);
  const kernel = kernelOf(log, iomem);
  if (kernel !== null) takeKernel(ledger, log, kernel);
  takeMemoryMaps(ledger, ranges);
  if (log.perCpuPages !== null) takePerCpu(ledger, log, cpuNode, log.perCpuPages);
  const last = ranges.at(-1)!.nid;
  if (log.maxArchPfn !== null) {
    const roots = log.maxArchPfn / SECTION_PAGES / SECTIONS_PER_ROOT;
    ledger.takeTop('table of memory sections', last, pagesFromBytes(roots * 8));
  }
  ledger.takeTop('hash tables of the early boot', last, pagesFromBytes(log.earlyHashBytes));
  takeUnnamed(ledger, log, kernel === null ? null : last, assumed);
  return { ranges, takings: ledger.takings, assumed };
}

/** Whole pages that hold an address range. */
const pagesOf = ({ start, end }: AddressRange): PfnRange => ({
  start: wholePagesFromBytes(start),
  end: pagesFromBytes(end),
});

/** The image as iomem has it: from its code to its last section. */
interface Kernel {
  readonly image: PfnRange;
  readonly codeEnd: number | null;
  readonly rodataEnd: number | null;
  readonly bssStart: number | null;
}

function kernelOf(log: BootLogFacts, iomem: IomemFacts | null): Kernel | null {
  const part = (name: string): PfnRange | null => {
    const found = iomem?.resources.find((r) => r.name === name && r.end - r.start > 1);
    return found === undefined ? null : pagesOf(found);
  };
  const parts = ['Kernel code', 'Kernel rodata', 'Kernel data', 'Kernel bss'].map(part);
  const known = parts.filter((range) => range !== null);
  if (known.length === 0 || parts[0] === null) return null;
  const [code, rodata, , bss] = parts;
  const image = { start: code!.start, end: Math.max(...known.map(({ end }) => end)) };
  // Kernels before 5.8 count their read-only data to the code.
  return { image, codeEnd: code!.end, rodataEnd: rodata?.end ?? null, bssStart: bss?.start ?? null };
}

/** The image less what was freed of it, each part where it lies. */
function takeKernel(ledger: Ledger, log: BootLogFacts, { image, codeEnd, rodataEnd, bssStart }: Kernel): void {
  let rest: PfnRange[] = [image];
  for (const { what, kib, late } of log.freed) {
    if (what === 'initrd') continue;
    const pages = wholePagesFromKib(kib);
    const place = placeIn(image, pages, what, codeEnd, rodataEnd, bssStart);
    const freed = cutFrom(rest, place, pages);
    rest = rest.flatMap((range) => subtractRanges(range, freed));
    for (const range of freed) ledger.take(`kernel image: ${what}, freed`, range, late ? 'late' : 'early');
  }
  for (const range of rest) ledger.take('kernel image', range, null);
}

/** Where in the image a part that was freed begins. By the kernel's linker script. */
function placeIn(
  image: PfnRange,
  pages: number,
  what: string,
  codeEnd: number | null,
  rodataEnd: number | null,
  bssStart: number | null,
): number {
  if (/text\/rodata gap/.test(what)) return codeEnd ?? image.start;
  if (/rodata\/data gap/.test(what)) return rodataEnd ?? image.start;
  if (bssStart === null) return image.end - pages;
  // At the end of the first 2 MiB page of bss; init sections and alternatives before it.
  if (/decrypted/.test(what)) return Math.ceil(bssStart / PAGES_PER_HUGE + 1) * PAGES_PER_HUGE - pages;
  return bssStart - pages;
}

/** So many pages of the ranges, those from `from` on first, then those below it from the top down. */
function cutFrom(ranges: readonly PfnRange[], from: number, pages: number): PfnRange[] {
  const out: PfnRange[] = [];
  let left = pages;
  for (const { start, end } of ranges) {
    const first = Math.max(start, from);
    const take = Math.min(left, end - first);
    if (take <= 0) continue;
    out.push({ start: first, end: first + take });
    left -= take;
  }
  for (const { start, end } of [...ranges].reverse()) {
    const last = Math.min(end, from);
    const take = Math.min(left, last - start);
    if (take <= 0) continue;
    out.push({ start: last - take, end: last });
    left -= take;
  }
  return mergeRanges(out);
}

/** Each section has a memory map on the node of its first memory, whether all of its pages are there or not. */
function takeMemoryMaps(ledger: Ledger, ranges: readonly LayoutRange[]): void {
  const owner = new Map<number, number>();
  for (const { start, end, nid } of ranges) {
    for (let s = Math.floor(start / SECTION_PAGES); s * SECTION_PAGES < end; s++) if (!owner.has(s)) owner.set(s, nid);
  }
  const sections = new Map<number, number>();
  for (const nid of owner.values()) sections.set(nid, (sections.get(nid) ?? 0) + 1);
  for (const [nid, n] of sections) {
    ledger.takeTop(`memory map (struct page) of ${n} sections of 128 MiB`, nid, n * SECTION_MAP_PAGES);
  }
}

/** Possible CPUs get theirs as well; CPUs of nodes without memory, and CPUs without a known node, on the first node. */
function takePerCpu(ledger: Ledger, log: BootLogFacts, cpuNode: readonly number[], pages: number): void {
  const possible = Math.max(log.nrCpuIds ?? 0, cpuNode.length);
  const cpus = new Map<number, number>();
  for (let cpu = 0; cpu < possible; cpu++) {
    const nid = cpuNode[cpu] ?? log.sratCpus[cpu]?.nid ?? 0;
    const home = ledger.has(nid) ? nid : ledger.first;
    cpus.set(home, (cpus.get(home) ?? 0) + 1);
  }
  for (const [nid, n] of cpus) ledger.takeTop(`per-CPU areas of ${n} CPUs`, nid, n * pages);
}

/**
 * Takes what the Memory line counts beyond everything named. @param nid its node; null: it includes the kernel's image,
 * whose place no file states.
 */
function takeUnnamed(ledger: Ledger, log: BootLogFacts, nid: number | null, assumed: string[]): void {
  if (log.memory === null) return;
  const { kernelKib, reservedKib } = log.memory;
  const counted = reservedKib === null ? 0 : wholePagesFromKib(reservedKib) - ledger.pages;
  if (nid !== null) {
    if (counted > 0)
      ledger.takeTop('early allocations that the log counts as reserved and does not name', nid, counted);
    return;
  }
  const parts = Object.entries(kernelKib).filter(([name]) => !/reserved|absent/.test(name));
  const image = pagesFromKib(parts.reduce((sum, [, kib]) => sum + kib, 0));
  const pages = Math.max(image, counted);
  if (pages === 0) return;
  assumed.push(
    `the kernel image (${pages} pages, with the gaps between its parts) lies at 16 MiB, as a boot log does not say where; /proc/iomem does`,
  );
  let rest = pages;
  for (const { what, kib, late } of log.freed) {
    const freed = what === 'initrd' ? 0 : Math.min(rest, wholePagesFromKib(kib));
    ledger.takeFrom(`kernel image: ${what}, freed`, DEFAULT_KERNEL_PFN, freed, late ? 'late' : 'early');
    rest -= freed;
  }
  ledger.takeFrom('kernel image', DEFAULT_KERNEL_PFN, rest, null);
}

/** Who took which pages; no page is taken twice, and none that is not there. */
class Ledger {
  readonly takings: Taking[] = [];
  readonly #free: Map<number, PfnRange[]>;
  readonly first: number;
  pages = 0;

  constructor(ranges: readonly LayoutRange[]) {
    this.#free = new Map();
    for (const { start, end, nid } of ranges) this.#free.set(nid, [...(this.#free.get(nid) ?? []), { start, end }]);
    this.first = ranges[0]!.nid;
  }

  has(nid: number): boolean {
    return this.#free.has(nid);
  }

  /** The existing pages of a range that are not taken yet. */
  take(what: string, wanted: PfnRange, freed: Taking['freed']): void {
    for (const [nid, free] of this.#free) {
      const taken = free
        .map((r) => ({ start: Math.max(r.start, wanted.start), end: Math.min(r.end, wanted.end) }))
        .filter((r) => r.start < r.end);
      this.#book(what, nid, taken, freed);
    }
  }

  /** So many pages that are left, the lowest from `from` on, whosever they are. */
  takeFrom(what: string, from: number, pages: number, freed: Taking['freed']): void {
    const left = [...this.#free]
      .flatMap(([nid, free]) => free.map((r) => ({ nid, start: Math.max(r.start, from), end: r.end })))
      .filter((r) => r.start < r.end)
      .sort(byStart);
    let needed = pages;
    for (const { nid, start, end } of left) {
      const take = Math.min(needed, end - start);
      if (take > 0) this.#book(what, nid, [{ start, end: start + take }], freed);
      needed -= take;
    }
  }

  /** The highest pages of a node that are left. */
  takeTop(what: string, nid: number, pages: number): void {
    const taken: PfnRange[] = [];
    let left = pages;
    for (const { start, end } of [...(this.#free.get(nid) ?? [])].reverse()) {
      const take = Math.min(left, end - start);
      if (take > 0) taken.push({ start: end - take, end });
      left -= take;
    }
    this.#book(what, nid, taken.sort(byStart), null);
  }

  #book(what: string, nid: number, ranges: readonly PfnRange[], freed: Taking['freed']): void {
    if (ranges.length === 0) return;
    this.takings.push({ what, nid, ranges, freed });
    this.pages += pagesIn(ranges);
    const free = this.#free.get(nid)!;
    this.#free.set(
      nid,
      free.flatMap((range) => subtractRanges(range, ranges)),
    );
  }
}

/** Pages that stay reserved, and those that come free after the watermarks are set. Ascending, maximal. */
export function reservedOfMap({ takings }: BootMap): { readonly reserved: PfnRange[]; readonly freedLate: PfnRange[] } {
  const of = (freed: Taking['freed']): PfnRange[] =>
    mergeRanges(takings.filter((taking) => taking.freed === freed).flatMap(({ ranges }) => ranges));
  return { reserved: of(null), freedLate: of('late') };
}
