import { expect, test } from 'vitest';
import { HeldKeys } from './held-keys.ts';
import type { Press } from './keys.ts';

const press = (key: string): Press => ({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false });

test('keys are given back once, in their order, and not when they were dropped', () => {
  const held = new HeldKeys();
  held.hold(press('.'));
  held.hold(press(' '));
  expect(held.take().map(({ key }) => key)).toEqual(['.', ' ']);
  expect(held.take()).toEqual([]);
  held.hold(press('.'));
  held.drop();
  expect(held.take()).toEqual([]);
});

test('no more are held than a person means', () => {
  const held = new HeldKeys();
  for (let i = 0; i < 100; i++) held.hold(press('.'));
  expect(held.take()).toHaveLength(16);
});
