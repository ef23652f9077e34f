/** The form of a sweep: paths, axes, designs, flags, verdicts, the document with all its problems, and halving. */
import { describe, expect, test } from 'vitest';
import { gridValues, sampleValue } from './axis.ts';
import type { RangeAxis } from './axis.ts';
import { bisect, mostRuns } from './bisect.ts';
import { pointsOf } from './design.ts';
import { axisFlag, edgeFlag, metricFlag, paretoFlag } from './flag.ts';
import { askedAt, cellsOf } from './job-list.ts';
import { metricValue } from './metric.ts';
import { paretoFront } from './pareto.ts';
import { parsePath, setAt, valuesAt } from './path.ts';
import { isSweepText, readSweep } from './read.ts';
import { resolveSweep } from './resolve.ts';
import { verdictOf } from './verdict.ts';
import { readScenario } from '../scenario/index.ts';

const DOCUMENT = {
  vms: [
    { name: 'a', dirty: { rateMiBps: 1 } },
    { name: 'b.c', dirty: { rateMiBps: 2 } },
  ],
  list: [[1, 2], [3]],
};

describe('paths', () => {
  test.each([
    ['/vms/0/dirty/rateMiBps', [1]],
    ['vms[1].dirty.rateMiBps', [2]],
    ['vms.a.dirty.rateMiBps', [1]],
    ['vms["b.c"].dirty.rateMiBps', [2]],
    ['/vms/b.c/dirty/rateMiBps', [2]],
    ['/vms/*/dirty/rateMiBps', [1, 2]],
    ['list[0][1]', [2]],
    ['/vms/2/dirty', []],
    ['/vms/nobody', []],
    ['toString', []],
  ])('%s leads to %j', (text, values) => expect(valuesAt(DOCUMENT, parsePath(text)!)).toEqual(values));

  test.each(['', '/', '//a', '.a', 'a..b', 'a[', 'a[0', 'a[0]b', '/a~2'])('"%s" is none', (text) => {
    expect(parsePath(text)).toBeNull();
  });

  test('a value is set where the way is there, and nowhere else', () => {
    const document = { a: [{ name: 'x', b: 1 }] };
    expect(setAt(document, ['a', 'x', 'b'], 2)).toBeNull();
    expect(setAt(document, ['a', '0', 'new'], 3)).toBeNull();
    expect(document).toEqual({ a: [{ name: 'x', b: 2, new: 3 }] });
    expect(setAt(document, ['a', '1', 'b'], 2)).toBe('1');
    expect(setAt(document, ['__proto__'], {})).toBe('__proto__');
    expect(setAt(document, ['nothing', 'b'], 2)).toBe('nothing');
  });
});

describe('flags', () => {
  test.each([
    ['r=/a/b:10..50:20', { name: 'r', path: '/a/b', from: 10, to: 50, step: 20 }],
    ['r=a.b:1..1e3:10:log', { name: 'r', path: 'a.b', from: 1, to: 1000, step: 10, log: true }],
    ['r=a.b:0.5..2:log', { name: 'r', path: 'a.b', from: 0.5, to: 2, log: true }],
    ['r=a.b:-5..5', { name: 'r', path: 'a.b', from: -5, to: 5 }],
    ['p=/x:on,"off",3,true', { name: 'p', path: '/x', values: ['on', 'off', 3, true] }],
    [
      'p=/x:{"mode":"spread"},{"mode":"strict","nodes":[0,1]}',
      { name: 'p', path: '/x', values: [{ mode: 'spread' }, { mode: 'strict', nodes: [0, 1] }] },
    ],
  ])('%s', (text, axis) => expect(axisFlag(text)).toEqual({ value: axis, wrong: null }));

  test.each(['r', 'r=/a', '=/a:1', 'r=//:1', 'r=/a:'])('%s is no axis', (text) =>
    expect(axisFlag(text).wrong).not.toBeNull(),
  );

  test('metrics, edges and goals', () => {
    expect(metricFlag('/a/0/b').value).toEqual({ name: 'a.0.b', path: '/a/0/b' });
    expect(metricFlag('m=max:a.*.b').value).toEqual({ name: 'm', path: 'a.*.b', of: 'max' });
    expect(metricFlag('max:/a/*').value).toEqual({ name: 'max a.*', path: '/a/*', of: 'max' });
    expect(edgeFlag('r:/migrations/0/phase=completed').value).toEqual({
      axis: 'r',
      path: '/migrations/0/phase',
      is: '=',
      value: 'completed',
    });
    expect(edgeFlag('r:converged').value).toEqual({ axis: 'r', path: 'converged', is: '=', value: true });
    expect(edgeFlag('r:/d <= 3').value).toEqual({ axis: 'r', path: '/d', is: '<=', value: 3 });
    expect(edgeFlag('r').wrong).not.toBeNull();
    expect(paretoFlag('min:a b,max:c').value).toEqual([
      { best: 'min', metric: 'a b' },
      { best: 'max', metric: 'c' },
    ]);
    expect(paretoFlag('min:a').wrong).not.toBeNull();
  });
});

