/** TESTS ONLY. A guest for the shell: files in a map, a record of writes, and time that only counts. */
import type { FileStat, Read, Written } from '../engine/index.ts';
import type { FilesToRead, ShellHost } from './host.ts';

/** Contents by path; a link is `-> target`. Folders are where files are. */
export type Tree = Readonly<Record<string, string>>;

export class FakeHost implements ShellHost {
  readonly written: { readonly path: string; readonly text: string }[] = [];
  slept = 0;
  breaths = 0;
  readonly #tree: Map<string, string>;
  /** What a write comes to; otherwise all of it is taken. */
  readonly #answer: (path: string, text: string) => Written | null;

  constructor(tree: Tree, answer: (path: string, text: string) => Written | null = () => null) {
    this.#tree = new Map(Object.entries(tree));
    this.#answer = answer;
  }

  files(): FilesToRead {
    return {
      stat: (path) => this.#stat(path),
      list: (path) => this.#list(this.#resolve(path)),
      read: (path) => this.#read(path),
      resolve: (path) => this.#resolve(path),
    };
  }

  readonly lines: string[] = [];

  beginLine(text: string): void {
    this.lines.push(text);
  }

  endLine(): void {
    this.lines.push('');
  }

  write(path: string, text: string): Written {
    const real = this.#resolve(path);
    if (real === null) return { ok: false, errno: 'EACCES' };
    const answer = this.#answer(real, text);
    if (answer?.ok !== false) this.written.push({ path: real, text });
    return answer ?? { ok: true, consumed: text.length };
  }

  sleep(seconds: number): Promise<void> {
    this.slept += seconds;
    return Promise.resolve();
  }

  nowMs(): number {
    return this.slept * 1000;
  }

  async breathe(): Promise<void> {
    this.breaths++;
    await new Promise((resolve) => setImmediate(resolve));
  }

  #isFolder(path: string): boolean {
    return path === '/' || [...this.#tree.keys()].some((each) => each.startsWith(`${path}/`));
  }

  #stat(path: string): FileStat | null {
    const text = this.#tree.get(path);
    const target = text?.startsWith('-> ') ? text.slice(3) : undefined;
    if (target !== undefined) return { kind: 'link', mode: 0o777, size: target.length, target };
    if (text !== undefined) return { kind: 'file', mode: 0o600, size: 0 };
    return this.#isFolder(path) ? { kind: 'dir', mode: 0o755, size: 0 } : null;
  }

  #list(path: string | null): readonly string[] | null {
    if (path === null || !this.#isFolder(path)) return null;
    const below = [...this.#tree.keys()].filter((each) => each.startsWith(`${path}/`));
    return [...new Set(below.map((each) => each.slice(path.length + 1).split('/')[0]!))];
  }

  #read(path: string): Read {
    const real = this.#resolve(path);
    if (real === null) return { ok: false, errno: 'ENOENT' };
    const text = this.#tree.get(real);
    return text === undefined ? { ok: false, errno: 'EISDIR' } : { ok: true, text };
  }

  #resolve(path: string): string | null {
    let at = '';
    for (const part of path.split('/').filter((each) => each !== '' && each !== '.')) {
      const next = part === '..' ? at.replace(/\/[^/]*$/, '') : `${at}/${part}`;
      const text = this.#tree.get(next);
      if (text?.startsWith('-> ')) {
        const target = text.slice(3);
        const real = this.#resolve(target.startsWith('/') ? target : `${at}/${target}`);
        if (real === null) return null;
        at = real;
      } else at = next;
    }
    if (at === '') return '/';
    return this.#tree.has(at) || this.#isFolder(at) ? at : null;
  }
}
