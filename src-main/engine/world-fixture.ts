/** TESTS ONLY. A small world: two hosts, a link, guests of 4096 pages. */
import type { Command } from '../../shared/model/command.ts';
import type { GuestConfig, HostConfig } from '../../shared/model/config.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import { World } from './world.ts';
import { PLAIN_RFC } from '../../shared/model/beyond.ts';
import { mmConfig, uniform } from './mm/mm-fixture.ts';

export const host = (name: string, nids: readonly number[], totalPages: number): HostConfig => ({
  name,
  nodes: nids.map((nid, i) => ({ nid, cpus: [i], totalPages, reservedPages: 64 })),
  distances: uniform(nids.length),
});

/** 4096 pages on two guest nodes, frames interleaved over the host's first two nodes. */
export function guest(name: string, more: Partial<GuestConfig> = {}): GuestConfig {
  return {
    name,
    host: 'old',
    mm: mmConfig({
      reserved: [{ start: 0, end: 32 }],
      zoneStartPfn: [0, 1024, 1048576],
      cpuNode: [0, 1],
      bootLayout: [
        { start: 0, end: 2048, nid: 0 },
        { start: 2048, end: 4096, nid: 1 },
      ],
    }),
    framePages: 16,
    placement: [{ start: 0, end: 4096, mode: 'interleave', nodes: [0, 1], pages: [], scatter: false }],
    regeneration: { enabled: true, granularityPages: 16, delayTicks: 3 },
    workload: {
      occupancyPermille: 500,
      kernelPermille: 20,
      hugePermille: 250,
      lifetime: { law: 'exponential', meanTicks: 15 },
      start: 'stationary',
      warmupTicks: 0,
    },
    dirty: { workingSetPages: 600, pagesPerSec: 3000 },
    beyond: PLAIN_RFC,
    dimms: [],
    ...more,
  };
}

export const COMPACT: Extract<Command, { type: 'compact' }> = {
  type: 'compact',
  vm: 'a',
  nodes: [0],
  framesPerTick: 8,
};
export const MIGRATE: Extract<Command, { type: 'migrate' }> = {
  type: 'migrate',
  vm: 'a',
  toHost: 'new',
  nodes: [0, 16, 17],
  downtimeLimitMs: 50,
  maxBytesPerSec: 0,
  maxRounds: 20,
};

export const config = (guests: readonly GuestConfig[], schedule: WorldConfig['schedule'] = []): WorldConfig => ({
  seed: 7,
  tickMs: 100,
  hosts: [host('old', [0, 1], 16384), host('new', [0, 1, 16, 17], 8192)],
  links: [{ name: 'cable', hosts: ['old', 'new'], bytesPerSec: 16 * 2 ** 20 }],
  guests,
  schedule,
});

export function start(c: WorldConfig): World {
  const { world, problems } = World.create(c);
  if (world === null) throw new Error(problems.map((p) => JSON.stringify(p)).join());
  return world;
}
