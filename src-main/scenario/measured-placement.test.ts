import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fleet } from '../engine/fleet/index.ts';
import { sampleInput } from './fixture.ts';
import type { ScenarioInput, ScenarioVm } from './schema.ts';
import { scenarioSchema } from './schema.ts';
import { toWorldConfig } from './world-config.ts';

type VmInput = NonNullable<ScenarioInput['vms']>[number];
const MIB_KIB = 1024;

const scenarioOf = (vm: Partial<VmInput>) => {
  const input = sampleInput();
  const base: VmInput = { name: 'v', host: 'left', memoryMiB: 512, reserved: [], running: true };
  return scenarioSchema.parse({ ...input, vms: [{ ...base, ...vm }], commands: [] });
};

/** MiB by host node, as the engine places it. */
function placed(vm: Partial<VmInput>): Record<number, number> {
  const { fleet, problems } = Fleet.create(toWorldConfig(scenarioOf(vm)));
  expect(problems).toEqual([]);
  const pages = fleet!.guest(0).backing.pagesByNode(0);
  return Object.fromEntries([...pages].sort((a, b) => a[0] - b[0]).map(([nid, n]) => [nid, n / 256]));
}

const on = (mib: Record<number, number>) =>
  Object.entries(mib).map(([node, n]) => ({ node: Number(node), memoryKiB: n * MIB_KIB }));

describe('a running VM that was measured', () => {
  test('lies where it was, and what it has not touched with the largest part', () => {
    expect(placed({ measured: { nodes: on({ 0: 100, 1: 412 }) } })).toEqual({ 0: 100, 1: 412 });
    expect(placed({ measured: { nodes: on({ 0: 100, 1: 200 }) } })).toEqual({ 0: 100, 1: 412 });
    expect(placed({ measured: { nodes: [] } })).toEqual({ 0: 512 });
  });
  test('is cut where most of it lies if more was measured than it has', () => {
    expect(placed({ measured: { nodes: on({ 0: 20, 1: 530 }) } })).toEqual({ 0: 20, 1: 492 });
    expect(placed({ measured: { nodes: on({ 0: 300, 1: 220 }) } })).toEqual({ 0: 292, 1: 220 });
  });
  test('has each cell where that was measured', () => {
    const cells: ScenarioVm['cells'] = scenarioOf({
      cells: [
        { id: 0, memoryMiB: 256 },
        { id: 1, memoryMiB: 256 },
      ],
    }).vms[0]!.cells;
    const measured = {
      nodes: on({ 0: 200, 1: 312 }),
      cells: [
        { cell: 0, nodes: on({ 1: 256 }) },
        { cell: 1, nodes: on({ 0: 200, 1: 56 }) },
      ],
    };
    const config = toWorldConfig(scenarioOf({ cells, measured }));
    expect(config.guests[0]!.placement.map(({ start, end, nodes }) => [start, end, nodes])).toEqual([
      [0, 256 * 256, [1]],
      [256 * 256, 512 * 256, [1, 0]],
    ]);
    expect(placed({ cells, measured })).toEqual({ 0: 200, 1: 312 });
  });
  test('starts as it is placed when it did not run', () => {
    expect(placed({ measured: { nodes: on({ 1: 512 }) }, running: false })).toEqual({ 0: 256, 1: 256 });
  });

  const SEED = 4711;
  test(`has all its pages somewhere, whatever was measured: seed ${SEED}`, () => {
    const kib = fc.integer({ min: 0, max: 600 * MIB_KIB });
    const property = fc.property(kib, kib, fc.constantFrom(4, 2048), (a, b, pageKiB) => {
      const nodes = [
        { node: 0, memoryKiB: a },
        { node: 1, memoryKiB: b },
      ];
      const mib = placed({ measured: { nodes }, backing: { pageKiB: pageKiB as 4 | 2048 } });
      expect(Object.values(mib).reduce((sum, n) => sum + n, 0)).toBe(512);
    });
    fc.assert(property, { seed: SEED, numRuns: 200 });
  });
});
