/** The benchmarks' smoke size: both sides must end in the same state. Nothing is said about time. */
import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { measureMarks, measureStructures } from './choice.bench.ts';
import { showNs, thirdFastest } from './harness.ts';
import { MANY_SIZES, measureManyVms } from './many-vms.bench.ts';
import { runWorkload, SIZES, WORKLOADS } from './mm.bench.ts';
import { OurSide } from './our-side.ts';
import { buildBaseline, RfcSide } from './rfc-side.ts';

const baseline = buildBaseline();
const rfc = baseline === null ? null : new RfcSide(baseline);
const smoke = SIZES.find(({ name }) => name === 'smoke')!;

afterAll(() => {
  rfc?.close();
  baseline?.remove();
});

describe.skipIf(baseline === null)('the baseline in C', () => {
  it('holds the published vectors T1, T2, T3, T5, T6, T7, T8, T10, T12a', () => {
    expect(() => execFileSync(baseline!.path, ['--selftest'], { stdio: 'pipe' })).not.toThrow();
  });

  it('refuses a command it does not know', () => {
    const run = (): Buffer => execFileSync(baseline!.path, { input: 'transplant 7\n', stdio: 'pipe' });
    expect(run).toThrow('unknown command');
  });
});

describe('smoke size', () => {
  it.each(WORKLOADS)('$name ends in the same state on both sides', async (workload) => {
    const result = await runWorkload(workload, smoke, rfc);
    expect(result.difference).toBeNull();
    expect(result.hash).toMatch(/^[0-9a-f]{16}$/);
    for (const { oursNs, rfcNs, ratio } of result.measures) {
      expect(oursNs).toBeGreaterThan(0);
      expect(ratio === null).toBe(rfc === null);
      expect(rfcNs === null).toBe(rfc === null);
    }
  });

  it.skipIf(rfc === null)('a page that differs voids the comparison', async () => {
    // Ours alone commits a layout first, so the states that are compared differ.
    const { commit } = OurSide.prototype;
    OurSide.prototype.commit = function (this: OurSide, layout): number {
      return commit.call(this, { ...layout, rotation: layout.rotation + 1 });
    };
    try {
      const { difference } = await runWorkload(WORKLOADS[0]!, smoke, rfc);
      expect(difference).toMatch(/^before the first sample: ours .* rfc /);
    } finally {
      OurSide.prototype.commit = commit;
    }
  });

  it('runs ours alone, without ratios, where there is no compiler', async () => {
    const { measures, difference } = await runWorkload(WORKLOADS[0]!, smoke, null);
    expect(difference).toBeNull();
    expect(measures.map(({ rfcNs, ratio }) => [rfcNs, ratio])).toEqual([[null, null]]);
  });
});

describe('what is chosen by measure', () => {
  it('every structure of a layout is timed, and answers as the tree in C', async () => {
    const measures = await measureStructures(smoke, rfc);
    const kinds = [...(rfc === null ? [] : ['rfc']), 'tree', 'runs', 'radix', 'table'];
    expect(measures.map(({ kind }) => kind)).toEqual([...kinds, ...kinds, ...kinds]);
    for (const { randomSteps, kind } of measures) {
      if (kind === 'rfc') expect(randomSteps).toBeNull();
      else expect(randomSteps).toBeGreaterThanOrEqual(1);
    }
  });

  it('every way to mark is timed', async () => {
    const how = (await measureMarks(smoke, rfc)).map((measure) => measure.how);
    expect(new Set(how)).toEqual(new Set([...(rfc === null ? [] : ['rfc']), 'all', 'delta', 'derived']));
  });
});

describe('many VMs', () => {
  it('a frame of the smoke size has hardly any JSON, and a world comes to one hash', () => {
    const small = MANY_SIZES.find(({ name }) => name === 'smoke')!;
    const [one, other] = [measureManyVms(small), measureManyVms(small)];
    expect(one.hash).toBe(other.hash);
    expect(one.deltaJsonBytes).toBeLessThan(one.keyJsonBytes);
    expect(one.keyJsonBytes).toBeLessThan(one.keyBytes);
    expect(one.deltaJsonBytes).toBeLessThan(4000);
  });
});

describe('harness', () => {
  it('reports the third fastest of at least eight samples', () => {
    expect(thirdFastest([9, 1, 8, 2, 7, 30, 6, 5])).toBe(5);
    expect(() => thirdFastest([1, 2, 3, 4, 5, 6, 7])).toThrow('7 samples');
  });

  it('shows nanoseconds in the unit that fits', () => {
    expect([0.5, 12.34, 1234, 5_678_900, 2e9].map(showNs)).toEqual([
      '0.500 ns',
      '12.3 ns',
      '1.23 us',
      '5.68 ms',
      '2.00 s',
    ]);
  });
});
