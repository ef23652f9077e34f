/**
 * The shell of one guest: it takes lines of text and returns what they print. The interpreter is just-bash. This
 * folder adds the guest's files (shell-fs.ts), its programs (program/), the effect of a failed write on a command
 * (rewrite.ts), and state that lasts from line to line.
 *
 * (a) Directory, variables, functions, `$?` and options (but not -e) are those of the line before. A line that did not
 *     finish, because it was stopped or met a limit, leaves them unchanged.
 * (b) Every line ends: time, output, memory, writes and sleep have limits (limit.ts), and it can be stopped at each round
 *     of a loop.
 * (c) No command reaches the network, the disk, the clock, or an interpreter of another language: a line sees simulated
 *     time (guest-clock.ts).
 * (d) What the shell keeps is no part of the world: undo takes back what a line wrote, not where it changed directory
 *     to.
 */
import { Bash, defineCommand } from 'just-bash/browser';
import type { BashOptions, CommandName, CommandNode, ScriptNode, StatementNode } from 'just-bash';
import { visible, visibleLines } from '../../shared/errors/index.ts';
import type { ShellCompletion, ShellReply } from '../../shared/protocol/guest.ts';
import { MAX_SHELL_CHARS } from '../../shared/protocol/limit.ts';
import type { Errno } from '../engine/index.ts';
import { complete } from './complete.ts';
import { errnoText, EXIT_KILLED, type ShellHost } from './host.ts';
import { GuestClock } from './guest-clock.ts';
import * as limit from './limit.ts';
import { Parser } from './parser.ts';
import { BUILTINS, PROGRAMS } from './program/index.ts';
import { ls } from './program/ls.ts';
import { runProgram } from './program/program.ts';
import { tee } from './program/tee.ts';
import { xargs } from './program/xargs.ts';
import { BREATHE, MARK, marked, MARKER, redirectsShell, rewrite, STATUS } from './rewrite.ts';
import { type Failure, ShellFs } from './shell-fs.ts';

const END = '__end';
const RESTORE = '__restore';

/** Of the package's own. None of them can reach out of the shell. */
const COMMANDS: CommandName[] = [
  ...(['echo', 'cat', 'printf', 'mkdir', 'rmdir', 'touch', 'rm', 'cp', 'mv', 'ln', 'chmod', 'pwd'] as const),
  ...(['readlink', 'head', 'tail', 'wc', 'stat', 'grep', 'fgrep', 'egrep', 'sed', 'awk', 'sort', 'uniq'] as const),
  ...(['comm', 'cut', 'paste', 'tr', 'rev', 'nl', 'fold', 'column', 'join', 'find', 'basename'] as const),
  ...(['dirname', 'tree', 'env', 'printenv', 'alias', 'unalias', 'true', 'false', 'bash', 'sh'] as const),
  ...(['seq', 'expr', 'which', 'tac', 'od', 'date'] as const),
];

const LIMITS = {
  maxCommandCount: 2_000_000,
  maxLoopIterations: 1_000_000,
  maxAwkIterations: 1_000_000,
  maxSedIterations: 1_000_000,
  maxCallDepth: 100,
  maxWorkUnits: 20_000_000,
  maxOutputSize: limit.MAX_OUTPUT_BYTES,
  maxStringLength: limit.MAX_STRING_BYTES,
  maxHeredocSize: limit.MAX_STRING_BYTES,
  maxFileSystemBytes: limit.MAX_FILE_BYTES,
  maxLiveBytes: limit.MAX_LIVE_BYTES,
  maxBraceExpansionResults: 100_000,
  maxSourceBytes: 2 ** 20,
  // Waiting in `sleep` is no running; what runs is held by the limits above and by MAX_LINE_MS.
  maxExecutionTimeMs: Infinity,
};

/** Characters of a command that goes on over several lines. */
const MAX_PENDING_CHARS = 2 ** 18;
/** Others have their turn this often. */
const TURN_MS = 8;
/** Steps of the interpreter between two looks at the clock. */
const STEPS_PER_LOOK = 256;
const EXIT_STOPPED = 130;
const HOME = '/root';

