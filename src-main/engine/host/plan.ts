/**
 * What a compaction or migration would do, worked out before anything is done: the one place that says whether it may
 * begin, on which nodes, over which link. The commands carry a plan out; a forecast only looks at it. Nothing here
 * changes the state.
 */
import type { Command } from '../../../shared/model/command.ts';
import type { Rejection } from '../../../shared/model/rejection.ts';
import { assert } from '../core/index.ts';
import type { DealStep } from './deal.ts';
import { evenly } from './deal.ts';
import type { Host } from './host.ts';
import type { HostState } from './host-state.ts';
import { linkBetween } from './link.ts';
import { underWay } from './migration.ts';
import { chooseNodes } from './node-choice.ts';

export type MigrateOptions = Omit<Extract<Command, { type: 'migrate' }>, 'type' | 'vm'>;

export interface CompactionPlan {
  /** In the order in which they are filled, no node twice. */
  readonly nodes: readonly number[];
}

export interface MigrationPlan {
  readonly from: Host;
  readonly to: Host;
  /** Index into the links. */
  readonly link: number;
  readonly nodes: readonly number[];
  /** How the frames of the whole guest are dealt to the nodes. */
  readonly steps: readonly DealStep[];
}

/** Exactly one of the two. */
export type Planned<Plan> =
  { readonly plan: Plan; readonly rejection: null } | { readonly plan: null; readonly rejection: Rejection };

/** Nodes null: the best set by node-choice.ts, ascending. */
export function planCompaction(
  state: HostState,
  guest: number,
  nodes: readonly number[] | null,
  framesPerTick: number,
): Planned<CompactionPlan> {
  const rejection = whyBusy(state, guest) ?? whyNotNodes(state, state.guests[guest]!.backing.host, nodes);
  if (rejection !== null) return { plan: null, rejection };
  if (!Number.isInteger(framesPerTick) || framesPerTick < 1) {
    return rejected({ slug: 'compact-frames-per-tick', framesPerTick });
  }
  const { backing } = state.guests[guest]!;
  return { plan: { nodes: nodes === null ? bestNodes(state, guest, backing.host) : distinct(nodes) }, rejection: null };
}

/** Nodes null: the best set by node-choice.ts, ascending. */
export function planMigration(state: HostState, guest: number, options: MigrateOptions): Planned<MigrationPlan> {
  const { config, hosts } = state;
  const rejection = whyBusy(state, guest) ?? whyNotOptions(options);
  if (rejection !== null) return { plan: null, rejection };
  const { name, memory, backing } = state.guests[guest]!;
  const from = hosts[backing.host]!;
  const to = hosts.find((h) => h.name === options.toHost);
  if (to === undefined) return rejected({ slug: 'migrate-host-unknown', toHost: options.toHost });
  if (to === from) return rejected({ slug: 'migrate-same-host', vm: name, host: to.name });
  const link = linkBetween(config.links, from.name, to.name);
  if (link < 0) return rejected({ slug: 'migrate-no-link', fromHost: from.name, toHost: to.name });
  const nodesRejection = whyNotNodes(state, to.index, options.nodes);
  if (nodesRejection !== null) return { plan: null, rejection: nodesRejection };
  const nodes = options.nodes === null ? bestNodes(state, guest, to.index) : distinct(options.nodes);
  const steps = evenly(to, nodes, memory.frames, memory.grain);
  const short = memory.frames - steps.reduce((sum, s) => sum + s.frames, 0);
  if (short > 0) {
    const shortPages = short * memory.grain;
    const asked = options.nodes === null ? null : nodes;
    return rejected({ slug: 'migrate-no-room', vm: name, toHost: to.name, nodes: asked, shortPages });
  }
  return { plan: { from, to, link, nodes, steps }, rejection: null };
}

function whyBusy({ guests, compactions, migrations }: HostState, guest: number): Rejection | null {
  const name = guests[guest]?.name;
  assert(name !== undefined, 'guest-unknown', { guest });
  if (compactions.some((c) => c.guest === guest && c.phase === 'running')) {
    return { slug: 'vm-compacting', vm: name };
  }
  if (migrations.some((m) => m.guest === guest && underWay(m))) {
    return { slug: 'vm-migrating', vm: name };
  }
  return null;
}

function whyNotNodes(state: HostState, hostIndex: number, nodes: readonly number[] | null): Rejection | null {
  if (nodes === null) return null;
  const host = state.hosts[hostIndex]!;
  if (nodes.length === 0) return { slug: 'nodes-empty' };
  for (const nid of nodes) {
    const node = host.node(nid);
    if (node === undefined) return { slug: 'node-unknown', host: host.name, nid };
    if (node.frames.totalPages === 0) return { slug: 'node-no-memory', host: host.name, nid };
  }
  return null;
}

function whyNotOptions({ downtimeLimitMs, maxBytesPerSec, maxRounds }: MigrateOptions): Rejection | null {
  if (!(downtimeLimitMs >= 0)) return { slug: 'migrate-downtime-limit' };
  if (!(maxBytesPerSec >= 0)) return { slug: 'migrate-bandwidth' };
  if (!(maxRounds >= 1)) return { slug: 'migrate-rounds' };
  return null;
}

function bestNodes(state: HostState, guest: number, hostIndex: number): readonly number[] {
  const { memory, backing } = state.guests[guest]!;
  const host = state.hosts[hostIndex]!;
  const held = new Map<number, number>();
  if (backing.host === hostIndex) {
    for (const run of backing.wholeFrames(memory.grain)) {
      held.set(run.hostNid, (held.get(run.hostNid) ?? 0) + run.pages / memory.grain);
    }
  }
  const candidates = host.nodes.map(({ nid, frames }) => ({
    nid,
    freeFrames: frames.freeFrames(memory.grain),
    heldFrames: held.get(nid) ?? 0,
  }));
  return chooseNodes(candidates, memory.frames, (a, b) => host.distance(a, b)).nodes;
}

const distinct = (nodes: readonly number[]): number[] => [...new Set(nodes)];

const rejected = (rejection: Rejection): { readonly plan: null; readonly rejection: Rejection } => ({
  plan: null,
  rejection,
});
