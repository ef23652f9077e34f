/**
 * Keeps what a run leaves behind while the world is stepped.
 *
 * A snapshot goes into the series after every tick; where memory is backed by many runs, which makes a snapshot dear,
 * only every so many ticks, and after every tick in which something happened. When is decided from the world alone.
 */
import type { Snapshot, WorldEvent, WorldEventType } from '../../shared/snapshot/index.ts';
import type { LawsChecked, RecordedCommand, RunEnding, RunInputs, RunRecord } from '../../shared/view/index.ts';
import { SeriesRecorder } from '../../shared/view/index.ts';
import type { LogEntry, World, WorldConfig } from '../engine/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { canonicalText } from '../scenario/index.ts';

/** Rows of the backing table that a snapshot of every tick may have. */
const CHEAP_ROWS = 2048;

export class Recording {
  readonly #world: World;
  readonly #onSnapshot: ((snapshot: Snapshot) => void) | undefined;
  readonly #before: Snapshot;
  readonly #series = new SeriesRecorder();
  readonly #events: WorldEvent[] = [];
  #latest: Snapshot;

  constructor(world: World, onSnapshot?: (snapshot: Snapshot) => void) {
    this.#world = world;
    this.#onSnapshot = onSnapshot;
    this.#before = world.snapshot('blocks');
    this.#latest = this.#before;
    this.#keep(this.#before);
  }

  get latest(): Snapshot {
    return this.#latest;
  }

  /** @returns the events of the tick. */
  afterTick(): readonly WorldEvent[] {
    const events = this.#world.takeEvents();
    for (const event of events) this.#events.push(event);
    const everyTicks = Math.ceil(this.#latest.tables.backing.rows / CHEAP_ROWS);
    if (events.length > 0 || this.#world.tick - this.#latest.header.tick >= everyTicks)
      this.#keep(this.#world.snapshot('accounts'));
    return events;
  }

  finish(scenario: Scenario, version: string, laws: LawsChecked, ending: RunEnding): RunRecord {
    const { config } = this.#world;
    const after = this.#world.snapshot('blocks');
    if (this.#latest.header.tick !== after.header.tick) this.#keep(after);
    return {
      scenarioName: scenario.name,
      seed: config.seed,
      tickMs: config.tickMs,
      inputs: inputsOf(config),
      before: this.#before,
      after,
      series: this.#series.series(),
      events: this.#events,
      commands: recordedCommands(this.#world.log, this.#events),
      laws,
      ending,
      hash: this.#world.hash(),
      chain: this.#world.chain,
      sourceText: canonicalText(scenario),
      version,
    };
  }

  #keep(snapshot: Snapshot): void {
    this.#latest = snapshot;
    this.#series.add(snapshot);
    this.#onSnapshot?.(snapshot);
  }
}

function inputsOf({ links, guests }: WorldConfig): RunInputs {
  return {
    links: links.map(({ name, hosts, bytesPerSec }) => ({ name, hosts, bytesPerSec })),
    guests: guests.map(({ name, frameGrainPages, regeneration, workload, dirty }) => ({
      name,
      frameGrainPages,
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
 */
function recordedCommands(log: readonly LogEntry[], events: readonly WorldEvent[]): RecordedCommand[] {
  let from = 0;
  const next = (start: number, is: (event: WorldEvent) => boolean): number => {
    for (let i = start; i < events.length; i++) if (is(events[i]!)) return i;
    return -1;
  };
  return log.map(({ tick, command, refusal }) => {
    const { type, vm } = command;
    const recorded = (text: string): RecordedCommand => ({
      tick,
      command: { ...command },
      applied: refusal === null,
      text,
    });
    if (refusal !== null) return recorded(refusal.text);
    const outcome = OUTCOMES[type];
    if (outcome === undefined) return recorded('It took effect.');
    const [begins, ends] = outcome;
    const isBeginning = (e: WorldEvent): boolean =>
      e.vm === vm && e.tick === tick && e.type === begins && (begins !== 'commandApplied' || e.data.command === type);
    from = Math.max(from, next(from, isBeginning) + 1);
    const end = next(from, (e) => e.vm === vm && ends.includes(e.type));
    return recorded(events[end]?.text ?? 'It was under way when the run ended.');
  });
}
