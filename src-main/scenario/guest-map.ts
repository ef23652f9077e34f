/**
 * The memory map of a guest. Values that a document leaves out are derived here and nowhere else.
 *
 * (a) Holes: none under 3.5 GiB; from there [3 GiB, 4 GiB), as QEMU's pc machine leaves it for PCI.
 * (b) Boot layout: cells one after the other in the order of their ids, counting pages that exist; without cells all
 *     on node 0.
 * (c) Reserved: the first MiB, and of each node 64 bytes a page (struct page), rounded up, at its top. Guests under
 *     16 MiB reserve nothing, as little would remain of them.
 * (d) Node ids: twice the boot nodes, at least 4, at most 254, so that a VM can gain nodes when it moves; with
 *     extra_nr_node_ids the boot nodes, or the stated number, plus that percentage (patch 31 of the RFC).
 * (e) Distances 10 and 20 where none are given.
 * (f) Slots for DIMMs: one after the other above the memory of the VM, each at a multiple of 128 MiB, or of a memory
 *     block where that is more. They are holes until they are plugged, and so is what lies between.
 */
import type { PfnRange } from '../../shared/units/index.ts';
import {
  PAGE_SIZE_BYTES,
  PAGE_SIZE_KIB,
  PAGES_PER_HUGE,
  pagesFromKib,
  pagesFromMib,
} from '../../shared/units/index.ts';
import type { HugePageRange, LayoutRange } from '../../shared/model/config.ts';
import { idsOf } from './id-list.ts';
import { MAX_GUEST_NODE_IDS } from '../../shared/model/limit.ts';
import { byStart, mergeRanges, pagesIn, subtractRanges } from './pfn-range.ts';
import { pagesOf } from './quantity.ts';
import type { ScenarioDistances, ScenarioVm } from './schema.ts';

/** First RAM size, in pages, at which QEMU's pc machine splits memory: 3.5 GiB. */
const SPLIT_RAM_PAGES = 917_504;
const PCI_HOLE: PfnRange = { start: 786_432, end: 1_048_576 };
const FIRST_MIB: PfnRange = { start: 0, end: 256 };
const STRUCT_PAGE_BYTES = 64;
const RESERVE_FROM_PAGES = 4096;
const MIN_DEFAULT_NODE_IDS = 4;
const DIMM_GRAIN_PAGES = 32_768;
const LOCAL_DISTANCE = 10;
const REMOTE_DISTANCE = 20;

/** Ascending holes in the memory that the VM boots with. */
const holesInMemory = (vm: ScenarioVm): readonly PfnRange[] =>
  vm.holes === undefined ? (pagesOf(vm) >= SPLIT_RAM_PAGES ? [PCI_HOLE] : []) : [...vm.holes].sort(byStart);

/** One past the last pfn of the memory that the VM boots with. */
export const memoryEndOf = (vm: ScenarioVm): number => pagesOf(vm) + pagesIn(holesInMemory(vm));

/** What slots, and the sizes of DIMMs, are multiples of: 128 MiB or a memory block, in pages. */
export const dimmAlignmentOf = (vm: ScenarioVm): number =>
  Math.max(DIMM_GRAIN_PAGES, pagesFromMib(vm.profile.memoryBlockMiB));

/** The pages of each DIMM, in the order of the VM's dimms, which is ascending. */
export function dimmSlotsOf(vm: ScenarioVm): PfnRange[] {
  const alignment = dimmAlignmentOf(vm);
  let end = memoryEndOf(vm);
  return vm.dimms.map((dimm) => {
    const start = Math.ceil(end / alignment) * alignment;
    end = start + pagesOf(dimm);
    return { start, end };
  });
}

/** Ascending holes of the guest as it boots: those in its memory, and the slots of its DIMMs. */
export function holesOf(vm: ScenarioVm): readonly PfnRange[] {
  const end = nrPagesOf(vm);
  const memoryEnd = memoryEndOf(vm);
  return end === memoryEnd ? holesInMemory(vm) : [...holesInMemory(vm), { start: memoryEnd, end }];
}

