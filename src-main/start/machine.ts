/** The machine that `npm start` runs on, as choice.ts looks at it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noDisplay } from '../web/index.ts';
import type { Machine } from './choice.ts';

const ANSWER_MS = 3000;
const VERSION_MS = 10_000;
const INSTALL_MS = 5 * 60_000;

/** As @electron/get finds it: a mirror, or GitHub. */
function downloadHost(environment: Machine['environment']): string {
  const names = ['ELECTRON_MIRROR', 'electron_mirror', 'npm_config_electron_mirror'];
  const mirror = names.map((name) => environment[name]).find((value) => value);
  return mirror ?? 'https://github.com/electron/electron/releases/';
}

export function thisMachine(root: string, say: (line: string) => void): Machine {
  const { platform, env: environment } = process;
  const electronFolder = join(root, 'node_modules', 'electron');
  return {
    platform,
    environment,
    electronFolder,
    isRoot: process.getuid?.() === 0,
    noDisplay: noDisplay({ platform, environment }),
    exists: existsSync,
    read(path) {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return null;
      }
    },
    version(binary) {
      const { status, stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: VERSION_MS });
      return status === 0 ? stdout.trim() : null;
    },
    async answers() {
      try {
        await fetch(downloadHost(environment), { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_MS) });
        return true;
      } catch {
        return false;
      }
    },
    install() {
      const { status, signal } = spawnSync(process.execPath, [join(electronFolder, 'install.js')], {
        stdio: ['ignore', 2, 2],
        timeout: INSTALL_MS,
      });
      const failure =
        signal === null ? `it ended with code ${status}` : `it was not done in ${INSTALL_MS / 60_000} minutes`;
      return Promise.resolve(status === 0 ? null : failure);
    },
    say,
  };
}
