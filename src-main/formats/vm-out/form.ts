/** What every form is given of a VM, and gives back. */
import type { VmFacts } from '../facts.ts';

/** What is printed of a VM. */
export type VmToPrint = Pick<
  VmFacts,
  | 'name'
  | 'uuid'
  | 'arch'
  | 'vcpus'
  | 'vcpusCurrent'
  | 'memoryKiB'
  | 'cells'
  | 'distances'
  | 'memory'
  | 'memnodes'
  | 'vcpupin'
  | 'vcpuCpuset'
  | 'emulatorpin'
  | 'hugepages'
  | 'cpuTopology'
>;

/** A text without its head, and what it leaves out. */
export interface Printed {
  readonly text: string;
  readonly cannotSay: readonly string[];
}
