/**
 * A VM of a scenario from the facts of a libvirt domain.
 *
 * (a) Memory: the cells and the dimms plugged into them; without cells `<memory>`, which counts dimms already. Sizes
 *     are rounded up to a page. Other memory devices are left out, virtio-mem counts with what it requests.
 * (b) Placement: numatune, restricted to nodes that the host has. `restrictive` is placed as strict; where libvirt
 *     would ask numad, memory is spread.
 * (c) Backing: 2 MiB frames for VMs with huge pages of any size and for all from 64 MiB on (transparent huge pages).
 */
import type { Diagnostic, Severity } from '../../shared/errors/index.ts';
import { kibFromPages, PAGE_SIZE_KIB, pagesFromKib, pagesFromMib } from '../../shared/units/index.ts';
import type { MemoryDeviceFacts, NumatuneMode, VmFacts } from '../formats/index.ts';
import { formatIdList } from './id-list.ts';
import type { ImportPart, SizedHost } from './import-host.ts';
import { importDistances } from './import-host.ts';
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

/** Null, and an error, when the file does not say how much memory the VM has. */
export function importVm(
  { file, facts }: ImportPart<VmFacts>,
  name: string,
  host: string,
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
  const backing = { pageKiB: backingPageKib(facts, pages, say) };
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
      ...placementOf(facts, placedOn, say),
      ...pinsOf(facts, placedOn, say),
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

function backingPageKib(facts: VmFacts, pages: number, say: Say): 4 | 2048 {
  if (facts.hugepages.length === 0) return pages >= THP_FROM_PAGES ? 2048 : 4;
  const others = facts.hugepages.map((h) => h.sizeKiB).filter((kib) => kib !== null && kib !== 2048);
  if (others.length > 0)
    say('note', 'import-hugepages', `huge pages of ${others.join(' and ')} KiB are simulated as frames of 2048 KiB`);
  if (facts.hugepages.every((h) => h.nodeset !== null))
    say('note', 'import-hugepages', 'huge pages of single cells are given to all of it');
  return 2048;
}

function placementOf(facts: VmFacts, host: SizedHost, say: Say): Pick<VmInput, 'placement' | 'memnodes'> {
  const memnodes: NonNullable<VmInput['memnodes']> = [];
  for (const memnode of facts.memnodes) {
    const bound = boundTo(memnode.mode, memnode.nodeset, host, `memory of cell ${memnode.cell}`, say);
    if (bound !== null) memnodes.push({ cell: memnode.cell, mode: bound.mode, nodes: bound.nodes });
  }
  return { placement: wholePlacement(facts, host, say), memnodes };
}

function wholePlacement(facts: VmFacts, host: SizedHost, say: Say): ScenarioPlacement {
  if (facts.memory === null) return { mode: 'spread' };
  if (facts.memory.nodeset === null) {
    say('note', 'import-numad', 'libvirt would ask numad for its nodes; it is spread over all');
    return { mode: 'spread' };
  }
  // Cells that are all bound one by one leave nothing to the rule of the whole.
  const bound = boundTo(facts.memory.mode, facts.memory.nodeset, host, 'memory', say);
  return bound ?? { mode: 'spread' };
}

interface Bound {
  readonly mode: 'strict' | 'preferred' | 'interleave';
  readonly nodes: number[];
}

/** The nodes of a nodeset that the host has. Null: no binding is left (an error unless it was a mere preference). */
function boundTo(
  numatune: NumatuneMode,
  nodeset: readonly number[],
  host: SizedHost,
  what: string,
  say: Say,
): Bound | null {
  const mode = numatune === 'restrictive' ? 'strict' : numatune;
  if (numatune === 'restrictive')
    say('note', 'import-restrictive', `the ${what} is "restrictive"; it is placed as strict`);
  const known = new Map(host.nodes.map((node) => [node.nid, node]));
  const missing = nodeset.filter((nid) => !known.has(nid));
  const nodes = nodeset.filter((nid) => known.has(nid));
  const usable = nodes.some((nid) => known.get(nid)!.pages > 0);
  if (missing.length > 0) {
    const rest = usable ? `; node ${formatIdList(nodes)} is used` : '';
    say(
      'warning',
      'import-missing-nodes',
      `its ${what} names host node ${formatIdList(missing)}, which host "${host.name}" lacks: libvirt would refuse to start it${rest}`,
    );
  }
  if (usable) return { mode, nodes: [...nodes] };
  if (mode === 'preferred')
    say(
      'warning',
      'import-no-nodes',
      `its ${what} prefers node ${formatIdList(nodeset)}, where host "${host.name}" has no memory; the preference is dropped`,
    );
  else
    say(
      'error',
      'import-no-nodes',
      `its ${what} is bound (${numatune}) to node ${formatIdList(nodeset)}, where host "${host.name}" has no memory`,
    );
  return null;
}

/** Pins to CPUs that the host has. */
function pinsOf(facts: VmFacts, host: SizedHost, say: Say): Pick<VmInput, 'vcpupin'> {
  const known = new Set(host.nodes.flatMap((node) => node.cpus));
  const missing = new Set<number>();
  const pins: Record<string, string> = {};
  for (const [vcpu, cpus] of Object.entries(facts.vcpupin)) {
    const kept = cpus.filter((cpu) => known.has(cpu));
    for (const cpu of cpus) if (!known.has(cpu)) missing.add(cpu);
    if (kept.length > 0 && Number(vcpu) < facts.vcpus) pins[vcpu] = formatIdList(kept);
  }
  if (missing.size > 0)
    say(
      'warning',
      'import-missing-cpus',
      `it is pinned to CPU ${formatIdList([...missing])}, which host "${host.name}" lacks: libvirt would refuse to start it`,
    );
  return Object.keys(pins).length === 0 ? {} : { vcpupin: pins };
}
