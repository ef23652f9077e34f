/**
 * Runs a migration alone to its end, and tells when it has none.
 *
 * It never ends when neither the migration, nor the guest, nor a policy has anything left that changes with time, and in
 * the last STEADY_PASSES passes less was never left than in as many passes before them.
 */
import { hasEnded, type MigrationRun } from './migration-run.ts';
import type { Watcher } from './policy.ts';

type Outcome = 'converges' | 'aborted' | 'never';

const STEADY_PASSES = 200;
/** What falls by less than this in STEADY_PASSES passes is rounding. */
const FALLS_BY = 1e-6;
/** A bound for the machine that answers, not of any hypervisor. */
const MAX_EVENTS = 5_000_000;
const MAX_PASSES = 400_000;

export interface Ending {
  readonly outcome: Outcome;
  /** Why a policy gave up. */
  readonly why: string | null;
}

/** @param onEvent after each event. */
export function runToEnd(run: MigrationRun, watcher: Watcher | null, onEvent?: (run: MigrationRun) => void): Ending {
  let why: string | null = null;
  let looked = 0;
  const steady = new SteadyWatch();
  for (let events = 0; !hasEnded(run) && events < MAX_EVENTS && run.passes.length < MAX_PASSES; events++) {
    run.step(watcher?.nextMs ?? Infinity);
    onEvent?.(run);
    if (hasEnded(run)) break;
    if (watcher !== null && (run.nowMs >= watcher.nextMs || (watcher.atPasses && run.passes.length !== looked))) {
      looked = run.passes.length;
      for (const act of watcher.look(run.progress())) {
        if (act.do === 'abort') why = act.why;
        run.intervene(act);
        steady.restart();
      }
    }
    if (steady.isStuck(run) && run.isSettled && watcher?.isSettled !== false) break;
  }
  if (run.status === 'completed') return { outcome: 'converges', why: null };
  return { outcome: hasEnded(run) ? 'aborted' : 'never', why };
}

/** Whether what each pass begins with still falls. */
class SteadyWatch {
  #passes = 0;
  #count = 0;
  #least = Infinity;
  #leastBefore = Infinity;
  #isStuck = false;

  isStuck({ passes, isSettled }: MigrationRun): boolean {
    if (passes.length === this.#passes) return this.#isStuck;
    this.#passes = passes.length;
    if (!isSettled) this.restart();
    this.#least = Math.min(this.#least, passes.at(-1)!.dirtyPages);
    if (++this.#count < STEADY_PASSES) return this.#isStuck;
    this.#isStuck = this.#least > this.#leastBefore * (1 - FALLS_BY);
    this.#leastBefore = this.#least;
    this.#least = Infinity;
    this.#count = 0;
    return this.#isStuck;
  }

  restart(): void {
    this.#count = 0;
    this.#least = Infinity;
    this.#leastBefore = Infinity;
    this.#isStuck = false;
  }
}
