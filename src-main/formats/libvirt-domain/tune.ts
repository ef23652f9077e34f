/**
 * How a domain's memory and vCPUs are bound to the host: numatune, cputune, memoryBacking/hugepages.
 *
 * Two number spaces meet here: memnode/@cellid and page/@nodeset are guest cells, every other nodeset is host nodes.
 * Whether the host nodes exist is not known here; the scenario checks it. libvirt judges what is an error; a vcpupin
 * for a vCPU that the guest has not is a warning and left out, because libvirt ignores it.
 */
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { NumatuneMode, VmFacts } from '../facts.ts';
import { MAX_ID } from '../id-list.ts';
import { idRangeText, idSetAttribute, readSizeKib } from '../libvirt-size.ts';
import type { XmlElement } from '../xml/index.ts';
import { childOf, childrenOf, placeOf, reportMissing, requiredWhole } from '../xml/index.ts';

const MODES: readonly NumatuneMode[] = ['strict', 'preferred', 'interleave', 'restrictive'];
const isMode = (text: string): text is NumatuneMode => (MODES as readonly string[]).includes(text);

/** The mode of a policy element, by default strict. */
function readMode(element: XmlElement, list: DiagnosticList): NumatuneMode {
  const text = element.attributes.get('mode') ?? 'strict';
  if (isMode(text)) return text;
  const detail = { found: text.slice(0, 40), expected: MODES.join(', ') };
  list.error('numatune-mode', 'A memory mode is not known.', placeOf(element, 'mode'), detail);
  return 'strict';
}

/** numatune/memory. `vcpuPlacement` decides what a policy without nodeset means. */
export function readMemoryPolicy(
  numatune: XmlElement | null,
  vcpuPlacement: VmFacts['vcpuPlacement'],
  list: DiagnosticList,
): VmFacts['memory'] {
  const element = childOf(numatune, 'memory', list);
  if (element === null) return null;
  const mode = readMode(element, list);
  const nodeset = idSetAttribute(element, 'nodeset', list);
  const placement = readPlacement(element, list);
  const hasNodeset = element.attributes.has('nodeset');
  if (placement === 'auto' && hasNodeset) {
    const detail = { found: "nodeset and placement='auto'", expected: 'one of them' };
    const message = 'A memory policy has both a nodeset and automatic placement, which contradict each other.';
    list.error('numatune-auto-nodeset', message, placeOf(element, 'nodeset'), detail);
  } else if (!hasNodeset && (placement ?? vcpuPlacement) === 'static') {
    const expected = "nodeset='…' or placement='auto'";
    list.error('numatune-nodeset-missing', 'A static memory policy has no nodeset.', placeOf(element), { expected });
  }
  return { mode, nodeset, placement };
}

function readPlacement(element: XmlElement, list: DiagnosticList): 'static' | 'auto' | null {
  const text = element.attributes.get('placement');
  if (text === undefined || text === 'default') return null;
  if (text === 'static' || text === 'auto') return text;
  const detail = { found: text.slice(0, 40), expected: 'static or auto' };
  list.error('placement-unknown', 'A placement is not known.', placeOf(element, 'placement'), detail);
  return null;
}

/** numatune/memnode, ascending by cell. */
export function readMemnodes(
  numatune: XmlElement | null,
  cells: VmFacts['cells'],
  memory: VmFacts['memory'],
  list: DiagnosticList,
): VmFacts['memnodes'] {
  const known = new Set(cells.map((cell) => cell.id));
  const byCell = new Map<number, VmFacts['memnodes'][number]>();
  for (const element of childrenOf(numatune, 'memnode')) {
    if (memory?.placement === 'auto') {
      const expected = 'no memnode beside automatic placement';
      list.error('memnode-auto', 'A memnode contradicts automatic placement.', placeOf(element), { expected });
    }
    const cell = requiredWhole(element, 'cellid', MAX_ID, list);
    const mode = readMode(element, list);
    const nodeset = idSetAttribute(element, 'nodeset', list);
    if (!element.attributes.has('nodeset')) reportMissing(element, 'nodeset', list);
    if (memory?.mode === 'restrictive' && mode !== 'restrictive') {
      const detail = { found: mode, expected: 'restrictive, as for all memory' };
      list.error('memnode-mode', 'A memnode loosens a restrictive policy.', placeOf(element, 'mode'), detail);
    }
    if (cell === null || nodeset === null) continue;
    const where = placeOf(element, 'cellid');
    if (!known.has(cell)) {
      const detail = { found: `cell ${cell}`, expected: knownCells(cells) };
      list.error('memnode-cell', 'A memnode names a cell that the guest has not.', where, detail);
    } else if (byCell.has(cell)) {
      const detail = { found: `cell ${cell} again`, expected: 'one memnode a cell' };
      list.error('memnode-duplicate', 'Two memnodes name one cell.', where, detail);
    } else byCell.set(cell, { cell, mode, nodeset });
  }
  return [...byCell.values()].sort((a, b) => a.cell - b.cell);
}

