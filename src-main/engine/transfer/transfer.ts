/**
 * The interface of everything that moves a guest's memory: compaction.ts and migration.ts. transfers.ts advances them
 * tick by tick; all it knows about their kinds is in which phase of a tick each of them moves.
 */
import type { DirtyConfig } from '../../../shared/model/config.ts';
import type { WorldEventData, WorldEventType } from '../../../shared/model/event.ts';
import type { Fleet, Move } from '../fleet/index.ts';
import type { Flow } from './max-min.ts';

export interface Transfer<Row> {
  /** Index of the guest; at most one transfer under way a guest. */
  readonly guest: number;
  readonly isUnderWay: boolean;
  /** What it asks of the network while it is under way; null: it stays within a host. */
  readonly flow: Flow | null;
  /** The share of its CPUs' time that the guest gets meanwhile: 1, or 0 while it is paused. */
  readonly cpuShare: number;
  /** Milliseconds until it is at its next event with this much of the network; Infinity: nothing within a tick. */
  nextEventMs(bytesPerSec: number): number;
  /** Whether it may be at an event within a tick of `ms`, with at most this much of the network. False is certain. */
  mayReachEvent(ms: number, bytesPerSec: number, fleet: Fleet): boolean;
  /** Goes on for `ms`, at most to its next event. */
  advance(ms: number, bytesPerSec: number, at: Surroundings): void;
  /** All transfers of its kind have gone on to the end of the tick. */
  endTick(at: Surroundings): void;
  /** Whether frames of a host may come free by what it does. */
  mayFreeRoom(host: number): boolean;
  /** Ends it. What is not truth yet is given up. */
  cancel(at: Surroundings): void;
  row(fleet: Fleet, bytesPerSec: number): Row;
}

/** What a transfer finds around it while it goes on. */
export interface Surroundings {
  readonly tick: number;
  readonly fleet: Fleet;
  /** What a guest dirties now. */
  dirty(guest: number): DirtyConfig;
  apply(move: Move): void;
  /** Whether frames of a host may come free by a transfer that is under way. */
  mayFreeRoom(host: number): boolean;
  event<T extends WorldEventType>(type: T, guest: number, data: WorldEventData[T]): void;
}
