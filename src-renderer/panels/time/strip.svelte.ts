/**
 * What the time strip shows, derived from the window's state: one figure, one axis, one reading. The parts of the strip draw
 * and speak of it, and change only its zoom, its pointer and whose lags it shows.
 *
 * (a) What it says of the moment that is shown is of the frame that every view shows; what it says of another moment is of
 *     the series.
 */
import { guestsOf, recordsOf } from '../../../shared/columns/index.ts';
import { isUnderWay } from '../../../shared/model/transfer.ts';
import { nodeRows } from '../../../shared/view/index.ts';
import { lagsOf, lagsTogether } from '../../../shared/view/lag.ts';
import type { Lag, Lags } from '../../../shared/view/lag.ts';
import { count, exactPages, seconds } from '../../../shared/view/number-format.ts';
import { pointAt } from '../../../shared/view/time-steps.ts';
import { convergedTick, lastChange, seriesUpTo, timeFigure } from '../../canvas/time-figure.ts';
import { axisEnd, owedForecast } from '../../canvas/time-forecast.ts';
import { comingAt, markAt, timeMarks } from '../../canvas/time-marks.ts';
import { laneHeight, tickAtX, xOfTick } from '../../canvas/time-painter.ts';
import type { ComingMark } from '../../canvas/time-marks.ts';
import type { Recorded } from '../../canvas/time-seek.ts';
import { panned, revealing, seen, until, zoomed } from '../../canvas/time-view.ts';
import type { TimeZoom } from '../../canvas/time-view.ts';
import type { App } from '../../state/app.svelte.ts';

/** Below the lanes of marks. */
const AXIS_PIXELS = 17;

export class Strip {
  readonly #app: App;
  /** Of all VMs together. */
  all = $state(false);
  width = $state(0);
  height = $state(0);
  /** Where the pointer is; null: elsewhere. */
  pointer = $state.raw<{ readonly x: number; readonly y: number } | null>(null);
  zoom = $state.raw<TimeZoom | null>(null);
  /** The command to come that is being dragged, by its number in the list, and where it is. */
  dragged = $state.raw<ComingMark | null>(null);

  constructor(app: App) {
    this.#app = app;
  }

