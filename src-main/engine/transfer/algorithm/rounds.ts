/**
 * Pre-copy in whole rounds, as Xen and Cloud Hypervisor do it: a round sends all that was dirty when it began; between two
 * rounds a rule decides whether the guest is stopped. What is dirty then is sent while it stands still.
 */
import { PAGE_SIZE_BYTES } from '../../../../shared/units/index.ts';
import type { PageCosts } from './dirty-bitmap.ts';
import { type GuestModel, MigratingGuest } from './guest.ts';
import { LEAST_DOWNTIME_MS } from './qemu.ts';
import type { EndsBy, Intervention, MigrationRun, MigrationStatus, Pass, Progress } from './migration-run.ts';

/** What a rule sees between two rounds. */
export interface RoundState {
  /** Rounds that have been sent. */
  readonly rounds: number;
  readonly nowMs: number;
  readonly dirtyPages: number;
  readonly sentPages: number;
  readonly guestPages: number;
  /** Of the last round, without what it took besides sending; 0 before the first. */
  readonly bytesPerSec: number;
}

/** `stop`: send what is dirty with the guest stopped. `last`: send it once more live, and stop then. */
export type RoundDecision = 'continue' | 'stop' | 'last' | 'give-up';

export interface RoundRules {
  readonly bandwidth: number;
  /** What a round takes besides sending. */
  readonly roundOverheadMs: number;
  readonly costs: { readonly page: number; readonly zero: number };
  /** From when on `decide` no longer depends on time. */
  readonly settledFromMs: number;
  /** The guest may write at most this share of what is sent; null: as it likes. */
  readonly writeShare: number | null;
  readonly wholePages: boolean;
  readonly decide: (state: RoundState) => RoundDecision;
}

export class RoundMigration implements MigrationRun {
  readonly #rules: RoundRules;
  readonly #guest: MigratingGuest;
  readonly #costs: PageCosts;
  readonly passes: Pass[] = [];
  status: MigrationStatus = 'setup';
  endsBy: EndsBy | null = null;
  downtimeMs: number | null = null;
  nowMs = 0;
  sentBytes = 0;
  #sentPages = 0;
  #pausedAtMs: number | null = null;
  #isLast = false;
  #lastRate = 0;
  /** When the round under way has been sent, and with what it takes besides. */
  #roundEndMs: number | null = null;

  constructor(model: GuestModel, rules: RoundRules) {
    this.#rules = rules;
    this.#guest = new MigratingGuest(model, rules.wholePages);
    this.#costs = { zero: rules.costs.zero, other: rules.costs.page, sets: model.sets.map(() => rules.costs.page) };
  }

  progress(): Progress {
    const dirty = this.#guest.bitmap.dirty * PAGE_SIZE_BYTES;
    return {
      nowMs: this.nowMs,
      syncs: this.passes.length,
      remainingBytes: dirty,
      dirtyBytesAtSync: (this.passes.at(-1)?.dirtyPages ?? 0) * PAGE_SIZE_BYTES,
      bytesPerSec: this.#lastRate,
      sentBytes: this.sentBytes,
    };
  }

  get isSettled(): boolean {
    return this.nowMs >= Math.max(this.#guest.steadyFromMs, this.#rules.settledFromMs);
  }

  intervene(what: Intervention): void {
    if (what.do === 'pause') this.#pausedAtMs ??= this.nowMs;
    else if (what.do === 'abort') this.status = 'cancelled';
  }

  step(limitMs: number): void {
    if (this.#roundEndMs === null) this.#decide();
    if (this.#roundEndMs === null) return;
    const until = Math.min(this.#roundEndMs, limitMs);
    const { writeShare, bandwidth } = this.#rules;
    const most = writeShare === null ? Infinity : (writeShare * bandwidth) / PAGE_SIZE_BYTES;
    this.#guest.run(until, this.#pausedAtMs === null ? 1 : 0, most);
    this.nowMs = Math.max(this.nowMs, until);
    if (this.nowMs >= this.#roundEndMs) this.#endRound();
  }

  #decide(): void {
    this.status = 'active';
    if (this.passes.length > 0) this.#guest.sync();
    const decision = this.#isLast || this.#pausedAtMs !== null ? 'stop' : this.#rules.decide(this.#state());
    if (decision === 'give-up') {
      this.status = 'failed';
      return;
    }
    if (decision === 'stop') {
      this.#stop();
      return;
    }
    this.#isLast = decision === 'last';
    const { bytes } = this.#sendAll();
    this.#roundEndMs = this.nowMs + (bytes / this.#rules.bandwidth) * 1000 + this.#rules.roundOverheadMs;
  }

  #endRound(): void {
    this.passes.at(-1)!.endMs = this.nowMs;
    this.#roundEndMs = null;
  }

  #stop(): void {
    this.status = 'device';
    const stoppedMs = this.#pausedAtMs ?? this.nowMs;
    const { bytes } = this.#sendAll();
    this.nowMs = Math.max(this.nowMs + (bytes / this.#rules.bandwidth) * 1000, stoppedMs + LEAST_DOWNTIME_MS);
    this.#endRound();
    this.downtimeMs = this.nowMs - stoppedMs;
    this.endsBy = this.#pausedAtMs === null ? 'precopy' : 'pause';
    this.status = 'completed';
  }

  #sendAll(): { readonly bytes: number } {
    const { dirty } = this.#guest.bitmap;
    const { bytes, pages } = this.#guest.bitmap.send(Infinity, this.#costs, this.#rules.wholePages);
    this.passes.push({ startMs: this.nowMs, endMs: this.nowMs, bytes, dirtyPages: dirty, throttlePercent: 0 });
    this.sentBytes += bytes;
    this.#sentPages += pages;
    if (bytes > 0) this.#lastRate = this.#rules.bandwidth;
    return { bytes };
  }

  #state(): RoundState {
    return {
      rounds: this.passes.length,
      nowMs: this.nowMs,
      dirtyPages: this.#guest.bitmap.dirty,
      sentPages: this.#sentPages,
      guestPages: this.#guest.model.pages,
      bytesPerSec: this.#lastRate,
    };
  }
}
