import { expect, test } from 'vitest';
import { IdleGate } from './idle-gate.ts';

test('nothing waits without input, or once the input has stopped', () => {
  const gate = new IdleGate();
  expect(gate.waitMs(5, 5)).toBe(0);
  gate.input(1000);
  expect(gate.waitMs(1120, 1120)).toBe(0);
});

test('what arrives during input waits until the input has stopped', () => {
  const gate = new IdleGate();
  gate.input(1000);
  expect(gate.waitMs(1010, 1010)).toBe(110);
  gate.input(1100);
  expect(gate.waitMs(1120, 1010)).toBe(100);
  expect(gate.waitMs(1220, 1010)).toBe(0);
});

test('during input that never stops, one frame a second is let through', () => {
  const gate = new IdleGate();
  let now = 1000;
  const since = now;
  for (gate.input(now); gate.waitMs(now, since) > 0; gate.input(now)) now += 16;
  expect(now - since).toBeGreaterThanOrEqual(1000);
  expect(now - since).toBeLessThan(1020);
});
