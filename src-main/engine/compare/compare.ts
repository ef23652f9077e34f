/**
 * Runs a scenario several times to the same tick, each time with one guest varied, and reports which figures differ and
 * which variation causes it. Nothing is forecast: every figure is read from a world that was stepped to that tick.
 *
 * (a) The other variants are measured against the first. `until: 'converged'` is decided by the first two variants: the
 *     later of the ticks at which they have no pending work, at most `maxTicks`; the others run to that tick.
 * (b) The causes of a differing figure are the switches that alone give it the same value; if there are none, those
 *     that alone change it at all, provided that they are few; otherwise several together. (Where many switches change
 *     a figure, each by its own amount, the figure depends on every page that took another way.)
 * (c) The work is done in parts: the caller may stop between two of them.
 */
import type {
  ComparedDifference,
  ComparedVariant,
  Comparison,
  OptionName,
  SwitchName,
  VariantName,
} from '../../../shared/model/comparison.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import { assert, type Parts } from '../core/index.ts';
import type { GuestMm } from '../mm/index.ts';
import { World } from '../world.ts';
import { figureKey, Figures, figuresOf, JUDGED } from './figure.ts';
import { beyondVariants, defectVariants, switchesOn, type Variant } from './variant.ts';
import { causeOf } from './cause.ts';

export interface CompareOptions {
  readonly vm: string;
  readonly of: Comparison['of'];
  readonly until: number | 'converged';
  /** With until converged. */
  readonly maxTicks: number;
  /** Told after each part. */
  readonly onProgress?: (progress: CompareProgress) => void;
}

export interface CompareProgress {
  /** Counted from 0. */
  readonly variant: number;
  readonly variants: number;
  readonly name: VariantName;
  readonly tick: number;
}

/** Ticks stepped in a part. */
const PART_TICKS = 8;
/** Points of the line of stranded pages, at most. */
const MAX_POINTS = 256;

/** @returns the comparison; the world has the VM, and its guests fit on its hosts. */
export function* compareInParts(config: WorldConfig, options: CompareOptions): Parts<Comparison> {
  const { vm, of } = options;
  assert(
    config.guests.some(({ name }) => name === vm),
    'compare-vm-unknown',
    { vm },
  );
  const all = of === 'defects' ? defectVariants(config, vm) : beyondVariants(config, vm);
  const [first, second, ...others] = all as [Variant, Variant, ...Variant[]];
  options.onProgress?.({ variant: 0, variants: all.length, name: first.name, tick: 0 });
  const runs: VariantRun[] = [yield* VariantRun.createInParts(first, vm), yield* VariantRun.createInParts(second, vm)];
  const tell = (run: VariantRun): void =>
    options.onProgress?.({
      variant: runs.indexOf(run),
      variants: all.length,
      name: run.variant.name,
      tick: run.tick,
    });
  const tick = yield* runTogether(runs as [VariantRun, VariantRun], options, tell);
  const reference = runs[0]!.result();
  const compared = runs[1]!.result();
  const found = differencesOf(reference, compared, of);
  // Who has no difference needs no one to blame.
  for (const variant of found.length > 0 || of === 'beyond' ? others : []) {
    const run = yield* VariantRun.createInParts(variant, vm);
    runs.push(run);
    while (run.tick < tick) {
      yield* run.stepInParts(Math.min(PART_TICKS, tick - run.tick));
      tell(run);
      yield;
    }
  }
  const variants = [reference, compared, ...runs.slice(2).map((run) => run.result())];
  return { vm, tick, of, variants, differences: found.map((difference) => explain(difference, variants)) };
}

/** Steps the two to the same tick. @returns it. */
function* runTogether(
  runs: readonly [VariantRun, VariantRun],
  { until, maxTicks }: CompareOptions,
  tell: (run: VariantRun) => void,
): Parts<number> {
  const last = until === 'converged' ? maxTicks : until;
  const isDone = (): boolean => until === 'converged' && runs.every((run) => run.converged);
  while (runs[0].tick < last && !isDone()) {
    // Tick by tick where the end is looked for, so that it is found at its tick.
    const ticks = until === 'converged' ? 1 : Math.min(PART_TICKS, last - runs[0].tick);
    for (const run of runs) {
      yield* run.stepInParts(ticks);
      tell(run);
      yield;
    }
  }
  return runs[0].tick;
}

/** A world that is stepped, with what is noted along the way. */
class VariantRun {
  readonly variant: Variant;
  readonly #world: World;
  readonly #guest: number;
  #ticks: number[] = [];
  #stranded: number[] = [];
  #stride = 1;
  #area = 0;
  /** The first tick from which on nothing has been owed; null while something is. */
  #convergedTick: number | null = null;

  static *createInParts(variant: Variant, vm: string): Parts<VariantRun> {
    const { world, problems } = yield* World.createInParts(variant.config);
    assert(world !== null, 'compare-does-not-fit', { problems: problems.length });
    return new VariantRun(variant, world, vm);
  }

