/** About what it takes to run a scenario: memory, and the time that its making and a tick take. Orders of magnitude. */
import { ticksFromMs } from '../../shared/schema/convert.ts';
import { PAGES_PER_HUGE } from '../../shared/units/index.ts';
import { pagesOf } from './quantity.ts';
import type { Scenario, ScenarioVm } from './schema.ts';

/** Blocks that a guest frees and allocates anew in a second of this machine, about. */
const BLOCKS_PER_SEC = 2_000_000;
/** A lifetime is drawn in 1/256 tick. */
const LEAST_LIFE_TICKS = 1 / 256;

// Measured: 145 MiB for a guest of 64 GiB with 70 % in use, 810 MiB for 4,096 of 64 MiB.
const BYTES_OF_PAGE = 1.5;
const BYTES_OF_BLOCK = 12;
const BYTES_OF_VM = 48 * 1024;
/** Of the program itself. */
const BYTES_AT_LEAST = 100 * 2 ** 20;

export interface VmWork {
  /** Blocks of memory in use that can die. */
  readonly blocks: number;
  readonly deathsPerTick: number;
  readonly tickSec: number;
  readonly warmupSec: number;
}

export function workOfVm(vm: ScenarioVm, tickMs: number): VmWork {
  const { workload } = vm;
  if (workload === null) return { blocks: 0, deathsPerTick: 0, tickSec: 0, warmupSec: 0 };
  const { occupancyPercent, kernelPercent, hugePercent, lifetime } = workload;
  const movable = (pagesOf(vm) * (occupancyPercent / 100) * (100 - kernelPercent)) / 100;
  const blocks = movable * (1 - hugePercent / 100) + (movable * hugePercent) / 100 / PAGES_PER_HUGE;
  const meanMs = lifetime.law === 'exponential' ? lifetime.meanMs : lifetime.scaleMs / (lifetime.alpha - 1);
  const deathsPerTick = blocks / Math.max(LEAST_LIFE_TICKS, meanMs / tickMs);
  const tickSec = deathsPerTick / BLOCKS_PER_SEC;
  const warmupSec = workload.start === 'fresh' ? ticksFromMs(workload.warmupMs, tickMs) * tickSec : 0;
  return { blocks, deathsPerTick, tickSec, warmupSec };
}

export interface WorkEstimate {
  readonly memoryMiB: number;
  /** Until the first tick, warm-ups included. */
  readonly makeSec: number;
  readonly tickSec: number;
}

export function workEstimate({ vms, tickMs }: Scenario): WorkEstimate {
  let [bytes, makeSec, tickSec] = [BYTES_AT_LEAST, 0, 0];
  for (const vm of vms) {
    const work = workOfVm(vm, tickMs);
    bytes += pagesOf(vm) * BYTES_OF_PAGE + work.blocks * BYTES_OF_BLOCK + BYTES_OF_VM;
    makeSec += work.blocks / BLOCKS_PER_SEC + work.warmupSec;
    tickSec += work.tickSec;
  }
  return { memoryMiB: Math.ceil(bytes / 2 ** 20), makeSec, tickSec };
}
