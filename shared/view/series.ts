/**
 * What happened over time: one point per tick, kept in columns, bounded however long the run.
 *
 * (a) A point stands for the ticks from its own to before the next point's. Beyond MAX_POINTS two neighbours become one. Of lags
 *     the most, the least and the last of its ticks are kept, of other pages the largest (of free host pages the smallest),
 *     of counters the last: no peak is lost, and nothing is ever drawn that was not.
 * (b) A tick in which something happened is a point of its own, and so the tick before it ends a point. Where such ticks
 *     take more than three quarters of all points, they are merged as others are.
 * (c) The last point is always the last tick as it was, not a merged one.
 * (d) Equal figures in equal order give equal series. What a person changed at a tick after it was recorded is an
 *     amendment: a window is shown it, the record of the run does not have it.
 * (e) At most MAX_PAIRS node pairs of a guest have a column of their own, the first to owe; the others share one.
 */
import { columnSpec, GUEST_TRACKS } from '../columns/index.ts';
import type { Figures, GuestTrack } from '../columns/index.ts';
import { owedPairs } from './accounting.ts';
import { hostNodeRows } from './host.ts';
import { lagsOf, LAGS } from './lag.ts';
import type { Lag } from './lag.ts';

export const MAX_POINTS = 2000;
export const MAX_PAIRS = 64;
/** Ticks whose amendments are kept, the latest. */
const MAX_AMENDED = 32;
/** from and to of the column that several pairs share. */
export const OTHER_PAIRS = -1;

/** Of each point's ticks. Null: as `most`, since no point stands for more than one tick. */
export interface Band {
  readonly most: readonly number[];
  readonly least: readonly number[] | null;
  readonly last: readonly number[] | null;
}

export interface PairSeries {
  /** Guest node ids (A, T), or OTHER_PAIRS. */
  readonly from: number;
  readonly to: number;
  /** Not pinned: the most of each point's ticks. */
  readonly owedPages: readonly number[];
  /** Of each point's last tick; null: as `owedPages`. */
  readonly lastPages: readonly number[] | null;
}

export interface GuestSeries extends Readonly<Record<GuestTrack, readonly number[]>> {
  readonly name: string;
  readonly lags: Readonly<Record<Lag, Band>>;
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
  /** First tick of each point, ascending. */
  readonly ticks: readonly number[];
  /** The most ticks that a point stands for. */
  readonly stride: number;
  /** Of all guests together, added up tick by tick. */
  readonly all: Readonly<Record<Lag, Band>>;
  readonly guests: readonly GuestSeries[];
  readonly hostNodes: readonly HostNodeSeries[];
}

/** The points of a series from index `from` on; what a window has before that stays. */
export interface SeriesPart {
  readonly from: number;
  readonly series: Series;
}

const NO_BAND: Band = { most: [], least: null, last: null };
export const EMPTY_SERIES: Series = {
  ticks: [],
  stride: 1,
  all: { owed: NO_BAND, stale: NO_BAND, pinned: NO_BAND },
  guests: [],
  hostNodes: [],
};

/** What is kept of the ticks of a point; band: most, least and last. */
type Keep = 'max' | 'min' | 'last' | 'band';

interface PairName {
  readonly from: number;
  readonly to: number;
}

/** A SeriesRecorder written down, without amendments. */
export interface SeriesState {
  readonly ticks: Float64Array;
  readonly apart: Uint8Array;
  readonly tracks: readonly TrackState[];
  readonly pairs: readonly {
    readonly guest: number;
    readonly pairs: readonly (readonly [string, PairName])[];
  }[];
  readonly stride: number;
  readonly inPoint: number;
  readonly happened: boolean;
  readonly last: Figures | null;
}

interface TrackState {
  readonly key: string;
  readonly keep: Keep;
  readonly values: Float64Array;
  readonly least: Float64Array | null;
  readonly last: Float64Array | null;
  readonly before: PointValue | null;
}

/** A track's value in one point. */
interface PointValue {
  readonly value: number;
  readonly least: number;
  readonly last: number;
}

