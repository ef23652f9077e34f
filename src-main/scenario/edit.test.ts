/** Changes by hand: what is given is no longer assumed, what is removed takes what names it with it, and errors are told. */
import { describe, expect, test } from 'vitest';
import type { DocumentEdit } from '../../shared/schema/edit.ts';
import { editSchema } from '../../shared/schema/edit.ts';
import { pagesFromMib } from '../../shared/units/index.ts';
import { canonicalText } from './canonical.ts';
import { editScenario } from './edit.ts';
import { sampleInput } from './fixture.ts';
import { readScenario } from './read.ts';
import type { Scenario, ScenarioInput } from './schema.ts';
import { statedDocument } from './stated.ts';

function scenarioOf(change: (input: ScenarioInput) => ScenarioInput = (input) => input): Scenario {
  const { value, diagnostics } = readScenario(canonicalText(change(sampleInput())), 'test');
  if (value === null) throw new Error(JSON.stringify(diagnostics));
  return value;
}

/** The change is made, and what comes of it reads as a document of its own. */
function edited(edit: DocumentEdit, scenario: Scenario = scenarioOf()) {
  const { scenario: next, diagnostics, removed } = editScenario(scenario, editSchema.parse(edit));
  if (next === null) throw new Error(JSON.stringify(diagnostics));
  expect(readScenario(canonicalText(next), 'test').value).toEqual(next);
  const stated = statedDocument(next);
  const vm = (name: string) => stated.vms.find((each) => each.name === name)!;
  return { next, stated, vm, removed };
}
const refused = (edit: DocumentEdit, scenario: Scenario = scenarioOf()): string => {
  const { scenario: next, diagnostics } = editScenario(scenario, editSchema.parse(edit));
  expect(next).toBeNull();
  return diagnostics.map(({ slug }) => slug).join();
};
const pages = pagesFromMib;

const ASSUMED = 'Where its memory lies: evenly over the nodes that its vCPUs may use, as no file states it.';
const spread = (input: ScenarioInput): ScenarioInput => ({
  ...input,
  vms: [
    ...input.vms!.slice(1),
    { name: 'guessed', host: 'left', memoryMiB: 256, running: true, assumed: [ASSUMED, 'Something else.'] },
  ],
  commands: [],
});

describe('where a VM lies', () => {
  test('is as given, page by page, and no longer assumed', () => {
    const before = scenarioOf(spread);
    expect(statedDocument(before).vms[1]).toMatchObject({ assumedPlacement: 'all', shares: null });
    const { next, vm } = edited(
      {
        ...{ type: 'placement', vm: 'guessed', backing: 'small' },
        shares: [
          { nid: 0, pages: pages(200) + 1 },
          { nid: 1, pages: pages(56) - 1 },
        ],
      },
      before,
    );
    expect(vm('guessed')).toMatchObject({
      ...{ assumedPlacement: null, backing: 'small' },
      shares: [
        { nid: 0, pages: pages(200) + 1 },
        { nid: 1, pages: pages(56) - 1 },
      ],
    });
    expect(next.vms[1]!.assumed).toEqual(['Something else.']);
  });

  test('of one whose cells are bound is kept beside their bindings', () => {
    const { vm } = edited({
      ...{ type: 'placement', vm: 'big', backing: 'transparent', shares: [{ nid: 0, pages: pages(512) }] },
    });
    expect(vm('big')).toMatchObject({ shares: [{ nid: 0, pages: pages(512) }], memnodes: [{ cell: 1 }] });
  });

  test('may be left to its policy again, and pages may come of a pool', () => {
    const given = edited(
      { type: 'placement', vm: 'guessed', backing: { poolKib: 2048 }, shares: [{ nid: 1, pages: pages(256) }] },
      scenarioOf(spread),
    );
    expect(given.vm('guessed').backing).toEqual({ poolKib: 2048 });
    const { vm } = edited({ type: 'placement', vm: 'guessed', backing: 'transparent', shares: null }, given.next);
    expect(vm('guessed')).toMatchObject({ shares: null, backing: 'transparent' });
  });

  test('that does not add up, or names no node, is refused with the reason', () => {
    const give = (nid: number, mib: number): DocumentEdit => ({
      ...{ type: 'placement', vm: 'guessed', backing: 'small', shares: [{ nid, pages: pages(mib) }] },
    });
    expect(refused(give(0, 255), scenarioOf(spread))).toBe('shares-sum');
    expect(refused(give(7, 256), scenarioOf(spread))).toContain('unknown-node');
    expect(refused({ ...give(0, 256), vm: 'nobody' } as DocumentEdit)).toBe('unknown-vm');
  });
});

test('pins, a CPU set and the rest are stated or taken away', () => {
  const { vm, next } = edited({
    ...{ type: 'pins', vm: 'big', pins: { 0: '4', 1: '5-6', 2: '' }, cpuset: '0-3', emulatorpin: null },
  });
  expect(vm('big')).toMatchObject({ pins: { 0: '4', 1: '5-6' }, cpuset: '0-3', emulatorpin: null });
  const none = edited({ type: 'pins', vm: 'big', pins: {}, cpuset: null, emulatorpin: null }, next);
  expect(none.vm('big')).toMatchObject({ pins: {}, cpuset: null });
  expect(refused({ type: 'pins', vm: 'big', pins: { 9: '0' }, cpuset: null, emulatorpin: null })).toBe(
    'vcpu-out-of-range',
  );
  expect(
    editSchema.safeParse({ type: 'pins', vm: 'big', pins: { 0: '4-' }, cpuset: null, emulatorpin: null }).success,
  ).toBe(false);
});

