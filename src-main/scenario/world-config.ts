/**
 * A valid scenario as the engine's configuration: pages, ticks, numbers; every default decided. Times are rounded up to
 * a tick (nothing happens before it was asked for), except lifetimes, which stay fractions of ticks.
 */
import type { PfnRange } from '../../shared/units/index.ts';
import { bytesFromMib, PAGE_SIZE_KIB, pagesFromMib, poolPages, wholePagesFromKib } from '../../shared/units/index.ts';
import { homesOf, mayRunOn } from './homes.ts';
import type {
  GuestConfig,
  HostConfig,
  HostNodeConfig,
  HugePagePool,
  KernelProfile,
  LayoutRange,
  LinkConfig,
  MmConfig,
  PlacementRule,
} from '../../shared/model/config.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import {
  beyondConfig,
  dirtyConfig,
  regenerationConfig,
  ticksFromMs,
  workloadConfig,
} from '../../shared/schema/convert.ts';
import type { CommandPlace, ScenarioCommand } from '../../shared/schema/command.ts';
import { engineCommand } from '../../shared/schema/command.ts';
import { ALL_DEFECTS, CORRECT, RFC_V3 } from '../../shared/model/config.ts';
import {
  bootLayoutOf,
  cpuNodeOf,
  dimmSlotsOf,
  distanceMatrix,
  framePagesOf,
  holesOf,
  hugePagesOf,
  nrNodeIdsOf,
  nrPagesOf,
  piecesBy,
  reservedOf,
} from './guest-map.ts';
import type { FitGuest } from './fit.ts';
import { cutAtPages } from './huge-cut.ts';
import { idsOf } from './id-list.ts';
import { measuredRules } from './measured-placement.ts';
import { byStart } from './pfn-range.ts';
import { pagesOf } from './quantity.ts';
import type { Scenario, ScenarioHost, ScenarioLink, ScenarioPlacement, ScenarioProfile, ScenarioVm } from './schema.ts';

/** @param scenario one that readScenario or validateScenario found without errors. */
export function toWorldConfig(scenario: Scenario): WorldConfig {
  const hosts = scenario.hosts.map(hostConfig);
  const hostByName = new Map(hosts.map((host) => [host.name, host]));
  const vmByName = new Map(scenario.vms.map((vm) => [vm.name, vm]));
  return {
    seed: scenario.seed,
    tickMs: scenario.tickMs,
    hosts,
    links: scenario.links.map(linkConfig),
    guests: scenario.vms.map((vm) => guestConfig(vm, hostByName.get(vm.host)!, scenario.tickMs)),
    schedule: scenario.commands
      .map((c) => ({
        at: tickOf(c, scenario.tickMs),
        command: engineCommand(c, commandPlace(vmByName.get(c.vm)!, scenario.tickMs)),
      }))
      .sort((a, b) => a.at - b.at),
  };
}

/** The tick at whose start a command is applied. */
export const tickOf = (command: ScenarioCommand, tickMs: number): number =>
  command.at ?? ticksFromMs(command.atMs ?? 0, tickMs);

export function hostConfig(host: ScenarioHost): HostConfig {
  const nodes = [...host.nodes].sort((a, b) => a.nid - b.nid);
  return {
    name: host.name,
    nodes: nodes.map((node) => ({
      nid: node.nid,
      cpus: idsOf(node.cpus),
      totalPages: pagesOf(node),
      reservedPages: pagesFromMib(node.reservedMiB),
      ...poolsOf(node),
    })),
    distances: distanceMatrix(
      nodes.map((node) => node.nid),
      host.distances,
    ),
  };
}

/**
 * Of huge pages alone: some files list the ordinary ones beside them. Pools that cannot be, because their node has not the
 * room beside what is reserved, are left out; validate.ts has warned of them.
 */
