/**
 * Changes of a scenario by hand (shared/schema/edit.ts): scenario in, changed scenario or every reason why not out.
 *
 * (a) What a person gives is no longer assumed: the sentences about it leave the list of what was assumed.
 * (b) What is removed takes with it what names it: links, VMs, commands. `removed` tells of it.
 * (c) Problems that the scenario had before are not told again.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { DocumentEdit, EditOf } from '../../shared/schema/edit.ts';
import { kibFromPages } from '../../shared/units/index.ts';
import { isAbout } from './assumed-value.ts';
import type { AssumedValue } from './assumed-value.ts';
import { draftOf } from './check.ts';
import { problemsOfIssues } from './form-problem.ts';
import type { Problem } from './problem.ts';
import { diagnosticOf, pointerOf } from './problem.ts';
import { quantityFromPages } from './quantity.ts';
import type { Scenario, ScenarioHost, ScenarioVm } from './schema.ts';
import { hostSchema, linkSchema, scenarioSchema, vmSchema } from './schema.ts';
import { validateScenario } from './validate.ts';

export interface EditedScenario {
  /** Null: it cannot be made. */
  readonly scenario: Scenario | null;
  readonly diagnostics: readonly Diagnostic[];
  /** What goes besides: names of VMs and links, and how many commands. */
  readonly removed: { readonly vms: readonly string[]; readonly links: readonly string[]; readonly commands: number };
}

export function editScenario(scenario: Scenario, edit: DocumentEdit): EditedScenario {
  const draft = changed(scenario, edit);
  if ('problem' in draft) return refused([draft.problem]);
  const next = withoutDangling(scenario, draft.next);
  const removed = removedFrom(scenario, next, edit);
  const parsed = scenarioSchema.safeParse(next);
  if (!parsed.success) return refused(problemsOfIssues(parsed.error.issues, next));
  const known = new Set(validateScenario(draftOf(scenario)).map(textKey));
  const problems = validateScenario(draftOf(parsed.data)).filter((problem) => !known.has(textKey(problem)));
  const bad = problems.some(({ severity }) => severity === 'error');
  return { scenario: bad ? null : parsed.data, diagnostics: problems.map(told), removed };
}

const NOTHING_REMOVED = { vms: [], links: [], commands: 0 };

const refused = (problems: readonly Problem[]): EditedScenario => ({
  scenario: null,
  diagnostics: problems.map(told),
  removed: NOTHING_REMOVED,
});

const told = (problem: Problem): Diagnostic => diagnosticOf(problem, { path: pointerOf(problem.path) });
const textKey = ({ slug, message, found }: Problem): string => [slug, message, found].join('\n');

type Changed = { readonly next: Scenario } | { readonly problem: Problem };

const no = (slug: string, message: string, more: Partial<Problem> = {}): Changed => ({
  problem: { severity: 'error', slug, path: [], message, ...more },
});

function changed(scenario: Scenario, edit: DocumentEdit): Changed {
  switch (edit.type) {
    case 'placement':
      return ofVm(scenario, edit.vm, (vm) => placed(vm, edit));
    case 'pins':
      return ofVm(scenario, edit.vm, (vm) => pinned(vm, edit));
    case 'dirty':
      return ofVm(scenario, edit.vm, (vm) => ({
        ...notAssumed(vm, 'dirty'),
        dirty: { rateMiBps: edit.rateMibPerSec, workingSetMiB: edit.workingSetMib },
      }));
    case 'addVm':
      return isTaken(scenario, edit.name) ? nameTaken('VM', edit.name) : { next: withVm(scenario, edit) };
    case 'removeVm':
      return {
        next: {
          ...scenario,
          vms: scenario.vms.filter(({ name }) => name !== edit.vm),
          ...notPlacedBut(scenario, edit.vm),
        },
      };
    case 'place':
      return place(scenario, edit);
    case 'addHost':
      return scenario.hosts.some(({ name }) => name === edit.name)
        ? nameTaken('host', edit.name)
        : { next: { ...scenario, hosts: [...scenario.hosts, newHost(edit)] } };
    case 'removeHost':
      return scenario.hosts.length === 1
        ? no('last-host', 'a scenario has at least one host', { hint: 'Add another host first.' })
        : { next: { ...scenario, hosts: scenario.hosts.filter(({ name }) => name !== edit.host) } };
    case 'addLink':
      return { next: { ...scenario, links: [...scenario.links, newLink(scenario, edit)] } };
    case 'link':
      return {
        next: {
          ...scenario,
          links: scenario.links.map(({ assumed, ...link }) =>
            link.name === edit.link
              ? { ...link, bandwidthMiBps: edit.rateMibPerSec }
              : { ...link, ...(assumed === undefined ? {} : { assumed }) },
          ),
        },
      };
    case 'removeLink':
      return { next: { ...scenario, links: scenario.links.filter(({ name }) => name !== edit.link) } };
  }
}

