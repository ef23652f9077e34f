/**
 * Since when each page of a guest has its target (T): the tick of the last commit that changed it, as ascending runs.
 * The debt of an owed page began then, so its age needs no column per page.
 *
 * (a) Run i covers [start[i], start[i + 1]), and its pages got their target at tick[i]; start[0] = 0, the last run
 *     ends at nrPages. Neighbouring runs differ in their tick. A guest that never committed has one run, of tick 0:
 *     boot.
 * (b) The tick of a page is the latest of all commits whose delta contains it, as commits are added in order.
 *
 * Cost of a commit: its runs plus the existing ones. 12 bytes a run.
 */
import type { StateReader, StateWriter } from '../core/index.ts';
import { forEachDelta, type Memlayout } from '../mm/memlayout.ts';

export class TargetAge {
  readonly #nrPages: number;
  #start = Uint32Array.of(0);
  #tick = Float64Array.of(0);

  constructor(nrPages: number) {
    this.#nrPages = nrPages;
  }

  get runs(): number {
    return this.#start.length;
  }

  start(run: number): number {
    return this.#start[run]!;
  }

  end(run: number): number {
    return this.#start[run + 1] ?? this.#nrPages;
  }

  tick(run: number): number {
    return this.#tick[run]!;
  }

  /** Index of the run that has pfn. */
  runOf(pfn: number): number {
    let lo = 0;
    let hi = this.#start.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >>> 1;
      if (this.#start[mid]! <= pfn) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  }

  /** A layout has been published at a tick. */
  published(from: Memlayout, to: Memlayout, tick: number): void {
    const start: number[] = [];
    const ticks: number[] = [];
    const add = (pfn: number, at: number): void => {
      if (ticks.at(-1) === at) return;
      start.push(pfn);
      ticks.push(at);
    };
    let run = 0;
    /** What was there, from pfn to end. */
    const keep = (pfn: number, end: number): void => {
      if (pfn >= end) return;
      while (this.end(run) <= pfn) run++;
      add(pfn, this.#tick[run]!);
      while (this.end(run) < end) {
        run++;
        add(this.#start[run]!, this.#tick[run]!);
      }
    };
    let done = 0;
    forEachDelta(from, to, (pfn, end) => {
      keep(done, pfn);
      add(pfn, tick);
      done = end;
    });
    keep(done, this.#nrPages);
    this.#start = Uint32Array.from(start);
    this.#tick = Float64Array.from(ticks);
  }

  save(w: StateWriter): void {
    if (this.runs === 1 && this.#tick[0] === 0) return;
    w.memo('targetAge.start', this.#start);
    w.memo('targetAge.tick', this.#tick);
  }

  static load(nrPages: number, r: StateReader): TargetAge {
    const age = new TargetAge(nrPages);
    if (!r.has('targetAge.start')) return age;
    age.#start = r.column<Uint32Array<ArrayBuffer>>('targetAge.start');
    age.#tick = r.column<Float64Array<ArrayBuffer>>('targetAge.tick');
    return age;
  }
}