const single = (value: number): PointValue => ({ value, least: value, last: value });

function merged(keep: Keep, a: PointValue, b: PointValue): PointValue {
  const value = keep === 'last' ? b.value : keep === 'min' ? Math.min(a.value, b.value) : Math.max(a.value, b.value);
  return { value, least: Math.min(a.least, b.least), last: b.last };
}

class Track {
  readonly keep: Keep;
  /** Of a band, the most. */
  readonly values: number[];
  /** Of a band: null while no point stands for more than one tick. */
  least: number[] | null = null;
  last: number[] | null = null;
  /** The open point as it was before its last tick; null: it is of one tick. */
  before: PointValue | null = null;

  constructor(keep: Keep, values: Iterable<number>) {
    this.keep = keep;
    this.values = [...values];
  }

  at(i: number): PointValue {
    const value = this.values[i]!;
    return { value, least: this.least?.[i] ?? value, last: this.last?.[i] ?? value };
  }

  /** Adds a value to the open point, or opens the next. */
  put(value: number, opens: boolean): void {
    this.before = opens ? null : this.at(this.values.length - 1);
    const point = this.before === null ? single(value) : merged(this.keep, this.before, single(value));
    this.set(opens ? this.values.length : this.values.length - 1, point);
  }

  /** Points are merged with the next, or stay alone. @param alone by the place of the first. */
  merge(pairs: readonly { readonly at: number; readonly two: boolean }[]): void {
    pairs.forEach(({ at, two }, to) => {
      this.set(to, two ? merged(this.keep, this.at(at), this.at(at + 1)) : this.at(at));
    });
    for (const list of [this.values, this.least, this.last]) if (list !== null) list.length = pairs.length;
  }

  set(i: number, { value, least, last }: PointValue): void {
    if (this.keep === 'band' && this.least === null && (least !== value || last !== value)) {
      this.least = [...this.values];
      this.last = [...this.values];
    }
    this.values[i] = value;
    if (this.least !== null) this.least[i] = least;
    if (this.last !== null) this.last[i] = last;
  }

  slice(from: number): Track {
    const part = new Track(this.keep, this.values.slice(from));
    part.least = this.least?.slice(from) ?? null;
    part.last = this.last?.slice(from) ?? null;
    return part;
  }

  save(key: string): TrackState {
    const copy = (list: number[] | null): Float64Array | null => (list === null ? null : Float64Array.from(list));
    const { keep, before } = this;
    return {
      key,
      keep,
      values: Float64Array.from(this.values),
      least: copy(this.least),
      last: copy(this.last),
      before,
    };
  }

  static restore({ keep, values, least, last, before }: TrackState): Track {
    const track = new Track(keep, values);
    track.least = least === null ? null : [...least];
    track.last = last === null ? null : [...last];
    track.before = before;
    return track;
  }
}

/** The value of every track in the figures of one tick. */
interface Sample {
  readonly values: ReadonlyMap<string, { readonly keep: Keep; readonly value: number }>;
  /** Pairs met for the first time. */
  readonly newPairs: readonly { readonly guest: number; readonly key: string; readonly pair: PairName }[];
}

/** Takes the figures of a run one tick after the other and gives the series. */
export class SeriesRecorder {
  readonly #ticks: number[] = [];
  /** Points that are not merged with the one before them. */
  readonly #apart: boolean[] = [];
  readonly #tracks = new Map<string, Track>();
  readonly #pairs = new Map<number, Map<string, PairName>>();
  readonly #amended = new Map<number, Figures>();
  #stride = 1;
  #inPoint = 0;
  /** In the last tick. */
  #happened = false;
  #last: Figures | null = null;

