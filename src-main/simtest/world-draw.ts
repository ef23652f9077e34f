/**
 * One seed, one world and one list of commands, as plain data (so that a case can be shrunk, printed and kept). The
 * worlds are small and odd on purpose: sparse node ids, nodes without memory or CPUs, guests of 64 to 4096 pages, both
 * frame sizes, holes, any boot layout. The commands are of every type, many of them nonsense.
 *
 * Bounded so that the calm phase can end: lifetimes have light tails, links and compactions finish in tens of ticks.
 */
import { Prng } from '../engine/core/index.ts';
import type {
  BeyondConfig,
  DimmConfig,
  GuestConfig,
  HostConfig,
  HostNodeConfig,
  KernelProfile,
  LayoutRange,
  LinkConfig,
  MmConfig,
  PlacementRule,
  RegenerationConfig,
  WorkloadConfig,
} from '../../shared/model/config.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import type { Command, CommandType, FileWrite } from '../../shared/model/command.ts';
import type { ScheduledCommand } from '../../shared/model/world.ts';
import type { PfnRange } from '../../shared/units/index.ts';
import { PAGES_PER_HUGE } from '../../shared/units/index.ts';
import { drawBadLayout, drawDisjoint, drawLayout, drawSwitches } from './mm-draw.ts';
import { CORRECT, DEFAULT_PROFILE, RFC_V3 } from '../../shared/model/config.ts';
import { PLAIN_RFC } from '../../shared/model/beyond.ts';

export interface WorldCase {
  readonly name: string;
  readonly config: WorldConfig;
  /** Applied from outside, before the step of tick `at`. */
  readonly commands: readonly ScheduledCommand[];
  /** Length of the first phase. */
  readonly ticks: number;
  /** Ticks at which the world is written down, restored, and the copy run alongside. */
  readonly restoreAt: readonly number[];
}

export function drawWorldCase(seed: number): WorldCase {
  const prng = new Prng(seed, 'world-sim');
  const hostCount = 1 + prng.below(3);
  const sizes = Array.from({ length: 1 + prng.below(4) }, () => ({
    ...drawGuestSize(prng),
    home: prng.below(hostCount),
  }));
  const total = sizes.reduce((sum, s) => sum + roomOf(s), 0);
  const hosts = Array.from({ length: hostCount }, (_, i) => {
    const own = sizes.filter((s) => s.home === i).reduce((sum, s) => sum + roomOf(s), 0);
    return drawHost(prng, `host${i}`, own, total);
  });
  const tickMs = 1 << prng.below(11);
  const guests = sizes.map((size, i) => drawGuest(prng, `vm${i}`, hosts[size.home]!, size));
  const ticks = 10 + prng.below(50);
  const commands = drawCommands(prng, { guests, hosts }, ticks);
  const scheduled = commands.filter(() => prng.chance(1, 5));
  const drawn = { seed, tickMs, hosts, links: drawLinks(prng, hosts, tickMs), guests, schedule: scheduled };
  return {
    name: `seed ${seed}`,
    config: withPools(new Prng(seed, 'world-sim-pools'), drawn),
    commands: commands.filter((c) => !scheduled.includes(c)),
    ticks,
    restoreAt: Array.from({ length: 1 + prng.below(3) }, () => prng.below(ticks)).sort((x, y) => x - y),
  };
}

/* ---- huge page pools ---- */

const LARGE_PAGES = 2 * PAGES_PER_HUGE;

/**
 * The same world, and on some hosts pools of two page sizes, partly held by others, from which some guests take all of their
 * memory. Drawn apart, so that seeds give the worlds that they gave before there were pools.
 */
