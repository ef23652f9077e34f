import { describe, expect, test } from 'vitest';
import type { CompactionRow, MigrationRow } from '../model/transfer.ts';
import type { SnapshotRecords } from '../columns/index.ts';
import { moves } from './move.ts';
import type { SubmittedMove } from './move.ts';

const MIB = 2 ** 20;

const migration = (more: Partial<MigrationRow>): MigrationRow => ({
  vm: 'shop',
  fromHost: 'a',
  toHost: 'b',
  phase: 'running',
  startTick: 10,
  endTick: null,
  rounds: [
    { startTick: 10, bytesToSend: 400 * MIB, bytesSent: 400 * MIB, dirtyBytes: 100 * MIB },
    { startTick: 30, bytesToSend: 100 * MIB, bytesSent: 40 * MIB, dirtyBytes: null },
  ],
  sentBytes: 440 * MIB,
  downtimeMs: null,
  downtimeLimitMs: 300,
  leastLimitMs: null,
  bytesPerSec: null,
  ...more,
});

const compaction = (more: Partial<CompactionRow>): CompactionRow => ({
  vm: 'db',
  phase: 'running',
  startTick: 20,
  endTick: null,
  nodes: [0],
  movedPages: 2560,
  leftPages: 5120,
  ...more,
});

const header = (migrations: MigrationRow[], compactions: CompactionRow[]): SnapshotRecords => ({
  version: 3,
  level: 'accounts',
  tick: 40,
  tickMs: 100,
  seed: 1,
  chain: '',
  hosts: [],
  vms: [],
  kernels: [],
  guests: [],
  migrations,
  compactions,
});

const forecast = {
  type: 'migrate',
  bytesPerSec: 150 * MIB,
  rounds: [
    { bytesToSend: 400 * MIB, ms: 2700, dirtyBytes: 90 * MIB },
    { bytesToSend: 90 * MIB, ms: 600, dirtyBytes: 20 * MIB },
    { bytesToSend: 20 * MIB, ms: 130, dirtyBytes: 4 * MIB },
  ],
  sentBytes: 510 * MIB,
  ms: 3500,
  downtimeMs: 40,
} as const;

const command = (tick: number, more: Partial<SubmittedMove> = {}): SubmittedMove => ({
  tick,
  type: 'migrate',
  vm: 'shop',
  state: 'applied',
  forecast: null,
  ...more,
});

describe('moves', () => {
  test('a migration: rate, what remains, rounds as they happened beside their forecast', () => {
    const [move] = moves(header([migration({})], []), [command(10, { forecast })]);
    if (move?.kind !== 'migration') throw new Error('no migration');
    expect(move.elapsedMs).toBe(3000);
    expect(move.bytesPerSec! / MIB).toBeCloseTo(440 / 3);
    expect(move.remainingBytes).toBe(60 * MIB);
    expect(move.roundLeftMs!).toBeCloseTo((60 / (440 / 3)) * 1000);
    expect(move.rounds.map(({ bytesSent, ms, forecast }) => [bytesSent, ms, forecast?.ms])).toEqual([
      [400 * MIB, 2000, 2700],
      [40 * MIB, 1000, 600],
      [null, null, 130],
    ]);
  });

  test('a compaction: pages moved of all that were to move, at the mean rate', () => {
    const [move] = moves(header([], [compaction({})]), []);
    if (move?.kind !== 'compaction') throw new Error('no compaction');
    expect(move.totalPages).toBe(7680);
    expect(move.bytesPerSec).toBe(5 * MIB);
    expect(move.leftMs).toBe(4000);
    expect(move.forecast).toBeNull();
  });

  test('nothing is divided by a time that has not passed', () => {
    const [move] = moves(header([], [compaction({ startTick: 40, movedPages: 0 })]), []);
    expect(move).toMatchObject({ bytesPerSec: null, leftMs: null, elapsedMs: 0 });
  });

  test('those that run come first, then the latest', () => {
    const list = moves(
      header(
        [migration({ phase: 'completed', startTick: 5, endTick: 9 }), migration({ startTick: 12 })],
        [compaction({ phase: 'completed', startTick: 30, endTick: 33 }), compaction({ startTick: 2 })],
      ),
      [],
    );
    expect(list.map(({ kind, index }) => `${kind} ${index}`)).toEqual([
      'migration 1',
      'compaction 1',
      'compaction 0',
      'migration 0',
    ]);
    expect(list[3]).toMatchObject({ elapsedMs: 400, running: false });
  });

  test('the forecast is that of the command that began it', () => {
    const other = { ...forecast, ms: 1 };
    const find = (commands: SubmittedMove[]) => {
      const [move] = moves(header([migration({})], []), commands);
      return move?.kind === 'migration' ? move.forecast : undefined;
    };
    expect(find([command(4, { forecast: other }), command(10, { forecast })])).toBe(forecast);
    expect(find([command(10, { forecast }), command(11, { forecast: other })])).toBe(forecast);
    expect(find([command(10, { forecast, vm: 'web' })])).toBeNull();
    expect(find([command(10, { forecast, state: 'rejected' })])).toBeNull();
    expect(find([command(10, { forecast: { type: 'other' } })])).toBeNull();
  });
});
