/**
 * `shell`: the shell of one guest, of a scenario or booted from flags. Commands come from stdin, one a line; a
 * terminal gets a prompt, history and completion. The guest's stdout and stderr go to stdout and stderr.
 *
 * (a) Without a terminal it stops at the first command that fails, with exit code 1; with --keep-going the exit code
 *     is that of the last command.
 * (b) A line is one command of the world, as in the application; `sleep` steps the world.
 */
import { createInterface } from 'node:readline';
import { hasErrors } from '../../shared/errors/index.ts';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import { World } from '../engine/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { assembleScenario, placementDiagnostics, sortParts, toWorldConfig } from '../scenario/index.ts';
import { GuestShell, type LineResult } from '../shell/index.ts';
import { BOOT_FLAG_NAMES, BOOTED_VM, bootConfig, type BootFlags, readProfile } from './boot-guest.ts';
import { inputName, readParts } from './input.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printNote } from './output.ts';
import { loadScenario } from './scenario-file.ts';
import { WorldShellHost } from './world-shell-host.ts';

export interface ShellFlags extends BootFlags {
  readonly vm?: string;
  readonly ticks?: number;
  readonly from?: readonly string[];
  readonly keepGoing?: true;
}

interface Place {
  readonly world: World;
  readonly vm: string;
}

export async function shell(path: string | undefined, flags: ShellFlags): Promise<ExitCode> {
  const place = await placeOf(path, flags);
  if ('code' in place) return place.code;
  place.world.step(flags.ticks ?? 0);
  const guest = new GuestShell(new WorldShellHost(place.world, place.vm), place.vm);
  return process.stdin.isTTY ? interactive(guest) : script(guest, flags.keepGoing === true);
}

async function placeOf(path: string | undefined, flags: ShellFlags): Promise<Place | { readonly code: ExitCode }> {
  const { from } = flags;
  if (from === undefined) return path === undefined ? booted(flags) : inScenario(path, flags);
  if (path === undefined) return fromFiles(from, flags);
  return refused(
    [wrongFlag('--from', `--from boots a guest from its files, and ${inputName(path)} is a scenario.`)],
    2,
  );
}

const refused = (diagnostics: readonly Diagnostic[], code: ExitCode): { readonly code: ExitCode } => {
  printDiagnostics(diagnostics);
  return { code };
};

function booted(flags: ShellFlags): Place | { readonly code: ExitCode } {
  const { config, diagnostics } = bootConfig(flags);
  const vm =
    flags.vm === undefined ? [] : [wrongFlag('--vm', '--vm names a VM of a scenario FILE, and none is given.')];
  if (config === null || vm.length > 0) return refused([...diagnostics, ...vm], 2);
  return { world: World.create(config).world!, vm: BOOTED_VM };
}

/** The flags that say what a guest is made of, where that is said already. */
const bootFlags = (flags: ShellFlags, why: string, but: readonly string[] = []): readonly Diagnostic[] =>
  BOOT_FLAG_NAMES.filter((name) => flags[name] !== undefined && !but.includes(name)).map((name) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return wrongFlag(flag, `${flag} boots a guest from flags, and ${why}.`);
  });

async function inScenario(path: string, flags: ShellFlags): Promise<Place | { readonly code: ExitCode }> {
  const { value: scenario, diagnostics } = await loadScenario(path, { compact: [], migrate: [] });
  const boot = bootFlags(flags, `${inputName(path)} is a scenario`);
  if (scenario === null || boot.length > 0) return refused([...diagnostics, ...boot], boot.length > 0 ? 2 : 1);
  return inVm(scenario, inputName(path), diagnostics, flags.vm);
}

