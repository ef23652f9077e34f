/**
 * Why a figure is another than it should be: the mechanism of each defect, and what each thing beyond the RFC does, with
 * the figures of the run that shows it. Source: mm/rfc/README.md and the specification, section by section.
 */
import type { ComparedFigure } from '../../../shared/model/comparison.ts';
import { numactlMbFromPages } from '../../../shared/units/index.ts';
import { NR_ZONES, ZONE_NAMES } from '../mm/index.ts';
import type { Figures } from './figure.ts';
import type { OptionName, SwitchName } from './variant.ts';

export interface Difference extends ComparedFigure {
  readonly reference: number;
}

/** A difference, and the figures of the first variant and of the one in which a switch or option is on alone. */
export interface Told {
  readonly difference: Difference;
  readonly reference: Figures;
  readonly alone: Figures;
}

const counts = (pages: number): string => `${pages} pages (${numactlMbFromPages(pages)} MB)`;
const zoneName = (zone: number): string => ZONE_NAMES[zone]!;

/** What is wrong, in the words of its counter. */
export function whatOf({ nid, zone, counter, value, reference }: Difference): string {
  const where = nid === null ? 'the guest' : zone === null ? `node ${nid}` : `node ${nid} ${zoneName(zone)}`;
  const name = NAMES[counter] ?? counter;
  const told = PAGES.has(counter) ? [counts(value), counts(reference)] : [`${value}`, `${reference}`];
  return `${where}'s ${name} is ${told[0]}, not ${told[1]}`;
}

const NAMES: Readonly<Record<string, string>> = {
  sizeMb: 'size in MB',
  freeMb: 'free memory in MB',
  presentPages: 'size',
  managedPages: 'managed memory',
  freePages: 'free memory',
  nrZones: 'nr_zones',
  wmarkMin: 'min watermark',
  pcpBatch: 'per-CPU batch',
  pcpHigh: 'per-CPU high',
  marked: 'number of marked pages',
  misplaced: 'number of free pages on a wrong node',
  spannedPages: 'span',
  movedSweep: 'number of free pages moved by commits',
  lookupsRight: 'number of lookups that found nothing to do',
  straddles: 'number of blocks across a boundary',
  flagsLost: 'number of lost marks',
  leakedPages: 'number of free pages that are not counted',
  nodeLinks: 'number of links from memory blocks to nodes',
  zonelistRebuilds: 'number of rebuilt zonelists',
  layouts: 'layout in force',
  crashed: 'number of crashes',
  convergedTick: 'tick of convergence',
  strandedArea: 'stranded area (pages owed, summed over ticks)',
  stranded: 'number of stranded pages',
  remoteAllocs: 'number of allocations on another node than the CPU is on',
  lookups: 'number of lookups',
  lookupSteps: 'number of steps of all lookups',
  marksSet: 'number of marks set by commits',
  commitTicks: 'duration of the last commit in ticks',
  commitAllocs: 'number of allocations inside commits',
  bornStranded: 'number of pages stranded from their first moment',
  consulted: 'number of allocations that took another page for their target',
  relabelled: 'number of relabelled pages',
  passLooked: 'number of pages that the pass looked at',
  topologyGeneration: 'topology generation',
  slabStranded: 'number of stranded slab pages',
  slabShrunk: 'number of slab pages given up',
  tasksRemapped: 'number of remapped nodemasks',
  staleMasks: 'number of nodemasks that name a node without memory',
};
const PAGES: ReadonlySet<string> = new Set(['presentPages', 'managedPages', 'freePages', 'spannedPages']);

