/** A plan in sentences: what is best, what moves, and why something does not fit. */
import type { FleetAnswer, ObjectiveName, ObjectiveValue, PlanAnswer, PlanMove, WhyNot } from '../../model/plan.ts';
import { count, decimal, plural } from '../number-format.ts';

const STATUS: Readonly<Record<PlanAnswer['status'], string>> = {
  optimal: 'This plan is the best there is',
  feasible: 'This is a plan; a better one may exist',
  infeasible: 'There is no plan',
  unknown: 'No plan was found, and none is ruled out',
};

const OBJECTIVES: Readonly<Record<ObjectiveName, (value: number) => string>> = {
  unplaced: (value) => `${plural(value, 'VM')} not placed`,
  hostsUsed: (value) => `${plural(value, 'host')} used`,
  movedMiB: (value) => `${count(value)} MiB moved`,
  distance: (value) => `distance ${count(value)} over all pairs of cells`,
};

export const objectiveText = (values: readonly ObjectiveValue[]): string =>
  values.map(({ name, value }) => OBJECTIVES[name](value)).join(', ');

/** What is said of every answer before its details. */
function headLines({
  status,
  objective,
  bound,
  provedBy,
  doNothing,
}: Omit<PlanAnswer, 'moves' | 'placement'>): string[] {
  const lines = [`${STATUS[status]}${provedBy === null ? '' : ` (proved by ${provedBy})`}.`];
  if (objective !== null) lines.push(`Objective: ${objectiveText(objective)}.`);
  if (status === 'feasible' && bound !== null) lines.push(`Proved bound: ${objectiveText(bound)}.`);
  if (objective !== null && doNothing !== null) lines.push(`Doing nothing: ${objectiveText(doNothing)}.`);
  return lines;
}

/** Classes that are listed. */
const MAX_CLASSES = 20;

export function fleetText(answer: FleetAnswer): string {
  const { byClass } = answer;
  const lines = headLines(answer);
  for (const { host, vms, count: hosts } of byClass.slice(0, MAX_CLASSES)) {
    const each = Object.entries(vms).map(([shape, n]) => `${n} of shape ${shape}`);
    lines.push(`  ${plural(hosts, 'host')} of shape ${host} with ${each.join(', ')}`);
  }
  if (byClass.length > MAX_CLASSES)
    lines.push(`  and ${plural(byClass.length - MAX_CLASSES, 'class', 'classes')} more`);
  return `${lines.join('\n')}\n`;
}

export function planText(answer: PlanAnswer): string {
  const { objective, moves, whyNot } = answer;
  const lines = headLines(answer);
  if (objective !== null) {
    lines.push(moves.length === 0 ? 'Nothing moves.' : `${plural(moves.length, 'step')}:`);
    lines.push(...moves.map((move) => `  ${moveText(move)}`));
  }
  if (whyNot.length > 0) lines.push('Why not:', ...whyNot.map((why) => `  ${whyNotText(why)}`));
  return `${lines.join('\n')}\n`;
}

const amounts = (places: Readonly<Record<string, number>>): string =>
  Object.entries(places)
    .map(([place, mib]) => `${place} (${count(mib)} MiB)`)
    .join(', ');

function moveText({ id, type, vm, movedMiB, startMs, endMs, cells }: PlanMove): string {
  const to = cells.map(({ to: places }) => amounts(places)).join('; ');
  const verb = type === 'start' ? 'start' : type === 'compact' ? 'move' : 'migrate';
  const time = type === 'start' ? '' : `: ${count(movedMiB)} MiB, ${decimal((endMs - startMs) / 1000)} s`;
  return `${id}. at ${decimal(startMs / 1000)} s ${verb} ${vm} to ${to}${time}`;
}

const resourceText = (name: string, amount: number): string =>
  name === 'cpus'
    ? plural(amount, 'CPU')
    : name === 'MiB4'
      ? `${count(amount)} MiB`
      : `${count(amount)} MiB in pages of ${name.slice(3)} KiB`;

const shortText = (short: Readonly<Record<string, number>>): string =>
  Object.entries(short)
    .map(([name, amount]) => resourceText(name, amount))
    .join(' and ');

const cellText = ({ vm, cell }: { readonly vm: string; readonly cell: number }): string => `cell ${cell} of ${vm}`;

function whyNotText(why: WhyNot): string {
  if ('waiting' in why)
    return `Each of these needs the room that the next holds, so that none can move first: ${why.waiting.join(', ')}.`;
  if ('rules' in why)
    return `These rules contradict each other: ${why.rules.map((rule) => `/rules/${rule}`).join(', ')}.`;
  if ('jointly' in why)
    return `Each of these could be where it must be, but not all of them: ${why.jointly.map(cellText).join(', ')}.`;
  if ('byRules' in why)
    return `${cellText(why)} may not be on ${why.place}: ${why.byRules.map((rule) => `/rules/${rule}`).join(', ')}.`;
  if ('short' in why && 'place' in why)
    return `${cellText(why)} on ${why.place}: short by ${shortText(why.short)}${why.heldBy.length === 0 ? '' : `, held by ${why.heldBy.join(', ')}`}.`;
  if ('together' in why)
    return `${plural(why.together.length, 'cell')} must all be on ${why.places.join(', ') || 'no place'}, which together are short by ${shortText(why.short)}.`;
  return `${plural(why.cells.length, 'cell')} (${why.cells.map(cellText).join(', ')}) fit only on ${plural(why.places.length, 'place')}${why.places.length === 0 ? '' : ` (${why.places.join(', ')})`}.`;
}
