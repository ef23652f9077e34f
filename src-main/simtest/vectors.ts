/**
 * Test vectors as data: steps and figures of the correct semantics ("S") and of the series as posted ("V3"), worked out by
 * hand from the RFC's patches, none computed by a model. Inclusive ranges of the RFC are half-open here; a range that it
 * lets run past the last pfn is cut there. Where S = V3, one list of steps runs in both profiles. `runVector` runs one on
 * any MmUnderTest and says what differs.
 */
import type { LayoutRange, MmConfig, RfcSwitches } from '../../shared/model/config.ts';
import { numactlMbFromPages } from '../../shared/units/index.ts';
import { COMMIT_STEPS, MAX_PAGE_ORDER, NR_ZONES, isRfcGuest } from './mm-under-test.ts';
import type { ZoneFigures, CommitSteps, MmFactory, MmUnderTest, Moved, PageKind } from './mm-under-test.ts';
import { DEFAULT_PROFILE, RFC_V3 } from '../../shared/model/config.ts';

/** Figures of a node: free summed over its zones, `actual` by counting pages with A. */
interface NodeExpectation {
  /** As the kernel counts it. */
  readonly size?: number;
  readonly sizeMb?: number;
  readonly free?: number;
  readonly actual?: number;
  readonly nrZones?: number;
  /** Free blocks of all its zones. */
  readonly lists?: string;
  /** Free pages with this A and another T. */
  readonly misplaced?: number;
}

/** Figures of a zone. `lists` as in the text: `o0*3 o2` is three free blocks of order 0 and one of order 2. */
interface ZoneExpectation {
  readonly present?: number;
  readonly managed?: number;
  readonly lists?: string;
  /** min/low/high */
  readonly watermarks?: string;
  /** batch/high */
  readonly pcp?: string;
  /** [start, end) */
  readonly span?: readonly [number, number];
}

interface Expectation {
  readonly label: string;
  readonly nodes?: Readonly<Record<number, NodeExpectation>>;
  /** Keyed `nid/zone`. */
  readonly zones?: Readonly<Record<string, ZoneExpectation>>;
  /** Keyed `from->to`; pairs that are not named must be 0 if this is given. Pinned pages not included. */
  readonly stranded?: Readonly<Record<string, number>>;
  /** Since boot. */
  readonly movedTotal?: number;
  readonly moved?: Moved;
  /** Since boot. */
  readonly lookups?: { readonly hit: number; readonly miss: number };
  readonly lookupsTotal?: number;
  /** By the commit before. */
  readonly zonesPopulated?: number;
  /** Marked pages: all of an RFC guest, those in use of a correct one. */
  readonly flagged?: number;
  readonly flaggedMisplaced?: number;
  /** By memory block. */
  readonly links?: readonly (readonly number[])[];
}

/** Every block of the order in [start, end), one allocation each. */
interface BlocksStep {
  readonly do: 'hold' | 'free' | 'putPcp';
  readonly start: number;
  readonly end: number;
  readonly order: number;
}

type VectorStep =
  | BlocksStep
  | { readonly do: 'commit' | 'refuse'; readonly ranges: readonly LayoutRange[] }
  | { readonly do: 'begin'; readonly ranges: readonly LayoutRange[] }
  | { readonly do: 'next' }
  | { readonly do: 'expect'; readonly that: Expectation };

export interface Vector {
  readonly name: string;
  readonly config: MmConfig;
  readonly steps: readonly VectorStep[];
}

const P = 32768;
const DMA32_START = 4096;
const NORMAL_START = 1048576;

const range = (start: number, end: number, nid: number): LayoutRange => ({ start, end, nid });

export function guest(
  nrPages: number,
  nrNodeIds: number,
  bootLayout: readonly LayoutRange[],
  reserved: MmConfig['reserved'] = [],
): MmConfig {
  const ids = Array.from({ length: nrNodeIds }, (_, i) => i);
  return {
    nrPages,
    holes: [],
    reserved,
    zoneStartPfn: [0, DMA32_START, NORMAL_START],
    nrNodeIds,
    cpuNode: [0],
    distances: ids.map((a) => ids.map((b) => (a === b ? 10 : 20))),
    profile: DEFAULT_PROFILE,
    recordedFree: null,
    bootLayout,
  };
}

/** dnuma-test's `s base end pagesPerStripe`. */
function stripes(base: number, end: number, pagesPerStripe: number, nrPages: number): LayoutRange[] {
  const ranges: LayoutRange[] = [];
  for (let k = 0; k * pagesPerStripe < nrPages; k++) {
    const start = k * pagesPerStripe;
    ranges.push(range(start, Math.min(start + pagesPerStripe, nrPages), base + (k % (end - base + 1))));
  }
  return ranges;
}

const oneNode = [range(0, P, 0)];
const twoNodes = [range(0, 16384, 0), range(16384, P, 1)];
const t2Layout = twoNodes;
const expect = (that: Expectation): VectorStep => ({ do: 'expect', that });
const commit = (ranges: readonly LayoutRange[]): VectorStep => ({ do: 'commit', ranges });

