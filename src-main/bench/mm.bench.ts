/**
 * The guest memory manager against the RFC's own algorithm: commit, free, take and look up, on the same pages in the
 * same order, sample by sample in turn. After every sample both sides' states are hashed; a difference voids the result.
 */
import { collectGarbage, thirdFastest } from './harness.ts';
import { OurSide } from './our-side.ts';
import type { RfcSide } from './rfc-side.ts';
import type { FillKind, GuestShape, LayoutShape, Side, StateHash } from './side.ts';

export interface Size {
  readonly name: 'smoke' | '1gib' | '64gib' | '1tib';
  readonly guest: GuestShape;
  /** Single pages freed and taken back, and lookups, in one sample. */
  readonly picks: number;
  readonly lookups: number;
  readonly samples: number;
  /** Workloads left out, because they say nothing new for their time. */
  readonly without?: RegExp;
}

const guest = (nrPages: number): GuestShape => ({
  nrPages,
  reservedPages: 1024,
  dma32Start: 4096,
  normalStart: 1 << 20,
});

export const SIZES: readonly Size[] = [
  { name: 'smoke', guest: guest(1 << 14), picks: 2_000, lookups: 10_000, samples: 8 },
  { name: '1gib', guest: guest(1 << 18), picks: 50_000, lookups: 1_000_000, samples: 16 },
  { name: '64gib', guest: guest(1 << 24), picks: 1_000_000, lookups: 4_000_000, samples: 10 },
  {
    name: '1tib',
    guest: guest(1 << 28),
    picks: 1_000_000,
    lookups: 4_000_000,
    samples: 8,
    without: /^commit-(quarters-(runs|alternate)|stripes512|.*-mixed)/,
  },
];

export const SEED = 2013;

/** Four nodes: contiguous quarters, or stripes. A sample's commit turns every range to the next node. */
export type LayoutKind = 'quarters' | 'stripes512' | 'stripes65536';

/** Stripes: as many ranges as the name says, or fewer where they would be under 1024 or 256 pages. */
export function layoutOf(kind: LayoutKind, nrPages: number, rotation: number): LayoutShape {
  const pagesPerRange =
    kind === 'quarters'
      ? nrPages / 4
      : kind === 'stripes512'
        ? Math.max(1024, nrPages / 512)
        : Math.max(256, nrPages / 65536);
  return { pagesPerRange, rotation, nrNodes: 4 };
}

export interface Workload {
  readonly name: string;
  /** What one operation is, and what is around it. */
  readonly text: string;
  readonly fill: FillKind;
  readonly layout: LayoutKind;
  readonly sample: (side: Side, size: Size, index: number) => Promise<readonly Sample[]>;
}

interface Sample {
  readonly op: string;
  readonly ns: number;
  readonly ops: number;
  /** Equal on both sides, like the hash of the state. */
  readonly sum?: number;
}

function commitWorkload(layout: LayoutKind, fill: FillKind, text: string): Workload {
  return {
    name: `commit-${layout}-${fill}`,
    text,
    fill,
    layout,
    sample: async (side, size, index) => [
      { op: 'commit', ns: await side.commit(layoutOf(layout, size.guest.nrPages, index + 1)), ops: 1 },
    ],
  };
}

/** With `pending`, a layout is committed before each sample's frees, so each page freed is stranded and transplanted. */
function freeWorkload(layout: LayoutKind, pending: boolean): Workload {
  return {
    name: pending ? `free-stranded-${layout}` : 'free',
    text: pending
      ? 'single stranded pages freed at random'
      : 'single pages freed at random, and taken back in another order',
    fill: 'mixed',
    layout,
    sample: async (side, size, index) => {
      if (index === 0) await side.pick(size.picks, SEED);
      if (pending) await side.commit(layoutOf(layout, size.guest.nrPages, index + 1));
      await side.reshuffle(SEED + index);
      const free = await side.free();
      await side.reshuffle(SEED + 1000 + index);
      const hold = await side.hold();
      return [
        { op: pending ? 'free stranded' : 'free', ns: free, ops: size.picks },
        { op: pending ? 'take back' : 'take', ns: hold, ops: size.picks },
      ];
    },
  };
}

function lookupWorkload(layout: LayoutKind): Workload {
  return {
    name: `lookup-${layout}`,
    text: 'lookups of random pfns',
    fill: 'free',
    layout,
    sample: async (side, size, index) => {
      const { ns, sum } = await side.lookup(size.lookups, SEED + index, 0);
      return [{ op: 'lookup', ns, ops: size.lookups, sum }];
    },
  };
}

const bootWorkload: Workload = {
  name: 'boot',
  text: 'a guest with all memory free on one node',
  fill: 'free',
  layout: 'quarters',
  sample: async (side, size) => [{ op: 'boot', ns: await side.boot(size.guest), ops: 1 }],
};

