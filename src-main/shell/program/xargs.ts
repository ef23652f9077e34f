/**
 * `xargs [-0] [-r] [-t] [-n N] [-I R] [COMMAND...]`: the interpreter's own runs any number of commands without
 * yielding to other work. Needs more than a Program: its input, and a way to run others.
 */
import type { ProgramResult } from './program.ts';

export interface XargsPlace {
  readonly stdin: string;
  readonly stopped: () => boolean;
  /** Runs a command with these arguments, none of which is looked into. */
  run(command: string, args: readonly string[]): Promise<ProgramResult>;
  breathe(): Promise<void>;
}

interface Flags {
  readonly byZero: boolean;
  readonly skipEmpty: boolean;
  readonly trace: boolean;
  readonly most: number;
  /** What each item takes the place of. */
  readonly replace: string | null;
  readonly command: readonly string[];
}

/** Arguments of one command where nobody says how many. */
const MAX_ARGS = 5000;

export async function xargs(args: readonly string[], place: XargsPlace): Promise<ProgramResult> {
  const flags = flagsOf(args);
  if (typeof flags === 'string') return { stdout: '', stderr: `xargs: ${flags}\n`, exitCode: 1 };
  const items = itemsOf(place.stdin, flags);
  const done = { stdout: '', stderr: '', exitCode: 0 };
  for (const words of commandsOf(items, flags)) {
    if (place.stopped()) break;
    if (flags.trace) done.stderr += `${words.join(' ')}\n`;
    const { stdout, stderr, exitCode } = await place.run(words[0]!, words.slice(1));
    done.stdout += stdout;
    done.stderr += stderr;
    if (exitCode !== 0) done.exitCode = exitCode === 127 ? 127 : 123;
    if (exitCode === 127) break;
    await place.breathe();
  }
  return done;
}

/** @returns what is wrong with them. */
function flagsOf(args: readonly string[]): Flags | string {
  let flags: Flags = { byZero: false, skipEmpty: false, trace: false, most: MAX_ARGS, replace: null, command: [] };
  const rest = [...args];
  for (let arg = rest[0]; arg !== undefined && arg.startsWith('-') && arg !== '-'; arg = rest[0]) {
    rest.shift();
    if (arg === '--') break;
    else if (arg === '-0' || arg === '--null') flags = { ...flags, byZero: true };
    else if (arg === '-r' || arg === '--no-run-if-empty') flags = { ...flags, skipEmpty: true };
    else if (arg === '-t' || arg === '--verbose') flags = { ...flags, trace: true };
    else if (arg.startsWith('-I') || arg.startsWith('-n')) {
      const value = arg.length > 2 ? arg.slice(2) : rest.shift();
      if (value === undefined || value === '') return `option requires an argument -- '${arg[1]}'`;
      if (arg.startsWith('-I')) flags = { ...flags, replace: value };
      else if (!/^[1-9]\d{0,5}$/.test(value)) return `value ${value} for -n option should be >= 1`;
      else flags = { ...flags, most: Number(value) };
    } else return `invalid option -- '${arg.slice(1)}'`;
  }
  return { ...flags, command: rest.length === 0 ? ['echo'] : rest };
}

/** Words, with quotes and backslashes taken off; with -I lines; with -0 what lies between zeros. */
function itemsOf(text: string, { byZero, replace }: Flags): string[] {
  if (byZero) return text.split('\0').filter((item) => item !== '');
  if (replace !== null)
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const words = text.match(/(?:"[^"\n]*"|'[^'\n]*'|\\[^]|[^\s"'\\])+/g) ?? [];
  return words.map((word) => word.replace(/"([^"\n]*)"|'([^'\n]*)'|\\([^])/g, (_, a, b, c) => a ?? b ?? c));
}

function* commandsOf(
  items: readonly string[],
  { command, most, replace, skipEmpty }: Flags,
): Generator<readonly string[]> {
  if (replace !== null) {
    for (const item of items) yield command.map((word) => word.replaceAll(replace, () => item));
    return;
  }
  if (items.length === 0 && !skipEmpty) yield command;
  for (let i = 0; i < items.length; i += most) yield [...command, ...items.slice(i, i + most)];
}