const t4Nodes = {
  0: { size: 11008, sizeMb: 43, free: 11008 },
  1: { size: 10880, sizeMb: 42, free: 10880 },
  2: { size: 10880, sizeMb: 42, free: 10880 },
};
const t4Lists = {
  '0/0': { lists: 'o7*11' },
  '0/1': { lists: 'o7*75' },
  '1/0': { lists: 'o7*11' },
  '1/1': { lists: 'o7*74' },
  '2/0': { lists: 'o7*10' },
  '2/1': { lists: 'o7*75' },
};

const sweepVectors: Vector[] = [
  {
    name: 'boot, one node: watermarks and per-CPU lists',
    config: guest(P, 2, oneNode),
    steps: [
      expect({
        label: 'boot',
        nodes: { 0: { size: 32768, sizeMb: 128, free: 32768 } },
        zones: {
          '0/0': { watermarks: '45/56/67', pcp: '1/0', lists: 'o10*4' },
          '0/1': { watermarks: '316/395/474', pcp: '7/42', lists: 'o10*28' },
        },
        movedTotal: 0,
      }),
    ],
  },
  {
    name: 'T1 all to node 1',
    config: guest(P, 2, oneNode),
    steps: [
      commit([range(0, P, 1)]),
      expect({
        label: 'after',
        nodes: { 0: { size: 0, free: 0 }, 1: { size: 32768, sizeMb: 128, free: 32768 } },
        zones: { '1/0': { lists: 'o10*4' }, '1/1': { lists: 'o10*28' } },
        movedTotal: 32768,
        zonesPopulated: 2,
        lookups: { hit: 0, miss: 0 },
      }),
    ],
  },
  {
    name: 'T2 aligned halves',
    config: guest(P, 2, oneNode),
    steps: [
      commit(t2Layout),
      expect({
        label: 'after',
        nodes: { 0: { size: 16384, sizeMb: 64 }, 1: { size: 16384, sizeMb: 64 } },
        zones: {
          '0/0': { lists: 'o10*4' },
          '0/1': { lists: 'o10*12' },
          '1/0': { present: 0, lists: '' },
          '1/1': { lists: 'o10*16' },
        },
        movedTotal: 16384,
        zonesPopulated: 1,
      }),
    ],
  },
  {
    name: 'T3 unaligned boundary',
    config: guest(P, 2, oneNode),
    steps: [
      commit([range(0, 16385, 0), range(16385, P, 1)]),
      expect({
        label: 'after',
        nodes: { 0: { size: 16385, free: 16385 }, 1: { size: 16383, free: 16383 } },
        zones: { '0/1': { lists: 'o0 o10*12' }, '1/1': { lists: 'o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10*15' } },
        movedTotal: 16383,
      }),
    ],
  },
  {
    name: 'T4 stripes of 128 over nodes 0-2, booted with two nodes',
    config: guest(P, 4, twoNodes),
    steps: [
      commit(stripes(0, 2, 128, P)),
      expect({
        label: 'after',
        nodes: { ...t4Nodes, 3: { size: 0, free: 0 } },
        zones: {
          '0/0': { present: 1408, ...t4Lists['0/0'], watermarks: '15/18/22', pcp: '1/0' },
          '0/1': { present: 9600, ...t4Lists['0/1'], watermarks: '106/132/159', pcp: '1/6' },
          '1/0': { present: 1408, ...t4Lists['1/0'], watermarks: '15/18/22', pcp: '1/0' },
          '1/1': { present: 9472, ...t4Lists['1/1'], watermarks: '104/130/156', pcp: '1/6' },
          '2/0': { present: 1280, ...t4Lists['2/0'], watermarks: '14/17/21', pcp: '1/0' },
          '2/1': { present: 9600, ...t4Lists['2/1'], watermarks: '106/132/159', pcp: '1/6' },
        },
        movedTotal: 21888,
        zonesPopulated: 3,
      }),
    ],
  },
  {
    name: 'T4b the same, booted with one node',
    config: guest(P, 4, oneNode),
    steps: [
      commit(stripes(0, 2, 128, P)),
      expect({ label: 'after', nodes: t4Nodes, zones: t4Lists, movedTotal: 21760 }),
    ],
  },
  {
    name: 'T4b booted with two nodes, all to node 3 first',
    config: guest(P, 4, twoNodes),
    steps: [
      commit([range(0, P, 3)]),
      expect({ label: 'all on 3', nodes: { 3: { size: 32768, free: 32768 } }, movedTotal: 32768 }),
      commit(stripes(0, 2, 128, P)),
      expect({
        label: 'after',
        nodes: { ...t4Nodes, 3: { size: 0, sizeMb: 0, free: 0 } },
        zones: t4Lists,
        movedTotal: 65536,
      }),
    ],
  },
  {
    name: 'T4b with 32766 pages',
    config: guest(32766, 4, [range(0, 16384, 0), range(16384, 32766, 1)]),
    steps: [
      commit(stripes(0, 2, 128, 32766)),
      expect({
        label: 'after',
        nodes: { 0: { size: 11006, sizeMb: 42 }, 1: { size: 10880, sizeMb: 42 }, 2: { size: 10880, sizeMb: 42 } },
        zones: { '0/1': { lists: 'o1 o2 o3 o4 o5 o6 o7*74' } },
      }),
    ],
  },
  {
    name: 'T5 stripes of 1024 over nodes 0-1',
    config: guest(P, 2, oneNode),
    steps: [
      commit(stripes(0, 1, 1024, P)),
      expect({
        label: 'after',
        nodes: { 0: { size: 16384, sizeMb: 64, free: 16384 }, 1: { size: 16384, sizeMb: 64, free: 16384 } },
        zones: {
          '0/0': { lists: 'o10*2' },
          '0/1': { lists: 'o10*14' },
          '1/0': { lists: 'o10*2' },
          '1/1': { lists: 'o10*14' },
        },
        movedTotal: 16384,
        zonesPopulated: 2,
      }),
    ],
  },
  {
    name: 'T6 stripes of 128 over nodes 0-1',
    config: guest(P, 2, oneNode),
    steps: [
      commit(stripes(0, 1, 128, P)),
      expect({
        label: 'after',
        nodes: { 0: { size: 16384, sizeMb: 64, free: 16384 }, 1: { size: 16384, sizeMb: 64, free: 16384 } },
        zones: {
          '0/0': { lists: 'o7*16' },
          '0/1': { lists: 'o7*112' },
          '1/0': { lists: 'o7*16' },
          '1/1': { lists: 'o7*112' },
        },
        movedTotal: 16384,
      }),
      commit(stripes(0, 1, 128, P)),
      expect({ label: 'the layout in force moves nothing', movedTotal: 16384, zonesPopulated: 0 }),
    ],
  },
];

