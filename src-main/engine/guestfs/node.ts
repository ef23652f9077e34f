/**
 * The nodes of the file tree. A node may be made anew at every lookup or live as long as the guest; callers cannot see
 * the difference, as all that a node holds is how to ask the guest. Reading changes nothing.
 */
import type { WorldEvent } from '../../../shared/model/event.ts';

/**
 * What the kernel answers a system call with. Two are no numbers of errno: the writer was killed by an oops, or waits
 * for ever for a mutex that a killed one holds.
 */
export type Errno =
  | 'ENOENT'
  | 'ENOTDIR'
  | 'EISDIR'
  | 'ELOOP'
  | 'EACCES'
  | 'EINVAL'
  | 'EBUSY'
  | 'EEXIST'
  | 'ENOMEM'
  | 'ENODEV'
  | 'EIO'
  | 'ENOSPC'
  | 'ENAMETOOLONG'
  | 'killed'
  | 'hangs';

/** What a write came to: bytes taken, of the text's length (fewer: the caller sends the rest again), or an error. */
export type Written = { readonly ok: true; readonly consumed: number } | { readonly ok: false; readonly errno: Errno };

/** The result of a write, and its events in order. */
export type WriteOutcome = Written & { readonly events: readonly WorldEvent[] };

export interface FileNode {
  readonly kind: 'file';
  /** Permission bits. The reader is root, so they never deny anything here. */
  readonly mode: number;
  /** As ls -l shows it: 0 in /proc and debugfs, a page in sysfs. */
  readonly size: number;
  /** null: it has no read method (EACCES, also for root). */
  readonly read: (() => string) | null;
  /** null: it has no write method (EACCES, also for root). */
  readonly write: ((text: string) => WriteOutcome) | null;
}

export interface DirNode {
  readonly kind: 'dir';
  readonly mode: number;
  /** In the order in which ls -U lists them. */
  readonly names: () => Iterable<string>;
  readonly get: (name: string) => FsNode | null;
}

export interface LinkNode {
  readonly kind: 'link';
  readonly target: string;
}

export type FsNode = FileNode | DirNode | LinkNode;

export const ok = (consumed: number, events: readonly WorldEvent[] = []): WriteOutcome => ({
  ok: true,
  consumed,
  events,
});

export const fail = (errno: Errno, events: readonly WorldEvent[] = []): WriteOutcome => ({ ok: false, errno, events });

export const link = (target: string): LinkNode => ({ kind: 'link', target });

const SYSFS_SIZE = 4096;

/** A read-only file of /proc or debugfs. */
export const procFile = (read: () => string, mode = 0o444): FileNode => ({
  kind: 'file',
  mode,
  size: 0,
  read,
  write: null,
});

/** A read-only attribute of sysfs. */
export const sysFile = (read: () => string): FileNode => ({
  kind: 'file',
  mode: 0o444,
  size: SYSFS_SIZE,
  read,
  write: null,
});

/** An attribute of sysfs. */
export const sysAttribute = (
  mode: number,
  read: (() => string) | null,
  write: (text: string) => WriteOutcome,
): FileNode => ({ kind: 'file', mode, size: SYSFS_SIZE, read, write });

/** A folder whose names never change. */
export const dir = (children: Readonly<Record<string, FsNode>>, mode = 0o555): DirNode => ({
  kind: 'dir',
  mode,
  names: () => Object.keys(children),
  get: (name) => (Object.hasOwn(children, name) ? children[name]! : null),
});

/** Folders laid over each other: the first that has a name answers for it. */
export const union = (parts: readonly DirNode[], mode = 0o555): DirNode => ({
  kind: 'dir',
  mode,
  names: () => new Set(parts.flatMap((part) => [...part.names()])),
  get: (name) => {
    for (const part of parts) {
      const node = part.get(name);
      if (node !== null) return node;
    }
    return null;
  },
});

/** Members of sysfs or debugfs numbered `<prefix><n>`, such as node0; which n there are may change. */
export const numbered = (
  prefix: string,
  numbers: () => Iterable<number>,
  has: (n: number) => boolean,
  get: (n: number) => FsNode,
): DirNode => ({
  kind: 'dir',
  mode: 0o755,
  names: () => Array.from(numbers(), (n) => `${prefix}${n}`),
  get: (name) => {
    if (!name.startsWith(prefix)) return null;
    const digits = name.slice(prefix.length);
    const n = Number(digits);
    return /^\d{1,15}$/.test(digits) && String(n) === digits && has(n) ? get(n) : null;
  },
});
