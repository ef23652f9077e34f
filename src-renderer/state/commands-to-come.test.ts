import { expect, test } from 'vitest';
import type { DocumentCommand } from '../../shared/protocol/document.ts';
import { commandsToCome } from './commands-to-come.ts';

const command = (tick: number, state: DocumentCommand['state']): DocumentCommand => ({
  ...{ tick, state, text: 'compact v to node 1', type: 'compact', vm: 'v', outcome: '', forecast: null },
});

test('the list has what is pending; the key is another where it, or its places in the scenario, are', () => {
  const commands = [command(1, 'applied'), command(2, 'rejected'), command(3, 'pending'), command(4, 'pending')];
  const { list, key } = commandsToCome({ id: 'd', commands });
  expect(list.map(({ tick }) => tick)).toEqual([3, 4]);
  expect(commandsToCome({ id: 'd', commands: commands.slice() }).key).toBe(key);
  const others = [
    { id: 'e', commands },
    { id: 'd', commands: commands.slice(1) },
    { id: 'd', commands: commands.with(2, command(3, 'applied')) },
    { id: 'd', commands: commands.with(3, command(5, 'pending')) },
    null,
  ];
  expect(new Set([key, ...others.map((each) => commandsToCome(each).key)]).size).toBe(6);
});