/** Names that a shell sets itself. */
const SET_BY_SHELL = new Set(['?', '_', 'SHELLOPTS', 'BASHOPTS', 'PWD', 'OLDPWD', 'RANDOM', 'SECONDS', 'LINENO']);
/** Options that outlive a line. `errexit` would end the shell at the first error that a person makes. */
const KEPT_OPTIONS = ['nounset', 'xtrace', 'noglob', 'pipefail', 'noclobber'];

type FunctionNode = Extract<CommandNode, { type: 'FunctionDef' }>;

interface State {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly previous: string;
  readonly functions: ReadonlyMap<string, FunctionNode>;
  readonly options: readonly string[];
  readonly status: number;
}

/** What a line came to, and whether it was `exit`. */
export interface LineResult extends ShellReply {
  readonly exited: boolean;
}

interface Running {
  readonly abort: AbortController;
  readonly startMs: number;
  /** Time of this machine, and simulated time, that it has slept. */
  sleptMs: number;
  sleptSeconds: number;
  writtenChars: number;
  /** When it last read, wrote or slept. */
  touchedMs: number;
  /** What the last statement left; null: it was not reached. */
  end: { readonly status: number; readonly functions: readonly string[] } | null;
  /** A write that ended the shell's own process, or waits for ever. */
  fatal: Failure | null;
  /** Why it was stopped, where nobody asked for it. */
  tooLong: string | null;
}

export class GuestShell {
  readonly #host: ShellHost;
  readonly #vm: string;
  readonly #fs: ShellFs;
  readonly #parser = new Parser();
  readonly #bash: Bash;
  readonly #now: () => number;
  readonly #clock: GuestClock;
  #state: State;
  #pending = '';
  #running: Running | null = null;
  /** Of the line that runs: those that it may define, by name. */
  #defined = new Map<string, FunctionNode>();
  /** The next script that is parsed is the line itself, not one within it. */
  #atTop = false;
  /** When others had their last turn. */
  #turnMs = 0;
  #steps = 0;

