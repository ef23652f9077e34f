/** Live migration: M1 to M16 of the suite. */
import {
  type Algorithm,
  channelsMibPerSec,
  type MigrationRun,
  type MigrationSettings,
  policyOf,
  type PolicyName,
  runToEnd,
  startMigration,
  wireCosts,
} from '../../engine/transfer/algorithm/index.ts';
import { PAGES_PER_MIB } from '../../../shared/units/index.ts';
import { Prng } from '../../engine/core/index.ts';
import { exact, once, part, units, type SourceClass, type ValidationCase } from './case.ts';
import { SIMGRID_ROUTES, simgridSeconds } from './simgrid.ts';

const MIB = 2 ** 20;

interface Inputs {
  readonly v: number;
  readonly d: number;
  readonly w?: number;
  readonly pages?: number;
  readonly zeroPages?: number;
}

interface Ran {
  readonly run: MigrationRun;
  readonly outcome: string;
}

function migrate(
  { v, d, w = v, pages = v * PAGES_PER_MIB, zeroPages = 0 }: Inputs,
  more: Partial<MigrationSettings>,
  policy?: PolicyName,
): Ran {
  const rates = [{ fromMs: 0, pagesPerSec: d * PAGES_PER_MIB }];
  const settings: MigrationSettings = {
    algorithm: 'qemu',
    guest: {
      pages,
      zeroPages,
      sets: [{ pages: w * PAGES_PER_MIB, pattern: 'sequential', rates }],
      cpuNeed: 1,
      vcpus: 1,
    },
    linkBandwidth: 128 * MIB,
    maxBandwidth: Infinity,
    switchoverBandwidth: null,
    maxPostcopyBandwidth: Infinity,
    downtimeLimitMs: 300,
    channels: null,
    zeroPages: 'legacy',
    headerBytes: null,
    stopsAtThreshold: false,
    throttle: null,
    xbzrle: null,
    postcopyAtMs: null,
    postcopyAfterPasses: null,
    timeoutMs: Infinity,
    atTimeout: 'cancel',
    wholePages: false,
    ...more,
  };
  const run = startMigration(settings);
  const watcher = policy === undefined ? null : (policyOf(policy).watch?.(v / 1024) ?? null);
  return { run, outcome: runToEnd(run, watcher).outcome };
}

const seconds = ({ run }: Ran): number => run.nowMs / 1000;
const downtime = ({ run }: Ran): number => run.downtimeMs!;
const sent = ({ run }: Ran): number => run.sentBytes / MIB;
const syncs = ({ run }: Ran): number => run.passes.length;
const never = ({ outcome }: Ran): number => (outcome === 'never' ? 1 : 0);
/** Rounds while the guest runs. */
const live = ({ run }: Ran): number => run.passes.length - 1;

type Figure = readonly [
  name: string,
  unit: string,
  of: (ran: Ran) => number,
  expected: number,
  within: ValidationCase['within'],
];

const rows = (
  id: string,
  what: string,
  from: SourceClass,
  source: string,
  ran: () => Ran,
  figures: readonly Figure[],
): ValidationCase[] =>
  figures.map(([name, unit, of, expected, within]) => ({
    id,
    what: `${what}: ${name}`,
    unit,
    expected,
    within,
    from,
    source,
    got: () => of(ran()),
  }));

const XEN = 'xc_domain_save.c, xg_sr_save.c';
const QEMU = 'migration.c, ram.c';
const CLOSED = 'Liu, HPDC 2011; Xen rules';

const xen = (algorithm: Algorithm, v: number, r: number, d: number): (() => Ran) =>
  once(() => migrate({ v, d }, { algorithm, linkBandwidth: r * MIB }));

const geometric = (
  [v, r, d]: readonly [number, number, number],
  rounds: number,
  sentMib: number,
  totalS: number,
  downMs: number,
): ValidationCase[] =>
  rows('M1', `Xen classic, ${v} MiB at ${r} MiB/s, ${d} MiB/s written`, 'maths', CLOSED, xen('xen-classic', v, r, d), [
    ['live rounds', '', live, rounds, exact],
    ['sent', 'MiB', sent, sentMib, part(1e-4)],
    ['total', 's', seconds, totalS, part(1e-4)],
    ['downtime', 'ms', downtime, downMs, part(1e-3)],
  ]);

