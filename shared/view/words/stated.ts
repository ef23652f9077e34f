/** What a document states of hosts and VMs, in words: pins, bindings, pools, what backs a VM, and what was assumed. */
import type { StatedDocument, StatedPages, StatedVm } from '../../model/stated.ts';
import { PAGES_PER_MIB } from '../../units/index.ts';
import { count, decimal, plural, size } from '../number-format.ts';

type Pool = NonNullable<StatedDocument['hosts'][number]['nodes'][number]['pools']>[number];

/** `2 MiB`, `1 GiB`, `64 KiB`. */
export function pageSizeText(kib: number): string {
  if (kib >= 2 ** 20) return `${decimal(kib / 2 ** 20)} GiB`;
  return kib >= 1024 ? `${decimal(kib / 1024)} MiB` : `${count(kib)} KiB`;
}

/** `12 of 140 free`; without a measurement `140, free not known`. */
export const poolText = ({ total, free }: Pool): string =>
  free === null ? `${count(total)}, free not known` : `${count(free)} of ${count(total)} free`;

/** In 4 KiB pages. */
export const poolPages = ({ pageKib, total }: Pool): number => (total * pageKib) / 4;

export function backingText(backing: StatedPages): string {
  if (backing === 'small') return 'pages of 4 KiB';
  if (backing === 'transparent') return 'transparent huge pages';
  return `pages of ${pageSizeText(backing.poolKib)} from pools`;
}

/** The CPUs that a VM is held to; null: all are open to it. */
export function pinsText({ pins, cpuset, vcpus }: Pick<StatedVm, 'pins' | 'cpuset' | 'vcpus'>): string | null {
  const own = Object.entries(pins);
  if (own.length === 0) return cpuset === null ? null : `all on ${cpuset}`;
  const lists = new Set(own.map(([, cpus]) => cpus));
  const rest = own.length < vcpus ? `; others ${cpuset === null ? 'anywhere' : `on ${cpuset}`}` : '';
  if (lists.size === 1) return `${plural(own.length, 'vCPU')} on ${[...lists][0]!}${rest}`;
  const shown = own
    .slice(0, 3)
    .map(([vcpu, cpus]) => `${vcpu} on ${cpus}`)
    .join(', ');
  return `${shown}${own.length > 3 ? ` and ${own.length - 3} more` : ''}${rest}`;
}

const MODES = {
  strict: 'strictly on',
  preferred: 'preferring',
  interleave: 'interleaved over',
  restrictive: 'restricted to',
} as const;

const nodesText = (nodes: readonly number[]): string => `node${nodes.length === 1 ? '' : 's'} ${nodes.join(', ')}`;

/** The memory policies of a VM; null: none. */
export function bindingText({ binding, memnodes }: Pick<StatedVm, 'binding' | 'memnodes'>): string | null {
  const parts = [
    ...(binding === null ? [] : [`${MODES[binding.mode]} ${nodesText(binding.nodes)}`]),
    ...memnodes.map(({ cell, mode, nodes }) => `cell ${cell} ${MODES[mode]} ${nodesText(nodes)}`),
  ];
  return parts.length === 0 ? null : parts.join('; ');
}

/** Why where a VM lies is marked; null: it was stated, measured or given. */
export function placementMark({ assumedPlacement }: Pick<StatedVm, 'assumedPlacement'>): string | null {
  if (assumedPlacement === null) return null;
  return assumedPlacement === 'all'
    ? 'Where it lies was not measured: it is assumed to lie evenly over the nodes that its vCPUs may use'
    : 'What it has not touched is assumed to lie with most of its memory; the rest was measured';
}

/** What of a VM a forecast rests on without knowing it, a sentence each. */
export function forecastMarks(vm: StatedVm, moves: 'compact' | 'migrate', link: boolean): readonly string[] {
  const mark = placementMark(vm);
  return [
    ...(mark === null ? [] : [`${mark}.`]),
    ...(moves === 'migrate' && !vm.dirty.known
      ? ['What it writes is not known: without a dirty rate and a working set, rounds and downtime are not either.']
      : []),
    ...(moves === 'migrate' && link ? ['The rate of the link is assumed: no source states it.'] : []),
  ];
}

/** "12 GiB in pools of 2 MiB", for a node. */
export function poolsText(pools: readonly Pool[]): string {
  const held = pools.filter(({ total }) => total > 0);
  if (held.length === 0) return 'no huge page pool';
  return held
    .map((pool) => `${size(poolPages(pool))} in pages of ${pageSizeText(pool.pageKib)} (${poolText(pool)})`)
    .join(', ');
}

/** MiB as a form has them; whole where they are. */
export const mibOf = (pages: number): number => pages / PAGES_PER_MIB;
