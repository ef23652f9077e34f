/**
 * Planted faults: naive models that are wrong in one way each. They prove that vectors and fuzz can fail; a comparison
 * that lets one of them pass is worthless. Each is a mistake that a real allocator could make.
 */
import type { LayoutRange } from '../../shared/model/config.ts';
import type { ZoneFigures, MmFactory, Stranded } from './mm-under-test.ts';
import { NaiveMm } from './naive-mm.ts';

/** The per-CPU lists are not flushed by a commit. */
class ForgetDrain extends NaiveMm {
  override commit(ranges: readonly LayoutRange[]): ReturnType<NaiveMm['commit']> {
    const drain = this.drainPcp;
    this.drainPcp = () => undefined;
    const outcome = super.commit(ranges);
    this.drainPcp = drain;
    return outcome;
  }
}

/** A freed block follows its first page (the RFC's D4). */
class HeadOnlyFree extends NaiveMm {
  protected override transplantBlock(start: number, end: number): void {
    this.lookup(start);
    for (let p = start; p < end; p++) {
      if (this.actual[p] !== this.target[start]) this.movedPages.free++;
      this.actual[p] = this.target[start]!;
      this.marked[p] = false;
    }
  }
}

/** The test for a mark looks at the first page of a block only. */
class HeadOnlyMark extends NaiveMm {
  override free(pfn: number, order: number): void {
    if (!this.marked[pfn]) this.marked.fill(false, pfn, pfn + 2 ** order);
    super.free(pfn, order);
  }
}

/** A span counts from the target, as if every page had arrived. */
class SpanByTarget extends NaiveMm {
  override zones(): readonly ZoneFigures[] {
    const { actual } = this;
    this.actual = this.target;
    const byTarget = super.zones();
    this.actual = actual;
    return super
      .zones()
      .map((c, i) => ({ ...c, spanStart: byTarget[i]!.spanStart, spannedPages: byTarget[i]!.spannedPages }));
  }
}

/** Freeing an owed page does not pay the debt in the stranded matrix. */
class LostStrandedDecrement extends NaiveMm {
  #unpaid = 0;

  override free(pfn: number, order: number): void {
    const before = this.movedPages.free;
    super.free(pfn, order);
    this.#unpaid += this.movedPages.free - before;
  }

  protected override publish(ranges: readonly LayoutRange[]): void {
    this.#unpaid = 0;
    super.publish(ranges);
  }

  override stranded(): readonly Stranded[] {
    return super.stranded().map((pair, i) => (i === 1 ? { ...pair, pages: pair.pages + this.#unpaid } : pair));
  }
}

/** A marked page goes on a per-CPU list like any other. */
class MarkedOnPcp extends NaiveMm {
  override putPcp(pfn: number): void {
    this.marked[pfn] = false;
    super.putPcp(pfn);
  }
}

/** The sweep relabels reserved pages. */
class ReservedRelabelled extends NaiveMm {
  protected override sweep(): void {
    super.sweep();
    this.kind.forEach((kind, p) => {
      if (kind === 'reserved') this.actual[p] = this.target[p]!;
    });
  }
}

/** A hole in the layout goes to the upper range. */
class HoleToUpper extends NaiveMm {
  protected override expand(ranges: readonly LayoutRange[]): LayoutRange[] {
    const sorted = [...ranges].sort((a, b) => a.start - b.start);
    return sorted.map((r, i) => ({
      start: sorted[i - 1]?.end ?? 0,
      end: i === sorted.length - 1 ? this.config.nrPages : r.end,
      nid: r.nid,
    }));
  }
}

/** The whole of a cut block is counted as moved. */
class MovedCountsBlock extends NaiveMm {
  protected override transplantBlock(start: number, end: number): void {
    const before = this.movedPages.free;
    super.transplantBlock(start, end);
    this.movedPages.free = before + (end - start);
  }
}

/** The node bound is inclusive. */
class NodeBoundOffByOne extends NaiveMm {
  protected override problems(ranges: readonly LayoutRange[]): string[] {
    return super.problems(ranges.map((r) => ({ ...r, nid: r.nid === this.config.nrNodeIds ? 0 : r.nid })));
  }
}

/** Managed keeps the boot value. */
class StaleManaged extends NaiveMm {
  readonly #atBoot = super.zones();

  override zones(): readonly ZoneFigures[] {
    return super.zones().map((c, i) => ({ ...c, managedPages: this.#atBoot[i]!.managedPages }));
  }
}

/** The largest free block is of order 9: two buddies of order 9 are never merged. */
class NoLastMerge extends NaiveMm {
  override zones(): readonly ZoneFigures[] {
    return super.zones().map((c) => {
      const freeBlocks = [...c.freeBlocks];
      freeBlocks[9]! += 2 * freeBlocks[10]!;
      freeBlocks[10] = 0;
      return { ...c, freeBlocks };
    });
  }
}

const mutant = (name: string, make: new (config: NaiveMm['config']) => NaiveMm): MmFactory => ({
  name,
  boot: (config) => new make(config),
});

export const mmMutants: readonly MmFactory[] = [
  mutant('forgets the drain', ForgetDrain),
  mutant('a freed block follows its head', HeadOnlyFree),
  mutant('looks for a mark on the head only', HeadOnlyMark),
  mutant('spans by target', SpanByTarget),
  mutant('loses a stranded decrement', LostStrandedDecrement),
  mutant('puts marked pages on per-CPU lists', MarkedOnPcp),
  mutant('relabels reserved pages', ReservedRelabelled),
  mutant('gives a hole to the upper range', HoleToUpper),
  mutant('counts a whole cut block as moved', MovedCountsBlock),
  mutant('accepts one node id too many', NodeBoundOffByOne),
  mutant('keeps a stale managed count', StaleManaged),
  mutant('never merges the last order', NoLastMerge),
];