const strandedVectors: Vector[] = [
  {
    name: 'T7 stranded pages, frees, second commit',
    config: guest(P, 2, oneNode, [{ start: 0, end: 1024 }]),
    steps: [
      { do: 'hold', start: 2048, end: 3072, order: 0 },
      { do: 'hold', start: 10000, end: 10500, order: 0 },
      { do: 'hold', start: 20000, end: 21000, order: 0 },
      expect({
        label: 'boot',
        nodes: { 0: { size: 32768, free: 29220, actual: 32768 } },
        zones: { '0/0': { managed: 3072, lists: 'o10*2' } },
        stranded: {},
        movedTotal: 0,
      }),
      commit(t2Layout),
      expect({
        label: 'commit T2 layout',
        nodes: { 0: { size: 16384, free: 13836, actual: 17384 }, 1: { size: 16384, free: 15384, actual: 15384 } },
        zones: {
          '0/0': { managed: 3072, lists: 'o10*2' },
          '1/1': { lists: 'o3 o4 o5*2 o6 o7 o8 o9 o10*14' },
        },
        stranded: { '0->1': 1000 },
        movedTotal: 15384,
        flagged: 1000,
      }),
      { do: 'free', start: 20000, end: 20500, order: 0 },
      expect({
        label: 'free 20000..20499',
        nodes: { 0: { size: 16384, free: 13836, actual: 16884 }, 1: { size: 16384, free: 15884, actual: 15884 } },
        zones: {
          '0/0': { managed: 3072, lists: 'o10*2' },
          '1/1': { lists: 'o2 o3 o4*2 o5 o6 o7 o8 o10*15' },
        },
        stranded: { '0->1': 500 },
        movedTotal: 15884,
        lookups: { hit: 499, miss: 1 },
      }),
      commit(oneNode),
      expect({
        label: 'commit all on 0',
        nodes: { 0: { size: 32768, free: 29720, actual: 32768 }, 1: { size: 0, free: 0, actual: 0 } },
        zones: { '0/0': { managed: 3072, lists: 'o10*2' } },
        stranded: {},
        movedTotal: 31768,
      }),
      { do: 'free', start: 20500, end: 21000, order: 0 },
      expect({
        // The text's 500 lookups here are of flags that the RFC sets on every page; the minimal marking has none.
        label: 'free 20500..20999',
        nodes: { 0: { size: 32768, free: 30220, actual: 32768 }, 1: { size: 0, free: 0, actual: 0 } },
        zones: { '0/0': { managed: 3072, lists: 'o10*2' } },
        stranded: {},
        movedTotal: 31768,
        lookupsTotal: 500,
      }),
    ],
  },
  {
    name: 'T8 huge page on a boundary',
    config: guest(P, 2, oneNode),
    steps: [
      { do: 'hold', start: 16384, end: 16896, order: 9 },
      commit([range(0, 16500, 0), range(16500, P, 1)]),
      expect({
        label: 'after commit',
        nodes: { 0: { size: 16500, free: 16384 }, 1: { size: 16268, free: 15872 } },
        stranded: { '0->1': 396 },
        movedTotal: 15872,
      }),
      { do: 'free', start: 16384, end: 16896, order: 9 },
      expect({
        label: 'after freeing it',
        nodes: { 0: { size: 16500, free: 16500 }, 1: { size: 16268, free: 16268 } },
        zones: { '0/1': { lists: 'o2 o4 o5 o6 o10*12' }, '1/1': { lists: 'o2 o3 o7 o8 o9 o10*15' } },
        stranded: {},
        movedTotal: 16268,
      }),
    ],
  },
  {
    name: 'T10 tiny guest of 64 pages',
    config: guest(64, 2, [range(0, 64, 0)]),
    steps: [
      { do: 'hold', start: 5, end: 7, order: 0 },
      { do: 'hold', start: 40, end: 43, order: 0 },
      expect({
        label: 'boot',
        nodes: { 0: { size: 64, free: 59 } },
        zones: { '0/0': { lists: 'o0*3 o2*2 o3*2 o4*2' } },
        stranded: {},
        movedTotal: 0,
      }),
      commit([range(0, 32, 0), range(32, 64, 1)]),
      expect({
        label: '{0-31}:0 {32-63}:1',
        nodes: { 0: { size: 32, free: 30 }, 1: { size: 32, free: 29 } },
        zones: { '0/0': { lists: 'o0*2 o2 o3 o4' }, '1/0': { lists: 'o0 o2 o3 o4' } },
        stranded: { '0->1': 3 },
        movedTotal: 29,
      }),
      { do: 'free', start: 6, end: 7, order: 0 },
      { do: 'free', start: 40, end: 42, order: 0 },
      expect({
        label: 'free 6,40,41',
        nodes: { 0: { size: 32, free: 31 }, 1: { size: 32, free: 31 } },
        zones: { '0/0': { lists: 'o0 o1 o2 o3 o4' }, '1/0': { lists: 'o0 o1 o2 o3 o4' } },
        stranded: { '0->1': 1 },
        movedTotal: 31,
      }),
      commit([range(0, 20, 1), range(20, 64, 0)]),
      expect({
        label: '{0-19}:1 {20-63}:0',
        nodes: { 0: { size: 44, free: 43 }, 1: { size: 20, free: 19 } },
        zones: { '0/0': { lists: 'o0 o1 o2*2 o3*2 o4' }, '1/0': { lists: 'o0 o1 o2*2 o3' } },
        stranded: { '0->1': 1 },
        movedTotal: 81,
      }),
      { do: 'free', start: 5, end: 6, order: 0 },
      { do: 'free', start: 42, end: 43, order: 0 },
      expect({
        label: 'free 5,42',
        nodes: { 0: { size: 44, free: 44 }, 1: { size: 20, free: 20 } },
        zones: { '0/0': { lists: 'o2 o3 o5' }, '1/0': { lists: 'o2 o4' } },
        stranded: {},
        movedTotal: 82,
      }),
    ],
  },
];

