/**
 * What a compaction or migration would do, worked out before anything is done: the one place that says whether it may
 * begin, on which nodes, over which link. The commands carry a plan out; a forecast only looks at it. Nothing here
 * changes the state.
 */
import type { Command } from '../../../shared/model/command.ts';
import type { DealStep } from './deal.ts';
import { evenly } from './deal.ts';
import type { Host } from './host.ts';
import type { HostState } from './host-state.ts';
import { linkBetween } from './link.ts';
import { underWay } from './migration.ts';
import { chooseNodes } from './node-choice.ts';

/** The simulated world says no. The slug is stable, the text one sentence. */
export interface Refusal {
  readonly slug: string;
  readonly text: string;
}

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
  { readonly plan: Plan; readonly refusal: null } | { readonly plan: null; readonly refusal: Refusal };

/** Nodes null: the best set by node-choice.ts, ascending. */
export function planCompaction(
  state: HostState,
  guest: number,
  nodes: readonly number[] | null,
  framesPerTick: number,
): Planned<CompactionPlan> {
  const refusal = whyBusy(state, guest) ?? whyNotNodes(state, state.guests[guest]!.backing.host, nodes);
  if (refusal !== null) return { plan: null, refusal };
  if (!Number.isInteger(framesPerTick) || framesPerTick < 1) {
    return refused('compact-frames-per-tick', `A compaction moves 1 or more frames a tick, not ${framesPerTick}.`);
  }
  const { backing } = state.guests[guest]!;
  return { plan: { nodes: nodes === null ? bestNodes(state, guest, backing.host) : distinct(nodes) }, refusal: null };
}

/** Nodes null: the best set by node-choice.ts, ascending. */
export function planMigration(state: HostState, guest: number, options: MigrateOptions): Planned<MigrationPlan> {
  const { config, hosts } = state;
  const refusal = whyBusy(state, guest) ?? whyNotOptions(options);
  if (refusal !== null) return { plan: null, refusal };
  const { name, memory, backing } = state.guests[guest]!;
  const from = hosts[backing.host]!;
  const to = hosts.find((h) => h.name === options.toHost);
  if (to === undefined) return refused('migrate-host-unknown', `There is no host ${options.toHost}.`);
  if (to === from) return refused('migrate-same-host', `${name} is on host ${to.name} already.`);
  const link = linkBetween(config.links, from.name, to.name);
  if (link < 0) return refused('migrate-no-link', `No link joins hosts ${from.name} and ${to.name}.`);
  const nodesRefusal = whyNotNodes(state, to.index, options.nodes);
  if (nodesRefusal !== null) return { plan: null, refusal: nodesRefusal };
  const nodes = options.nodes === null ? bestNodes(state, guest, to.index) : distinct(options.nodes);
  const steps = evenly(to, nodes, memory.frames, memory.grain);
  const short = memory.frames - steps.reduce((sum, s) => sum + s.frames, 0);
  if (short > 0) {
    const where = options.nodes === null ? `host ${to.name}` : `nodes ${nodes.join(', ')} of host ${to.name}`;
    return refused(
      'migrate-no-room',
      `${name} is ${short * memory.grain} pages too large for what is free on ${where}.`,
    );
  }
  return { plan: { from, to, link, nodes, steps }, refusal: null };
}

function whyBusy({ guests, compactions, migrations }: HostState, guest: number): Refusal | null {
  const name = guests[guest]?.name;
  if (name === undefined) return refuse('vm-unknown', `There is no VM number ${guest}.`);
  if (compactions.some((c) => c.guest === guest && c.phase === 'running')) {
    return refuse('vm-compacting', `${name} is being compacted.`);
  }
  if (migrations.some((m) => m.guest === guest && underWay(m))) {
    return refuse('vm-migrating', `${name} is being migrated.`);
  }
  return null;
}

function whyNotNodes(state: HostState, hostIndex: number, nodes: readonly number[] | null): Refusal | null {
  if (nodes === null) return null;
  const host = state.hosts[hostIndex]!;
  if (nodes.length === 0) return refuse('nodes-empty', 'At least one host node is needed.');
  for (const nid of nodes) {
    const node = host.node(nid);
    if (node === undefined) return refuse('node-unknown', `Host ${host.name} has no node ${nid}.`);
    if (node.frames.totalPages === 0)
      return refuse('node-no-memory', `Node ${nid} of host ${host.name} has no memory.`);
  }
  return null;
}

function whyNotOptions({ downtimeLimitMs, maxBytesPerSec, maxRounds }: MigrateOptions): Refusal | null {
  if (!(downtimeLimitMs >= 0)) return refuse('migrate-downtime-limit', 'The downtime limit is 0 ms or more.');
  if (!(maxBytesPerSec >= 0)) return refuse('migrate-bandwidth', 'The bandwidth limit is 0 (none) or more.');
  if (!(maxRounds >= 1)) return refuse('migrate-rounds', 'A migration needs at least 1 round.');
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

export const refuse = (slug: string, text: string): Refusal => ({ slug, text });

const refused = (slug: string, text: string): { readonly plan: null; readonly refusal: Refusal } => ({
  plan: null,
  refusal: { slug, text },
});
