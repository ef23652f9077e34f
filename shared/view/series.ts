/**
 * What happened over time: one point per snapshot, kept in columns, bounded however long the run.
 *
 * (a) At MAX_POINTS the resolution is halved: two neighbours become one at the tick of the first. Owed pages, lags and
 *     used host pages keep the larger of the two, free host pages the smaller, counters the later: no peak is lost.
 * (b) The last point is always the last snapshot as it was, not a merged one.
 * (c) Equal snapshots in equal order give equal series.
 * (d) At most MAX_PAIRS node pairs of a guest have a column of their own, the first to owe; the others share one.
 */
import { columnSpec, GUEST_TRACKS, guestsOf } from '../columns/index.ts';
import type { GuestTrack, Snapshot } from '../columns/index.ts';
import { owedPairs } from './accounting.ts';
import { hostNodeRows } from './host.ts';

export const MAX_POINTS = 2000;
export const MAX_PAIRS = 64;
/** from and to of the column that several pairs share. */
export const OTHER_PAIRS = -1;

interface PairSeries {
  /** Guest node ids (A, T), or OTHER_PAIRS. */
  readonly from: number;
  readonly to: number;
  /** Not pinned. */
  readonly owedPages: readonly number[];
}

export interface GuestSeries extends Readonly<Record<GuestTrack, readonly number[]>> {
  readonly name: string;
  /** In (from, to) order, the shared column last; only pairs that ever owed a page. */
  readonly pairs: readonly PairSeries[];
}

interface HostNodeSeries {
  readonly host: number;
  readonly nid: number;
  readonly usedPages: readonly number[];
  readonly freePages: readonly number[];
}

export interface Series {
  /** Tick of each point, ascending. */
  readonly ticks: readonly number[];
  /** Snapshots merged into each point but the last. */
  readonly stride: number;
  readonly guests: readonly GuestSeries[];
  readonly hostNodes: readonly HostNodeSeries[];
}

/** The points of a series from index `from` on; what a window has before that stays. */
export interface SeriesPart {
  readonly from: number;
  readonly series: Series;
}

export const EMPTY_SERIES: Series = { ticks: [], stride: 1, guests: [], hostNodes: [] };

type Keep = 'max' | 'min' | 'last';

/** A SeriesRecorder written down. */
export interface SeriesState {
  readonly ticks: Float64Array;
  readonly tracks: readonly { readonly key: string; readonly keep: Keep; readonly values: Float64Array }[];
  readonly pairs: readonly {
    readonly guest: number;
    readonly pairs: readonly (readonly [string, { readonly from: number; readonly to: number }])[];
  }[];
  readonly stride: number;
  readonly inPoint: number;
  readonly last: Snapshot | null;
}

class Track {
  readonly values: number[];
  readonly keep: Keep;

  constructor(keep: Keep, values: Iterable<number>) {
    this.keep = keep;
    this.values = [...values];
  }

  /** Adds a value to the open point, or opens the next. */
  put(value: number, opens: boolean): void {
    if (opens) this.values.push(value);
    else this.values[this.values.length - 1] = this.#merge(this.values.at(-1)!, value);
  }

  halve(): void {
    const { values } = this;
    for (let i = 0; 2 * i < values.length; i++) {
      values[i] = 2 * i + 1 < values.length ? this.#merge(values[2 * i]!, values[2 * i + 1]!) : values[2 * i]!;
    }
    values.length = Math.ceil(values.length / 2);
  }

  #merge(a: number, b: number): number {
    return this.keep === 'last' ? b : this.keep === 'max' ? Math.max(a, b) : Math.min(a, b);
  }
}

/** Takes the snapshots of a run one after the other and gives the series. */
export class SeriesRecorder {
  readonly #ticks: number[] = [];
  readonly #tracks = new Map<string, Track>();
  readonly #pairs = new Map<number, Map<string, { from: number; to: number }>>();
  #stride = 1;
  #inPoint = 0;
  #last: Snapshot | null = null;