const modern = (
  [v, r, d]: readonly [number, number, number],
  sentMib: number,
  totalS: number,
  downMs: number,
): ValidationCase[] =>
  rows(
    'M14',
    `Xen modern, ${v} MiB at ${r} MiB/s, ${d} MiB/s written`,
    'source code',
    XEN,
    xen('xen-modern', v, r, d),
    [
      ['live rounds', '', live, 5, exact],
      ['sent', 'MiB', sent, sentMib, part(1e-4)],
      ['total', 's', seconds, totalS, part(1e-4)],
      ['downtime', 'ms', downtime, downMs, part(1e-3)],
    ],
  );

/** Pages of headers are not counted in these. */
const qemu = (
  id: string,
  what: string,
  inputs: Inputs,
  more: Partial<MigrationSettings>,
  figures: readonly Figure[],
): ValidationCase[] =>
  rows(
    id,
    `QEMU, ${what}`,
    'source code',
    QEMU,
    once(() => migrate(inputs, { headerBytes: 0, ...more })),
    figures,
  );

const qemuEnds = (totalS: number, downMs: number, count: number, sentMib: number): Figure[] => [
  ['total', 's', seconds, totalS, part(1e-3)],
  ['downtime', 'ms', downtime, downMs, part(3e-3)],
  ['syncs', '', syncs, count, exact],
  ['sent', 'MiB', sent, sentMib, part(1e-3)],
];

const neverEnds: Figure[] = [['never ends', '', never, 1, exact]];

/** Dirty pages at the top of the loop. */
const atTop = (pages: number): Ran =>
  migrate(
    { v: 1024, d: (125 * pages) / (1024 * PAGES_PER_MIB) },
    { algorithm: 'xen-classic', linkBandwidth: 125 * MIB },
  );

// M6: bandwidths of each iteration, as the log has them.

const LOG = [
  { mib: 6144, bandwidth: 1986.83, seconds: 3.09, estimateMs: null },
  { mib: 5418, bandwidth: 1824.44, seconds: 2.97, estimateMs: 2726 },
  { mib: 5418, bandwidth: 1854.25, seconds: 2.92, estimateMs: 2969 },
  { mib: 5428, bandwidth: 1799.43, seconds: 3.02, estimateMs: 2926 },
] as const;
const CH_LOG = 'cloud-hypervisor pull request 7799, log of a run';

const logRows: ValidationCase[] = LOG.flatMap((row, i): ValidationCase[] => {
  const transfer = (): number => {
    const { run } = migrate(
      { v: row.mib, d: 0 },
      { algorithm: 'cloud-hypervisor', linkBandwidth: row.bandwidth * MIB },
    );
    return run.passes[0]!.bytes / (row.bandwidth * MIB);
  };
  const before = LOG[i - 1];
  const common = { id: 'M6', from: 'measurement', source: CH_LOG } as const;
  const transferRow = {
    ...common,
    what: `Cloud Hypervisor, iteration ${i}: transfer`,
    unit: 's',
    expected: row.seconds,
    within: units(0.01),
    got: transfer,
  };
  if (before === undefined || row.estimateMs === null) return [transferRow];
  const got = (): number => (row.mib / before.bandwidth) * 1000;
  return [
    transferRow,
    {
      ...common,
      what: `Cloud Hypervisor, iteration ${i}: expected downtime`,
      unit: 'ms',
      expected: row.estimateMs,
      within: units(2),
      got,
    },
  ];
});

// M7

const throttle = (timer: boolean): MigrationSettings['throttle'] => ({
  kind: 'auto-converge',
  triggerPercent: 50,
  initialPercent: 20,
  incrementPercent: 10,
  maxPercent: 99,
  tailslow: false,
  timer,
  bytesPerSecPerVcpu: MIB,
});
const top = ({ run }: Ran): number => Math.max(...run.passes.map(({ throttlePercent }) => throttlePercent));
const firstStep = ({ run }: Ran): number =>
  run.passes.find(({ throttlePercent }) => throttlePercent > 0)!.startMs / 1000;

