/** Checks of one VM by itself and against its host: memory map, cells, node ids, placement, pins. */
import type { PfnRange } from '../../shared/units/index.ts';
import { PAGES_PER_MIB } from '../../shared/units/index.ts';
import {
  bootLayoutOf,
  dimmAlignmentOf,
  framePagesOf,
  holesOf,
  hugePagesOf,
  memoryEndOf,
  nrNodeIdsOf,
  nrPagesOf,
  reservedOf,
  runsByNode,
} from './guest-map.ts';
import { formatIdList } from './id-list.ts';
import { difference, type IdSet, idSetOf, idSetText, intersection, union } from './id-set.ts';
import { MAX_GUEST_PFN, MAX_WARMUP_TICKS, MIN_GUEST_PAGES } from '../../shared/model/limit.ts';
import { ticksFromMs } from '../../shared/schema/convert.ts';
import { firstOverlap, pagesIn } from './pfn-range.ts';
import type { Path } from './problem.ts';
import { pagesOf, textFromPages } from './quantity.ts';
import type { ScenarioHost, ScenarioVm } from './schema.ts';
import type { Check } from './check.ts';
import { validateDistances } from './check.ts';
import { validateFreedLate, validateRecordedFree } from './validate-recorded.ts';
import { workOfVm } from './work-estimate.ts';

export function validateVm(check: Check, vm: ScenarioVm, path: Path): void {
  validateSize(check, vm, path);
  validateDimms(check, vm, path);
  const holesSound = validateHoles(check, vm, path);
  validateCells(check, vm, path);
  if (vm.layout !== undefined) validateLayoutRanges(check, vm, vm.layout, [...path, 'layout']);
  validateNodeIds(check, vm, path);
  if (holesSound && validateReserved(check, vm, path)) {
    const late = [...path, 'freedLate'];
    if (vm.freedLate !== undefined && validateRanges(check, vm, vm.freedLate, late, 'late freed'))
      validateFreedLate(check, vm, vm.freedLate, late);
    validateRecordedFree(check, vm, path);
  }
  validateCpus(check, vm, path);
  if (vm.zones.dma32EndMiB <= vm.zones.dmaEndMiB) {
    check.error('zones-order', [...path, 'zones'], 'DMA32 ends where DMA ends or below', {
      found: `${vm.zones.dma32EndMiB} MiB`,
      expected: `above ${vm.zones.dmaEndMiB} MiB`,
    });
  }
  validateHugePages(check, vm, path);
  validateDirty(check, vm, path);
  validateWarmup(check, vm, path);
  estimateWork(check, vm, path);
  if (!check.named('host', vm.host, [...path, 'host'])) return;
  validatePlacement(check, vm, check.hosts.get(vm.host)!, path);
  validateMemnodes(check, vm, check.hosts.get(vm.host)!, path);
  validatePins(check, vm, check.hosts.get(vm.host)!, path);
}

const LONG_WARMUP_SEC = 60;
const LONG_TICK_SEC = 5;
/** Warns of what is sound and takes very long: a warm-up of many deaths, and ticks in which each block dies many times. */
function estimateWork(check: Check, vm: ScenarioVm, path: Path): void {
  const { deathsPerTick, tickSec, warmupSec } = workOfVm(vm, check.draft.tickMs);
  const warn = (slug: string, key: string, message: string, sec: number): void =>
    check.add({
      severity: 'warning',
      slug,
      path: [...path, 'workload', key],
      message,
      found: `about ${Math.ceil(deathsPerTick)} blocks freed and allocated a tick`,
      hint: `That takes about ${Math.ceil(sec)} s; give fewer pages, longer lifetimes or a shorter warm-up.`,
    });
  if (tickSec > LONG_TICK_SEC)
    warn('tick-too-costly', 'lifetime', `a tick of VM "${vm.name}" takes very long`, tickSec);
  if (warmupSec > LONG_WARMUP_SEC)
    warn('warmup-too-costly', 'warmupMs', `the warm-up of VM "${vm.name}" takes very long`, warmupSec);
}

