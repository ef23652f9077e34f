/**
 * What the time strip draws, against the world stepped beside it tick by tick: at every tick, of every VM and of all, in
 * every shipped example. The world's own snapshots are the oracle; the way from the recording to the pixels is under test.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { guestsOf } from '../../shared/columns/index.ts';
import type { ScenarioCommand } from '../../src-main/scenario/index.ts';
import { readScenario, toWorldConfig } from '../../src-main/scenario/index.ts';
import { World } from '../../src-main/engine/index.ts';
import { Recording } from '../../src-main/jobs/recording.ts';
import type { Series } from '../../shared/view/series.ts';
import { timeFigure } from './time-figure.ts';
import type { TimeFigure } from './time-figure.ts';
import type { TimeBox } from './time-painter.ts';
import { xOfTick } from './time-painter.ts';
import { columnAt, pixelColumns, valueIn } from '../../shared/view/time-steps.ts';

const LAGS = ['owed', 'stale', 'pinned'] as const;
type Truth = Readonly<Record<(typeof LAGS)[number], number>>;

interface Stepped {
  readonly series: Series;
  /** By tick; of each VM, and of all together at the end. */
  readonly truth: readonly (readonly Truth[])[];
  readonly eventTicks: readonly number[];
}

function stepped(example: string, ticks: number, seed: number, commands?: readonly ScenarioCommand[]): Stepped {
  const text = readFileSync(new URL(`../../shared/examples/${example}.pageshift.json`, import.meta.url), 'utf8');
  const scenario = readScenario(text, example).value!;
  const world = World.create(
    toWorldConfig({ ...scenario, seed, commands: [...(commands ?? scenario.commands)] }),
  ).world!;
  const recording = new Recording(world);
  const truth: Truth[][] = [];
  const eventTicks: number[] = [];
  const look = (): void => {
    const mine = guestsOf(world.snapshot('accounts')).map(({ lag }) => ({
      owed: lag.targetActual,
      stale: lag.hostTarget - lag.coalesced,
      pinned: lag.pinned,
    }));
    const sum = (lag: keyof Truth): number => mine.reduce((total, each) => total + each[lag], 0);
    truth.push([...mine, { owed: sum('owed'), stale: sum('stale'), pinned: sum('pinned') }]);
  };
  look();
  for (let tick = 0; tick < ticks; tick++) {
    world.step();
    if (recording.afterTick().length > 0) eventTicks.push(world.tick);
    look();
  }
  return { series: recording.seriesPart(null, 0).series, truth, eventTicks };
}

const figureOf = ({ series }: Stepped, guest: number | null): TimeFigure =>
  timeFigure({ series, unknown: null }, guest, (g, nid) => g + nid, String);

/** Draws [fromTick, toTick] at a width and compares every tick in it. */
function expectDrawn(run: Stepped, guest: number | null, box: TimeBox, ratio: number): void {
  const figure = figureOf(run, guest);
  const of = guest ?? run.truth[0]!.length - 1;
  const xOf = (tick: number): number => xOfTick(box, tick);
  const columns = pixelColumns(figure, { xOf, pixel: 1 / ratio, ...box });
  for (let tick = box.fromTick; tick <= box.toTick; tick++) {
    const column = columnAt(columns, Math.floor(xOf(tick) * ratio + 1e-6) / ratio);
    expect(column, `tick ${tick} is drawn`).not.toBeNull();
    for (const lag of LAGS) {
      const { least, most } = valueIn(figure[lag], column!);
      const is = run.truth[tick]![of]![lag];
      if (is < least || is > most) expect.fail(`${lag} at tick ${tick} is ${is}, drawn ${least} to ${most}`);
    }
  }
  // And nothing that was not: the ends of a band are values of its points' ticks, the line is at the last of them.
  for (const column of columns) {
    const end = figure.ticks[column.last + 1] ?? run.truth.length;
    const ticks: number[] = [];
    for (let tick = figure.ticks[column.first]!; tick < end; tick++) ticks.push(tick);
    for (const lag of LAGS) {
      const are = ticks.map((tick) => run.truth[tick]![of]![lag]);
      expect(valueIn(figure[lag], column)).toEqual({
        least: Math.min(...are),
        most: Math.max(...are),
        last: are.at(-1),
      });
    }
    const stacked = figure.layers.reduce((sum, { pages }) => sum + pages[column.last]!, 0);
    expect(stacked).toBe(run.truth[ticks.at(-1)!]![of]!.owed);
  }
}

function expectAllDrawn(run: Stepped): void {
  const last = run.truth.length - 1;
  for (const guest of [...run.series.guests.keys(), null]) {
    for (const [width, ratio] of [
      [1280, 1],
      [700, 2],
      [120, 1],
    ] as const)
      expectDrawn(run, guest, { width, height: 100, fromTick: 0, toTick: last }, ratio);
    const middle = Math.floor(last / 2);
    expectDrawn(run, guest, { width: 900, height: 100, fromTick: middle, toTick: Math.min(last, middle + 20) }, 1.25);
  }
}

describe('what is drawn is what was', () => {
  test.each([
    ['two-socket-compact', 130, 1],
    ['two-socket-compact', 60, 7],
    ['numad-eight-node', 120, 1],
    ['numad-eight-node', 60, 5],
    ['two-to-four-migrate', 300, 1],
    ['two-to-four-migrate', 200, 3],
    ['rfc-cover-letter', 400, 1],
    ['rfc-defects', 60, 1],
  ])('%s for %d ticks, seed %d', (example, ticks, seed) => expectAllDrawn(stepped(example, ticks, seed)), 120_000);

  test('a commit is a step: the tick before it has the one, the tick after it the other', () => {
    const compact = { at: 0, type: 'compact', vm: 'database', nodes: [0], rateMiBps: 1024 } as ScenarioCommand;
    const run = stepped('two-socket-compact', 14, 1, [compact]);
    const figure = figureOf(run, 0);
    expect([10, 11].map((tick) => [figure.owed.last[tick], figure.stale.last[tick]])).toEqual([
      [0, 2_891_776],
      [2_369_346, 0],
    ]);
    const box: TimeBox = { width: 1280, height: 100, fromTick: 0, toTick: 14 };
    const columns = pixelColumns(figure, { xOf: (tick) => xOfTick(box, tick), pixel: 1, ...box });
    const drawn = (tick: number): number[] =>
      LAGS.slice(0, 2).map((lag) => valueIn(figure[lag], columnAt(columns, Math.floor(xOfTick(box, tick)))!).last);
    expect([10, 10.5, 10.97, 11, 11.9].map(drawn)).toEqual([
      [0, 2_891_776],
      [0, 2_891_776],
      [0, 2_891_776],
      [2_369_346, 0],
      [2_369_346, 0],
    ]);
  });

  test('after thinning, the ticks before and after what happened are still exact', () => {
    const run = stepped('rfc-cover-letter', 2200, 2);
    expectAllDrawn(run);
    const figure = figureOf(run, 0);
    expect(run.series.stride).toBeGreaterThan(1);
    expect(run.eventTicks.length).toBeGreaterThan(0);
    for (const tick of run.eventTicks) {
      const point = figure.ticks.indexOf(tick);
      for (const lag of LAGS) {
        expect([figure[lag].least[point], figure[lag].most[point]]).toEqual([
          run.truth[tick]![0]![lag],
          run.truth[tick]![0]![lag],
        ]);
        if (point > 0) expect(figure[lag].last[point - 1]).toBe(run.truth[tick - 1]![0]![lag]);
      }
    }
  });
});
