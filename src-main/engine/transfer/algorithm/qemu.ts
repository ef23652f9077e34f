/**
 * QEMU's pre-copy and post-copy by its own rules (migration.c, ram.c, migration-stats.c).
 *
 * (a) Turns: each sends until the budget of the window is used up, nothing is dirty, or 50 ms have passed. A window
 *     closes when it is 100 ms old: bandwidth = its bytes by its time, threshold = bandwidth x downtime limit; in the
 *     first window the threshold is 0. A budget that is used up sleeps to the window's end.
 * (b) Before each turn: is less left than the threshold, the bitmap is synced; is there still less, or nothing, the guest
 *     is stopped, synced once more, and all that is left is sent without a rate limit. So a pass ends when what is left
 *     fits, and what is left stays in the next one.
 * (c) What is left counts pages of 4 KiB: no headers, zero pages whole.
 * (d) The scan goes on where it stands; it does not begin anew at a sync.
 * (e) Post-copy: at the next turn after the command the guest stops, is synced, and goes on at the destination; each page
 *     that is dirty then is sent once.
 *
 * It has no cap of passes or time of its own.
 */
import { PAGE_SIZE_BYTES } from '../../../../shared/units/index.ts';
import type { PageCosts } from './dirty-bitmap.ts';
import { type GuestModel, MigratingGuest } from './guest.ts';
import type { EndsBy, Intervention, MigrationRun, MigrationStatus, Pass, Progress } from './migration-run.ts';
import { Throttle, type ThrottleRules } from './throttle.ts';
import { type WireRules, wireCosts, type Xbzrle, XbzrleCache } from './wire.ts';

export interface QemuRules {
  readonly downtimeLimitMs: number;
  /** Bytes a second; Infinity: no limit. */
  readonly maxBandwidth: number;
  /** What the link, and the channels over it, carry. */
  readonly linkBandwidth: number;
  /** Replaces the measured bandwidth in the threshold; null: it does not. */
  readonly switchoverBandwidth: number | null;
  /** Of post-copy; Infinity: no limit. */
  readonly maxPostcopyBandwidth: number;
  /** Whether what is exactly as much as the threshold may be left. */
  readonly stopsAtThreshold: boolean;
  /** Null: guests are not throttled. */
  readonly throttle: ThrottleRules | null;
  readonly wire: WireRules;
  readonly xbzrle: Xbzrle | null;
  /** When the command to switch to post-copy comes, and after how many passes it does; null: never. */
  readonly postcopyAtMs: number | null;
  readonly postcopyAfterPasses: number | null;
  readonly wholePages: boolean;
}

/** A guest that stops and starts stands still for this long, however little is left to send. */
export const LEAST_DOWNTIME_MS = 0.5;
/** Of post-copy: device state 7 ms and its end 1 ms, as Cloud Hypervisor's pull request 7979 measured them. */
const POSTCOPY_DEVICE_MS = 8;

const WINDOW_MS = 100;
const TURN_MS = 50;
/** Moments nearer than this are the same: sums of fractions must not cost a turn. */
const INSTANT_MS = 1e-6;
/** Amounts nearer than this are the same, too. */
const SAME_BYTES = 1;

export class QemuMigration implements MigrationRun {
  readonly #rules: QemuRules;
  readonly #guest: MigratingGuest;
  readonly #firstPass: PageCosts;
  /** Of the pass under way. */
  #costs: PageCosts;
  /** By written set; none: XBZRLE is off. */
  readonly #caches: readonly XbzrleCache[];
  /** Of each set, what was dirty when the pass began. */
  #dirtyOfSets: readonly number[] = [];
  readonly #throttle: Throttle | null;
  readonly passes: Pass[] = [];
  status: MigrationStatus = 'setup';
  endsBy: EndsBy | null = null;
  downtimeMs: number | null = null;
  nowMs = 0;
  sentBytes = 0;
  #limitMs: number;
  /** What could not be sent of a budget because a page is sent whole. */
  #credit = 0;
  #windowStartMs = 0;
  #windowBytes = 0;
  #bandwidth = 0;
  #threshold = 0;
  #wantsPostcopy = false;
  #pausedAtMs: number | null = null;

  constructor(model: GuestModel, rules: QemuRules) {
    this.#rules = rules;
    this.#guest = new MigratingGuest(model, rules.wholePages);
    const { page, zero } = wireCosts(rules.wire);
    this.#firstPass = { zero, other: page, sets: model.sets.map(() => page) };
    this.#costs = this.#firstPass;
    const { xbzrle } = rules;
    this.#caches =
      xbzrle === null
        ? []
        : model.sets.map(({ pages, pattern }) => new XbzrleCache(xbzrle, pages, pattern === 'sequential'));
    this.#throttle = rules.throttle === null ? null : new Throttle(rules.throttle);
    this.#limitMs = rules.downtimeLimitMs;
  }

  get downtimeLimitMs(): number {
    return this.#limitMs;
  }