function validateWarmup(check: Check, vm: ScenarioVm, path: Path): void {
  if (vm.workload === null) return;
  const ticks = ticksFromMs(vm.workload.warmupMs, check.draft.tickMs);
  if (ticks <= MAX_WARMUP_TICKS) return;
  check.error('warmup-too-long', [...path, 'workload', 'warmupMs'], `the warm-up of VM "${vm.name}" is too long`, {
    found: `${ticks} ticks`,
    expected: `at most ${MAX_WARMUP_TICKS} ticks of ${check.draft.tickMs} ms`,
  });
}

function validateSize(check: Check, vm: ScenarioVm, path: Path): void {
  const pages = pagesOf(vm);
  if (pages < MIN_GUEST_PAGES) {
    check.error('guest-too-small', path, `VM "${vm.name}" is smaller than a guest can be`, {
      found: textFromPages(pages),
      expected: `at least ${MIN_GUEST_PAGES} pages (${textFromPages(MIN_GUEST_PAGES)})`,
    });
  }
  if (nrPagesOf(vm) > MAX_GUEST_PFN) {
    check.error('guest-too-large', path, `VM "${vm.name}" is larger than a guest can be, holes counted`, {
      found: textFromPages(nrPagesOf(vm)),
      expected: `at most ${textFromPages(MAX_GUEST_PFN)}`,
    });
  }
}

/** Whole memory blocks, from nodes that the host has. */
function validateDimms(check: Check, vm: ScenarioVm, path: Path): void {
  const alignment = dimmAlignmentOf(vm);
  vm.dimms.forEach((dimm, i) => {
    const at = [...path, 'dimms', i];
    const pages = pagesOf(dimm);
    if (pages === 0 || pages % alignment !== 0) {
      check.error('dimm-unaligned', at, 'a DIMM is whole blocks of memory', {
        found: textFromPages(pages),
        expected: `a multiple of ${textFromPages(alignment)}`,
      });
    }
    const host = check.hosts.get(vm.host);
    if (host !== undefined && dimm.hostNodes !== null) {
      validateHostNodes(check, host, dimm.hostNodes, [...at, 'hostNodes']);
    }
  });
}

/** Empty, overlapping and outside of the guest; false when anything was wrong. */
function validateRanges(
  check: Check,
  vm: ScenarioVm,
  ranges: readonly PfnRange[],
  path: Path,
  what: string,
  nrPages = nrPagesOf(vm),
): boolean {
  let sound = true;
  ranges.forEach((range, i) => {
    const found = `[${range.start}, ${range.end})`;
    if (range.start >= range.end)
      check.error('range-empty', [...path, i], `the ${what} range is empty; ranges are half-open`, {
        found,
        expected: 'start below end',
      });
    else if (range.end > nrPages)
      check.error('range-outside', [...path, i], `the ${what} range goes beyond VM "${vm.name}"`, {
        found,
        expected: `end at most ${nrPages}`,
      });
    else return;
    sound = false;
  });
  const overlap = firstOverlap(ranges.filter((r) => r.start < r.end));
  if (sound && overlap !== null) {
    const [a, b] = [ranges[overlap[0]]!, ranges[overlap[1]]!];
    check.error(
      'range-overlap',
      [...path, overlap[1]],
      `the ${what} range overlaps number ${overlap[0] + 1} of the list, [${a.start}, ${a.end})`,
      { found: `[${b.start}, ${b.end})`, expected: 'ranges that share no page' },
    );
    sound = false;
  }
  return sound;
}

/** False when reserved ranges cannot be held against the holes. */
function validateHoles(check: Check, vm: ScenarioVm, path: Path): boolean {
  if (vm.holes === undefined) return true;
  const nrPages = memoryEndOf(vm);
  if (!validateRanges(check, vm, vm.holes, [...path, 'holes'], 'hole', nrPages)) return false;
  const framePages = framePagesOf(vm);
  vm.holes.forEach((hole, i) => {
    const at = [...path, 'holes', i];
    const found = `[${hole.start}, ${hole.end})`;
    if (hole.end === nrPages) check.error('hole-at-end', at, 'nothing lies behind this hole, so it is none', { found });
    if (hole.start % framePages !== 0 || hole.end % framePages !== 0)
      check.error('hole-unaligned', at, 'a hole is whole host frames', {
        found,
        expected: `multiples of ${framePages} pages`,
      });
  });
  return true;
}

