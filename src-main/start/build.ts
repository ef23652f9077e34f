/** Whether what was built is still what the sources say, and building it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a build makes, one file of each part. */
const MADE = ['out/main/main.js', 'out/preload/preload.cjs', 'out/renderer/index.html'];
/** What it is made of. */
const SOURCES = ['src-renderer', 'shared', 'src-main', 'electron.vite.config.ts', 'package.json'];

/** @returns why it has to be built; null: it is up to date */
export function staleness(root: string): string | null {
  const missing = MADE.find((file) => !existsSync(join(root, file)));
  if (missing !== undefined) return `there is no ${missing}`;
  const oldestMs = Math.min(...MADE.map((file) => statSync(join(root, file)).mtimeMs));
  for (const source of SOURCES) {
    const newer = newerThan(join(root, source), oldestMs);
    if (newer !== null) return `${newer.slice(root.length).replace(/^[\\/]/, '')} is newer than what was built`;
  }
  return null;
}

/** Tests are no part of it. */
function newerThan(path: string, timeMs: number): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (!found.isDirectory()) return found.mtimeMs > timeMs && !path.endsWith('.test.ts') ? path : null;
  for (const name of readdirSync(path)) {
    const newer = newerThan(join(path, name), timeMs);
    if (newer !== null) return newer;
  }
  return null;
}

/** @throws with what the build said, when it fails */
export function build(root: string): void {
  const script = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  if (!existsSync(script)) throw new Error('electron-vite is not installed: npm ci brings it');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, 'build'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the window could not be built:\n${stdout ?? ''}${stderr ?? ''}`);
}