const untouched = expect({
  label: 'nothing changed',
  nodes: { 0: { size: P, free: P, actual: P }, 1: { size: 0, free: 0, actual: 0 } },
  stranded: {},
  movedTotal: 0,
});
const refusal = (name: string, ranges: readonly LayoutRange[]): Vector => ({
  name,
  config: guest(P, 4, oneNode),
  steps: [{ do: 'refuse', ranges }, untouched],
});

const interfaceVectors: Vector[] = [
  refusal('T11.1 start above end', [range(100, 99, 1)]),
  refusal('T11.1 start equal to end', [range(100, 100, 1)]),
  refusal('T11.2 node 4 of 4', [range(0, 10, 4)]),
  refusal('T11.2 node -1', [range(0, 10, -1)]),
  refusal('T11.3 overlap', [range(0, 10, 1), range(5, 21, 2)]),
  refusal('T11.4 no range', []),
  refusal('end past the last page', [range(0, P + 1, 1)]),
  {
    name: 'T11.6 holes are given to the lower range',
    config: guest(P, 4, oneNode),
    steps: [
      commit([range(1000, 2000, 1), range(3000, 4000, 0)]),
      expect({
        label: 'after',
        nodes: { 0: { size: 29768, sizeMb: 116, free: 29768 }, 1: { size: 3000, sizeMb: 11, free: 3000 } },
        movedTotal: 3000,
      }),
    ],
  },
];

/* ---- as posted ---- */

/** The same guest with the defects of the series as posted, or with others. */
const withDefects = (config: MmConfig, rfc: RfcSwitches): MmConfig => ({
  ...config,
  profile: { ...config.profile, rfc },
});

/** For vectors of which the text says S = V3. */
const asPosted = ({ name, config, steps }: Vector): Vector => ({
  name: `${name}, as posted`,
  config: withDefects(config, RFC_V3),
  steps,
});

const v3 = (name: string, config: MmConfig, steps: readonly VectorStep[]): Vector => asPosted({ name, config, steps });

const t3Layout = [range(0, 16385, 0), range(16385, P, 1)];

