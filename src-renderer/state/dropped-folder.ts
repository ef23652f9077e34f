/**
 * The files of what was dropped, folders looked through: each named by its path below the folder, since a tool's file is known
 * by where it stands (/proc/PID/numa_maps). A browser hands entries out only while the drop is handled: ask at once.
 */
import type { FileLike } from './dropped-file.ts';

/** A folder of a host's files has some hundred. */
const MAX_FOUND = 4096;
const MAX_DEPTH = 16;

/** Of a FileSystemEntry. */
interface Entry {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly name: string;
  file?(taken: (file: File) => void, failed: (error: unknown) => void): void;
  createReader?(): { readEntries(taken: (entries: readonly Entry[]) => void, failed: (error: unknown) => void): void };
}

export interface DroppedItem {
  webkitGetAsEntry?(): Entry | null;
  getAsFile(): File | null;
}

/** Files and, of folders, the files below them. */
export async function filesIn(items: readonly DroppedItem[]): Promise<readonly FileLike[]> {
  // Everything is asked of the items before the first wait.
  const entries = items.map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const found: FileLike[] = [];
  for (const { entry, file } of entries) {
    if (entry?.isDirectory) await walk(entry, entry.name, 0, found);
    else if (file !== null) found.push(file);
  }
  return found.slice(0, MAX_FOUND);
}

/** A file of a folder that was chosen, by its path below the folder's parent. */
export const inFolder = (file: File): FileLike => {
  const path = file.webkitRelativePath;
  return path === '' ? file : named(path, file);
};

const named = (name: string, file: Pick<File, 'size' | 'text'>): FileLike => ({
  name,
  size: file.size,
  text: () => file.text(),
});

async function walk(folder: Entry, path: string, depth: number, found: FileLike[]): Promise<void> {
  const reader = folder.createReader!();
  const entries: Entry[] = [];
  for (;;) {
    // A browser gives some hundred at a time.
    const some = await new Promise<readonly Entry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0 || found.length + entries.length > MAX_FOUND) break;
    entries.push(...some);
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (found.length > MAX_FOUND) return;
    const name = `${path}/${entry.name}`;
    if (entry.isDirectory && depth < MAX_DEPTH) await walk(entry, name, depth + 1, found);
    else if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => entry.file!(resolve, reject));
      found.push(named(name, file));
    }
  }
}
