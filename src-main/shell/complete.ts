/** Completions of the end of a line: a program's name where a command begins, otherwise a path. */
import type { IFileSystem } from 'just-bash';
import type { ShellCompletion } from '../../shared/protocol/guest.ts';

const MAX_CANDIDATES = 200;

export interface CompletionPlace {
  readonly fs: Pick<IFileSystem, 'readdir' | 'stat' | 'resolvePath'>;
  readonly cwd: string;
  readonly home: string;
  /** Of programs, builtins and functions. */
  readonly names: readonly string[];
}

export async function complete(line: string, place: CompletionPlace): Promise<ShellCompletion> {
  const word = /[^\s;|&()<>`"'=]*$/.exec(line)![0];
  const from = line.length - word.length;
  const before = line.slice(0, from).trimEnd();
  const beginsCommand =
    !word.includes('/') && (before === '' || /([;|&(`{]|\$\(|\b(do|then|else|if|while))$/.test(before));
  const found = beginsCommand ? place.names : await pathsOf(word, place);
  const candidates = [...new Set(found)].filter((name) => name.startsWith(word)).sort();
  return { candidates: candidates.slice(0, MAX_CANDIDATES), from };
}

/** Paths that begin with what is typed, folders with a slash behind. */
async function pathsOf(word: string, { fs, cwd, home }: CompletionPlace): Promise<string[]> {
  const typed = word.slice(0, word.lastIndexOf('/') + 1);
  const prefix = word.slice(typed.length);
  const folder = fs.resolvePath(cwd, typed === '' ? '.' : typed.replace(/^~(?=\/)/, home));
  const names = await fs.readdir(folder).catch(() => []);
  const paths: string[] = [];
  for (const name of names.filter((each) => each.startsWith(prefix)).sort()) {
    if (name.startsWith('.') && prefix === '') continue;
    if (paths.length >= MAX_CANDIDATES) break;
    const isFolder = await fs.stat(fs.resolvePath(folder, name)).then(
      (stat) => stat.isDirectory,
      () => false,
    );
    paths.push(`${typed}${name}${isFolder ? '/' : ''}`);
  }
  return paths;
}
