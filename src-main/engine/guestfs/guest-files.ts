/**
 * The guest's own interfaces as files: /proc, /sys, debugfs, /dev/kmsg. Paths are absolute; `.`, `..` and links in them
 * mean what they mean to Linux. The caller is root.
 *
 * (a) Reading never changes the guest; two reads without a step or a write between them are equal.
 * (b) A write is one write(2) of the whole text. It changes the guest and returns the events of it; a write outside a
 *     command would break replay, so only the world writes (World.write).
 * (c) What a file says is computed when it is read: nothing is kept here.
 */
import type { Guest } from '../vm/index.ts';
import { type DirNode, type Errno, fail, type FsNode, ok, type WriteOutcome } from './node.ts';
import type { Outside } from './outside.ts';
import { rootOf } from './root.ts';

export interface FileStat {
  readonly kind: 'file' | 'dir' | 'link';
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
  /** Of a link. */
  readonly target?: string;
}

export type Read = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly errno: Errno };

/** Links followed in one path, as Linux's MAXSYMLINKS. */
const MAX_LINKS = 40;
const MAX_PATH = 1024;
/** Most characters that one write(2) takes: a page, as sysfs and debugfs do. */
export const MAX_WRITE = 4096;

interface Found {
  readonly path: string;
  readonly node: FsNode;
}

export class GuestFiles {
  readonly #guest: Guest;
  readonly #outside: Outside;
  /** Made when it is first asked for: few of many guests are ever looked into. */
  #made: DirNode | null = null;

  constructor(guest: Guest, outside: Outside) {
    this.#guest = guest;
    this.#outside = outside;
  }

  get #root(): DirNode {
    return (this.#made ??= rootOf(this.#guest, this.#outside));
  }

  /** What is at the path; a link at its end is not followed. */
  stat(path: string): FileStat | null {
    const found = this.#walk(path, false);
    if (typeof found === 'string') return null;
    const { node } = found;
    if (node.kind === 'link') return { kind: 'link', mode: 0o777, size: node.target.length, target: node.target };
    return { kind: node.kind, mode: node.mode, size: node.kind === 'file' ? node.size : 0 };
  }

  /** Names in a folder, in the folder's own order; null when it is none. Links are followed. */
  list(path: string): readonly string[] | null {
    const found = this.#walk(path);
    return typeof found === 'string' || found.node.kind !== 'dir' ? null : [...found.node.names()];
  }

  read(path: string): Read {
    const found = this.#walk(path);
    if (typeof found === 'string') return { ok: false, errno: found };
    if (found.node.kind !== 'file') return { ok: false, errno: 'EISDIR' };
    if (found.node.read === null) return { ok: false, errno: 'EACCES' };
    return { ok: true, text: found.node.read() };
  }

  /** @returns `reached`: whether a file's write method was asked, so that the guest may have changed. */
  write(path: string, text: string): WriteOutcome & { readonly reached: boolean } {
    if (text === '') return { ...ok(0), reached: false };
    const found = this.#walk(path);
    // Nothing can be created here, not even by root.
    if (found === 'ENOENT' && !path.startsWith('/proc')) return { ...fail('EACCES'), reached: false };
    if (typeof found === 'string') return { ...fail(found), reached: false };
    if (found.node.kind !== 'file') return { ...fail('EISDIR'), reached: false };
    if (found.node.write === null) return { ...fail('EACCES'), reached: false };
    return { ...found.node.write(text.slice(0, MAX_WRITE)), reached: true };
  }

  /** The path of what a path leads to, without links; null when there is nothing. */
  resolve(path: string): string | null {
    const found = this.#walk(path);
    return typeof found === 'string' ? null : found.path;
  }

  #walk(path: string, follow = true): Found | Errno {
    if (path.length > MAX_PATH) return 'ENAMETOOLONG';
    const todo = path.split('/').filter((part) => part !== '' && part !== '.');
    if (!path.startsWith('/')) return 'ENOENT';
    const at: { readonly name: string; readonly node: FsNode }[] = [];
    let links = 0;
    for (let i = 0; i < todo.length;) {
      const name = todo[i++]!;
      const here: FsNode = at.at(-1)?.node ?? this.#root;
      if (here.kind !== 'dir') return 'ENOTDIR';
      if (name === '..') {
        at.pop();
        continue;
      }
      const node = here.get(name);
      if (node === null) return 'ENOENT';
      if (node.kind !== 'link' || (!follow && i === todo.length)) {
        at.push({ name, node });
        continue;
      }
      if (++links > MAX_LINKS) return 'ELOOP';
      if (node.target.startsWith('/')) at.length = 0;
      todo.splice(0, i, ...node.target.split('/').filter((part) => part !== '' && part !== '.'));
      i = 0;
    }
    return { path: `/${at.map(({ name }) => name).join('/')}`, node: at.at(-1)?.node ?? this.#root };
  }
}