/** The guest whose files they are; with `--profile`, that guest with the defects. */
async function fromFiles(paths: readonly string[], flags: ShellFlags): Promise<Place | { readonly code: ExitCode }> {
  const boot = bootFlags(flags, 'its files say that', ['profile']);
  const { rfc, diagnostics: wrong } = readProfile(flags.profile ?? 'correct');
  if (boot.length + wrong.length > 0 || rfc === null) return refused([...boot, ...wrong], 2);
  const { parts, diagnostics } = await readParts(paths);
  if (hasErrors(diagnostics)) return refused(diagnostics, 1);
  const { value, diagnostics: said } = assembleScenario(sortParts(parts), { rehearsal: false });
  if (value === null) return refused([...diagnostics, ...said], 1);
  const vms = value.vms.map((vm) => ({ ...vm, profile: { ...vm.profile, rfc } }));
  return inVm({ ...value, vms }, paths.map(inputName).join(', '), [...diagnostics, ...said], flags.vm);
}

function inVm(
  scenario: Scenario,
  source: string,
  diagnostics: readonly Diagnostic[],
  asked: string | undefined,
): Place | { readonly code: ExitCode } {
  const names = scenario.vms.map(({ name }) => name);
  const vm = asked ?? (names.length === 1 ? names[0]! : undefined);
  if (vm === undefined || !names.includes(vm)) {
    const what = vm === undefined ? 'Which VM? --vm NAME says it.' : `There is no VM named ${vm}.`;
    return refused([...diagnostics, wrongFlag('--vm', what, `VMs of ${source}: ${names.join(', ') || 'none'}`)], 2);
  }
  const config: WorldConfig = toWorldConfig(scenario);
  const { world, problems } = World.create(config);
  if (world === null) return refused([...diagnostics, ...placementDiagnostics(problems, scenario, source)], 1);
  printDiagnostics(diagnostics);
  return hasErrors(diagnostics) ? { code: 1 } : { world, vm };
}

const wrongFlag = (path: string, message: string, hint?: string): Diagnostic => ({
  severity: 'error',
  slug: 'shell-flag',
  message,
  where: { file: '<command line>', path },
  ...(hint === undefined ? {} : { hint }),
});

function print({ output, cutChars }: LineResult): void {
  for (const { stream, text } of output) (stream === 'out' ? process.stdout : process.stderr).write(text);
  if (cutChars > 0) printNote(`(${cutChars} characters more are not shown)`);
}

async function script(guest: GuestShell, keepGoing: boolean): Promise<ExitCode> {
  let interrupted = false;
  const stop = (): void => {
    interrupted = true;
    guest.stop();
  };
  process.once('SIGINT', stop);
  try {
    let status = 0;
    let number = 0;
    for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
      number++;
      const result = await guest.line(line);
      print(result);
      status = result.exitCode;
      if (interrupted) return 130;
      if (result.exited) return status === 0 ? 0 : 1;
      if (status !== 0 && !keepGoing) {
        printNote(`stopped at line ${number}: exit status ${status}`);
        return 1;
      }
    }
    const rest = guest.endOfInput();
    if (rest !== null) {
      print(rest);
      status = rest.exitCode;
    }
    return status === 0 ? 0 : 1;
  } finally {
    process.off('SIGINT', stop);
  }
}

async function interactive(guest: GuestShell): Promise<ExitCode> {
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    historySize: 1000,
    completer: (line: string, done: (error: Error | null, found: [string[], string]) => void) => {
      guest.complete(line).then(
        ({ candidates, from }) => done(null, [[...candidates], line.slice(from)]),
        (error: Error) => done(error, [[], line]),
      );
    },
  });
  // Ctrl-C stops a line that runs, and gives up one that is typed.
  lines.on('SIGINT', () => {
    const typed = !guest.running;
    guest.stop();
    if (!typed) return;
    process.stdout.write('^C\n');
    lines.write(null, { ctrl: true, name: 'u' });
    lines.setPrompt(guest.prompt);
    lines.prompt();
  });
  lines.setPrompt(guest.prompt);
  lines.prompt();
  for await (const line of lines) {
    const result = await guest.line(line);
    print(result);
    if (result.exited) {
      lines.close();
      return result.exitCode === 0 ? 0 : 1;
    }
    lines.setPrompt(guest.prompt);
    lines.prompt();
  }
  process.stdout.write('\n');
  return 0;
}