const postedVectors: Vector[] = [
  v3('T1 all to node 1', guest(P, 2, oneNode), [
    commit([range(0, P, 1)]),
    expect({
      label: 'after',
      nodes: { 0: { size: 0, free: 0 }, 1: { size: 32768, sizeMb: 128, free: 32768 } },
      zones: {
        '0/0': { span: [0, 4096] },
        '0/1': { span: [4096, 32768] },
        '1/0': { lists: 'o10*4' },
        '1/1': { lists: 'o10*28' },
      },
      movedTotal: 32768,
      zonesPopulated: 2,
      lookups: { hit: 0, miss: 0 },
    }),
  ]),
  v3('T3 unaligned boundary, and its healing', guest(P, 2, oneNode), [
    commit(t3Layout),
    expect({
      label: 'after',
      nodes: {
        0: { size: 16385, free: 17408, misplaced: 1023 },
        1: { size: 16383, free: 15360, misplaced: 0 },
      },
      zones: { '0/1': { lists: 'o10*13' }, '1/1': { lists: 'o10*15' } },
      movedTotal: 15360,
      flagged: 17408,
    }),
    { do: 'hold', start: 16385, end: 17408, order: 0 },
    { do: 'free', start: 16385, end: 17408, order: 0 },
    expect({
      label: 'healed',
      nodes: {
        0: { size: 16385, free: 16385, misplaced: 0 },
        1: { size: 16383, free: 16383, misplaced: 0 },
      },
      zones: { '0/1': { lists: 'o0 o10*12' }, '1/1': { lists: 'o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10*15' } },
      movedTotal: 16383,
    }),
  ]),
  v3('T4 stripes of 128 over nodes 0-2, booted with two nodes', guest(P, 4, twoNodes), [
    commit(stripes(0, 2, 128, P)),
    expect({
      label: 'after',
      nodes: {
        0: { size: 11008, sizeMb: 43, free: 11264, lists: 'o10*11', misplaced: 7040, nrZones: 2 },
        1: { size: 1408, sizeMb: 5, free: 10240, lists: 'o10*10', misplaced: 6400, nrZones: 1 },
        2: { size: 10880, sizeMb: 42, free: 11264, lists: 'o10*11', misplaced: 7040, nrZones: 2 },
        3: { size: 0, free: 0, misplaced: 0, nrZones: 0 },
      },
      zones: { '1/1': { present: 16384, watermarks: '164/205/246' } },
      movedTotal: 21504,
      flaggedMisplaced: 7040,
    }),
  ]),
  v3('T4b the same, booted with one node', guest(P, 4, oneNode), [
    commit(stripes(0, 2, 128, P)),
    expect({ label: 'after', nodes: { 0: { sizeMb: 43 }, 1: { sizeMb: 42 }, 2: { sizeMb: 42 } } }),
  ]),
  v3('T4b booted with two nodes, all to node 3 first: the cover letter', guest(P, 4, twoNodes), [
    commit([range(0, P, 3)]),
    expect({ label: 'all on 3', nodes: { 3: { size: 32768, free: 32768 } }, movedTotal: 32768 }),
    commit(stripes(0, 2, 128, P)),
    expect({
      label: 'after',
      nodes: { 0: { sizeMb: 43 }, 1: { sizeMb: 5, nrZones: 1 }, 2: { sizeMb: 42 }, 3: { sizeMb: 0 } },
      zones: { '1/1': { present: 0, watermarks: '0/0/0' } },
      movedTotal: 65536,
    }),
  ]),
  v3('T6 stripes of 128 over nodes 0-1: the worst case', guest(P, 2, oneNode), [
    commit(stripes(0, 1, 128, P)),
    expect({
      label: 'after',
      nodes: { 0: { size: 16384, sizeMb: 64, free: 32768 }, 1: { size: 16384, sizeMb: 64, free: 0 } },
      movedTotal: 0,
    }),
    commit(stripes(0, 1, 128, P)),
    expect({ label: 'again', nodes: { 0: { free: 32768 }, 1: { free: 0 } }, movedTotal: 0 }),
  ]),
  v3('T7 stranded pages, frees, second commit', guest(P, 2, oneNode, [{ start: 0, end: 1024 }]), [
    { do: 'hold', start: 2048, end: 3072, order: 0 },
    { do: 'hold', start: 10000, end: 10500, order: 0 },
    { do: 'hold', start: 20000, end: 21000, order: 0 },
    commit(t2Layout),
    expect({
      label: 'commit T2 layout',
      nodes: { 0: { size: 16384, free: 13836, actual: 17384 }, 1: { size: 16384, free: 15384, actual: 15384 } },
      zones: { '0/0': { managed: 3072 }, '1/1': { lists: 'o3 o4 o5*2 o6 o7 o8 o9 o10*14' } },
      stranded: { '0->1': 1000 },
      movedTotal: 15384,
      flagged: 17384,
    }),
    { do: 'free', start: 20000, end: 20500, order: 0 },
    expect({
      label: 'free 20000..20499',
      nodes: { 0: { size: 16384, free: 13836, actual: 16884 }, 1: { size: 16384, free: 15884, actual: 15884 } },
      zones: { '0/0': { managed: 3072 }, '1/1': { lists: 'o2 o3 o4*2 o5 o6 o7 o8 o10*15' } },
      stranded: { '0->1': 500 },
      movedTotal: 15884,
      lookups: { hit: 499, miss: 1 },
    }),
    commit(oneNode),
    expect({
      label: 'commit all on 0',
      nodes: { 0: { size: 32768, free: 29720, actual: 32768 }, 1: { size: 0, free: 0, actual: 0 } },
      zones: { '0/0': { managed: 3072 } },
      stranded: {},
      movedTotal: 31768,
    }),
    { do: 'free', start: 20500, end: 21000, order: 0 },
    expect({
      label: 'free 20500..20999: flag set, same node',
      nodes: { 0: { size: 32768, free: 30220, actual: 32768 }, 1: { size: 0, free: 0, actual: 0 } },
      zones: { '0/0': { managed: 3072, lists: 'o10*2' } },
      stranded: {},
      movedTotal: 31768,
      lookupsTotal: 1000,
    }),
  ]),
  v3('T8 huge page on a boundary', guest(P, 2, oneNode), [
    { do: 'hold', start: 16384, end: 16896, order: 9 },
    commit([range(0, 16500, 0), range(16500, P, 1)]),
    expect({
      label: 'after commit',
      nodes: { 0: { size: 16500, free: 16384 }, 1: { size: 16268, free: 15872 } },
      stranded: { '0->1': 396 },
      movedTotal: 15872,
    }),
    { do: 'free', start: 16384, end: 16896, order: 9 },
    expect({
      label: 'after freeing it',
      nodes: { 0: { free: 16896, misplaced: 396 }, 1: { free: 15872, misplaced: 0 } },
      stranded: {},
      movedTotal: 15872,
      flaggedMisplaced: 396,
    }),
  ]),
  v3('T10 tiny guest of 64 pages', guest(64, 2, [range(0, 64, 0)]), [
    { do: 'hold', start: 5, end: 7, order: 0 },
    { do: 'hold', start: 40, end: 43, order: 0 },
    commit([range(0, 32, 0), range(32, 64, 1)]),
    expect({
      label: '{0-31}:0 {32-63}:1',
      nodes: { 0: { size: 32, free: 30 }, 1: { size: 32, free: 29 } },
      zones: { '0/0': { lists: 'o0*2 o2 o3 o4' }, '1/0': { lists: 'o0 o2 o3 o4' } },
      stranded: { '0->1': 3 },
      movedTotal: 29,
    }),
    { do: 'free', start: 6, end: 7, order: 0 },
    { do: 'free', start: 40, end: 42, order: 0 },
    expect({
      label: 'free 6,40,41',
      nodes: { 0: { size: 32, free: 31 }, 1: { size: 32, free: 31 } },
      zones: { '0/0': { lists: 'o0 o1 o2 o3 o4' }, '1/0': { lists: 'o0 o1 o2 o3 o4' } },
      stranded: { '0->1': 1 },
      movedTotal: 31,
    }),
    commit([range(0, 20, 1), range(20, 64, 0)]),
    expect({
      label: '{0-19}:1 {20-63}:0',
      nodes: { 0: { size: 44, free: 31, misplaced: 0 }, 1: { size: 20, free: 31, misplaced: 12 } },
      movedTotal: 93,
      flaggedMisplaced: 0,
    }),
    { do: 'free', start: 5, end: 6, order: 0 },
    { do: 'free', start: 42, end: 43, order: 0 },
    expect({ label: 'free 5,42', nodes: { 0: { size: 44, free: 32 }, 1: { size: 20, free: 32 } } }),
  ]),
];

