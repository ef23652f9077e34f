/**
 * What is wrong with these hosts and VMs, worst first.
 *
 * (a) One cause is one finding: a hit may silence other checks of the same VM (Hit.silences).
 * (b) A VM that is to migrate is asked about on its destination too, as if it were to start there; what the migration's own
 *     checks say of the destination, and what is found where it is already, is not said again.
 * (c) A check is untested of the VMs and hosts that do not state the facts it needs.
 */
import type { Finding, FindingReport, UntestedCheck } from '../../shared/model/finding.ts';
import type { Check, CheckOf, Hit } from './check.ts';
import { SAID_OF_DESTINATION } from './checks/migration.ts';
import { cannotMoveLive, MEMORY_CANNOT_MOVE_LIVE, MISPLACED } from './checks/tier.ts';
import type { PlacementFacts } from './facts.ts';
import { measureOf } from './measure.ts';
import { CHECKS } from './table.ts';
import type { VmView } from './view.ts';
import { FactsView } from './view.ts';

type About = Pick<Check, 'id' | 'rank' | 'source'>;

interface Found {
  readonly check: About;
  readonly host: string;
  readonly hit: Hit;
}

const SEVERITY_ORDER = ['error', 'warning', 'note'];

export function findAll(facts: PlacementFacts): Pick<FindingReport, 'findings' | 'notTested' | 'tested'> {
  const view = new FactsView(facts);
  const found: Found[] = [];
  const notTested: UntestedCheck[] = [];
  for (const check of CHECKS) {
    const { hits, lacking } = ask(check, view);
    // Thousands of VMs may have a hit each, more than a call takes as arguments.
    for (const hit of hits) found.push(hit);
    if (lacking.length > 0)
      notTested.push({
        id: check.id,
        title: check.title,
        of: lacking.map(({ name }) => name),
        needs: lacking[0]!.needs,
        measure: measureOf(lacking[0]!.needs),
      });
  }
  found.push(...immovable(found));
  const findings = [...unsilenced(found), ...onDestination(view, found)];
  findings.sort(
    (a, b) =>
      SEVERITY_ORDER.indexOf(a.hit.severity) - SEVERITY_ORDER.indexOf(b.hit.severity) || a.check.rank - b.check.rank,
  );
  return { findings: findings.map(published), notTested, tested: testedOf(view, notTested) };
}

/** Each once, whatever it is asked about; those of a migration where one is asked about. */
function testedOf(view: FactsView, notTested: readonly UntestedCheck[]): FindingReport['tested'] {
  const untested = new Set(notTested.map(({ id }) => id));
  const tested = new Map<string, string>();
  for (const { id, title, about } of CHECKS) {
    if (untested.has(id) || (about === 'migration' && view.migration === null)) continue;
    tested.set(id, title);
  }
  return [...tested].map(([id, title]) => ({ id, title }));
}

interface Asked {
  readonly hits: readonly Found[];
  /** Subjects that do not state the facts which the check needs, and these facts. */
  readonly lacking: readonly { readonly name: string; readonly needs: string }[];
}

function ask(check: Check, view: FactsView): Asked {
  switch (check.about) {
    case 'migration':
      return merged(
        view.migration === null ? [] : [one(check, view.migration, view.migration.vm.name, view.migration.to.name)],
      );
    case 'host':
      return merged(view.hosts.map((host) => one(check, host, host.name, host.name)));
    case 'vm':
      return merged(view.hosts.flatMap((host) => host.vms.map((vm) => one(check, vm, vm.name, host.name))));
  }
}

function one<Subject>(check: CheckOf<string, Subject>, subject: Subject, name: string, host: string): Asked {
  const needs = check.needs?.(subject) ?? null;
  return {
    hits: check.find(subject).map((hit) => ({ check, host, hit })),
    lacking: needs === null ? [] : [{ name, needs }],
  };
}

const merged = (asked: readonly Asked[]): Asked => ({
  hits: asked.flatMap(({ hits }) => hits),
  lacking: asked.flatMap(({ lacking }) => lacking),
});

/** Of the VMs whose memory was found misplaced, those that cannot be helped while they run. */
function immovable(found: readonly Found[]): Found[] {
  const misplaced = new Map<VmView, string>();
  for (const { check, host, hit } of found) {
    if (hit.vm !== undefined && MISPLACED.includes(check.id)) misplaced.set(hit.vm, host);
  }
  return [...misplaced].flatMap(([vm, host]) => {
    const hit = cannotMoveLive(vm);
    return hit === null ? [] : [{ check: MEMORY_CANNOT_MOVE_LIVE, host, hit }];
  });
}

function unsilenced(found: readonly Found[]): Found[] {
  const silenced = new Map<VmView, Set<string>>();
  for (const { hit } of found) {
    if (hit.vm === undefined || hit.silences === undefined) continue;
    const ids = silenced.get(hit.vm) ?? new Set();
    for (const id of hit.silences) ids.add(id);
    silenced.set(hit.vm, ids);
  }
  return found.filter(({ check, hit }) => hit.vm === undefined || silenced.get(hit.vm)?.has(check.id) !== true);
}

function onDestination(view: FactsView, found: readonly Found[]): Found[] {
  const { migration } = view;
  if (migration === null) return [];
  const { arriving, to } = migration;
  const said = new Set(
    found.flatMap(({ check, hit }) =>
      hit.vm?.name === arriving.name ? [check.id, ...(SAID_OF_DESTINATION[check.id] ?? [])] : [],
    ),
  );
  const there = CHECKS.flatMap((check) =>
    check.about === 'vm' ? check.find(arriving).map((hit) => ({ check, host: to.name, hit })) : [],
  );
  return unsilenced(there).filter(({ check }) => !said.has(check.id));
}

const published = ({ check, host, hit }: Found): Finding => ({
  id: check.id,
  severity: hit.severity,
  host,
  vm: hit.vm?.name ?? null,
  cell: hit.cell ?? null,
  node: hit.node ?? null,
  text: hit.text,
  source: check.source,
  remedy: hit.remedy,
});
