/**
 * What the time strip shows, as numbers: areas of owed pages, both lags, what is pinned, marks and spans of events, and the
 * ticks that can be shown. One VM, or all of them together.
 *
 * (a) Areas stack to the owed pages of every point (T against A, not pinned), in the hue of the node that owes: per node
 *     pair of one VM, per colour over all VMs.
 * (b) The forecast is made only where it is exact: an exponential lifetime has no memory, so what is owed now falls by
 *     e^(-t/mean) as long as no other layout is delivered (spec/models.md section 4). Otherwise there is none.
 */
import { GUEST_TRACKS } from '../../shared/columns/index.ts';
import type { GuestTrack, Snapshot } from '../../shared/columns/index.ts';
import type { WorldEvent } from '../../shared/model/event.ts';
import { owedPairs } from '../../shared/view/accounting.ts';
import type { GuestSeries, Series } from '../../shared/view/series.ts';
import { OTHER_PAIRS } from '../../shared/view/series.ts';

interface TimeLayer {
  readonly key: string;
  /** Short: "1→0", from the node that owes to the one it owes to; "host node 1" over all VMs. */
  readonly label: string;
  /** NodeColour index; null: pairs that share a column. */
  readonly colour: number | null;
  readonly pages: readonly number[];
}

export interface TimeFigure {
  readonly ticks: readonly number[];
  readonly layers: readonly TimeLayer[];
  /** H against T, without what is coalesced: no layout could describe that. */
  readonly hostTarget: readonly number[];
  readonly targetActual: readonly number[];
  readonly pinned: readonly number[];
  /** The greatest value of anything shown. */
  readonly top: number;
}

/** @param guest null: all. @param colourOf NodeColour index of a guest's node. */
export function timeFigure(
  series: Series,
  guest: number | null,
  colourOf: (guest: number, nid: number) => number,
  nodeName: (colour: number) => string,
): TimeFigure {
  const chosen = series.guests.map((each, g) => ({ each, g })).filter(({ g }) => guest === null || g === guest);
  const points = series.ticks.length;
  const sum = (pagesAt: (of: GuestSeries, i: number) => number | undefined): number[] =>
    Array.from({ length: points }, (_, i) => chosen.reduce((total, { each }) => total + (pagesAt(each, i) ?? 0), 0));
  // Where points were merged each keeps its own peak, so a part can be above the whole.
  const hostTarget = sum(({ hostTargetPages, coalescedPages }, i) =>
    Math.max(0, (hostTargetPages[i] ?? 0) - (coalescedPages[i] ?? 0)),
  );
  const targetActual = sum(({ targetActualPages }, i) => targetActualPages[i]);
  const pinned = sum(({ pinnedPages }, i) => pinnedPages[i]);
  const layers = guest === null ? layersOfAll(series, points, colourOf, nodeName) : layersOfOne(chosen, colourOf);
  const top = Math.max(0, ...hostTarget, ...targetActual, ...pinned);
  return { ticks: series.ticks, layers, hostTarget, targetActual, pinned, top };
}

function layersOfOne(
  chosen: readonly { readonly each: GuestSeries; readonly g: number }[],
  colourOf: (guest: number, nid: number) => number,
): TimeLayer[] {
  return chosen.flatMap(({ each, g }) =>
    each.pairs.map(({ from, to, owedPages }) => ({
      key: `${from}>${to}`,
      label: from === OTHER_PAIRS ? 'others' : `${from}→${to}`,
      colour: from === OTHER_PAIRS ? null : colourOf(g, from),
      pages: owedPages,
    })),
  );
}

function layersOfAll(
  series: Series,
  points: number,
  colourOf: (guest: number, nid: number) => number,
  nodeName: (colour: number) => string,
): TimeLayer[] {
  const byColour = new Map<number | null, number[]>();
  series.guests.forEach(({ pairs }, g) => {
    for (const { from, owedPages } of pairs) {
      const colour = from === OTHER_PAIRS ? null : colourOf(g, from);
      let pages = byColour.get(colour);
      if (pages === undefined) byColour.set(colour, (pages = Array.from({ length: points }, () => 0)));
      for (let i = 0; i < points; i++) pages[i] = pages[i]! + (owedPages[i] ?? 0);
    }
  });
  return [...byColour]
    .sort(([a], [b]) => (a ?? Infinity) - (b ?? Infinity))
    .map(([colour, pages]) => ({
      key: String(colour),
      label: colour === null ? 'others' : nodeName(colour),
      colour,
      pages,
    }));
}