export const WORKLOADS: readonly Workload[] = [
  bootWorkload,
  commitWorkload('quarters', 'free', '4 contiguous nodes, every range to the next node; 5 % of memory held'),
  commitWorkload('quarters', 'runs', '4 contiguous nodes; 70 % held, free memory in runs'),
  commitWorkload('quarters', 'mixed', '4 contiguous nodes; 70 % held, free memory in single pages and pairs'),
  commitWorkload('quarters', 'alternate', '4 contiguous nodes; every other page held'),
  commitWorkload('stripes512', 'free', '512 ranges over 4 nodes; 5 % held'),
  commitWorkload('stripes512', 'mixed', '512 ranges over 4 nodes; 70 % held, single pages and pairs'),
  commitWorkload('stripes65536', 'free', '65,536 ranges over 4 nodes; 5 % held'),
  commitWorkload('stripes65536', 'mixed', '65,536 ranges over 4 nodes; 70 % held, single pages and pairs'),
  freeWorkload('quarters', false),
  freeWorkload('quarters', true),
  freeWorkload('stripes65536', true),
  lookupWorkload('quarters'),
  lookupWorkload('stripes512'),
  lookupWorkload('stripes65536'),
];

export interface Measure {
  readonly workload: string;
  readonly text: string;
  readonly size: Size['name'];
  readonly op: string;
  /** Third fastest, per operation. null: no compiler, so nothing to compare with. */
  readonly oursNs: number;
  readonly rfcNs: number | null;
  /** rfcNs / oursNs. */
  readonly ratio: number | null;
}

export interface WorkloadResult {
  readonly measures: readonly Measure[];
  /** Our state after the last sample. */
  readonly hash: string;
  readonly freeBlocks: number;
  /** What differed, and when; the measures mean nothing then. null: equal after every sample, or no baseline. */
  readonly difference: string | null;
  /** Bytes of typed arrays that our side holds for each page of the guest, after the last sample. */
  readonly oursBytesPerPage: number;
  /** Nanoseconds of the baseline's passes in its last commit. */
  readonly rfcPasses: Readonly<Record<string, number>>;
}

/** Runs one workload on both sides, or on ours alone. */
export async function runWorkload(workload: Workload, size: Size, rfc: RfcSide | null): Promise<WorkloadResult> {
  const ours = new OurSide();
  const sides: readonly Side[] = rfc === null ? [ours] : [rfc, ours];
  for (const side of sides) await prepare(side, workload, size);
  let state = await compareStates(ours, rfc, 'before the first sample');
  collectGarbage();
  const samples = new Map<string, Map<string, number[]>>();
  for (let index = 0; index < size.samples && state.difference === null; index++) {
    const sums: (number | undefined)[] = [];
    for (const side of sides) {
      for (const { op, ns, ops, sum } of await workload.sample(side, size, index)) {
        const bySide = samples.get(op) ?? samples.set(op, new Map()).get(op)!;
        const list = bySide.get(side.name) ?? bySide.set(side.name, []).get(side.name)!;
        list.push(ns / ops);
        sums.push(sum);
      }
    }
    state = await compareStates(ours, rfc, `after sample ${index}`);
    if (new Set(sums).size > 1)
      state = { ...state, difference: `lookups differ in sample ${index}: ${sums.join(', ')}` };
  }
  const measures = [...samples].map(([op, bySide]): Measure => {
    const complete = state.difference === null;
    const oursNs = complete ? thirdFastest(bySide.get('ours')!) : NaN;
    const rfcNs = complete && rfc !== null ? thirdFastest(bySide.get('rfc')!) : null;
    const ratio = rfcNs === null ? null : rfcNs / oursNs;
    return { workload: workload.name, text: workload.text, size: size.name, op, oursNs, rfcNs, ratio };
  });
  const oursBytesPerPage = ours.guestBytes() / size.guest.nrPages;
  const rfcPasses = rfc?.passes ?? {};
  return { measures, ...state, oursBytesPerPage, rfcPasses };
}

/** Boots on one node, goes to four contiguous ones, fills, and commits the workload's layout unrotated. */
async function prepare(side: Side, { fill, layout }: Workload, { guest: shape }: Size): Promise<void> {
  await side.boot(shape);
  await side.commit(layoutOf('quarters', shape.nrPages, 0));
  await side.fill(fill, SEED);
  if (layout !== 'quarters') await side.commit(layoutOf(layout, shape.nrPages, 0));
}

type ComparedState = { readonly hash: string; readonly freeBlocks: number; readonly difference: string | null };

async function compareStates(ours: OurSide, rfc: RfcSide | null, when: string): Promise<ComparedState> {
  const mine: StateHash = ours.hash();
  const theirs = rfc === null ? mine : await rfc.hash();
  const show = (s: StateHash): string => `${s.hash} (${s.freeBlocks} free blocks, ${s.movedPages} pages moved)`;
  const equal =
    mine.hash === theirs.hash && mine.freeBlocks === theirs.freeBlocks && mine.movedPages === theirs.movedPages;
  const difference = equal ? null : `${when}: ours ${show(mine)}, rfc ${show(theirs)}`;
  return { hash: mine.hash, freeBlocks: mine.freeBlocks, difference };
}