function withPools(prng: Prng, config: WorldConfig): WorldConfig {
  const pooled = new Set(config.hosts.filter(() => prng.chance(1, 2)).map(({ name }) => name));
  const needed = new Map<string, { huge: number; large: number }>();
  const guests = config.guests.map((guest): GuestConfig => {
    const isHuge = pooled.has(guest.host) && guest.dimms.length === 0 && prng.chance(1, 2);
    if (!isHuge) return guest;
    const framePages = prng.chance(1, 3) ? LARGE_PAGES : PAGES_PER_HUGE;
    const { nrPages } = guest.mm;
    const frames = Math.ceil(nrPages / framePages);
    const all = needed.get(guest.host) ?? { huge: 0, large: 0 };
    needed.set(guest.host, all);
    all[framePages === LARGE_PAGES ? 'large' : 'huge'] += frames;
    const first = config.hosts.find(({ name }) => name === guest.host)!.nodes[0]!.nid;
    return {
      ...guest,
      hugePages: [{ start: 0, end: nrPages, framePages }],
      placement: [{ start: 0, end: nrPages, mode: 'strict', nodes: [first], pages: [], scatter: false }],
    };
  });
  const hosts = config.hosts.map((host): HostConfig => {
    if (!pooled.has(host.name)) return host;
    const need = needed.get(host.name) ?? { huge: 0, large: 0 };
    const nodes = host.nodes.map((node, i) => {
      const pools = [
        { framePages: PAGES_PER_HUGE, frames: prng.below(8), least: i === 0 ? need.huge : 0 },
        { framePages: LARGE_PAGES, frames: prng.below(4), least: i === 0 ? need.large : 0 },
      ].map(({ framePages, frames, least }) => {
        const reservedFrames = prng.below(2);
        return { framePages, frames: least + frames + reservedFrames, reservedFrames };
      });
      const pages = pools.reduce((sum, pool) => sum + pool.framePages * pool.frames, 0);
      return { ...node, totalPages: node.totalPages + pages, pools };
    });
    return { ...host, nodes };
  });
  return { ...config, hosts, guests };
}

/** Pages in whole huge frames. */
const roomOf = (size: GuestSize): number => Math.ceil(size.nrPages / PAGES_PER_HUGE) * PAGES_PER_HUGE;

/* ---- hosts ---- */

/**
 * One to five nodes, some far too small. The first alone holds the guests that start there (`own` pages), so that every
 * placement succeeds; for all guests (`total`) there may or may not be room.
 */
function drawHost(prng: Prng, name: string, own: number, total: number): HostConfig {
  const nodes: HostNodeConfig[] = [];
  const count = 1 + prng.below(5);
  let nid = prng.chance(1, 2) ? 0 : prng.below(4);
  let cpu = 0;
  for (let i = 0; i < count; i++) {
    const kind = i === 0 ? 0 : prng.below(6);
    const frames = 1 + prng.below(Math.ceil(total / PAGES_PER_HUGE)) + (i === 0 ? own / PAGES_PER_HUGE + 1 : 0);
    const reservedPages = prng.below(3) * (prng.chance(1, 2) ? PAGES_PER_HUGE : 100);
    const totalPages = kind === 1 ? 0 : reservedPages + frames * PAGES_PER_HUGE;
    const cpus = kind === 2 ? [] : Array.from({ length: 1 + prng.below(3) }, () => cpu++);
    nodes.push({ nid, cpus, totalPages, reservedPages: totalPages === 0 ? 0 : reservedPages });
    nid += 1 + (prng.chance(2, 3) ? 0 : prng.below(6));
  }
  const far = nodes.map(() => nodes.map(() => 11 + prng.below(30)));
  const distances = nodes.map((_, a) => nodes.map((__, b) => (a === b ? 10 : far[Math.min(a, b)]![Math.max(a, b)]!)));
  return { name, nodes, distances };
}

/** Most pairs of hosts are joined. A link carries the largest guest in at most 32 ticks. */
function drawLinks(prng: Prng, hosts: readonly HostConfig[], tickMs: number): LinkConfig[] {
  const links: LinkConfig[] = [];
  hosts.forEach((a, i) => {
    for (const b of hosts.slice(i + 1)) {
      const bytesPerTick = (1 << 19) << prng.below(5);
      const bytesPerSec = Math.ceil((bytesPerTick * 1000) / tickMs);
      if (prng.chance(4, 5)) links.push({ name: `${a.name}-${b.name}`, hosts: [a.name, b.name], bytesPerSec });
    }
  });
  return links;
}

/* ---- guests ---- */