  progress(): Progress {
    return {
      nowMs: this.nowMs,
      syncs: this.passes.length,
      remainingBytes: this.#left,
      dirtyBytesAtSync: (this.passes.at(-1)?.dirtyPages ?? 0) * PAGE_SIZE_BYTES,
      bytesPerSec: this.#rules.switchoverBandwidth ?? this.#bandwidth,
      sentBytes: this.sentBytes,
    };
  }

  get isSettled(): boolean {
    const { postcopyAtMs, postcopyAfterPasses } = this.#rules;
    if (postcopyAtMs !== null || postcopyAfterPasses !== null || this.#wantsPostcopy) return false;
    return this.nowMs >= this.#guest.steadyFromMs && this.#throttle?.mayRise !== true;
  }

  intervene(what: Intervention): void {
    if (what.do === 'downtime-limit') {
      this.#limitMs = what.ms;
      this.#setThreshold();
    } else if (what.do === 'postcopy') this.#wantsPostcopy = true;
    else if (what.do === 'pause') this.#pausedAtMs ??= this.nowMs;
    else {
      this.#endPass();
      this.status = 'cancelled';
    }
  }

  step(limitMs: number): void {
    if (this.status === 'setup') {
      this.status = 'active';
      this.#beginPass();
    }
    if (this.#throttle?.wantsSync(this.nowMs, this.passes.length) === true) this.#sync();
    if (this.#mayStop() && !this.#isTimeForPostcopy()) {
      this.#sync();
      if (this.#mayStop()) {
        this.#complete();
        return;
      }
    }
    if (this.#isTimeForPostcopy()) this.#postcopy();
    else this.#turn(limitMs);
  }

  get #left(): number {
    return this.#guest.bitmap.dirty * PAGE_SIZE_BYTES;
  }

  #mayStop(): boolean {
    const left = this.#left;
    // What is as much as the threshold but for rounding is as much as the threshold.
    const tie = this.#rules.stopsAtThreshold ? SAME_BYTES : -SAME_BYTES;
    return left === 0 || left < this.#threshold + tie;
  }

  #isTimeForPostcopy(): boolean {
    const { postcopyAtMs, postcopyAfterPasses } = this.#rules;
    // In the first window nothing is known of the bandwidth, so nothing fits.
    if (this.#threshold === 0) return false;
    if (this.#wantsPostcopy || (postcopyAtMs !== null && this.nowMs >= postcopyAtMs - INSTANT_MS)) return true;
    return postcopyAfterPasses !== null && this.passes.length > postcopyAfterPasses;
  }

  // The bitmap

  #beginPass(): void {
    const { dirty } = this.#guest.bitmap;
    const throttlePercent = this.#throttle?.percent ?? 0;
    this.passes.push({ startMs: this.nowMs, endMs: this.nowMs, bytes: 0, dirtyPages: dirty, throttlePercent });
  }

  #endPass(): void {
    const pass = this.passes.at(-1);
    if (pass !== undefined) pass.endMs = this.nowMs;
  }

