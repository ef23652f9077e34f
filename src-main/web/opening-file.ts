/**
 * The page that a person's browser is started with. Every local user can read the command line of a process, so the
 * address with its token is not put there: the browser is given the path of a file that only this user can read, and
 * the file sends it on.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OpeningFile {
  readonly path: string;
  /** Idempotent. */
  remove(): void;
}

/**
 * @param address with a token that is spent by its first use.
 * @param folder where a folder of mode 0700 is made for the file, whose mode is 0600.
 */
export function writeOpeningFile(address: string, folder = privateFolder()): OpeningFile {
  const own = mkdtempSync(join(folder, 'pageshift-open-')); // 0700
  const path = join(own, 'open.html');
  writeFileSync(path, pageTo(address), { mode: 0o600, flag: 'wx' });
  return { path, remove: () => rmSync(own, { recursive: true, force: true }) };
}

/** The user's own folder for such files where the system has one. */
const privateFolder = (): string => process.env['XDG_RUNTIME_DIR'] || tmpdir();

/** @param address made of URL characters alone, so that nothing in it needs escaping. */
const pageTo = (address: string): string =>
  `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Pageshift</title>` +
  `<meta http-equiv="refresh" content="0; url=${address}"><p><a href="${address}">Open Pageshift</a></p>\n`;
