/**
 * A thread that dies of some points, for tests: seed 1 ends its thread the first time, seed 2 every time, seed 3 throws.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PointTask } from './pool.ts';
import realWorker from './point-worker.ts';

export default function runPoint(task: PointTask): ReturnType<typeof realWorker> {
  const { seed } = JSON.parse(task.input.scenario) as { readonly seed: number };
  const mark = join(process.env['PAGESHIFT_TEST_FOLDER']!, `died-${seed}`);
  if (seed === 2 || (seed === 1 && !existsSync(mark))) {
    writeFileSync(mark, '');
    process.exit(3);
  }
  if (seed === 3) throw new Error('seed 3');
  return realWorker(task);
}
