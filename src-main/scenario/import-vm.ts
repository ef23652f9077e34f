/**
 * A VM of a scenario from the facts of a libvirt domain.
 *
 * (a) Memory: the cells and the dimms plugged into them; without cells `<memory>`, which counts dimms already. Sizes
 *     are rounded up to a page. Other memory devices are left out, virtio-mem counts with what it requests.
 * (b) Placement: a running VM lies where it was measured; what it has not touched is assumed to lie where most of it does.
 *     Without a measurement, and for one that does not run: as numatune has it, `restrictive` as strict; else spread over
 *     the nodes of its CPUs, which for a running VM is an assumption. Where libvirt would ask numad, memory is spread.
 * (c) Bindings and pins are kept as the file states them, also to nodes and CPUs that the host lacks: a VM that cannot start
 *     because of them is kept as not placed (not-placed.ts).
 * (d) Backing: huge pages of the host's pools as the file asks for them, by cell; of the rest 2 MiB frames (transparent huge
 *     pages) from 64 MiB on.
 */
import type { Diagnostic, Severity } from '../../shared/errors/index.ts';
import { kibFromPages, mibFromPages, PAGE_SIZE_KIB, pagesFromKib, pagesFromMib } from '../../shared/units/index.ts';
import type { MemoryDeviceFacts, VmFacts } from '../formats/index.ts';
import { formatIdList } from './id-list.ts';
import type { ImportPart, SizedHost } from './import-host.ts';
import { importDistances } from './import-host.ts';
import type { KibByPage, VmMeasure } from './import-state.ts';
import { MIN_GUEST_PAGES } from '../../shared/model/limit.ts';
import { sentence } from './problem.ts';
import { quantityFromPages, textFromPages } from './quantity.ts';
import type { ScenarioInput, ScenarioPlacement } from './schema.ts';

export type VmInput = NonNullable<ScenarioInput['vms']>[number];

/** A VM whose memory is known, to be placed when its host is. */
export interface SizedVm {
  readonly pages: number;
  /** As the document has it. */
  placeOn(host: SizedHost): VmInput;
}

type Say = (severity: Severity, slug: string, message: string) => void;

const THP_FROM_PAGES = pagesFromMib(64);
/** Of x86-64, where the file names no size. */
const DEFAULT_HUGE_KIB = 2048;

/** Null, and an error, when the file does not say how much memory the VM has. */
export function importVm(
  { file, facts }: ImportPart<VmFacts>,
  name: string,
  host: string,
  measure: VmMeasure,
  diagnostics: Diagnostic[],
): SizedVm | null {
  const say: Say = (severity, slug, message) =>
    diagnostics.push({ severity, slug, message: sentence(`VM "${name}": ${message}`), where: { file } });
  const cells = cellsOf(facts, say);
  const total =
    cells.length > 0
      ? cells.reduce((sum, cell) => sum + cell.pages, 0)
      : wholePages(facts.memoryKiB ?? 0, 'its memory', say);
  if (total === 0) {
    say('error', 'import-no-memory', 'the file does not say how much memory it has');
    return null;
  }
  const pages = Math.max(total, MIN_GUEST_PAGES);
  if (pages > total) {
    say(
      'warning',
      'import-enlarged',
      `${textFromPages(total)} is less than a guest can have; it gets ${textFromPages(pages)}`,
    );
    if (cells.length > 0) cells[0]!.pages += pages - total;
  }
  const backing = { pageKiB: pages >= THP_FROM_PAGES ? (2048 as const) : (4 as const) };
  return {
    pages,
    placeOn: (placedOn) => ({
      name,
      host,
      ...quantityFromPages(pages),
      vcpus: facts.vcpus,
      cells: cells.map((cell) => ({ id: cell.id, cpus: cell.cpus, ...quantityFromPages(cell.pages) })),
      distances: facts.distances === null ? null : importDistances(facts.distances),
      backing,
      ...placementOf(facts, pages, placedOn, measure, say),
      ...bindingOf(facts),
      ...cpusOf(facts, measure),
      ...hugepagesOf(facts),
      ...domainOf(facts, placedOn, say),
      ...dirtyOf(measure, pages),
    }),
  };
}

interface CellSize {
  readonly id: number;
  readonly cpus: string;
  pages: number;
}

function wholePages(kib: number, what: string, say: Say): number {
  const pages = pagesFromKib(kib);
  if (kibFromPages(pages) !== kib)
    say('note', 'import-rounded', `${what}, ${kib} KiB, is rounded up to whole pages of ${PAGE_SIZE_KIB} KiB`);
  return pages;
}