  /**
   * @param figures of a later tick than those before; the hosts and guests of a run do not change.
   * @param happened in the step to this tick.
   */
  add(figures: Figures, happened = false): void {
    const apart = happened || this.#happened;
    const opens = apart || this.#inPoint === 0;
    if (opens && this.#ticks.length >= MAX_POINTS) this.#thin();
    const sample = this.#sample(figures);
    for (const { guest, key, pair } of sample.newPairs) {
      if (!this.#pairs.has(guest)) this.#pairs.set(guest, new Map());
      this.#pairs.get(guest)!.set(key, pair);
    }
    const points = this.#ticks.length;
    for (const [key, { keep, value }] of sample.values) {
      if (!this.#tracks.has(key)) this.#tracks.set(key, new Track(keep, zeros(points)));
      this.#tracks.get(key)!.put(value, opens);
    }
    if (opens) {
      this.#ticks.push(figures.header.tick);
      this.#apart.push(apart);
    }
    this.#inPoint = ((opens ? 0 : this.#inPoint) + 1) % this.#stride;
    this.#happened = happened;
    this.#last = figures;
  }

  /** The figures of the last tick are others now: a command was submitted since it was recorded. */
  amend(figures: Figures): void {
    this.#amended.delete(figures.header.tick);
    this.#amended.set(figures.header.tick, figures);
    const [oldest] = this.#amended.keys();
    if (this.#amended.size > MAX_AMENDED) this.#amended.delete(oldest!);
  }

  /** The series so far, without amendments; more figures may follow. */
  series(): Series {
    return this.#seriesFrom(0, []);
  }

  /**
   * What a window lacks that has this series as it was when its last tick was `haveTick`: the points from the one on that
   * was open then, as its values may have grown since. All of it when the window has none (null), or its points are of
   * another stride or later than any here. What it has must be of this history: after an undo it has none.
   * @param present the figures of the last tick as they are now.
   */
  since(haveTick: number | null, stride: number, present: Figures | null = null): SeriesPart {
    const last = this.#last?.header.tick ?? -1;
    const amended = [...this.#amended.values(), ...(present === null ? [] : [present])];
    if (haveTick === null || stride !== this.#stride || haveTick > last)
      return { from: 0, series: this.#seriesFrom(0, amended) };
    const from = Math.max(0, lastAtOrBefore(this.#ticks, haveTick));
    return { from, series: this.#seriesFrom(from, amended) };
  }

  #seriesFrom(from: number, amended: readonly Figures[]): Series {
    const last = this.#last;
    if (last === null) return EMPTY_SERIES;
    const extra = this.#ticks.at(-1) !== last.header.tick;
    const tail = extra ? this.#sample(last).values : null;
    const ticks = this.#ticks.slice(from);
    if (extra) ticks.push(last.header.tick);
    const changes = this.#changes(ticks, amended);
    const band = (key: string): Band => {
      const track = this.#tracks.get(key);
      const part = track?.slice(from) ?? new Track('band', zeros(this.#ticks.length - from));
      if (extra) {
        const open = part.values.length - 1;
        part.set(open, track?.before ?? part.at(open));
        part.set(open + 1, single(tail!.get(key)?.value ?? 0));
      }
      for (const { point, isLast, sample } of changes) {
        const before = part.at(point);
        const change = merged(part.keep, before, single(sample.values.get(key)?.value ?? 0));
        part.set(point, isLast ? change : { ...change, last: before.last });
      }
      return { most: part.values, least: part.least, last: part.last };
    };
    const lags = (of: string): Record<Lag, Band> =>
      Object.fromEntries(LAGS.map((lag) => [lag, band(`${of} ${lag}`)])) as Record<Lag, Band>;
    const guests = last.header.vms.map((name, g): GuestSeries => {
      const own = lags(`g${g}`);
      const named = GUEST_TRACKS.map((track) => [track, (sameAs(own, track) ?? band(`g${g} ${track}`)).most]);
      const pairs = [
        ...(this.#pairs.get(g) ?? []),
        ...changes.flatMap(({ sample }) =>
          sample.newPairs.filter(({ guest }) => guest === g).map(({ key, pair }) => [key, pair] as const),
        ),
      ];
      const pairSeries = [...new Map(pairs)]
        .map(([key, pair]): PairSeries => {
          const { most, last: end } = band(key);
          return { ...pair, owedPages: most, lastPages: end };
        })
        .sort((a, b) => rank(a.from) - rank(b.from) || a.to - b.to);
      return { name, pairs: pairSeries, lags: own, ...(Object.fromEntries(named) as Record<GuestTrack, number[]>) };
    });
    const hostNodes = hostNodeRows(last).map(({ host, nid }) => ({
      host,
      nid,
      usedPages: band(`h${host}.${nid} used`).most,
      freePages: band(`h${host}.${nid} free`).most,
    }));
    return { ticks, stride: this.#stride, all: lags('all'), guests, hostNodes };
  }

  /** The amendments of these points, and whether each is of its point's last tick. */
  #changes(
    ticks: readonly number[],
    amended: readonly Figures[],
  ): { readonly point: number; readonly isLast: boolean; readonly sample: Sample }[] {
    return amended.flatMap((figures) => {
      const { tick } = figures.header;
      const point = lastAtOrBefore(ticks, tick);
      if (point < 0 || tick > this.#last!.header.tick) return [];
      return [{ point, isLast: tick + 1 >= (ticks[point + 1] ?? tick + 1), sample: this.#sample(figures) }];
    });
  }

  /** All of it as plain data, a copy: `restore` goes on from there as if nothing had been added since. */
  save(): SeriesState {
    return {
      ticks: Float64Array.from(this.#ticks),
      apart: Uint8Array.from(this.#apart, Number),
      tracks: [...this.#tracks].map(([key, track]) => track.save(key)),
      pairs: [...this.#pairs].map(([guest, pairs]) => ({ guest, pairs: [...pairs] })),
      stride: this.#stride,
      inPoint: this.#inPoint,
      happened: this.#happened,
      last: this.#last,
    };
  }

  static restore(state: SeriesState): SeriesRecorder {
    const recorder = new SeriesRecorder();
    recorder.#ticks.push(...state.ticks);
    recorder.#apart.push(...Array.from(state.apart, (apart) => apart === 1));
    for (const track of state.tracks) recorder.#tracks.set(track.key, Track.restore(track));
    for (const { guest, pairs } of state.pairs) recorder.#pairs.set(guest, new Map(pairs));
    recorder.#stride = state.stride;
    recorder.#inPoint = state.inPoint;
    recorder.#happened = state.happened;
    recorder.#last = state.last;
    return recorder;
  }

  /** Goes on in the place of another that has come further: its amendments of ticks before `tick` stay. */
  keepAmended(other: SeriesRecorder, tick: number): void {
    for (const [at, figures] of other.#amended) if (at < tick) this.#amended.set(at, figures);
  }

  #thin(): void {
    this.#mergePairs();
    if (this.#ticks.length > MAX_POINTS * MAX_KEPT_SHARE) {
      this.#apart.fill(false);
      this.#mergePairs();
    }
    this.#stride *= 2;
  }

  #mergePairs(): void {
    const pairs: { at: number; two: boolean }[] = [];
    for (let at = 0; at < this.#ticks.length; at += pairs.at(-1)!.two ? 2 : 1)
      pairs.push({ at, two: at + 1 < this.#ticks.length && !this.#apart[at + 1]! });
    for (const track of this.#tracks.values()) track.merge(pairs);
    pairs.forEach(({ at }, to) => {
      this.#ticks[to] = this.#ticks[at]!;
      this.#apart[to] = this.#apart[at]!;
    });
    this.#ticks.length = pairs.length;
    this.#apart.length = pairs.length;
  }

  #sample(figures: Figures): Sample {
    const values = new Map<string, { keep: Keep; value: number }>();
    const newPairs: { guest: number; key: string; pair: PairName }[] = [];
    const set = (key: string, keep: Keep, value: number): void => {
      values.set(key, { keep, value: (values.get(key)?.value ?? 0) + value });
    };
    for (const lag of LAGS) set(`all ${lag}`, 'band', 0);
    const { rows, columns } = figures.tables.guests;
    for (let g = 0; g < rows; g++) {
      const lags = lagsOf(figures, g);
      for (const lag of LAGS) {
        set(`g${g} ${lag}`, 'band', lags[lag]);
        set(`all ${lag}`, 'band', lags[lag]);
      }
      for (const name of GUEST_TRACKS)
        if (!(name in SAME_LAG)) set(`g${g} ${name}`, columnSpec('guests', name).series!, columns[name][g]!);
      const known = this.#pairs.get(g);
      for (const key of known?.keys() ?? []) set(key, 'band', 0);
      const mine: typeof newPairs = [];
      for (const { from, to, pages } of owedPairs(figures, g)) {
        if (pages <= 0) continue;
        const own = `g${g} ${from}>${to}`;
        const isOwn = known?.has(own) === true;
        const shared = !isOwn && (known?.size ?? 0) + mine.length >= MAX_PAIRS - 1;
        const key = shared ? `g${g} others` : own;
        if (known?.has(key) !== true && !mine.some((pair) => pair.key === key))
          mine.push({ guest: g, key, pair: shared ? { from: OTHER_PAIRS, to: OTHER_PAIRS } : { from, to } });
        set(key, 'band', pages);
      }
      newPairs.push(...mine);
    }
    for (const { host, nid, usedPages, freePages } of hostNodeRows(figures)) {
      set(`h${host}.${nid} used`, 'max', usedPages);
      set(`h${host}.${nid} free`, 'min', freePages);
    }
    return { values, newPairs };
  }
}

/** Of MAX_POINTS, after thinning. */
const MAX_KEPT_SHARE = 0.75;

/** Tracks of a guest that are one of its lags. */
const SAME_LAG: Partial<Record<GuestTrack, Lag>> = { targetActualPages: 'owed', pinnedPages: 'pinned' };

function sameAs(lags: Readonly<Record<Lag, Band>>, track: GuestTrack): Band | null {
  const lag = SAME_LAG[track];
  return lag === undefined ? null : lags[lag];
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
  const lags = (old: Readonly<Record<Lag, Band>>, more: Readonly<Record<Lag, Band>>): Record<Lag, Band> =>
    Object.fromEntries(LAGS.map((lag) => [lag, joinedBand(old[lag], more[lag], joined)])) as Record<Lag, Band>;
  return {
    ticks: joined(have.ticks, series.ticks),
    stride: series.stride,
    all: lags(have.all, series.all),
    guests: series.guests.map((guest, g) => ({
      ...splicedGuest(have.guests[g]!, guest, from, joined),
      lags: lags(have.guests[g]!.lags, guest.lags),
    })),
    hostNodes: series.hostNodes.map((node, i) => ({
      ...node,
      usedPages: joined(have.hostNodes[i]!.usedPages, node.usedPages),
      freePages: joined(have.hostNodes[i]!.freePages, node.freePages),
    })),
  };
}

type Join = (old: readonly number[], more: readonly number[]) => number[];

/** What neither has stays unsaid: it is as `most`. */
function joinedBand(old: Band, more: Band, joined: Join): Band {
  const one = (name: 'least' | 'last'): number[] | null =>
    old[name] === null && more[name] === null ? null : joined(old[name] ?? old.most, more[name] ?? more.most);
  return { most: joined(old.most, more.most), least: one('least'), last: one('last') };
}

function splicedGuest(old: GuestSeries, more: GuestSeries, from: number, joined: Join): Omit<GuestSeries, 'lags'> {
  const tracks = Object.fromEntries(GUEST_TRACKS.map((name) => [name, joined(old[name], more[name])]));
  const known = new Map(old.pairs.map((pair) => [`${pair.from}>${pair.to}`, pair]));
  const none: PairSeries = { from: 0, to: 0, owedPages: zeros(from), lastPages: null };
  const pairs = more.pairs.map((pair): PairSeries => {
    const before = known.get(`${pair.from}>${pair.to}`) ?? none;
    const owed = joinedBand(pairBand(before), pairBand(pair), joined);
    return { ...pair, owedPages: owed.most, lastPages: owed.last };
  });
  return { name: more.name, pairs, ...(tracks as Record<GuestTrack, number[]>) };
}

const pairBand = ({ owedPages, lastPages }: PairSeries): Band => ({ most: owedPages, least: null, last: lastPages });
