/** 100,000 VMs on 50,000 hosts: fewer hosts than 11,555 are not enough. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { highsSolver } from '../../runtime/highs-solver.ts';
import { planFleet } from './plan-fleet.ts';
import { readFleet } from './read-fleet.ts';

test('fleet-100000-1', async () => {
  const text = readFileSync(join(process.env['PAGESHIFT_DATA']!, 'planner', 'fleet-100000-1.fleet.json'), 'utf8');
  const { value: question } = readFleet(text, 'fleet', null);
  const steps = planFleet(question!, await highsSolver(), () => false);
  let step = steps.next(false);
  while (step.done !== true) step = steps.next(false);
  const { status, objective, bound, byClass } = step.value;
  const { hostShapes, vmShapes, vms } = question!.fleet;
  expect(bound?.[1]?.value).toBe(11_555);
  expect(objective?.[1]?.value).toBeLessThanOrEqual(11_567);
  expect(status).toBe('optimal');
  // Every VM is somewhere, and no class takes more than its hosts have.
  const placed = vmShapes.map((_, shape) =>
    byClass.reduce((sum, each) => sum + each.count * (each.vms[shape] ?? 0), 0),
  );
  expect(placed).toEqual(vmShapes.map((_, shape) => vms.filter((each) => each === shape).length));
  for (const { host, vms: counts } of byClass) {
    const sum = (key: 'memoryMiB' | 'vcpus'): number => Object.entries(counts).reduce((total, [shape, n]) => total + n * vmShapes[Number(shape)]![key], 0); // prettier-ignore
    expect(sum('memoryMiB')).toBeLessThanOrEqual(
      hostShapes[host]!.nodes.reduce((total, node) => total + node.memoryMiB, 0),
    );
    expect(sum('vcpus')).toBeLessThanOrEqual(hostShapes[host]!.nodes.reduce((total, node) => total + node.cpus, 0));
  }
});
