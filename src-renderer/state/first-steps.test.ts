import { expect, test } from 'vitest';
import { FIRST_STEPS, stepAfter } from './first-steps.ts';

test('each step is over when it has been done, in their order', () => {
  const nothing = { tick: 0, view: 'host', looksBack: false };
  expect(stepAfter(0, nothing)).toBe(0);
  expect(stepAfter(0, { ...nothing, tick: 1 })).toBe(1);
  // Looking into the guest before time has passed is no first step.
  expect(stepAfter(0, { ...nothing, view: 'guest' })).toBe(0);
  expect(stepAfter(1, { ...nothing, tick: 5, view: 'guest' })).toBe(2);
  expect(stepAfter(2, { tick: 5, view: 'host', looksBack: true })).toBe(FIRST_STEPS.length);
  expect(stepAfter(FIRST_STEPS.length, nothing)).toBe(FIRST_STEPS.length);
});