  #sync(): void {
    const left = this.#caches.map((_, set) => this.#guest.bitmap.dirtyOf(set));
    const fresh = this.#guest.sync();
    this.#endPass();
    this.#encode(left);
    this.#throttle?.synced(this.nowMs, fresh * PAGE_SIZE_BYTES, this.sentBytes);
    this.#beginPass();
  }

  /** What was sent in the pass that ends, but for the first, can be encoded in the next. @param left of each set. */
  #encode(left: readonly number[]): void {
    if (this.#caches.length === 0) return;
    const { bitmap } = this.#guest;
    const { page } = wireCosts(this.#rules.wire);
    this.#caches.forEach((cache, set) => {
      if (this.passes.length > 1) cache.sent(Math.max(0, this.#dirtyOfSets[set]! - left[set]!));
    });
    this.#dirtyOfSets = this.#caches.map((_, set) => bitmap.dirtyOf(set));
    const sets = this.#caches.map((cache, set) => cache.cost(this.#dirtyOfSets[set]!, page));
    this.#costs = { ...this.#firstPass, sets };
  }

  // Sending

  get #linkBytesPerMs(): number {
    return this.#rules.linkBandwidth / 1000;
  }

  /** Of one window. */
  get #budget(): number {
    return (this.#rules.maxBandwidth * WINDOW_MS) / 1000;
  }

  #send(ms: number, rate: number): number {
    const budget = ms * rate + this.#credit;
    const { bytes } = this.#guest.bitmap.send(budget, this.#costs, this.#rules.wholePages);
    this.#credit = this.#guest.bitmap.dirty === 0 ? 0 : Math.max(0, budget - bytes);
    this.sentBytes += bytes;
    this.passes.at(-1)!.bytes += bytes;
    return bytes;
  }

  #run(toMs: number): void {
    const share = this.#pausedAtMs === null ? (this.#throttle?.cpuShare ?? 1) : 0;
    this.#guest.run(toMs, share, this.#throttle?.maxPagesPerSec(this.#guest.model.vcpus));
    this.nowMs = toMs;
  }

  #turn(limitMs: number): void {
    if (this.#jump(limitMs)) return;
    const left = this.#guest.bitmap.bytesUntil(0, this.#costs) - this.#credit;
    const budgetMs = Math.max(0, this.#budget - this.#windowBytes) / this.#linkBytesPerMs;
    const ms = Math.max(0, Math.min(TURN_MS, budgetMs, left / this.#linkBytesPerMs));
    this.#run(this.nowMs + ms);
    const bytes = ms * this.#linkBytesPerMs;
    this.#send(ms, this.#linkBytesPerMs);
    this.#windowBytes += bytes;
    const windowEndMs = this.#windowStartMs + WINDOW_MS;
    if (this.#budget - this.#windowBytes <= 1e-3 && this.nowMs < windowEndMs) this.#run(windowEndMs);
    if (this.nowMs >= windowEndMs - INSTANT_MS) this.#closeWindow();
  }

  #closeWindow(): void {
    const ms = this.nowMs - this.#windowStartMs;
    if (ms > 0) this.#bandwidth = (this.#windowBytes / ms) * 1000;
    this.#setThreshold();
    this.#windowStartMs = this.nowMs;
    this.#windowBytes = 0;
  }

  #setThreshold(): void {
    const bandwidth = this.#bandwidth === 0 ? 0 : (this.#rules.switchoverBandwidth ?? this.#bandwidth);
    this.#threshold = (bandwidth * this.#limitMs) / 1000;
  }

  /** Whole windows at once, as long as nothing is decided in them. */
  #jump(limitMs: number): boolean {
    if (this.#bandwidth === 0 || this.#windowBytes !== 0 || this.#windowStartMs !== this.nowMs) return false;
    const rate = Math.min(this.#rules.maxBandwidth / 1000, this.#linkBytesPerMs);
    const toSend = this.#guest.bitmap.bytesUntil(this.#threshold / PAGE_SIZE_BYTES, this.#costs) - this.#credit;
    const until = Math.min(limitMs, this.#nextDecisionMs()) - this.nowMs;
    const windows = Math.min(Math.floor(toSend / (rate * WINDOW_MS)), Math.floor(until / WINDOW_MS)) - 1;
    if (windows < 1) return false;
    const ms = windows * WINDOW_MS;
    this.#run(this.nowMs + ms);
    this.#send(ms, rate);
    this.#bandwidth = rate * 1000;
    this.#setThreshold();
    this.#windowStartMs = this.nowMs;
    return true;
  }

  #nextDecisionMs(): number {
    const { postcopyAtMs } = this.#rules;
    return Math.min(
      postcopyAtMs ?? Infinity,
      this.#throttle?.nextSyncMs ?? Infinity,
      this.#guest.nextChangeMs(this.nowMs),
    );
  }

  // Ends

  #complete(): void {
    // The guest is stopped, so this sync finds nothing; but it is one.
    this.status = 'device';
    const stoppedMs = this.#pausedAtMs ?? this.nowMs;
    this.#sync();
    const bytes = this.#guest.bitmap.bytesUntil(0, this.#costs);
    const ms = Math.max(0, bytes - this.#credit) / this.#linkBytesPerMs;
    this.#send(ms, this.#linkBytesPerMs);
    this.nowMs += ms;
    this.#end(stoppedMs, this.#pausedAtMs === null ? 'precopy' : 'pause');
  }

  #postcopy(): void {
    this.status = 'device';
    this.#sync();
    this.status = 'postcopy-active';
    const stoppedMs = this.#pausedAtMs ?? this.nowMs;
    const runsAgainMs = this.nowMs + POSTCOPY_DEVICE_MS;
    const rate = Math.min(this.#rules.maxPostcopyBandwidth / 1000, this.#linkBytesPerMs);
    // XBZRLE is not used in post-copy: the destination's old copy of the page is gone.
    const bytes = this.#guest.bitmap.bytesUntil(0, this.#firstPass);
    this.#credit = 0;
    this.#guest.bitmap.send(Infinity, this.#firstPass, this.#rules.wholePages);
    this.sentBytes += bytes;
    this.passes.at(-1)!.bytes += bytes;
    this.nowMs = Math.max(runsAgainMs, this.nowMs + bytes / rate);
    this.#endPass();
    this.downtimeMs = runsAgainMs - stoppedMs;
    this.endsBy = 'postcopy';
    this.status = 'completed';
  }

  #end(stoppedMs: number, endsBy: EndsBy): void {
    this.nowMs = Math.max(this.nowMs, stoppedMs + LEAST_DOWNTIME_MS);
    this.#endPass();
    this.downtimeMs = this.nowMs - stoppedMs;
    this.endsBy = endsBy;
    this.status = 'completed';
  }
}
