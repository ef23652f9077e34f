/** What is wrong with the hosts and VMs of a document, as its text states them. */
import type { FindingReport, MigrationQuestion } from '../../shared/model/finding.ts';
import { RequestDenied, runJob } from '../runtime/index.ts';
import { readScenario } from '../scenario/index.ts';

/** @param text canonical, of a sound scenario. */
export async function documentFindings(text: string, migration: MigrationQuestion | null): Promise<FindingReport> {
  const { value: scenario } = readScenario(text, 'document');
  const { report, problem } = await runJob('findings', { scenario: scenario!, migration });
  if (report === null) throw new RequestDenied(`This migration cannot be asked about: ${problem}.`);
  return report;
}