  private constructor(variant: Variant, world: World, vm: string) {
    this.variant = variant;
    this.#world = world;
    this.#guest = variant.config.guests.findIndex(({ name }) => name === vm);
    this.#note();
  }

  get tick(): number {
    return this.#world.tick;
  }

  get converged(): boolean {
    return this.#world.converged();
  }

  *stepInParts(ticks: number): Parts<void> {
    for (let i = 0; i < ticks; i++) {
      yield* this.#world.stepInParts();
      this.#world.takeEvents();
      this.#note();
    }
  }

  #note(): void {
    const guest = this.#world.guests[this.#guest]!;
    const { zones: cell, strandedPinned } = guest.memory.state;
    let owed = 0;
    for (const pages of cell.strandedOut) owed += pages;
    if (owed > 0) for (const pages of strandedPinned) owed -= pages;
    this.#area += owed;
    if (owed > 0 || guest.committing !== null) this.#convergedTick = null;
    else this.#convergedTick ??= this.tick;
    if (this.tick % this.#stride !== 0) return;
    this.#ticks.push(this.tick);
    this.#stranded.push(owed);
    if (this.#ticks.length <= MAX_POINTS) return;
    this.#stride *= 2;
    const isKept = (_: number, i: number): boolean => this.#ticks[i]! % this.#stride === 0;
    this.#stranded = this.#stranded.filter(isKept);
    this.#ticks = this.#ticks.filter(isKept);
  }

  result(): ComparedVariant {
    const { name, config } = this.variant;
    const { mm, beyond } = config.guests[this.#guest]!;
    const guest = this.#world.guests[this.#guest]!;
    const figures = figuresOf(this.#world.snapshot('accounts'), this.#guest);
    const own = (counter: string, value: number): void => void figures.push({ nid: null, zone: null, counter, value });
    own('strandedArea', this.#area);
    if (this.#convergedTick !== null) own('convergedTick', this.#convergedTick);
    own('nodeLinks', linksOf(guest.memory));
    if (guest.memory.state.rfc !== null) own('leakedPages', total(guest.memory.state.rfc.freeLeak));
    const switches = switchesOn(mm.profile.rfc);
    return { name, switches, beyond, figures, ticks: this.#ticks, stranded: this.#stranded, hash: this.#world.hash() };
  }
}

/** Links from memory blocks of sysfs to nodes. */
function linksOf(mm: GuestMm): number {
  const { memoryBlockPages } = mm.state.config.profile;
  let links = 0;
  for (let block = 0; block * memoryBlockPages < mm.state.nrPages; block++) links += mm.memoryBlockLinks(block).length;
  return links;
}

const total = (list: Iterable<number>): number => {
  let sum = 0;
  for (const n of list) sum += n;
  return sum;
};

const FEW_WITNESSES = 3;

type Found = Omit<ComparedDifference, 'causes'>;

/** In the order of JUDGED, then of the figures. A figure that only one of the two has is no difference. */
function differencesOf(reference: ComparedVariant, compared: ComparedVariant, of: Comparison['of']): Found[] {
  const expected = new Map(reference.figures.map((figure) => [figureKey(figure), figure.value]));
  const order: readonly string[] = JUDGED[of];
  return compared.figures
    .flatMap((figure): Found[] => {
      // A counter of the posted code is not kept where there is none of it.
      const value = expected.get(figureKey(figure)) ?? (DEFECT_COUNTERS.has(figure.counter) ? 0 : figure.value);
      return order.includes(figure.counter) && value !== figure.value ? [{ ...figure, reference: value }] : [];
    })
    .sort((a, b) => order.indexOf(a.counter) - order.indexOf(b.counter));
}

const DEFECT_COUNTERS: ReadonlySet<string> = new Set(['straddles', 'flagsLost', 'lookupsRight', 'leakedPages']);

function explain(difference: Found, variants: readonly ComparedVariant[]): ComparedDifference {
  const [first, compared, ...singles] = variants as [ComparedVariant, ComparedVariant, ...ComparedVariant[]];
  const reference = new Figures(first.figures);
  // A guest with one defect alone is its own witness.
  const alone = singles.length > 0 ? singles : [{ ...compared, name: compared.switches[0]! }];
  const witnesses = alone.map(({ name, figures }) => ({
    name: name as SwitchName | OptionName,
    figures: new Figures(figures),
  }));
  const valueIn = (figures: Figures): number => figures.at(difference.nid, difference.zone, difference.counter);
  const exact = witnesses.filter(({ figures }) => valueIn(figures) === difference.value);
  const changing = witnesses.filter(({ figures }) => valueIn(figures) !== difference.reference);
  const some = exact.length > 0 ? exact : changing.length <= FEW_WITNESSES ? changing : [];
  const causes = some.map(({ name, figures }) => causeOf(name, difference, reference, figures));
  return { ...difference, causes };
}
