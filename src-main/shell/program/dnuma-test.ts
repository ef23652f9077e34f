/**
 * `dnuma-test`: lays a guest's memory out anew through /sys/kernel/debug/memlayout, as the script of that name that came
 * with the RFC does: same sub-commands, same ranges in the same order, same mistakes. Ranges are inclusive here, as the
 * interface has them.
 */
import { errnoText } from '../host.ts';
import type { Program, ProgramIo } from './program.ts';

const MEMLAYOUT = '/sys/kernel/debug/memlayout';

const USAGE = `usage: dnuma-test <sub-command> <sub-command args>...
 all <node>
       moves all memory to the node <node>
 stripe <base-nid> <end-nid> <pfn-per-stripe>
       stripe memory between nodes <base-nid> and <end-nid>, inclusive
 block <base-nid> <end-nid>
       split memory between nodes equally, one chunk a node
 t1 <iterations> <max nid>
       repeat 'all' <iterations> times with one nid after the other
 t2 <iterations> <max nid> <stripe size>
       repeat 'stripe' <iterations> times
`;

/** A sub-command that cannot go on; what there was to say has been said. */
class Failure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super();
    this.exitCode = exitCode;
  }
}

export const dnumaTest: Program = async (args, io) => {
  const [command = '', ...rest] = args;
  const run = commandOf(command, rest);
  if (run === null) {
    io.out(USAGE);
    return 1;
  }
  try {
    await run(new Session(io));
    return 0;
  } catch (error) {
    if (error instanceof Failure) return error.exitCode;
    throw error;
  }
};

/** The first letter decides; t1 and t2 are exact. null: what was asked for is not there, or takes other arguments. */
function commandOf(command: string, args: readonly string[]): ((session: Session) => Promise<void>) | null {
  const numbers = args.map(numberOf);
  const [a = 0, b = 0, c = 0] = numbers as number[];
  const takes = (count: number): boolean => args.length === count && !numbers.includes(null);
  // What `node` is told goes to the kernel as it was typed: saying no is its part.
  if (command.startsWith('a')) return args.length === 1 ? (session) => session.all(args[0]!) : null;
  if (command.startsWith('s')) return takes(3) ? (session) => session.stripe(a, b, c) : null;
  if (command.startsWith('b')) return takes(2) ? (session) => session.block(a, b) : null;
  if (command === 't1') return takes(2) ? (session) => session.t1(a, args[1]!) : null;
  if (command === 't2') return takes(3) ? (session) => session.t2(a, b, c) : null;
  return null;
}

/** As the shell's arithmetic reads a number; null where it would not. */
function numberOf(text: string): number | null {
  if (/^-?0[xX][0-9a-fA-F]+$/.test(text)) return text.startsWith('-') ? -Number(text.slice(1)) : Number(text);
  if (/^-?0[0-7]+$/.test(text)) return parseInt(text, 8);
  return /^-?\d+$/.test(text) ? Number(text) : null;
}

const hex = (pfn: number): string => `0x${pfn.toString(16)}`;

class Session {
  readonly #io: ProgramIo;
  readonly #high: number;

  constructor(io: ProgramIo) {
    this.#io = io;
    const ends = (io.files.list(`${MEMLAYOUT}/current`) ?? [])
      .map((name) => /^[0-9a-f]+-([0-9a-f]+)$/.exec(name)?.[1])
      .filter((end) => end !== undefined);
    if (ends.length === 0) {
      io.err(`dnuma-test: no ranges in ${MEMLAYOUT}/current\n`);
      throw new Failure(2);
    }
    this.#high = ends.reduce((high, end) => Math.max(high, parseInt(end, 16)), 0);
    this.#trace(`high_pfn = ${this.#high} = ${hex(this.#high)}`);
  }

  async all(nid: string): Promise<void> {
    this.#clear();
    this.#range(0, this.#high, nid);
    await this.#commit();
  }

