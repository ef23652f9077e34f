/**
 * The thread of a pool: one point of a sweep after the other. It looks at its memory between two steps and gives up a
 * point that takes too much, as buffers are not under the limit of the language's heap.
 */
import { getHeapStatistics } from 'node:v8';
import { jobOf } from '../jobs/index.ts';
import type { LoggedResult } from './result-log.ts';
import type { PointTask } from './pool.ts';

const LOOK_MS = 50;

export default function runPoint({ input, memoryMib }: PointTask): LoggedResult {
  const begunMs = performance.now();
  const steps = jobOf('point')(input);
  let memoryBytes = usedBytes();
  let lookedMs = begunMs;
  for (let step = steps.next(); ; step = steps.next(false)) {
    const nowMs = performance.now();
    if (step.done === true || nowMs - lookedMs >= LOOK_MS) {
      lookedMs = nowMs;
      memoryBytes = Math.max(memoryBytes, usedBytes());
      if (memoryBytes > memoryMib * 2 ** 20)
        throw new Error(`The run takes more than ${memoryMib} MiB of memory (--memory).`);
    }
    if (step.done === true) return { result: step.value, ms: Math.round(nowMs - begunMs), memoryBytes };
  }
}

function usedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
