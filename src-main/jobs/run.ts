/**
 * The job that runs a scenario to its end and keeps the record of it.
 *
 * (a) Same scenario, same options: same record, wherever it runs.
 * (b) Stopped early, by a person or by a broken law, the record is complete up to the last whole tick. A tick under way
 *     is finished if that is soon; otherwise there is no world that could be recorded, and no output, as in a warm-up.
 * (c) A run that can never converge (World.stays, which proves it) ends when that is seen at two looks between which
 *     nothing has come home that still could. The times of looks depend on ticks alone, and come ever more seldom, so
 *     that looking costs little.
 * (d) The laws are watched all the way (law-watch.ts); a broken one ends the run.
 */
import type { RunEnding, RunRecord } from '../../shared/view/index.ts';
import type { Snapshot } from '../../shared/columns/index.ts';
import type { PendingWork } from '../../shared/model/pending-work.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';
import type { Parts } from '../engine/index.ts';
import { guestPagesOf, World } from '../engine/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { toWorldConfig } from '../scenario/index.ts';
import type { JobSteps } from './job.ts';
import { LawWatch } from './law-watch.ts';
import { owedPages, pendingWork } from './pending-work.ts';
import { Recording } from './recording.ts';

export type RunUntil =
  /** Until there is no pending work, for at most this many ticks. */
  { readonly converged: true; readonly maxTicks: number } | { readonly converged: false; readonly ticks: number };

export interface RunInput {
  /** One that was read without errors. */
  readonly scenario: Scenario;
  readonly until: RunUntil;
  /** Pageshift's version, for the record. */
  readonly version: string;
}

export interface RunProgress {
  readonly tick: number;
  readonly tickMs: number;
  /** Null when the run ends by itself. */
  readonly lastTick: number | null;
  /** Both lags, without pinned and coalesced pages, and stale ones of guests that get no layouts. */
  readonly owedPages: number;
  /** Scheduled commands still to come. */
  readonly pendingCommands: number;
  /** The world is being made, warm-up included; so many of all guests' pages are there. Absent: it is there. */
  readonly making?: { readonly pages: number; readonly ofPages: number };
}

export interface Run {
  readonly record: RunRecord;
  /** What the world still waits for at the end, one sentence each; empty when it settled. */
  readonly pendingWork: readonly PendingWork[];
}

/** A run, or every reason why the scenario's VMs do not fit. */
export type RunOutput =
  | { readonly run: Run; readonly problems: readonly [] }
  | { readonly run: null; readonly problems: readonly PlacementProblem[] };

/** Between two looks at whether what is owed is owed for ever; at least an eighth of the ticks so far. */
const FIRST_LOOK_TICKS = 64;

/** Of a tick under way, after a stop: less than a person notices. */
const PARTS_AFTER_STOP = 8;

/** One step a tick, or a part of a long one. @param onSnapshot is called with every snapshot that is taken on the way. */
export function* runScenario(
  { scenario, until, version }: RunInput,
  onSnapshot?: (snapshot: Snapshot) => void,
): JobSteps<RunProgress, RunOutput> {
  const config = toWorldConfig(scenario);
  let madePages = 0;
  const making = (): RunProgress => ({
    ...{ tick: 0, tickMs: config.tickMs, lastTick: null, owedPages: 0, pendingCommands: config.schedule.length },
    making: { pages: madePages, ofPages: guestPagesOf(config) },
  });
  const stop = new Stop();
  const { world, problems } = yield* stop.after(
    World.createInParts(config, (pages) => void (madePages = pages)),
    making,
    0,
  );
  if (world === null) return { run: null, problems };
  const laws = new LawWatch(world, { inParts: true });
  const recording = new Recording(world, onSnapshot);
  const lastTick = until.converged ? until.maxTicks : until.ticks;
  const progress = (): RunProgress => progressOf(world, recording.latest, until.converged ? null : lastTick);
  let ending: RunEnding | null;
  let lookTick = FIRST_LOOK_TICKS;
  let markedBefore: number | null = null;
  yield* stop.instead(checks(laws), progress);
  for (;;) {
    const stopped = stop.isAsked || (yield progress);
    ending = endingNow(world, laws, until, lastTick, stopped);
    if (ending === null && until.converged && world.tick >= lookTick) {
      lookTick = world.tick + Math.max(FIRST_LOOK_TICKS, Math.floor(world.tick / 8));
      const stays = world.stays();
      const marked = stays.length === 0 ? null : stays.reduce((sum, each) => sum + each.marked, 0);
      if (marked !== null && marked === markedBefore) ending = 'neverSettles';
      markedBefore = marked;
    }
    if (ending !== null) break;
    yield* stop.after(world.stepInParts(), progress);
    laws.afterTick(recording.afterTick());
    yield* stop.instead(checks(laws), progress);
  }
  if (ending !== 'interrupted' || laws.isSmall) {
    laws.atEnd();
    yield* stop.instead(checks(laws), progress);
  }
  if (laws.result.broken.length > 0) ending = 'brokenLaw';
  const record = recording.record(scenario, version, laws.result, ending);
  return { run: { record, pendingWork: pendingWork(world, record.after) }, problems: [] };
}

/** Whether a person has asked for the end, which what is under way hears of at its next step. */
class Stop {
  #isAsked = false;

  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** What is under way is finished first, if that takes no more parts than these; otherwise the job has no output. */
  *after<T>(parts: Parts<T>, progress: () => RunProgress, most = PARTS_AFTER_STOP): JobSteps<RunProgress, T> {
    let left = most;
    for (;;) {
      const { done, value } = parts.next();
      if (done === true) return value;
      if (!this.#isAsked) this.#isAsked = yield progress;
      else if (left-- === 0) yield progress;
    }
  }

  /** What is under way is given up. */
  *instead(parts: Parts<void>, progress: () => RunProgress): JobSteps<RunProgress, void> {
    while (!this.#isAsked && parts.next().done !== true) this.#isAsked = yield progress;
  }
}

function* checks(laws: LawWatch): Parts<void> {
  while (laws.checking) {
    laws.checkSome();
    if (laws.checking) yield;
  }
}

function endingNow(
  world: World,
  laws: LawWatch,
  until: RunUntil,
  lastTick: number,
  stopped: boolean,
): RunEnding | null {
  if (laws.result.broken.length > 0) return 'brokenLaw';
  if (until.converged && world.converged()) return 'settled';
  if (world.tick >= lastTick) return until.converged ? 'maxTicks' : 'ticks';
  return stopped ? 'interrupted' : null;
}

const progressOf = (world: World, latest: Snapshot, lastTick: number | null): RunProgress => ({
  tick: world.tick,
  tickMs: world.config.tickMs,
  lastTick,
  owedPages: owedPages(world, latest),
  pendingCommands: world.pendingCommands,
});
