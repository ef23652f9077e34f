/**
 * A comparison as tables: what `numactl --hardware` prints in the guest and in the reference beside each other, and the
 * figures of every variant. Numbers are main's; here they are laid out.
 */
import type {
  ComparedDifference,
  ComparedFigure,
  ComparedVariant,
  Comparison,
} from '../../../shared/protocol/guest.ts';
import { ZONE_NAMES } from '../../../shared/view/accounting.ts';
import { counterName } from '../../../shared/view/commit-walk.ts';
import { numactlMbFromPages } from '../../../shared/units/index.ts';

export interface NodeLine {
  readonly nid: number;
  /** As numactl prints them, in MB; null: the figure is not there. */
  readonly referenceSize: number | null;
  readonly size: number | null;
  readonly referenceFree: number | null;
  readonly free: number | null;
  readonly sizeIsWrong: boolean;
  readonly freeIsWrong: boolean;
}

export const variantNamed = ({ variants }: Comparison, name: string): ComparedVariant | null =>
  variants.find((variant) => variant.name === name) ?? null;

/** A figure of a variant: of a whole node where zone is null, else of the zone. */
export const figureOf = (
  variant: ComparedVariant | null,
  nid: number | null,
  zone: number | null,
  counter: string,
): number | null =>
  variant?.figures.find((each) => each.nid === nid && each.zone === zone && each.counter === counter)?.value ?? null;

/** Of a whole node; where only its zones are told, their sum. */
export function nodeFigure(variant: ComparedVariant | null, nid: number, counter: string): number | null {
  const own = figureOf(variant, nid, null, counter);
  if (own !== null || variant === null) return own;
  const zones = variant.figures.filter((each) => each.nid === nid && each.zone !== null && each.counter === counter);
  return zones.length === 0 ? null : zones.reduce((sum, { value }) => sum + value, 0);
}

/** A line a node that either guest has pages on, as the nodes stand in the reference and in the guest itself. */
export function nodeLines(reference: ComparedVariant | null, guest: ComparedVariant | null): NodeLine[] {
  const nids = new Set([reference, guest].flatMap((variant) => variant?.figures.flatMap(({ nid }) => nid ?? []) ?? []));
  const mb = (pages: number | null): number | null => (pages === null ? null : numactlMbFromPages(pages));
  return [...nids]
    .sort((a, b) => a - b)
    .map((nid) => {
      const [sizeA, sizeB] = [reference, guest].map((variant) => nodeFigure(variant, nid, 'presentPages'));
      const [freeA, freeB] = [reference, guest].map((variant) => nodeFigure(variant, nid, 'freePages'));
      return {
        ...{ nid, referenceSize: mb(sizeA!), size: mb(sizeB!), referenceFree: mb(freeA!), free: mb(freeB!) },
        ...{ sizeIsWrong: sizeA !== sizeB, freeIsWrong: freeA !== freeB },
      };
    });
}

/** "node 1 DMA32, managed (T)" */
export function placeText({ nid, zone, counter }: Pick<ComparedFigure, 'nid' | 'zone' | 'counter'>): string {
  const of = nid === null ? 'guest' : `node ${nid}${zone === null ? '' : ` ${ZONE_NAMES[zone] ?? `zone ${zone}`}`}`;
  return `${of}, ${counterName(counter)}`;
}

/** Differences of whole nodes and the guest before those of zones; otherwise as main has them. */
export const sortedDifferences = (differences: readonly ComparedDifference[]): ComparedDifference[] =>
  [...differences].sort((a, b) => Number(a.zone !== null) - Number(b.zone !== null));

/** Counters of the whole guest that some variants have, in their order: the columns of the table of variants. */
export const guestCounters = (variants: readonly ComparedVariant[]): string[] => [
  ...new Set(variants.flatMap(({ figures }) => figures.flatMap(({ nid, counter }) => (nid === null ? [counter] : [])))),
];

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
