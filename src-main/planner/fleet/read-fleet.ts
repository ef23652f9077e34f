/** Reads a fleet, and the question about it. Such a text has no lines to point at: places are paths. */
import type { Diagnostic, Read } from '../../../shared/errors/index.ts';
import { problemsOfIssues } from '../../scenario/form-problem.ts';
import type { Problem } from '../../scenario/problem.ts';
import { diagnosticOf, pointerOf } from '../../scenario/problem.ts';
import type { RequestDocument } from '../question/request-schema.ts';
import { requestSchema } from '../question/request-schema.ts';
import type { Fleet } from './fleet-schema.ts';
import { fleetSchema } from './fleet-schema.ts';

const MAX_FLEET_CHARS = 2 ** 26;
const MAX_PROBLEMS = 50;

export interface FleetQuestion {
  readonly fleet: Fleet;
  readonly goal: RequestDocument['goal'];
  readonly cpuOvercommit: number;
}

/** @param request null: place all. */
export function readFleet(
  text: string,
  file: string,
  request: { readonly text: string; readonly file: string } | null,
): Read<FleetQuestion> {
  const read = json(text, file);
  if ('diagnostics' in read) return { value: null, diagnostics: read.diagnostics };
  const fleet = fleetSchema.safeParse(read.value);
  if (!fleet.success) return failed(problemsOfIssues(fleet.error.issues, read.value, fleetSchema), file);
  const problems = disagreements(fleet.data);
  if (problems.length > 0) return failed(problems, file);
  if (request === null)
    return { value: { fleet: fleet.data, goal: { type: 'place' }, cpuOvercommit: 1 }, diagnostics: [] };
  const asked = json(request.text, request.file);
  if ('diagnostics' in asked) return { value: null, diagnostics: asked.diagnostics };
  const parsed = requestSchema.safeParse(asked.value);
  if (!parsed.success) return failed(problemsOfIssues(parsed.error.issues, asked.value, requestSchema), request.file);
  const { goal, newVms, rules, hugepagesKiB, limits } = parsed.data;
  const wrong: Problem[] = [];
  const refuse = (path: string, message: string): void => void wrong.push({ severity: 'error', slug: 'not-of-a-fleet', path: [path], message }); // prettier-ignore
  if (!['place', 'consolidate', 'drain', 'rebalance'].includes(goal.type))
    refuse('goal', `"${goal.type}" is not asked of a fleet: place, consolidate, drain and rebalance are`);
  if (newVms.length > 0) refuse('newVms', 'the new VMs of a fleet are those that run nowhere');
  if (rules.length > 0) refuse('rules', 'a fleet has no rules');
  if (Object.keys(hugepagesKiB).length > 0) refuse('hugepagesKiB', 'a fleet has no pools');
  if (goal.type === 'drain') {
    const hosts = hostCount(fleet.data);
    for (const place of goal.places)
      if (!/^h\d+$/.test(place) || Number(place.slice(1)) >= hosts) refuse('goal', `there is no host "${place}"; hosts are h0 to h${hosts - 1}`); // prettier-ignore
  }
  if (wrong.length > 0) return failed(wrong, request.file);
  return { value: { fleet: fleet.data, goal, cpuOvercommit: limits.cpuOvercommit }, diagnostics: [] };
}

const hostCount = ({ hosts }: Fleet): number => hosts.reduce((sum, [, count]) => sum + count, 0);

function json(text: string, file: string): { readonly value: unknown } | { readonly diagnostics: Diagnostic[] } {
  const error = (slug: string, message: string): { readonly diagnostics: Diagnostic[] } => ({
    diagnostics: [{ severity: 'error', slug, message, where: { file } }],
  });
  if (text.length > MAX_FLEET_CHARS) return error('text-too-large', `At most ${MAX_FLEET_CHARS} characters are read.`);
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return error('json-syntax', 'This is not JSON.');
  }
}

const failed = (problems: readonly Problem[], file: string): Read<never> => ({
  value: null,
  diagnostics: problems.slice(0, MAX_PROBLEMS).map((problem) => {
    const path = pointerOf(problem.path);
    return diagnosticOf(problem, { file, ...(path === '' ? {} : { path }) });
  }),
});

/** Shapes and hosts that are named must be there. */
function disagreements({ hostShapes, hosts, vmShapes, vms, at }: Fleet): Problem[] {
  const problems: Problem[] = [];
  const error = (path: (string | number)[], message: string): void =>
    void (
      problems.length < MAX_PROBLEMS && problems.push({ severity: 'error', slug: 'fleet-reference', path, message })
    );
  hosts.forEach(([shape], i) => {
    if (shape >= hostShapes.length) error(['hosts', i, 0], `there is no host shape ${shape}`);
  });
  vms.forEach((shape, i) => {
    if (shape >= vmShapes.length) error(['vms', i], `there is no VM shape ${shape}`);
  });
  if (at !== undefined && at.length !== vms.length)
    error(['at'], `there are ${vms.length} VMs, and ${at.length} say where they run`);
  const count = hosts.reduce((sum, [, of]) => sum + of, 0);
  at?.forEach((host, i) => {
    if (host !== null && host >= count) error(['at', i], `there is no host h${host}`);
  });
  return problems;
}
