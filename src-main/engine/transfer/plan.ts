/**
 * Plans a compaction or migration before anything is done: the one place that decides whether it may begin, on which
 * nodes and over which links. A command carries a plan out; a forecast only reads it. Nothing here changes state.
 */
import type { Command } from '../../../shared/model/command.ts';
import type { Rejection } from '../../../shared/model/rejection.ts';
import {
  bestNodes,
  bestUnbound,
  type DealStep,
  evenlyFor,
  type Fleet,
  type FleetGuest,
  type Host,
} from '../fleet/index.ts';
import { Compaction } from './compaction.ts';
import type { Migration } from './migration.ts';
import type { Network, Path } from './network.ts';

export type MigrateOptions = Omit<Extract<Command, { type: 'migrate' }>, 'type' | 'vm'>;

/** What a plan is made from. */
export interface PlanParts {
  readonly fleet: Fleet;
  readonly network: Network;
  /** What is under way for a guest. */
  of(guest: number): Compaction | Migration | null;
}

export interface CompactionPlan {
  /** In the order in which they are filled, no node twice. */
  readonly nodes: readonly number[];
}

export interface MigrationPlan {
  readonly from: Host;
  readonly to: Host;
  readonly path: Path;
  readonly nodes: readonly number[];
  /** How the frames of the whole guest are dealt to the nodes. */
  readonly steps: readonly DealStep[];
}

/** Exactly one of the two. */
export type Planned<Plan> =
  { readonly plan: Plan; readonly rejection: null } | { readonly plan: null; readonly rejection: Rejection };

/** Nodes null: the best set by fleet/node-choice.ts, ascending. */
export function planCompaction(
  parts: PlanParts,
  guest: number,
  nodes: readonly number[] | null,
  framesPerTick: number,
): Planned<CompactionPlan> {
  const { fleet } = parts;
  const rejection =
    whyBusy(parts, guest) ?? whyNotNodes(fleet.hostOf(guest), nodes) ?? whyBound(fleet.guest(guest), nodes);
  if (rejection !== null) return { plan: null, rejection };
  if (!Number.isInteger(framesPerTick) || framesPerTick < 1) {
    return rejected({ slug: 'compact-frames-per-tick', framesPerTick });
  }
  const { host } = fleet.guest(guest);
  return { plan: { nodes: nodes === null ? bestNodes(fleet, guest, host) : distinct(nodes) }, rejection: null };
}

/** Nodes null: the best set by fleet/node-choice.ts, ascending. */
export function planMigration(parts: PlanParts, guest: number, options: MigrateOptions): Planned<MigrationPlan> {
  const { fleet, network } = parts;
  const rejection = whyBusy(parts, guest) ?? whyNotOptions(options);
  if (rejection !== null) return { plan: null, rejection };
  const { name, memory } = fleet.guest(guest);
  const from = fleet.hostOf(guest);
  const to = fleet.hosts.find((h) => h.name === options.toHost);
  if (to === undefined) return rejected({ slug: 'migrate-host-unknown', toHost: options.toHost });
  if (to === from) return rejected({ slug: 'migrate-same-host', vm: name, host: to.name });
  const path = network.path(from.name, to.name);
  if (path === null) return rejected({ slug: 'migrate-no-link', fromHost: from.name, toHost: to.name });
  const nodesRejection = whyNotNodes(to, options.nodes) ?? whyNotThere(fleet, guest, to, options.nodes);
  if (nodesRejection !== null) return { plan: null, rejection: nodesRejection };
  const nodes = options.nodes === null ? bestNodes(fleet, guest, to.index) : distinct(options.nodes);
  const { steps, shortPages } = evenlyFor(to, nodes, memory.areas);
  if (shortPages > 0) {
    const asked = options.nodes === null ? null : nodes;
    return rejected({ slug: 'migrate-no-room', vm: name, toHost: to.name, nodes: asked, shortPages });
  }
  return { plan: { from, to, path, nodes, steps }, rejection: null };
}

function whyBusy(parts: PlanParts, guest: number): Rejection | null {
  const { name } = parts.fleet.guest(guest);
  const underWay = parts.of(guest);
  if (underWay === null) return null;
  return { slug: underWay instanceof Compaction ? 'vm-compacting' : 'vm-migrating', vm: name };
}

function whyNotNodes(host: Host, nodes: readonly number[] | null): Rejection | null {
  if (nodes === null) return null;
  if (nodes.length === 0) return { slug: 'nodes-empty' };
  for (const nid of nodes) {
    const node = host.node(nid);
    if (node === undefined) return { slug: 'node-unknown', host: host.name, nid };
    if (node.frames.totalPages === 0) return { slug: 'node-no-memory', host: host.name, nid };
  }
  return null;
}

/** A binding holds for as long as the guest runs, on the host that it is on. */
function whyBound({ name, homes }: FleetGuest, nodes: readonly number[] | null): Rejection | null {
  const { allowed } = homes;
  if (allowed === null) return null;
  if (allowed.length === 0) return { slug: 'bound-apart', vm: name };
  const outside = (nodes ?? []).filter((nid) => !allowed.includes(nid));
  return outside.length === 0 ? null : { slug: 'bound-elsewhere', vm: name, nodes: outside, bound: allowed };
}

/** libvirt refuses a domain on a host without the nodes that it is bound to; nodes that are asked for remap it. */
function whyNotThere(fleet: Fleet, guest: number, to: Host, nodes: readonly number[] | null): Rejection | null {
  const { name, homes } = fleet.guest(guest);
  if (nodes !== null) return null;
  const missing = homes.named.filter((nid) => to.node(nid) === undefined);
  if (missing.length > 0) {
    const has = to.nodes.filter(({ frames }) => frames.totalPages > 0).map(({ nid }) => nid);
    const { nodes: best, fits } = bestUnbound(fleet, guest, to.index);
    const fitsOn = fits ? best : null;
    return { slug: 'bound-node-missing', vm: name, toHost: to.name, nodes: missing, has, fitsOn };
  }
  return homes.allowed?.length === 0 ? { slug: 'bound-apart', vm: name } : null;
}

function whyNotOptions({ downtimeLimitMs, maxBytesPerSec, maxRounds }: MigrateOptions): Rejection | null {
  if (!(downtimeLimitMs >= 0)) return { slug: 'migrate-downtime-limit' };
  if (!(maxBytesPerSec >= 0)) return { slug: 'migrate-bandwidth' };
  if (!(maxRounds >= 1)) return { slug: 'migrate-rounds' };
  return null;
}

const distinct = (nodes: readonly number[]): number[] => [...new Set(nodes)];

const rejected = (rejection: Rejection): { readonly plan: null; readonly rejection: Rejection } => ({
  plan: null,
  rejection,
});