const converge = (
  d: number,
  timer: boolean,
  most: number,
  first: number,
  totalS: number,
  within: ValidationCase['within'],
): ValidationCase[] =>
  qemu(
    'M7',
    `auto-converge, ${d} MiB/s over 1,024 MiB at 128, ${timer ? '5 s timer' : 'at the ends of passes'}`,
    { v: 4096, d, w: 1024 },
    { throttle: throttle(timer) },
    [
      ['most throttle', '%', top, most, exact],
      ['first step', 's', firstStep, first, units(0.1)],
      ['total', 's', seconds, totalS, within],
    ],
  );

// M2 and M10

function random(index: number): { readonly run: MigrationRun; readonly v: number; readonly r: number } {
  const prng = new Prng(index, 'validation-classic');
  const v = 64 + prng.below(8192);
  const r = 16 + prng.below(4096);
  const d = prng.below(2 * r);
  return { ...migrate({ v, d }, { algorithm: 'xen-classic', linkBandwidth: r * MIB }), v, r };
}

/** Migrations of so many that keep to V <= sent <= 5 V + a page, and downtime <= V/R. */
function bounded(count: number): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const { run, v, r } = random(i);
    const most = run.sentBytes <= 5 * v * MIB + 4096 && run.sentBytes >= v * MIB - 1;
    if (most && run.downtimeMs! <= (v / Math.min(r, 1986.83)) * 1000 + 1e-6) kept++;
  }
  return kept;
}

// Runs of real QEMU

const RUN = 'run of QEMU 7.2.22, its own inputs and defaults';

interface RealRun {
  readonly name: string;
  readonly inputs: Inputs;
  readonly more: Partial<MigrationSettings>;
  readonly totalS: number | null;
  readonly sentMib: number | null;
  readonly syncs: number | null;
  /** When passes ended. */
  readonly ends: readonly number[];
}

const PAGES = 131_202;
const REAL_RUNS: readonly RealRun[] = [
  {
    name: '16 MiB/s over 128 MiB, link 32 MiB/s',
    inputs: { v: 512, pages: PAGES, zeroPages: 79_646, d: 16, w: 128 },
    more: { linkBandwidth: 32 * MIB, maxBandwidth: 1000 * MIB },
    totalS: 12.4,
    sentMib: 396.676,
    syncs: 10,
    ends: [6.072, 9.094, 10.639, 11.374],
  },
  {
    name: '16 MiB/s over 128 MiB, limit 32 MiB/s',
    inputs: { v: 512, pages: PAGES, zeroPages: 77_321, d: 16, w: 128 },
    more: { linkBandwidth: 1192 * MIB, maxBandwidth: 32 * MIB },
    totalS: 12.725,
    sentMib: 415.438,
    syncs: 9,
    ends: [6.41, 9.616, 11.219, 12.019],
  },
  {
    name: '48 MiB/s over 256 MiB, limit 32 MiB/s',
    inputs: { v: 512, pages: PAGES, zeroPages: 46_658, d: 48, w: 256 },
    more: { linkBandwidth: 1192 * MIB, maxBandwidth: 32 * MIB },
    totalS: null,
    sentMib: null,
    syncs: null,
    ends: [10.109, 18.117, 25.926, 33.733],
  },
  {
    name: 'the same, post-copy after 10.48 s',
    inputs: { v: 512, pages: PAGES, zeroPages: 44_768, d: 48, w: 256 },
    more: { linkBandwidth: 1192 * MIB, maxBandwidth: 32 * MIB, maxPostcopyBandwidth: 32 * MIB, postcopyAtMs: 10_480 },
    totalS: 18.23,
    sentMib: 595.315,
    syncs: 3,
    ends: [10.417],
  },
];

const realRows = REAL_RUNS.flatMap(({ name, inputs, more, totalS, sentMib, syncs: count, ends }) => {
  const ran = once(() => migrate(inputs, more));
  const figures: Figure[] = ends.map((at, i) => {
    const length = at - (ends[i - 1] ?? 0);
    const of = ({ run }: Ran): number => (run.passes[i]!.endMs - run.passes[i]!.startMs) / 1000;
    return [`pass ${i + 1}`, 's', of, length, units(Math.max(0.1, 0.03 * length))];
  });
  if (totalS === null) figures.unshift(...neverEnds);
  else
    figures.unshift(
      ['total', 's', seconds, totalS, part(0.05)],
      ['sent', 'MiB', sent, sentMib!, part(0.02)],
      ['syncs', '', syncs, count!, units(1)],
    );
  return rows('R', `Real run, ${name}`, 'measurement', RUN, ran, figures);
});

