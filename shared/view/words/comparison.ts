/**
 * Comparisons in words: names of variants, what differs, and why (the mechanism of each defect, and what each option
 * does).
 */
import type {
  Cause,
  ComparedDifference,
  ComparedVariant,
  Comparison,
  OptionName,
  SwitchName,
  VariantName,
} from '../../model/comparison.ts';
import { numactlMbFromPages } from '../../units/index.ts';
import { ZONE_NAMES } from '../accounting.ts';
import { count, plural } from '../number-format.ts';
import { capital, enumerated } from './part.ts';
import type { MemberOf } from './part.ts';

const TITLES: Readonly<Record<VariantName, string>> = {
  this: 'this guest',
  correct: 'without defects',
  plain: 'plain RFC',
  'rfc-v3': 'as posted (v3)',
  nrZonesAssign: 'nr_zones assigned',
  splitStuck: 'blocks not split',
  headOnly: 'first page of a free block alone',
  mergeUnmoved: 'merged block missed',
  orderHeadOnly: 'first page of a freed block alone',
  pcpFreeLeak: 'drained pages not counted',
  sysfsStale: 'stale sysfs links',
  overlapSilent: 'overlaps dropped silently',
  emptyCommitCrash: 'empty commit crashes',
  markAll: 'every page marked',
  spanNeverShrinks: 'spans never shrink',
  lostFlagPermille: 'lost marks',
  topology: 'topology follows',
  activePass: 'active pass',
  consultTarget: 'allocations ask the target',
  commitStepTicks: 'commit in steps',
  notify: 'notifier',
  shrinkSlabs: 'slabs shrink',
  lookupRuns: 'lookup in runs',
  lookupRadix: 'lookup in a radix tree',
  lookupTable: 'lookup in a table',
};

export const variantTitle = (name: VariantName): string => TITLES[name];

/** What a variant is, longer than its title. */
export function variantText({ name, switches, beyond }: ComparedVariant, { vm, of }: Comparison): string {
  const defects = switches.map(variantTitle).join(', ');
  const steps = `${plural(beyond.commitStepTicks, 'tick')} between two steps of a commit`;
  switch (name) {
    case 'correct':
      return 'without a defect';
    case 'plain':
      return 'what the RFC does';
    case 'this':
      return of === 'defects' ? `${vm} as it is: ${defects}` : `${vm} as it is`;
    case 'rfc-v3':
      return `as the series was posted: ${defects}`;
    case 'topology':
      return 'CPUs and distances follow the layout';
    case 'activePass':
      return beyond.activePass === null
        ? 'stranded pages are relabelled'
        : `${plural(beyond.activePass.pagesPerTick, 'stranded page')} a tick are relabelled, ${PASS_ORDERS[beyond.activePass.order]} first`;
    case 'commitStepTicks':
      return steps;
    case 'consultTarget':
      return `${steps}, and allocations in one ask the target`;
    case 'notify':
      return 'slab caches and tasks are notified of a commit';
    case 'shrinkSlabs':
      return 'the same, and slab caches shrink at once';
    case 'lookupRuns':
      return 'lookups in sorted runs';
    case 'lookupRadix':
      return 'lookups in a radix tree';
    case 'lookupTable':
      return 'lookups in a table of pageblocks';
    default:
      return `${variantTitle(name)}, alone`;
  }
}

const PASS_ORDERS = { oldest: 'oldest', youngest: 'youngest', address: 'lowest address' } as const;

/** What is wrong with a figure, and why, in a sentence. */
export function differenceText(difference: ComparedDifference): string {
  const { causes } = difference;
  const why = causes.length === 0 ? 'no single one of them alone brings this about' : causes.map(causeText).join('; ');
  return `${capital(whatText(difference))}: ${why}.`;
}

/** As it is printed for programs: sentences besides the data. */
export function comparisonDocument(comparison: Comparison): object {
  return {
    ...comparison,
    variants: comparison.variants.map((variant) => ({ ...variant, text: variantText(variant, comparison) })),
    differences: comparison.differences.map((difference) => ({
      ...difference,
      because: difference.causes.map(({ name }) => name),
      why: differenceText(difference),
    })),
  };
}

const zoneName = (zone: number): string => ZONE_NAMES[zone] ?? `zone ${zone}`;
const pagesAndMb = (pages: number): string => `${plural(pages, 'page')} (${count(numactlMbFromPages(pages))} MB)`;

function whatText({ nid, zone, counter, value, reference }: ComparedDifference): string {
  const where = nid === null ? 'the guest' : zone === null ? `node ${nid}` : `node ${nid} ${zoneName(zone)}`;
  const words = PAGES.has(counter) ? pagesAndMb : count;
  return `${where}'s ${FIGURE_NAMES[counter] ?? 'figure'} is ${words(value)}, not ${words(reference)}`;
}

