/**
 * Forecasts a plan on a copy of the fleet, with the same functions that carry it out, as if nothing else happened on
 * its hosts and its link. Where another compaction or migration takes or frees room, or shares the link, the forecast
 * assumes that it stays as it is now. Costs follow extents and rounds, not pages and not ticks.
 */
import type { DirtyConfig } from '../../../shared/model/config.ts';
import type { Backing, Fleet, Host } from '../fleet/index.ts';
import { type CompactionState, nextMove, startCompaction } from './compaction.ts';
import { flowOf } from './migration.ts';
import type { CompactionPlan, MigrateOptions, MigrationPlan, PlanParts } from './plan.ts';
import { type Precopy, precopyAtOnce, workingSetDirt } from './precopy.ts';
import type { Flow } from './max-min.ts';

/** A host as it is and as it would be. */
interface HostForecast {
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
  /** The backing after this many ticks. */
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
  fleet: Fleet,
  guest: number,
  { nodes }: CompactionPlan,
  framesPerTick: number,
): CompactionForecast {
  const of = fleet.guest(guest);
  const { framePages } = of.memory;
  const before = fleet.hostOf(guest);
  const done = new DryCompaction(fleet, startCompaction(guest, of, nodes, framesPerTick, 0));
  done.move(Infinity);
  const after = done.fleet.hostOf(guest);
  const frames = freeFrames(before, nodes, framePages) - freeFrames(after, nodes, framePages);
  const slow = new DryCompaction(fleet, startCompaction(guest, of, nodes, framesPerTick, 0));
  let past = 0;
  const ticks = Math.ceil(frames / framesPerTick);
  const { backing } = done.fleet.guest(guest);
  return {
    nodes,
    hosts: [{ before, after }],
    backing,
    moveFrames: frames,
    movePages: done.compaction.movedPages,
    leftPages: done.compaction.leftPages,
    ticks,
    backingAfter: (passed) => {
      if (passed >= ticks) return backing;
      // Asked for in ascending order, so that nothing is moved twice.
      if (passed > past) slow.move((passed - past) * framesPerTick);
      past = Math.max(past, passed);
      return slow.fleet.guest(guest).backing;
    },
  };
}

/** Moves frames as a compaction does, in a fleet of its own. So many frames at once end where tick by tick does. */
class DryCompaction {
  fleet: Fleet;
  compaction: CompactionState;

  constructor(fleet: Fleet, compaction: CompactionState) {
    this.fleet = fleet;
    this.compaction = compaction;
  }

  move(frames: number): void {
    this.compaction = { ...this.compaction, framesPerTick: frames };
    const move = nextMove(this.compaction, this.fleet);
    if (move !== null) this.fleet = this.fleet.apply(move);
  }
}

function freeFrames(host: Host, nodes: readonly number[], framePages: number): number {
  return nodes.reduce((sum, nid) => sum + host.freeFrames(nid, framePages), 0);
}

/** @param others what flows over the network now. */
export function forecastMigration(
  { fleet, network }: PlanParts,
  others: readonly Flow[],
  guest: number,
  { from, to, path, nodes, steps }: MigrationPlan,
  options: MigrateOptions,
  dirty: DirtyConfig,
): MigrationForecast {
  const { backing, memory } = fleet.guest(guest);
  const bytesPerSec = network.shares([...others, flowOf(path.links, options.maxBytesPerSec)]).at(-1)!;
  const { precopy, totalMs, downtimeMs } = precopyAtOnce(
    memory.validPages,
    bytesPerSec,
    options.downtimeLimitMs,
    options.maxRounds,
    workingSetDirt(dirty, memory.validPages),
  );
  const figures = { nodes, bytesPerSec, precopy, totalMs, downtimeMs, frames: memory.frames, pages: memory.validPages };
  const hostsIn = ({ hosts }: Fleet): readonly [HostForecast, HostForecast] => [
    { before: from, after: hosts[from.index]! },
    { before: to, after: hosts[to.index]! },
  ];
  if (downtimeMs === null) return { ...figures, hosts: hostsIn(fleet), backing };
  const done = fleet
    .apply({ type: 'reserve', guest, host: to.index, steps })
    .apply({ type: 'arrive', guest, windows: memory.windows });
  return { ...figures, hosts: hostsIn(done), backing: done.guest(guest).backing };
}
