/**
 * The results of a sweep on the disk: a file of JSON lines, one a result, each there before the sweep counts it as done.
 *
 *   {"sum":…,"sweep":"results","format":1}
 *   {"sum":…,"key":…,"result":{…},"ms":…,"memoryBytes":…}
 *
 * (a) Lines are only appended. Those that are ready together are written together and share one sync.
 * (b) A last line that was cut off is dropped, and the file is cut there. `sum` is the CRC-32 of the rest of its line; a
 *     line that is damaged, or whose result has not the form of one, counts as not written: its job runs again.
 * (c) A job is found by its key, whoever wrote the line and in whichever order.
 */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { pointResultSchema } from '../sweep/index.ts';
import type { PointResult } from '../sweep/index.ts';

export interface LoggedResult {
  readonly result: PointResult;
  /** What the run took, and the most memory its thread was seen to use. */
  readonly ms: number;
  readonly memoryBytes: number;
}

/** Far above what the largest sweep writes. */
const MAX_BYTES = 512 * 2 ** 20;
const HEAD = { sweep: 'results', format: 1 };

export class ResultLog {
  readonly #handle: FileHandle;
  readonly #found: Map<string, LoggedResult>;
  /** Lines that wait for the disk. */
  #waiting: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  /** Lines that could not be read, the one that was cut off not among them. */
  readonly damaged: number;

  private constructor(handle: FileHandle, found: Map<string, LoggedResult>, damaged: number) {
    this.#handle = handle;
    this.#found = found;
    this.damaged = damaged;
  }

  /** Goes on with the file, or begins it. Rejects when it is no such file, or cannot be written. */
  static async open(path: string): Promise<ResultLog> {
    const handle = await open(path, 'a+');
    try {
      const { size } = await handle.stat();
      if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes; at most ${MAX_BYTES} are read.`);
      const text = await handle.readFile('utf8');
      const end = text.lastIndexOf('\n') + 1;
      const lines = text.slice(0, end).split('\n').slice(0, -1);
      // Whatever else a person has at this name stays as it is.
      if (
        text !== '' &&
        !lineOf(HEAD).startsWith(text) &&
        (lines[0] === undefined || contentOf(lines[0])?.['sweep'] !== HEAD.sweep)
      )
        throw new Error(`${path} is no list of a sweep's results.`);
      await handle.truncate(Buffer.byteLength(text.slice(0, end)));
      const found = new Map<string, LoggedResult>();
      let damaged = 0;
      for (const line of lines.slice(1)) {
        const entry = resultIn(line);
        if (entry === null) damaged++;
        else found.set(entry.key, entry.logged);
      }
      const log = new ResultLog(handle, found, damaged);
      if (lines.length === 0) await log.#write(lineOf(HEAD));
      return log;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get(key: string): LoggedResult | undefined {
    return this.#found.get(key);
  }

  /** Resolves when the result is on the disk. */
  async add(key: string, logged: LoggedResult): Promise<void> {
    await this.#write(lineOf({ key, ...logged }));
    this.#found.set(key, logged);
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#handle.close();
  }

  #write(line: string): Promise<void> {
    this.#waiting.push(line);
    this.#writing = this.#writing.then(async () => {
      // All that came while the one before was written goes with the first of them.
      const lines = this.#waiting;
      this.#waiting = [];
      if (lines.length === 0) return;
      await this.#handle.appendFile(lines.join(''));
      await this.#handle.datasync();
    });
    return this.#writing;
  }
}

function lineOf(content: object): string {
  const rest = JSON.stringify(content).slice(1);
  return `{"sum":${crc32(rest)},${rest}\n`;
}

/** What a line holds; null when it is not as it was written. */
function contentOf(line: string): Record<string, unknown> | null {
  const [, sum, rest] = /^\{"sum":(\d+),(.*)$/s.exec(line) ?? [];
  if (rest === undefined || Number(sum) !== crc32(rest)) return null;
  try {
    return JSON.parse(`{${rest}`) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function resultIn(line: string): { readonly key: string; readonly logged: LoggedResult } | null {
  const content = contentOf(line);
  const result = pointResultSchema.safeParse(content?.['result']);
  if (content === null || !result.success || typeof content['key'] !== 'string') return null;
  const { key, ms, memoryBytes } = content;
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return { key, logged: { result: result.data, ms: number(ms), memoryBytes: number(memoryBytes) } };
}