function poolsOf(node: ScenarioHost['nodes'][number]): { readonly pools?: readonly HugePagePool[] } {
  if (node.hugepages === undefined) return {};
  const bySize = new Map<number, HugePagePool>();
  for (const { sizeKiB, count, reserved = 0 } of node.hugepages) {
    if (sizeKiB <= PAGE_SIZE_KIB) continue;
    const framePages = wholePagesFromKib(sizeKiB);
    // A size that is listed twice is one pool.
    const { frames = 0, reservedFrames = 0 } = bySize.get(framePages) ?? {};
    const held = reservedFrames + Math.min(reserved, count);
    bySize.set(framePages, { framePages, frames: frames + count, ...(held === 0 ? {} : { reservedFrames: held }) });
  }
  const pools = [...bySize.values()];
  return poolPages(pools) + pagesFromMib(node.reservedMiB) > pagesOf(node) ? {} : { pools };
}

const linkConfig = (link: ScenarioLink): LinkConfig => ({
  name: link.name,
  hosts: link.hosts,
  bytesPerSec: Math.round(bytesFromMib(link.bandwidthMiBps)),
});

function guestConfig(vm: ScenarioVm, host: HostConfig, tickMs: number): GuestConfig {
  return {
    name: vm.name,
    host: vm.host,
    mm: mmConfig(vm),
    framePages: framePagesOf(vm),
    ...hugePages(vm),
    placement: placementRules(vm, host),
    regeneration: regenerationConfig(vm.regeneration, tickMs),
    workload: vm.workload === null ? null : workloadConfig(vm.workload, tickMs),
    dirty: dirtyConfig(vm.dirty),
    beyond: beyondConfig(vm.beyond, tickMs),
    dimms: dimmSlotsOf(vm).map((slot, i) => ({
      ...slot,
      hostNodes: vm.dimms[i]!.hostNodes ?? placedOn(vm, vm.placement, host),
    })),
    ...homesOf(vm),
  };
}

function hugePages(vm: ScenarioVm): Pick<GuestConfig, 'hugePages'> {
  const ranges = hugePagesOf(vm);
  return ranges.length === 0 ? {} : { hugePages: ranges };
}

function mmConfig(vm: ScenarioVm): MmConfig {
  const nrNodeIds = nrNodeIdsOf(vm);
  const nids = Array.from({ length: nrNodeIds }, (_, nid) => nid);
  return {
    nrPages: nrPagesOf(vm),
    holes: holesOf(vm).map(plainRange),
    reserved: reservedOf(vm).map(plainRange),
    zoneStartPfn: [0, pagesFromMib(vm.zones.dmaEndMiB), pagesFromMib(vm.zones.dma32EndMiB)],
    nrNodeIds,
    cpuNode: cpuNodeOf(vm),
    distances: distanceMatrix(nids, vm.distances),
    bootLayout: bootLayoutOf(vm).map(plainLayoutRange),
    profile: profileConfig(vm.profile),
    ...(vm.freedLate === undefined || vm.freedLate.length === 0
      ? {}
      : { freedLate: [...vm.freedLate].sort(byStart).map(plainRange) }),
    recordedFree: vm.recordedFree?.map(({ nid, zone, blocks }) => ({ nid, zone: ZONES.indexOf(zone), blocks })) ?? null,
  };
}

const ZONES = ['DMA', 'DMA32', 'Normal'] as const;
const SWITCH_SETS = { correct: CORRECT, 'rfc-v3': RFC_V3, 'all-defects': ALL_DEFECTS } as const;

const profileConfig = (p: ScenarioProfile): KernelProfile => ({
  era: p.era,
  rfc: typeof p.rfc === 'string' ? SWITCH_SETS[p.rfc] : p.rfc,
  memoryBlockPages: pagesFromMib(p.memoryBlockMiB),
  extraNrNodeIdsPercent: p.extraNrNodeIdsPercent,
  backlog: p.backlog,
});

const plainRange = (r: PfnRange): PfnRange => ({ start: r.start, end: r.end });
const plainLayoutRange = (r: LayoutRange): LayoutRange => ({ start: r.start, end: r.end, nid: r.nid });

/** What of a VM decides whether it fits. */
export const fitGuest = (vm: ScenarioVm, host: HostConfig): FitGuest => ({
  framePages: framePagesOf(vm),
  hugePages: hugePagesOf(vm),
  holes: holesOf(vm),
  placement: placementRules(vm, host),
});

/**
 * One rule for the whole guest, or, where single cells are bound, one for each run of cells with the same rule. A running VM that was measured lies where it was (measured-placement.ts).
 */
