/**
 * npm run simtest -- [--seeds N] [--first SEED]
 *
 * Attacks the engine with N worlds (200 unless said) and as many guest memory managers, from seed FIRST (1) on.
 * Exit code 0 when all kept every law, 1 with the shrunk report of the first that did not, 2 for wrong usage.
 */
import { parseArgs } from 'node:util';
import { engineMaker, fuzzMm, runSimtest } from '../src-main/simtest/index.ts';

function readOptions(): { firstSeed: number; seeds: number } | null {
  try {
    const { values } = parseArgs({ options: { seeds: { type: 'string' }, first: { type: 'string' } } });
    const [seeds, firstSeed] = [Number(values.seeds ?? 200), Number(values.first ?? 1)];
    return [seeds, firstSeed].every((n) => Number.isInteger(n) && n > 0) ? { firstSeed, seeds } : null;
  } catch {
    return null; // an option that parseArgs does not know
  }
}

/** The first failure's report, or null. */
function attack({ firstSeed, seeds }: { firstSeed: number; seeds: number }): string | null {
  const onProgress = (done: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\rworlds: ${done} of ${seeds}${done === seeds ? '\n' : ''}`);
  };
  const range = `seeds ${firstSeed}..${firstSeed + seeds - 1}`;
  const { failure, commands, refused } = runSimtest({ firstSeed, seeds, onProgress });
  if (failure !== null) return failure.report;
  console.log(`worlds of ${range}: every law kept under ${commands} commands, ${refused} of them refused`);
  const report = fuzzMm(engineMaker, firstSeed, seeds);
  if (report === null) console.log(`guest memory of ${range}: the engine and the naive allocator agree`);
  return report;
}

const options = readOptions();
if (options === null) {
  console.error('usage: npm run simtest -- [--seeds N] [--first SEED]');
  process.exitCode = 2;
} else {
  const report = attack(options);
  if (report !== null) console.log(report);
  process.exitCode = report === null ? 0 : 1;
}
