/**
 * One live pre-copy migration. The destination's frames are the guest's second copy in the fleet; the source backing is
 * untouched until completion, so cancelling or failing only gives them back. While the last pass is sent the guest is
 * paused. When its link is shared anew, it goes on at what it then gets.
 */
import { isUnderWay, type MigrationPhase, type MigrationRow } from '../../../shared/model/transfer.ts';
import type { WorldEventData } from '../../../shared/model/event.ts';
import { type DirtyConfig, isDirtyKnown } from '../../../shared/model/config.ts';
import { assert } from '../core/index.ts';
import type { Fleet } from '../fleet/index.ts';
import type { Flow } from './max-min.ts';
import { advance, currentRound, INSTANT_MS, type Precopy, roundLeftMs, sentBytes, workingSetDirt } from './precopy.ts';
import type { Surroundings, Transfer } from './transfer.ts';

/** Saved unchanged. */
export type MigrationState = {
  readonly guest: number;
  readonly fromHost: number;
  readonly toHost: number;
  /** Indexes of the links that it takes, from the source on. */
  readonly path: readonly number[];
  /** 0: what the links give. */
  readonly maxBytesPerSec: number;
  readonly startTick: number;
  endTick: number | null;
  phase: MigrationPhase;
  readonly precopy: Precopy;
  downtimeMs: number | null;
  /** What the guest dirties in the round under way, where it has been changed since the round began. */
  roundDirty?: DirtyConfig;
};

export class Migration implements Transfer<MigrationRow> {
  readonly state: MigrationState;
  readonly flow: Flow;

  constructor(state: MigrationState) {
    this.state = state;
    this.flow = flowOf(state.path, state.maxBytesPerSec);
  }

  get guest(): number {
    return this.state.guest;
  }

  get isUnderWay(): boolean {
    return isUnderWay(this.state);
  }

  get cpuShare(): number {
    return this.state.phase === 'switchOver' ? 0 : 1;
  }

  nextEventMs(bytesPerSec: number): number {
    return roundLeftMs(this.state.precopy, bytesPerSec);
  }

  mayReachEvent(ms: number, bytesPerSec: number): boolean {
    return this.nextEventMs(bytesPerSec) <= ms + INSTANT_MS;
  }

  advance(ms: number, bytesPerSec: number, at: Surroundings): void {
    const { precopy } = this.state;
    const round = currentRound(precopy);
    const number = precopy.rounds.length - 1;
    const dirty = this.state.roundDirty ?? at.dirty(this.guest);
    const dirtyPages = workingSetDirt(dirty, at.fleet.guest(this.guest).memory.validPages);
    if (!advance(precopy, ms, this.cpuShare, bytesPerSec, at.tick, dirtyPages)) return;
    delete this.state.roundDirty;
    if (precopy.phase === 'done') {
      this.#complete(at);
      return;
    }
    const dirtyBytes = round.dirtyBytes!;
    at.event('migrationRound', this.guest, { round: number, sentBytes: round.bytesSent, dirtyBytes });
    if (precopy.phase === 'failed') this.#giveUp('failed', at);
    else if (precopy.phase === 'switchOver') {
      this.state.phase = 'switchOver';
      const expectedMs = isDirtyKnown(dirty) ? (dirtyBytes / bytesPerSec) * 1000 : null;
      at.event('migrationSwitchOver', this.guest, { dirtyBytes, expectedMs });
    }
  }

  endTick(): void {}

  /** One from a host frees room there when it completes; one to it, when it fails. */
  mayFreeRoom(host: number): boolean {
    return this.isUnderWay && (this.state.fromHost === host || this.state.toHost === host);
  }

  /** Possible until completion, also while the guest is paused. The source is as if it had never begun. */
  cancel(at: Surroundings): void {
    this.#giveUp('cancelled', at);
  }

  row(fleet: Fleet, bytesPerSec: number): MigrationRow {
    const { guest, fromHost, toHost, phase, startTick, endTick, precopy, downtimeMs } = this.state;
    return {
      vm: fleet.guest(guest).name,
      fromHost: fleet.hosts[fromHost]!.name,
      toHost: fleet.hosts[toHost]!.name,
      phase,
      startTick,
      endTick,
      rounds: precopy.rounds.map((r) => ({ ...r, bytesSent: Math.round(r.bytesSent) })),
      sentBytes: Math.round(sentBytes(precopy)),
      downtimeMs,
      downtimeLimitMs: precopy.downtimeLimitMs,
      leastLimitMs: precopy.leastLimitMs,
      bytesPerSec: this.isUnderWay ? bytesPerSec : null,
    };
  }

  /** It has just been started. */
  announce(nodes: readonly number[], at: Surroundings): void {
    const { memory, backing } = at.fleet.guest(this.guest);
    at.event('migrationStarted', this.guest, {
      pages: memory.validPages,
      extents: backing.extents.length,
      fromHost: at.fleet.hosts[this.state.fromHost]!.name,
      toHost: at.fleet.hosts[this.state.toHost]!.name,
      nodes,
    });
  }

  #complete(at: Surroundings): void {
    const { state } = this;
    const { windows } = at.fleet.guest(this.guest).memory;
    at.apply({ type: 'arrive', guest: this.guest, windows });
    at.apply({ type: 'run', guest: this.guest, host: state.toHost });
    state.phase = 'completed';
    state.endTick = at.tick;
    // Of a guest that nobody has said to write nothing, a pause of 0 ms would be made up.
    state.downtimeMs = isDirtyKnown(at.dirty(this.guest)) ? state.precopy.roundMs : null;
    at.event('migrationCompleted', this.guest, { ...this.#end(at), downtimeMs: state.downtimeMs });
  }

  /** Ends with the source as it was. */
  #giveUp(phase: 'cancelled' | 'failed', at: Surroundings): void {
    const { state } = this;
    at.apply({ type: 'release', guest: this.guest });
    state.phase = phase;
    state.endTick = at.tick;
    if (phase === 'cancelled') {
      at.event('migrationCancelled', this.guest, this.#end(at));
      return;
    }
    const { dirtyBytes } = currentRound(state.precopy);
    const { leastLimitMs } = state.precopy;
    assert(dirtyBytes !== null && leastLimitMs !== null, 'migration-failed-unsent', { guest: this.guest });
    at.event('migrationFailed', this.guest, { ...this.#end(at), dirtyBytes, leastLimitMs });
  }

  #end(at: Surroundings): WorldEventData['migrationCancelled'] {
    const { rounds, downtimeLimitMs } = this.state.precopy;
    const sent = Math.round(sentBytes(this.state.precopy));
    return { host: at.fleet.hostOf(this.guest).name, rounds: rounds.length, sentBytes: sent, downtimeLimitMs };
  }
}

export const flowOf = (path: readonly number[], maxBytesPerSec: number): Flow => ({
  links: path,
  cap: maxBytesPerSec === 0 ? Infinity : maxBytesPerSec,
});

/** Saved states outlive steps, so nothing that a step changes may be shared with them. */
export function copyOf(state: MigrationState): MigrationState {
  const { precopy } = state;
  return { ...state, precopy: { ...precopy, rounds: precopy.rounds.map((round) => ({ ...round })) } };
}
