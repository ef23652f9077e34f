/** Scenarios of the runtime's tests. */
import { readFileSync } from 'node:fs';
import type { Scenario, ScenarioInput } from '../scenario/index.ts';
import { canonicalText, readScenario } from '../scenario/index.ts';

export function scenarioOf(text: string): Scenario {
  const { value, diagnostics } = readScenario(text, 'test');
  if (value === null) throw new Error(JSON.stringify(diagnostics));
  return value;
}

export const example = (name: string): Scenario =>
  scenarioOf(readFileSync(new URL(`../../shared/examples/${name}.pageshift.json`, import.meta.url), 'utf8'));

/** 64 MiB on two nodes, gathered on one at tick 3. */
export function small(change: Partial<ScenarioInput> = {}): Scenario {
  const input: ScenarioInput = {
    pageshift: 1,
    name: 'small',
    hosts: [{ name: 'h', nodes: [0, 1].map((nid) => ({ nid, memoryMiB: 256 })) }],
    vms: [
      {
        name: 'v',
        host: 'h',
        memoryMiB: 64,
        cells: [0, 1].map((id) => ({ id, memoryMiB: 32 })),
        memnodes: [0, 1].map((cell) => ({ cell, mode: 'strict', nodes: [cell] })),
        regeneration: { delayMs: 500 },
        workload: { lifetime: { law: 'exponential', meanMs: 1000 } },
      },
    ],
    commands: [{ at: 3, type: 'compact', vm: 'v', nodes: [1], rateMiBps: 64 }],
    ...change,
  };
  return scenarioOf(canonicalText(input));
}

/** 64 MiB on a host of two nodes, moved at tick 3 to one of three smaller ones. */
export function moving(change: Partial<ScenarioInput> = {}): Scenario {
  return small({
    name: 'moving',
    hosts: [
      { name: 'h', nodes: [0, 1].map((nid) => ({ nid, memoryMiB: 256 })) },
      { name: 'k', nodes: [0, 1, 2].map((nid) => ({ nid, memoryMiB: 40 })) },
    ],
    links: [{ name: 'l', hosts: ['h', 'k'], bandwidthMiBps: 64 }],
    commands: [{ at: 3, type: 'migrate', vm: 'v', toHost: 'k' }],
    ...change,
  });
}