/** The cells with the devices plugged into them. */
function cellsOf(facts: VmFacts, say: Say): CellSize[] {
  const cells = facts.cells.map((cell) => {
    if (cell.memoryKiB === null) say('warning', 'import-cell-memory', `cell ${cell.id} states no memory and gets none`);
    return {
      id: cell.id,
      cpus: formatIdList(cell.cpus),
      pages: wholePages(cell.memoryKiB ?? 0, `cell ${cell.id}`, say),
    };
  });
  if (cells.length === 0) {
    if (facts.memoryDevices.length > 0)
      say('note', 'import-devices', `its ${facts.memoryDevices.length} memory devices are part of its <memory>`);
    return [];
  }
  for (const device of facts.memoryDevices) {
    const kib = deviceKib(device);
    const cell = cells.find((c) => c.id === device.guestNode) ?? (device.guestNode === null ? cells[0]! : undefined);
    if (kib === null || cell === undefined)
      say(
        'note',
        'import-device-ignored',
        `the ${device.model ?? 'unnamed'} memory device of node ${device.guestNode ?? 'none'} is left out`,
      );
    else cell.pages += wholePages(kib, `the ${device.model} of cell ${cell.id}`, say);
  }
  const sum = cells.reduce((pages, cell) => pages + cell.pages, 0);
  if (facts.memoryKiB !== null && pagesFromKib(facts.memoryKiB) !== sum) {
    say(
      'note',
      'import-cells-count',
      `<memory> says ${facts.memoryKiB} KiB; its cells and what is plugged into them, ${kibFromPages(sum)} KiB, count`,
    );
  }
  return cells;
}

/** What a device gives at start, null for what is not ordinary memory. */
function deviceKib(device: MemoryDeviceFacts): number | null {
  if (device.model === 'dimm') return device.sizeKiB;
  if (device.model === 'virtio-mem') return device.requestedKiB ?? 0;
  return null;
}

function placementOf(
  facts: VmFacts,
  pages: number,
  host: SizedHost,
  stated: VmMeasure,
  say: Say,
): Pick<VmInput, 'placement' | 'memnodes' | 'assumed' | 'measured' | 'running'> {
  const measure: VmMeasure = { ...stated, byNode: corrected(facts, stated), byCell: cellsMeasured(facts, stated) };
  if (measure.byNode === null && stated.byNode !== null)
    say(
      'warning',
      'import-huge-understated',
      'numastat counts its huge pages as smaller ones, so where they lie is not known; numa_maps tells it',
    );
  const memnodes = facts.memnodes.map(({ cell, mode, nodeset }) => ({ cell, mode, nodes: [...nodeset], holds: true }));
  const placement = wholePlacement(facts, host);
  const { byNode } = measure;
  const running = measure.running ?? facts.running;
  const assumed: NonNullable<VmInput['assumed']> = [];
  if (running !== false && byNode !== null) {
    const kib = byNode.reduce((sum, one) => sum + one.kib, 0);
    const untouched = pages - pagesFromKib(kib);
    // No tool tells it: such memory is nowhere yet.
    if (untouched > 0)
      assumed.push({
        text: `Where the ${textFromPages(untouched)} lie that it has not touched: with most of its memory.`,
        measure: null,
      });
  } else if (running !== false && placement.mode === 'spread' && memnodes.length === 0) {
    assumed.push({
      text: 'Where its memory lies: evenly over the nodes that its vCPUs may use, as no file states it.',
      measure: 'cat /proc/<pid of its QEMU>/numa_maps',
    });
  }
  return {
    running,
    placement,
    memnodes,
    ...(byNode === null ? {} : { measured: measuredOf(measure) }),
    ...(assumed.length === 0 ? {} : { assumed }),
  };
}

const measuredOf = ({ byNode, byCell }: VmMeasure): NonNullable<VmInput['measured']> => ({
  nodes: measuredList(byNode!),
  ...(byCell === null ? {} : { cells: [...byCell].map(([cell, nodes]) => ({ cell, nodes: measuredList(nodes) })) }),
});

/** As the document has it. */
export const measuredList = (list: readonly KibByPage[]): NonNullable<VmInput['measured']>['nodes'] =>
  list.map(({ node, pageKiB, kib }) => ({ node, memoryKiB: kib, ...(pageKiB === null ? {} : { pageKiB }) }));

/** Of each cell; one that no backend names has the one range that is left. Null where that does not tell each cell's. */
function cellsMeasured({ cells }: VmFacts, { byCell, ofNoCell }: VmMeasure): VmMeasure['byCell'] {
  const named = byCell ?? new Map<number, readonly KibByPage[]>();
  const left = cells.filter(({ id }) => !named.has(id));
  if (left.length === 0) return cells.length === 0 || ofNoCell.length > 0 ? null : named;
  if (left.length > 1 || ofNoCell.length !== 1) return null;
  const all: (readonly [number, readonly KibByPage[]])[] = [...named, [left[0]!.id, ofNoCell[0]!] as const];
  return new Map(all.toSorted(([a], [b]) => a - b));
}

/** Of the default huge pages, by which numastat counts all. */
const COUNTED_HUGE_KIB = 2048;

/**
 * What was measured, with the huge pages that numastat counts as smaller ones at their size. Nothing, where it does not tell
 * them apart: what it prints then is less than there is.
 */
