/**
 * Forecasts: what a command submitted now would do, without changing the world. A forecast is exact where the future
 * is determined: nothing else uses the VM's host and link, and no other layout is committed in the guest. Only the
 * split of pages into free and in use is that of the present, as what the workload does until the layout is delivered
 * is known only by running it.
 */
import type {
  CompactForecast,
  Forecast,
  GuestOutlook,
  MigrateForecast,
  NodeForecast,
} from '../../shared/model/forecast.ts';
import type { Command } from '../../shared/model/command.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import type { Backing, Host } from './fleet/index.ts';
import { figuresOf } from './fleet/index.ts';
import type { CompactionForecast, MigrationForecast, Planned, Transfers } from './transfer/index.ts';
import { sentBytes } from './transfer/index.ts';
import { checkCommand, type CommandPlace, effectOf } from './world-command.ts';
import { type BackingChanges, type Guest, truthOf } from './vm/index.ts';

/** What a forecast is made from. */
export interface ForecastParts {
  readonly config: WorldConfig;
  readonly tick: number;
  readonly transfers: Transfers;
  readonly guests: readonly Guest[];
}

export function forecastOf(world: ForecastParts, command: Command, place: CommandPlace): Forecast {
  const { index } = place;
  switch (command.type) {
    case 'compact':
      return forecastCompaction(
        world,
        index,
        command.vm,
        world.transfers.forecastCompaction(index, command.nodes, command.framesPerTick),
      );
    case 'migrate':
      return forecastMigration(world, index, command, world.transfers.forecastMigration(index, command));
    default: {
      const rejection = checkCommand(place, command);
      const effect = rejection === null ? effectOf(place, command) : null;
      return { type: 'other', vm: command.vm, rejection, effect };
    }
  }
}

/** Of a VM that does not exist. */
export function forecastOfNobody(command: Command, rejection: Rejection): Forecast {
  const base = { vm: command.vm, rejection };
  const move = { ...base, ...STAYS, nodes: [], hostNodes: [], guestNodes: null, freePages: null, usedPages: null };
  if (command.type === 'compact') return { ...move, type: 'compact', leftPages: 0 };
  if (command.type === 'migrate') return { ...move, type: 'migrate', toHost: command.toHost, ...NOTHING_SENT };
  return { ...base, type: 'other', effect: null };
}

const STAYS = { moveFrames: 0, movePages: 0, ms: 0 } as const;
const NOTHING_SENT = {
  bytesPerSec: 0,
  rounds: [],
  sentBytes: 0,
  downtimeMs: null,
  converges: false,
  dirtyKnown: true,
  leastLimitMs: null,
} as const;

function forecastCompaction(
  world: ForecastParts,
  index: number,
  vm: string,
  { plan, rejection }: Planned<CompactionForecast>,
): CompactForecast {
  if (plan === null) return { type: 'compact', leftPages: 0, ...rejectedMove(world, index, rejection) };
  const { config, tick, transfers } = world;
  const { moveFrames, movePages, leftPages, ticks } = plan;
  const { backing, host } = transfers.fleet.guest(index);
  const outlook = outlookOf(world, index, {
    from: tick,
    ticks,
    at: (t) => plan.backingAfter(t - tick + 1),
    hostNodes: [...backing.hostNodes(), ...plan.nodes.map((hostNid) => ({ host, hostNid }))],
  });
  const figures = { nodes: ascending(plan.nodes), moveFrames, movePages, leftPages, ms: ticks * config.tickMs };
  return {
    type: 'compact',
    vm,
    rejection: null,
    ...figures,
    hostNodes: plan.hosts.flatMap((h) => nodeForecasts(h.before, h.after, backing, plan.backing)),
    ...outlook,
  };
}