describe('designs', () => {
  const linear: RangeAxis = { name: 'l', path: '/l', from: 0, to: 1, step: 0.1 };
  const log: RangeAxis = { name: 'g', path: '/g', from: 1, to: 1000, step: 10, log: true };

  test('steps add up to what a person would write', () => {
    expect(gridValues(linear)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
    expect(gridValues(log)).toEqual([1, 10, 100, 1000]);
    expect(gridValues({ ...log, step: undefined })).toHaveLength(5);
    expect(gridValues({ name: 'w', path: '/w', from: 1, to: 4, whole: true })).toEqual([1, 2, 3, 4]);
    expect(gridValues({ name: 'd', path: '/d', from: 10, to: 1, step: -4 })).toEqual([10, 6, 2]);
  });

  test('a grid has every combination, the last axis fastest', () => {
    const points = pointsOf(
      [
        { name: 'a', path: '/a', values: ['x', 'y'] },
        { name: 'b', path: '/b', values: [1, 2, 3] },
      ],
      null,
    );
    expect(points).toEqual([
      ['x', 1],
      ['x', 2],
      ['x', 3],
      ['y', 1],
      ['y', 2],
      ['y', 3],
    ]);
    expect(pointsOf([], null)).toEqual([[]]);
  });

  test('a Latin hypercube has one point in each part of each axis, the same by the same seed', () => {
    const axes: RangeAxis[] = [
      { name: 'a', path: '/a', from: 0, to: 50 },
      { name: 'b', path: '/b', from: 1, to: 2 ** 50, log: true },
    ];
    const points = pointsOf(axes, { points: 50, seed: 7 });
    const parts = (of: (point: readonly unknown[]) => number): number[] =>
      points
        .map(of)
        .map(Math.floor)
        .sort((x, y) => x - y);
    expect(parts((point) => point[0] as number)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(parts((point) => Math.log2(point[1] as number))).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(pointsOf(axes, { points: 50, seed: 7 })).toEqual(points);
    expect(pointsOf(axes, { points: 50, seed: 8 })).not.toEqual(points);
    // One more axis leaves the others where they were.
    const more = pointsOf([...axes, { name: 'c', path: '/c', values: [1, 2] }], { points: 50, seed: 7 });
    expect(more.map((point) => point.slice(0, 2))).toEqual(points);
    expect(more.filter((point) => point[2] === 1)).toHaveLength(25);
    expect(sampleValue({ name: 'l', path: '/l', values: ['p', 'q'] }, 0.999)).toBe('q');
  });
});

describe('halving', () => {
  const found = (axis: RangeAxis, percent: number, edge: number) => {
    const halving = bisect(axis, percent);
    let step = halving.next();
    while (step.done !== true) step = halving.next(step.value < edge);
    return step.value;
  };
  const axis: RangeAxis = { name: 'r', path: '/r', from: 100, to: 10_000, log: true };

  test.each([101, 130, 999, 1192, 5000, 9990])('of 100 to 1 finds %d within a hundredth in at most 14 runs', (edge) => {
    const result = found(axis, 1, edge);
    expect(result.runs).toBeLessThanOrEqual(14);
    if (!result.found) throw new Error('no edge');
    expect(Math.abs(result.value / edge - 1)).toBeLessThan(0.01);
    expect(result.near).toBeLessThan(edge);
    expect(result.far).toBeGreaterThanOrEqual(edge);
    expect(result.verdictAtFrom).toBe(true);
    expect(result.runs).toBeLessThanOrEqual(mostRuns(axis, 1));
  });

  test('downwards, of whole numbers, and where both ends agree', () => {
    const down = found({ name: 'r', path: '/r', from: 64, to: 1, whole: true }, 0.001, 17.5);
    expect(down).toMatchObject({ found: true, near: 18, far: 17, value: 17.5, verdictAtFrom: false });
    expect(found(axis, 1, 1)).toEqual({ found: false, verdict: false, runs: 2 });
  });

  test('counts no more runs than it may take, wherever the edge is', () => {
    const linear: RangeAxis = { name: 'r', path: '/r', from: 1, to: 100 };
    for (let edge = 1.01; edge < 100; edge *= 1.07)
      expect(found(linear, 1, edge).runs).toBeLessThanOrEqual(mostRuns(linear, 1));
  });
});

test('metrics and verdicts of a document', () => {
  const document = {
    ok: true,
    list: [
      { n: 1, ok: true },
      { n: 5, ok: false },
    ],
    text: 'x',
    none: null,
  };
  const of = (path: string, fold?: 'min' | 'max' | 'mean' | 'count' | 'sum') =>
    metricValue(document, { name: '', path, of: fold });
  expect([of('/ok'), of('/text'), of('/none'), of('/missing'), of('/list')]).toEqual([true, 'x', null, null, null]);
  expect([of('/list/*/n'), of('/list/*/n', 'max'), of('/list/*/n', 'mean'), of('/list/*', 'count')]).toEqual([
    6, 5, 3, 2,
  ]);
  expect([of('/list/*/ok'), of('/list/*/ok', 'mean'), of('/missing/*/n')]).toEqual([false, 0.5, null]);
  expect(verdictOf(document, { path: '/list/*/n', is: '<', value: 6 })).toBe(true);
  expect(verdictOf(document, { path: '/list/*/n', is: '<', value: 5 })).toBe(false);
  expect(verdictOf(document, { path: '/missing', is: '<', value: 5 })).toBe(false);
  expect(verdictOf(document, { path: '/missing', is: '!=', value: 5 })).toBe(true);
});

test('a front has the rows that no other one beats', () => {
  const goals = [
    { metric: 'a', best: 'min' },
    { metric: 'b', best: 'max' },
  ] as const;
  const rows = [
    [1, 1],
    [2, 2],
    [2, 1],
    [3, 2],
    [1, 1],
    [0, null],
  ];
  expect(paretoFront(rows, goals)).toEqual([true, true, false, false, true, false]);
});

const SCENARIO = {
  pageshift: 1,
  name: 's',
  hosts: [{ name: 'h', nodes: [{ nid: 0, memoryMiB: 64 }] }],
  vms: [{ name: 'v', host: 'h', memoryMiB: 16, dirty: { workingSetMiB: 8, rateMiBps: 3 } }],
};

describe('the document', () => {
  test('all problems are reported at once, with their places', () => {
    const text = `{ "sweep": 1, "scenario": "s.json",
      "vary": [{ "name": "a", "path": "..", "values": [1] }, { "name": "a", "path": "/x", "from": 1, "to": 9, "step": -1 },
               { "name": "l", "path": "/y", "from": 0, "to": 9, "log": true }],
      "metrics": [{ "name": "point", "path": "/ok" }],
      "edge": { "axis": "nobody", "path": "/ok", "is": "<", "value": true },
      "pareto": [{ "metric": "gone", "best": "min" }] }`;
    const { value, diagnostics } = readSweep(text, 'x.sweep.json');
    expect(value).toBeNull();
    expect(diagnostics.map(({ slug, where }) => `${slug} ${where.line} ${where.path}`)).toEqual([
      'path-form 2 /vary/0/path',
      'name-duplicate 2 /vary/1/name',
      'range 2 /vary/1/step',
      'range 3 /vary/2/from',
      'name-duplicate 4 /metrics/0/name',
      'name-unknown 5 /edge/axis',
      'wrong-type 5 /edge/value',
      'name-unknown 6 /pareto/0/metric',
      'too-few 6 /pareto',
    ]);
  });

  test('wrong keys and values, with the right ones', () => {
    const { diagnostics } = readSweep('{ "sweep": 1, "scenario": {}, "job": "walk", "seedz": 3 }', 'x');
    expect(diagnostics.map(({ slug }) => slug).sort()).toEqual(['key-unknown', 'wrong-value']);
    expect(diagnostics.find(({ slug }) => slug === 'key-unknown')!.hint).toContain('seeds');
    expect(readSweep('{', 'x').diagnostics[0]!.slug).toBe('json-syntax');
  });

  test('a sweep and a scenario are told apart', () => {
    expect(isSweepText('{ "sweep": 1, "scenario": { "pageshift": 1 } }')).toBe(true);
    expect(isSweepText(JSON.stringify(SCENARIO))).toBe(false);
    expect(isSweepText('{"pageshift": 1, "name": "the \\"sweep\\": of it"}')).toBe(false);
  });

  const resolved = (vary: object[], more: object = {}) =>
    resolveSweep(
      readSweep(JSON.stringify({ sweep: 1, scenario: {}, vary, ...more }), 'x').value!,
      readScenario(JSON.stringify(SCENARIO), 's').value!,
    );

  test('values that the scenario refuses, and paths that lead nowhere, are named', () => {
    const { value, diagnostics } = resolved([
      { name: 'mem', path: '/vms/0/memoryMiB', values: [16, -3] },
      { name: 'lost', path: '/vms/9/memoryMiB', values: [1] },
      { name: 'odd', path: '/vms/v/dirtee', values: [1] },
    ]);
    expect(value).toBeNull();
    expect(diagnostics.map(({ slug }) => slug)).toEqual(['out-of-range', 'path-nowhere', 'key-unknown']);
    expect(diagnostics[0]!.message).toContain('With "mem" at -3');
  });

  test('what has been left out of a scenario can vary, and ranges are whole where it takes no others', () => {
    const { value } = resolved([
      { name: 'rate', path: '/vms/v/dirty/rateMiBps', from: 1, to: 9 },
      { name: 'mem', path: '/vms/v/memoryMiB', from: 8, to: 33, log: true },
    ]);
    expect(value!.vary.map((axis) => ('whole' in axis ? axis.whole : undefined))).toEqual([undefined, true]);
    expect(value!.metrics.map(({ name }) => name)).toContain('converged');
    const [first] = cellsOf(value!);
    const scenario = readScenario(askedAt(value!, first!.values, 77, null).scenario, 's').value!;
    expect(scenario.seed).toBe(77);
    expect(scenario.vms[0]!.dirty.rateMiBps).toBe(1);
    expect(scenario.vms[0]!.memoryMiB).toBe(8);
  });

  test('what makes sense only together is tried together', () => {
    const alone = { name: 'rate', path: '/vms/v/dirty/rateMiBps', values: [1, 2] };
    const set = { name: 'set', path: '/vms/v/dirty/workingSetMiB', values: [4] };
    const none = { ...SCENARIO, vms: [{ ...SCENARIO.vms[0]!, dirty: {} }] };
    const of = (vary: object[]) =>
      resolveSweep(
        readSweep(JSON.stringify({ sweep: 1, scenario: {}, vary }), 'x').value!,
        readScenario(JSON.stringify(none), 's').value!,
      );
    expect(of([alone]).diagnostics.map(({ slug }) => slug)).toContain('working-set-missing');
    expect(of([alone, set]).diagnostics).toEqual([]);
  });

  test('jobs come point by point and seed by seed', () => {
    const { value } = resolved([{ name: 'rate', path: '/vms/v/dirty/rateMiBps', values: [1, 2] }], {
      seeds: { first: 5, count: 2 },
    });
    expect(cellsOf(value!)).toEqual([
      { point: 0, values: [1], seed: 5 },
      { point: 0, values: [1], seed: 6 },
      { point: 1, values: [2], seed: 5 },
      { point: 1, values: [2], seed: 6 },
    ]);
  });
});
