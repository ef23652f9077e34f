/**
 * What a guest's shell and its programs run on: read access to the guest's files, one function to write to them, and
 * simulated time. The owner of the world provides it; the shell itself never sees a world.
 */
import type { Errno, GuestFiles, Written } from '../engine/index.ts';

/** The guest's files, to be looked at. */
export type FilesToRead = Pick<GuestFiles, 'stat' | 'list' | 'read' | 'resolve'>;

export interface ShellHost {
  /** Of the guest as it is now: a world that was taken back has other files. */
  files(): FilesToRead;
  /** A command as it was typed, over one line or several, begins; what is written until `endLine` is its doing. */
  beginLine(text: string): void;
  endLine(): void;
  /** One write(2) of at most MAX_WRITE_CHARS, between beginLine and endLine. */
  write(path: string, text: string): Written;
  /** Simulated milliseconds since power-on: the only clock of a guest. */
  nowMs(): number;
  /** Steps the world by so much simulated time. Ends early when the signal says so. */
  sleep(seconds: number, signal: AbortSignal): Promise<void>;
  /** Gives the thread to whoever waits for it, once. */
  breathe(): Promise<void>;
}

/** What write(2) takes at once: a page, as sysfs and debugfs do. */
const MAX_WRITE_CHARS = 4096;

/** Of no guest file: kept in memory, for as long as the shell lives. */
const GUEST_ROOTS = ['/proc', '/sys', '/dev/kmsg'];

/** Whether an absolute, normal path is one of the guest's own interfaces. */
export const isGuestPath = (path: string): boolean =>
  GUEST_ROOTS.some((root) => path === root || path.startsWith(`${root}/`));

/** Writes all of a text, as a program does that sends again what was not taken. */
export function writeAll(host: Pick<ShellHost, 'write'>, path: string, text: string): Errno | null {
  let rest = text;
  while (rest !== '') {
    const written = host.write(path, rest.slice(0, MAX_WRITE_CHARS));
    if (!written.ok) return written.errno;
    if (written.consumed <= 0) return 'EIO';
    rest = rest.slice(written.consumed);
  }
  return null;
}

/** strerror(3). */
const ERRNO_TEXT: Readonly<Record<Errno, string>> = {
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EACCES: 'Permission denied',
  EINVAL: 'Invalid argument',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  ENOMEM: 'Cannot allocate memory',
  ENODEV: 'No such device',
  EIO: 'Input/output error',
  ENOSPC: 'No space left on device',
  ENAMETOOLONG: 'File name too long',
  killed: 'Killed',
  hangs: 'does not return: a task that was killed holds the mutex',
};

export const errnoText = (errno: Errno): string => ERRNO_TEXT[errno];

/** 128 + SIGKILL. */
export const EXIT_KILLED = 137;
