/** Small sweeps for tests. */
import { readScenario } from '../scenario/index.ts';
import { readSweep, resolveSweep } from '../sweep/index.ts';
import type { WholeSweep } from '../sweep/index.ts';

/** Of one VM that is moved within its host. */
export const SMALL_SCENARIO = {
  pageshift: 1,
  name: 'small',
  seed: 1,
  tickMs: 100,
  hosts: [
    {
      name: 'h',
      nodes: [
        { nid: 0, cpus: '0', memoryMiB: 8 },
        { nid: 1, cpus: '1', memoryMiB: 8 },
      ],
    },
  ],
  vms: [
    {
      name: 'v',
      host: 'h',
      memoryMiB: 4,
      placement: { mode: 'strict', nodes: [0] },
      workload: { occupancyPercent: 50, kernelPercent: 0, lifetime: { law: 'exponential', meanMs: 300 } },
    },
  ],
  commands: [{ at: 1, type: 'compact', vm: 'v', nodes: [1] }],
};

/** Over `runs` / 2 mean lifetimes and two seeds. */
export function smallSweep(runs: number, more: object = {}): WholeSweep {
  const written = {
    sweep: 1,
    scenario: {},
    vary: [
      { name: 'mean', path: '/vms/v/workload/lifetime/meanMs', from: 100, to: 100 + 10 * (runs / 2 - 1), step: 10 },
    ],
    seeds: { first: 1, count: 2 },
    options: { ticks: 6 },
    metrics: [
      { name: 'ticks', path: '/tick' },
      { name: 'owed', path: '/guests/*/lag/targetActual' },
      { name: 'hash', path: '/hash' },
    ],
    ...more,
  };
  const { value, diagnostics } = readSweep(JSON.stringify(written), 'small');
  if (value === null) throw new Error(JSON.stringify(diagnostics));
  const whole = resolveSweep(value, readScenario(JSON.stringify(SMALL_SCENARIO), 'small').value!);
  if (whole.value === null) throw new Error(JSON.stringify(whole.diagnostics));
  return whole.value;
}