test('what it writes is known once it is given, and needs a working set that it has', () => {
  const scenario = scenarioOf(spread);
  expect(statedDocument(scenario).vms[1]!.dirty.known).toBe(false);
  const { vm } = edited({ type: 'dirty', vm: 'guessed', rateMibPerSec: 40, workingSetMib: 128 }, scenario);
  expect(vm('guessed').dirty).toEqual({ known: true, rateMibPerSec: 40, workingSetMib: 128 });
  expect(refused({ type: 'dirty', vm: 'guessed', rateMibPerSec: 1, workingSetMib: 0 }, scenario)).toBe(
    'working-set-missing',
  );
  expect(refused({ type: 'dirty', vm: 'guessed', rateMibPerSec: 1, workingSetMib: 999 }, scenario)).toBe(
    'working-set-too-large',
  );
});

describe('VMs', () => {
  test('are added with a name of their own, and refused where they find no room', () => {
    const add = { type: 'addVm', name: 'new', host: 'left', memoryMib: 256, vcpus: 2, shares: null } as const;
    expect(edited(add).vm('new')).toMatchObject({ host: 'left', pages: pages(256), vcpus: 2 });
    expect(refused({ ...add, name: 'big' })).toBe('name-taken');
    expect(refused({ ...add, host: 'nowhere' })).not.toBe('');
    expect(refused({ ...add, memoryMib: 4096 })).toBe('vm-larger-than-host');
  });

  test('are removed with the commands that name them', () => {
    const { next, removed } = edited({ type: 'removeVm', vm: 'big' });
    expect(next.vms.map(({ name }) => name)).toEqual(['tiny']);
    expect(next.commands.some(({ vm }) => vm === 'big')).toBe(false);
    expect(removed).toMatchObject({ vms: [], links: [] });
    expect(removed.commands).toBeGreaterThan(1);
  });

  test('that are kept apart are placed where there is room, with their binding or without', () => {
    const apart = scenarioOf((input) => ({
      ...input,
      notPlaced: [
        {
          reason: 'Node 9 is not there.',
          vm: { name: 'lost', host: 'left', memoryMiB: 128, placement: { mode: 'strict', nodes: [9] } },
        },
      ],
    }));
    expect(statedDocument(apart).notPlaced).toMatchObject([{ vm: { name: 'lost' }, reason: 'Node 9 is not there.' }]);
    expect(refused({ type: 'place', vm: 'lost', host: 'left', unbound: false }, apart)).toContain('unknown-node');
    const { stated, next } = edited({ type: 'place', vm: 'lost', host: 'left', unbound: true }, apart);
    expect(stated.notPlaced).toEqual([]);
    expect(stated.vms.at(-1)).toMatchObject({ name: 'lost', binding: null });
    expect(refused({ type: 'place', vm: 'lost', host: 'left', unbound: true }, next)).toBe('vm-placed');
    expect(edited({ type: 'removeVm', vm: 'lost' }, apart).stated.notPlaced).toEqual([]);
  });
});

describe('hosts and links', () => {
  test('a host comes with its nodes and CPUs, a link joins it', () => {
    const { next, stated } = edited({ type: 'addHost', name: 'third', nodes: 2, nodeMemoryMib: 512, cpusPerNode: 2 });
    expect(stated.hosts[2]).toMatchObject({
      name: 'third',
      nodes: [{ cpus: '0-1', pages: pages(512) }, { cpus: '2-3' }],
    });
    const linked = edited({ type: 'addLink', hosts: ['left', 'third'], rateMibPerSec: 500 }, next);
    expect(linked.stated.links[1]).toMatchObject({ hosts: ['left', 'third'], rateMibPerSec: 500, assumed: false });
    expect(refused({ type: 'addLink', hosts: ['left', 'third'], rateMibPerSec: 5 }, linked.next)).toBe('link-twice');
    expect(refused({ type: 'addHost', name: 'left', nodes: 1, nodeMemoryMib: 512, cpusPerNode: 2 })).toBe('name-taken');
  });

  test('a host goes with its links, VMs and commands, and the last one stays', () => {
    const { next, removed } = edited({ type: 'removeHost', host: 'left' });
    expect(next.hosts.map(({ name }) => name)).toEqual(['right']);
    expect(removed).toMatchObject({ vms: ['big', 'tiny'], links: ['wire'] });
    expect(next.commands).toEqual([]);
    expect(refused({ type: 'removeHost', host: 'right' }, next)).toBe('last-host');
  });

  test('a rate that is given is not assumed, and a link can go', () => {
    const assumed = scenarioOf((input) => ({ ...input, links: [{ ...input.links![0]!, assumed: true }] }));
    expect(statedDocument(assumed).links[0]!.assumed).toBe(true);
    const { stated } = edited({ type: 'link', link: 'wire', rateMibPerSec: 1250.5 }, assumed);
    expect(stated.links[0]).toMatchObject({ rateMibPerSec: 1250.5, assumed: false });
    expect(
      edited(
        { type: 'removeLink', link: 'wire' },
        scenarioOf((i) => ({ ...i, commands: [] })),
      ).stated.links,
    ).toEqual([]);
  });
});
