/**
 * What access to memory costs, as it was measured: latency in ns and bandwidth in MB/s (10^6) between CPUs and memory, by
 * Intel's Memory Latency Checker unless a row says otherwise. SLIT distances order nodes; they are no latency.
 */

export interface MeasuredAccess {
  readonly machine: string;
  /** From CPUs to memory: local, and the farther ones by what lies between. */
  readonly places: readonly {
    readonly place: string;
    readonly latencyNs: number | null;
    readonly bandwidthMbPerSec: number | null;
    /** What the machine's SLIT says; null: not given. */
    readonly slit: number | null;
  }[];
}

const place = (
  name: string,
  latencyNs: number | null,
  bandwidthMbPerSec: number | null = null,
  slit: number | null = null,
): MeasuredAccess['places'][number] => ({ place: name, latencyNs, bandwidthMbPerSec, slit });

export const MEASURED_ACCESS = {
  cascadeLake: {
    machine: '2 sockets Cascade Lake',
    places: [place('local', 80.8, 113_073.7), place('other socket', 140.4, 34_305.5)],
  },
  iceLake: {
    machine: '2 sockets Ice Lake',
    places: [place('local', 89.2, 175_690.9), place('other socket', 142.7, 55_676.8)],
  },
  slit21: {
    machine: '2 sockets, SLIT 21',
    places: [place('local', 78.5, null, 10), place('other socket', 119.4, null, 21)],
  },
  epyc9224: {
    machine: '2 sockets EPYC 9224, two nodes each, CXL on socket 0',
    places: [
      place('own node', 106.75, 100_800, 10),
      place('sibling node', 116.07, 100_400, 12),
      place('other socket', 199.91, 77_000, 32),
      place('CXL', 279.1, 17_600, 50),
      place('CXL of the other socket', 363.65, 17_600, 60),
    ],
  },
} as const satisfies Readonly<Record<string, MeasuredAccess>>;

/** How many times as long as to its nearest memory. */
export function latencyRatio({ places }: MeasuredAccess, name: string): number {
  return placeOf(places, name).latencyNs! / places[0]!.latencyNs!;
}

export function bandwidthRatio({ places }: MeasuredAccess, name: string): number {
  return placeOf(places, name).bandwidthMbPerSec! / places[0]!.bandwidthMbPerSec!;
}

function placeOf(places: MeasuredAccess['places'], name: string): MeasuredAccess['places'][number] {
  return places.find((one) => one.place === name)!;
}

/** Latency under load, EPYC with four nodes a socket: MB/s to ns. Past the knee more load brings no more bandwidth. */
const LOADED_NPS4: readonly (readonly [mbPerSec: number, ns: number])[] = [
  [36_576, 106.8],
  [62_542, 113.9],
  [126_238, 115.2],
  [246_919, 118.4],
  [371_725, 207.4],
];

/** By the line between measured loads; beyond the last the measured most, as nothing is known there. */
export function loadedLatencyNs(mbPerSec: number): number {
  const above = LOADED_NPS4.findIndex(([load]) => load >= mbPerSec);
  if (above < 0) return LOADED_NPS4.at(-1)![1];
  if (above === 0) return LOADED_NPS4[0]![1];
  const [load0, ns0] = LOADED_NPS4[above - 1]!;
  const [load1, ns1] = LOADED_NPS4[above]!;
  return ns0 + ((ns1 - ns0) * (mbPerSec - load0)) / (load1 - load0);
}
