/**
 * What is kept of a run: the input of the report and of `run --json`. Plain data, except the columns of its snapshots.
 * The types named `...Input` hold the parts of the engine's configuration that the report prints.
 */
import type { Snapshot } from '../columns/index.ts';
import type { Violation, WorldEvent } from '../model/event.ts';
import type { Command } from '../model/command.ts';
import type { Series } from './series.ts';

export interface RunRecord {
  readonly scenarioName: string;
  readonly seed: number;
  readonly tickMs: number;
  /** What the scenario says of itself; empty: nothing. */
  readonly description: string;
  /** What no file stated and was assumed of the hosts, one sentence each. */
  readonly assumed: readonly string[];
  readonly inputs: RunInputs;
  /** At level `blocks`, before the first step and after the last. */
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly series: Series;
  readonly events: readonly WorldEvent[];
  readonly commands: readonly RecordedCommand[];
  readonly laws: LawsChecked;
  readonly ending: RunEnding;
  /** State hash of the world after the last step, and hash chain up to it; 16 hex digits. */
  readonly hash: string;
  readonly chain: string;
  /** The scenario as canonical text: with the version, all that is needed to run it again. */
  readonly sourceText: string;
  /** Pageshift's version. */
  readonly version: string;
}

/** settled: nothing is left to wait for. ticks: as many as were asked for. The others ended it early. */
/** neverSettles: asked to run until it has converged, the run was seen never to do so. */
export type RunEnding = 'settled' | 'ticks' | 'maxTicks' | 'neverSettles' | 'brokenLaw' | 'interrupted';

export interface LawsChecked {
  /** How many times the whole world was checked against every law. */
  readonly checked: number;
  /** How many times, besides, a single guest was checked against every law of guests. */
  readonly guestsChecked: number;
  readonly broken: readonly Violation[];
}

export interface RecordedCommand {
  readonly tick: number;
  readonly command: Command;
  readonly applied: boolean;
  /** What came of it, in a sentence. */
  readonly text: string;
}

export interface RunInputs {
  readonly links: readonly LinkInput[];
  /** In the order of the snapshot's guests. */
  readonly guests: readonly GuestInput[];
}

export interface LinkInput {
  readonly name: string;
  readonly hosts: readonly [string, string];
  readonly bytesPerSec: number;
}

export interface GuestInput {
  readonly name: string;
  readonly framePages: number;
  /** Pages of one memory block of sysfs. */
  readonly memoryBlockPages: number;
  readonly regeneration: { readonly enabled: boolean; readonly granularityPages: number; readonly delayTicks: number };
  readonly workload: WorkloadInput | null;
  readonly dirty: { readonly workingSetPages: number; readonly pagesPerSec: number };
}

export interface WorkloadInput {
  readonly occupancyPermille: number;
  readonly kernelPermille: number;
  readonly hugePermille: number;
  readonly lifetime:
    | { readonly law: 'exponential'; readonly meanTicks: number }
    | { readonly law: 'lomax'; readonly alpha: number; readonly scaleTicks: number };
}
