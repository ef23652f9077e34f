/**
 * Reads a question: text in, a request that agrees with its scenario or every problem with its place out.
 *
 * (a) Form first; what the form leaves sound is then held against the scenario: names, places, sizes.
 * (b) Nothing is loaded partly, and nothing is ever thrown.
 */
import type { Diagnostic, Read } from '../../../shared/errors/index.ts';
import { hasErrors } from '../../../shared/errors/index.ts';
import { MAX_DEPTH, MAX_DIAGNOSTICS, MAX_TEXT_CHARS, MAX_VALUES } from '../../../shared/model/limit.ts';
import { problemsOfIssues } from '../../scenario/form-problem.ts';
import { nameHint, newHintBudget } from '../../scenario/name-hint.ts';
import type { Path, Problem } from '../../scenario/problem.ts';
import { diagnosticOf, sentence } from '../../scenario/problem.ts';
import { pagesOf } from '../../scenario/quantity.ts';
import type { Scenario, ScenarioVm } from '../../scenario/schema.ts';
import { vmSchema } from '../../scenario/schema.ts';
import { madeVisible } from '../../scenario/steering.ts';
import { excessOffset, parseText, textPlaces, valueOf } from '../../scenario/text-place.ts';
import { draftOf, newCheck } from '../../scenario/check.ts';
import { validateVm } from '../../scenario/validate-vm.ts';
import type { Goal, Limits, RequestDocument, Rule } from './request-schema.ts';
import { requestSchema } from './request-schema.ts';

/** A question that agrees with its scenario. */
export interface Request {
  readonly goal: Goal;
  /** On the first host of the scenario, for want of another. */
  readonly newVms: readonly ScenarioVm[];
  /** By VM, the page size of the pool that all of it is taken from. */
  readonly hugepagesKiB: ReadonlyMap<string, number>;
  readonly rules: readonly Rule[];
  readonly limits: Limits;
}

/**
 * The pools that a request takes VMs from, before it is read: its scenario is read with them. Of a text that is no request
 * none; what is wrong with it is found by `readRequest`.
 */
export function poolsOfRequest(text: string): ReadonlyMap<string, number> {
  if (text.length > MAX_TEXT_CHARS || excessOffset(text) !== null) return new Map();
  const { root } = parseText(text.replace(/^\ufeff/, ' '));
  const pools = root?.children?.find(({ children }) => children?.[0]?.value === 'hugepagesKiB')?.children?.[1];
  const named = (pools?.children ?? []).flatMap(({ children = [] }): [string, number][] => {
    const [name, sizeKib] = children.map((child): unknown => child.value);
    return typeof name === 'string' && typeof sizeKib === 'number' && sizeKib > 4 ? [[name, sizeKib]] : [];
  });
  return new Map(named);
}

/** @param file the name of the text in the places of problems. */
export function readRequest(text: string, file: string, scenario: Scenario): Read<Request> {
  const refused = (slug: string, message: string, offset = 0): Read<Request> => ({
    value: null,
    diagnostics: [{ severity: 'error', slug, message: sentence(message), where: places.at(offset) }],
  });
  const json = text.slice(0, MAX_TEXT_CHARS + 1).replace(/^\ufeff/, ' ');
  const places = textPlaces(json, file);
  if (text.length > MAX_TEXT_CHARS) return refused('text-too-large', `at most ${MAX_TEXT_CHARS} characters are read`);
  const excess = excessOffset(json);
  if (excess !== null)
    return excess.what === 'depth'
      ? refused('text-too-deep', `values are nested more than ${MAX_DEPTH} deep here`, excess.offset)
      : refused('text-too-many-values', `the document has more than ${MAX_VALUES} values`, excess.offset);
  const { root, problems: syntax } = parseText(json);
  if (root === null || syntax.length > 0)
    return {
      value: null,
      diagnostics: syntax.map(({ message, offset }) => ({
        severity: 'error',
        slug: 'json-syntax',
        message: sentence(message),
        where: places.at(offset),
      })),
    };
  const problems: Problem[] = [];
  const value = madeVisible(valueOf(root, [], problems), [], problems);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'pageshiftRequest'))
    return refused('not-a-request', 'this is not a question: it has no "pageshiftRequest": 1', root.offset);
  const parsed = requestSchema.safeParse(value);
  let request: Request | null = null;
  if (parsed.success) request = agreed(parsed.data, scenario, problems);
  else problems.push(...problemsOfIssues(parsed.error.issues, value, requestSchema));
  const diagnostics: Diagnostic[] = problems
    .slice(0, MAX_DIAGNOSTICS)
    .map((problem) => diagnosticOf(problem, places.of(root, problem)));
  return { value: hasErrors(diagnostics) ? null : request, diagnostics };
}

