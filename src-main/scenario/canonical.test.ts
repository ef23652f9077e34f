import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText } from './canonical.ts';
import { sampleInput } from './fixture.ts';
import { readScenario } from './read.ts';
import type { ScenarioInput } from './schema.ts';

const SEED = 20130501;

const memory = (min: number): fc.Arbitrary<object> =>
  fc.oneof(
    fc.integer({ min: Math.max(1, min), max: 1 << 14 }).map((memoryMiB) => ({ memoryMiB })),
    fc.integer({ min: Math.max(64, min), max: 1 << 16 }).map((pages) => ({ memoryKiB: pages * 4 })),
    fc.integer({ min: Math.max(64, min), max: 1 << 16 }).map((memoryPages) => ({ memoryPages })),
  );
const some = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
const name = fc.string({
  minLength: 1,
  maxLength: 12,
  unit: fc.constantFrom('a', 'Z', '"', '\\', '/', '~', 'ü', '=', '@', '{', '😀'),
});
const tenths = fc.integer({ min: 0, max: 1000 }).map((n) => n / 10);
const lifetime = fc.oneof(
  fc.integer({ min: 1, max: 1e6 }).map((meanMs) => ({ law: 'exponential' as const, meanMs })),
  fc.record({
    law: fc.constant('lomax' as const),
    alpha: fc.integer({ min: 11, max: 90 }).map((n) => n / 10),
    scaleMs: fc.integer({ min: 1, max: 1e6 }),
  }),
);
const workload = fc.option(
  some({
    occupancyPercent: tenths,
    kernelPercent: tenths,
    hugePercent: tenths,
    lifetime,
    start: fc.constantFrom('stationary', 'fresh'),
  }),
);
const vm = fc
  .tuple(
    memory(64),
    some({
      vcpus: fc.integer({ min: 1, max: 8 }),
      nrNodeIds: fc.integer({ min: 1, max: 254 }),
      regeneration: some({ enabled: fc.boolean(), grainKiB: fc.constantFrom(4, 2048), delayMs: tenths }),
      backing: some({ pageKiB: fc.constantFrom(4, 2048) }),
      placement: fc.constantFrom({ mode: 'spread' }, { mode: 'preferred', nodes: [0] }),
      workload,
      reserved: fc.constant([]),
    }),
  )
  .map(([size, rest]) => ({ ...size, ...rest }));
const command = fc.oneof(
  fc.record({ at: fc.nat(1e6), type: fc.constant('compact'), rateMiBps: fc.integer({ min: 1, max: 1e6 }) }),
  fc.record({ atMs: tenths, type: fc.constant('setWorkload'), workload }),
  fc.record({
    at: fc.nat(9),
    type: fc.constant('commitLayout'),
    stripe: fc.record({ nodes: fc.constant([0]), pages: fc.integer({ min: 512, max: 9999 }) }),
  }),
);

/** A valid document: names are made unique, and what must agree does. */
const document = fc
  .record({
    title: name,
    vms: fc.array(vm, { maxLength: 4 }),
    commands: fc.array(command, { maxLength: 6 }),
    top: some({ seed: fc.nat(), tickMs: fc.integer({ min: 1, max: 5000 }), description: fc.string() }),
  })
  .map(({ title, vms, commands, top }) => ({
    pageshift: 1,
    name: title,
    ...top,
    hosts: [{ name: 'h', nodes: [{ nid: 0, cpus: '0-7', memoryMiB: 1 << 18 }] }],
    vms: vms.map((v, i) => ({ name: `${title.slice(0, 5)}${i}`, host: 'h', ...v })),
    commands: vms.length === 0 ? [] : commands.map((c) => ({ vm: `${title.slice(0, 5)}0`, ...c })),
  }));

describe('canonicalText', () => {
  it(`canonical(read(canonical(x))) = canonical(x), whatever the order of keys (seed ${SEED})`, () => {
    fc.assert(
      fc.property(document, (input) => {
        const reversed = Object.fromEntries(Object.entries(input).reverse());
        const first = canonicalText(input as unknown as ScenarioInput);
        const read = readScenario(first, 'f');
        expect(read.diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
        expect(canonicalText(read.value!)).toBe(first);
        expect(canonicalText(reversed as unknown as ScenarioInput)).toBe(first);
        // JSON's own reader is the oracle for what was written.
        expect(JSON.parse(first)).toMatchObject(JSON.parse(JSON.stringify(input)));
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('writes fixed defaults out, leaves derived values out, and keeps a range on one line', () => {
    const text = canonicalText(sampleInput());
    expect(text).toContain('\n  "tickMs": 100,\n');
    expect(text).toContain('\n        { "start": 32, "end": 64, "nid": 1 }\n');
    expect(text).not.toContain('nrNodeIds');
    expect(text).not.toContain('holes');
    expect(text.endsWith('}\n')).toBe(true);
  });
});
