/** All that is found in a scenario, with what was assumed and what could not be tested. */
import { COMMANDS } from '../../shared/model/command.ts';
import type { FindingReport, MigrationQuestion } from '../../shared/model/finding.ts';
import { bytesFromMib } from '../../shared/units/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { assumptionsOf } from '../scenario/index.ts';
import type { MigrationFacts } from './facts.ts';
import { findAll } from './find.ts';
import { factsOf } from './from-scenario.ts';

/** A report, or why the migration cannot be asked about. */
export type FindingAnswer =
  { readonly report: FindingReport; readonly problem: null } | { readonly report: null; readonly problem: string };

export function findingReport(scenario: Scenario, question: MigrationQuestion | null): FindingAnswer {
  const migration = question === null ? null : migrationOf(scenario, question);
  if (typeof migration === 'string') return { report: null, problem: migration };
  const { findings, notTested, tested } = findAll(factsOf(scenario, migration));
  return { report: { findings, assumed: assumptionsOf(scenario), notTested, tested }, problem: null };
}

/** What the question leaves open is taken from the scenario, where a source or a person stated it. */
function migrationOf(scenario: Scenario, question: MigrationQuestion): MigrationFacts | string {
  const { vm: name, toHost } = question;
  const vm = [...scenario.vms, ...(scenario.notPlaced ?? []).map((one) => one.vm)].find((one) => one.name === name);
  if (vm === undefined) return `there is no VM "${name}"`;
  const hosts = scenario.hosts.map((host) => host.name);
  if (!hosts.includes(toHost)) return `there is no host "${toHost}"; there are ${hosts.join(', ')}`;
  const link = scenario.links.find((each) => each.hosts.includes(vm.host) && each.hosts.includes(toHost));
  const isRateStated = vm.dirty.rateMiBps > 0;
  const rate = question.dirtyMibPerSec ?? (isRateStated ? vm.dirty.rateMiBps : null);
  const set = question.workingSetMib ?? (isRateStated ? vm.dirty.workingSetMiB : null);
  // A link that an importer made up says nothing of whether a migration ends.
  const carries = link === undefined || link.assumed === true ? null : link.bandwidthMiBps;
  const bytes = (mib: number | null): number | null => (mib === null ? null : bytesFromMib(mib));
  return {
    vm: name,
    to: toHost,
    linkBytesPerSec: bytes(question.linkMibPerSec ?? carries),
    dirtyBytesPerSec: bytes(rate),
    workingSetBytes: bytes(set),
    downtimeLimitMs: question.downtimeLimitMs ?? COMMANDS.migrate.numbers.downtimeLimitMs.default,
  };
}
