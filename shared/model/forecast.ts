import type { CommandEffect } from './command.ts';
import type { Rejection } from './rejection.ts';

/**
 * What a command submitted now would do, computed from the present world without changing it. Figures of hosts are by
 * H; figures of the guest are of the memlayout (T) that would be delivered. All counts are 4 KiB pages.
 */
export type Forecast = CompactForecast | MigrateForecast | OtherForecast;

interface ForecastBase {
  readonly vm: string;
  /** Why the world would reject the command; then the other figures are those of the present. */
  readonly rejection: Rejection | null;
}

/** A host node before and after, as far as this VM is concerned. */
export interface NodeForecast {
  readonly host: string;
  readonly nid: number;
  readonly freeBefore: number;
  readonly freeAfter: number;
  /** Free in its huge page pools; what is free otherwise does not count these. */
  readonly poolFreeBefore: number;
  readonly poolFreeAfter: number;
  readonly vmBefore: number;
  readonly vmAfter: number;
}

/** What the guest would see: its own nodes, by present pages. */
interface GuestNodeForecast {
  readonly nid: number;
  readonly sizeBefore: number;
  readonly sizeAfter: number;
}

/** What the guest would see; all null when no layout is delivered to it (regeneration off). */
export interface GuestOutlook {
  readonly guestNodes: readonly GuestNodeForecast[] | null;
  /** Of the guest's pages that would change target: free now (move at once) and in use now (will be owed). */
  readonly freePages: number | null;
  readonly usedPages: number | null;
}

interface MoveForecast extends ForecastBase, GuestOutlook {
  /** Host nodes it would be moved to, as asked for or chosen by the engine, ascending; rejected: those it lies on. */
  readonly nodes: readonly number[];
  readonly hostNodes: readonly NodeForecast[];
  /** Frames (GuestConfig.framePages) that move on the host, or to the other; none when a migration would not converge. */
  readonly moveFrames: number;
  readonly movePages: number;
  readonly ms: number;
}

export interface CompactForecast extends MoveForecast {
  readonly type: 'compact';
  /** Pages that would stay elsewhere because the nodes have no room. */
  readonly leftPages: number;
}

export interface MigrateForecast extends MoveForecast {
  readonly type: 'migrate';
  readonly toHost: string;
  readonly bytesPerSec: number;
  readonly rounds: readonly { readonly bytesToSend: number; readonly ms: number; readonly dirtyBytes: number }[];
  readonly sentBytes: number;
  /** Null: it would not converge within maxRounds, or what the VM writes is not known. */
  readonly downtimeMs: number | null;
  /** As if the VM wrote nothing where that is not known. */
  readonly converges: boolean;
  /** What the VM writes is known. */
  readonly dirtyKnown: boolean;
  /** The smallest downtime limit at which one of the rounds would be the last; null: none was sent. */
  readonly leastLimitMs: number | null;
}

export interface OtherForecast extends ForecastBase {
  readonly type: 'other';
  /** Null when it would be rejected. */
  readonly effect: CommandEffect | null;
}