/** Holds a document of the right form against its scenario. */
function agreed(document: RequestDocument, scenario: Scenario, problems: Problem[]): Request {
  const error = (slug: string, path: Path, message: string, more: Partial<Problem> = {}): void =>
    void problems.push({ ...more, severity: 'error', slug, path, message });
  const newVms = newVmsOf(document, scenario, problems, error);
  const known = new Map([...scenario.vms, ...newVms].map((vm) => [vm.name, vm]));
  const hints = newHintBudget();
  const needVm = (name: string, path: Path): void => {
    if (!known.has(name))
      error('unknown-vm', path, `there is no VM "${name}"`, nameHint(name, [...known.keys()], hints));
  };
  const hosts = new Set(scenario.hosts.map(({ name }) => name));
  const nodes = new Set(scenario.hosts.flatMap(({ name, nodes: of }) => of.map(({ nid }) => `${name}/${nid}`)));
  const needPlace = (place: string, path: Path, nodeAlone = false): void => {
    if (nodes.has(place) || (!nodeAlone && hosts.has(place))) return;
    const what = nodeAlone ? 'node' : 'host or node';
    const names = nodeAlone ? [...nodes] : [...hosts, ...nodes];
    error('unknown-place', path, `there is no ${what} "${place}"`, nameHint(place, names, hints));
  };
  const { goal } = document;
  switch (goal.type) {
    case 'fit':
      needVm(goal.vm, ['goal', 'vm']);
      if (scenario.vms.some(({ name }) => name === goal.vm))
        error('vm-not-new', ['goal', 'vm'], `VM "${goal.vm}" runs already; a new VM is fitted`);
      break;
    case 'one-node':
      needVm(goal.vm, ['goal', 'vm']);
      break;
    case 'drain':
      goal.places.forEach((place, i) => needPlace(place, ['goal', 'places', i]));
      break;
    case 'huge-pages': {
      needPlace(goal.place, ['goal', 'place'], true);
      const pool = poolPages(scenario, goal.place, goal.pageKiB);
      if (pool !== null && goal.pageKiB > 4 && goal.pages > pool)
        error(
          'pool-too-small',
          ['goal', 'pages'],
          `the pool of ${goal.pageKiB} KiB pages on ${goal.place} is smaller`,
          {
            found: `${goal.pages}`,
            expected: `at most ${pool}`,
          },
        );
      break;
    }
    case 'swap':
      goal.want.forEach(({ vm, place }, i) => {
        needVm(vm, ['goal', 'want', i, 'vm']);
        needPlace(place, ['goal', 'want', i, 'place']);
      });
      break;
  }
  document.rules.forEach((rule, i) => {
    if ('vms' in rule) rule.vms.forEach((vm, k) => needVm(vm, ['rules', i, 'vms', k]));
    if ('places' in rule) rule.places.forEach((place, k) => needPlace(place, ['rules', i, 'places', k]));
  });
  for (const [name, sizeKiB] of Object.entries(document.hugepagesKiB)) {
    needVm(name, ['hugepagesKiB']);
    const said = known.get(name)?.hugepages ?? [];
    const other = said.find((each) => each.sizeKiB !== sizeKiB && each.sizeKiB > 4);
    if (other !== undefined)
      error('hugepages-disagree', ['hugepagesKiB', name], `the scenario takes VM "${name}" from another pool`, {
        found: `${sizeKiB}`,
        expected: `${other.sizeKiB}`,
      });
  }
  const { rules, limits } = document;
  return { goal, newVms, hugepagesKiB: new Map(Object.entries(document.hugepagesKiB)), rules, limits };
}

/** Pages of a pool of a node; null where there is no such node. */
function poolPages(scenario: Scenario, place: string, sizeKiB: number): number | null {
  for (const host of scenario.hosts)
    for (const node of host.nodes)
      if (`${host.name}/${node.nid}` === place)
        return (node.hugepages ?? []).reduce((sum, pool) => sum + (pool.sizeKiB === sizeKiB ? pool.count : 0), 0);
  return null;
}

type Report = (slug: string, path: Path, message: string, more?: Partial<Problem>) => void;

/** New VMs are checked as those of a scenario are, on its first host. */
function newVmsOf(document: RequestDocument, scenario: Scenario, problems: Problem[], error: Report): ScenarioVm[] {
  const taken = new Set(scenario.vms.map(({ name }) => name));
  const host = scenario.hosts[0]!.name;
  const newVms: ScenarioVm[] = [];
  document.newVms.forEach((written, i) => {
    const path: Path = ['newVms', i];
    for (const key of ['host', 'placement'])
      if (Object.hasOwn(written, key)) {
        error('key-unknown', path, `a new VM has no "${key}": that is what is asked`);
        return;
      }
    const value = { ...written, host };
    const parsed = vmSchema.safeParse(value);
    if (!parsed.success) {
      const found = problemsOfIssues(parsed.error.issues, value, vmSchema);
      problems.push(...found.map((problem) => ({ ...problem, path: [...path, ...problem.path] })));
      return;
    }
    const vm = parsed.data;
    if (taken.has(vm.name)) error('name-duplicate', [...path, 'name'], `there is a VM "${vm.name}" already`);
    taken.add(vm.name);
    const before = problems.length;
    validateVm(newCheck(draftOf(scenario), problems), vm, path);
    if (problems.length === before && pagesOf(vm) % 256 !== 0)
      error('not-whole-mib', path, `the memory of VM "${vm.name}" is not whole MiB`);
    newVms.push(vm);
  });
  return newVms;
}