function corrected(facts: VmFacts, measure: VmMeasure): readonly KibByPage[] | null {
  const { byNode, understated } = measure;
  const sizes = new Set(facts.hugepages.map(({ sizeKiB }) => sizeKiB ?? DEFAULT_HUGE_KIB));
  const [size, ...others] = sizes;
  if (byNode === null || understated === null || size === undefined) return byNode;
  if (size === COUNTED_HUGE_KIB && others.length === 0) return byNode;
  const { hugeByNode } = understated;
  if (hugeByNode === null || others.length > 0) return null;
  return [...hugeByNode]
    .filter(([, kib]) => kib > 0)
    .map(([node, kib]) => ({ node, pageKiB: size, kib: Math.round(kib / COUNTED_HUGE_KIB) * size }));
}

function wholePlacement(facts: VmFacts, host: SizedHost): ScenarioPlacement {
  const nodeset = facts.memory?.nodeset ?? null;
  if (facts.memory === null || nodeset === null) return { mode: 'spread' };
  const { mode } = facts.memory;
  const usable = nodeset.some((nid) => host.nodes.some((node) => node.nid === nid && node.pages > 0));
  if (mode === 'preferred' && !usable && facts.memnodes.length > 0) return { mode: 'spread' };
  return { mode: mode === 'restrictive' ? 'strict' : mode, nodes: [...nodeset] };
}

/** The memory policy of all of it, as it holds for as long as it runs. */
function bindingOf(facts: VmFacts): Pick<VmInput, 'binding'> {
  const nodeset = facts.memory?.nodeset ?? null;
  return facts.memory === null || nodeset === null ? {} : { binding: { mode: facts.memory.mode, nodes: [...nodeset] } };
}

/** Pins and CPU sets as the file states them. */
function cpusOf(facts: VmFacts, measure: VmMeasure): Pick<VmInput, 'vcpupin' | 'cpuset' | 'emulatorpin' | 'vcpuCpus'> {
  const pins = Object.entries(facts.vcpupin).filter(([vcpu, cpus]) => Number(vcpu) < facts.vcpus && cpus.length > 0);
  const seen = (measure.state?.vcpus ?? []).filter(({ id, cpu }) => typeof cpu === 'number' && id < facts.vcpus);
  return {
    ...(pins.length === 0
      ? {}
      : { vcpupin: Object.fromEntries(pins.map(([vcpu, cpus]) => [vcpu, formatIdList(cpus)])) }),
    ...(facts.vcpuCpuset === null ? {} : { cpuset: formatIdList(facts.vcpuCpuset) }),
    ...(facts.emulatorpin === null ? {} : { emulatorpin: formatIdList(facts.emulatorpin) }),
    ...(seen.length === 0 ? {} : { vcpuCpus: Object.fromEntries(seen.map(({ id, cpu }) => [`${id}`, cpu!])) }),
  };
}

function hugepagesOf(facts: VmFacts): Pick<VmInput, 'hugepages'> {
  if (facts.hugepages.length === 0) return {};
  return {
    hugepages: facts.hugepages.map(({ sizeKiB, nodeset }) => ({
      sizeKiB: sizeKiB ?? DEFAULT_HUGE_KIB,
      ...(nodeset === null ? {} : { cells: [...nodeset] }),
    })),
  };
}

function domainOf(facts: VmFacts, host: SizedHost, say: Say): Pick<VmInput, 'domain'> {
  const { cpuTopology, arch, memory, hostdevs, memoryBacking } = facts;
  const devices = hostdevs.map(({ type, address }) => ({
    name: `${type ?? 'device'} ${address ?? ''}`.trim(),
    node: host.devices.get(address ?? '') ?? null,
  }));
  const topology = topologyOf(cpuTopology);
  const automatic = memory !== null && memory.nodeset === null;
  if (automatic) say('note', 'import-numad', 'libvirt would ask numad for its nodes; it is spread over all');
  const domain = {
    ...(arch === null ? {} : { arch }),
    hypervisor: 'kvm' as const,
    maxVcpus: facts.vcpus,
    ...(topology === null ? {} : { topology }),
    ...(automatic ? { automaticPlacement: true } : {}),
    ...(devices.length === 0 ? {} : { devices }),
    ...(memoryBacking?.allocation === 'immediate' ? { preallocated: true } : {}),
  };
  return { domain };
}

function topologyOf(stated: VmFacts['cpuTopology']) {
  if (stated === null) return null;
  const { sockets = 1, dies = 1, clusters = 1, cores = 1, threads = 1 } = stated;
  return { sockets, cores: dies * clusters * cores, threads };
}

/** A dirty rate needs a working set to fall into, which no tool tells: all of its memory, unless a person says otherwise. */
function dirtyOf({ state }: VmMeasure, pages: number): Pick<VmInput, 'dirty'> {
  const rate = state?.dirtyRate?.mibPerSec ?? null;
  return rate === null ? {} : { dirty: { rateMiBps: rate, workingSetMiB: Math.floor(mibFromPages(pages)) } };
}
