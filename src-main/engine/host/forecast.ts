/**
 * What a plan comes to when nothing else happens on its hosts and its link: the same functions as carry it out, on
 * copies of the hosts. Where another compaction or migration takes or frees room, or shares the link, it is what would
 * come of the world as it stands. Costs follow extents and rounds, not pages and not ticks.
 */
import { Backing, framesByNode } from './backing.ts';
import type { Compaction } from './compaction.ts';
import { moveFrames, startCompaction } from './compaction.ts';
import { dealFrames } from './deal.ts';
import type { Host } from './host.ts';
import type { HostState } from './host-state.ts';
import { shareBytesPerSec } from './link.ts';
import { underWay } from './migration.ts';
import type { CompactionPlan, MigrateOptions, MigrationPlan } from './plan.ts';
import { type Precopy, precopyAtOnce, workingSetDirt } from './precopy.ts';

/** A host as it is and as it would be. */
export interface HostForecast {
  readonly before: Host;
  readonly after: Host;
}

export interface CompactionForecast {
  /** In the order in which they are filled. */
  readonly nodes: readonly number[];
  readonly hosts: readonly [HostForecast];
  readonly backing: Backing;
  readonly moveFrames: number;
  readonly movePages: number;
  readonly leftPages: number;
  /** Ticks in which frames move, from the first on without a pause. */
  readonly ticks: number;
  /** The backing when so many ticks have passed. */
  readonly backingAfter: (ticks: number) => Backing;
}

export interface MigrationForecast {
  readonly nodes: readonly number[];
  /** Source, destination. As they are where the migration would not converge. */
  readonly hosts: readonly [HostForecast, HostForecast];
  readonly backing: Backing;
  readonly bytesPerSec: number;
  readonly precopy: Precopy;
  readonly totalMs: number;
  readonly downtimeMs: number | null;
  /** Frames that the guest takes on the destination. */
  readonly frames: number;
  readonly pages: number;
}

export function forecastCompaction(
  state: HostState,
  guest: number,
  { nodes }: CompactionPlan,
  framesPerTick: number,
): CompactionForecast {
  const { backing, memory } = state.guests[guest]!;
  const before = state.hosts[backing.host]!;
  const done = new DryCompaction(
    before,
    backing,
    startCompaction(guest, backing, nodes, framesPerTick, 0),
    memory.grain,
  );
  done.move(Infinity);
  const frames = freeFrames(before, nodes, memory.grain) - freeFrames(done.host, nodes, memory.grain);
  const slow = new DryCompaction(
    before,
    backing,
    startCompaction(guest, backing, nodes, framesPerTick, 0),
    memory.grain,
  );
  let past = 0;
  const ticks = Math.ceil(frames / framesPerTick);
  return {
    nodes,
    hosts: [{ before, after: done.host }],
    backing: done.backing,
    moveFrames: frames,
    movePages: done.compaction.movedPages,
    leftPages: done.compaction.leftPages,
    ticks,
    backingAfter: (passed) => {
      if (passed >= ticks) return done.backing;
      // Asked for in ascending order, so that nothing is moved twice.
      if (passed > past) slow.move((passed - past) * framesPerTick);
      past = Math.max(past, passed);
      return slow.backing;
    },
  };
}

/** Moves frames as a compaction does, on a copy of its host. So many frames at once end where tick by tick does. */
class DryCompaction {
  readonly host: Host;
  backing: Backing;
  compaction: Compaction;
  readonly #grain: number;

  constructor(host: Host, backing: Backing, compaction: Compaction, grain: number) {
    this.host = host.copy();
    this.backing = backing;
    this.compaction = compaction;
    this.#grain = grain;
  }

  move(frames: number): void {
    this.compaction = { ...this.compaction, framesPerTick: frames };
    this.backing = moveFrames(this.compaction, this.host, this.backing, this.#grain);
  }
}

function freeFrames(host: Host, nodes: readonly number[], grain: number): number {
  return nodes.reduce((sum, nid) => sum + host.freeFrames(nid, grain), 0);
}

export function forecastMigration(
  state: HostState,
  guest: number,
  { from, to, link, nodes, steps }: MigrationPlan,
  options: MigrateOptions,
): MigrationForecast {
  const { backing, memory } = state.guests[guest]!;
  const { config } = state;
  const sharers = 1 + state.migrations.filter((m) => m.link === link && underWay(m)).length;
  const bytesPerSec = shareBytesPerSec(config.links[link]!, sharers, options.maxBytesPerSec);
  const { precopy, totalMs, downtimeMs } = precopyAtOnce(
    memory.validPages,
    bytesPerSec,
    options.downtimeLimitMs,
    options.maxRounds,
    workingSetDirt(config.guests[guest]!.dirty, memory.validPages),
  );
  const hosts = [
    { before: from, after: from.copy() },
    { before: to, after: to.copy() },
  ] as const;
  const ahead = { nodes, hosts, bytesPerSec, precopy, totalMs, downtimeMs };
  if (downtimeMs === null) return { ...ahead, backing, frames: memory.frames, pages: memory.validPages };
  const frames = dealFrames(hosts[1].after, memory.windows, steps, memory.grain);
  for (const [nid, extents] of framesByNode(backing.wholeFrames(memory.grain))) {
    hosts[0].after.frames(nid).release(extents);
  }
  return {
    ...ahead,
    backing: Backing.onFrames(to.index, frames, memory.valid),
    frames: memory.frames,
    pages: memory.validPages,
  };
}
