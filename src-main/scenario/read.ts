/**
 * Reads a scenario document: text in, a scenario with its fixed defaults or every problem with its place out.
 *
 * (a) A document of a newer version is rejected before anything else is checked.
 * (b) Otherwise all problems are reported at once: form first, then meaning for the parts whose form is right.
 * (c) Nothing is loaded partly: the value is null when there is any error.
 * (d) Hostile text costs bounded time and memory (shared/model/limit.ts), and nothing is ever thrown.
 */
import type { Node } from 'jsonc-parser';
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import { DEFAULT_TICK_MS } from '../../shared/model/default.ts';
import type { Draft } from './check.ts';
import { draftOf } from './check.ts';
import { problemsOfIssues } from './form-problem.ts';
import {
  MAX_COMMANDS,
  MAX_DEPTH,
  MAX_DIAGNOSTICS,
  MAX_HOSTS,
  MAX_LINKS,
  MAX_TEXT_CHARS,
  MAX_VALUES,
  MAX_VMS,
} from '../../shared/model/limit.ts';
import { commandSchema } from '../../shared/schema/command.ts';
import type { Problem } from './problem.ts';
import { diagnosticOf, sentence, shown } from './problem.ts';
import type { Scenario } from './schema.ts';
import { hostSchema, linkSchema, SCENARIO_VERSION, scenarioSchema, vmSchema } from './schema.ts';
import { madeVisible } from './steering.ts';
import { excessOffset, parseText, textPlaces, valueOf } from './text-place.ts';
import type { TextPlaces } from './text-place.ts';
import { validateScenario } from './validate.ts';

const SECTION_CAPS = { hosts: MAX_HOSTS, links: MAX_LINKS, vms: MAX_VMS, commands: MAX_COMMANDS };

/**
 * @param text the document. @param file its name, for the places of problems.
 * @param poolKib by VM, the size of the pages of the pool that all of it is taken from, where the document leaves it out: a
 * question about placement may state it, and the document is held against it.
 */
export function readScenario(
  text: string,
  file: string,
  poolKib: ReadonlyMap<string, number> = new Map(),
): Read<Scenario> {
  if (text.length > MAX_TEXT_CHARS)
    return refused(
      { file },
      'text-too-large',
      `the document has ${text.length} characters; at most ${MAX_TEXT_CHARS} are read`,
    );
  const json = text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text;
  const places = textPlaces(json, file);
  const excess = excessOffset(json);
  if (excess !== null) {
    return excess.what === 'depth'
      ? refused(places.at(excess.offset), 'text-too-deep', `values are nested more than ${MAX_DEPTH} deep here`)
      : refused(places.at(excess.offset), 'text-too-many-values', `the document has more than ${MAX_VALUES} values`);
  }
  const { root, problems: syntax } = parseText(json);
  const version = root === null ? null : versionOf(root);
  if (root !== null && typeof version === 'number' && version > SCENARIO_VERSION) {
    const message = `this scenario is of version ${version}; this Pageshift reads version ${SCENARIO_VERSION}. Open it with a newer Pageshift`;
    return refused(places.of(root, { path: ['pageshift'] }), 'scenario-newer', message);
  }
  if (syntax.length > 0 || root === null) {
    return capped(
      syntax.map((p): Diagnostic => ({
        severity: 'error',
        slug: 'json-syntax',
        message: sentence(p.message),
        where: places.at(p.offset),
      })),
      null,
    );
  }
  if (version === undefined) {
    return refused(
      places.at(root.offset),
      'not-a-scenario',
      `this is not a Pageshift scenario: it has no "pageshift": ${SCENARIO_VERSION}`,
      { found: kindOfRoot(root) },
    );
  }
  if (version !== SCENARIO_VERSION) {
    return refused(
      places.of(root, { path: ['pageshift'] }),
      'scenario-version',
      `"pageshift" is ${shown(version)}; there is only version ${SCENARIO_VERSION}`,
    );
  }
  return readTree(root, places, poolKib);
}

const refused = (
  where: Diagnostic['where'],
  slug: string,
  message: string,
  more: Partial<Problem> = {},
): Read<Scenario> => ({
  value: null,
  diagnostics: [diagnosticOf({ severity: 'error', slug, message, path: [], ...more }, where)],
});

const MAX_SHOWN_KEYS = 5;

/** What a document that is no scenario is, in a few words. */
function kindOfRoot(root: Node): string {
  if (root.type !== 'object') return `a JSON ${root.type}`;
  const keys = (root.children ?? []).map((property) => shown(property.children?.[0]?.value));
  if (keys.length === 0) return 'an empty JSON object';
  const more = keys.length > MAX_SHOWN_KEYS ? ' and others' : '';
  return `a JSON object of ${keys.slice(0, MAX_SHOWN_KEYS).join(', ')}${more}`;
}

