/**
 * Measures the choices made by measurement: the structure of the layout, and how pages are marked, each against the
 * RFC's own: its tree, and its pass over every page.
 */
import type { MmConfig } from '../../shared/model/config.ts';
import { CORRECT, DEFAULT_PROFILE } from '../../shared/model/config.ts';
import { GuestMm } from '../engine/mm/index.ts';
import { createLayout } from '../engine/mm/memlayout.ts';
import { collectGarbage, thirdFastest, timeNs } from './harness.ts';
import { STRUCTURES } from './layout-structure.ts';
import { type LayoutKind, layoutOf, SEED, type Size } from './mm.bench.ts';
import { guestConfig, lookupPfns, rangesOf } from './our-side.ts';
import type { RfcSide } from './rfc-side.ts';

const LAYOUTS: readonly LayoutKind[] = ['quarters', 'stripes512', 'stripes65536'];

export interface StructureMeasure {
  readonly layout: LayoutKind;
  readonly ranges: number;
  /** `rfc` is the tree in C. */
  readonly kind: 'tree' | 'runs' | 'radix' | 'table' | 'rfc';
  /** A lookup of a random pfn, and of one after the other. */
  readonly randomNs: number;
  readonly sequentialNs: number;
  /** Records looked at by a lookup, on average; the baseline does not count. */
  readonly randomSteps: number | null;
  readonly sequentialSteps: number | null;
  /** To build it from the ranges, and what it occupies; the baseline builds its tree in a commit. */
  readonly buildNs: number | null;
  readonly bytes: number | null;
}

/** Each structure over each layout. Throws when two do not answer alike: nothing that follows would mean anything. */
export async function measureStructures(size: Size, rfc: RfcSide | null): Promise<readonly StructureMeasure[]> {
  const out: StructureMeasure[] = [];
  const { nrPages } = size.guest;
  await rfc?.boot(size.guest);
  for (const kind of LAYOUTS) {
    const shape = layoutOf(kind, nrPages, 1);
    const layout = createLayout(rangesOf(shape, nrPages), nrPages, 1);
    const random = lookupPfns(size.lookups, SEED, 0, nrPages);
    const sequential = lookupPfns(size.lookups, SEED, 1, nrPages);
    const sums = new Set<string>();
    if (rfc !== null) {
      await rfc.commit(shape);
      const times = { random: [] as number[], sequential: [] as number[] };
      for (let i = 0; i < size.samples; i++) {
        const a = await rfc.lookup(size.lookups, SEED, 0);
        const b = await rfc.lookup(size.lookups, SEED, 1);
        times.random.push(a.ns / size.lookups);
        times.sequential.push(b.ns / size.lookups);
        sums.add(`${a.sum} ${b.sum}`);
      }
      const measured = { randomNs: thirdFastest(times.random), sequentialNs: thirdFastest(times.sequential) };
      const unknown = { randomSteps: null, sequentialSteps: null, buildNs: null, bytes: null };
      out.push({ layout: kind, ranges: layout.count, kind: 'rfc', ...measured, ...unknown });
    }
    for (const Structure of STRUCTURES) {
      const times = { random: [] as number[], sequential: [] as number[], build: [] as number[] };
      let structure = new Structure(layout);
      for (let i = 0; i < size.samples; i++) {
        // The table's tables are the layout's own.
        times.build.push(
          timeNs(() => {
            if (Structure === STRUCTURES[3]) createLayout(rangesOf(shape, nrPages), nrPages, 1);
            structure = new Structure(layout);
          }),
        );
        let a = 0;
        let b = 0;
        times.random.push(timeNs(() => (a = structure.sumOf(random))) / size.lookups);
        times.sequential.push(timeNs(() => (b = structure.sumOf(sequential))) / size.lookups);
        sums.add(`${a} ${b}`);
      }
      out.push({
        layout: kind,
        ranges: layout.count,
        kind: structure.kind,
        randomNs: thirdFastest(times.random),
        sequentialNs: thirdFastest(times.sequential),
        randomSteps: averageSteps(structure, random),
        sequentialSteps: averageSteps(structure, sequential),
        buildNs: thirdFastest(times.build),
        bytes: structure.bytes,
      });
    }
    if (sums.size !== 1) throw new Error(`the structures of ${kind} answer differently: ${[...sums].join(', ')}`);
  }
  return out;
}

function averageSteps(structure: { stepsOf(pfn: number): number }, pfns: Uint32Array): number {
  const sample = pfns.subarray(0, 100_000);
  let steps = 0;
  for (const pfn of sample) steps += structure.stepsOf(pfn);
  return steps / sample.length;
}

export interface MarkMeasure {
  readonly layout: LayoutKind;
  readonly how: 'rfc' | 'all' | 'delta' | 'derived';
  readonly ns: number;
}

/**
 * The mark step of a commit that turns every range to the next node, on free memory. rfc: the baseline's pass; all: the
 * same as bits; delta: bits of the pages whose target changed; derived: marks are not stored at all, as in a correct guest.
 */
export async function measureMarks(size: Size, rfc: RfcSide | null): Promise<readonly MarkMeasure[]> {
  const out: MarkMeasure[] = [];
  const { nrPages } = size.guest;
  for (const layout of LAYOUTS) {
    if (rfc !== null) {
      const times: number[] = [];
      await rfc.boot(size.guest);
      for (let i = 0; i < size.samples; i++) {
        await rfc.commit(layoutOf(layout, nrPages, i));
        times.push(rfc.passes.mark!);
      }
      out.push({ layout, how: 'rfc', ns: thirdFastest(times) });
    }
    for (const how of ['all', 'delta', 'derived'] as const) {
      collectGarbage();
      const mm = GuestMm.boot(withMarks(guestConfig(size.guest), how));
      const times: number[] = [];
      for (let i = 0; i < size.samples; i++) {
        const started = mm.beginCommit(rangesOf(layoutOf(layout, nrPages, i), nrPages));
        if (!started.ok) throw new Error('the layout was refused');
        const { commit } = started;
        while (commit.nextStep !== 'mark') commit.next();
        times.push(timeNs(() => commit.next()));
        commit.finish();
      }
      out.push({ layout, how, ns: thirdFastest(times) });
    }
  }
  return out;
}

/** A guest that stores marks is one with a defect; spans that never shrink have nothing to do with marks. */
function withMarks(config: MmConfig, how: 'all' | 'delta' | 'derived'): MmConfig {
  const rfc = how === 'derived' ? CORRECT : { ...CORRECT, spanNeverShrinks: true, markAll: how === 'all' };
  return { ...config, profile: { ...DEFAULT_PROFILE, rfc } };
}
