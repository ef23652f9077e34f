/**
 * What a run must have come to, computed apart from the window: the command line runs the same scenario, uninterrupted, to
 * the same tick.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunDocument } from '../shared/view/run-document.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The JSON document of `pageshift run`. */
export function referenceRun(scenarioText: string, ticks: number): RunDocument {
  const folder = mkdtempSync(join(tmpdir(), 'pageshift-reference-'));
  try {
    const file = join(folder, 'scenario.pageshift.json');
    writeFileSync(file, scenarioText);
    // Ticks that could not be run at all: a scenario is at tick 0 as it stands.
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['src-main/cli/main.ts', 'run', file, '--ticks', String(ticks), '--json'],
      { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 },
    );
    if (stdout === '') throw new Error(`pageshift run ended with code ${status}: ${stderr}`);
    return JSON.parse(stdout) as RunDocument;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
