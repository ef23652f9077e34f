/** Where a command that is given comes to stand, and what is refused. That a world agrees is tested with the runtime. */
import { expect, it } from 'vitest';
import { readScenario } from './read.ts';
import { giveCommand, givenIndexes, withGiven } from './given-command.ts';
import type { ScenarioCommand } from '../../shared/schema/command.ts';
import type { Scenario } from './schema.ts';

const cancel = (at: number): ScenarioCommand => ({ at, type: 'cancelCompaction', vm: 'v' });

function base(ticks: readonly number[]): Scenario {
  const text = JSON.stringify({
    pageshift: 1,
    name: 'x',
    hosts: [{ name: 'h', nodes: [{ nid: 0, memoryMiB: 64 }] }],
    vms: [{ name: 'v', host: 'h', memoryMiB: 8 }],
    commands: ticks.map((at) => ({ at, type: 'compact', vm: 'v' })),
  });
  return readScenario(text, 'test').value!;
}

const order = (scenario: Scenario): string[] => scenario.commands.map(({ at, type }) => `${at} ${type}`);

it('stands before those of its tick that are still to come, behind those given before it', () => {
  const given = [cancel(2), cancel(5), cancel(5), cancel(9)];
  const scenario = withGiven(base([5, 3, 5, 1]), given);
  expect(order(scenario)).toEqual([
    '5 cancelCompaction',
    '5 cancelCompaction',
    '5 compact',
    '3 compact',
    '5 compact',
    '1 compact',
    '2 cancelCompaction',
    '9 cancelCompaction',
  ]);
  expect(givenIndexes(base([5, 3, 5, 1]), given)).toEqual([6, 0, 1, 7]);
  const sorted = [...scenario.commands].sort((a, b) => a.at! - b.at!);
  expect(sorted.map(({ at, type }) => `${at} ${type}`).slice(2, 6)).toEqual([
    '3 compact',
    '5 cancelCompaction',
    '5 cancelCompaction',
    '5 compact',
  ]);
});

it('knows the tick of a command that is timed in ms', () => {
  const scenario = base([]);
  const timed: Scenario = { ...scenario, commands: [{ atMs: 450, type: 'cancelCompaction', vm: 'v' }] };
  expect(withGiven(timed, [cancel(5)]).commands.map(({ at }) => at)).toEqual([5, undefined]);
});

it('is a command of the scenario, with what has a default', () => {
  const start = giveCommand(base([5]), [cancel(1)], { type: 'compact', vm: 'v' }, 4);
  expect(start.command).toEqual({ at: 4, type: 'compact', vm: 'v', nodes: null, rateMiBps: 1024 });
  expect(start.rejection).toBeNull();
});

it.each([
  [{ type: 'dance', vm: 'v' }, 4, 'command-form'],
  [{ type: 'compact', vm: 'v', rateMiBps: -1 }, 4, 'command-form'],
  [{ type: 'compact', vm: 'v', at: 1, atMs: 1 }, 4, 'command-form'],
  [{ type: 'compact', vm: 'v' }, 2 ** 31, 'command-form'],
  [{ type: 'compact', vm: 'w' }, 4, 'unknown-vm'],
  [{ type: 'compact', vm: 'v', nodes: [3] }, 4, 'unknown-node'],
])('%j at tick %i is refused as %s', (command, tick, slug) => {
  const { rejection } = giveCommand(base([5]), [], command, tick);
  expect(rejection).toEqual({ slug: 'command-invalid', problem: slug, message: expect.stringMatching(/^[A-Z].*\.$/s) });
});