// M15: ladders, fed with what their own vectors feed them

interface Look {
  readonly ms: number;
  readonly mib: number;
  readonly syncs: number;
}

/** What a policy does, and when, in seconds. */
function acts(name: PolicyName, gib: number, looks: readonly Look[], mibPerSec = 1800): { s: number; what: string }[] {
  const watcher = policyOf(name).watch!(gib);
  return looks.flatMap(({ ms, mib, syncs: count }) =>
    watcher
      .look({
        nowMs: ms,
        syncs: count,
        remainingBytes: mib * MIB,
        dirtyBytesAtSync: mib * MIB,
        bytesPerSec: mibPerSec * MIB,
        sentBytes: 0,
      })
      .map((act) => ({ s: ms / 1000, what: act.do === 'downtime-limit' ? `${act.ms}` : act.do })),
  );
}

const everyMs = (ms: number, count: number, mib: (i: number) => number): Look[] =>
  Array.from({ length: count }, (_, i) => ({ ms: i * ms, mib: mib(i), syncs: i + 1 }));

const ladder = (what: string, unit: string, expected: number, source: string, got: () => number): ValidationCase => ({
  id: 'M15',
  what,
  unit,
  expected,
  within: exact,
  from: 'source code',
  source,
  got,
});

const stall = (name: PolicyName, everyS: number, mib: number, what: string): number =>
  acts(
    name,
    64,
    everyMs(everyS * 1000, 40, (i) => (i === 0 ? 6144 : mib)),
  ).find((act) => act.what === what)?.s ?? -1;
const novaLimits = once(() =>
  acts(
    'nova',
    8,
    everyMs(100_000, 70, () => 1000),
  ),
);
/** What is left rises at each poll. */
const proxmox = once(() =>
  acts(
    'proxmox',
    8,
    everyMs(1000, 200, (i) => 1000 + i),
  ),
);
const ovirt = once(() =>
  acts(
    'ovirt-minimal-downtime',
    8,
    everyMs(10_000, 20, () => 1000),
  ),
);
const vdsm = once(() =>
  acts(
    'vdsm-legacy',
    8,
    everyMs(120_000, 44, () => 1000),
  ),
);
const GO_STALL = 'kubevirt, stall-detector.go';

const ladderRows: readonly ValidationCase[] = [
  ladder('KubeVirt stall detector, 5,418 MiB each 3 s at 1,800 MiB/s: gives up', 's', 45, GO_STALL, () =>
    stall('kubevirt-stall-detector', 3, 5418, 'abort'),
  ),
  ladder('The same, post-copy allowed: switches', 's', 45, GO_STALL, () =>
    stall('kubevirt-stall-detector-postcopy', 3, 5418, 'postcopy'),
  ),
  ladder('KubeVirt stall detector, 2,000 MiB each 2 s: limit 900 ms', 's', 42, GO_STALL, () =>
    stall('kubevirt-stall-detector', 2, 2000, '900'),
  ),
  ladder('Nova, 8 GiB: limit after 600 s', 'ms', 95, 'nova, migration.py', () => Number(novaLimits()[0]!.what)),
  ladder(
    'Nova, 8 GiB: limit of 500 ms',
    's',
    6000,
    'nova, migration.py',
    () => novaLimits().find(({ what }) => what === '500')!.s,
  ),
  ladder(
    'Nova, 8 GiB: gives up',
    's',
    6400,
    'nova, migration.py',
    () => novaLimits().find(({ what }) => what === 'abort')!.s,
  ),
  ladder('Proxmox, more left at each poll: raises up to its most', '', 15, 'QemuMigrate.pm', () => proxmox().length),
  ladder('Proxmox: its most', 'ms', 2_000_000, 'QemuMigrate.pm', () => Number(proxmox().at(-1)!.what)),
  ladder('oVirt minimal downtime: limits before it gives up', '', 5, 'vdsm, migration.py', () =>
    ovirt().findIndex(({ what }) => what === 'abort'),
  ),
  ladder('oVirt minimal downtime: the last of them', 'ms', 500, 'vdsm, migration.py', () => Number(ovirt()[4]!.what)),
  ladder(
    'vdsm before policies: gives up after iteration',
    '',
    42,
    'vdsm, migration.py',
    () => vdsm().find(({ what }) => what === 'abort')!.s / 120,
  ),
];