const isTaken = (scenario: Scenario, name: string): boolean =>
  [...scenario.vms, ...(scenario.notPlaced ?? []).map(({ vm }) => vm)].some((vm) => vm.name === name);

const nameTaken = (what: string, name: string): Changed =>
  no('name-taken', `there is a ${what} "${name}" already`, { hint: 'Give another name.' });

/** A VM of the world or one that is kept apart. */
function ofVm(scenario: Scenario, name: string, change: (vm: ScenarioVm) => ScenarioVm): Changed {
  if (!isTaken(scenario, name)) return no('unknown-vm', `there is no VM "${name}"`);
  const next = (vm: ScenarioVm): ScenarioVm => (vm.name === name ? change(vm) : vm);
  const { notPlaced } = scenario;
  return {
    next: {
      ...scenario,
      vms: scenario.vms.map(next),
      ...(notPlaced === undefined ? {} : { notPlaced: notPlaced.map(({ reason, vm }) => ({ reason, vm: next(vm) })) }),
    },
  };
}

/** Without what was assumed of these values. */
function notAssumed({ assumed, ...vm }: ScenarioVm, ...values: readonly AssumedValue[]): ScenarioVm {
  const left = (assumed ?? []).filter((each) => !values.some((value) => isAbout(each, value)));
  return left.length === 0 ? vm : { ...vm, assumed: left };
}

function placed(given: ScenarioVm, { shares, backing }: EditOf<'placement'>): ScenarioVm {
  const { measured: _, hugepages: __, ...vm } = notAssumed(given, 'placement', 'untouched');
  const pool = typeof backing === 'object' ? { hugepages: [{ sizeKiB: backing.poolKib }] } : {};
  const backed: ScenarioVm = { ...vm, ...pool, backing: { pageKiB: backing === 'small' ? 4 : 2048 } };
  if (shares === null) {
    const { binding } = vm;
    const bound = binding !== undefined && binding.mode !== 'restrictive' ? { ...binding, mode: binding.mode } : null;
    return { ...backed, placement: vm.placement.mode === 'shares' ? (bound ?? { mode: 'spread' }) : vm.placement };
  }
  const held = shares.filter((share) => share.pages > 0);
  // Cells that are bound each have a place of their own; where all of it lies is told as what is measured is.
  if (vm.memnodes.length > 0)
    return {
      ...backed,
      running: true,
      measured: { nodes: held.map(({ nid, pages }) => ({ node: nid, memoryKiB: kibFromPages(pages) })) },
    };
  const binding = keptBinding(given);
  return {
    ...backed,
    ...binding,
    placement: {
      mode: 'shares',
      shares: held.map(({ nid, pages }) => ({ node: nid, ...quantityFromPages(pages) })),
      scatter: true,
    },
  };
}

/** A placement that was a policy goes on binding it. */
function keptBinding({ binding, placement }: ScenarioVm): Pick<ScenarioVm, 'binding'> {
  if (binding !== undefined || placement.mode === 'spread' || placement.mode === 'shares') return {};
  return { binding: { mode: placement.mode, nodes: placement.nodes } };
}

function pinned(given: ScenarioVm, { pins, cpuset, emulatorpin }: EditOf<'pins'>): ScenarioVm {
  const { vcpupin: _, cpuset: __, emulatorpin: ___, ...vm } = given;
  const stated = Object.fromEntries(Object.entries(pins).filter(([, cpus]) => cpus !== ''));
  return {
    ...vm,
    ...(Object.keys(stated).length === 0 ? {} : { vcpupin: stated }),
    ...(cpuset === null || cpuset === '' ? {} : { cpuset }),
    ...(emulatorpin === null || emulatorpin === '' ? {} : { emulatorpin }),
  };
}

