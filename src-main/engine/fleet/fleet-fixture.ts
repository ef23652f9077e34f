/** TESTS ONLY. Small configurations for the tests of this folder. */
import type { GuestConfig, HostConfig, LinkConfig, PlacementRule } from '../../../shared/model/config.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import type { PfnRange } from '../../../shared/units/index.ts';
import { DEFAULT_PROFILE } from '../../../shared/model/config.ts';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';

/** @param nodes [nid, totalPages, reservedPages]; nids from 16 have no CPUs. Distances: 10, 10 more a position. */
export function hostOf(name: string, nodes: readonly (readonly [number, number, number])[]): HostConfig {
  return {
    name,
    nodes: nodes.map(([nid, totalPages, reservedPages]) => ({
      nid,
      cpus: nid >= 16 ? [] : [nid],
      totalPages,
      reservedPages,
    })),
    distances: nodes.map((_, a) => nodes.map((__, b) => (a === b ? 10 : 10 + 10 * Math.abs(a - b)))),
  };
}

export function ruleOf(
  mode: PlacementRule['mode'],
  start: number,
  end: number,
  nodes: readonly number[],
): PlacementRule {
  return { mode, start, end, nodes, pages: [], scatter: false };
}

export function sharesOf(
  start: number,
  end: number,
  shares: Readonly<Record<number, number>>,
  scatter: boolean,
): PlacementRule {
  const nodes = Object.keys(shares).map(Number);
  return { mode: 'shares', start, end, nodes, pages: nodes.map((nid) => shares[nid]!), scatter };
}

export interface GuestShape {
  readonly host: string;
  readonly nrPages: number;
  readonly holes?: readonly PfnRange[];
  readonly framePages?: number;
  readonly placement: readonly PlacementRule[];
  readonly dirty?: GuestConfig['dirty'];
}

export function guestOf(name: string, shape: GuestShape): GuestConfig {
  const { nrPages, holes = [], framePages = 1, dirty = { workingSetPages: 16, pagesPerSec: 100 } } = shape;
  return {
    name,
    host: shape.host,
    mm: {
      nrPages,
      holes,
      reserved: [],
      zoneStartPfn: [0, 4096, 1048576],
      nrNodeIds: 4,
      cpuNode: [0],
      distances: [0, 1, 2, 3].map((a) => [0, 1, 2, 3].map((b) => (a === b ? 10 : 20))),
      profile: DEFAULT_PROFILE,
      recordedFree: null,
      bootLayout: [{ start: 0, end: nrPages, nid: 0 }],
    },
    framePages,
    placement: shape.placement,
    regeneration: { enabled: true, granularityPages: 1, delayTicks: 0 },
    workload: null,
    dirty,
    beyond: PLAIN_RFC,
    dimms: [],
  };
}

export function worldOf(
  hosts: readonly HostConfig[],
  guests: readonly GuestConfig[],
  links: readonly LinkConfig[] = [],
  seed = 1,
): WorldConfig {
  return { seed, tickMs: 100, hosts, links, guests, schedule: [] };
}
