/** Where an installation finds its parts and a person's data lie, for the shells that have no Electron to ask. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Of a checkout. A packaged application has its own. */
export const checkout = {
  page: join(root, 'out', 'renderer'),
  examples: join(root, 'shared', 'examples'),
  manifest: join(root, 'package.json'),
} as const;

export interface Home {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** os.homedir() */
  readonly folder: string;
}

/** Journals, settings, recent files, where each system keeps such things. */
export function dataFolder({ platform, environment, folder }: Home): string {
  if (platform === 'darwin') return join(folder, 'Library', 'Application Support', 'Pageshift');
  if (platform === 'win32') return join(environment['APPDATA'] ?? join(folder, 'AppData', 'Roaming'), 'Pageshift');
  return join(environment['XDG_CONFIG_HOME'] ?? join(folder, '.config'), 'Pageshift');
}

/** Where scenarios are saved by name. */
export function documentsFolder({ environment, folder }: Home): string {
  return environment['XDG_DOCUMENTS_DIR'] ?? join(folder, 'Documents');
}
