import { expect, test } from 'vitest';
import type { Forecast } from '../model/forecast.ts';
import { commandClash } from './command-clash.ts';
import { clashText } from './words/index.ts';

const outlook = { guestNodes: null, freePages: null, usedPages: null };
const compact: Forecast = {
  ...{
    type: 'compact',
    vm: 'v',
    rejection: null,
    nodes: [0],
    hostNodes: [],
    moveFrames: 9,
    movePages: 9,
    leftPages: 0,
  },
  ...outlook,
  ms: 450,
};
const coming = (tick: number, vm = 'v') => ({ tick, vm, text: `compact ${vm} to node 1` });

test('commands for the same VM from the present up to the tick that it is done at clash', () => {
  const commands = [coming(14), coming(12), coming(15), coming(13, 'w'), coming(10)];
  const clash = commandClash(compact, commands, 10, 100);
  expect(clash).toEqual({ doneTick: 15, commands: [coming(10), coming(12), coming(14)] });
  expect(clashText(clash!, 100)).toBe(
    'Before this would be done, at about 1.5 s, 3 commands for the same VM are to come; the first, at 1 s, is "compact v to node 1". Each may be rejected then, or change what comes of this.',
  );
  const one = commandClash(compact, [coming(14)], 10, 100);
  expect(clashText(one!, 100)).toBe(
    'Before this would be done, at about 1.5 s, "compact v to node 1" is to come, at 1.4 s. It may be rejected then, or change what comes of this.',
  );
});

test('nothing clashes with what takes no time, is rejected or moves nothing', () => {
  const commands = [coming(10), coming(11)];
  expect(commandClash({ ...compact, ms: 0 }, commands, 10, 100)).toBeNull();
  expect(commandClash({ ...compact, rejection: { slug: 'busy' } }, commands, 10, 100)).toBeNull();
  expect(commandClash({ type: 'other', vm: 'v', rejection: null, effect: null }, commands, 10, 100)).toBeNull();
  expect(commandClash(compact, [coming(15), coming(11, 'w')], 10, 100)).toBeNull();
});