const simgrid = (what: string, within: number, expected: number, got: () => number): ValidationCase => ({
  id: within < 1e-5 ? 'M4' : 'M5',
  what: `SimGrid, ${what}`,
  unit: 's',
  expected,
  within: part(within),
  from: 'oracle',
  source: 's4u-cloud-migration.tesh',
  got,
});

const { tremblay, bourassa } = SIMGRID_ROUTES;
const two = once(() =>
  simgridSeconds([
    { bytes: 1e9, route: tremblay },
    { bytes: 1e9, route: tremblay },
  ]),
);
const apart = once(() =>
  simgridSeconds([
    { bytes: 1e9, route: tremblay },
    { bytes: 1e9, route: bourassa },
  ]),
);

export const MIGRATION_CASES: readonly ValidationCase[] = [
  ...geometric([1024, 125, 25], 6, 1279.984, 10.2399, 0.524),
  ...geometric([1024, 125, 100], 5, 3777.823, 30.2226, 2684.355),
  ...geometric([1024, 125, 125], 4, 5120, 40.96, 8192),
  ...geometric([1024, 125, 200], 4, 5120, 40.96, 8192),
  ...rows('M2', 'Xen classic, all written anew in each round', 'source code', XEN, xen('xen-classic', 1024, 125, 500), [
    ['sent', 'MiB', sent, 5120, units(1 / 256)],
  ]),
  ...rows('M2', 'Xen modern, all written anew in each round', 'source code', XEN, xen('xen-modern', 1024, 125, 500), [
    ['sent', 'MiB', sent, 6144, units(1 / 256)],
  ]),
  ...rows(
    'M3',
    'Xen classic, 49 pages dirty at the top of the loop',
    'source code',
    XEN,
    once(() => atTop(49)),
    [['live rounds', '', live, 1, exact]],
  ),
  ...rows(
    'M3',
    'Xen classic, 50 pages dirty at the top of the loop',
    'source code',
    XEN,
    once(() => atTop(50.001)),
    [['live rounds', '', live, 2, exact]],
  ),
  simgrid('10^9 bytes', 1e-6, 132.765801, () => simgridSeconds([{ bytes: 1e9, route: tremblay }])[0]!),
  simgrid('10^8 bytes', 1e-6, 13.345992, () => simgridSeconds([{ bytes: 1e8, route: tremblay }])[0]!),
  simgrid('two of 10^9 bytes, one route', 1e-6, 265.454478, () => two()[0]!),
  simgrid('two of 10^9 bytes, two routes: the longer', 1e-4, 265.435541, () => apart()[0]!),
  simgrid('two of 10^9 bytes, two routes: the shorter', 1e-4, 216.508796, () => apart()[1]!),
  ...logRows,
  ...converge(192, false, 70, 47.45, 112.287, part(0.02)),
  ...converge(512, false, 90, 47.45, 162.89, part(0.02)),
  ...converge(192, true, 70, 45.05, 100.187, part(0.08)),
  ...qemu('M8', '4,096 MiB at 128 MiB/s, 32 written', { v: 4096, d: 32 }, {}, qemuEnds(42.575, 275, 8, 5449.6)),
  ...qemu(
    'M8',
    '4,096 MiB at 1,192 MiB/s, 300 written',
    { v: 4096, d: 300 },
    { linkBandwidth: 1192 * MIB },
    qemuEnds(4.493, 293.3, 6, 5356),
  ),
  ...qemu(
    'M8',
    '16,384 MiB at 1,192 MiB/s, 800 written',
    { v: 16384, d: 800 },
    { linkBandwidth: 1192 * MIB },
    qemuEnds(41.195, 294.6, 18, 49104),
  ),
  ...qemu(
    'M8',
    '4,096 MiB at 1,192 MiB/s, 1,300 written',
    { v: 4096, d: 1300 },
    { linkBandwidth: 1192 * MIB },
    neverEnds,
  ),
  ...(
    [
      [1, 1617.29],
      [2, 3752.15],
      [4, 7238.08],
      [8, 11502.83],
      [16, 10683.72],
    ] as const
  ).map(([n, mib]): ValidationCase => ({
    id: 'M9',
    what: `${n} ${n === 1 ? 'connection' : 'connections'} over 100 Gbit/s`,
    unit: 'MiB/s',
    expected: mib,
    within: part(0.1),
    from: 'calibration',
    source: 'cloud-hypervisor issue 7669',
    got: () => channelsMibPerSec(n),
  })),
  {
    id: 'M10',
    what: '5,000 random migrations by Xen classic: V to 5 V sent, downtime at most V/R',
    unit: 'kept',
    expected: 5000,
    within: exact,
    from: 'property',
    source: 'Akoush, MASCOTS 2010',
    got: () => bounded(5000),
  },
  ...qemu(
    'M11',
    'limit 128 MiB/s, link 1,192',
    { v: 4096, d: 32 },
    { maxBandwidth: 128 * MIB, linkBandwidth: 1192 * MIB },
    qemuEnds(42.33, 29.5, 7, 5449.6),
  ),
  ...qemu(
    'M12',
    'the same, avail-switchover-bandwidth 1,192',
    { v: 4096, d: 32 },
    { maxBandwidth: 128 * MIB, linkBandwidth: 1192 * MIB, switchoverBandwidth: 1192 * MIB },
    qemuEnds(39.295, 295.3, 7, 5344),
  ),
  ...qemu(
    'M12',
    'limit 128, link 1,192, 160 written over 300 MiB',
    { v: 4096, d: 160, w: 300 },
    { maxBandwidth: 128 * MIB, linkBandwidth: 1192 * MIB },
    neverEnds,
  ),
  ...qemu(
    'M12',
    'the same, avail-switchover-bandwidth 1,192',
    { v: 4096, d: 160, w: 300 },
    { maxBandwidth: 128 * MIB, linkBandwidth: 1192 * MIB, switchoverBandwidth: 1192 * MIB },
    qemuEnds(31.895, 294.6, 4, 4396),
  ),
  ...rows(
    'M13',
    'Cloud Hypervisor, 4,096 MiB at 1,192 MiB/s, 300 written',
    'source code',
    'vmm/src/lib.rs',
    once(() => migrate({ v: 4096, d: 300 }, { algorithm: 'cloud-hypervisor', linkBandwidth: 1192 * MIB })),
    [
      ['iterations', '', live, 2, exact],
      ['sent', 'MiB', sent, 5424.8, part(1e-4)],
      ['downtime', 'ms', downtime, 235.6, part(1e-3)],
      ['total', 's', seconds, 4.665, part(1e-3)],
    ],
  ),
  ...rows(
    'M13',
    'Cloud Hypervisor, 16,384 MiB at 1,192 MiB/s, 800 written',
    'source code',
    'vmm/src/lib.rs',
    once(() => migrate({ v: 16384, d: 800 }, { algorithm: 'cloud-hypervisor', linkBandwidth: 1192 * MIB })),
    [
      ['iterations', '', live, 11, exact],
      ['sent', 'MiB', sent, 50650.5, part(1e-4)],
      ['downtime', 'ms', downtime, 285.9, part(1e-3)],
      ['total', 's', seconds, 43.119, part(1e-3)],
    ],
  ),
  ...modern([1024, 125, 25], 1279.918, 10.2393, 2.621),
  ...modern([1024, 125, 62.5], 2016, 16.128, 256),
  ...modern([1024, 125, 100], 3777.823, 30.2226, 2684.355),
  ...modern([1024, 125, 200], 6144, 49.152, 8192),
  ...modern([4096, 1250, 250], 5119.672, 4.0957, 1.049),
  ...ladderRows,
  {
    id: 'M16',
    what: '64 GiB of zeros, one stream',
    unit: 'MiB',
    expected: 144,
    within: exact,
    from: 'source code',
    source: QEMU,
    got: () =>
      (wireCosts({ multifd: false, zeroPages: 'legacy', headerBytes: null }).zero * 64 * 1024 * PAGES_PER_MIB) / MIB,
  },
  {
    id: 'M16',
    what: '64 GiB of zeros, multifd',
    unit: 'MiB',
    expected: 168,
    within: exact,
    from: 'source code',
    source: 'multifd.h',
    got: () =>
      (wireCosts({ multifd: true, zeroPages: 'multifd', headerBytes: null }).zero * 64 * 1024 * PAGES_PER_MIB) / MIB,
  },
  ...realRows,
];