const PAGES: ReadonlySet<string> = new Set(['presentPages', 'managedPages', 'freePages', 'spannedPages']);

const FIGURE_NAMES: Readonly<Record<string, string>> = {
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

type CauseOf<N extends SwitchName | OptionName> = MemberOf<Cause, 'name', N>;

function causeText(cause: Cause): string {
  const words = CAUSES[cause.name] as (cause: Cause) => string;
  return words(cause);
}

const misplaced = (pages: number): string =>
  `${plural(pages, 'free page')} ${pages === 1 ? 'is' : 'are'} on a wrong node`;
const lookup =
  (how: string) =>
  ({ steps, lookups }: { readonly steps: number; readonly lookups: number }): string =>
    `a lookup is ${how}: ${plural(steps, 'step')} for ${plural(lookups, 'lookup')}`;

const CAUSES: { readonly [N in Cause['name']]: (cause: CauseOf<N>) => string } = {
  nrZonesAssign: ({ lost }) => {
    if (lost === null) {
      return 'setting up a zone for the first time assigned nr_zones, so the count sweep left out the zones above it, and watermarks are shares of a wrong sum';
    }
    const skipped = lost.zones.map(({ zone, pages }) => `${zoneName(zone)} with ${plural(pages, 'page')}`);
    return (
      `nr_zones(${lost.nid}) fell to ${lost.nrZones} when its zone ${zoneName(lost.nrZones - 1)} was first used, ` +
      `so the count sweep skipped ${enumerated(skipped)}`
    );
  },
  splitStuck: ({ blocks }) =>
    `a free block that reached beyond its range went whole to the node of its first page (${plural(blocks, 'time')}), so its other pages are on a wrong node`,
  headOnly: ({ misplacedPages }) =>
    `a free block whose first page was right was not looked at further, so the pages of it that belong elsewhere stayed (${misplaced(misplacedPages)})`,
  mergeUnmoved: ({ misplacedPages }) =>
    `a moved block merged with the next one, whose head the sweep then never met (${misplaced(misplacedPages)})`,
  orderHeadOnly: ({ misplacedPages }) =>
    `a freed block of several pages asked for its first page alone and followed it whole (${misplaced(misplacedPages)})`,
  pcpFreeLeak: ({ leakedPages }) =>
    `pages that a drain moved are on their new lists, and NR_FREE_PAGES does not count them (${plural(leakedPages, 'page')})`,
  sysfsStale: () =>
    'the loop that removes the links of a memory block ends one section early, so links to nodes that it was under stay',
  overlapSilent: () =>
    'a staged range that overlaps another is dropped without an error, so the layout is another than was written',
  emptyCommitCrash: () =>
    'committing a staged layout without ranges is a NULL dereference: the writer dies and keeps the mutex, so no later layout is committed',
  markAll: ({ marksSet, idleLookups }) =>
    `a commit marks every page whether its node changes or not (${plural(marksSet, 'mark')} are set now, and ${plural(idleLookups, 'lookup')} found a page where it belongs)`,
  spanNeverShrinks: () => 'spans of zones grow with each layout and are never taken back',
  lostFlagPermille: ({ lostMarks }) =>
    `a flag update at the same moment undid ${plural(lostMarks, 'mark')}, and those pages are not moved when they are freed`,
  topology: ({ generations, remoteAllocs, remoteAllocsBefore }) =>
    `the CPU map changed with the layout (${plural(generations, 'time')}), so tasks allocate near where their CPUs are: ` +
    `${plural(remoteAllocs, 'remote allocation')} for ${count(remoteAllocsBefore)}`,
  activePass: ({ relabelledPages }) =>
    `a pass gave ${plural(relabelledPages, 'stranded page')} the label that their layout says, without waiting for them to be freed`,
  commitStepTicks: ({ commitTicks, bornStranded }) =>
    `a commit takes ${plural(commitTicks, 'tick')}, and what is allocated before its sweep comes from lists that it has not seen (${plural(bornStranded, 'page')})`,
  consultTarget: ({ consulted, bornStranded }) =>
    `${plural(consulted, 'allocation')} inside a commit passed over a page that was about to move; ${count(bornStranded)} took one all the same`,
  notify: ({ tasksRemapped }) =>
    `slab caches put no new object on slabs that belong elsewhere, and ${plural(tasksRemapped, 'nodemask')} followed their memory`,
  shrinkSlabs: ({ shrunkPages }) => `slab caches gave up ${plural(shrunkPages, 'page')} as soon as they were notified`,
  lookupRuns: lookup('a binary search over the sorted runs'),
  lookupRadix: lookup('a walk down a radix tree'),
  lookupTable: lookup('one load, and a search only in mixed pageblocks'),
};