interface GuestSize {
  /** At power-on and with all DIMMs. */
  readonly bootPages: number;
  readonly nrPages: number;
  readonly memoryBlockPages: number;
  readonly framePages: number;
}

function drawGuestSize(prng: Prng): GuestSize {
  const bootPages = Math.min(4096, (64 << prng.below(7)) + (prng.chance(1, 2) ? 0 : prng.below(64)));
  const memoryBlockPages = PAGES_PER_HUGE << prng.below(3);
  const blocks = prng.chance(1, 4) ? 1 + prng.below(3) : 0;
  const dimmStart = Math.ceil(bootPages / memoryBlockPages) * memoryBlockPages;
  const nrPages = blocks === 0 ? bootPages : dimmStart + blocks * memoryBlockPages;
  const framePages = bootPages >= PAGES_PER_HUGE && prng.chance(1, 2) ? PAGES_PER_HUGE : 1;
  return { bootPages, nrPages, memoryBlockPages, framePages };
}

function drawGuest(prng: Prng, name: string, host: HostConfig, size: GuestSize): GuestConfig {
  const dimms = drawDimms(prng, host, size);
  const mm = drawMm(prng, size, dimms);
  return {
    name,
    host: host.name,
    mm,
    framePages: size.framePages,
    placement: drawPlacement(prng, host, size),
    regeneration: drawRegeneration(prng),
    workload: prng.chance(1, 5) ? null : drawWorkload(prng),
    dirty: {
      workingSetPages: prng.below(size.bootPages + 1),
      pagesPerSec: prng.chance(1, 4) ? 0 : prng.below(1 << 16),
    },
    beyond: prng.chance(1, 2) ? PLAIN_RFC : drawBeyond(prng),
    dimms,
  };
}

/** One or two, of whole memory blocks, from the first block boundary above what is there at power-on. */
function drawDimms(prng: Prng, host: HostConfig, { bootPages, nrPages, memoryBlockPages }: GuestSize): DimmConfig[] {
  if (nrPages === bootPages) return [];
  const start = Math.ceil(bootPages / memoryBlockPages) * memoryBlockPages;
  const blocks = (nrPages - start) / memoryBlockPages;
  const middle = start + memoryBlockPages * prng.below(blocks);
  const cuts = middle > start ? [start, middle, nrPages] : [start, nrPages];
  const nids = host.nodes.map((n) => n.nid);
  return cuts.slice(1).map((end, i) => {
    const some = nids.filter(() => prng.chance(1, 2));
    return { start: cuts[i]!, end, hostNodes: some.length > 0 ? some : nids };
  });
}

const drawBeyond = (prng: Prng): BeyondConfig => ({
  topology: prng.chance(1, 2),
  activePass: prng.chance(1, 2)
    ? null
    : {
        pagesPerTick: 1 + prng.below(prng.chance(1, 2) ? 10 : 1000),
        order: (['oldest', 'youngest', 'address'] as const)[prng.below(3)]!,
      },
  consultTarget: prng.chance(1, 2),
  commitStepTicks: prng.chance(2, 3) ? 0 : prng.below(4),
  notify: prng.chance(1, 2),
  shrinkSlabs: prng.chance(1, 2),
  lookup: (['tree', 'runs', 'radix', 'table'] as const)[prng.below(4)]!,
});

function drawMm(prng: Prng, size: GuestSize, dimms: readonly DimmConfig[]): MmConfig {
  const { bootPages, nrPages, framePages } = size;
  const nrNodeIds = 1 + prng.below(5);
  const dma32 = 1024 * (1 + prng.below(3));
  // A hole that is a multiple of the frame leaves whole frames; any other is for guests of small pages.
  const holes = framePages === 1 && prng.chance(1, 4) ? drawDisjoint(prng, bootPages, 2) : [];
  const above = dimms.length > 0 && bootPages < nrPages ? [{ start: bootPages, end: nrPages }] : [];
  const apart = (r: PfnRange): boolean => holes.every((h) => h.end <= r.start || h.start >= r.end);
  const ids = Array.from({ length: nrNodeIds }, (_, i) => i);
  return {
    nrPages,
    holes: [...holes, ...above],
    reserved: prng.chance(1, 2) ? drawDisjoint(prng, bootPages, 2).filter(apart) : [],
    zoneStartPfn: [0, dma32, dma32 + 1024 * (1 + prng.below(2))],
    nrNodeIds,
    cpuNode: Array.from({ length: 1 + prng.below(3) }, () => prng.below(nrNodeIds)),
    distances: ids.map((a) => ids.map((b) => (a === b ? 10 : 20 + Math.abs(a - b)))),
    profile: drawProfile(prng, size),
    recordedFree: null,
    bootLayout: drawLayout(prng, nrPages, nrNodeIds, []),
  };
}