  /** @param snapshot of any level, at a later tick than the one before; the hosts and guests of a run do not change. */
  add(snapshot: Snapshot): void {
    const opens = this.#inPoint === 0;
    if (opens && this.#ticks.length === MAX_POINTS) {
      this.#halve();
    }
    if (opens) this.#ticks.push(snapshot.header.tick);
    for (const [key, value] of this.#values(snapshot)) this.#tracks.get(key)!.put(value, opens);
    this.#inPoint = (this.#inPoint + 1) % this.#stride;
    this.#last = snapshot;
  }

  /** The series so far; more snapshots may follow. */
  series(): Series {
    return this.#seriesFrom(0);
  }

  /**
   * What a window lacks that has this series as it was when its last tick was `haveTick`: the points from the one on that
   * was open then, as its values may have grown since. All of it when the window has none (null), or its points are of
   * another stride or later than any here. What it has must be of this history: after an undo it has none.
   */
  since(haveTick: number | null, stride: number): SeriesPart {
    const last = this.#last?.header.tick ?? -1;
    if (haveTick === null || stride !== this.#stride || haveTick > last) return { from: 0, series: this.series() };
    const from = Math.max(0, lastAtOrBefore(this.#ticks, haveTick));
    return { from, series: this.#seriesFrom(from) };
  }

  #seriesFrom(from: number): Series {
    const last = this.#last;
    if (last === null) return EMPTY_SERIES;
    const extra = this.#ticks.at(-1) !== last.header.tick;
    const tail = extra ? this.#values(last) : new Map<string, number>();
    const of = (key: string): number[] => {
      const values = this.#tracks.get(key)!.values;
      const part = values.slice(from);
      if (extra) part.push(tail.get(key)!);
      return part;
    };
    const guests = guestsOf(last).map((guest, g): GuestSeries => {
      const named = GUEST_TRACKS.map((name) => [name, of(`g${g} ${name}`)]);
      const pairs = [...(this.#pairs.get(g) ?? new Map<string, { from: number; to: number }>()).entries()]
        .map(([key, { from, to }]) => ({ from, to, owedPages: of(key) }))
        .sort((a, b) => rank(a.from) - rank(b.from) || a.to - b.to);
      return { name: guest.name, pairs, ...(Object.fromEntries(named) as Record<GuestTrack, number[]>) };
    });
    const hostNodes = hostNodeRows(last).map(({ host, nid }) => ({
      host,
      nid,
      usedPages: of(`h${host}.${nid} used`),
      freePages: of(`h${host}.${nid} free`),
    }));
    return {
      ticks: extra ? [...this.#ticks.slice(from), last.header.tick] : this.#ticks.slice(from),
      stride: this.#stride,
      guests,
      hostNodes,
    };
  }

  /** All of it as plain data, a copy: `restore` goes on from there as if nothing had been added since. */
  save(): SeriesState {
    return {
      ticks: Float64Array.from(this.#ticks),
      tracks: [...this.#tracks].map(([key, track]) => ({
        key,
        keep: track.keep,
        values: Float64Array.from(track.values),
      })),
      pairs: [...this.#pairs].map(([guest, pairs]) => ({ guest, pairs: [...pairs] })),
      stride: this.#stride,
      inPoint: this.#inPoint,
      last: this.#last,
    };
  }

  static restore(state: SeriesState): SeriesRecorder {
    const recorder = new SeriesRecorder();
    recorder.#ticks.push(...state.ticks);
    for (const { key, keep, values } of state.tracks) recorder.#tracks.set(key, new Track(keep, values));
    for (const { guest, pairs } of state.pairs) recorder.#pairs.set(guest, new Map(pairs));
    recorder.#stride = state.stride;
    recorder.#inPoint = state.inPoint;
    recorder.#last = state.last;
    return recorder;
  }

  #halve(): void {
    for (const track of this.#tracks.values()) track.halve();
    for (let i = 0; 2 * i < this.#ticks.length; i++) this.#ticks[i] = this.#ticks[2 * i]!;
    this.#ticks.length = Math.ceil(this.#ticks.length / 2);
    this.#stride *= 2;
  }

  /** The value of every track in this snapshot; a track met for the first time is made, with zeros up to now. */
  #values(snapshot: Snapshot): Map<string, number> {
    const values = new Map<string, number>();
    const set = (key: string, keep: Keep, value: number): void => {
      if (!this.#tracks.has(key))
        this.#tracks.set(key, new Track(keep, zeros(Math.max(0, this.#ticks.length - (this.#inPoint === 0 ? 1 : 0)))));
      values.set(key, (values.get(key) ?? 0) + value);
    };
    const { rows, columns } = snapshot.tables.guests;
    for (let g = 0; g < rows; g++) {
      for (const name of GUEST_TRACKS) set(`g${g} ${name}`, columnSpec('guests', name).series!, columns[name][g]!);
      for (const key of this.#pairs.get(g)?.keys() ?? []) set(key, 'max', 0);
      for (const { from, to, pages } of owedPairs(snapshot, g))
        if (pages > 0) set(this.#pairKey(g, from, to), 'max', pages);
    }
    for (const { host, nid, usedPages, freePages } of hostNodeRows(snapshot)) {
      set(`h${host}.${nid} used`, 'max', usedPages);
      set(`h${host}.${nid} free`, 'min', freePages);
    }
    return values;
  }

  #pairKey(guest: number, from: number, to: number): string {
    const own = `g${guest} ${from}>${to}`;
    let pairs = this.#pairs.get(guest);
    if (pairs === undefined) this.#pairs.set(guest, (pairs = new Map()));
    if (pairs.has(own)) return own;
    if (pairs.size < MAX_PAIRS - 1) {
      pairs.set(own, { from, to });
      return own;
    }
    const shared = `g${guest} others`;
    pairs.set(shared, { from: OTHER_PAIRS, to: OTHER_PAIRS });
    return shared;
  }
}

const zeros = (n: number): number[] => Array.from({ length: n }, () => 0);
const rank = (nid: number): number => (nid === OTHER_PAIRS ? Infinity : nid);

/** Index of the last of ascending ticks that is not above `tick`; -1 when all are. */
function lastAtOrBefore(ticks: readonly number[], tick: number): number {
  let low = -1;
  for (let high = ticks.length - 1; low < high;) {
    const middle = Math.ceil((low + high) / 2);
    if (ticks[middle]! <= tick) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * A window's series with the part that it lacked (SeriesRecorder.since). A pair that it meets for the first time owed
 * nothing before. Null when the part does not continue what the window has: then all is to be asked for anew.
 */
export function spliceSeries(have: Series, { from, series }: SeriesPart): Series | null {
  if (from === 0) return series;
  if (series.stride !== have.stride || from > have.ticks.length) return null;
  if (series.guests.length !== have.guests.length || series.hostNodes.length !== have.hostNodes.length) return null;
  const joined = (old: readonly number[], more: readonly number[]): number[] => [...old.slice(0, from), ...more];
  return {
    ticks: joined(have.ticks, series.ticks),
    stride: series.stride,
    guests: series.guests.map((guest, g) => splicedGuest(have.guests[g]!, guest, from, joined)),
    hostNodes: series.hostNodes.map((node, i) => ({
      ...node,
      usedPages: joined(have.hostNodes[i]!.usedPages, node.usedPages),
      freePages: joined(have.hostNodes[i]!.freePages, node.freePages),
    })),
  };
}

function splicedGuest(
  old: GuestSeries,
  more: GuestSeries,
  from: number,
  joined: (old: readonly number[], more: readonly number[]) => number[],
): GuestSeries {
  const tracks = Object.fromEntries(GUEST_TRACKS.map((name) => [name, joined(old[name], more[name])]));
  const known = new Map(old.pairs.map((pair) => [`${pair.from}>${pair.to}`, pair.owedPages]));
  const pairs = more.pairs.map((pair) => ({
    ...pair,
    owedPages: joined(known.get(`${pair.from}>${pair.to}`) ?? zeros(from), pair.owedPages),
  }));
  return { name: more.name, pairs, ...(tracks as Record<GuestTrack, number[]>) };
}
