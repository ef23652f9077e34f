/**
 * The memlayouts that the guest's kernel has, as debugfs shows them: the one in force, the staged one, and those of the
 * backlog. The one in force is also mm's, with neighbouring ranges of one node joined; here ranges are as they were
 * written (section 1.4 of the specification: never merged).
 *
 * (a) Sequence numbers are never reused: boot has 0, a staged layout takes the next one when it is made, a layout from
 *     the host or a command takes the next one when it is committed; one that is cleared has used its number up.
 * (b) A committed layout is expanded: it covers [0, nrPages) without holes, ascending, and `filled` says which parts of
 *     it nobody wrote. What was written beyond nrPages is cut off.
 * (c) The backlog is at most `profile.backlog` layouts, and at most MAX_KEPT_RANGES ranges in all: the oldest go.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import type { LayoutRange } from '../config.ts';
import { assert, type Json, type StateReader, type StateWriter } from '../core/index.ts';

export type LayoutOrigin = 'boot' | 'debugfs' | 'host' | 'command';

/** A layout that has been committed. */
export interface KeptLayout {
  readonly seq: number;
  readonly origin: LayoutOrigin;
  /** When it was committed; 0 for that of boot. */
  readonly tick: number;
  /** First pfn of each range, and nrPages at the end. */
  readonly start: Uint32Array;
  readonly nid: Uint8Array;
  /** Parts that expansion added, ascending. */
  readonly filled: readonly PfnRange[];
}

/** Ranges as they were written to debugfs, in that order; half-open. An end may lie beyond the guest's memory. */
export interface StagedLayout {
  readonly seq: number;
  readonly ranges: LayoutRange[];
}

/** All ranges of the backlog together. */
const MAX_KEPT_RANGES = 2 ** 18;

/** Ranges in any order, disjoint, as a layout over [0, nrPages): section 1.4. At least one range. */
export function expand(ranges: readonly LayoutRange[], nrPages: number): Pick<KeptLayout, 'start' | 'nid' | 'filled'> {
  const sorted = [...ranges].sort((a, b) => a.start - b.start);
  // The first range always stays: it is given what is below it.
  const inside = sorted.filter((r, i) => i === 0 || r.start < nrPages);
  const filled: PfnRange[] = [];
  const fill = (start: number, end: number): void => {
    if (start < end) filled.push({ start, end });
  };
  fill(0, Math.min(inside[0]!.start, nrPages));
  inside.forEach((r, i) => fill(Math.min(r.end, nrPages), inside[i + 1]?.start ?? nrPages));
  const start = Uint32Array.from([...inside.map((r, i) => (i === 0 ? 0 : r.start)), nrPages]);
  return { start, nid: Uint8Array.from(inside, (r) => r.nid), filled };
}

export const rangesOf = ({ start, nid }: Pick<KeptLayout, 'start' | 'nid'>): LayoutRange[] =>
  Array.from(nid, (n, i) => ({ start: start[i]!, end: start[i + 1]!, nid: n }));

export class LayoutHistory {
  #nextSeq: number;
  #staged: StagedLayout | null;
  #inForce: KeptLayout;
  /** Oldest first. */
  #backlog: readonly KeptLayout[];
  readonly #backlogMost: number;

  private constructor(
    parts: { nextSeq: number; staged: StagedLayout | null; inForce: KeptLayout; backlog: readonly KeptLayout[] },
    backlogMost: number,
  ) {
    this.#nextSeq = parts.nextSeq;
    this.#staged = parts.staged;
    this.#inForce = parts.inForce;
    this.#backlog = parts.backlog;
    this.#backlogMost = backlogMost;
  }