  /** @param now milliseconds of any clock: only to stop what runs too long. */
  constructor(host: ShellHost, vm: string, now: () => number = () => performance.now()) {
    this.#host = {
      // What was stopped is dead: it writes no more, however long it takes to notice.
      write: (path, text) => {
        if (this.#running?.abort.signal.aborted === true) return { ok: false, errno: 'EIO' };
        if (!this.#mayWrite(text.length)) return { ok: false, errno: 'ENOSPC' };
        this.#touch();
        return host.write(path, text);
      },
      files: () => {
        this.#touch();
        return host.files();
      },
      beginLine: (text) => host.beginLine(text),
      endLine: () => host.endLine(),
      nowMs: () => host.nowMs(),
      sleep: (seconds, signal) => host.sleep(seconds, signal),
      breathe: () => host.breathe(),
    };
    this.#vm = vm;
    this.#now = now;
    this.#clock = new GuestClock(() => host.nowMs());
    this.#fs = this.#clock.during(() => new ShellFs({ ...this.#host, breathe: () => this.#breathe() }));
    this.#state = this.#login();
    const options: BashOptions = {
      fs: this.#fs,
      cwd: HOME,
      env: { HOME, USER: 'root', PATH: '/usr/bin:/bin', HOSTNAME: vm },
      commands: COMMANDS,
      customCommands: this.#customCommands(),
      executionLimits: LIMITS,
      coverage: { hit: (feature) => this.#step(feature) },
      // It would replace globals of the whole thread. What it guards against, code in JavaScript, no command here runs.
      defenseInDepth: false,
      processInfo: { pid: 100, ppid: 1, uid: 0, gid: 0 },
    };
    this.#bash = this.#clock.during(() => new Bash(options));
    this.#bash.registerTransformPlugin({ name: 'guest', transform: ({ ast }) => ({ ast: this.#rewritten(ast) }) });
  }

  /** Of the next line. */
  get prompt(): string {
    if (this.#pending !== '') return '> ';
    const { cwd } = this.#state;
    return visible(`root@${this.#vm}:${cwd === HOME ? '~' : cwd}# `);
  }

  /** Whether a line is under way. */
  get running(): boolean {
    return this.#running !== null;
  }

  /** Whether more lines are wanted to make a command. */
  get continues(): boolean {
    return this.#pending !== '';
  }

  /** One line; with those before it that made no command yet, it is run when it does. */
  async line(line: string): Promise<LineResult> {
    if (this.#running !== null) throw new Error('the shell runs a line already');
    const text = this.#pending === '' ? line : `${this.#pending}\n${line}`;
    if (text.length > MAX_PENDING_CHARS) {
      this.#pending = '';
      return this.#result('', `sh: a command of more than ${MAX_PENDING_CHARS} characters\n`, 2);
    }
    if (this.#parser.goesOn(text)) {
      this.#pending = text;
      return this.#result('', '', 0);
    }
    this.#pending = '';
    return this.#run(text);
  }

  /** What there is of an unfinished command is an error: no more lines come. */
  endOfInput(): LineResult | null {
    if (this.#pending === '') return null;
    this.#pending = '';
    return this.#result('', 'sh: syntax error: unexpected end of file\n', 2);
  }

  /** Ctrl-C. */
  stop(): void {
    this.#pending = '';
    this.#running?.abort.abort();
  }

  complete(line: string): Promise<ShellCompletion> {
    const names = [
      ...COMMANDS,
      ...Object.keys(PROGRAMS),
      ...BUILTINS,
      'tee',
      'ls',
      'sleep',
      ...this.#state.functions.keys(),
    ];
    return complete(line, { fs: this.#fs, cwd: this.#state.cwd, home: HOME, names });
  }

  #login(): State {
    const env = { HOME, USER: 'root', PATH: '/usr/bin:/bin', HOSTNAME: this.#vm, TZ: 'UTC', IFS: ' \t\n' };
    return { env, cwd: HOME, previous: HOME, functions: new Map(), options: [], status: 0 };
  }

  async #run(text: string): Promise<LineResult> {
    const startMs = this.#now();
    const running: Running = {
      abort: new AbortController(),
      startMs,
      sleptMs: 0,
      sleptSeconds: 0,
      writtenChars: 0,
      touchedMs: startMs,
      end: null,
      fatal: null,
      tooLong: null,
    };
    this.#running = running;
    this.#turnMs = startMs;
    this.#defined = new Map(this.#state.functions);
    this.#fs.takeFailures();
    this.#fs.takeRefusedOpens();
    this.#host.beginLine(text);
    try {
      const { env, cwd, previous } = this.#state;
      this.#atTop = true;
      this.#clock.show();
      const done = await this.#bash.exec(text, {
        env: { ...env, PWD: cwd, OLDPWD: previous },
        replaceEnv: true,
        cwd,
        rawScript: true,
        signal: running.abort.signal,
      });
      return this.#finished(running, done);
    } finally {
      this.#running = null;
      this.#clock.hide();
      this.#host.endLine();
    }
  }

  #finished(
    running: Running,
    done: { readonly stdout: string; readonly stderr: string; exitCode: number; readonly env: Record<string, string> },
  ): LineResult {
    const refused = [...this.#fs.takeRefusedOpens()];
    let stderr = done.stderr
      .split(MARK)
      .map((part) => readable(part, refused))
      .join(MARK);
    let { exitCode } = done;
    const limitMet = exitCode === 126 && /exceeded|too many|maximum/.test(done.stderr);
    // Behind all else, and never cut: why the line has ended.
    let told = '';
    // What no command has reported: of a program of the package's own, which does not look.
    for (const { path, errno } of running.fatal === null ? this.#fs.takeFailures() : []) {
      stderr += `sh: ${path}: write error: ${errnoText(errno)}\n`;
      if (exitCode === 0) exitCode = 1;
    }
    if (running.fatal !== null) {
      const { path, errno } = running.fatal;
      told = errno === 'killed' ? 'Killed\n' : `sh: the write to ${path} ${errnoText(errno)}\n`;
      exitCode = errno === 'killed' ? EXIT_KILLED : 1;
    } else if (running.tooLong !== null) {
      told = `sh: stopped: ${running.tooLong}\n`;
      exitCode = EXIT_STOPPED;
    } else if (running.abort.signal.aborted) {
      told = '^C\n';
      exitCode = EXIT_STOPPED;
    } else if (limitMet) {
      const at = stderr.trimEnd().lastIndexOf('\n') + 1;
      told = stderr.slice(at).replaceAll(MARK, '');
      stderr = stderr.slice(0, at);
    }
    const { end } = running;
    const exited = end === null && !running.abort.signal.aborted && !limitMet && !this.#parser.isWrong;
    if (end !== null) {
      const chars = Object.entries(done.env).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
      if (chars <= limit.MAX_KEPT_CHARS) this.#keep(done.env, end.status, end.functions);
      else {
        told += `sh: the variables of this line are not kept: they have ${chars} characters, a shell keeps ${limit.MAX_KEPT_CHARS}\n`;
        this.#state = { ...this.#state, status: end.status };
      }
    } else this.#state = exited ? this.#login() : { ...this.#state, status: exitCode };
    return this.#result(done.stdout, stderr, exitCode, exited, told);
  }

  #keep(env: Readonly<Record<string, string>>, status: number, names: readonly string[]): void {
    const functions = new Map(
      names.flatMap((name) => {
        const definition = this.#defined.get(name);
        return definition === undefined ? [] : [[name, definition] as const];
      }),
    );
    const set = new Set((env.SHELLOPTS ?? '').split(':'));
    this.#state = {
      env: Object.fromEntries(Object.entries(env).filter(([name]) => !SET_BY_SHELL.has(name))),
      cwd: env.PWD ?? this.#state.cwd,
      previous: env.OLDPWD ?? this.#state.previous,
      functions,
      options: KEPT_OPTIONS.filter((option) => set.has(option)),
      status,
    };
  }

  #result(stdout: string, stderr: string, exitCode: number, exited = false, told = ''): LineResult {
    const { output, cutChars } = inOrder(stdout.split(MARK), stderr.split(MARK), told);
    return { output, cutChars, exitCode, prompt: this.prompt, exited };
  }

  /** The line's own tree has what the lines before left in front, and says at its end that it came there. */
  #rewritten(ast: ScriptNode): ScriptNode {
    const isLine = this.#atTop;
    this.#atTop = false;
    const script = rewrite(ast, this.#defined);
    if (!isLine) return script;
    const { functions, options, status } = this.#state;
    const before: StatementNode[] = [
      ...[...functions.values()].map((definition) => this.#parser.statementOf(definition)),
      ...options.flatMap((option) => this.#parser.statements(`set -o ${option}`)),
      ...this.#parser.statements(`${RESTORE} ${status}`),
    ];
    // Where the line sends all output elsewhere, that of a substitution goes there too.
    const elsewhere = script.statements.some(redirectsShell);
    const after = this.#parser.statements(elsewhere ? `${END} "$?"` : `${END} "$?" "$(declare -F)"`);
    return { ...script, statements: [...before, ...marked(script.statements), ...after] };
  }

  #customCommands() {
    const host = this.#host;
    const breathing = { ...host, breathe: () => this.#breathe() };
    const status = (exitCode: number, stderr = '') => ({ stdout: '', stderr, exitCode });
    const given = (args: readonly string[]): number => Number(args[0] ?? 0) & 255;
    return [
      ...Object.entries(PROGRAMS).map(([name, program]) =>
        defineCommand(name, async (args, { env, signal }) => ({
          ...(await runProgram(name, program, args, breathing, { env, signal })),
        })),
      ),
      defineCommand('tee', (args, { stdin, cwd, fs }) => tee(args, textOf(stdin), cwd, fs, host)),
      defineCommand('ls', (args, { cwd, fs }) => ls(args, cwd, fs, host.nowMs())),
      defineCommand('xargs', (args, { stdin, cwd, exec, exportedEnv, signal }) =>
        xargs(args, {
          stdin: textOf(stdin),
          stopped: () => signal?.aborted === true,
          run: (command, more) =>
            exec!(command, {
              cwd,
              args: [...more],
              ...(exportedEnv && { env: exportedEnv }),
              ...(signal && { signal }),
            }),
          breathe: () => this.#breathe(),
        }),
      ),
      defineCommand('sleep', (args) => this.#sleep(args)),
      defineCommand(BREATHE, async (args) => {
        await this.#breathe();
        return status(given(args));
      }),
      defineCommand(STATUS, async (args) => {
        const failure = this.#fs.takeFailures().at(-1);
        if (failure === undefined) return status(given(args));
        if (failure.errno === 'killed' || failure.errno === 'hangs') this.#die(failure);
        const name = args[1] ?? '';
        const who = name === '' || name === 'echo' || name === 'printf' ? 'sh' : name;
        return status(1, `${who}: write error: ${errnoText(failure.errno)}\n`);
      }),
      defineCommand(MARKER, async (args) => ({ stdout: MARK, stderr: MARK, exitCode: given(args) })),
      defineCommand(RESTORE, async (args) => status(given(args))),
      defineCommand(END, async ([code = '0', declared]) => {
        const names = declared?.split('\n').map((line) => line.replace(/^declare -\w+ /, ''));
        const functions = names ?? [...this.#defined.keys()];
        if (this.#running !== null) this.#running.end = { status: Number(code), functions };
        return status(Number(code));
      }),
    ];
  }

  /** The shell itself was killed by its write, or waits for ever: nothing more of the line happens. */
  #die(failure: Failure): void {
    if (this.#running === null) return;
    this.#running.fatal = failure;
    this.#running.abort.abort();
  }

  /** Whether the line may write so many characters more to files of the guest. */
  #mayWrite(chars: number): boolean {
    const running = this.#running;
    if (running === null) return true;
    running.writtenChars += chars;
    if (running.writtenChars <= limit.MAX_WRITTEN_CHARS) return true;
    this.#stopLong(running, `it has written ${limit.mib(limit.MAX_WRITTEN_CHARS)} to files of the guest`);
    return false;
  }

  #touch(): void {
    if (this.#running !== null) this.#running.touchedMs = this.#now();
  }

  async #breathe(): Promise<void> {
    const running = this.#running;
    const now = this.#now();
    if (running === null || now - this.#turnMs < TURN_MS) return;
    if (now - running.startMs - running.sleptMs >= limit.MAX_LINE_MS)
      this.#stopLong(running, `it runs for ${limit.MAX_LINE_MS / 1000} seconds`);
    else if (now - running.touchedMs >= limit.MAX_IDLE_MS)
      this.#stopLong(running, `it has touched nothing of the guest for ${limit.MAX_IDLE_MS / 1000} seconds`);
    await this.#givenAway(running, () => this.#host.breathe());
    this.#turnMs = this.#now();
  }

  /** Waits for what others do with the thread, whose clock is the real one meanwhile. */
  async #givenAway(running: Running, work: () => Promise<void>): Promise<void> {
    this.#clock.hide();
    await work();
    if (this.#running === running) this.#clock.show();
  }

  /** A step of the interpreter, also within awk and sed, whose loops nothing else sees. */
  #step(feature: string): void {
    const running = this.#running;
    if (running === null || ++this.#steps % STEPS_PER_LOOK !== 0) return;
    if (this.#now() - this.#turnMs < limit.MAX_PAUSELESS_MS) return;
    this.#stopLong(running, `it computes for ${limit.MAX_PAUSELESS_MS / 1000} seconds without a pause`);
    // The interpreter sees the signal at its next command; these come to none.
    if (feature.startsWith('awk:') || feature.startsWith('sed:')) throw new Error('stopped');
  }

  #stopLong(running: Running, why: string): void {
    running.tooLong ??= why;
    running.abort.abort();
  }

  async #sleep(args: readonly string[]) {
    const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, '': 1 };
    const times = args.map((arg) => /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(arg));
    const wrong = times.indexOf(null);
    if (args.length === 0) return { stdout: '', stderr: 'sleep: missing operand\n', exitCode: 1 };
    if (wrong >= 0) return { stdout: '', stderr: `sleep: invalid time interval '${args[wrong]}'\n`, exitCode: 1 };
    const seconds = times.reduce((sum, time) => sum + Number(time![1]) * units[time![2]!]!, 0);
    const running = this.#running!;
    if (running.sleptSeconds + seconds > limit.MAX_SLEEP_SECONDS) {
      this.#stopLong(running, `a line may sleep for ${limit.MAX_SLEEP_SECONDS} simulated seconds in all`);
      return { stdout: '', stderr: '', exitCode: 1 };
    }
    running.sleptSeconds += seconds;
    const before = this.#now();
    const tooLong = setTimeout(
      () => this.#stopLong(running, `it has slept for ${limit.MAX_SLEEP_MS / 60_000} minutes of this machine's time`),
      Math.max(0, limit.MAX_SLEEP_MS - running.sleptMs),
    );
    await this.#givenAway(running, () => this.#host.sleep(seconds, running.abort.signal));
    clearTimeout(tooLong);
    this.#turnMs = this.#now();
    running.sleptMs += this.#turnMs - before;
    running.touchedMs = this.#turnMs;
    return { stdout: '', stderr: '', exitCode: 0 };
  }
}

/**
 * The interpreter's own messages in the words of the guest's shell, which is no bash.
 * @param refused files that could not be opened for writing, in order; those that are told are taken out.
 */
function readable(stderr: string, refused: Failure[]): string {
  const opening = (target: string, errno: Errno): string =>
    `sh: can't create ${target}: ${errno === 'ENOENT' ? 'nonexistent directory' : errnoText(errno)}`;
  return stderr
    .replace(/^bash: execution aborted\n/gm, '')
    .replace(/command not available in browser environments\..*$/gm, 'command not found')
    .replace(/^(?:bash: )?(E[A-Z]+): [^,]*, open '(.*)'$/gm, (_, errno: Errno, path: string) => opening(path, errno))
    .replace(/^\++ __(status|breathe|mark|end|restore) .*\n/gm, '')
    .replace(/^bash: (.*): cannot open redirect target$/gm, (whole, target: string) => {
      const name = target.slice(target.lastIndexOf('/') + 1);
      const at = refused.findIndex(({ path }) => path.endsWith(`/${name}`));
      if (at < 0) return whole;
      const [{ errno }] = refused.splice(at, 1) as [Failure];
      return opening(target, errno);
    })
    .replace(/^bash: /gm, 'sh: ')
    .replace(
      /^.*total output size exceeded.*$/gm,
      `sh: stopped: its commands have printed ${limit.mib(limit.MAX_OUTPUT_BYTES)}`,
    )
    .replace(
      /in-memory filesystem byte limit exceeded.*$/gm,
      `${errnoText('ENOSPC')}: the files of a shell have ${limit.mib(limit.MAX_FILE_BYTES)}`,
    )
    .replace(/, increase executionLimits\.\w+$/gm, '');
}

/**
 * What both streams have between two marks belongs together; of that, stdout first. Cut where it gets too long. What would
 * steer a terminal is spelled out.
 * @param told the end of stderr, which is never cut.
 */
function inOrder(
  out: readonly string[],
  err: readonly string[],
  told: string,
): Pick<ShellReply, 'output' | 'cutChars'> {
  const output: { stream: 'out' | 'err'; text: string }[] = [];
  let room = MAX_SHELL_CHARS - told.length;
  let cutChars = 0;
  const add = (stream: 'out' | 'err', text: string): void => {
    const shown = visibleLines(text.slice(0, room)).slice(0, room);
    room -= shown.length;
    cutChars += Math.max(0, text.length - shown.length);
    const last = output.at(-1);
    if (last?.stream === stream) last.text += shown;
    else if (shown !== '') output.push({ stream, text: shown });
  };
  for (let i = 0; i < Math.max(out.length, err.length); i++) {
    add('out', out[i] ?? '');
    add('err', err[i] ?? '');
  }
  room = told.length;
  add('err', told);
  return { output, cutChars };
}

/** What a pipe carries is bytes, one a character. */
const textOf = (bytes: unknown): string => Buffer.from(bytes as string, 'latin1').toString('utf8');
