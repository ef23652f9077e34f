/**
 * What the time strip shows, as numbers: what is owed, by the nodes that owe, what is stale, what is pinned. Of one VM, or of
 * all of them together.
 *
 * (a) A point stands for the ticks from its own to before the next point's; of each lag it has the most, the least and the
 *     last of them. Between two ticks nothing is made up.
 * (b) Layers stack to the pages owed at the last tick of every point (T against A, not pinned), in the hue of the node that
 *     owes: per node pair of one VM, per colour over all VMs.
 * (c) What is between the last recorded point and the frame that is shown is unknown, and is marked so.
 */
import type { Snapshot } from '../../shared/columns/index.ts';
import { GUEST_TRACKS } from '../../shared/columns/index.ts';
import type { GuestTrack } from '../../shared/columns/index.ts';
import { owedPairs } from '../../shared/view/accounting.ts';
import type { Lag, Lags } from '../../shared/view/lag.ts';
import { LAGS, lagsOf, lagsTogether } from '../../shared/view/lag.ts';
import type { Band, GuestSeries, PairSeries, Series } from '../../shared/view/series.ts';
import { OTHER_PAIRS } from '../../shared/view/series.ts';
import { fullBand } from '../../shared/view/time-steps.ts';
import type { FullBand, TimePoints } from '../../shared/view/time-steps.ts';
import type { TimeMarks } from './time-marks.ts';
import type { TimeRange } from './time-view.ts';

export interface TimeLayer {
  readonly key: string;
  /** Short: "1→0", from the node that owes to the one it owes to; "host node 1" over all VMs. */
  readonly label: string;
  /** NodeColour index; null: pairs that share a column. */
  readonly colour: number | null;
  /** At the last tick of each point. */
  readonly pages: readonly number[];
}

export interface TimeFigure extends Readonly<Record<Lag, FullBand>>, TimePoints {
  readonly layers: readonly TimeLayer[];
  /** The greatest value of anything shown. */
  readonly top: number;
}

/** @param guest null: all. @param colourOf NodeColour index of a guest's node. */
export function timeFigure(
  { series, unknown }: SeenSeries,
  guest: number | null,
  colourOf: (guest: number, nid: number) => number,
  nodeName: (colour: number) => string,
): TimeFigure {
  const lags = guest === null ? series.all : (series.guests[guest]?.lags ?? series.all);
  const [owed, stale, pinned] = [fullBand(lags.owed), fullBand(lags.stale), fullBand(lags.pinned)];
  const layers =
    guest === null
      ? layersOfAll(series, colourOf, nodeName)
      : layersOfOne(series.guests[guest]?.pairs ?? [], (nid) => colourOf(guest, nid));
  const top = [owed, stale, pinned].reduce((most, band) => band.most.reduce((a, b) => Math.max(a, b), most), 0);
  return { ticks: series.ticks, endTick: series.ticks.at(-1) ?? 0, unknown, layers, owed, stale, pinned, top };
}

const lastOf = ({ owedPages, lastPages }: PairSeries): readonly number[] => lastPages ?? owedPages;

const layersOfOne = (pairs: readonly PairSeries[], colourOf: (nid: number) => number): TimeLayer[] =>
  pairs.map((pair) => ({
    key: `${pair.from}>${pair.to}`,
    label: pair.from === OTHER_PAIRS ? 'others' : `${pair.from}→${pair.to}`,
    colour: pair.from === OTHER_PAIRS ? null : colourOf(pair.from),
    pages: lastOf(pair),
  }));

