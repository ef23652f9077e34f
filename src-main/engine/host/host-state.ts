/** What HostSide holds: hosts, the guests' backings, and all compactions and migrations, ended ones included. */
import type { PfnRange } from '../../../shared/units/index.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import type { Backing } from './backing.ts';
import type { Compaction } from './compaction.ts';
import type { GuestMemory } from './guest-memory.ts';
import type { Host } from './host.ts';
import type { Migration } from './migration.ts';

export interface GuestBacking {
  readonly name: string;
  memory: GuestMemory;
  /** Pages plugged in since it booted: ascending, disjoint. */
  plugged: readonly PfnRange[];
  backing: Backing;
  /** Grows whenever `backing` changes. */
  generation: number;
}

export interface HostState {
  readonly config: WorldConfig;
  readonly hosts: readonly Host[];
  readonly guests: readonly GuestBacking[];
  /** In the order in which they were started; at most one under way per guest, of either kind. */
  readonly compactions: Compaction[];
  readonly migrations: Migration[];
}
