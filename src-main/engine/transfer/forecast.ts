/**
 * Forecasts a plan on a copy of the fleet, with the same functions that carry it out, as if nothing else happened on
 * its hosts and its link. Where another compaction or migration takes or frees room, or shares the link, the forecast
 * assumes that it stays as it is now. Costs follow extents and rounds, not pages and not ticks.
 */
import { type DirtyConfig, isDirtyKnown } from '../../../shared/model/config.ts';
import type { Area, Backing, Fleet, FrameKind, Host } from '../fleet/index.ts';
import { type CompactionState, moveFrames, startCompaction } from './compaction.ts';
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
  /** null: it does not converge, or what the guest writes is not known. */
  readonly downtimeMs: number | null;
  readonly converges: boolean;
  readonly dirtyKnown: boolean;
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
  const moved = kindsOf(of.memory.areas).map((kind) => ({
    kind,
    frames: freeFrames(before, nodes, kind) - freeFrames(after, nodes, kind),
  }));
  const slow = new DryCompaction(fleet, startCompaction(guest, of, nodes, framesPerTick, 0));
  let past = 0;
  const pages = moved.reduce((sum, { kind, frames }) => sum + frames * kind.framePages, 0);
  const ticks = Math.ceil(pages / framePages / framesPerTick);
  const { backing } = done.fleet.guest(guest);
  return {
    nodes,
    hosts: [{ before, after }],
    backing,
    moveFrames: moved.reduce((sum, { frames }) => sum + frames, 0),
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
    moveFrames(
      this.compaction,
      () => this.fleet,
      (move) => (this.fleet = this.fleet.apply(move)),
    );
  }
}

function kindsOf(areas: readonly Area[]): FrameKind[] {
  const kinds = new Map<string, FrameKind>();
  for (const { framePages, isPool } of areas) kinds.set(`${framePages} ${isPool}`, { framePages, isPool });
  return [...kinds.values()];
}

function freeFrames(host: Host, nodes: readonly number[], kind: FrameKind): number {
  return nodes.reduce((sum, nid) => sum + host.freeFrames(nid, kind), 0);
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
  const converges = downtimeMs !== null;
  const dirtyKnown = isDirtyKnown(dirty);
  const figures = {
    ...{ nodes, bytesPerSec, precopy, totalMs, converges, dirtyKnown },
    downtimeMs: dirtyKnown ? downtimeMs : null,
    frames: memory.frames,
    pages: memory.validPages,
  };
  const hostsIn = ({ hosts }: Fleet): readonly [HostForecast, HostForecast] => [
    { before: from, after: hosts[from.index]! },
    { before: to, after: hosts[to.index]! },
  ];
  if (!converges) return { ...figures, hosts: hostsIn(fleet), backing };
  const done = fleet
    .apply({ type: 'reserve', guest, host: to.index, steps })
    .apply({ type: 'arrive', guest, windows: memory.windows });
  return { ...figures, hosts: hostsIn(done), backing: done.guest(guest).backing };
}
