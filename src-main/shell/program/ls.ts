/** `ls [-1aAdlU] [FILE...]`, a name a line: the package's own knows no links and no root. */
import type { FsStat } from 'just-bash';

export interface LsFiles {
  resolvePath(base: string, path: string): string;
  stat(path: string): Promise<FsStat>;
  lstat(path: string): Promise<FsStat>;
  readdir(path: string): Promise<string[]>;
  readlink(path: string): Promise<string>;
}

interface Flags {
  readonly all: boolean;
  readonly long: boolean;
  readonly directory: boolean;
  readonly unsorted: boolean;
}

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** @param nowMs the guest's time: files that are not half a year old are shown with their hour. */
export async function ls(args: readonly string[], cwd: string, fs: LsFiles, nowMs: number): Promise<Printed> {
  const letters = args.filter((arg) => /^-./.test(arg)).flatMap((arg) => [...arg.slice(1)]);
  const unknown = letters.find((letter) => !'1aAdlU'.includes(letter));
  if (unknown !== undefined) return { stdout: '', stderr: `ls: invalid option -- '${unknown}'\n`, exitCode: 2 };
  const has = (letter: string): boolean => letters.includes(letter);
  const flags: Flags = { all: has('a') || has('A'), long: has('l'), directory: has('d'), unsorted: has('U') };
  const named = args.filter((arg) => !/^-./.test(arg));
  const paths = named.length === 0 ? ['.'] : [...named].sort();

  let stderr = '';
  const files: string[] = [];
  const folders: string[] = [];
  for (const path of paths) {
    try {
      const at = fs.resolvePath(cwd, path);
      // A link to a folder is listed as what it leads to, but for -l, which shows the link.
      const stat = flags.long || flags.directory ? await fs.lstat(at) : await fs.stat(at);
      const into = stat.isDirectory || (flags.long && path.endsWith('/') && (await fs.stat(at)).isDirectory);
      (into && !flags.directory ? folders : files).push(path);
    } catch {
      stderr += `ls: ${path}: No such file or directory\n`;
    }
  }

  const parts: string[] = [];
  if (files.length > 0) parts.push(await linesOf(files, cwd, fs, flags, nowMs));
  for (const folder of folders) {
    const at = fs.resolvePath(cwd, folder);
    const found = await fs.readdir(at);
    const names = (flags.unsorted ? found : [...found].sort(byName)).filter(
      (name) => flags.all || !name.startsWith('.'),
    );
    const title = paths.length > 1 ? `${folder}:\n` : '';
    parts.push(`${title}${flags.long ? 'total 0\n' : ''}${await linesOf(names, at, fs, flags, nowMs)}`);
  }
  return { stdout: parts.join('\n'), stderr, exitCode: stderr === '' ? 0 : 1 };
}

async function linesOf(
  names: readonly string[],
  folder: string,
  fs: LsFiles,
  { long }: Flags,
  nowMs: number,
): Promise<string> {
  if (!long) return names.map((name) => `${name}\n`).join('');
  let text = '';
  for (const name of names) {
    const at = fs.resolvePath(folder, name);
    const stat = await fs.lstat(at);
    const target = stat.isSymbolicLink ? ` -> ${await fs.readlink(at)}` : '';
    const size = String(stat.isDirectory || stat.isSymbolicLink ? 0 : stat.size).padStart(8);
    text += `${modeText(stat)}    1 root     root     ${size} ${dateText(stat.mtime, nowMs)} ${name}${target}\n`;
  }
  return text;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const HALF_YEAR_MS = 180 * 86_400_000;

/** `Jan  1 00:10`, and with the year instead of the hour where it is half a year off. UTC. */
function dateText(at: Date, nowMs: number): string {
  const day = `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)}`;
  if (Math.abs(nowMs - at.getTime()) >= HALF_YEAR_MS) return `${day}  ${at.getUTCFullYear()}`;
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

function modeText({ mode, isDirectory, isSymbolicLink }: FsStat): string {
  const bits = [...'rwxrwxrwx'].map((letter, i) => ((mode >> (8 - i)) & 1 ? letter : '-')).join('');
  return `${isSymbolicLink ? 'l' : isDirectory ? 'd' : '-'}${bits}`;
}

/** By code units, as LC_ALL=C has it. */
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
