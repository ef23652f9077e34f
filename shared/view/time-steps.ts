/**
 * Points of the time axis as columns of pixels: what the time strip and the report's figure draw, as numbers.
 *
 * (a) A value holds from its tick to the next: lines are steps, never slopes.
 * (b) Points that begin in the same pixel are one column: from the least to the most of them, and the last of them is the
 *     value that holds until the next column. A point that stands for several ticks is part of every column that one of
 *     them falls into.
 * (c) Where nothing is known there is no column.
 */
import type { Band } from './series.ts';

/** The most, the least and the last of each point's ticks. */
export interface FullBand {
  readonly most: readonly number[];
  readonly least: readonly number[];
  readonly last: readonly number[];
}

export const fullBand = ({ most, least, last }: Band): FullBand => ({
  ...{ most, least: least ?? most, last: last ?? most },
});

/** What points stand for. */
export interface TimePoints {
  /** First tick of each point, ascending. */
  readonly ticks: readonly number[];
  /** The last tick that the last point stands for. */
  readonly endTick: number;
  /** Ticks that nothing is known of: from the first of them to the next that is known. */
  readonly unknown: { readonly fromTick: number; readonly toTick: number } | null;
}

export interface PixelColumn {
  /** Where it begins and ends, in CSS pixels. */
  readonly x: number;
  readonly endX: number;
  /** Indexes of its points, both inclusive. */
  readonly first: number;
  readonly last: number;
}

export interface StepAxis {
  readonly xOf: (tick: number) => number;
  /** CSS pixels of one pixel of the screen. */
  readonly pixel: number;
  /** What is in sight. */
  readonly fromTick: number;
  readonly toTick: number;
}

export function pixelColumns(
  { ticks, endTick, unknown }: TimePoints,
  { xOf, pixel, fromTick, toTick }: StepAxis,
): PixelColumn[] {
  const at = (tick: number): number => Math.floor(xOf(tick) / pixel + 1e-6) * pixel;
  /** The tick after the last that a point stands for. */
  const endOf = (i: number): number => {
    const next = ticks[i + 1] ?? endTick;
    return unknown !== null && ticks[i]! < unknown.fromTick ? Math.min(next, unknown.fromTick) : next;
  };
  const columns: { x: number; endX: number; first: number; last: number }[] = [];
  for (let i = Math.max(0, pointAt(ticks, fromTick)); i < ticks.length && ticks[i]! <= toTick; i++) {
    const x = at(ticks[i]!);
    const endX = Math.max(x + pixel, at(endOf(i)));
    const open = columns.at(-1);
    if (open?.x === x) Object.assign(open, { endX, last: i });
    else columns.push({ x, endX, first: i > 0 && at(endOf(i - 1) - 1) >= x ? i - 1 : i, last: i });
  }
  return columns;
}

export interface ColumnValue {
  readonly least: number;
  readonly most: number;
  readonly last: number;
}

export function valueIn({ most, least, last }: FullBand, column: PixelColumn): ColumnValue {
  let [low, high] = [Infinity, -Infinity];
  for (let i = column.first; i <= column.last; i++) {
    low = Math.min(low, least[i]!);
    high = Math.max(high, most[i]!);
  }
  return { least: low, most: high, last: last[column.last]! };
}

/** The column that is drawn at a place; null: nothing is. */
export const columnAt = (columns: readonly PixelColumn[], x: number): PixelColumn | null =>
  columns.findLast((column) => column.x <= x + 1e-6 && x < column.endX) ?? null;

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
