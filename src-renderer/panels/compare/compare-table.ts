/**
 * A comparison as tables: what `numactl --hardware` prints in the guest and in the reference beside each other, and the
 * figures of every variant. Numbers are main's; here they are laid out.
 *
 * (a) The first variant is the reference, the second is compared with it: the guest as it is, or, of a guest
 *     without a defect, one that has those of the posted code.
 * (b) Which node a workload's next page comes from follows by chance from where the last one came from, so free memory
 *     that only differs is no fault. Free memory above the size of its node is one.
 */
import type {
  ComparedDifference,
  ComparedFigure,
  ComparedVariant,
  Comparison,
} from '../../../shared/model/comparison.ts';
import { ZONE_NAMES } from '../../../shared/view/accounting.ts';
import { counterName, counterOrder } from '../../../shared/view/counter-name.ts';
import { numactlMbFromPages } from '../../../shared/units/index.ts';

export interface NodeLine {
  readonly nid: number;
  /** As numactl prints them, in MB; null: the figure is not there. */
  readonly referenceSize: number | null;
  readonly size: number | null;
  readonly referenceFree: number | null;
  readonly free: number | null;
  readonly sizeIsWrong: boolean;
  /** More is free than the node has. */
  readonly freeIsWrong: boolean;
}

export const referenceOf = ({ variants }: Comparison): ComparedVariant | null => variants[0] ?? null;
export const subjectOf = ({ variants }: Comparison): ComparedVariant | null => variants[1] ?? null;

/** A figure of a variant: of a whole node where zone is null, else of the zone. */
export const figureOf = (
  variant: ComparedVariant | null,
  nid: number | null,
  zone: number | null,
  counter: string,
): number | null =>
  variant?.figures.find((each) => each.nid === nid && each.zone === zone && each.counter === counter)?.value ?? null;

/** Of a whole node; where only its zones are listed, their sum. */
export function nodeFigure(variant: ComparedVariant | null, nid: number, counter: string): number | null {
  const own = figureOf(variant, nid, null, counter);
  if (own !== null || variant === null) return own;
  const zones = variant.figures.filter((each) => each.nid === nid && each.zone !== null && each.counter === counter);
  return zones.length === 0 ? null : zones.reduce((sum, { value }) => sum + value, 0);
}

/** Nodes that any of the variants has pages on, or had: one without a zone has never been online. */
export function nodesOf(variants: readonly (ComparedVariant | null)[]): number[] {
  const nids = new Set(variants.flatMap((variant) => variant?.figures.flatMap(({ nid }) => nid ?? []) ?? []));
  const isKnown = (nid: number): boolean =>
    variants.some((variant) =>
      ['presentPages', 'freePages', 'nrZones'].some((counter) => (nodeFigure(variant, nid, counter) ?? 0) > 0),
    );
  return [...nids].filter(isKnown).sort((a, b) => a - b);
}

/** A line a node, as the nodes stand in the reference and in the variant compared with it. */
export function nodeLines(reference: ComparedVariant | null, subject: ComparedVariant | null): NodeLine[] {
  const mb = (pages: number | null): number | null => (pages === null ? null : numactlMbFromPages(pages));
  return nodesOf([reference, subject]).map((nid) => {
    const [ownSize, ownFree] = ['presentPages', 'freePages'].map((counter) => nodeFigure(subject, nid, counter));
    const [size, free] = ['presentPages', 'freePages'].map((counter) => nodeFigure(reference, nid, counter));
    return {
      ...{ nid, referenceSize: mb(size!), size: mb(ownSize!), referenceFree: mb(free!), free: mb(ownFree!) },
      sizeIsWrong: size !== ownSize,
      freeIsWrong: ownFree !== null && ownSize !== null && ownFree! > ownSize!,
    };
  });
}

/** "node 1 DMA32, managed (T)" */
export function placeText({ nid, zone, counter }: Pick<ComparedFigure, 'nid' | 'zone' | 'counter'>): string {
  const of = nid === null ? 'guest' : `node ${nid}${zone === null ? '' : ` ${ZONE_NAMES[zone] ?? `zone ${zone}`}`}`;
  return `${of}, ${counterName(counter)}`;
}

/** Differences of whole nodes before those of zones, and those before the guest's; otherwise as main has them. */
export function sortedDifferences(differences: readonly ComparedDifference[]): ComparedDifference[] {
  const rank = ({ nid, zone }: ComparedDifference): number => (nid === null ? 2 : zone === null ? 0 : 1);
  return [...differences].sort((a, b) => rank(a) - rank(b));
}

/** Counters of the whole guest that are not the same in all variants: the columns of their table. */
export function guestCounters(variants: readonly ComparedVariant[]): string[] {
  const all = new Set(
    variants.flatMap(({ figures }) => figures.flatMap(({ nid, counter }) => (nid === null ? [counter] : []))),
  );
  const differs = (counter: string): boolean =>
    new Set(variants.map((variant) => figureOf(variant, null, null, counter))).size > 1;
  return [...all].filter(differs).sort(counterOrder);
}

/** A line of stranded pages over time in a box, its top at `most`. SVG points. */
export function strandedLine(variant: ComparedVariant, most: number, width: number, height: number): string {
  const [first, last] = [variant.ticks[0] ?? 0, variant.ticks.at(-1) ?? 0];
  return variant.ticks
    .map((tick, i) => {
      const x = last === first ? 0 : (width * (tick - first)) / (last - first);
      const y = height - (most === 0 ? 0 : (height * variant.stranded[i]!) / most);
      return `${round(x)},${round(y)}`;
    })
    .join(' ');
}

const round = (n: number): number => Math.round(n * 10) / 10;
