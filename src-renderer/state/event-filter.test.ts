import { expect, test } from 'vitest';
import type { WorldEvent } from '../../shared/model/event.ts';
import { filterEvents } from './event-filter.ts';

test('events are chosen by VM, kind and words together', () => {
  const rejection = { slug: 'vm-unknown', vm: 'x' } as const;
  const layout = { seq: 1, deltaPages: 9, movedSweepPages: 5, movedDrainPages: 1, strandedPages: 3 };
  const events: WorldEvent[] = [
    { tick: 1, vm: 'db', type: 'nodeOnline', data: { nid: 1 } },
    { tick: 1, vm: 'web', type: 'nodeOnline', data: { nid: 2 } },
    { tick: 1, vm: 'db', type: 'layoutCommitted', data: layout },
    { tick: 1, vm: null, type: 'commandRejected', data: { command: 'compact', vm: 'x', rejection } },
  ];
  expect(filterEvents(events, null, null, '')).toEqual([0, 1, 2, 3]);
  expect(filterEvents(events, 'db', null, '')).toEqual([0, 2]);
  expect(filterEvents(events, 'db', 'nodeOnline', '')).toEqual([0]);
  expect(filterEvents(events, null, null, 'LAYOUT db')).toEqual([2]);
});
