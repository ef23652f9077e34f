import { describe, expect, test } from 'vitest';
import type { WorldEvent, WorldEventType } from '../model/event.ts';
import { lastCommit, signed } from './change.ts';

const event = (tick: number, type: WorldEventType, vm: string): WorldEvent =>
  ({ tick, type, vm, data: {} }) as WorldEvent;

describe('change', () => {
  test('has its sign', () => {
    expect([signed(61_204), signed(-12), signed(0)]).toEqual(['+61\u202f204', '−12', '±0']);
  });

  test('is since the last commit of this VM that has been seen', () => {
    const events = [
      event(3, 'layoutCommitted', 'db'),
      event(5, 'layoutCommitted', 'web'),
      event(9, 'layoutCommitted', 'db'),
      event(9, 'nodeOnline', 'db'),
    ];
    expect(lastCommit(events, 'db', 100)).toEqual({ tick: 9, event: 2 });
    expect(lastCommit(events, 'db', 9)).toEqual({ tick: 9, event: 2 });
    expect(lastCommit(events, 'db', 8)).toEqual({ tick: 3, event: 0 });
    expect(lastCommit(events, 'db', 2)).toBeNull();
    expect(lastCommit(events, 'mail', 100)).toBeNull();
  });
});
