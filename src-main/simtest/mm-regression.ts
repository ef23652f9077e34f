/**
 * Cases that once failed, shrunk, by name of what was wrong. They run on every model for ever. A new one is pasted from
 * what the fuzz prints. The first four are the shortest witnesses of planted faults (mm-mutant.ts).
 */
import type { MmCase } from './mm-draw.ts';
import { guest } from './vectors.ts';

export const mmRegressions: readonly MmCase[] = [
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