/** The series with the present as its last point, where it was not asked for since. The numbers are those of the views. */
export function withPresent(series: Series, present: Snapshot): Series {
  const { tick, vms } = present.header;
  const last = series.ticks.at(-1);
  if (last === undefined || tick <= last || vms.length !== series.guests.length) return series;
  return {
    ...series,
    ticks: [...series.ticks, tick],
    guests: series.guests.map((guest, g): GuestSeries => {
      const { columns } = present.tables.guests;
      const tracks = Object.fromEntries(
        GUEST_TRACKS.map((name) => [name, [...guest[name], columns[name][g]!]]),
      ) as Record<GuestTrack, number[]>;
      const owed = owedPairs(present, g);
      return {
        name: guest.name,
        pairs: guest.pairs.map((pair) => {
          const now = owed.find(({ from, to }) => from === pair.from && to === pair.to)?.pages ?? 0;
          const known = new Set(guest.pairs.map(({ from, to }) => `${from} ${to}`));
          const others = owed.reduce((sum, { from, to, pages }) => (known.has(`${from} ${to}`) ? sum : sum + pages), 0);
          return { ...pair, owedPages: [...pair.owedPages, pair.from === OTHER_PAIRS ? others : now] };
        }),
        ...tracks,
      };
    }),
  };
}

export interface TimeMark {
  readonly tick: number;
  /** Index into the events. */
  readonly event: number;
}

export interface TimeSpan {
  readonly kind: 'migration' | 'compaction';
  readonly vm: string;
  readonly fromTick: number;
  /** Null: it runs. */
  readonly toTick: number | null;
  /** Whether it came to what it was for. */
  readonly done: boolean;
  /** Of its beginning. */
  readonly event: number;
}

export interface TimeMarks {
  readonly commits: readonly TimeMark[];
  readonly spans: readonly TimeSpan[];
}

const BEGINS: Readonly<Record<string, TimeSpan['kind']>> = {
  migrationStarted: 'migration',
  compactionStarted: 'compaction',
};
const ENDS: Readonly<Record<string, readonly [kind: TimeSpan['kind'], done: boolean]>> = {
  migrationCompleted: ['migration', true],
  migrationCancelled: ['migration', false],
  migrationFailed: ['migration', false],
  compactionCompleted: ['compaction', true],
  compactionStalled: ['compaction', false],
  compactionCancelled: ['compaction', false],
};

/** @param vm null: of all. */
export function timeMarks(events: readonly WorldEvent[], vm: string | null): TimeMarks {
  const commits: TimeMark[] = [];
  const spans: TimeSpan[] = [];
  const open = new Map<string, number>();
  events.forEach(({ type, vm: of, tick }, event) => {
    if (of === null || (vm !== null && of !== vm)) return;
    if (type === 'layoutCommitted') commits.push({ tick, event });
    const begins = BEGINS[type];
    if (begins !== undefined) {
      open.set(`${begins} ${of}`, spans.length);
      spans.push({ kind: begins, vm: of, fromTick: tick, toTick: null, done: false, event });
    }
    const ends = ENDS[type];
    const at = ends === undefined ? undefined : open.get(`${ends[0]} ${of}`);
    if (ends === undefined || at === undefined) return;
    open.delete(`${ends[0]} ${of}`);
    spans[at] = { ...spans[at]!, toTick: tick, done: ends[1] };
  });
  return { commits, spans };
}

/** Marks that would lie over one another on screen, as one. */
export interface MarkGroup {
  readonly fromX: number;
  readonly toX: number;
  readonly marks: readonly TimeMark[];
}

const MARK_PIXELS = 9;
/** A group's count stands behind it. */
const COUNT_PIXELS = 26;

/** @param xOf pixels of a tick, ascending with it. */
export function groupedMarks(marks: readonly TimeMark[], xOf: (tick: number) => number): readonly MarkGroup[] {
  const groups: { fromX: number; toX: number; marks: TimeMark[] }[] = [];
  for (const mark of marks) {
    const x = xOf(mark.tick);
    const last = groups.at(-1);
    const room = last === undefined || last.marks.length === 1 ? MARK_PIXELS : COUNT_PIXELS;
    if (last === undefined || x - last.toX >= room) groups.push({ fromX: x, toX: x, marks: [mark] });
    else {
      last.toX = x;
      last.marks.push(mark);
    }
  }
  return groups;
}

/** Spans in as few rows as they need, each in the first row that is free when it begins. */
export function rowsOfSpans(spans: readonly TimeSpan[]): readonly number[] {
  const free: number[] = [];
  return spans.map(({ fromTick, toTick }) => {
    let row = free.findIndex((tick) => tick < fromTick);
    if (row < 0) row = free.push(0) - 1;
    free[row] = toTick ?? Infinity;
    return row;
  });
}

