/**
 * TESTS ONLY. A guest's memory; the defaults are those of the test vectors (simtest/vectors.ts): 128 MiB, all
 * free on node 0 of 4.
 */
import { DEFAULT_PROFILE, type MmConfig } from '../../../shared/model/config.ts';

/** Distances of n nodes that are all equally far from each other. */
export const uniform = (n: number, remote = 20): number[][] =>
  Array.from({ length: n }, (_, a) => Array.from({ length: n }, (_, b) => (a === b ? 10 : remote)));

export function mmConfig(more: Partial<MmConfig> = {}): MmConfig {
  const nrPages = more.nrPages ?? more.bootLayout?.at(-1)?.end ?? 32768;
  const nrNodeIds = more.nrNodeIds ?? 4;
  return {
    nrPages,
    holes: [],
    reserved: [],
    zoneStartPfn: [0, 4096, 1_048_576],
    nrNodeIds,
    cpuNode: [0],
    distances: uniform(nrNodeIds),
    profile: DEFAULT_PROFILE,
    recordedFree: null,
    bootLayout: [{ start: 0, end: nrPages, nid: 0 }],
    ...more,
  };
}
