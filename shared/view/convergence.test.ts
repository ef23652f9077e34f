import { expect, test } from 'vitest';
import { isConverged, getsLayouts, lagPages } from './convergence.ts';
import type { GuestInput, RecordedCommand } from './run-record.ts';

const lag = (hostTarget: number, coalesced: number, targetActual: number) => ({
  ...{ hostTarget, coalesced, targetActual, pinned: 7 },
});

test.each([
  ['nothing lags', lag(0, 0, 0), true, true],
  ['only what the granularity coalesces', lag(5, 5, 0), true, true],
  ['moved, layouts delivered', lag(5, 2, 0), true, false],
  ['moved, no layouts delivered', lag(5, 0, 0), false, true],
  ['owed, layouts delivered', lag(0, 0, 1), true, false],
  ['owed, no layouts delivered', lag(5, 0, 1), false, false],
])('%s', (_, of, told, converged) => {
  expect(isConverged(of, told)).toBe(converged);
  expect(lagPages(of, told) === 0).toBe(converged);
});

test('counts the pages of both lags that are still to move', () => {
  expect(lagPages(lag(9, 2, 4), true)).toBe(11);
  expect(lagPages(lag(9, 2, 4), false)).toBe(4);
});

const regeneration = (enabled: boolean) => ({ enabled, granularityPages: 512, delayTicks: 10 });
const told = (starts: boolean, ...commands: RecordedCommand[]): boolean => {
  const guest: GuestInput = {
    ...{ name: 'v', framePages: 1, memoryBlockPages: 32_768, regeneration: regeneration(starts), workload: null },
    dirty: { workingSetPages: 0, pagesPerSec: 0 },
  };
  return getsLayouts({ inputs: { links: [], guests: [guest] }, commands }, 0);
};
const switched = (vm: string, enabled: boolean, applied = true): RecordedCommand => ({
  ...{ tick: 1, applied, text: '' },
  command: { type: 'setRegeneration', vm, regeneration: regeneration(enabled) },
});

test('a guest gets layouts as its input says, or as the last setRegeneration applied to it says', () => {
  expect([told(true), told(false)]).toEqual([true, false]);
  expect(told(true, switched('v', false))).toBe(false);
  expect(told(true, switched('v', false), switched('v', true))).toBe(true);
  expect(told(false, switched('v', true, false), switched('w', true))).toBe(false);
});
