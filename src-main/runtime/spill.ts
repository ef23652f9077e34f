/** Files of what does not fit in memory. Whoever writes one can do without it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../store/private-mode.ts';

/** Writes one. @returns false when it could not; then nothing of it takes room where there may be none. */
export function spilled(folder: string, name: string, bytes: Uint8Array): boolean {
  const file = join(folder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
    writeFileSync(file, bytes, { mode: PRIVATE_FILE });
    return true;
  } catch {
    try {
      rmSync(file, { force: true });
    } catch {
      // There is no folder that it could be in.
    }
    return false;
  }
}
