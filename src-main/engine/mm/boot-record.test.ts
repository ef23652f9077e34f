import { describe, expect, it } from 'vitest';
import type { MmConfig, RecordedFree, WorkloadConfig } from '../../../shared/model/config.ts';
import { DEFAULT_PROFILE } from '../../../shared/model/config.ts';
import { Workload } from '../vm/index.ts';
import { recordedUse } from './boot-record.ts';
import { GuestMm } from './guest-mm.ts';
import { mmConfig } from './mm-fixture.ts';

const RECORD: readonly RecordedFree[] = [
  { nid: 0, zone: 0, blocks: [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 2] },
  { nid: 0, zone: 1, blocks: [3, 2, 1, 4, 0, 7, 1, 0, 2, 1, 5] },
  { nid: 1, zone: 1, blocks: [40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11] },
];

const guest = (recordedFree: readonly RecordedFree[] | null): MmConfig =>
  mmConfig({
    holes: [{ start: 0, end: 1 }, { start: 0x9f, end: 256 }], // prettier-ignore
    reserved: [{ start: 1, end: 0x9f }, { start: 16_000, end: 16_400 }], // prettier-ignore
    nrNodeIds: 2,
    cpuNode: [0, 1],
    bootLayout: [
      { start: 0, end: 16_300, nid: 0 },
      { start: 16_300, end: 32_000, nid: 1 },
    ],
    profile: { ...DEFAULT_PROFILE, era: '6.1' },
    recordedFree,
  });

const WORK: WorkloadConfig = {
  occupancyPermille: 900,
  kernelPermille: 50,
  hugePermille: 0,
  lifetime: { law: 'exponential', meanTicks: 20 },
  start: 'stationary',
  warmupTicks: 0,
};

describe('a guest booted with recorded free blocks', () => {
  it('has them, and everything else in use for good', () => {
    const mm = GuestMm.boot(guest(RECORD));
    for (const { nid, zone: zoneType, blocks } of RECORD) expect(mm.zone(nid, zoneType).freeBlocks).toEqual(blocks);
    expect(mm.check()).toEqual([]);
    const free = RECORD.flatMap(({ blocks }) => blocks.map((n, order) => n << order)).reduce((a, b) => a + b);
    const managed = [mm.zone(0, 0), mm.zone(0, 1), mm.zone(1, 1)].reduce((sum, c) => sum + c.managedPages, 0);
    expect(recordedUse(mm.state.config)).toBe(managed - free);
    expect(mm.pageState(31_999)).toBe('allocated');
  });

  it('a zone that is not in the record has nothing free', () => {
    const mm = GuestMm.boot(guest(RECORD.slice(0, 2)));
    expect(mm.zone(1, 1).freePages).toBe(0);
    expect(mm.check()).toEqual([]);
  });

  it('keeps the law of the workload, which counts what is in use into its occupancy', () => {
    const mm = GuestMm.boot(guest(RECORD));
    const workload = Workload.create(mm, WORK, 1, 'test');
    const managed = mm.zone(0, 0).managedPages + mm.zone(0, 1).managedPages + mm.zone(1, 1).managedPages;
    const { small, kernel } = workload.held;
    expect(small + kernel).toBe(Math.floor(managed * 0.9) - recordedUse(mm.state.config));
    for (let i = 0; i < 50; i++) workload.step();
    expect(workload.check()).toEqual([]);
    expect(mm.commit([{ start: 0, end: 32_000, nid: 1 }]).ok).toBe(true);
    for (let i = 0; i < 50; i++) workload.step();
    expect([...workload.check(), ...mm.check()]).toEqual([]);
  });

  it('refuses a record that has no room', () => {
    const record = [{ nid: 0, zone: 0, blocks: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4] }];
    expect(() => GuestMm.boot(guest(record))).toThrow(/boot-recorded-free/);
    const elsewhere = [{ nid: 1, zone: 0, blocks: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }];
    expect(() => GuestMm.boot(guest(elsewhere))).toThrow(/boot-recorded-free-zone/);
  });
});