/** One past the last pfn there may ever be. */
export const nrPagesOf = (vm: ScenarioVm): number => dimmSlotsOf(vm).at(-1)?.end ?? memoryEndOf(vm);

/** The boot layout as written or laid out from the cells; ascending, not expanded. */
export function bootLayoutOf(vm: ScenarioVm): readonly LayoutRange[] {
  const nrPages = nrPagesOf(vm);
  if (vm.layout !== undefined) return [...vm.layout].sort(byStart);
  if (vm.cells.length === 0) return [{ start: 0, end: nrPages, nid: 0 }];
  const runs = subtractRanges({ start: 0, end: nrPages }, holesOf(vm));
  return layCells(vm, runs);
}

/** Cells one after the other over the runs of pages that exist. */
function layCells(vm: ScenarioVm, runs: readonly PfnRange[]): LayoutRange[] {
  const layout: LayoutRange[] = [];
  let run = 0;
  let pfn = runs[0]?.start ?? 0;
  for (const cell of [...vm.cells].sort((a, b) => a.id - b.id)) {
    let need = pagesOf(cell);
    if (need === 0) continue;
    if (pfn === runs[run]?.end) pfn = runs[++run]?.start ?? pfn;
    const start = pfn;
    while (need > 0 && run < runs.length) {
      const take = Math.min(need, runs[run]!.end - pfn);
      pfn += take;
      need -= take;
      if (need > 0) pfn = runs[++run]?.start ?? pfn;
    }
    if (pfn > start) layout.push({ start, end: pfn, nid: cell.id });
  }
  return layout;
}

/** The layout with its gaps given to the lower range, so that it covers [0, nrPages). Ascending in, ascending out. */
function expandLayout(layout: readonly LayoutRange[], nrPages: number): LayoutRange[] {
  return layout.map((range, i) => ({
    start: i === 0 ? 0 : range.start,
    end: layout[i + 1]?.start ?? nrPages,
    nid: range.nid,
  }));
}

/** Pages that exist, by boot node, as ascending runs. */
export function runsByNode(vm: ScenarioVm): ReadonlyMap<number, readonly PfnRange[]> {
  const holes = holesOf(vm);
  const byNode = new Map<number, PfnRange[]>();
  for (const range of expandLayout(bootLayoutOf(vm), nrPagesOf(vm))) {
    const runs = byNode.get(range.nid) ?? [];
    runs.push(...subtractRanges(range, holes));
    byNode.set(range.nid, runs);
  }
  return byNode;
}

/** Ascending, disjoint, outside the holes. */
export function reservedOf(vm: ScenarioVm): readonly PfnRange[] {
  if (vm.reserved !== undefined) return [...vm.reserved].sort(byStart);
  if (pagesOf(vm) < RESERVE_FROM_PAGES) return [];
  const ranges = subtractRanges(FIRST_MIB, holesOf(vm));
  for (const runs of runsByNode(vm).values()) {
    const memmapPages = Math.ceil((pagesIn(runs) * STRUCT_PAGE_BYTES) / PAGE_SIZE_BYTES);
    ranges.push(...topPages(runs, memmapPages));
  }
  return mergeRanges(ranges);
}

/** The highest `pages` pages of ascending runs. */
function topPages(runs: readonly PfnRange[], pages: number): PfnRange[] {
  const top: PfnRange[] = [];
  let need = pages;
  for (let i = runs.length - 1; i >= 0 && need > 0; i--) {
    const run = runs[i]!;
    const take = Math.min(need, run.end - run.start);
    top.push({ start: run.end - take, end: run.end });
    need -= take;
  }
  return top;
}

