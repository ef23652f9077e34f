/**
 * Which Electron the specs run in: the real runtime where it is installed, otherwise the stand-in in e2e/standin, a small
 * executable over the browser that answers what Playwright asks of Electron. Both are started through
 * ELECTRON_OVERRIDE_DIST_PATH or its absence, so a spec cannot tell them apart.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ElectronRuntime {
  readonly kind: 'electron' | 'stand-in';
  /** Value of ELECTRON_OVERRIDE_DIST_PATH; null: Playwright finds the installed one by itself. */
  readonly folder: string | null;
  /** Which, and why. */
  readonly text: string;
}

export function electronRuntime(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): ElectronRuntime {
  const standIn = join(root, 'e2e', 'standin');
  const named = environment['ELECTRON_OVERRIDE_DIST_PATH'];
  if (named) {
    const kind = named === standIn ? 'stand-in' : 'electron';
    return {
      kind,
      folder: named,
      text: `${kind === 'stand-in' ? 'the stand-in for Electron' : named}, named by ELECTRON_OVERRIDE_DIST_PATH`,
    };
  }
  const binary = installedBinary(join(root, 'node_modules', 'electron'));
  const use = (why: string): ElectronRuntime => ({
    kind: 'stand-in',
    folder: standIn,
    text: `the stand-in for Electron over Chromium: ${why}`,
  });
  if (binary === null) return use("Electron's own runtime is not installed (npx install-electron)");
  if (process.platform === 'linux' && !environment['DISPLAY'] && !environment['WAYLAND_DISPLAY']) {
    return use('Electron is installed and there is no display for it (run under xvfb-run -a)');
  }
  return { kind: 'electron', folder: null, text: `Electron, ${binary}` };
}

/** The package alone has no runtime in it: it comes with the first start that can download it. */
function installedBinary(packageFolder: string): string | null {
  const pathFile = join(packageFolder, 'path.txt');
  if (!existsSync(pathFile)) return null;
  const binary = join(packageFolder, 'dist', readFileSync(pathFile, 'utf8').trim());
  return existsSync(binary) ? binary : null;
}