function layersOfAll(
  series: Series,
  colourOf: (guest: number, nid: number) => number,
  nodeName: (colour: number) => string,
): TimeLayer[] {
  const byColour = new Map<number | null, number[]>();
  series.guests.forEach(({ pairs }, g) => {
    for (const pair of pairs) {
      const colour = pair.from === OTHER_PAIRS ? null : colourOf(g, pair.from);
      let pages = byColour.get(colour);
      if (pages === undefined) byColour.set(colour, (pages = series.ticks.map(() => 0)));
      lastOf(pair).forEach((owed, i) => (pages[i] = pages[i]! + owed));
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

export interface SeenSeries {
  readonly series: Series;
  readonly unknown: TimeRange | null;
}

/**
 * The series up to a frame, which is its last point: the numbers at its end are those of the views. The series is asked for
 * a few times a second, so it may be behind the frame, or before it.
 */
export function seriesUpTo(series: Series, frame: Snapshot): SeenSeries {
  const { tick, vms } = frame.header;
  if (series.ticks.length === 0 || vms.length !== series.guests.length) return { series, unknown: null };
  const before = series.ticks.findLastIndex((each) => each < tick) + 1;
  const behind = series.ticks.at(-1)!;
  const lags = vms.map((_, g) => lagsOf(frame, g));
  return {
    series: {
      ...series,
      ticks: [...series.ticks.slice(0, before), tick],
      all: endedLags(series.all, before, lagsTogether(lags)),
      guests: series.guests.map((guest, g) => endedGuest(guest, before, lags[g]!, frame, g)),
    },
    unknown: tick > behind + 1 ? { fromTick: behind + 1, toTick: tick } : null,
  };
}

const ended = (pages: readonly number[], points: number, last: number): number[] => [...pages.slice(0, points), last];

const endedBand = ({ most, least, last }: Band, points: number, pages: number): Band => ({
  most: ended(most, points, pages),
  least: least === null ? null : ended(least, points, pages),
  last: last === null ? null : ended(last, points, pages),
});

const endedLags = (lags: GuestSeries['lags'], points: number, pages: Lags): GuestSeries['lags'] =>
  Object.fromEntries(LAGS.map((lag) => [lag, endedBand(lags[lag], points, pages[lag])])) as Record<Lag, Band>;

function endedGuest(guest: GuestSeries, points: number, lags: Lags, frame: Snapshot, g: number): GuestSeries {
  const { columns } = frame.tables.guests;
  const tracks = Object.fromEntries(
    GUEST_TRACKS.map((name) => [name, ended(guest[name], points, columns[name][g]!)]),
  ) as Record<GuestTrack, number[]>;
  const owed = new Map(owedPairs(frame, g).map(({ from, to, pages }) => [`${from} ${to}`, { from, to, pages }]));
  const now = (key: string): number => {
    const pages = owed.get(key)?.pages ?? 0;
    owed.delete(key);
    return pages;
  };
  const known = guest.pairs.filter(({ from }) => from !== OTHER_PAIRS);
  const shared = guest.pairs.find(({ from }) => from === OTHER_PAIRS);
  const pairs = known.map((pair) => endedPair(pair, points, now(`${pair.from} ${pair.to}`)));
  const left = [...owed.values()].filter(({ pages }) => pages > 0);
  if (shared !== undefined)
    pairs.push(
      endedPair(
        shared,
        points,
        left.reduce((sum, { pages }) => sum + pages, 0),
      ),
    );
  else {
    const none = Array.from({ length: points }, () => 0);
    pairs.push(
      ...left.map(({ from, to, pages }) => endedPair({ from, to, owedPages: none, lastPages: null }, points, pages)),
    );
  }
  return { name: guest.name, pairs, lags: endedLags(guest.lags, points, lags), ...tracks };
}

const endedPair = (pair: PairSeries, points: number, pages: number): PairSeries => ({
  ...pair,
  owedPages: ended(pair.owedPages, points, pages),
  lastPages: pair.lastPages === null ? null : ended(pair.lastPages, points, pages),
});

/** The tick of the last change that can be seen: of a figure by a two-hundredth of the axis, or a mark. */
export function lastChange({ ticks, stale, owed, pinned, top }: TimeFigure, marks: TimeMarks): number {
  let tick = ticks[0] ?? 0;
  for (const { most, least, last } of [stale, owed, pinned]) {
    const end = last.at(-1) ?? 0;
    const isFar = (pages: number): boolean => Math.abs(pages - end) > top / 200;
    const at = most.findLastIndex((n, i) => isFar(n) || isFar(least[i]!));
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
    series.guests.some(({ lags: { owed, stale } }, g) => {
      if (guest !== null && g !== guest) return false;
      return owed.most[point]! > 0 || (regenerates(g) && stale.most[point]! > 0);
    });
  let point = series.ticks.length - 1;
  while (point >= 0 && !lags(point)) point--;
  return point < 0 ? null : (series.ticks[point + 1] ?? null);
}
