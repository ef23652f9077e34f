/** The job that says what is wrong with the hosts and VMs of a scenario. Stopped, it has no output. */
import type { MigrationQuestion } from '../../shared/model/finding.ts';
import type { FindingAnswer } from '../findings/index.ts';
import { findingReport } from '../findings/index.ts';
import type { Scenario } from '../scenario/index.ts';
import type { JobSteps } from './job.ts';

export interface FindingsInput {
  readonly scenario: Scenario;
  /** Of a migration the checks are asked, too. */
  readonly migration: MigrationQuestion | null;
}

export function* findings({ scenario, migration }: FindingsInput): JobSteps<null, FindingAnswer> {
  yield () => null;
  return findingReport(scenario, migration);
}
