/** Where a submitted command comes to stand, and what is rejected. That a world agrees is tested with the runtime. */
import { expect, it } from 'vitest';
import { readScenario } from './read.ts';
import { enterCommand, submittedIndexes, withSubmitted } from './submitted-command.ts';
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

it('stands before those of its tick that are still to come, behind those submitted before it', () => {
  const submitted = [cancel(2), cancel(5), cancel(5), cancel(9)];
  const scenario = withSubmitted(base([5, 3, 5, 1]), submitted);
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
  expect(submittedIndexes(base([5, 3, 5, 1]), submitted)).toEqual([6, 0, 1, 7]);
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
  expect(withSubmitted(timed, [cancel(5)]).commands.map(({ at }) => at)).toEqual([5, undefined]);
});

it('is a command of the scenario, with what has a default', () => {
  const start = enterCommand(base([5]), [cancel(1)], { type: 'compact', vm: 'v' }, 4);
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
])('%j at tick %i is rejected as %s', (command, tick, slug) => {
  const { rejection } = enterCommand(base([5]), [], command, tick);
  expect(rejection).toEqual({ slug: 'command-invalid', problem: slug, message: expect.stringMatching(/^[A-Z].*\.$/s) });
});