  /** @param backlogMost DNUMA_BACKLOG; -1: no limit but (c). */
  static boot(bootLayout: readonly LayoutRange[], nrPages: number, backlogMost: number): LayoutHistory {
    const inForce: KeptLayout = { seq: 0, origin: 'boot', tick: 0, ...expand(bootLayout, nrPages) };
    return new LayoutHistory({ nextSeq: 1, staged: null, inForce, backlog: [] }, backlogMost);
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  get staged(): StagedLayout | null {
    return this.#staged;
  }

  get inForce(): KeptLayout {
    return this.#inForce;
  }

  get backlog(): readonly KeptLayout[] {
    return this.#backlog;
  }

  /** Committed layouts, oldest first, the one in force last. */
  get committed(): readonly KeptLayout[] {
    return [...this.#backlog, this.#inForce];
  }

  /** The staged layout; one is made, with the next number, when there is none. */
  stage(): StagedLayout {
    return (this.#staged ??= { seq: this.#nextSeq++, ranges: [] });
  }

  clear(): void {
    this.#staged = null;
  }

  /**
   * A layout comes into force: the staged one keeps its number and is staged no longer, any other takes the next one.
   * The one before it goes to the backlog.
   */
  commit(ranges: readonly LayoutRange[], origin: LayoutOrigin, nrPages: number, tick: number): KeptLayout {
    let seq = this.#nextSeq;
    if (origin === 'debugfs') {
      assert(this.#staged !== null, 'layout-not-staged');
      seq = this.#staged.seq;
      this.#staged = null;
    } else this.#nextSeq++;
    this.#retire(this.#inForce);
    this.#inForce = { seq, origin, tick, ...expand(ranges, nrPages) };
    return this.#inForce;
  }

  #retire(layout: KeptLayout): void {
    const kept = [...this.#backlog, layout];
    const most = this.#backlogMost < 0 ? Infinity : this.#backlogMost;
    let ranges = kept.reduce((sum, k) => sum + k.nid.length, 0);
    let from = Math.max(0, kept.length - most);
    for (let i = 0; i < from; i++) ranges -= kept[i]!.nid.length;
    while (ranges > MAX_KEPT_RANGES && from < kept.length) ranges -= kept[from++]!.nid.length;
    this.#backlog = kept.slice(from);
  }

  save(w: StateWriter, prefix: string): void {
    const committed = this.committed;
    w.json(`${prefix}.layouts`, {
      nextSeq: this.#nextSeq,
      staged: this.#staged === null ? null : { seq: this.#staged.seq, ranges: this.#staged.ranges.map(plain) },
      committed: committed.map(({ seq, origin, tick, filled }) => ({
        seq,
        origin,
        tick,
        filled: filled.map(({ start, end }) => [start, end]),
      })),
    });
    for (const { seq, start, nid } of committed) {
      w.column(`${prefix}.layout${seq}.start`, start);
      w.column(`${prefix}.layout${seq}.nid`, nid);
    }
  }

  static load(r: StateReader, prefix: string, backlogMost: number): LayoutHistory {
    const saved = r.json<SavedHistory>(`${prefix}.layouts`);
    const committed = saved.committed.map(({ seq, origin, tick, filled }): KeptLayout => {
      return {
        seq,
        origin,
        tick,
        start: r.column<Uint32Array>(`${prefix}.layout${seq}.start`),
        nid: r.column<Uint8Array>(`${prefix}.layout${seq}.nid`),
        filled: filled.map(([start, end]) => ({ start, end })),
      };
    });
    const inForce = committed.pop();
    assert(inForce !== undefined, 'layout-history-empty');
    const staged = saved.staged === null ? null : { seq: saved.staged.seq, ranges: saved.staged.ranges.map(plain) };
    return new LayoutHistory({ nextSeq: saved.nextSeq, staged, inForce, backlog: committed }, backlogMost);
  }
}

const plain = ({ start, end, nid }: LayoutRange): { start: number; end: number; nid: number } & Json =>
  ({ start, end, nid }) as never;

interface SavedHistory {
  readonly nextSeq: number;
  readonly staged: { readonly seq: number; readonly ranges: readonly LayoutRange[] } | null;
  readonly committed: readonly {
    readonly seq: number;
    readonly origin: LayoutOrigin;
    readonly tick: number;
    readonly filled: readonly (readonly [number, number])[];
  }[];
}
