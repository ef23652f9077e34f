/**
 * A lock file names the process that uses something. It is created as a whole and only where there is none (by linking
 * a file that is already written), so that two processes never both hold it; the lock of a process that is gone is
 * taken over.
 *
 * A process is identified by its number, its start and the boot of the machine, as numbers are reused. None of these
 * depends on wall-clock time, which may be set while a machine runs: a living process must not look dead then.
 */
import { readFileSync } from 'node:fs';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { PRIVATE_FILE } from './private-mode.ts';

interface ProcessMark {
  readonly pid: number;
  /** When the process started, in clock ticks since boot; null where the system does not tell. */
  readonly started: string | null;
  /** The kernel's own name of this boot; null where the system does not tell. */
  readonly bootId: string | null;
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

/** State and start of a process: fields 3 and 22 of /proc/PID/stat. The name before them may contain anything. */
function statOf(pid: number): { readonly state: string; readonly started: string | null } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', started: fields[19] ?? null };
  } catch {
    return null;
  }
}

/** A zombie: dead, but its number is not free yet, as its parent has not collected its exit status. */
const ENDED: readonly string[] = ['Z', 'X'];

const ownMark = (): ProcessMark => ({
  pid: process.pid,
  started: statOf(process.pid)?.started ?? null,
  bootId: bootId(),
});

/** Takes the lock that the file `path` represents. @returns false when a living process holds it. */
export async function takeLock(path: string): Promise<boolean> {
  if (await made(path)) return true;
  const found = await textOf(path);
  if (found !== null && isAlive(found)) return false;
  if (found !== null) {
    // Moved aside before it is judged a second time: another process may have taken it over in between.
    const aside = `${path}.${process.pid}`;
    try {
      await rename(path, aside);
    } catch {
      return await made(path);
    }
    if ((await textOf(aside)) !== found) {
      await rename(aside, path);
      return false;
    }
    await unlink(aside);
  }
  return await made(path);
}

/** Whether a living process has it. */
export async function isLocked(path: string): Promise<boolean> {
  const found = await textOf(path);
  return found !== null && isAlive(found);
}

export async function dropLock(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}

let makings = 0;

async function made(path: string): Promise<boolean> {
  const own = `${path}.${process.pid}.${++makings}`;
  const mark = JSON.stringify(ownMark());
  try {
    await writeFile(own, mark, { flag: 'wx', flush: true, mode: PRIVATE_FILE });
    await link(own, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      // A file system without links: for a moment the lock is there and empty.
      return writeFile(path, mark, { flag: 'wx', flush: true, mode: PRIVATE_FILE });
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(own).catch(() => undefined);
  }
}

const textOf = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);

/** An incomplete lock belongs to no process. */
function isAlive(text: string): boolean {
  let mark: Partial<ProcessMark> | null;
  try {
    mark = JSON.parse(text) as Partial<ProcessMark> | null;
  } catch {
    return false;
  }
  const pid = mark?.pid;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return false;
  if (typeof mark?.bootId === 'string' && mark.bootId !== (bootId() ?? mark.bootId)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It lives, but is another person's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = statOf(pid);
  if (stat === null) return true;
  if (ENDED.includes(stat.state)) return false;
  return stat.started === null || typeof mark?.started !== 'string' || stat.started === mark.started;
}