function withVm(scenario: Scenario, { name, host, memoryMib, vcpus, shares }: EditOf<'addVm'>): Scenario {
  const placement =
    shares === null
      ? {}
      : {
          placement: {
            mode: 'shares' as const,
            shares: shares
              .filter((share) => share.pages > 0)
              .map(({ nid, pages }) => ({ node: nid, ...quantityFromPages(pages) })),
          },
        };
  return {
    ...scenario,
    vms: [...scenario.vms, vmSchema.parse({ name, host, memoryMiB: memoryMib, vcpus, ...placement })],
  };
}

/** The list of VMs that are kept apart, without one; none is no list. */
function notPlacedBut(scenario: Scenario, name: string): Pick<Scenario, 'notPlaced'> {
  const left = (scenario.notPlaced ?? []).filter(({ vm }) => vm.name !== name);
  return { notPlaced: left.length === 0 ? undefined : left };
}

function place(scenario: Scenario, { vm: name, host, unbound }: EditOf<'place'>): Changed {
  const apart = (scenario.notPlaced ?? []).find(({ vm }) => vm.name === name);
  if (apart === undefined) return no('vm-placed', `VM "${name}" is not among those that are kept apart`);
  const vm = { ...apart.vm, host };
  const placedVm = unbound ? withoutBinding(vm) : vm;
  return { next: { ...scenario, vms: [...scenario.vms, placedVm], ...notPlacedBut(scenario, name) } };
}

/** It starts where there is room, on nodes with CPUs. */
function withoutBinding({ binding: _, memnodes: __, ...vm }: ScenarioVm): ScenarioVm {
  return { ...vm, memnodes: [], placement: { mode: 'spread' } };
}

function newHost({ name, nodes, nodeMemoryMib, cpusPerNode }: EditOf<'addHost'>): ScenarioHost {
  const cpusOf = (nid: number): string => {
    const first = nid * cpusPerNode;
    return cpusPerNode === 0 ? '' : cpusPerNode === 1 ? `${first}` : `${first}-${first + cpusPerNode - 1}`;
  };
  return hostSchema.parse({
    name,
    nodes: Array.from({ length: nodes }, (_, nid) => ({ nid, cpus: cpusOf(nid), memoryMiB: nodeMemoryMib })),
  });
}

function newLink({ links }: Scenario, { hosts, rateMibPerSec }: EditOf<'addLink'>): Scenario['links'][number] {
  const taken = new Set(links.map(({ name }) => name));
  const base = `${hosts[0]} to ${hosts[1]}`.slice(0, 90);
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base} ${n}`;
  return linkSchema.parse({ name, hosts, bandwidthMiBps: rateMibPerSec });
}

/** Without what names a host or a VM that was there before and is there no longer. */
function withoutDangling(before: Scenario, next: Scenario): Scenario {
  const left = new Set(next.hosts.map(({ name }) => name));
  const gone = new Set(before.hosts.map(({ name }) => name).filter((name) => !left.has(name)));
  const vms = next.vms.filter(({ host }) => !gone.has(host));
  const names = new Set(vms.map(({ name }) => name));
  const apart = (next.notPlaced ?? []).filter(({ vm }) => !gone.has(vm.host));
  return {
    ...next,
    links: next.links.filter((link) => !link.hosts.some((host) => gone.has(host))),
    vms,
    notPlaced: apart.length === 0 ? undefined : apart,
    commands: next.commands.filter(
      (command) => names.has(command.vm) && !('toHost' in command && gone.has(command.toHost)),
    ),
  };
}

function removedFrom(before: Scenario, after: Scenario, edit: DocumentEdit): EditedScenario['removed'] {
  const names = (list: readonly { readonly name: string }[]): readonly string[] => list.map(({ name }) => name);
  const allVms = ({ vms, notPlaced }: Scenario): readonly ScenarioVm[] => [
    ...vms,
    ...(notPlaced ?? []).map(({ vm }) => vm),
  ];
  const left = new Set(names(allVms(after)));
  const links = new Set(names(after.links));
  return {
    vms: names(allVms(before)).filter((name) => !left.has(name) && !(edit.type === 'removeVm' && edit.vm === name)),
    links: names(before.links).filter(
      (name) => !links.has(name) && !(edit.type === 'removeLink' && edit.link === name),
    ),
    commands: before.commands.length - after.commands.length,
  };
}
