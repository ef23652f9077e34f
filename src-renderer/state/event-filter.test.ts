import { expect, test } from 'vitest';
import { filterEvents } from './event-filter.ts';

test('events are chosen by VM, kind and words together', () => {
  const event = (vm: string | null, type: string, text: string) => ({ tick: 1, vm, type, text, data: {} }) as never;
  const events = [
    event('db', 'converged', 'db has converged'),
    event('web', 'converged', 'web has converged'),
    event('db', 'layoutCommitted', 'db commits layout 1'),
    event(null, 'commandRefused', 'no such VM'),
  ];
  expect(filterEvents(events, null, null, '')).toEqual([0, 1, 2, 3]);
  expect(filterEvents(events, 'db', null, '')).toEqual([0, 2]);
  expect(filterEvents(events, 'db', 'converged', '')).toEqual([0]);
  expect(filterEvents(events, null, null, 'LAYOUT db')).toEqual([2]);
});