function forecastMigration(
  world: ForecastParts,
  index: number,
  command: Extract<Command, { type: 'migrate' }>,
  { plan, rejection }: Planned<MigrationForecast>,
): MigrateForecast {
  const { vm, toHost } = command;
  if (plan === null) return { type: 'migrate', toHost, ...NOTHING_SENT, ...rejectedMove(world, index, rejection) };
  const { config, tick, transfers } = world;
  const { bytesPerSec, downtimeMs, precopy, converges, dirtyKnown } = plan;
  const completed = tick + Math.max(0, Math.ceil(plan.totalMs / config.tickMs - 1e-9) - 1);
  const before = transfers.fleet.guest(index).backing;
  const outlook = outlookOf(world, index, {
    from: completed,
    ticks: converges ? 1 : 0,
    at: (t) => (t < completed ? before : plan.backing),
    hostNodes: plan.backing.hostNodes(),
  });
  const figures = {
    toHost,
    nodes: ascending(plan.nodes),
    moveFrames: converges ? plan.frames : 0,
    movePages: converges ? plan.pages : 0,
    ms: plan.totalMs,
    bytesPerSec,
    rounds: precopy.rounds.map(({ bytesToSend, dirtyBytes }) => ({
      bytesToSend,
      ms: (bytesToSend / bytesPerSec) * 1000,
      dirtyBytes: dirtyBytes ?? 0,
    })),
    sentBytes: Math.round(sentBytes(precopy)),
    downtimeMs,
    converges,
    dirtyKnown,
    leastLimitMs: precopy.leastLimitMs,
  };
  return {
    type: 'migrate',
    vm,
    rejection: null,
    ...figures,
    hostNodes: plan.hosts.flatMap((h) => nodeForecasts(h.before, h.after, before, plan.backing)),
    ...outlook,
  };
}

/** What the guest would see once the layout is delivered. */
function outlookOf({ transfers, guests, tick }: ForecastParts, index: number, changes: BackingChanges): GuestOutlook {
  const guest = guests[index]!;
  const ranges = guest.forecastLayout(truthOf(transfers.fleet, index), changes, tick);
  if (ranges === null) return { guestNodes: null, freePages: null, usedPages: null };
  const { presentPages, freePages, usedPages } = guest.memory.forecastCommit(ranges);
  return { guestNodes: guestNodes(guest, presentPages), freePages, usedPages };
}

/** Nodes that are online or would be. */
function guestNodes(guest: Guest, presentPages: readonly number[]): NonNullable<GuestOutlook['guestNodes']> {
  const { state: mm } = guest.memory;
  return presentPages.flatMap((sizeAfter, nid) => {
    const sizeBefore = guest.memory.presentPages(nid);
    return mm.online[nid] === 1 || sizeAfter > 0 ? [{ nid, sizeBefore, sizeAfter }] : [];
  });
}

/** All figures as they are. */
function rejectedMove({ transfers, guests }: ForecastParts, index: number, rejection: Rejection) {
  const guest = guests[index]!;
  const { backing } = transfers.fleet.guest(index);
  const host = transfers.fleet.hostOf(index);
  const told = guest.isTold;
  const sizes = Array.from({ length: guest.config.mm.nrNodeIds }, (_, nid) => guest.memory.presentPages(nid));
  return {
    vm: guest.config.name,
    rejection,
    ...STAYS,
    nodes: ascending([...backing.pagesByNode(host.index).keys()]),
    hostNodes: nodeForecasts(host, host, backing, backing),
    guestNodes: told ? guestNodes(guest, sizes) : null,
    freePages: told ? 0 : null,
    usedPages: told ? 0 : null,
  };
}

/** The nodes of a host that have memory. */
function nodeForecasts(before: Host, after: Host, was: Backing, willBe: Backing): NodeForecast[] {
  const [vmBefore, vmAfter] = [was.pagesByNode(before.index), willBe.pagesByNode(before.index)];
  return before.nodes
    .filter(({ frames }) => frames.totalPages > 0)
    .map((node) => ({ node, now: figuresOf(node), then: figuresOf(after.nodes[after.position(node.nid)]!) }))
    .map(({ node: { nid }, now, then }) => ({
      host: before.name,
      nid,
      freeBefore: now.freePages,
      freeAfter: then.freePages,
      poolFreeBefore: now.poolFreePages,
      poolFreeAfter: then.poolFreePages,
      vmBefore: vmBefore.get(nid) ?? 0,
      vmAfter: vmAfter.get(nid) ?? 0,
    }));
}

const ascending = (nids: readonly number[]): number[] => [...nids].sort((a, b) => a - b);
