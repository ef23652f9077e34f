/**
 * The engine's guest memory manager behind the simulator's interface. It translates names and nothing else.
 * `cpu` 0 stands in where the simulator does not say which CPU frees to its list.
 */
import type { LayoutRange, MmConfig } from '../engine/config.ts';
import { GuestMm, MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, NO_PFN } from '../engine/mm/index.ts';
import { targetNid } from '../engine/mm/memlayout.ts';
import type { CommitStep } from '../engine/mm/index.ts';
import { COMMIT_STEPS, NR_ZONES } from './mm-under-test.ts';
import type {
  CellFigures,
  CommitOutcome,
  CommitSteps,
  MmAllocator,
  MmMaker,
  MmUnderTest,
  Moved,
  PageKind,
  Stranded,
} from './mm-under-test.ts';

class EngineMm implements MmUnderTest {
  readonly #mm: GuestMm;
  readonly #config: MmConfig;
  readonly allocator: MmAllocator;

  constructor(config: MmConfig) {
    const mm = GuestMm.boot(config);
    this.#mm = mm;
    this.#config = config;
    this.allocator = {
      alloc: (order, cpu, movable) => {
        const pfn = mm.allocPages(order, cpu, movable ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE);
        return pfn === NO_PFN ? null : pfn;
      },
      free: (pfn, order, cpu) => mm.freePages(pfn, order, cpu),
    };
  }

  hold(pfn: number, order: number): boolean {
    return this.#mm.holdBlock(pfn, order);
  }

  free(pfn: number, order: number): void {
    this.#mm.freePagesDirect(pfn, order);
  }

  /** The engine's door for tests puts a page on the list whatever its mark says; the simulator's must not. */
  putPcp(pfn: number): void {
    const marked = targetNid(this.#mm.mm.markLayout, pfn) !== this.#mm.actualNid(pfn);
    if (marked) this.#mm.freePagesDirect(pfn, 0);
    else this.#mm.freeToPcp(pfn, 0);
  }

  drainPcp(): void {
    this.#mm.drainPcp();
  }

  commit(ranges: readonly LayoutRange[]): CommitOutcome {
    const outcome = this.#mm.commit(ranges);
    return outcome.ok
      ? { ok: true, zonesPopulated: outcome.result.zonesPopulated.length }
      : { ok: false, problems: outcome.problems.map((p) => p.text) };
  }

  commitSteps(ranges: readonly LayoutRange[]): CommitSteps | null {
    const start = this.#mm.beginCommit(ranges);
    if (!start.ok) return null;
    // The engine sets up nodes before it publishes and settles its figures after the drain: steps of their own there.
    const stops: CommitStep[] = ['publish', 'mark', 'sweep', 'settle'];
    let done = 0;
    return {
      next: (): boolean => {
        if (done === COMMIT_STEPS.length) return false;
        const stop = stops[done++];
        for (let step = start.commit.next(); step !== stop; step = start.commit.next()) {
          if (step === null) throw new Error(`the commit ended before its step ${String(stop)}`);
        }
        return true;
      },
    };
  }

  targetNid(pfn: number): number {
    return this.pageKind(pfn) === 'hole' ? -1 : this.#mm.targetNid(pfn);
  }

  actualNid(pfn: number): number {
    return this.pageKind(pfn) === 'hole' ? -1 : this.#mm.actualNid(pfn);
  }

  pageKind(pfn: number): PageKind {
    return this.#mm.pageState(pfn);
  }

  cells(): readonly CellFigures[] {
    return Array.from({ length: this.#config.nrNodeIds * NR_ZONES }, (_, i) =>
      this.#mm.cell(Math.floor(i / NR_ZONES), i % NR_ZONES),
    );
  }

  stranded(): readonly Stranded[] {
    const nodes = this.#config.nrNodeIds;
    return Array.from({ length: nodes * nodes }, (_, i) => this.#mm.stranded(Math.floor(i / nodes), i % nodes));
  }

  moved(): Moved {
    return this.#mm.moved;
  }

  lookups(): { readonly hit: number; readonly miss: number } {
    return this.#mm.lookups;
  }

  check(): readonly string[] {
    return this.#mm.check().map((v) => JSON.stringify(v));
  }
}

export const engineMaker: MmMaker = { name: 'engine', boot: (config) => new EngineMm(config) };