/** Layout ranges of a VM or of a command. */
export function validateLayoutRanges(
  check: Check,
  vm: ScenarioVm,
  ranges: readonly (PfnRange & { readonly nid: number })[],
  path: Path,
): void {
  validateRanges(check, vm, ranges, path, 'layout');
  ranges.forEach((range, i) => validateGuestNid(check, vm, range.nid, [...path, i, 'nid']));
}

export function validateGuestNid(check: Check, vm: ScenarioVm, nid: number, path: Path): void {
  const nrNodeIds = nrNodeIdsOf(vm);
  if (nid < nrNodeIds) return;
  check.error('node-out-of-range', path, `VM "${vm.name}" has no node id ${nid}`, {
    found: `${nid}`,
    expected: `below nrNodeIds, ${nrNodeIds}`,
  });
}

function validateCells(check: Check, vm: ScenarioVm, path: Path): void {
  if (vm.cells.length === 0) return;
  const at = [...path, 'cells'];
  const first = new Map<number, number>();
  vm.cells.forEach((cell, i) => {
    const other = first.get(cell.id);
    if (other === undefined) first.set(cell.id, i);
    else
      check.error(
        'cell-duplicate',
        [...at, i, 'id'],
        `cell ${cell.id} is given twice, first as number ${other + 1} of the list`,
      );
  });
  const sum = vm.cells.reduce((pages, cell) => pages + pagesOf(cell), 0);
  if (sum !== pagesOf(vm)) {
    check.error('cells-sum', at, `the cells of VM "${vm.name}" do not sum to its memory`, {
      found: textFromPages(sum),
      expected: textFromPages(pagesOf(vm)),
    });
  } else if (vm.layout !== undefined && first.size === vm.cells.length) validateCellsAgainstLayout(check, vm, at);
}

/** With both given, the layout says where, the cells say how much. */
function validateCellsAgainstLayout(check: Check, vm: ScenarioVm, path: Path): void {
  const runs = runsByNode(vm);
  vm.cells.forEach((cell, i) => {
    const laid = pagesIn(runs.get(cell.id) ?? []);
    if (laid !== pagesOf(cell))
      check.error('cells-layout', [...path, i], `the layout gives cell ${cell.id} another size`, {
        found: textFromPages(pagesOf(cell)),
        expected: textFromPages(laid),
      });
  });
}

function validateNodeIds(check: Check, vm: ScenarioVm, path: Path): void {
  // Layout ranges are checked one by one; cells here.
  vm.cells.forEach((cell, i) => validateGuestNid(check, vm, cell.id, [...path, 'cells', i, 'id']));
  if (vm.distances !== null) {
    const ids = Array.from({ length: nrNodeIdsOf(vm) }, (_, nid) => nid);
    validateDistances(check, vm.distances, [...path, 'distances'], ids, false);
  }
}

/** False when nothing can be held against the reserved pages. */
function validateReserved(check: Check, vm: ScenarioVm, path: Path): boolean {
  const at = [...path, 'reserved'];
  if (vm.reserved !== undefined) {
    if (!validateRanges(check, vm, vm.reserved, at, 'reserved')) return false;
    const holes = holesOf(vm);
    // Neither list overlaps itself, so an overlap is one of a hole and a reserved range.
    const overlap = firstOverlap([...holes, ...vm.reserved]);
    if (overlap !== null && overlap[0] < holes.length) {
      const hole = holes[overlap[0]]!;
      check.error('reserved-in-hole', [...at, overlap[1] - holes.length], 'no memory is there to be reserved', {
        expected: `nothing of the hole [${hole.start}, ${hole.end})`,
      });
      return false;
    }
  }
  const reserved = pagesIn(reservedOf(vm));
  if (reserved >= pagesOf(vm) && pagesOf(vm) >= MIN_GUEST_PAGES) {
    check.error(
      'reserved-all',
      vm.reserved === undefined ? path : at,
      `nothing of VM "${vm.name}" is left to be managed`,
      { found: `${textFromPages(reserved)} reserved`, expected: `less than ${textFromPages(pagesOf(vm))}` },
    );
  }
  return true;
}

