/** Resolves a path that a person typed. */
import { resolve } from 'node:path';

/**
 * `npm run` changes to the folder of package.json and passes on the folder that the person was in. Only
 * `npm run pageshift` passes a person's paths; those of other scripts are written in package.json and start at the
 * repository.
 */
export const baseFolder = (): string =>
  (process.env.npm_lifecycle_event === 'pageshift' ? process.env.INIT_CWD : undefined) ?? process.cwd();

export const resolvePath = (path: string): string => resolve(baseFolder(), path);
