/** Parts of the sentences that findings share. Sizes are MiB, as the tools of the field print them. */
import { count, plural } from '../../shared/view/number-format.ts';
import { idList } from '../../shared/view/id-list.ts';
import { kibFromMib, mibFromKib, mibFromPages } from '../../shared/units/index.ts';
import type { NodeFacts } from './facts.ts';
import type { CellView, HostView, VmView } from './view.ts';
import { availablePages, poolPages } from './view.ts';

/** What is there is rounded down, so that it is never said to be more. */
export const mib = (pages: number): string => `${count(Math.floor(mibFromPages(pages)))} MiB`;
/** What is needed or lacking is rounded up. */
export const needMib = (pages: number): string => `${count(Math.ceil(mibFromPages(pages)))} MiB`;

export const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${Math.floor((100 * part) / whole)} %`;

export const nodes = (nids: readonly number[]): string =>
  nids.length === 0 ? 'no node' : `node${nids.length === 1 ? '' : 's'} ${idList(nids)}`;
export const cpus = (ids: readonly number[]): string => `CPU${ids.length === 1 ? '' : 's'} ${idList(ids)}`;

export const pageSize = (kib: number): string =>
  kib >= kibFromMib(1024)
    ? `${mibFromKib(kib) / 1024} GiB`
    : kib >= kibFromMib(1)
      ? `${mibFromKib(kib)} MiB`
      : `${kib} KiB`;

/** `db`, or `db cell 1`. */
export const subject = (vm: VmView, cell: CellView): string =>
  cell.id === null ? vm.name : `${vm.name} cell ${cell.id}`;

/** `, distance 21`; nothing where the host states none. */
export function distance(host: HostView, from: number, to: number): string {
  const value = host.distance(from, to);
  return value === null ? '' : `, distance ${value}`;
}

/** `63 of 65 536 MiB are free; page cache may give way`. */
export function availableOn(host: HostView, nids: readonly number[]): string {
  const known = nids.flatMap((nid) => host.node(nid) ?? []);
  const sum = (of: (node: NodeFacts) => number): number => known.reduce((pages, node) => pages + of(node), 0);
  const total = sum((node) => node.totalPages);
  const pools = sum(poolPages);
  const inPools = pools === 0 ? '' : ` (${mib(pools)} lie in huge page pools)`;
  if (known.some((node) => availablePages(node) === null))
    return `at most ${mib(total - pools)} of ${mib(total)} can be free there${inPools}; what is free is not stated`;
  const pages = sum((node) => availablePages(node)!);
  const word = known.every((node) => node.availablePages !== null)
    ? 'available'
    : 'free by what the source says; page cache may give way';
  return `${mib(pages)} of ${mib(total)} are ${word}${inPools}`;
}

/** `Held by a (12 000 MiB) and b (3 000 MiB); 1 000 MiB by the host and others.` Empty where nothing was measured. */
export function holders(host: HostView, nids: readonly number[]): string {
  const held = host.vms.flatMap((vm) => {
    const pages = nids.reduce((sum, nid) => sum + (vm.facts.measured?.get(nid) ?? 0), 0);
    return vm.running && pages > 0 ? [{ name: vm.name, pages }] : [];
  });
  held.sort((a, b) => b.pages - a.pages);
  let used = 0;
  for (const nid of nids) {
    const node = host.node(nid);
    const free = node === undefined ? null : availablePages(node);
    if (node === undefined || free === null) return '';
    used += Math.max(0, node.totalPages - poolPages(node) - free);
  }
  const others = used - held.reduce((sum, { pages }) => sum + pages, 0);
  const parts = held.slice(0, 3).map(({ name, pages }) => `${name} (${mib(pages)})`);
  if (held.length > 3) parts.push(plural(held.length - 3, 'more VM'));
  if (others > 0) parts.push(`the host and others (${mib(others)})`);
  return parts.length === 0 ? '' : ` Held by ${joined(parts)}.`;
}

/** `a, b and c`. */
const joined = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
