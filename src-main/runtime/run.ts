/**
 * Runs a scenario to its end and keeps the record of it.
 *
 * (a) Same scenario, same options: same record, wherever it runs. The wall clock decides only when the event loop gets a
 *     turn, and so when a stop that was asked for is seen.
 * (b) Stopped early, by a person or by a broken law, the record is complete up to the last whole tick.
 * (c) The laws are watched all the way (law-watch.ts); a broken one ends the run.
 */
import { setImmediate } from 'node:timers/promises';
import type { RunEnding, RunRecord } from '../../shared/view/index.ts';
import type { Snapshot } from '../../shared/columns/index.ts';
import type { PlacementProblem } from '../engine/index.ts';
import { World } from '../engine/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { toWorldConfig } from '../scenario/index.ts';
import { LawWatch } from './law-watch.ts';
import { owedPages, whatIsLeft } from './pending-work.ts';
import { Recording } from './recording.ts';

export type RunUntil =
  /** Until nothing is left to wait for, but no longer than so many ticks. */
  { readonly converged: true; readonly maxTicks: number } | { readonly converged: false; readonly ticks: number };

export interface RunOptions {
  readonly until: RunUntil;
  /** Pageshift's version, for the record. */
  readonly version: string;
  /** The run ends after the tick under way when it is stopped. */
  readonly signal?: AbortSignal;
  /** Called about twenty times a second. */
  readonly onProgress?: (progress: RunProgress) => void;
  /** Called with every snapshot that goes into the record's series. */
  readonly onSnapshot?: (snapshot: Snapshot) => void;
}

export interface RunProgress {
  readonly tick: number;
  readonly tickMs: number;
  /** Null when the run ends by itself. */
  readonly lastTick: number | null;
  /** Both lags, without what is pinned, coalesced or never told. */
  readonly owedPages: number;
  /** Scheduled commands still to come. */
  readonly pendingCommands: number;
}

export interface Run {
  readonly record: RunRecord;
  /** What the world still waits for at the end, one sentence each; empty when it settled. */
  readonly left: readonly string[];
}

export type RunStart =
  | { readonly run: Run; readonly problems: readonly [] }
  | { readonly run: null; readonly problems: readonly PlacementProblem[] };

/** Wall time between two turns of the event loop. */
const TURN_MS = 50;

/** @param scenario one that was read without errors. @returns every reason why its VMs do not fit, when they do not. */
export async function runWorld(scenario: Scenario, options: RunOptions): Promise<RunStart> {
  const { until, signal } = options;
  const { world, problems } = World.create(toWorldConfig(scenario));
  if (world === null) return { run: null, problems };
  const laws = new LawWatch(world);
  const recording = new Recording(world, options.onSnapshot);
  const lastTick = until.converged ? until.maxTicks : until.ticks;
  let turn = performance.now();
  let ending = endingNow(world, laws, until, lastTick, signal);
  while (ending === null) {
    world.step();
    laws.afterTick(recording.afterTick());
    if (performance.now() - turn >= TURN_MS) {
      options.onProgress?.(progressOf(world, recording.latest, until.converged ? null : lastTick));
      await setImmediate();
      turn = performance.now();
    }
    ending = endingNow(world, laws, until, lastTick, signal);
  }
  laws.atEnd();
  if (laws.result.broken.length > 0) ending = 'brokenLaw';
  const record = recording.record(scenario, options.version, laws.result, ending);
  return { run: { record, left: whatIsLeft(world, record.after) }, problems: [] };
}

function endingNow(
  world: World,
  laws: LawWatch,
  until: RunUntil,
  lastTick: number,
  signal?: AbortSignal,
): RunEnding | null {
  if (laws.result.broken.length > 0) return 'brokenLaw';
  if (until.converged && world.converged()) return 'settled';
  if (world.tick >= lastTick) return until.converged ? 'maxTicks' : 'ticks';
  return signal?.aborted === true ? 'interrupted' : null;
}

const progressOf = (world: World, latest: Snapshot, lastTick: number | null): RunProgress => ({
  tick: world.tick,
  tickMs: world.config.tickMs,
  lastTick,
  owedPages: owedPages(world, latest),
  pendingCommands: world.pendingCommands,
});
