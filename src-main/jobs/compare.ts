/**
 * The job that runs a scenario several times with one guest varied, and reports what that changes. Stopped, it has no
 * output.
 */
import type { Comparison } from '../../shared/model/comparison.ts';
import type { CompareProgress } from '../engine/index.ts';
import { compareInParts } from '../engine/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { toWorldConfig } from '../scenario/index.ts';
import type { JobSteps } from './job.ts';

export interface CompareInput {
  /** A sound scenario whose VMs fit. */
  readonly scenario: Scenario;
  readonly vm: string;
  readonly of: Comparison['of'];
  readonly until: number | 'converged';
  /** With until converged. */
  readonly maxTicks: number;
}

export function* compareGuest({ scenario, ...options }: CompareInput): JobSteps<CompareProgress, Comparison> {
  let latest: CompareProgress = { variant: 0, variants: 0, name: 'this', tick: 0 };
  const onProgress = (progress: CompareProgress): void => void (latest = progress);
  const parts = compareInParts(toWorldConfig(scenario), { ...options, onProgress });
  for (let part = parts.next(); ; part = parts.next()) {
    if (part.done === true) return part.value;
    yield () => latest;
  }
}
