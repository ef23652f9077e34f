/** The files that the system hands over on a command line: "open with", a second start, a terminal. */
import { resolve } from 'node:path';

/**
 * @param argv of a process of this application, whole
 * @param appPath of an application that is run from its sources: what stands before it is Electron's own; null: packaged
 * @param folder that relative names are relative to
 */
export function filesIn(argv: readonly string[], appPath: string | null, folder: string): readonly string[] {
  const start =
    appPath === null ? 1 : 1 + argv.findIndex((arg, index) => index > 0 && resolve(folder, arg) === appPath);
  if (start === 0) return [];
  return argv
    .slice(start)
    .filter((arg) => arg !== '' && !arg.startsWith('-'))
    .map((arg) => resolve(folder, arg));
}
