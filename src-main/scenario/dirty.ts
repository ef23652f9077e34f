/**
 * Whether it is known what a VM writes. A document that states nothing has the defaults, no rate and no working set; an idle
 * VM has a working set and the rate 0.
 */
import type { ScenarioVm } from './schema.ts';

export const isDirtyKnown = ({ dirty }: Pick<ScenarioVm, 'dirty'>): boolean =>
  dirty.rateMiBps > 0 || dirty.workingSetMiB > 0;
