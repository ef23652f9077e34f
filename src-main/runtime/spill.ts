/** Files of what does not fit in memory. Whoever writes one can do without it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes one. @returns false when it could not; then nothing of it takes room where there may be none. */
export function spilled(folder: string, name: string, bytes: Uint8Array): boolean {
  const file = join(folder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, bytes, { mode: 0o600 });
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
