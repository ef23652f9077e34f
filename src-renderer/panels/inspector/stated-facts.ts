/** What the document states of a VM or a node, as lines of the inspector. */
import type { StatedDocument, StatedVm } from '../../../shared/model/stated.ts';
import { decimal, UNKNOWN } from '../../../shared/view/number-format.ts';
import {
  backingText,
  bindingText,
  pageSizeText,
  pinsText,
  placementMark,
  poolPages,
  poolText,
} from '../../../shared/view/words/index.ts';
import type { Fact } from '../../ui/fact.ts';

interface FactGroup {
  readonly title: string;
  readonly facts: readonly Fact[];
}

export function statedVmFacts(vm: StatedVm): FactGroup {
  const { rateMibPerSec, workingSetMib, known } = vm.dirty;
  const mark = placementMark(vm);
  const start = vm.shares === null ? 'by its policy' : vm.measured ? 'as measured' : 'as given';
  return {
    title: 'As stated',
    facts: [
      {
        name: 'starts',
        text: mark === null ? start : vm.assumedPlacement === 'all' ? 'evenly' : 'as measured',
        ...(mark === null ? {} : { assumed: mark }),
      },
      { name: 'memory policy', text: bindingText(vm) ?? 'none' },
      { name: 'vCPUs', text: pinsText(vm) ?? 'may run anywhere' },
      ...(vm.emulatorpin === null ? [] : [{ name: 'QEMU threads', text: `on ${vm.emulatorpin}` }]),
      { name: 'backed by', text: backingText(vm.backing) },
      {
        name: 'writes',
        ...(known
          ? { text: `${decimal(rateMibPerSec)} MiB/s over ${decimal(workingSetMib)} MiB` }
          : { text: `${UNKNOWN} not known`, tone: 'warn' as const }),
      },
    ],
  };
}

type StatedNode = StatedDocument['hosts'][number]['nodes'][number];

/** Huge page pools by size; null: nothing states whether there are any. */
export function statedNodeFacts({ pools }: StatedNode): FactGroup | null {
  if (pools === null) return null;
  const held = pools.filter(({ total }) => total > 0);
  return {
    title: 'Huge page pools',
    facts:
      held.length === 0
        ? [{ name: 'none', text: '0' }]
        : held.map((pool) => ({
            name: `pages of ${pageSizeText(pool.pageKib)}`,
            hint: 'Memory set aside by the host for pages of this size',
            pages: poolPages(pool),
            more: poolText(pool),
          })),
  };
}