const knownCells = (cells: VmFacts['cells']): string =>
  cells.length === 0 ? 'cells in cpu/numa; there are none' : `cell ${idRangeText(cells.map((cell) => cell.id))}`;

/** cputune/vcpupin. `count` is the maximum number of vCPUs, null when it could not be read. */
export function readVcpupin(
  cputune: XmlElement | null,
  count: number | null,
  list: DiagnosticList,
): VmFacts['vcpupin'] {
  const vcpus = count ?? Infinity;
  const pins: Record<string, readonly number[]> = {};
  const seen = new Set<number>();
  for (const element of childrenOf(cputune, 'vcpupin')) {
    const vcpu = requiredWhole(element, 'vcpu', MAX_ID, list);
    if (!element.attributes.has('cpuset')) reportMissing(element, 'cpuset', list);
    if (vcpu === null) continue;
    const where = placeOf(element, 'vcpu');
    if (vcpu >= vcpus) {
      const detail = { found: `vCPU ${vcpu}`, expected: `0 to ${vcpus - 1}, by <vcpu>` };
      list.warning('vcpupin-range', 'A pin for a vCPU that the guest has not is ignored.', where, detail);
    } else if (seen.has(vcpu)) {
      const detail = { found: `vCPU ${vcpu} again`, expected: 'one vcpupin a vCPU' };
      list.error('vcpupin-duplicate', 'A vCPU is pinned twice.', where, detail);
    } else {
      seen.add(vcpu);
      const cpuset = idSetAttribute(element, 'cpuset', list);
      if (cpuset !== null) pins[vcpu] = cpuset;
    }
  }
  return pins;
}

/** cputune/iothreadpin. */
export function readIothreadpin(cputune: XmlElement | null, list: DiagnosticList): VmFacts['iothreadpin'] {
  return childrenOf(cputune, 'iothreadpin').flatMap((element) => {
    const iothread = requiredWhole(element, 'iothread', MAX_ID, list);
    const cpuset = idSetAttribute(element, 'cpuset', list);
    if (!element.attributes.has('cpuset')) reportMissing(element, 'cpuset', list);
    return iothread === null || cpuset === null ? [] : [{ iothread, cpuset }];
  });
}

/** memoryBacking/hugepages. */
export function readHugepages(
  backing: XmlElement | null,
  cells: VmFacts['cells'],
  list: DiagnosticList,
): VmFacts['hugepages'] {
  const hugepages = childOf(backing, 'hugepages', list);
  if (hugepages === null) return [];
  const pages = childrenOf(hugepages, 'page');
  if (pages.length === 0) return [{ sizeKiB: null, nodeset: null }];
  const known = new Set(cells.map((cell) => cell.id));
  return pages.map((page) => {
    const size = page.attributes.get('size');
    const where = placeOf(page, 'size');
    if (size === undefined) reportMissing(page, 'size', list);
    const sizeKiB = size === undefined ? null : readSizeKib(size, page.attributes.get('unit'), where, list);
    if (sizeKiB === 0)
      list.error('hugepage-size', 'A huge page has no size.', where, { found: '0', expected: 'a size' });
    const nodeset = idSetAttribute(page, 'nodeset', list);
    // Without cells libvirt reads cell 0 as the whole guest.
    const unknown = (nodeset ?? []).filter((cell) => !known.has(cell) && (cells.length > 0 || cell !== 0));
    if (unknown.length > 0) {
      const detail = { found: `cell ${idRangeText(unknown)}`, expected: knownCells(cells) };
      list.warning(
        'hugepage-cell',
        'Huge pages are for a cell that the guest has not.',
        placeOf(page, 'nodeset'),
        detail,
      );
    }
    return { sizeKiB, nodeset };
  });
}
