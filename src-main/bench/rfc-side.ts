/** The RFC's algorithm in C: finds a compiler, builds rfc/rfc-baseline.c in a temporary folder, and talks to it. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FillKind, GuestShape, LayoutShape, Side, StateHash } from './side.ts';

const SOURCE = fileURLToPath(new URL('rfc/rfc-baseline.c', import.meta.url));
const COMPILERS = ['cc', 'gcc', 'clang'];
const FLAGS = ['-std=c11', '-O2', '-Wall', '-Wextra'];

export interface Baseline {
  readonly path: string;
  /** First line of the compiler's --version, and the flags. */
  readonly compiler: string;
  /** Deletes what was built. */
  remove(): void;
}

/** Builds the baseline; null when the machine has no C compiler. A source that does not compile is an error. */
export function buildBaseline(): Baseline | null {
  for (const compiler of COMPILERS) {
    let version: string;
    try {
      version = execFileSync(compiler, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      continue; // not installed
    }
    const folder = mkdtempSync(join(tmpdir(), 'pageshift-bench-'));
    const path = join(folder, 'rfc-baseline');
    execFileSync(compiler, [...FLAGS, '-o', path, SOURCE], { stdio: ['ignore', 'ignore', 'inherit'] });
    return {
      path,
      compiler: `${version.split('\n')[0]!} ${FLAGS.slice(0, 2).join(' ')}`,
      remove: () => rmSync(folder, { recursive: true, force: true }),
    };
  }
  return null;
}

interface Reply {
  readonly ns: number;
  readonly passes?: Readonly<Record<string, number>>;
}

export class RfcSide implements Side {
  readonly name = 'rfc';
  /** Nanoseconds of each pass of the last commit. */
  passes: Readonly<Record<string, number>> = {};
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];

  constructor(baseline: Baseline) {
    this.#child = spawn(baseline.path);
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on('line', (line) => this.#waiting.shift()?.resolve(line));
    const fail = (why: string): void => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`rfc-baseline ${why}`));
    };
    this.#child.on('error', (error) => fail(error.message));
    this.#child.on('close', (code) => fail(`ended with code ${code}`));
    this.#child.stdin.on('error', () => undefined); // reported by `close`
  }

  close(): void {
    this.#child.stdin.end();
  }

  #ask<T>(command: string): Promise<T> {
    return new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${command}\n`);
    }).then((line) => JSON.parse(line) as T);
  }

  async boot({ nrPages, reservedPages, dma32Start, normalStart }: GuestShape): Promise<number> {
    return (await this.#ask<Reply>(`boot ${nrPages} ${reservedPages} ${dma32Start} ${normalStart}`)).ns;
  }

  async fill(kind: FillKind, seed: number): Promise<void> {
    await this.#ask(`fill ${kind} ${seed}`);
  }

  async commit({ pagesPerRange, rotation, nrNodes }: LayoutShape): Promise<number> {
    const reply = await this.#ask<Reply>(`commit ${pagesPerRange} ${rotation} ${nrNodes}`);
    this.passes = reply.passes ?? {};
    return reply.ns;
  }

  async pick(n: number, seed: number): Promise<void> {
    await this.#ask(`pick ${n} ${seed}`);
  }

  async reshuffle(seed: number): Promise<void> {
    await this.#ask(`reshuffle ${seed}`);
  }

  async free(): Promise<number> {
    return (await this.#ask<Reply>('free')).ns;
  }

  async hold(): Promise<number> {
    return (await this.#ask<Reply>('hold')).ns;
  }

  lookup(n: number, seed: number, step: number): Promise<{ ns: number; sum: number }> {
    return this.#ask(`lookup ${n} ${seed} ${step}`);
  }

  hash(): Promise<StateHash> {
    return this.#ask('hash');
  }
}
