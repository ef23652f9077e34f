/** One guest of the document, as it would be now had it been otherwise from the beginning: same scenario, same commands. */
export interface Comparison {
  readonly vm: string;
  readonly tick: number;
  readonly of: 'defects' | 'beyond';
  /** The first is what the others are measured against: the correct algorithm, or the plain RFC's. */
  readonly variants: readonly ComparedVariant[];
  /** Figures of the guest as it is (variant 'this') that are not those of the first, and what makes them so. */
  readonly differences: readonly ComparedDifference[];
}

/** How far a comparison is: its variants run one after the other. */
export interface CompareProgress {
  readonly vm: string;
  readonly of: Comparison['of'];
  /** Counted from 0. */
  readonly variant: number;
  readonly variants: number;
  readonly name: string;
  readonly tick: number;
  readonly toTick: number;
}

export interface ComparedVariant {
  /** 'correct', 'plain', 'this', or the name of a switch or an option that alone is on. */
  readonly name: string;
  readonly text: string;
  readonly figures: readonly ComparedFigure[];
  /** Stranded pages over time, at the ticks of `ticks`. */
  readonly ticks: readonly number[];
  readonly stranded: readonly number[];
  readonly hash: string;
}

export interface ComparedFigure {
  readonly nid: number | null;
  readonly zone: number | null;
  readonly counter: string;
  readonly value: number;
}

export interface ComparedDifference extends ComparedFigure {
  /** Of the first variant. */
  readonly reference: number;
  /** Switches or options that alone already change this figure; empty: only several together do. */
  readonly because: readonly string[];
  /** Why, in a sentence or two with the figures. */
  readonly why: string;
}
