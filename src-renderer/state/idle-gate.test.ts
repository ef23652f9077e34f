import { expect, test } from 'vitest';
import { StillGate } from './idle-gate.ts';

test('nothing waits when nothing moved, or not any more', () => {
  const gate = new StillGate();
  expect(gate.waitMs(5, 5)).toBe(0);
  gate.moved(1000);
  expect(gate.waitMs(1120, 1120)).toBe(0);
});

test('what arrives during a movement waits until it is still', () => {
  const gate = new StillGate();
  gate.moved(1000);
  expect(gate.waitMs(1010, 1010)).toBe(110);
  gate.moved(1100);
  expect(gate.waitMs(1120, 1010)).toBe(100);
  expect(gate.waitMs(1220, 1010)).toBe(0);
});

test('a hand that never rests sees the present once a second', () => {
  const gate = new StillGate();
  let now = 1000;
  const since = now;
  for (gate.moved(now); gate.waitMs(now, since) > 0; gate.moved(now)) now += 16;
  expect(now - since).toBeGreaterThanOrEqual(1000);
  expect(now - since).toBeLessThan(1020);
});