/** What the document says of its version; undefined when it says nothing. */
const versionOf = (root: Node): unknown =>
  root.type === 'object'
    ? root.children?.find((p) => p.children?.[0]?.value === 'pageshift')?.children?.[1]?.value
    : undefined;

/** Lists so long that looking at what is in them is not worth the time. */
function oversized(value: Record<string, unknown>): Problem[] {
  return Object.entries(SECTION_CAPS).flatMap(([section, cap]) => {
    const list = value[section];
    if (!Array.isArray(list) || list.length <= cap) return [];
    const message = `"${section}" has ${list.length} entries`;
    return [{ severity: 'error', slug: 'too-many', path: [section], message, expected: `at most ${cap}` }];
  });
}

function readTree(root: Node, places: TextPlaces, poolKib: ReadonlyMap<string, number>): Read<Scenario> {
  const problems: Problem[] = [];
  const value = madeVisible(valueOf(root, [], problems), [], problems) as Record<string, unknown>;
  const long = oversized(value);
  if (long.length > 0)
    return capped(
      [...problems, ...long].map((p) => diagnosticOf(p, places.of(root, p))),
      null,
    );
  if (poolKib.size > 0) takeFromPools(value, poolKib);
  const parsed = scenarioSchema.safeParse(value);
  if (parsed.success) problems.push(...validateScenario(draftOf(parsed.data)));
  else {
    problems.push(...problemsOfIssues(parsed.error.issues, value));
    problems.push(...validateScenario(salvage(value)));
  }
  const diagnostics = problems.map((problem) => diagnosticOf(problem, places.of(root, problem)));
  return capped(diagnostics, parsed.success ? parsed.data : null);
}

/** Enters the pools into the VMs that name none. */
function takeFromPools({ vms }: Record<string, unknown>, poolKib: ReadonlyMap<string, number>): void {
  if (!Array.isArray(vms)) return;
  for (const vm of vms as unknown[]) {
    if (typeof vm !== 'object' || vm === null) continue;
    const stated = vm as Record<string, unknown>;
    const sizeKiB = poolKib.get(stated['name'] as string);
    if (sizeKiB !== undefined && stated['hugepages'] === undefined) stated['hugepages'] = [{ sizeKiB }];
  }
}

/** Errors before the rest, then by place; no more than a person reads; no value beside an error. */
function capped(diagnostics: readonly Diagnostic[], value: Scenario | null): Read<Scenario> {
  const bad = hasErrors(diagnostics);
  const order = diagnostics
    .map((d, i) => ({ d, i }))
    .sort(
      (a, b) =>
        (a.d.where.line ?? 0) - (b.d.where.line ?? 0) || (a.d.where.column ?? 0) - (b.d.where.column ?? 0) || a.i - b.i,
    )
    .map(({ d }) => d);
  // Errors first when not all are shown, so that a flood of warnings hides none.
  const kept =
    order.length <= MAX_DIAGNOSTICS
      ? order
      : [...order.filter((d) => d.severity === 'error'), ...order.filter((d) => d.severity !== 'error')];
  const rest = kept.length - MAX_DIAGNOSTICS;
  const more: Diagnostic[] =
    rest > 0
      ? [{ severity: 'note', slug: 'more-problems', message: `And ${rest} more problems.`, where: kept[0]!.where }]
      : [];
  return { value: bad ? null : value, diagnostics: [...kept.slice(0, MAX_DIAGNOSTICS), ...more] };
}

/** The parts of a document that pass the schema one by one, so that their sense can be checked though others fail. */
function salvage(value: Record<string, unknown>): Draft {
  const unreadNames = new Set<string>();
  let namesUnknown = !Array.isArray(value['hosts']) || !Array.isArray(value['vms'] ?? []);
  const parts = <T>(
    section: 'hosts' | 'links' | 'vms' | 'commands',
    schema: { safeParse(v: unknown): { success: boolean; data?: T } },
  ): (T | null)[] => {
    const list = value[section];
    if (!Array.isArray(list)) return [];
    return list.map((part: unknown) => {
      const read = schema.safeParse(part);
      if (read.success) return read.data!;
      const name = typeof part === 'object' && part !== null ? (part as { name?: unknown }).name : undefined;
      if (typeof name === 'string') unreadNames.add(name);
      else if (section === 'hosts' || section === 'vms') namesUnknown = true;
      return null;
    });
  };
  const { tickMs } = value;
  return {
    tickMs: typeof tickMs === 'number' && tickMs >= 1 ? tickMs : DEFAULT_TICK_MS,
    hosts: parts('hosts', hostSchema),
    links: parts('links', linkSchema),
    vms: parts('vms', vmSchema),
    commands: parts('commands', commandSchema),
    unreadNames,
    namesUnknown, // after the parts, which find out
  };
}