/** Largest node id that the boot map of the VM uses. */
const largestBootNid = (vm: ScenarioVm): number =>
  [...vm.cells.map((c) => c.id), ...(vm.layout ?? []).map((r) => r.nid)].reduce((a, b) => Math.max(a, b), 0);

export function nrNodeIdsOf(vm: ScenarioVm): number {
  const percent = vm.profile.extraNrNodeIdsPercent;
  const boot = largestBootNid(vm) + 1;
  const ids = vm.nrNodeIds ?? (percent > 0 ? boot : Math.max(MIN_DEFAULT_NODE_IDS, boot * 2));
  return Math.min(MAX_GUEST_NODE_IDS, ids + Math.ceil((ids * percent) / 100));
}

/** Guest node of each vCPU; one that is in no cell is on the first node. */
export function cpuNodeOf(vm: ScenarioVm): number[] {
  const first = vm.cells.length === 0 ? (bootLayoutOf(vm)[0]?.nid ?? 0) : Math.min(...vm.cells.map((c) => c.id));
  const cpuNode = new Array<number>(vm.vcpus).fill(first);
  for (const cell of vm.cells) for (const cpu of idsOf(cell.cpus)) if (cpu < vm.vcpus) cpuNode[cpu] = cell.id;
  return cpuNode;
}

/** A full square matrix over `ids` from distances that may be absent or name only some of them. */
export function distanceMatrix(ids: readonly number[], given: ScenarioDistances | null): number[][] {
  const column = new Map((given?.ids ?? []).map((id, i) => [id, i]));
  return ids.map((from) =>
    ids.map((to) => {
      const value = given?.matrix[column.get(from) ?? -1]?.[column.get(to) ?? -1];
      return value ?? (from === to ? LOCAL_DISTANCE : REMOTE_DISTANCE);
    }),
  );
}

/** Pages in a host frame of the VM. */
export const framePagesOf = (vm: ScenarioVm): number => (vm.backing.pageKiB === PAGE_SIZE_KIB ? 1 : PAGES_PER_HUGE);

/** Size of the pages that a cell asks pools for; null: it asks for none. A VM without cells is cell 0. */
function hugePageKib({ hugepages = [] }: ScenarioVm, cell: number): number | null {
  const own = hugepages.find(({ cells }) => cells?.includes(cell) === true);
  const kib = (own ?? hugepages.find(({ cells }) => cells === undefined))?.sizeKiB ?? null;
  return kib === null || kib <= PAGE_SIZE_KIB ? null : kib;
}

/** What is to be backed by pages of pools. What is plugged in later is not. */
export function hugePagesOf(vm: ScenarioVm): HugePageRange[] {
  if (vm.hugepages === undefined) return [];
  const memoryEnd = memoryEndOf(vm);
  return piecesBy(vm, (nid) => hugePageKib(vm, nid)).flatMap(({ start, end, value }) =>
    value === null || start >= memoryEnd
      ? []
      : [{ start, end: Math.min(end, memoryEnd), framePages: pagesFromKib(value) }],
  );
}

/**
 * The memory of a VM in runs of what `of` gives for each cell: neighbours with the same value are one. A frame that straddles two
 * cells goes with the lower one.
 */
export function piecesBy<T>(
  vm: ScenarioVm,
  of: (nid: number) => T,
): readonly { readonly start: number; readonly end: number; readonly value: T }[] {
  const nrPages = nrPagesOf(vm);
  const framePages = framePagesOf(vm);
  const toFrame = (pfn: number): number => Math.min(nrPages, Math.ceil(pfn / framePages) * framePages);
  const pieces: { start: number; end: number; value: T }[] = [];
  for (const range of expandLayout(bootLayoutOf(vm), nrPages)) {
    const [start, end] = [toFrame(range.start), toFrame(range.end)];
    const value = of(range.nid);
    const last = pieces.at(-1);
    if (last !== undefined && last.value === value) last.end = end;
    else if (end > start) pieces.push({ start, end, value });
  }
  return pieces;
}
