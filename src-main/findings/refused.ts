/** VMs that libvirt, QEMU or the kernel would refuse to start: those that do not run and have an error. */
import type { Scenario } from '../scenario/index.ts';
import { findAll } from './find.ts';
import { factsOf } from './from-scenario.ts';

/** By name, with the reason: what is short, who holds it, where it would fit. */
export function refusedStarts(scenario: Scenario): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const { severity, vm, text } of findAll(factsOf(scenario, null)).findings) {
    if (severity !== 'error' || vm === null || reasons.has(vm)) continue;
    const stopped = scenario.vms.some(({ name, running }) => name === vm && running === false);
    if (stopped) reasons.set(vm, text);
  }
  return reasons;
}
