/** What access and page moves cost: N1 to N9 of the suite. */
import { bandwidthRatio, latencyRatio, loadedLatencyNs, MEASURED_ACCESS } from '../../access/measured.ts';
import {
  balancingPassSeconds,
  compactionSeconds,
  HUGE_PAGE_MOVE_US,
  movePagesUs,
  movePageUs2026,
  PAGE_MOVES,
} from '../../access/page-move.ts';
import { part, units, type ValidationCase } from './case.ts';

const row = (
  id: string,
  what: string,
  unit: string,
  expected: number,
  within: ValidationCase['within'],
  from: ValidationCase['from'],
  source: string,
  got: () => number,
): ValidationCase => ({ id, what, unit, expected, within, from, source, got });

const { cascadeLake, iceLake, slit21, epyc9224 } = MEASURED_ACCESS;
const MLC = 'Intel MLC on that machine';
const MOVES = 'Linux commit 88aaa2a1d732';

export const NUMA_CASES: readonly ValidationCase[] = [
  row('N1', 'Cascade Lake, other socket: latency to local', '', 1.738, part(1e-3), 'measurement', MLC, () =>
    latencyRatio(cascadeLake, 'other socket'),
  ),
  row('N1', 'Cascade Lake, other socket: bandwidth to local', '', 0.303, part(3e-3), 'measurement', MLC, () =>
    bandwidthRatio(cascadeLake, 'other socket'),
  ),
  row('N1', 'Ice Lake, other socket: latency to local', '', 1.6, part(1e-3), 'measurement', MLC, () =>
    latencyRatio(iceLake, 'other socket'),
  ),
  row('N1', 'Ice Lake, other socket: bandwidth to local', '', 0.317, part(3e-3), 'measurement', MLC, () =>
    bandwidthRatio(iceLake, 'other socket'),
  ),
  row(
    'N2',
    'A host whose SLIT says 21: latency to local',
    '',
    1.52,
    part(0.01),
    'measurement',
    'codeblueprint.co.uk 2019-07',
    () => latencyRatio(slit21, 'other socket'),
  ),
  row('N3', 'E5-2640 v3: 512 pages of 4 KiB', 'us', 1987.38, part(1e-3), 'calibration', MOVES, () =>
    movePagesUs(PAGE_MOVES.x86, 512),
  ),
  row('N3', 'POWER8: 256 pages of 64 KiB', 'us', 2543.65, part(1e-3), 'calibration', MOVES, () =>
    movePagesUs(PAGE_MOVES.power8, 256),
  ),
  row(
    'N4',
    'E5-2640 v3: 512 pages of 4 KiB to one of 2 MiB',
    '',
    3,
    part(0.05),
    'measurement',
    MOVES,
    () => movePagesUs(PAGE_MOVES.x86, 512) / HUGE_PAGE_MOVE_US,
  ),
  row('N5', 'Compaction of 357,738 pages', 's', 2.4445, part(0.01), 'calibration', 'Linux commit 84e5d89a777c', () =>
    compactionSeconds(357_738),
  ),
  row('N6', 'One NUMA balancing pass over 64 GiB, at least', 's', 25.6, part(1e-9), 'source code', 'fair.c', () =>
    balancingPassSeconds(65_536),
  ),
  row('N7', 'EPYC 9224, sibling node: latency to own', '', 1.087, part(1e-3), 'measurement', MLC, () =>
    latencyRatio(epyc9224, 'sibling node'),
  ),
  row('N7', 'EPYC 9224, other socket: latency to own', '', 1.873, part(1e-3), 'measurement', MLC, () =>
    latencyRatio(epyc9224, 'other socket'),
  ),
  row('N7', 'EPYC 9224, CXL: latency to own', '', 2.615, part(1e-3), 'measurement', MLC, () =>
    latencyRatio(epyc9224, 'CXL'),
  ),
  row('N7', 'EPYC 9224, CXL of the other socket: latency to own', '', 3.407, part(1e-3), 'measurement', MLC, () =>
    latencyRatio(epyc9224, 'CXL of the other socket'),
  ),
  row('N8', 'EPYC, four nodes a socket, loaded beyond its most', 'ns', 207.4, units(0), 'measurement', MLC, () =>
    loadedLatencyNs(500_000),
  ),
  row('N8', 'EPYC, four nodes a socket, at two thirds of its most', 'ns', 118.4, part(0.01), 'measurement', MLC, () =>
    loadedLatencyNs(246_919),
  ),
  row('N9', 'EPYC Zen 3, 2026: one page of 4 KiB', 'us', 1.15, part(0.01), 'calibration', 'lkml 2026-03-18', () =>
    movePageUs2026('4K', 4096),
  ),
];
