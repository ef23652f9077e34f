/**
 * Records a run while its world is stepped.
 *
 * The series gets the figures of every tick. Where memory is backed by many runs, which makes a snapshot expensive, one is
 * taken every few ticks, and after every tick in which something happened. The times depend on the world alone.
 */
import type { Snapshot } from '../../shared/columns/index.ts';
import type { WorldEvent, WorldEventType } from '../../shared/model/event.ts';
import type {
  LawsChecked,
  RecordedCommand,
  RunEnding,
  RunInputs,
  RunRecord,
  SeriesPart,
  SeriesState,
} from '../../shared/view/index.ts';
import { SeriesRecorder } from '../../shared/view/index.ts';
import { eventText, rejectionText } from '../../shared/view/words/index.ts';
import type { LogEntry, World } from '../engine/index.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import type { Scenario } from '../scenario/index.ts';
import { assumptionText, canonicalText } from '../scenario/index.ts';

/** Rows of the backing table that a snapshot of every tick may have. */
const CHEAP_ROWS = 2048;

export class Recording {
  #world: World;
  readonly #onSnapshot: ((snapshot: Snapshot) => void) | undefined;
  readonly #before: Snapshot;
  #series = new SeriesRecorder();
  #events: WorldEvent[] = [];
  #latest: Snapshot;
  /** Events before those that it has. */
  readonly #skipped: number;
  /** Where the events of the tick under way begin: those of commands submitted before it are among them. */
  #tickFrom = 0;

  /** @param from goes on from there; its earlier events and the snapshot before the first step are not had then. */
  constructor(world: World, onSnapshot?: (snapshot: Snapshot) => void, from?: RecordingState) {
    this.#world = world;
    this.#onSnapshot = onSnapshot;
    this.#skipped = from?.events ?? 0;
    this.#before = from?.latest ?? world.snapshot('blocks');
    this.#latest = this.#before;
    if (from !== undefined) {
      this.#resume(from);
      return;
    }
    this.#series.add(world.figures());
    this.#keep(this.#before);
  }

  get latest(): Snapshot {
    return this.#latest;
  }

  /** At level `blocks`, before the first step. */
  get before(): Snapshot {
    return this.#before;
  }

  get events(): readonly WorldEvent[] {
    return this.#events;
  }