const next: VectorStep = { do: 'next' };

/** T12b: page 20000, held, is freed before one of the four steps (0: before publish … 3: after the sweep). */
function interleaving(before: number, way: 'free' | 'putPcp'): Vector {
  const release: VectorStep = { do: way, start: 20000, end: 20001, order: 0 };
  const steps: VectorStep[] = [next, next, next, next];
  steps.splice(before, 0, release);
  const early = before < 2;
  const moved = {
    sweep: early && way === 'free' ? 16384 : 16383,
    free: early ? 0 : 1,
    drain: early && way === 'putPcp' ? 1 : 0,
  };
  const when = ['before publish', 'between publish and mark', 'between mark and sweep', 'after the sweep'][before]!;
  return {
    name: `T12b freed ${when}${way === 'putPcp' ? ', by a per-CPU list' : ''}`,
    config: guest(P, 2, oneNode),
    steps: [
      { do: 'hold', start: 20000, end: 20001, order: 0 },
      { do: 'begin', ranges: t2Layout },
      ...steps,
      expect({
        label: 'end',
        nodes: { 0: { free: 16384, actual: 16384 }, 1: { free: 16384, actual: 16384 } },
        zones: { '1/1': { lists: 'o10*16' } },
        stranded: {},
        moved,
        // The sweep does not look up; a free and a drain of a marked page do.
        lookupsTotal: early && way === 'free' ? 0 : 1,
      }),
    ],
  };
}

const pcpVectors: Vector[] = [
  {
    name: 'T12a per-CPU lists are drained',
    config: guest(P, 2, oneNode),
    steps: [
      { do: 'hold', start: 20000, end: 20031, order: 0 },
      { do: 'putPcp', start: 20000, end: 20031, order: 0 },
      { do: 'begin', ranges: t2Layout },
      next,
      next,
      next,
      expect({
        label: 'before the drain',
        nodes: { 1: { free: 16353 } },
        stranded: { '0->1': 31 },
        movedTotal: 16353,
      }),
      next,
      expect({
        label: 'after the drain',
        nodes: { 1: { free: 16384 } },
        stranded: {},
        moved: { sweep: 16353, free: 0, drain: 31 },
      }),
    ],
  },
  {
    name: 'T12a in one commit',
    config: guest(P, 2, oneNode),
    steps: [
      { do: 'hold', start: 20000, end: 20031, order: 0 },
      { do: 'putPcp', start: 20000, end: 20031, order: 0 },
      commit(t2Layout),
      expect({
        label: 'after',
        nodes: { 1: { free: 16384 } },
        stranded: {},
        moved: { sweep: 16353, free: 0, drain: 31 },
      }),
    ],
  },
  ...[0, 1, 2, 3].flatMap((before) => [interleaving(before, 'free'), interleaving(before, 'putPcp')]),
];

