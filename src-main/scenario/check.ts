/**
 * What the checks of a scenario share: the draft under test, its parts by name, and the list of problems.
 *
 * A part that did not pass the schema is `null` in a draft; parts that depend on it are not checked.
 */
import type { ScenarioCommand } from '../../shared/schema/command.ts';
import { formatIdList } from './id-list.ts';
import { nameHint, newHintBudget } from './name-hint.ts';
import type { Path, Problem } from './problem.ts';
import type { Scenario, ScenarioDistances, ScenarioHost, ScenarioLink, ScenarioVm } from './schema.ts';

export interface Draft {
  readonly tickMs: number;
  readonly hosts: readonly (ScenarioHost | null)[];
  readonly links: readonly (ScenarioLink | null)[];
  readonly vms: readonly (ScenarioVm | null)[];
  readonly commands: readonly (ScenarioCommand | null)[];
  /** Names of the parts that are null: they exist, though nothing else is known of them. */
  readonly unreadNames: ReadonlySet<string>;
  /** A list of hosts or VMs, or the name of one, could not be read: any name may be right. */
  readonly namesUnknown: boolean;
}

/** Where problems are reported. */
export interface Check {
  readonly draft: Draft;
  readonly hosts: ReadonlyMap<string, ScenarioHost>;
  readonly vms: ReadonlyMap<string, ScenarioVm>;
  add(problem: Problem): void;
  /** An error. */
  error(slug: string, path: Path, message: string, more?: Partial<Problem>): void;
  /** False, and an error, when no part has this name. */
  named(kind: 'host' | 'vm', name: string, path: Path): boolean;
}

export const draftOf = (scenario: Scenario): Draft => ({ ...scenario, unreadNames: new Set(), namesUnknown: false });

export function newCheck(draft: Draft, problems: Problem[]): Check {
  // The first of a name counts; the others are reported by uniqueNames.
  const byName = <T extends { readonly name: string }>(parts: readonly (T | null)[]): Map<string, T> =>
    new Map(
      parts
        .filter((part) => part !== null)
        .reverse()
        .map((part) => [part.name, part]),
    );
  const hints = newHintBudget();
  const hosts = byName(draft.hosts);
  const vms = byName(draft.vms);
  const add = (problem: Problem): void => void problems.push(problem);
  const error: Check['error'] = (slug, path, message, more = {}) =>
    add({ ...more, severity: 'error', slug, path, message });
  return {
    draft,
    hosts,
    vms,
    add,
    error,
    named(kind, name, path) {
      const known = kind === 'host' ? hosts : vms;
      if (known.has(name)) return true;
      if (draft.namesUnknown || draft.unreadNames.has(name)) return false;
      const word = kind === 'host' ? 'host' : 'VM';
      error(`unknown-${kind}`, path, `there is no ${word} "${name}"`, nameHint(name, [...known.keys()], hints));
      return false;
    },
  };
}

/** A square matrix over distinct ids; `all`: over exactly the known ones, otherwise over some of them. */
export function validateDistances(
  check: Check,
  d: ScenarioDistances,
  path: Path,
  known: readonly number[],
  all: boolean,
): void {
  const seen = new Set<number>();
  d.ids.forEach((id, i) => {
    if (seen.has(id)) check.error('distances-ids', [...path, 'ids', i], `id ${id} is given twice`);
    else if (!known.includes(id))
      check.error('distances-ids', [...path, 'ids', i], `there is no node ${id}`, {
        expected: `ids of ${formatIdList(known)}`,
      });
    seen.add(id);
  });
  const missing = known.filter((id) => !seen.has(id));
  if (all && missing.length > 0)
    check.error('distances-ids', [...path, 'ids'], `the distances of node ${formatIdList(missing)} are missing`);
  if (d.matrix.length !== d.ids.length) {
    check.error('distances-shape', [...path, 'matrix'], 'the matrix is not square over the ids', {
      found: `${d.matrix.length} rows`,
      expected: `${d.ids.length} rows`,
    });
  }
  d.matrix.forEach((row, i) => {
    if (row.length !== d.ids.length)
      check.error('distances-shape', [...path, 'matrix', i], 'the matrix is not square over the ids', {
        found: `${row.length} values`,
        expected: `${d.ids.length} values`,
      });
    if (row[i] !== undefined && row[i] !== 10)
      check.add({
        severity: 'warning',
        slug: 'distances-local',
        path: [...path, 'matrix', i, i],
        message: `the distance of node ${d.ids[i]} to itself is ${row[i]}; firmware says 10`,
        found: `${row[i]}`,
        expected: '10',
      });
  });
}
