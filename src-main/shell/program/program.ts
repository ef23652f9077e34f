/** What a program of the guest is: a function of its arguments that reads and writes the guest's files. */
import type { Errno } from '../../engine/index.ts';
import { errnoText, EXIT_KILLED, type FilesToRead, type ShellHost, writeAll } from '../host.ts';

export type Program = (args: readonly string[], io: ProgramIo) => number | Promise<number>;

export interface ProgramIo {
  readonly files: FilesToRead;
  readonly env: ReadonlyMap<string, string>;
  /** Whether a person wants it to stop. */
  readonly stopped: boolean;
  out(text: string): void;
  err(text: string): void;
  write(path: string, text: string): Errno | null;
  breathe(): Promise<void>;
}

/** What a program printed, and what it ended with. */
export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A write that killed the program, or that will never return: nothing of it goes on. */
class Ended extends Error {
  readonly result: Errno;

  constructor(errno: Errno) {
    super(errno);
    this.result = errno;
  }
}

export async function runProgram(
  name: string,
  program: Program,
  args: readonly string[],
  host: Pick<ShellHost, 'files' | 'write' | 'breathe'>,
  { env, signal }: { readonly env: ReadonlyMap<string, string>; readonly signal?: AbortSignal | undefined },
): Promise<ProgramResult> {
  const printed = { stdout: '', stderr: '' };
  const io: ProgramIo = {
    env,
    get files() {
      return host.files();
    },
    get stopped() {
      return signal?.aborted === true;
    },
    out: (text) => void (printed.stdout += text),
    err: (text) => void (printed.stderr += text),
    write: (path, text) => {
      const errno = writeAll(host, path, text);
      if (errno === 'killed' || errno === 'hangs') throw new Ended(errno);
      return errno;
    },
    breathe: () => host.breathe(),
  };
  try {
    return { exitCode: await program(args, io), ...printed };
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    const why = error.result === 'killed' ? errnoText('killed') : `${name}: a write ${errnoText('hangs')}`;
    return { ...printed, stderr: `${printed.stderr}${why}\n`, exitCode: EXIT_KILLED };
  }
}

/** The text of a file that is expected to be there; a program that does not find it says so. */
export function readOr(io: Pick<ProgramIo, 'files'>, path: string, otherwise: string): string {
  const read = io.files.read(path);
  return read.ok ? read.text : otherwise;
}

/** Ids of the entries `<prefix><number>` of a folder, ascending. */
export function numbered(io: Pick<ProgramIo, 'files'>, folder: string, prefix: string): number[] {
  const names = io.files.list(folder) ?? [];
  return names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
}

export const NODES = '/sys/devices/system/node';

/** Nodes that sysfs has. */
export const nodesOf = (io: Pick<ProgramIo, 'files'>): number[] => numbered(io, NODES, 'node');

/** kB of a line such as `Node 0 MemTotal:  514392 kB`; null when there is none. */
export function nodeKb(meminfo: string, field: string): number | null {
  const found = new RegExp(`^Node \\d+ ${field}: +(\\d+) kB$`, 'm').exec(meminfo);
  return found === null ? null : Number(found[1]);
}

/** `0-3,8` as numbers; what is no list of ids gives none. */
export function idsOf(list: string): number[] {
  return list
    .trim()
    .split(',')
    .flatMap((part) => {
      const found = /^(\d+)(?:-(\d+))?$/.exec(part);
      if (found === null) return [];
      const first = Number(found[1]);
      const last = Number(found[2] ?? found[1]);
      return Array.from({ length: Math.max(0, Math.min(last, first + 65_535) - first + 1) }, (_, i) => first + i);
    });
}
