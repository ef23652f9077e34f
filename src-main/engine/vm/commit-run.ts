/**
 * The commit under way in a guest, step by step, and the traces of the last ones.
 *
 * (a) Only one commit is under way at a time: memlayout_lock is a mutex. Meanwhile the host delivers no layout and
 *     waits for the end; a command, or a write of the guest's shell, that would commit is rejected. A write that slept
 *     instead would block its line for ever, as no time passes within a line.
 * (b) With no ticks between its steps, a commit ends in the call that begins it, and nothing of it is saved. Otherwise
 *     it is saved with the guest, and goes on after a restore as it would have gone on.
 * (c) Traces do not influence the simulation: they are saved but are not part of the hash.
 */
import type { CommitStep, CommitTrace } from '../../../shared/model/commit-trace.ts';
import { assert, type Json, type StateReader, type StateWriter } from '../core/index.ts';
import type { Memlayout } from '../mm/memlayout.ts';
import { type Commit, type CommitResult, type GuestMm } from '../mm/index.ts';
import { type Counters, countersOf, emptyTrace, markedByNode, MAX_TRACES, traceStep } from './commit-trace.ts';
import { zonelistRebuildsOf } from '../mm/mm.ts';

interface UnderWay {
  readonly commit: Commit;
  /** When the next step is due. */
  nextTick: number;
  /** Of the guest, when it began. */
  readonly zonelistRebuilds: number;
  /** Pages marked by node when it began. */
  readonly marked: readonly number[];
  readonly beganTick: number;
}

/** What came of a step. */
export interface StepTaken {
  readonly step: CommitStep;
  /** Null until the commit is complete. */
  readonly done: { readonly result: CommitResult; readonly zonelistsRebuilt: boolean } | null;
}

export class CommitRun {
  readonly #mm: GuestMm;
  #underWay: UnderWay | null = null;
  #traces: readonly CommitTrace[] = [];
  /** Ticks from the first step to the last, of the last commit. */
  #lastTicks = 0;

  constructor(mm: GuestMm) {
    this.#mm = mm;
  }

  get isUnderWay(): boolean {
    return this.#underWay !== null;
  }

  /** The step to come, and when; null when no commit is under way. */
  get next(): { readonly seq: number; readonly step: CommitStep; readonly tick: number } | null {
    const now = this.#underWay;
    if (now === null) return null;
    return { seq: now.commit.seq, step: now.commit.nextStep!, tick: now.nextTick };
  }

  /** The layout that is being committed, published or not; null when none is. */
  get target(): Memlayout | null {
    return this.#underWay?.commit.target ?? null;
  }

  /** Oldest first, at most MAX_TRACES; that of a commit under way is the last, as far as it is done. */
  get traces(): readonly CommitTrace[] {
    return this.#traces;
  }

  get lastTicks(): number {
    return this.#lastTicks;
  }

  begin(commit: Commit, tick: number): void {
    assert(this.#underWay === null, 'commit-under-way', { seq: commit.seq });
    const { state: mm } = this.#mm;
    this.#underWay = {
      commit,
      nextTick: tick,
      zonelistRebuilds: zonelistRebuildsOf(mm),
      marked: markedByNode(mm),
      beganTick: tick,
    };
    this.#traces = [...this.#traces.slice(1 - MAX_TRACES), emptyTrace(commit.seq, commit.fromSeq)];
  }

  /** The next step is due within this many ticks. */
  hurry(tick: number, ticks: number): void {
    if (this.#underWay !== null) this.#underWay.nextTick = Math.min(this.#underWay.nextTick, tick + ticks);
  }

  /** Whether a step is due at a tick. */
  isDue(tick: number): boolean {
    return this.#underWay !== null && tick >= this.#underWay.nextTick;
  }

  /** Takes the next step. @param ticks until the one after it is due. @param also done as part of the step, after it. */
  step(tick: number, ticks: number, also: (step: CommitStep, commit: Commit) => void): StepTaken {
    const now = this.#underWay;
    assert(now !== null, 'commit-none');
    const before = this.#count(now);
    const step = now.commit.next();
    assert(step !== null, 'commit-complete', { seq: now.commit.seq });
    also(step, now.commit);
    const { result } = now.commit;
    const last = this.#traces.at(-1)!;
    const traced = traceStep(step, tick, this.#mm, result, before, this.#count(now));
    this.#traces = [
      ...this.#traces.slice(0, -1),
      { ...last, deltaPages: result.deltaPages, steps: [...last.steps, traced] },
    ];
    now.nextTick = tick + ticks;
    if (now.commit.nextStep !== null) return { step, done: null };
    this.#underWay = null;
    this.#lastTicks = tick - now.beganTick;
    return { step, done: { result, zonelistsRebuilt: zonelistRebuildsOf(this.#mm.state) > now.zonelistRebuilds } };
  }

  #count({ marked }: UnderWay): Counters {
    const { state: mm } = this.#mm;
    return countersOf(this.#mm, mm.layout === mm.markLayout ? null : marked);
  }

  save(w: StateWriter): void {
    const now = this.#underWay;
    if (now !== null) {
      const { nextTick, zonelistRebuilds, marked, beganTick } = now;
      w.json('commitRun', { nextTick, zonelistRebuilds, marked: [...marked], beganTick });
      now.commit.save(w);
    }
    if (this.#traces.length === 0) return;
    w.memo('commitTraces', { traces: this.#traces, lastTicks: this.#lastTicks } as unknown as Json);
  }

  static load(mm: GuestMm, r: StateReader): CommitRun {
    const run = new CommitRun(mm);
    if (r.has('commitRun')) {
      const saved = r.json<Omit<UnderWay, 'commit'>>('commitRun');
      run.#underWay = { ...saved, commit: mm.loadCommit(r) };
    }
    if (r.has('commitTraces')) {
      const { traces, lastTicks } = r.json<{ traces: readonly CommitTrace[]; lastTicks: number }>('commitTraces');
      run.#traces = traces;
      run.#lastTicks = lastTicks;
    }
    return run;
  }
}
