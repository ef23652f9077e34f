/**
 * Which VMs of a document cannot be placed, and so are kept apart: known, with the reason, and not in the world.
 *
 * (a) A VM with a problem of its own (a node that its host lacks, memory that it cannot have) is kept apart.
 * (b) Where VMs do not fit together, those that do not run give way to those that do, and later ones to earlier ones.
 * (c) What is left is valid, or has problems that no VM is the cause of.
 */
import { draftOf } from './check.ts';
import type { Path, Problem } from './problem.ts';
import { sentence } from './problem.ts';
import type { Scenario, ScenarioNotPlaced, ScenarioVm } from './schema.ts';
import { validateScenario } from './validate.ts';

/** @param refused VMs that could not start for another reason than their place, by name, with the reason. */
export function withoutUnplaceable(scenario: Scenario, refused: ReadonlyMap<string, string> = new Map()): Scenario {
  const notPlaced: ScenarioNotPlaced[] = [...(scenario.notPlaced ?? [])];
  let vms = scenario.vms.filter((vm) => {
    const reason = refused.get(vm.name);
    if (reason !== undefined) notPlaced.push({ reason, vm });
    return reason === undefined;
  });
  for (;;) {
    const problems = validateScenario(draftOf({ ...scenario, vms, commands: [] }));
    const unplaceable = new Map<number, string>();
    for (const problem of problems) {
      if (problem.severity !== 'error' && !isRefusedPin(problem, vms)) continue;
      const index = vmOf(problem.path) ?? lastToFit(scenario, vms, problem);
      if (index !== null && !unplaceable.has(index)) unplaceable.set(index, textOf(problem));
    }
    if (unplaceable.size === 0) break;
    for (const [index, text] of unplaceable) {
      const vm = vms[index]!;
      notPlaced.push({ reason: text, vm });
    }
    vms = vms.filter((_, index) => !unplaceable.has(index));
  }
  const names = new Set(notPlaced.map(({ vm }) => vm.name));
  const commands = scenario.commands.filter((command) => !names.has(command.vm));
  return { ...scenario, vms, commands, ...(notPlaced.length === 0 ? {} : { notPlaced }) };
}

/** libvirt starts no VM that is pinned to a CPU which is not there; one that runs had it once. */
const isRefusedPin = ({ slug, path }: Problem, vms: readonly ScenarioVm[]): boolean =>
  slug === 'unknown-cpu' && vms[Number(path[1])]?.running !== true;

const vmOf = (path: Path): number | null => (path[0] === 'vms' && typeof path[1] === 'number' ? path[1] : null);

/** Of VMs that do not fit on a host together, the one that gives way. */
function lastToFit(scenario: Scenario, vms: readonly ScenarioVm[], { slug, path }: Problem): number | null {
  if (slug !== 'host-overcommitted') return null;
  const host = scenario.hosts[Number(path[1])]?.name;
  const there = vms.map((vm, index) => ({ vm, index })).filter(({ vm }) => vm.host === host);
  const stopped = there.filter(({ vm }) => vm.running === false);
  return (stopped.at(-1) ?? there.at(-1))?.index ?? null;
}

function textOf({ message, found, expected }: Problem): string {
  const details = [found === undefined ? '' : `found ${found}`, expected === undefined ? '' : `expected ${expected}`];
  const shown = details.filter((text) => text !== '').join('; ');
  return sentence(shown === '' ? message : `${message} (${shown})`);
}