function validateCpus(check: Check, vm: ScenarioVm, path: Path): void {
  const cpusOfCells: { readonly cell: number; readonly cpus: IdSet }[] = [];
  const vcpus: IdSet = [{ first: 0, last: vm.vcpus - 1 }];
  vm.cells.forEach((cell, i) => {
    const at = [...path, 'cells', i, 'cpus'];
    const cpus = idSetOf(cell.cpus);
    const beyond = difference(cpus, vcpus);
    if (beyond.length > 0)
      check.error('vcpu-out-of-range', at, `VM "${vm.name}" has no vCPU ${idSetText(beyond)}`, {
        found: cell.cpus,
        expected: `0-${vm.vcpus - 1}`,
      });
    const other = cpusOfCells.find((each) => intersection(each.cpus, cpus).length > 0);
    if (other !== undefined) {
      const taken = intersection(other.cpus, cpus);
      check.error('vcpu-in-two-cells', at, `vCPU ${idSetText(taken)} is in cell ${other.cell} already`);
    }
    cpusOfCells.push({ cell: cell.id, cpus });
  });
}

/** Cells of different pages share none: each begins and ends at a multiple of its own. */
function validateHugePages(check: Check, vm: ScenarioVm, path: Path): void {
  const end = memoryEndOf(vm);
  const at = [...path, 'hugepages'];
  (vm.hugepages ?? []).forEach(({ sizeKiB }, i) => {
    if ((sizeKiB & (sizeKiB - 1)) !== 0)
      check.error('hugepages-size', [...at, i, 'sizeKiB'], `no machine has pages of ${sizeKiB} KiB`, {
        found: `${sizeKiB}`,
        expected: 'a power of two',
      });
  });
  for (const range of hugePagesOf(vm)) {
    const isWhole = (pfn: number): boolean => pfn % range.framePages === 0;
    if (isWhole(range.start) && (isWhole(range.end) || range.end === end)) continue;
    check.error('hugepages-unaligned', at, `a cell of VM "${vm.name}" is no whole pages of the size that backs it`, {
      found: `pages ${range.start} to ${range.end}`,
      expected: `multiples of ${textFromPages(range.framePages)}`,
    });
    return;
  }
}

function validateDirty(check: Check, vm: ScenarioVm, path: Path): void {
  const { workingSetMiB, rateMiBps } = vm.dirty;
  const at = [...path, 'dirty'];
  if (workingSetMiB * PAGES_PER_MIB > pagesOf(vm)) {
    check.error('working-set-too-large', [...at, 'workingSetMiB'], 'the working set is larger than the VM', {
      found: `${workingSetMiB} MiB`,
      expected: `at most ${textFromPages(pagesOf(vm))}`,
    });
  }
  if (rateMiBps > 0 && workingSetMiB === 0)
    check.error('working-set-missing', at, 'a dirty rate needs a working set to fall into', {
      expected: 'workingSetMiB above 0',
    });
}

/** Nodes exist, are named once, and one of them has memory. */
export function validateHostNodes(check: Check, host: ScenarioHost, nids: readonly number[], path: Path): void {
  const known = new Map(host.nodes.map((node) => [node.nid, node]));
  const seen = new Set<number>();
  nids.forEach((nid, i) => {
    const expected = `nodes of ${formatIdList([...known.keys()])}`;
    if (!known.has(nid))
      check.error('unknown-node', [...path, i], `host "${host.name}" has no node ${nid}`, {
        found: `${nid}`,
        expected,
      });
    else if (seen.has(nid)) check.error('node-duplicate', [...path, i], `node ${nid} is named twice`);
    seen.add(nid);
  });
  const named = nids.map((nid) => known.get(nid)).filter((node) => node !== undefined);
  if (named.length > 0 && named.every((node) => pagesOf(node) === 0))
    check.error('nodes-without-memory', path, `node ${formatIdList(nids)} of host "${host.name}" has no memory`);
}

