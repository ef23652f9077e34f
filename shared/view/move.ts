/**
 * Compactions and migrations as a person asks about them: how far, how fast, how much longer, and the forecast made
 * when the command was submitted. Bytes for migrations (QEMU's terms), pages for compactions. Derived from one frame's
 * header and the list of commands, so it is as correct for a recorded frame as for the present.
 */
import { isUnderWay } from '../model/transfer.ts';
import type { CompactForecast, MigrateForecast } from '../model/forecast.ts';
import type { CompactionRow, MigrationRow } from '../model/transfer.ts';
import type { SnapshotRecords } from '../columns/index.ts';
import { PAGE_SIZE_BYTES } from '../units/index.ts';

/** The part of a forecast that is compared with what happened. */
type MigrationForecast = Pick<MigrateForecast, 'type' | 'bytesPerSec' | 'rounds' | 'sentBytes' | 'ms' | 'downtimeMs'>;
type RoundForecast = MigrateForecast['rounds'][number];
type CompactionForecast = Pick<CompactForecast, 'type' | 'movePages' | 'leftPages' | 'ms'>;

type MoveForecast = MigrationForecast | CompactionForecast | { readonly type: 'other' };

/** The part of a command that is needed to find its forecast. */
export interface SubmittedMove {
  readonly tick: number;
  readonly type: string;
  readonly vm: string;
  readonly state: 'pending' | 'applied' | 'rejected';
  readonly forecast: MoveForecast | null;
}

interface MoveBase {
  /** Index into the header's migrations or compactions. */
  readonly index: number;
  readonly vm: string;
  readonly running: boolean;
  readonly startTick: number;
  readonly endTick: number | null;
  /** Simulated, from the beginning to its end or to the frame. */
  readonly elapsedMs: number;
  /** Mean since the beginning; null in the first tick. */
  readonly bytesPerSec: number | null;
}

export interface RoundBar {
  readonly round: number;
  readonly bytesToSend: number | null;
  readonly bytesSent: number | null;
  /** Found dirty at its end; null: it has not ended, or was never begun. */
  readonly dirtyBytes: number | null;
  readonly ms: number | null;
  readonly forecast: RoundForecast | null;
}

export interface MigrationMove extends MoveBase {
  readonly kind: 'migration';
  readonly row: MigrationRow;
  readonly forecast: MigrationForecast | null;
  readonly rounds: readonly RoundBar[];
  /** QEMU's "remaining": of the round under way. */
  readonly remainingBytes: number;
  /** Until the round under way has been sent, at the mean rate; null: not known, or it does not run. */
  readonly roundLeftMs: number | null;
}

export interface CompactionMove extends MoveBase {
  readonly kind: 'compaction';
  readonly row: CompactionRow;
  readonly forecast: CompactionForecast | null;
  /** Moved and still to move. */
  readonly totalPages: number;
  readonly leftMs: number | null;
}

export type Move = MigrationMove | CompactionMove;

/** Every migration and compaction; those that run first, then the latest first. */
export function moves(header: SnapshotRecords, commands: readonly SubmittedMove[]): Move[] {
  const list: Move[] = [
    ...header.migrations.map((row, index) => migrationMove(row, index, header, commands)),
    ...header.compactions.map((row, index) => compactionMove(row, index, header, commands)),
  ];
  return list.sort((a, b) => Number(b.running) - Number(a.running) || b.startTick - a.startTick);
}

function migrationMove(
  row: MigrationRow,
  index: number,
  { tick, tickMs }: SnapshotRecords,
  commands: readonly SubmittedMove[],
): MigrationMove {
  const running = isUnderWay(row);
  const end = row.endTick ?? tick;
  const elapsedMs = (end - row.startTick) * tickMs;
  const bytesPerSec = elapsedMs === 0 ? null : (row.sentBytes / elapsedMs) * 1000;
  const found = forecastOf(commands, 'migrate', row.vm, row.startTick);
  const forecast = found?.type === 'migrate' ? found : null;
  const last = row.rounds.at(-1);
  const remainingBytes = running && last !== undefined ? last.bytesToSend - last.bytesSent : 0;
  const rounds = Array.from({ length: Math.max(row.rounds.length, forecast?.rounds.length ?? 0) }, (_, i): RoundBar => {
    const round = row.rounds[i];
    const until = row.rounds[i + 1]?.startTick ?? end;
    return {
      round: i,
      bytesToSend: round?.bytesToSend ?? null,
      bytesSent: round?.bytesSent ?? null,
      dirtyBytes: round?.dirtyBytes ?? null,
      ms: round === undefined ? null : (until - round.startTick) * tickMs,
      forecast: forecast?.rounds[i] ?? null,
    };
  });
  return {
    kind: 'migration',
    index,
    row,
    vm: row.vm,
    running,
    startTick: row.startTick,
    endTick: row.endTick,
    elapsedMs,
    bytesPerSec,
    forecast,
    rounds,
    remainingBytes,
    roundLeftMs: leftMs(running, remainingBytes, bytesPerSec),
  };
}

function compactionMove(
  row: CompactionRow,
  index: number,
  { tick, tickMs }: SnapshotRecords,
  commands: readonly SubmittedMove[],
): CompactionMove {
  const running = isUnderWay(row);
  const elapsedMs = ((row.endTick ?? tick) - row.startTick) * tickMs;
  const bytesPerSec = elapsedMs === 0 ? null : ((row.movedPages * PAGE_SIZE_BYTES) / elapsedMs) * 1000;
  const found = forecastOf(commands, 'compact', row.vm, row.startTick);
  return {
    kind: 'compaction',
    index,
    row,
    vm: row.vm,
    running,
    startTick: row.startTick,
    endTick: row.endTick,
    elapsedMs,
    bytesPerSec,
    forecast: found?.type === 'compact' ? found : null,
    totalPages: row.movedPages + row.leftPages,
    leftMs: leftMs(running, row.leftPages * PAGE_SIZE_BYTES, bytesPerSec),
  };
}

const leftMs = (running: boolean, bytes: number, bytesPerSec: number | null): number | null =>
  !running || bytesPerSec === null || bytesPerSec === 0 ? null : (bytes / bytesPerSec) * 1000;

/** The forecast of the command that began it: the last one applied to this VM until then. */
function forecastOf(
  commands: readonly SubmittedMove[],
  type: string,
  vm: string,
  startTick: number,
): MoveForecast | null {
  const own = commands.filter(
    (command) => command.type === type && command.vm === vm && command.state === 'applied' && command.tick <= startTick,
  );
  return (
    own.reduce<SubmittedMove | null>((last, each) => (last === null || each.tick >= last.tick ? each : last), null)
      ?.forecast ?? null
  );
}