/** Half are correct. */
const drawProfile = (prng: Prng, { memoryBlockPages }: GuestSize): KernelProfile => ({
  ...DEFAULT_PROFILE,
  era: prng.chance(2, 3) ? '3.10' : '6.1',
  rfc: prng.chance(1, 2) ? CORRECT : prng.chance(1, 3) ? RFC_V3 : drawSwitches(prng),
  memoryBlockPages,
  backlog: prng.below(5) - 1,
});

/** One or two rules; `shares` and `strict` only where they are sure to fit, which is on the first node. */
function drawPlacement(prng: Prng, host: HostConfig, size: GuestSize): PlacementRule[] {
  const framePages = size.framePages;
  const middle = Math.floor(prng.below(size.bootPages) / framePages) * framePages;
  const cuts = middle > 0 && prng.chance(1, 2) ? [0, middle, size.bootPages] : [0, size.bootPages];
  const nids = host.nodes.filter((n) => n.totalPages > n.reservedPages).map((n) => n.nid);
  return cuts.slice(1).map((end, i) => {
    const start = cuts[i]!;
    const mode = (['strict', 'preferred', 'interleave'] as const)[prng.below(3)]!;
    const some = nids.filter((_, j) => j > 0 && prng.chance(1, 2));
    // The roomy first node last: small nodes fill up first.
    const nodes = mode === 'preferred' && some.length > 0 ? some : [...some, nids[0]!];
    return { start, end, mode, nodes, pages: [], scatter: false };
  });
}

const drawRegeneration = (prng: Prng): RegenerationConfig => ({
  enabled: prng.chance(3, 4),
  granularityPages: 1 << prng.below(10),
  delayTicks: prng.below(10),
});

const drawWorkload = (prng: Prng): WorkloadConfig => ({
  occupancyPermille: prng.below(1000),
  slabPermille: prng.chance(1, 2) ? 0 : prng.below(300),
  filePermille: prng.chance(1, 2) ? 0 : prng.below(1001),
  kernelPermille: prng.chance(1, 2) ? 0 : prng.below(500),
  hugePermille: prng.chance(1, 2) ? 0 : prng.below(1001),
  lifetime: prng.chance(1, 2)
    ? { law: 'exponential', meanTicks: 1 + prng.below(20) }
    : { law: 'lomax', alpha: 5 + prng.below(4), scaleTicks: 1 + prng.below(10) },
  start: prng.chance(1, 2) ? 'stationary' : 'fresh',
  warmupTicks: prng.below(20),
});

/* ---- commands ---- */

interface Drawn {
  readonly guests: readonly GuestConfig[];
  readonly hosts: readonly HostConfig[];
}

/** Up to 30 commands at random ticks, and, after some of them, the one that undoes it a few ticks later. */
function drawCommands(prng: Prng, world: Drawn, ticks: number): ScheduledCommand[] {
  const commands: ScheduledCommand[] = [];
  for (let left = prng.below(30); left > 0; left--) {
    const at = prng.below(ticks);
    const command = drawCommand(prng, world);
    commands.push({ at, command });
    const undo = undoOf(command);
    if (undo !== null && prng.chance(1, 2))
      commands.push({ at: Math.min(ticks - 1, at + prng.below(4)), command: undo });
  }
  return commands.sort((a, b) => a.at - b.at);
}

