/**
 * Worlds that once failed, shrunk and trimmed by hand, by name of what was wrong. They run for ever. A new one is pasted
 * from what the simulator prints.
 */
import type { BeyondConfig, GuestConfig } from '../../shared/model/config.ts';
import { PLAIN_RFC } from '../../shared/model/beyond.ts';
import { guest as mmOf } from './vectors.ts';
import type { WorldCase } from './world-draw.ts';

const workload: GuestConfig['workload'] = {
  occupancyPermille: 873,
  kernelPermille: 189,
  hugePermille: 887,
  lifetime: { law: 'exponential', meanTicks: 5 },
  start: 'stationary',
  warmupTicks: 13,
};

const oneGuest: WorldCase['config'] = {
  seed: 515,
  tickMs: 16,
  hosts: [{ name: 'host', nodes: [{ nid: 0, cpus: [0], totalPages: 2048, reservedPages: 0 }], distances: [[10]] }],
  links: [],
  guests: [
    {
      name: 'vm',
      host: 'host',
      mm: mmOf(256, 4, [{ start: 0, end: 256, nid: 2 }]),
      framePages: 1,
      placement: [{ start: 0, end: 256, mode: 'preferred', nodes: [0], pages: [], scatter: false }],
      regeneration: { enabled: false, granularityPages: 128, delayTicks: 2 },
      workload,
      dirty: { workingSetPages: 200, pagesPerSec: 0 },
      beyond: PLAIN_RFC,
      dimms: [],
    },
  ],
  schedule: [],
};

const setBeyond = (at: number, beyond: Partial<BeyondConfig>): WorldCase['commands'][number] => ({
  at,
  command: { type: 'setBeyond', vm: 'vm', beyond: { ...PLAIN_RFC, ...beyond } },
});
const pass = (pagesPerTick: number): Partial<BeyondConfig> => ({ activePass: { pagesPerTick, order: 'address' } });

export const worldRegressions: readonly WorldCase[] = [
  {
    name: 'an active pass that is switched off and on again begins anew, in a restored world as in the one it is of',
    config: oneGuest,
    commands: [
      { at: 0, command: { type: 'commitLayout', vm: 'vm', ranges: [{ start: 0, end: 256, nid: 0 }] } },
      setBeyond(5, pass(5)),
      setBeyond(25, {}),
      setBeyond(38, pass(1)),
    ],
    ticks: 52,
    restoreAt: [31],
  },
];