/** What each defect does. */
export const SWITCH_WHY: Readonly<Record<SwitchName, (told: Told) => string>> = {
  nrZonesAssign: ({ difference, reference, alone }) => {
    const lost = difference.nid === null ? null : lostZones(difference.nid, reference, alone);
    if (lost === null) {
      return 'setting up a zone for the first time assigned nr_zones, so the count sweep left out the zones above it, and watermarks are shares of a wrong sum';
    }
    const { nid } = difference;
    return (
      `nr_zones(${nid}) fell to ${alone.at(nid, null, 'nrZones')} when its zone ${zoneName(lost.first - 1)} was first used, ` +
      `so the count sweep skipped ${lost.zones.map(({ zone, pages }) => `${zoneName(zone)} with ${pages} pages`).join(' and ')}`
    );
  },
  splitStuck: ({ alone }) =>
    `a free block that reached beyond its range went whole to the node of its first page (${alone.at(null, null, 'straddles')} times), so its other pages are on a wrong node`,
  headOnly: ({ alone }) =>
    `a free block whose first page was right was not looked at further, so the pages of it that belong elsewhere stayed (${misplacedIn(alone)} free pages are on a wrong node)`,
  mergeUnmoved: ({ alone }) =>
    `a moved block merged with the next one, whose head the sweep then never met (${misplacedIn(alone)} free pages are on a wrong node)`,
  orderHeadOnly: ({ alone }) =>
    `a freed block of several pages asked for its first page alone and followed it whole (${misplacedIn(alone)} free pages are on a wrong node)`,
  pcpFreeLeak: ({ alone }) =>
    `pages that a drain moved are on their new lists, and NR_FREE_PAGES does not count them (${alone.at(null, null, 'leakedPages')} pages)`,
  sysfsStale: () =>
    'the loop that removes the links of a memory block ends one section early, so links to nodes that it was under stay',
  overlapSilent: () =>
    'a staged range that overlaps another is dropped without an error, so the layout is another than was written',
  emptyCommitCrash: () =>
    'committing a staged layout without ranges is a NULL dereference: the writer dies and keeps the mutex, so no later layout is committed',
  markAll: ({ alone }) =>
    `a commit marks every page whether its node changes or not (${alone.at(null, null, 'flagsSet')} marks are set now, and ${alone.at(null, null, 'lookupsRight')} lookups found a page where it belongs)`,
  spanNeverShrinks: () => 'spans of zones grow with each layout and are never taken back',
  lostFlagPermille: ({ alone }) =>
    `a flag update at the same moment undid ${alone.at(null, null, 'flagsLost')} marks, and those pages are not moved when they are freed`,
};

const misplacedIn = (figures: Figures): number => {
  let total = 0;
  for (let nid = 0; nid < 255; nid++) total += figures.at(nid, null, 'misplaced');
  return total;
};

/** Zones of a node that its kernel does not count, with the pages that they have in truth; null when it counts all. */
function lostZones(
  nid: number,
  reference: Figures,
  alone: Figures,
): { first: number; zones: { zone: number; pages: number }[] } | null {
  const first = alone.at(nid, null, 'nrZones');
  const zones: { zone: number; pages: number }[] = [];
  for (let zone = first; zone < NR_ZONES; zone++) {
    const pages = reference.at(nid, zone, 'presentPages');
    if (pages > 0) zones.push({ zone, pages });
  }
  return zones.length === 0 || first === 0 ? null : { first, zones };
}

/** What each thing beyond the RFC does. */
export const OPTION_WHY: Readonly<Record<OptionName, (told: Told) => string>> = {
  topology: ({ alone, reference }) =>
    `the CPU map changed with the layout (${alone.at(null, null, 'topologyGeneration')} times), so tasks allocate near where their CPUs are: ` +
    `${alone.at(null, null, 'remoteAllocs')} remote allocations for ${reference.at(null, null, 'remoteAllocs')}`,
  activePass: ({ alone }) =>
    `a pass gave ${alone.at(null, null, 'relabelled')} stranded pages the label that their layout says, without waiting for them to be freed`,
  commitStepTicks: ({ alone }) =>
    `a commit takes ${alone.at(null, null, 'commitTicks')} ticks, and what is allocated before its sweep comes from lists that it has not seen (${alone.at(null, null, 'bornStranded')} pages)`,
  consultTarget: ({ alone }) =>
    `${alone.at(null, null, 'consulted')} allocations inside a commit passed over a page that was about to move; ${alone.at(null, null, 'bornStranded')} took one all the same`,
  notify: ({ alone }) =>
    `slab caches put no new object on slabs that belong elsewhere, and ${alone.at(null, null, 'tasksRemapped')} nodemasks followed their memory`,
  shrinkSlabs: ({ alone }) =>
    `slab caches gave up ${alone.at(null, null, 'slabShrunk')} pages as soon as they were told`,
  lookupRuns: ({ alone }) => lookupWhy('a binary search over the sorted runs', alone),
  lookupRadix: ({ alone }) => lookupWhy('a walk down a radix tree', alone),
  lookupTable: ({ alone }) => lookupWhy('one load, and a search only in mixed pageblocks', alone),
};

const lookupWhy = (how: string, alone: Figures): string =>
  `a lookup is ${how}: ${alone.at(null, null, 'lookupSteps')} steps for ${alone.at(null, null, 'lookups')} lookups`;
