/** Names of a guest's counters for people, each with the map it follows, in the order in which they are shown. */
import type { TableName } from '../columns/index.ts';
import { columnNames, columnSpec, COUNTERS, mappedLabel } from '../columns/index.ts';

/** What is made of several columns, or of a commit's trace alone. */
const DERIVED: Readonly<Record<string, string>> = {
  layouts: 'layout in force',
  sizeMb: 'size, MB (T)',
  freeMb: 'free, MB (A)',
  leakedPages: 'free, not counted (A)',
  stranded: 'owed (T ≠ A)',
  pinned: 'pinned (T ≠ A)',
  misplaced: 'misplaced (A ≠ T)',
  convergedTick: 'converged at tick',
  strandedArea: 'owed pages × ticks',
  spanStart: 'span start (A)',
  spanEnd: 'span end (A)',
  minFreeKib: 'min_free KiB',
  nodeLinks: 'memory-block links',
  lookups: 'lookups',
};

const labelsOf = <T extends TableName>(table: T): Record<string, string> =>
  Object.fromEntries(columnNames(table).map((name) => [name, mappedLabel(columnSpec(table, name))]));

const NAMES: Readonly<Record<string, string>> = {
  ...COUNTERS,
  ...labelsOf('guests'),
  ...labelsOf('nodes'),
  ...labelsOf('zones'),
  ...DERIVED,
};

/** Shown first. All others follow, as the tables have them. */
const FIRST = (
  'layoutSeq layouts online nrZones sizeMb presentPages managedPages freeMb freePages leakedPages pcpPages ' +
  'marked stranded pinned misplaced convergedTick strandedArea movedSweep movedFree movedDrain relabelled ' +
  'passLooked remoteAllocs spanStart spanEnd spannedPages wmarkMin wmarkLow wmarkHigh pcpBatch pcpHigh ' +
  'minFreeKib nodeLinks zonelistRebuilds lookups lookupMisses lookupSteps lookupsRight marksSet flagsSet ' +
  'flagsLost straddles commitTicks commitAllocs bornStranded consulted topologyGeneration slabStranded ' +
  'slabShrunk tasksRemapped staleMasks allocs allocFailures crashed'
).split(' ');

/** A counter without an entry is shown by its own name, split into words. */
export const counterName = (counter: string): string =>
  NAMES[counter] ?? counter.replace(/([a-z0-9])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

/** Of two counters: which is shown first; those that are not in the list are shown last. */
export function counterOrder(a: string, b: string): number {
  const rank = (counter: string): number => (FIRST.indexOf(counter) + 1 || FIRST.length + 1) - 1;
  return rank(a) - rank(b);
}