  async stripe(baseNid: number, endNid: number, pfnPerStripe: number): Promise<void> {
    this.#clear();
    if (pfnPerStripe < 1) this.#fatal(`a stripe of ${pfnPerStripe} pages would never end`);
    let nid = baseNid;
    for (let pfn = 0; pfn < this.#high; pfn += pfnPerStripe) {
      let last = pfn + pfnPerStripe - 1;
      if (last > this.#high) {
        this.#trace(`capping pfn from ${last} to ${this.#high}`);
        last = this.#high;
      }
      this.#range(pfn, last, String(nid));
      nid = nid + 1 > endNid ? baseNid : nid + 1;
      await this.#io.breathe();
      this.#stopIfAsked();
    }
    await this.#commit();
  }

  /** Each chunk has a page more than the quotient, so that the last may run past the end. */
  async block(baseNid: number, endNid: number): Promise<void> {
    this.#trace(`BLOCK ${baseNid} ${endNid}`);
    this.#clear();
    const count = endNid - baseNid + 1;
    if (count === 0) this.#arithmetic('division by zero');
    const quotient = Math.trunc(this.#high / count);
    this.#trace(` base_nid=${baseNid}; end_nid=${endNid}; nid_ct=${count}; pfn_per_nid=${quotient}`);
    let pfn = 0;
    for (let nid = baseNid; nid <= endNid; nid++) {
      this.#range(pfn, pfn + quotient, String(nid));
      pfn += quotient + 1;
    }
    await this.#commit();
  }

  /** Its arithmetic has escaped parentheses, which no shell takes: it never gets further. */
  t1(iterations: number, maxNid: string): Promise<void> {
    if (iterations > 0) this.#arithmetic(`expecting primary: "i % \\( ${maxNid} + 1 \\) "`);
    return Promise.resolve();
  }

  /** The end goes round twice as fast as the start, and may be below it. */
  async t2(iterations: number, maxNid: number, pfnPerStripe: number): Promise<void> {
    const limit = maxNid + 1;
    let [start, end] = [0, 0];
    for (let i = 0; i < iterations; i++) {
      for (let half = 0; half < 2; half++) {
        this.#io.out(`Stripe ${start} ${end} ${pfnPerStripe}\n`);
        await this.stripe(start, end, pfnPerStripe);
        if (limit === 0) this.#arithmetic('division by zero');
        end = (end + 1) % limit;
      }
      start = (start + 1) % limit;
    }
  }

  #range(start: number, end: number, nid: string): void {
    this.#trace(`creating rme ${hex(start)} ${hex(end)} ${nid}`);
    for (const [file, text] of [
      ['start', hex(start)],
      ['end', hex(end)],
      ['node', nid],
    ] as const)
      if (!this.#write(file, text)) this.#fatal(`failed to write ${text} to ${file}`);
  }

  async #commit(): Promise<void> {
    const done = this.#write('commit', '1');
    await this.#io.breathe();
    if (!done) throw new Failure(1);
  }

  #clear(): void {
    this.#write('clear', '1');
  }

  #write(file: string, text: string): boolean {
    const errno = this.#io.write(`${MEMLAYOUT}/${file}`, `${text}\n`);
    if (errno !== null) this.#io.err(`dnuma-test: write error: ${errnoText(errno)}\n`);
    return errno === null;
  }

  #fatal(text: string): never {
    this.#io.out(`${text}\n`);
    this.#clear();
    throw new Failure(1);
  }

  #arithmetic(text: string): never {
    this.#io.err(`dnuma-test: arithmetic expression: ${text}\n`);
    throw new Failure(2);
  }

  #stopIfAsked(): void {
    if (this.#io.stopped) throw new Failure(130);
  }

  #trace(text: string): void {
    if ((this.#io.env.get('DEBUG') ?? '') !== '') this.#io.out(`${text}\n`);
  }
}
