/**
 * What has happened in a world: events that wait to be taken, and the chain, a hash of everything that has happened so
 * far, 16 hex digits. It grows by one link an event and one link a tick, so two runs with the same chain have had the
 * same history.
 */
import type { WorldEvent } from '../../shared/model/event.ts';
import { StateHash } from './core/index.ts';
import type { Guest } from './vm/index.ts';

export class EventChain {
  #chain: string;
  #waiting: WorldEvent[] = [];

  constructor(chain: string) {
    this.#chain = chain;
  }

  get chain(): string {
    return this.#chain;
  }

  happened(events: readonly WorldEvent[]): void {
    for (const event of events) {
      this.#waiting.push(event);
      const h = new StateHash();
      h.text(this.#chain);
      h.text(chained(event));
      this.#chain = h.hex();
    }
  }

  /** An event that is no part of the chain, since it left the world as it was. */
  happenedOutside(event: WorldEvent): void {
    this.#waiting.push(event);
  }

  /** The link of a tick: the counters that any difference between two runs would soon reach. */
  grow(tick: number, guests: readonly Guest[]): void {
    const h = new StateHash();
    h.text(this.#chain);
    h.number(tick);
    for (const guest of guests) {
      const { moved, zones } = guest.memory.state;
      const { allocs, frees } = guest.workload;
      for (const n of [moved.sweep, moved.free, moved.drain, allocs, frees]) h.number(n);
      for (const column of [zones.free, zones.pcp, zones.strandedOut]) h.bytes(column);
    }
    this.#chain = h.hex();
  }

  /** The events since the last call. */
  take(): readonly WorldEvent[] {
    const events = this.#waiting;
    this.#waiting = [];
    return events;
  }
}

/** Sorted by name, so that the chain does not depend on the order in which an event is put together. */
function chained({ tick, type, vm, data }: WorldEvent): string {
  return JSON.stringify([tick, type, vm, Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
