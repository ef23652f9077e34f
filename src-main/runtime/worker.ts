/** The thread behind run-in-worker.ts: one scenario text in, the hashes of its run out. */
import { parentPort, workerData } from 'node:worker_threads';
import { formatDiagnostic } from '../../shared/errors/index.ts';
import { readScenario } from '../scenario/index.ts';
import type { RunUntil } from './run.ts';
import { runWorld } from './run.ts';
import type { WorkerResult } from './run-in-worker.ts';

const { scenarioText, until } = workerData as { scenarioText: string; until: RunUntil };
const { value, diagnostics } = readScenario(scenarioText, 'scenario');
if (value === null) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
const { run, problems } = await runWorld(value, { until, version: '' });
if (run === null) throw new Error(problems.map((problem) => problem.text).join('\n'));
const { hash, chain, after } = run.record;
parentPort?.postMessage({ hash, chain, tick: after.header.tick } satisfies WorkerResult);
