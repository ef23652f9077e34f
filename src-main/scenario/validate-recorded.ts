/** Checks of a VM's recorded state: pages that its boot freed late, and its free blocks by zone and order. */
import type { PfnRange } from '../../shared/units/index.ts';
import { PAGES_PER_MIB } from '../../shared/units/index.ts';
import { planFreeBlocks } from '../engine/mm/free-plan.ts';
import type { Check } from './check.ts';
import { holesOf, nrNodeIdsOf, reservedOf, runsByNode } from './guest-map.ts';
import { firstOverlap, pagesIn, subtractRanges } from './pfn-range.ts';
import type { Path } from './problem.ts';
import type { ScenarioVm } from './schema.ts';

/** @param ranges late freed ones that are sound by themselves. */
export function validateFreedLate(check: Check, vm: ScenarioVm, ranges: readonly PfnRange[], path: Path): void {
  const taken = [...holesOf(vm), ...reservedOf(vm)];
  // Neither list overlaps itself.
  const overlap = firstOverlap([...taken, ...ranges]);
  if (overlap === null || overlap[0] >= taken.length) return;
  const range = taken[overlap[0]]!;
  check.error('freed-late-taken', [...path, overlap[1] - taken.length], 'these pages are a hole or stay reserved', {
    expected: `nothing of [${range.start}, ${range.end})`,
  });
}

const ZONES = ['DMA', 'DMA32', 'Normal'] as const;

/** Every list once, and room for its blocks among the managed pages of its zone, so that the boot can lay them. */
export function validateRecordedFree(check: Check, vm: ScenarioVm, path: Path): void {
  if (vm.recordedFree === undefined) return;
  const seen = new Set<string>();
  const bounds = [0, vm.zones.dmaEndMiB, vm.zones.dma32EndMiB].map((mib) => mib * PAGES_PER_MIB);
  const byNode = runsByNode(vm);
  const reserved = reservedOf(vm);
  vm.recordedFree.forEach(({ nid, zone, blocks }, i) => {
    const at = [...path, 'recordedFree', i];
    const name = `node ${nid} zone ${zone}`;
    if (nid >= nrNodeIdsOf(vm)) {
      const expected = `below nrNodeIds, ${nrNodeIdsOf(vm)}`;
      check.error('node-out-of-range', [...at, 'nid'], `VM "${vm.name}" has no node id ${nid}`, {
        found: `${nid}`,
        expected,
      });
      return;
    }
    if (seen.has(name)) check.error('recorded-free-duplicate', at, `the free blocks of ${name} are given twice`);
    seen.add(name);
    const index = ZONES.indexOf(zone);
    const [low, high] = [bounds[index]!, bounds[index + 1] ?? Infinity];
    const managed = (byNode.get(nid) ?? [])
      .map(({ start, end }) => ({ start: Math.max(start, low), end: Math.min(end, high) }))
      .filter(({ start, end }) => start < end)
      .flatMap((range) => subtractRanges(range, reserved));
    const free = blocks.reduce((sum, n, order) => sum + n * 2 ** order, 0);
    if (free > pagesIn(managed)) {
      check.error('recorded-free-too-much', at, `more is free in ${name} than it manages`, {
        found: `${free} pages in its free blocks`,
        expected: `at most ${pagesIn(managed)}`,
      });
      return;
    }
    const plan = planFreeBlocks(managed, blocks);
    if (plan.ok) return;
    const message = `${name} has no room for its free blocks of order ${plan.order}: two buddies would be one of the next order`;
    check.error('recorded-free-no-room', [...at, 'blocks', plan.order], message, {
      found: `${blocks[plan.order]}`,
      expected: `at most ${plan.room}, with the larger ones laid first`,
    });
  });
}
