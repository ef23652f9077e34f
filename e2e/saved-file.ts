/** Files that the application writes while a spec looks. */
import { existsSync, readFileSync } from 'node:fs';
import { expect } from '@playwright/test';

/** The text of a file, once it is there and holds this. */
export async function savedText(path: string, holds: string): Promise<string> {
  await expect.poll(() => (existsSync(path) ? readFileSync(path, 'utf8') : '')).toContain(holds);
  return readFileSync(path, 'utf8');
}

/** How many commands the scenario at this path has; null: there is none, or not all of it yet. */
export function commandsIn(path: string): number | null {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { commands: unknown[] }).commands.length;
  } catch {
    return null;
  }
}