/** D5: what a drain moves is not counted as free where it goes. */
const leakVector: Vector = {
  name: 'T12a with the leak of v1 and v2',
  config: withDefects(guest(P, 2, oneNode), { ...RFC_V3, pcpFreeLeak: true }),
  steps: [
    { do: 'hold', start: 20000, end: 20031, order: 0 },
    { do: 'putPcp', start: 20000, end: 20031, order: 0 },
    commit(t2Layout),
    expect({
      label: 'after',
      nodes: { 0: { free: 16384 }, 1: { free: 16353 } },
      zones: { '1/1': { lists: 'o10*16' } },
      stranded: {},
      moved: { sweep: 16353, free: 0, drain: 31 },
    }),
  ],
};

const linked = (name: string, memoryBlockPages: number, steps: readonly VectorStep[], rfc?: RfcSwitches): Vector => {
  const { profile, ...config } = guest(P, 4, oneNode);
  return { name, config: { ...config, profile: { ...profile, memoryBlockPages, rfc: rfc ?? profile.rfc } }, steps };
};
const links = (...nids: readonly (readonly number[])[]): VectorStep => expect({ label: 'links', links: nids });

const linkVectors: Vector[] = [
  linked('T13 one block of 128 MiB, T2', P, [commit(t2Layout), links([0, 1])]),
  linked('T13 one block of 128 MiB, T4', P, [commit(stripes(0, 2, 128, P)), links([0, 1, 2])]),
  linked('T13 one block of 128 MiB, T1', P, [commit([range(0, P, 1)]), links([1])]),
  linked('T13 one block of 128 MiB, T1, as posted', P, [commit([range(0, P, 1)]), links([0, 1])], RFC_V3),
  linked('T13 eight blocks of 16 MiB, T2', 4096, [commit(t2Layout), links([0], [0], [0], [0], [1], [1], [1], [1])]),
];

/** S = V3. In a step of the commit alone the two may differ. */
const SAME_AS_POSTED = ['T2', 'T5', 'T12b', 'T12a in one commit'];
const samePosted = [...sweepVectors, ...pcpVectors]
  .filter(({ name }) => SAME_AS_POSTED.some((start) => name.startsWith(start)))
  .map(asPosted);

export const vectors: readonly Vector[] = [
  ...sweepVectors,
  ...strandedVectors,
  ...interfaceVectors,
  ...pcpVectors,
  ...linkVectors,
  ...postedVectors,
  ...samePosted,
  leakVector,
];

/** Every figure that differs, one sentence each; empty when the vector holds. */
export function runVector(factory: MmFactory, vector: Vector): string[] {
  const mm = factory.boot(vector.config);
  const wrong: string[] = [];
  const blame = (what: string, expected: unknown, found: unknown): void => {
    if (expected !== found) wrong.push(`${what}: expected ${String(expected)}, found ${String(found)}`);
  };
  let pending: CommitSteps | null = null;
  let stepsLeft = 0;
  let zonesPopulated = 0;
  vector.steps.forEach((step, i) => {
    if (step.do === 'expect') compare(mm, vector.config, step.that, zonesPopulated, blame);
    else if (step.do === 'next') {
      blame(`step ${i}: commit goes on`, true, pending?.next() ?? false);
      stepsLeft--;
    } else if (step.do === 'begin') {
      pending = mm.commitSteps(step.ranges);
      stepsLeft = COMMIT_STEPS.length;
    } else if ('ranges' in step) {
      const outcome = mm.commit(step.ranges);
      blame(`step ${i}: commit accepted`, step.do === 'commit', outcome.ok);
      if (outcome.ok) zonesPopulated = outcome.zonesPopulated;
      else blame(`step ${i}: problems named`, true, outcome.problems.length > 0);
    } else runBlocks(mm, step, blame);
    // In the middle of a commit the books do not balance, and need not.
    for (const broken of stepsLeft > 0 ? [] : mm.check()) wrong.push(`step ${i}: ${broken}`);
  });
  return wrong;
}

type Blame = (what: string, expected: unknown, found: unknown) => void;

function runBlocks(mm: MmUnderTest, step: BlocksStep, blame: Blame): void {
  const pages = 2 ** step.order;
  for (let pfn = step.start; pfn < step.end; pfn += pages) {
    if (step.do === 'hold') blame(`hold ${pfn}`, true, mm.hold(pfn, step.order));
    else if (step.do === 'free') mm.free(pfn, step.order);
    else mm.putPcp(pfn);
  }
}

