/** What happened, on the time axis: commits as marks, migrations and compactions as spans, and which of them a place means. */
import type { WorldEvent } from '../../shared/model/event.ts';
import { momentOf } from '../../shared/view/moment.ts';

export interface TimeMark {
  /** That shows what it did. */
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

/** @param vm null: of all. @param now the present: what a command did at once is seen in it. */
export function timeMarks(events: readonly WorldEvent[], vm: string | null, now: number): TimeMarks {
  const commits: TimeMark[] = [];
  const spans: TimeSpan[] = [];
  const open = new Map<string, number>();
  events.forEach(({ type, vm: of, tick }, event) => {
    if (of === null || (vm !== null && of !== vm)) return;
    if (type === 'layoutCommitted') commits.push({ tick: Math.min(momentOf({ tick }), now), event });
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

/** A command to come, wherever it is being dragged to. */
export interface ComingMark {
  readonly tick: number;
  /** Its number in the list of commands to come. */
  readonly nth: number;
}

/** The command to come whose mark is under a place; null: none is. */
export function comingAt(marks: readonly ComingMark[], x: number, xOf: (tick: number) => number): number | null {
  let best: { readonly nth: number; readonly distance: number } | null = null;
  for (const { tick, nth } of marks) {
    const distance = Math.abs(xOf(tick) - x);
    if (distance <= REACH_PIXELS && distance < (best?.distance ?? Infinity)) best = { nth, distance };
  }
  return best?.nth ?? null;
}

/** Marks that would lie over one another on screen, as one. */
export interface MarkGroup {
  readonly fromX: number;
  readonly toX: number;
  readonly marks: readonly TimeMark[];
}

const MARK_PIXELS = 9;
/** How far from a mark a pointer still means it. */
const REACH_PIXELS = 6;
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

export interface PointedMark {
  readonly event: number;
  /** More than one: marks that overlap. */
  readonly events: readonly number[];
}

/** The event whose mark is under a place, and those that its mark stands for besides. @param now where a span that runs ends. */
export function markAt(
  { commits, spans }: TimeMarks,
  x: number,
  now: number,
  xOf: (tick: number) => number,
): PointedMark | null {
  let best: (PointedMark & { readonly distance: number }) | null = null;
  const offer = (event: number, distance: number, events: readonly number[] = [event]): void => {
    if (distance <= REACH_PIXELS && (best === null || distance < best.distance)) best = { event, distance, events };
  };
  for (const { fromX, toX, marks: group } of groupedMarks(commits, xOf)) {
    const distance = Math.max(0, fromX - x, x - toX);
    const events = group.map(({ event }) => event);
    const nearest = group.reduce((a, b) => (Math.abs(xOf(b.tick) - x) < Math.abs(xOf(a.tick) - x) ? b : a));
    offer(nearest.event, distance, events);
  }
  for (const span of spans) {
    const [from, to] = [xOf(span.fromTick), xOf(span.toTick ?? now)];
    offer(span.event, Math.max(0, from - x, x - to) + 0.5);
  }
  return best;
}