/** The tick of the last change that can be seen: of a figure by a two-hundredth of the axis, or a mark. */
export function lastChange({ ticks, hostTarget, targetActual, pinned, top }: TimeFigure, marks: TimeMarks): number {
  let tick = ticks[0] ?? 0;
  for (const pages of [hostTarget, targetActual, pinned]) {
    const end = pages.at(-1) ?? 0;
    const at = pages.findLastIndex((n) => Math.abs(n - end) > top / 200);
    tick = Math.max(tick, ticks[Math.min(at + 1, ticks.length - 1)] ?? 0);
  }
  for (const mark of marks.commits) tick = Math.max(tick, mark.tick);
  for (const { fromTick, toTick } of marks.spans) tick = Math.max(tick, toTick ?? fromTick);
  return tick;
}

/**
 * Since when the guests shown have converged, by the recorded points: the tick from which on nothing lags but what is
 * pinned or coalesced, or belongs to a guest that gets no layouts. Null: something still lags, or nothing ever did.
 * @param guest null: all. @param regenerates whether the guest with this index gets layouts after moves
 */
export function convergedTick(
  series: Series,
  guest: number | null,
  regenerates: (guest: number) => boolean,
): number | null {
  const lags = (point: number): boolean =>
    series.guests.some(({ targetActualPages, hostTargetPages, coalescedPages }, g) => {
      if (guest !== null && g !== guest) return false;
      return targetActualPages[point]! > 0 || (regenerates(g) && hostTargetPages[point]! > coalescedPages[point]!);
    });
  let point = series.ticks.length - 1;
  while (point >= 0 && !lags(point)) point--;
  return point < 0 ? null : (series.ticks[point + 1] ?? null);
}

/** Index of the last point at or before a tick; -1: none. */
export function pointAt(ticks: readonly number[], tick: number): number {
  let [low, high] = [0, ticks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ticks[middle]! <= tick) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What can be shown: recorded frames between two ticks, and the present. */
export interface Recorded {
  readonly first: number;
  readonly now: number;
  /** Ticks of the series' points, ascending; frames are at these or between them. */
  readonly ticks: readonly number[];
}

/** The recorded tick nearest to a wish; null: the present. */
export function snapped({ first, now, ticks }: Recorded, wish: number): number | null {
  if (wish >= now) return null;
  const at = pointAt(ticks, wish);
  const [below, above] = [ticks[at] ?? first, ticks[at + 1] ?? now];
  const near = wish - below <= above - wish ? below : above;
  return near >= now ? null : Math.max(first, near);
}

/** So many recorded ticks before or after the one that is shown. */
export function steppedTick({ first, now, ticks }: Recorded, shown: number, steps: number): number | null {
  const at = pointAt(ticks, shown);
  // Between two points, a step back goes to the point before.
  const from = steps < 0 && at >= 0 && ticks[at]! < shown ? at + 1 : at;
  const to = ticks[Math.max(0, from + steps)] ?? now;
  return to >= now ? null : Math.max(first, to);
}

export interface OwedForecast {
  readonly owedPages: number;
  readonly meanTicks: number;
}

export interface OwedForecastInput {
  readonly owedPages: number;
  /** H ≠ T, without what is coalesced: the next layout will make it owed. */
  readonly stalePages: number;
  readonly lifetime: { readonly law: string; readonly meanTicks?: number } | null;
  /** Something moves this VM, or holds pages of it. */
  readonly disturbed: boolean;
}

export function owedForecast({ owedPages, stalePages, lifetime, disturbed }: OwedForecastInput): OwedForecast | null {
  if (owedPages <= 0 || stalePages > 0 || disturbed) return null;
  if (lifetime?.law !== 'exponential' || !(lifetime.meanTicks! > 0)) return null;
  return { owedPages, meanTicks: lifetime.meanTicks! };
}

export const owedAfter = ({ owedPages, meanTicks }: OwedForecast, ticks: number): number =>
  owedPages * Math.exp(-ticks / meanTicks);

/** Ticks until a share of it is left. */
export const ticksUntil = ({ meanTicks }: OwedForecast, share: number): number => meanTicks * Math.log(1 / share);

/** A tick is not divided: the axis of a run that has just begun is of some. */
const LEAST_SPAN = 10;

/**
 * The tick at the right end of the axis: the present with a little room, more where a forecast can be seen.
 * @param top the greatest value of the axis
 */
export function axisEnd(now: number, first: number, forecast: OwedForecast | null, top: number): number {
  const span = Math.max(1, now - first);
  if (span < LEAST_SPAN) return first + LEAST_SPAN;
  const room =
    forecast === null || forecast.owedPages < top / 100 ? 0.03 : Math.min(0.35, ticksUntil(forecast, 0.01) / span);
  return now + Math.max(1, span * Math.max(0.03, room));
}