function undoOf(command: Command): Command | null {
  if (command.type === 'compact') return { type: 'cancelCompaction', vm: command.vm };
  if (command.type === 'migrate') return { type: 'cancelMigration', vm: command.vm };
  return command.type === 'holdPages' ? { ...command, type: 'releasePages' } : null;
}

/** The two that take their time are drawn twice as often: they must meet all the others under way. */
const COMMAND_TYPES: readonly CommandType[] = [
  'compact',
  'migrate',
  'compact',
  'cancelCompaction',
  'migrate',
  'cancelMigration',
  'commitLayout',
  'setWorkload',
  'setRegeneration',
  'holdPages',
  'releasePages',
  'writeFiles',
  'writeFiles',
  'writeFiles',
  'plugDimm',
  'setBeyond',
  'setDirty',
];

function drawCommand(prng: Prng, world: Drawn): Command {
  const guest = world.guests[prng.below(world.guests.length)]!;
  const vm = prng.chance(1, 15) ? 'nobody' : guest.name;
  const type = COMMAND_TYPES[prng.below(COMMAND_TYPES.length)]!;
  switch (type) {
    case 'compact':
      return { type, vm, nodes: drawNodes(prng, world), framesPerTick: drawFramesPerTick(prng, guest) };
    case 'migrate':
      return drawMigrate(prng, world, guest, vm);
    case 'commitLayout':
      return { type, vm, ranges: drawRanges(prng, guest) };
    case 'setWorkload':
      return { type, vm, workload: prng.chance(1, 5) ? null : drawWorkload(prng) };
    case 'setRegeneration':
      return { type, vm, regeneration: drawRegeneration(prng) };
    case 'holdPages':
    case 'releasePages':
      return { type, vm, ...drawBlock(prng, guest) };
    case 'writeFiles':
      return drawWrites(prng, guest, vm);
    case 'plugDimm':
      return { type, vm, dimm: prng.below(guest.dimms.length + (prng.chance(1, 4) ? 1 : 0)) };
    case 'setBeyond':
      return { type, vm, beyond: prng.chance(1, 4) ? PLAIN_RFC : drawBeyond(prng) };
    case 'setDirty':
      return { type, vm, dirty: { workingSetPages: prng.below(guest.mm.nrPages), pagesPerSec: prng.below(5000) } };
    default:
      return { type, vm };
  }
}

const MEMLAYOUT = '/sys/kernel/debug/memlayout';
const PAGECTL = '/sys/kernel/debug/pagectl';

/** What a line of dnuma-test or pagectl writes, whole or in part, and some writes that no line should make. */
function drawWrites(prng: Prng, guest: GuestConfig, vm: string): Command {
  const kind = prng.below(6);
  const writes =
    kind < 3 ? drawLayoutWrites(prng, guest) : kind < 5 ? drawPageWrites(prng, guest) : drawOddWrites(prng, guest);
  return { type: 'writeFiles', vm, line: 'drawn', writes };
}

/** Ends are inclusive at this door. Now and then a write is missing, so that a later line finds what it left. */
function drawLayoutWrites(prng: Prng, guest: GuestConfig): FileWrite[] {
  const write = (name: string, value: number, hex: boolean): FileWrite => ({
    path: `${MEMLAYOUT}/${name}`,
    text: `${hex ? `0x${Math.max(0, value).toString(16)}` : value}\n`,
  });
  const ranges = drawRanges(prng, guest).flatMap(({ start, end, nid }) => [
    write('start', start, prng.chance(1, 2)),
    write('end', end - 1, true),
    write('node', nid, false),
  ]);
  const whole = [...(prng.chance(1, 2) ? [write('clear', 1, false)] : []), ...ranges, write('commit', 1, false)];
  return prng.chance(2, 3) ? whole : whole.filter(() => prng.chance(4, 5));
}

function drawPageWrites(prng: Prng, guest: GuestConfig): FileWrite[] {
  return Array.from({ length: 1 + prng.below(4) }, () => {
    const { pfn, order } = drawBlock(prng, guest);
    const name = (['alloc', 'free', 'pcp'] as const)[prng.below(3)]!;
    return { path: `${PAGECTL}/${name}`, text: `${pfn} ${name === 'pcp' ? 0 : order}\n` };
  });
}

