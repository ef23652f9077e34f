/** Counters of a guest as a person reads them, with the map that they follow, in the order in which they are told. */
const NAMES: Readonly<Record<string, string>> = {
  layoutSeq: 'layout',
  layouts: 'layout in force',
  online: 'online',
  nrZones: 'nr_zones',
  sizeMb: 'size, MB (T)',
  presentPages: 'present (T)',
  managedPages: 'managed (T)',
  freeMb: 'free, MB (A)',
  freePages: 'free (A)',
  leakedPages: 'free, not counted (A)',
  pcpPages: 'per-CPU (T)',
  marked: 'marked (A)',
  stranded: 'owed (T ≠ A)',
  pinned: 'pinned (T ≠ A)',
  misplaced: 'misplaced (A ≠ T)',
  convergedTick: 'converged at tick',
  strandedArea: 'owed pages × ticks',
  movedSweep: 'moved by sweeps',
  movedFree: 'moved by frees',
  movedDrain: 'moved by drains',
  relabelled: 'relabelled',
  passLooked: 'looked at by the pass',
  remoteAllocs: 'remote allocations',
  spanStart: 'span start (A)',
  spanEnd: 'span end (A)',
  spannedPages: 'spanned (A)',
  wmarkMin: 'watermark min',
  wmarkLow: 'watermark low',
  wmarkHigh: 'watermark high',
  pcpBatch: 'per-CPU batch',
  pcpHigh: 'per-CPU high',
  minFreeKib: 'min_free KiB',
  nodeLinks: 'memory-block links',
  zonelistRebuilds: 'zonelist rebuilds',
  lookups: 'lookups',
  lookupMisses: 'lookups past the cache',
  lookupSteps: 'steps of lookups',
  lookupsRight: 'lookups for nothing',
  marksSet: 'marks set',
  flagsSet: 'marks set',
  flagsLost: 'marks lost',
  straddles: 'blocks over a boundary',
  commitTicks: 'ticks in commits',
  commitAllocs: 'allocations in commits',
  bornStranded: 'owed from birth',
  consulted: 'targets consulted',
  topologyGeneration: 'topology generation',
  slabStranded: 'owed by slabs',
  slabShrunk: 'shrunk from slabs',
  tasksRemapped: 'tasks remapped',
  staleMasks: 'stale node masks',
  allocs: 'allocations',
  allocFailures: 'failed allocations',
  crashed: 'crashes',
};

const ORDER = Object.keys(NAMES);

/** A counter that is not here is told by its own name, its words apart. */
export const counterName = (counter: string): string =>
  NAMES[counter] ?? counter.replace(/([a-z0-9])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

/** Of two counters: which is told first; those that are not here are told last. */
export function counterOrder(a: string, b: string): number {
  const rank = (counter: string): number => (ORDER.indexOf(counter) + 1 || ORDER.length + 1) - 1;
  return rank(a) - rank(b);
}