  /** @returns the events of the tick, with those of the commands submitted before it. */
  afterTick(): readonly WorldEvent[] {
    this.#takeEvents();
    const events = this.#events.slice(this.#tickFrom - this.#skipped);
    this.#tickFrom = this.#skipped + this.#events.length;
    this.#series.add(this.#world.figures(), events.length > 0);
    const everyTicks = Math.ceil(this.#latest.tables.backing.rows / CHEAP_ROWS);
    if (events.length > 0 || this.#world.tick - this.#latest.header.tick >= everyTicks)
      this.#keep(this.#world.snapshot('accounts'));
    return events;
  }

  /** A command was submitted between two ticks. Its events count as those of the tick to come, as if it had been scheduled. */
  afterCommand(): void {
    this.#takeEvents();
    this.#series.amend(this.#world.figures());
  }

  /** The points that a window does not have yet, with what was changed at their ticks by hand, also at the present one. */
  seriesPart(haveTick: number | null, stride: number): SeriesPart {
    return this.#series.since(haveTick, stride, this.#world.figures());
  }

  /** A copy of the present state; recording goes on unchanged. */
  record(scenario: Scenario, version: string, laws: LawsChecked, ending: RunEnding): RunRecord {
    const { config } = this.#world;
    const after = this.#world.snapshot('blocks');
    return {
      scenarioName: scenario.name,
      seed: config.seed,
      tickMs: config.tickMs,
      description: scenario.description ?? '',
      assumed: scenario.hosts.flatMap(({ name, assumed }) =>
        (assumed ?? []).map((each) => `${name}: ${assumptionText(each)}`),
      ),
      inputs: inputsOf(config),
      before: this.#before,
      after,
      series: this.#series.series(),
      events: [...this.#events],
      commands: recordedCommands(this.#world.log, this.#events, 'It was under way when the run ended.'),
      laws,
      ending,
      hash: this.#world.hash(),
      chain: this.#world.chain,
      sourceText: canonicalText(scenario),
      version,
    };
  }

  /** All of it but the events, of which only the number is kept. */
  save(): RecordingState {
    return {
      series: this.#series.save(),
      events: this.#skipped + this.#events.length,
      latest: this.#latest,
      tickFrom: this.#tickFrom,
    };
  }

  /** Goes on from a state that it had. @param world as it was then; events it has not given yet are dropped. */
  goBack(world: World, state: RecordingState): void {
    world.takeEvents();
    this.#world = world;
    this.#events = this.#events.slice(0, state.events);
    const before = this.#series;
    this.#resume(state);
    this.#series.keepAmended(before, world.tick);
    this.#series.amend(world.figures());
  }

  #resume({ series, latest, tickFrom }: RecordingState): void {
    this.#series = SeriesRecorder.restore(series);
    this.#latest = latest;
    this.#tickFrom = tickFrom;
  }

  #takeEvents(): void {
    for (const event of this.#world.takeEvents()) this.#events.push(event);
  }

  #keep(snapshot: Snapshot): void {
    this.#latest = snapshot;
    this.#onSnapshot?.(snapshot);
  }
}

export interface RecordingState {
  readonly series: SeriesState;
  readonly events: number;
  readonly latest: Snapshot;
  readonly tickFrom: number;
}

export function inputsOf({ links, guests }: WorldConfig): RunInputs {
  return {
    links: links.map(({ name, hosts, bytesPerSec }) => ({ name, hosts, bytesPerSec })),
    guests: guests.map(({ name, mm, framePages, regeneration, workload, dirty }) => ({
      name,
      framePages,
      memoryBlockPages: mm.profile.memoryBlockPages,
      regeneration,
      workload,
      dirty,
    })),
  };
}

/** The event that begins a command of a type, and those that end it. */
const OUTCOMES: Readonly<Record<string, readonly [WorldEventType, readonly WorldEventType[]]>> = {
  compact: ['compactionStarted', ['compactionCompleted', 'compactionStalled', 'compactionCancelled']],
  migrate: ['migrationStarted', ['migrationCompleted', 'migrationCancelled', 'migrationFailed']],
  commitLayout: ['commandApplied', ['layoutCommitted']],
};

/**
 * What came of each command. Events and log are in one order, and a VM has one compaction or migration at a time, so
 * the first ending of its VM behind a command's own beginning is its end.
 * @param underWay the outcome of a command that has not ended yet.
 */
export function recordedCommands(
  log: readonly LogEntry[],
  events: readonly WorldEvent[],
  underWay: string,
): RecordedCommand[] {
  let from = 0;
  const next = (start: number, is: (event: WorldEvent) => boolean): number => {
    for (let i = start; i < events.length; i++) if (is(events[i]!)) return i;
    return -1;
  };
  return log.map(({ tick, command, rejection }) => {
    const { type, vm } = command;
    const recorded = (text: string): RecordedCommand => ({
      tick,
      command: { ...command },
      applied: rejection === null,
      text,
    });
    if (rejection !== null) return recorded(rejectionText(rejection));
    const outcome = OUTCOMES[type];
    if (outcome === undefined) return recorded('It took effect.');
    const [begins, ends] = outcome;
    const isBeginning = (e: WorldEvent): boolean =>
      e.vm === vm && e.tick === tick && e.type === begins && (e.type !== 'commandApplied' || e.data.command === type);
    from = Math.max(from, next(from, isBeginning) + 1);
    const end = next(from, (e) => e.vm === vm && ends.includes(e.type));
    return recorded(end < 0 ? underWay : eventText(events[end]!));
  });
}
