/**
 * Cases that once failed, shrunk, by name of what was wrong. They run on every model for ever. A new one is pasted from
 * what the fuzz prints. Some are the shortest witnesses of planted faults (mm-mutant.ts, mm-mutant-rfc.ts).
 */
import { CORRECT } from '../../shared/model/config.ts';
import type { MmCase } from './mm-draw.ts';
import { guest } from './vectors.ts';

const zoned = guest(3072, 2, [
  { start: 0, end: 1024, nid: 0 },
  { start: 1024, end: 3072, nid: 1 },
]);

export const mmRegressions: readonly MmCase[] = [
  {
    name: 'memory plugged into a zone that nr_zones ends before is counted by the kernel at once',
    config: {
      ...zoned,
      holes: [{ start: 2048, end: 3072 }],
      zoneStartPfn: [0, 1024, 1048576],
      profile: { ...zoned.profile, rfc: { ...CORRECT, nrZonesAssign: true }, memoryBlockPages: 1024 },
    },
    ops: [
      { do: 'commit', ranges: [{ start: 0, end: 3072, nid: 1 }] },
      { do: 'plug', block: 2 },
    ],
  },
  {
    name: 'a block that straddles a boundary is cut when freed',
    config: guest(128, 2, [{ start: 0, end: 128, nid: 0 }]),
    ops: [
      { do: 'hold', pfn: 112, order: 4 },
      {
        do: 'commit',
        ranges: [
          { start: 0, end: 121, nid: 0 },
          { start: 121, end: 128, nid: 1 },
        ],
      },
      { do: 'free', nth: 0, count: 1 },
    ],
  },
  {
    name: 'a marked page is not put on a per-CPU list',
    config: guest(64, 2, [{ start: 0, end: 64, nid: 0 }]),
    ops: [
      { do: 'hold', pfn: 40, order: 0 },
      {
        do: 'commitSteps',
        ranges: [{ start: 0, end: 64, nid: 1 }],
        between: [[], [], [], [{ do: 'putPcp', nth: 0, count: 1 }]],
      },
    ],
  },
  {
    name: 'a commit drains the per-CPU lists',
    config: guest(64, 1, [{ start: 0, end: 64, nid: 0 }]),
    ops: [
      { do: 'hold', pfn: 40, order: 0 },
      { do: 'putPcp', nth: 0, count: 1 },
      { do: 'commit', ranges: [{ start: 0, end: 64, nid: 0 }] },
    ],
  },
  {
    name: 'a page marked by the layout before, freed between publish and mark, stays where the new layout wants it',
    config: guest(64, 2, [{ start: 0, end: 64, nid: 0 }]),
    ops: [
      { do: 'hold', pfn: 40, order: 0 },
      { do: 'commit', ranges: [{ start: 0, end: 64, nid: 1 }] },
      { do: 'commitSteps', ranges: [{ start: 0, end: 64, nid: 0 }], between: [[], [{ do: 'free', nth: 0, count: 1 }]] },
    ],
  },
];