function compare(mm: MmUnderTest, config: MmConfig, that: Expectation, zonesPopulated: number, blame: Blame): void {
  const zones = mm.zones();
  const at = (what: string): string => `${that.label}: ${what}`;
  for (const [nid, node] of Object.entries(that.nodes ?? {})) {
    compareNode(mm, config, Number(nid), node, that.label, blame);
  }
  for (const [key, expected] of Object.entries(that.zones ?? {})) {
    const [nid, zoneType] = key.split('/').map(Number) as [number, number];
    compareZone(zones[nid * NR_ZONES + zoneType]!, expected, at(`zone ${key}`), blame);
  }
  const nodes = zones.length / NR_ZONES;
  const { stranded } = that;
  if (stranded !== undefined) {
    mm.stranded().forEach(({ pages }, i) => {
      const key = `${Math.floor(i / nodes)}->${i % nodes}`;
      blame(at(`stranded ${key}`), stranded[key] ?? 0, pages);
    });
  }
  const moved = mm.moved();
  if (that.movedTotal !== undefined) blame(at('moved'), that.movedTotal, moved.sweep + moved.free + moved.drain);
  for (const [kind, pages] of Object.entries(that.moved ?? {})) {
    blame(at(`moved by ${kind}`), pages, moved[kind as keyof Moved]);
  }
  const lookups = mm.lookups();
  if (that.lookupsTotal !== undefined) blame(at('lookups'), that.lookupsTotal, lookups.hit + lookups.miss);
  if (that.lookups !== undefined) {
    blame(at('lookup hits'), that.lookups.hit, lookups.hit);
    blame(at('lookup misses'), that.lookups.miss, lookups.miss);
  }
  if (that.zonesPopulated !== undefined) blame(at('zones populated'), that.zonesPopulated, zonesPopulated);
  if (that.links !== undefined) blame(at('links'), JSON.stringify(that.links), JSON.stringify(mm.links()));
  compareFlags(mm, config, that, blame);
}

function compareFlags(mm: MmUnderTest, config: MmConfig, that: Expectation, blame: Blame): void {
  if (that.flagged === undefined && that.flaggedMisplaced === undefined) return;
  const counted: PageKind[] = isRfcGuest(config)
    ? ['free', 'pcp', 'allocated', 'reserved']
    : ['pcp', 'allocated', 'reserved'];
  let flagged = 0;
  let misplaced = 0;
  for (let pfn = 0; pfn < config.nrPages; pfn++) {
    const kind = mm.pageKind(pfn);
    if (!counted.includes(kind) || !mm.isMarked(pfn)) continue;
    flagged++;
    if (kind === 'free' && mm.actualNid(pfn) !== mm.targetNid(pfn)) misplaced++;
  }
  if (that.flagged !== undefined) blame(`${that.label}: flagged`, that.flagged, flagged);
  if (that.flaggedMisplaced !== undefined) {
    blame(`${that.label}: flagged and misplaced`, that.flaggedMisplaced, misplaced);
  }
}

function compareNode(
  mm: MmUnderTest,
  { nrPages, nrNodeIds }: MmConfig,
  nid: number,
  node: NodeExpectation,
  label: string,
  blame: Blame,
): void {
  const zones = mm.zones().slice(nid * NR_ZONES, (nid + 1) * NR_ZONES);
  const size = mm.nodePresent(nid);
  const at = `${label}: node ${nid}`;
  if (node.size !== undefined) blame(`${at} size`, node.size, size);
  if (node.sizeMb !== undefined) blame(`${at} size in MB`, node.sizeMb, numactlMbFromPages(size));
  const free = zones.reduce((sum, c) => sum + c.freePages, 0);
  if (node.free !== undefined) blame(`${at} free`, node.free, free);
  const blocks = zones[0]!.freeBlocks.map((_, order) => zones.reduce((sum, c) => sum + c.freeBlocks[order]!, 0));
  if (node.lists !== undefined) blame(`${at} free lists`, node.lists, formatFreeBlocks(blocks));
  if (node.nrZones !== undefined) blame(`${at} nr_zones`, node.nrZones, mm.nrZones(nid));
  const misplaced = mm.misplaced().slice(nid * nrNodeIds, (nid + 1) * nrNodeIds);
  if (node.misplaced !== undefined) {
    blame(
      `${at} misplaced`,
      node.misplaced,
      misplaced.reduce((sum, pages) => sum + pages, 0),
    );
  }
  if (node.actual === undefined) return;
  let actual = 0;
  for (let pfn = 0; pfn < nrPages; pfn++) if (mm.actualNid(pfn) === nid) actual++;
  blame(`${at} actual`, node.actual, actual);
}

function compareZone(zone: ZoneFigures, expected: ZoneExpectation, at: string, blame: Blame): void {
  if (expected.present !== undefined) blame(`${at} present`, expected.present, zone.presentPages);
  if (expected.managed !== undefined) blame(`${at} managed`, expected.managed, zone.managedPages);
  if (expected.lists !== undefined) blame(`${at} free lists`, expected.lists, formatFreeBlocks(zone.freeBlocks));
  if (expected.watermarks !== undefined) {
    blame(`${at} watermarks`, expected.watermarks, `${zone.wmarkMin}/${zone.wmarkLow}/${zone.wmarkHigh}`);
  }
  if (expected.span !== undefined) {
    blame(`${at} span`, String(expected.span), `${zone.spanStart},${zone.spanStart + zone.spannedPages}`);
  }
  if (expected.pcp !== undefined) blame(`${at} pcp`, expected.pcp, `${zone.pcpBatch}/${zone.pcpHigh}`);
}

/** `o0*3 o2`: as the text writes free lists. */
export function formatFreeBlocks(freeBlocks: readonly number[]): string {
  const parts: string[] = [];
  for (let order = 0; order <= MAX_PAGE_ORDER; order++) {
    const count = freeBlocks[order]!;
    if (count > 0) parts.push(count === 1 ? `o${order}` : `o${order}*${count}`);
  }
  return parts.join(' ');
}
