/**
 * Two runs, or two moments of one, beside each other: what a person chose, what is known of both, and where the cursor is.
 * Time is in milliseconds from the moment of each.
 */
import type { RunOverTime } from '../../../shared/protocol/document.ts';
import { LAGS } from '../../../shared/view/lag.ts';
import type { Lag } from '../../../shared/view/lag.ts';
import { decimal } from '../../../shared/view/number-format.ts';
import { changeTimes, msOf, pagesAt, rangeOf, runDifference } from '../../../shared/view/run-difference.ts';
import type { RunSide } from '../../../shared/view/run-difference.ts';
import { EMPTY_SERIES, spliceSeries } from '../../../shared/view/series.ts';
import type { Series } from '../../../shared/view/series.ts';
import { timeMarks } from '../../canvas/time-marks.ts';
import type { TimeMarks } from '../../canvas/time-marks.ts';
import { seen, zoomed } from '../../canvas/time-view.ts';
import type { TimeRange, TimeZoom } from '../../canvas/time-view.ts';
import type { App } from '../../state/app.svelte.ts';

/** A run that goes on is asked again so often. */
const AGAIN_MS = 1000;

export interface Known extends RunOverTime {
  readonly series: Series;
}

/** One of the two, as it was chosen. */
export class Side {
  readonly letter: 'A' | 'B';
  document = $state('');
  /** null: all VMs together. */
  vm = $state<string | null>(null);
  /** The moment that counts as 0, as it was typed. */
  atSec = $state(0);
  readonly #beside: Beside;

  constructor(letter: 'A' | 'B', beside: Beside) {
    this.letter = letter;
    this.#beside = beside;
  }

  readonly known = $derived.by(() => this.#beside.knownOf(this.document));
  readonly run: RunSide | null = $derived.by(() => {
    const { known } = this;
    if (known === null) return null;
    const guest = this.vm === null ? null : known.vms.indexOf(this.vm);
    const momentTick = Math.round((this.atSec * 1000) / known.tickMs);
    return { series: known.series, tickMs: known.tickMs, momentTick, guest: guest === -1 ? null : guest };
  });
  readonly marks: TimeMarks = $derived.by(() =>
    this.known === null ? { commits: [], spans: [] } : timeMarks(this.known.events, this.vm, this.known.tick),
  );
  /** When its commits were, ascending. */
  readonly commitsMs = $derived.by(() =>
    this.run === null ? [] : this.marks.commits.map(({ tick }) => msOf(this.run!, tick)),
  );
}

export class Beside {
  readonly #app: App;
  #known = $state.raw<ReadonlyMap<string, Known>>(new Map());
  readonly a: Side;
  readonly b: Side;
  lag = $state<Lag>('owed');
  zoom = $state.raw<TimeZoom | null>(null);
  /** Where the cursor is; null: at the end of what both have. */
  cursorMs = $state<number | null>(null);

  constructor(app: App) {
    this.#app = app;
    this.a = new Side('A', this);
    this.b = new Side('B', this);
    const own = app.document?.id ?? '';
    const other = this.runs.find(({ id }) => id !== own)?.id ?? own;
    this.a.document = own;
    this.b.document = other;
    this.a.vm = this.b.vm = other === own ? app.guestName : null;
    if (other === own) this.#chooseMoments();
  }

  /** Of one run: its first commit, and its last. */
  #chooseMoments(): void {
    const { events, guestName, tickMs, document } = this.#app;
    const { commits } = timeMarks(events, guestName, document?.tick ?? 0);
    if (commits.length < 2) return;
    this.a.atSec = (commits[0]!.tick * tickMs) / 1000;
    this.b.atSec = (commits.at(-1)!.tick * tickMs) / 1000;
  }

  /** Open runs, this window's first. */
  readonly runs = $derived.by(() => {
    const own = this.#app.document;
    const others = (this.#app.start?.open ?? []).filter(({ id }) => id !== own?.id);
    return [...(own === null ? [] : [{ id: own.id, name: `${own.name} (this run)` }]), ...others];
  });

  knownOf(document: string): Known | null {
    return this.#known.get(document) ?? null;
  }

  /** Asks for what is not known, and again for what goes on; called in a component. @returns its end */
  follow(): () => void {
    let isOver = false;
    const ask = async (ids: readonly string[]): Promise<void> => {
      for (const document of new Set(ids)) {
        const run = await this.#app.attempt('read the run over time', 'run.overTime', { document });
        if (isOver || run === null) continue;
        const series = spliceSeries(EMPTY_SERIES, run.part) ?? EMPTY_SERIES;
        this.#known = new Map(this.#known).set(document, { ...run, series });
      }
    };
    $effect(() => void ask([this.a.document, this.b.document].filter((id) => !this.#known.has(id))));
    const timer = setInterval(() => {
      void ask([this.a, this.b].filter(({ known }) => known?.playing).map(({ document }) => document));
    }, AGAIN_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }

  swap(): void {
    const of = ({ document, vm, atSec }: Side) => ({ document, vm, atSec });
    const [a, b] = [of(this.a), of(this.b)];
    Object.assign(this.a, b);
    Object.assign(this.b, a);
  }

  // The axis

  readonly whole: TimeRange = $derived.by(() => {
    const ranges = [this.a, this.b].flatMap(({ run }) => (run === null ? [] : (rangeOf(run) ?? [])));
    if (ranges.length === 0) return { fromTick: 0, toTick: 1 };
    const fromTick = Math.max(0, Math.min(...ranges.map(({ fromMs }) => fromMs)));
    return { fromTick, toTick: Math.max(fromTick + 1, ...ranges.map(({ toMs }) => toMs)) };
  });
  readonly box: TimeRange = $derived.by(() => seen(this.zoom, this.whole));
  readonly both = $derived.by(() => {
    const [a, b] = [this.a.run, this.b.run];
    return a === null || b === null ? null : { a, b };
  });
  readonly difference = $derived.by(() =>
    this.both === null ? null : runDifference(this.both.a, this.both.b, this.lag),
  );
  readonly times = $derived.by(() => (this.both === null ? [] : changeTimes(this.both.a, this.both.b)));
  readonly atMs = $derived.by(() => this.cursorMs ?? this.difference?.range?.toMs ?? 0);

  /** Pages at the cursor. */
  at(side: Side, lag: Lag): number | null {
    return side.run === null ? null : pagesAt(side.run, lag, this.atMs);
  }

  commitsUntil(side: Side): number {
    return side.commitsMs.filter((ms) => ms <= this.atMs + 1e-6).length;
  }

  readonly spoken = $derived.by(() => {
    const of = (side: Side): string =>
      `${side.letter} ${LAGS.map((lag) => `${this.at(side, lag) ?? 'unknown'} ${lag}`).join(', ')}`;
    return `${decimal(this.atMs / 1000)} s; ${of(this.a)}; ${of(this.b)} pages`;
  });

  // Keys

  /** To the next of these times, or the one before. */
  #goTo(times: readonly number[], direction: 1 | -1): void {
    const now = this.atMs;
    const next = direction > 0 ? times.find((ms) => ms > now + 1e-6) : times.findLast((ms) => ms < now - 1e-6);
    if (next !== undefined) this.cursorMs = next;
  }

  step(direction: 1 | -1): void {
    this.#goTo(this.times, direction);
  }

  toCommit(direction: 1 | -1): void {
    this.#goTo(
      [...this.a.commitsMs, ...this.b.commitsMs].sort((x, y) => x - y),
      direction,
    );
  }

  zoomBy(factor: number): void {
    this.zoom = zoomed(this.zoom, this.whole, this.atMs, factor);
  }
}