function placementRules(vm: ScenarioVm, host: HostConfig): PlacementRule[] {
  const measured = measuredRules(vm, host);
  if (measured !== null) return measured;
  const hugePages = hugePagesOf(vm);
  if (vm.memnodes.length === 0 && hugePages.length === 0)
    return [placementRule(vm, { start: 0, end: nrPagesOf(vm) }, vm.placement, host)];
  // cgroups place as a strict policy does; they differ in what may be moved later.
  const bound = new Map(
    vm.memnodes.map(({ cell, mode, nodes }) => [cell, { mode: mode === 'restrictive' ? 'strict' : mode, nodes }]),
  );
  const pieces = piecesBy<ScenarioPlacement>(vm, (nid) => bound.get(nid) ?? vm.placement);
  return pieces.flatMap((piece) =>
    cutAtPages(piece, hugePages).map(({ start, end, framePages }) =>
      placementRule(vm, { start, end }, piece.value, host, framePages),
    ),
  );
}

/** Host nodes that a placement gives frames from, in that order. */
function placedOn(vm: ScenarioVm, policy: ScenarioPlacement, host: HostConfig): readonly number[] {
  if (policy.mode === 'shares') return [...new Set(policy.shares.map((share) => share.node))];
  if (policy.mode !== 'spread') return policy.nodes;
  const withRoom = host.nodes.filter((node) => node.totalPages > node.reservedPages);
  // Memory without CPUs (CXL, HBM, GPUs) is used when it is named, and not by chance.
  const withCpus = withRoom.filter((node) => node.cpus.length > 0);
  const nearCpus = withCpus.filter(mayRunOn(vm));
  const chosen = nearCpus.length > 0 ? nearCpus : withCpus.length > 0 ? withCpus : withRoom;
  return chosen.map((node) => node.nid);
}

/**
 * Nodes that pages of a pool are taken from where nothing binds them: of those that have some those with CPUs that the vCPUs may
 * use, then others with CPUs, then the rest; of equals the largest pool first. All nodes where no pools are known.
 */
function pooledOn(vm: ScenarioVm, framePages: number, host: HostConfig): readonly number[] {
  const mayRun = mayRunOn(vm);
  const rank = (node: HostNodeConfig): number => (node.cpus.length === 0 ? 2 : mayRun(node) ? 0 : 1);
  const nodes = host.nodes.flatMap((node) => {
    const pool = node.pools?.find((each) => each.framePages === framePages);
    const frames = node.pools === undefined ? Infinity : (pool?.frames ?? 0) - (pool?.reservedFrames ?? 0);
    return frames > 0 && node.totalPages > 0 ? [{ nid: node.nid, rank: rank(node), frames }] : [];
  });
  nodes.sort((a, b) => a.rank - b.rank || (a.frames === b.frames ? a.nid - b.nid : b.frames - a.frames));
  return nodes.length > 0 ? nodes.map(({ nid }) => nid) : placedOn(vm, { mode: 'spread' }, host);
}

function placementRule(
  vm: ScenarioVm,
  range: PfnRange,
  policy: ScenarioPlacement,
  host: HostConfig,
  poolPageSize: number | null = null,
): PlacementRule {
  const rule = { start: range.start, end: range.end, pages: [], scatter: false };
  switch (policy.mode) {
    case 'spread': {
      if (poolPageSize !== null) return { ...rule, mode: 'strict', nodes: pooledOn(vm, poolPageSize, host) };
      return { ...rule, mode: 'interleave', nodes: placedOn(vm, policy, host) };
    }
    case 'shares':
      return {
        ...rule,
        mode: 'shares',
        nodes: policy.shares.map((share) => share.node),
        pages: policy.shares.map(pagesOf),
        scatter: policy.scatter,
      };
    default:
      return { ...rule, mode: policy.mode, nodes: policy.nodes };
  }
}

/** What the conversion of a command must know of its VM. */
export const commandPlace = (vm: ScenarioVm, tickMs: number): CommandPlace => ({
  tickMs,
  nrPages: nrPagesOf(vm),
  framePages: framePagesOf(vm),
});
