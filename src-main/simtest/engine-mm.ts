/**
 * The engine's guest memory manager behind the simulator's interface. It translates names and nothing else.
 * `cpu` 0 stands in where the simulator does not say which CPU frees to its list.
 */
import type { LayoutRange, MmConfig } from '../../shared/model/config.ts';
import { GuestMm, MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, NO_PFN } from '../engine/mm/index.ts';
import { StateCollector, StateReader } from '../engine/core/index.ts';
import type { CommitStep } from '../../shared/model/commit-trace.ts';
import type { Commit } from '../engine/mm/index.ts';
import { COMMIT_STEPS, NR_ZONES } from './mm-under-test.ts';
import type {
  ZoneFigures,
  CommitOutcome,
  CommitSteps,
  MmAllocator,
  MmFactory,
  MmUnderTest,
  Moved,
  PageKind,
  Stranded,
} from './mm-under-test.ts';

class EngineMm implements MmUnderTest {
  #mm: GuestMm;
  /** Under way. */
  #commit: Commit | null = null;
  readonly #config: MmConfig;
  readonly allocator: MmAllocator;

  constructor(config: MmConfig) {
    this.#mm = GuestMm.boot(config);
    this.#config = config;
    this.allocator = {
      alloc: (order, cpu, movable) => {
        const pfn = this.#mm.allocPages(order, cpu, movable ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE);
        return pfn === NO_PFN ? null : pfn;
      },
      free: (pfn, order, cpu) => this.#mm.freePages(pfn, order, cpu),
    };
  }

  hold(pfn: number, order: number): boolean {
    return this.#mm.holdBlock(pfn, order);
  }

  free(pfn: number, order: number): void {
    this.#mm.freePagesDirect(pfn, order);
  }

  putPcp(pfn: number): void {
    this.#mm.freeToPcp(pfn, 0);
  }

  drainPcp(): void {
    this.#mm.drainPcp();
  }

  commit(ranges: readonly LayoutRange[]): CommitOutcome {
    const outcome = this.#mm.commit(ranges);
    return outcome.ok
      ? { ok: true, zonesPopulated: outcome.result.zonesPopulated.length }
      : { ok: false, problems: outcome.problems.map((p) => JSON.stringify(p)) };
  }

  plug(start: number, end: number): boolean {
    if (!this.#mm.mayPlug({ start, end })) return false;
    this.#mm.plug({ start, end });
    return true;
  }

  commitSteps(ranges: readonly LayoutRange[]): CommitSteps | null {
    const start = this.#mm.beginCommit(ranges);
    if (!start.ok) return null;
    this.#commit = start.commit;
    // The engine sets up nodes before it publishes and settles its figures after the drain: steps of their own there.
    const stops: CommitStep[] = ['publish', 'mark', 'sweep', 'settle'];
    let done = 0;
    return {
      next: (): boolean => {
        const commit = this.#commit;
        if (commit === null) return false;
        const stop = stops[done++];
        for (let step = commit.next(); step !== stop; step = commit.next()) {
          if (step === null) throw new Error(`the commit ended before its step ${String(stop)}`);
        }
        if (done === COMMIT_STEPS.length) this.#commit = null;
        return true;
      },
    };
  }

  targetNid(pfn: number): number {
    return this.#mm.targetNid(pfn);
  }

  actualNid(pfn: number): number {
    return this.#mm.actualNid(pfn);
  }

  pageKind(pfn: number): PageKind {
    return this.#mm.pageState(pfn);
  }

  zones(): readonly ZoneFigures[] {
    return Array.from({ length: this.#config.nrNodeIds * NR_ZONES }, (_, i) =>
      this.#mm.zone(Math.floor(i / NR_ZONES), i % NR_ZONES),
    );
  }

  stranded(): readonly Stranded[] {
    const nodes = this.#config.nrNodeIds;
    return Array.from({ length: nodes * nodes }, (_, i) => this.#mm.stranded(Math.floor(i / nodes), i % nodes));
  }

  misplaced(): readonly number[] {
    const nodes = this.#config.nrNodeIds;
    return Array.from({ length: nodes * nodes }, (_, i) => this.#mm.misplaced(Math.floor(i / nodes), i % nodes));
  }

  isMarked(pfn: number): boolean {
    return this.#mm.isMarked(pfn);
  }

  markedPages(): readonly number[] {
    return Array.from(this.#mm.markedByNode());
  }

  nrZones(nid: number): number {
    return this.#mm.nrZones(nid);
  }

  nodePresent(nid: number): number {
    return this.#mm.presentPages(nid);
  }

  links(): readonly (readonly number[])[] {
    const { nrPages, profile } = this.#config;
    const blocks = Math.ceil(nrPages / profile.memoryBlockPages);
    return Array.from({ length: blocks }, (_, block) => this.#mm.memoryBlockLinks(block));
  }

  moved(): Moved {
    return this.#mm.moved;
  }

  lookups(): { readonly hit: number; readonly miss: number } {
    return this.#mm.lookups;
  }

  reload(): void {
    const state = new StateCollector();
    this.#mm.save(state);
    this.#commit?.save(state);
    const written = new StateReader(state.done());
    this.#mm = GuestMm.load(this.#config, written);
    if (this.#commit !== null) this.#commit = this.#mm.loadCommit(written);
  }

  faults(): ReadonlySet<string> {
    return new Set(this.#mm.faults().map(({ law }) => law));
  }

  check(): readonly string[] {
    return this.#mm.check().map((v) => JSON.stringify(v));
  }
}

export const engineFactory: MmFactory = { name: 'engine', boot: (config) => new EngineMm(config) };