function validatePlacement(check: Check, vm: ScenarioVm, host: ScenarioHost, path: Path): void {
  const { placement } = vm;
  const at = [...path, 'placement'];
  if (placement.mode === 'spread') return;
  if (placement.mode !== 'shares') return validateHostNodes(check, host, placement.nodes, [...at, 'nodes']);
  if (vm.memnodes.length > 0)
    check.error(
      'shares-with-memnodes',
      [...path, 'memnodes'],
      'shares place the whole VM, so cells cannot be bound besides',
    );
  const known = new Set(host.nodes.map((node) => node.nid));
  const seen = new Set<number>();
  const framePages = framePagesOf(vm);
  placement.shares.forEach((share, i) => {
    const where = [...at, 'shares', i];
    if (!known.has(share.node))
      check.error('unknown-node', [...where, 'node'], `host "${host.name}" has no node ${share.node}`, {
        found: `${share.node}`,
        expected: `nodes of ${formatIdList([...known])}`,
      });
    else if (seen.has(share.node))
      check.error('node-duplicate', [...where, 'node'], `node ${share.node} is named twice`);
    seen.add(share.node);
    if (i < placement.shares.length - 1 && pagesOf(share) % framePages !== 0)
      check.error('share-unaligned', where, 'only the last share may end within a host frame', {
        found: textFromPages(pagesOf(share)),
        expected: `a multiple of ${vm.backing.pageKiB} KiB`,
      });
  });
  const sum = placement.shares.reduce((pages, share) => pages + pagesOf(share), 0);
  if (sum !== pagesOf(vm))
    check.error('shares-sum', [...at, 'shares'], `the shares do not sum to the memory of VM "${vm.name}"`, {
      found: textFromPages(sum),
      expected: textFromPages(pagesOf(vm)),
    });
}

function validateMemnodes(check: Check, vm: ScenarioVm, host: ScenarioHost, path: Path): void {
  const cells = new Set([...vm.cells.map((cell) => cell.id), ...bootLayoutOf(vm).map((range) => range.nid)]);
  const seen = new Set<number>();
  vm.memnodes.forEach((memnode, i) => {
    const at = [...path, 'memnodes', i];
    if (!cells.has(memnode.cell))
      check.error('unknown-cell', [...at, 'cell'], `VM "${vm.name}" has no cell ${memnode.cell}`, {
        found: `${memnode.cell}`,
        expected: `cells of ${formatIdList([...cells])}`,
      });
    else if (seen.has(memnode.cell))
      check.error('memnode-duplicate', [...at, 'cell'], `cell ${memnode.cell} is bound twice`);
    seen.add(memnode.cell);
    validateHostNodes(check, host, memnode.nodes, [...at, 'nodes']);
  });
}

/** Of hosts that VMs are on, so that a host's list is read once however many VMs it has. */
const cpusOfHosts = new WeakMap<ScenarioHost, IdSet>();

function cpusOf(host: ScenarioHost): IdSet {
  const known = cpusOfHosts.get(host) ?? union(...host.nodes.map((node) => idSetOf(node.cpus)));
  cpusOfHosts.set(host, known);
  return known;
}

function validatePins(check: Check, vm: ScenarioVm, host: ScenarioHost, path: Path): void {
  if (vm.vcpupin === undefined) return;
  const known = cpusOf(host);
  for (const [vcpu, cpus] of Object.entries(vm.vcpupin)) {
    const at = [...path, 'vcpupin', vcpu];
    if (Number(vcpu) >= vm.vcpus)
      check.error('vcpu-out-of-range', at, `VM "${vm.name}" has no vCPU ${vcpu}`, { expected: `0-${vm.vcpus - 1}` });
    const missing = difference(idSetOf(cpus), known);
    // A real host may have taken CPUs offline; nothing depends on pins yet.
    if (missing.length > 0)
      check.add({
        severity: 'warning',
        slug: 'unknown-cpu',
        path: at,
        message: `host "${host.name}" has no CPU ${idSetText(missing)}`,
        found: cpus,
      });
  }
}