  readonly header = $derived.by(() => (this.#app.frame === null ? null : recordsOf(this.#app.frame)));
  readonly vms = $derived.by(() => this.header?.guests ?? []);
  /** Index of the VM whose lags it shows; null: of all. */
  readonly guest = $derived.by(() =>
    this.vms.length > 0 && !this.all ? Math.min(this.#app.guest, this.vms.length - 1) : null,
  );
  readonly name = $derived.by(() => (this.guest === null ? null : (this.vms[this.guest]?.name ?? null)));

  // The axis. The frame's own tick is the present: the document's may arrive before its frame, or after.
  readonly now = $derived.by(() => (this.#app.at === null ? this.#app.shownTick : (this.#app.document?.tick ?? 0)));
  readonly first = $derived.by(() => this.#app.document?.history.first ?? 0);
  /** Tick of the past that is shown; null: the present is. */
  readonly shown = $derived.by(() => (this.#app.at === null ? null : this.#app.shownTick));

  readonly #nodes = $derived.by(() => {
    const { frame } = this.#app;
    if (frame === null) return [];
    return guestsOf(frame).map((_, guest) => new Map(nodeRows(frame, guest).map((row) => [row.nid, row])));
  });
  readonly #nodeNames = $derived.by(() => {
    const { colours } = this.#app;
    return new Map(
      (this.header?.hosts ?? []).flatMap((host, h) =>
        host.nids.map(
          (nid) => [colours.ofHostNode(h, nid).index, `host node ${colours.hostNodeLabel(h, nid)}`] as const,
        ),
      ),
    );
  });
  readonly #seen = $derived.by(() => {
    const { at, frame, series } = this.#app;
    return at === null && frame !== null ? seriesUpTo(series, frame) : { series, unknown: null };
  });
  readonly figure = $derived.by(() =>
    timeFigure(
      this.#seen,
      this.guest,
      (guest, nid) => this.#app.colours.ofGuestNode(this.#nodes[guest]?.get(nid), nid).index,
      (colour) => this.#nodeNames.get(colour) ?? 'a node without a host node',
    ),
  );
  readonly marks = $derived.by(() => timeMarks(this.#app.events, this.name, this.now));
  /** Of the VM that it shows, or of all; the axis is that of before a drag. */
  readonly coming: readonly ComingMark[] = $derived.by(() =>
    this.#app.coming.list.flatMap(({ command, tick }, nth) =>
      this.name === null || command.vm === this.name
        ? [this.dragged?.nth === nth ? this.dragged : { tick: Math.max(tick, this.now), nth }]
        : [],
    ),
  );
  readonly #comingTicks = $derived.by(() =>
    this.#app.coming.list
      .filter(({ command }) => this.name === null || command.vm === this.name)
      .map(({ tick }) => tick),
  );
  /** Number of the one that is chosen or dragged. */
  readonly comingChosen = $derived.by(() => {
    const { list, chosen } = this.#app.coming;
    return this.dragged?.nth ?? (chosen === null ? null : list.indexOf(chosen));
  });
  readonly #regenerates = $derived.by(() =>
    (this.#app.document?.inputs.guests ?? []).map(({ regeneration }) => regeneration.enabled),
  );
  readonly converged = $derived.by(() =>
    convergedTick(this.#seen.series, this.guest, (guest) => this.#regenerates[guest] ?? true),
  );
  readonly recorded: Recorded = $derived.by(() => ({ first: this.first, now: this.now, ticks: this.figure.ticks }));

  readonly forecast = $derived.by(() => {
    const { document, at } = this.#app;
    if (document === null || this.header === null || this.guest === null || at !== null) return null;
    const { name } = this.vms[this.guest]!;
    const moves = [...this.header.migrations.filter(isUnderWay), ...this.header.compactions.filter(isUnderWay)];
    const mine = document.commands.filter(({ vm }) => vm === name);
    return owedForecast({
      owedPages: this.lags.owed,
      stalePages: this.lags.stale,
      lifetime: document.inputs.guests[this.guest]?.workload?.lifetime ?? null,
      disturbed:
        moves.some(({ vm }) => vm === name) ||
        mine.some(({ state, type }) => state === 'pending' || type === 'holdPages'),
    });
  });
  readonly whole = $derived.by(() => ({
    fromTick: this.first,
    toTick: axisEnd(this.now, this.first, this.forecast, this.figure.top, this.#comingTicks),
  }));
  readonly box = $derived.by(() => ({ width: this.width, height: this.height, ...seen(this.zoom, this.whole) }));
  /** A zoom to all that changes; null: that is the whole axis. */
  readonly changes = $derived.by(() => until(this.whole, lastChange(this.figure, this.marks)));

  /** Of the frame that every view shows. */
  readonly lags: Lags = $derived.by(() => {
    const { frame } = this.#app;
    if (frame === null) return { owed: 0, stale: 0, pinned: 0 };
    return this.guest === null ? lagsTogether(this.vms.map((_, g) => lagsOf(frame, g))) : lagsOf(frame, this.guest);
  });

  // The pointer
  readonly hoverTick = $derived.by(() =>
    this.pointer === null ? null : Math.max(this.first, Math.min(this.now, tickAtX(this.box, this.pointer.x))),
  );
  readonly pointed = $derived.by(() => {
    const { pointer } = this;
    if (pointer === null || !this.#isInLanes(pointer.y)) return null;
    return markAt(this.marks, pointer.x, this.now, (tick) => xOfTick(this.box, tick));
  });
  #isInLanes(y: number): boolean {
    return y >= this.height - AXIS_PIXELS - laneHeight(this.marks, this.coming);
  }

  /** Number of the command to come under the pointer. */
  readonly pointedComing = $derived.by(() => {
    const { pointer, dragged } = this;
    if (dragged !== null) return dragged.nth;
    if (pointer === null || !this.#isInLanes(pointer.y)) return null;
    return comingAt(this.coming, pointer.x, (tick) => xOfTick(this.box, tick));
  });

  /** Index of the point under the pointer; -1: nothing is known of that tick; null: the pointer is elsewhere. */
  readonly #hovered = $derived.by(() => {
    if (this.hoverTick === null) return null;
    const { ticks, unknown } = this.figure;
    const isUnknown = unknown !== null && this.hoverTick >= unknown.fromTick && this.hoverTick < unknown.toTick;
    return isUnknown ? -1 : pointAt(ticks, this.hoverTick);
  });
  /** Tick that the headline is of. */
  readonly readTick = $derived.by(() => {
    if (this.#hovered === null) return this.shown ?? this.now;
    return this.figure.ticks[this.#hovered] ?? Math.floor(this.hoverTick!);
  });

  /** A lag as the headline says it: of the frame shown, or of what is under the pointer, where several ticks may be one point. */
  says(lag: Lag): string {
    if (this.#hovered === null) return this.#app.frame === null ? '–' : count(this.lags[lag]);
    const { most, least, last } = this.figure[lag];
    const at = this.#hovered;
    if (at < 0 || last[at] === undefined) return '–';
    return most[at] === least[at] ? count(last[at]) : `${count(least[at]!)} to ${count(most[at]!)}`;
  }

  /** Pages of a layer under the pointer. */
  pagesUnderPointer(pages: readonly number[]): number {
    return this.#hovered === null ? 0 : (pages[this.#hovered] ?? 0);
  }

  /** Of what is shown, wherever the pointer is. */
  readonly spoken = $derived.by(() => {
    const { tickMs, frame } = this.#app;
    const of = (lag: Lag): string => (frame === null ? 'unknown' : exactPages(this.lags[lag]));
    const { shown, now } = this;
    const when = `${seconds(shown ?? now, tickMs)}${shown === null ? ', the present' : ` of ${seconds(now, tickMs)}, the past`}`;
    const whose = this.name === null ? '' : `${this.name}, `;
    return `${whose}${when}; ${of('owed')} owed, ${of('stale')} stale, ${of('pinned')} pinned`;
  });

  // Zooming

  zoomAt(tick: number, factor: number): void {
    this.zoom = zoomed(this.zoom, this.whole, tick, factor);
  }

  /** At what is shown where that is in sight, else in the middle. */
  zoomBy(factor: number): void {
    const tick = this.shown ?? this.now;
    const { fromTick, toTick } = this.box;
    this.zoomAt(tick >= fromTick && tick <= toTick ? tick : (fromTick + toTick) / 2, factor);
  }

  pan(part: number): void {
    this.zoom = panned(this.zoom, this.whole, part);
  }

  fit(): void {
    this.zoom = this.zoom === null ? this.changes : null;
  }

  reveal(tick: number): void {
    this.zoom = revealing(this.zoom, this.whole, tick);
  }
}