/** A staged layout without a range: the posted code dereferences its first one. */
const emptyCommit: readonly FileWrite[] = [
  ['clear', '1'],
  ['start', '5'],
  ['end', '1'],
  ['node', '0'],
  ['commit', '1'],
].map(([name, value]) => ({ path: `${MEMLAYOUT}/${name}`, text: `${value}\n` }));

function drawOddWrites(prng: Prng, { mm }: GuestConfig): readonly FileWrite[] {
  if (prng.chance(1, 3)) return emptyCommit;
  const block = prng.below(Math.ceil(mm.nrPages / mm.profile.memoryBlockPages) + 1);
  const odd: FileWrite[] = [
    {
      path: '/sys/devices/system/memory/probe',
      text: `0x${(block * mm.profile.memoryBlockPages * 4096).toString(16)}\n`,
    },
    { path: '/sys/devices/system/memory/probe', text: '1\n' },
    { path: `${MEMLAYOUT}/moved-pages`, text: '0\n' },
    { path: `${MEMLAYOUT}/node`, text: 'junk\n' },
    { path: `${MEMLAYOUT}/start`, text: '0xffffffffffffffff\n' },
    { path: `${MEMLAYOUT}/current/nothing`, text: '' },
    { path: '/proc/meminfo', text: 'x' },
    { path: '/no/such/file', text: 'x' },
    { path: 'sys', text: 'x' },
  ];
  return odd.filter(() => prng.chance(1, 3));
}

/** A compaction of everything takes one tick to some tens; now and then no frames at all. */
function drawFramesPerTick(prng: Prng, guest: GuestConfig): number {
  const frames = Math.ceil(guest.mm.nrPages / guest.framePages);
  return prng.chance(1, 12) ? 0 : Math.max(1, frames >> prng.below(6));
}

function drawMigrate(prng: Prng, world: Drawn, guest: GuestConfig, vm: string): Command {
  const others = world.hosts.filter((h) => h.name !== guest.host);
  const hosts = others.length > 0 && prng.chance(3, 4) ? others : world.hosts;
  return {
    type: 'migrate',
    vm,
    toHost: prng.chance(1, 12) ? 'nowhere' : hosts[prng.below(hosts.length)]!.name,
    nodes: drawNodes(prng, world),
    downtimeLimitMs: prng.chance(1, 4) ? 0 : prng.below(2000),
    maxBytesPerSec: prng.chance(3, 4) ? 0 : (1 << 28) + prng.below(1 << 28),
    maxRounds: prng.below(8),
  };
}

/** Null, some nodes of some host (not always the right one), or ids that do not exist. */
function drawNodes(prng: Prng, world: Drawn): number[] | null {
  if (prng.chance(1, 2)) return null;
  if (prng.chance(1, 8)) return [prng.below(300) - 20];
  const host = world.hosts[prng.below(world.hosts.length)]!;
  return host.nodes.filter(() => prng.chance(1, 2)).map((n) => n.nid);
}

const drawRanges = (prng: Prng, guest: GuestConfig): LayoutRange[] =>
  prng.chance(1, 3) ? drawBadLayout(prng, guest.mm) : drawLayout(prng, guest.mm.nrPages, guest.mm.nrNodeIds, []);

/** Mostly an aligned block inside the guest; sometimes of a huge order, misaligned, or far outside. */
function drawBlock(prng: Prng, guest: GuestConfig): { pfn: number; order: number } {
  const order = prng.chance(1, 10) ? [11, 31, 32, 64, -1][prng.below(5)]! : prng.below(prng.chance(2, 3) ? 3 : 11);
  const pfn = prng.below(guest.mm.nrPages);
  if (prng.chance(1, 10)) return { pfn: [-1, guest.mm.nrPages, 2 ** 32, 2 ** 40][prng.below(4)]!, order };
  const aligned = order >= 0 && order <= 10 && prng.chance(5, 6) ? pfn - (pfn % 2 ** order) : pfn;
  return { pfn: aligned, order };
}
