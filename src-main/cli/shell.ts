/**
 * `shell`: the shell of one guest, of a scenario or booted from flags. Commands come from stdin, a line each; a terminal
 * gets a prompt, history and completion. What the guest prints goes to stdout and stderr as the guest has it.
 *
 * (a) Without a terminal it stops at the first command that fails, with exit code 1, unless told to keep going; then the
 *     exit code is that of the last command.
 * (b) A line is one command of the world, as in the application; `sleep` steps the world.
 */
import { createInterface } from 'node:readline';
import { hasErrors } from '../../shared/errors/index.ts';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { WorldConfig } from '../engine/index.ts';
import { World } from '../engine/index.ts';
import { placementDiagnostics, toWorldConfig } from '../scenario/index.ts';
import { GuestShell, type LineResult } from '../shell/index.ts';
import { BOOT_FLAG_NAMES, BOOTED_VM, bootConfig, type BootFlags } from './boot-guest.ts';
import { inputName } from './input.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printNote } from './output.ts';
import { loadScenario } from './scenario-file.ts';
import { WorldShellHost } from './world-shell-host.ts';

export interface ShellFlags extends BootFlags {
  readonly vm?: string;
  readonly ticks?: number;
  readonly keepGoing?: true;
}

interface Place {
  readonly world: World;
  readonly vm: string;
}

export async function shell(path: string | undefined, flags: ShellFlags): Promise<ExitCode> {
  const place = path === undefined ? booted(flags) : await inScenario(path, flags);
  if ('code' in place) return place.code;
  place.world.step(flags.ticks ?? 0);
  const guest = new GuestShell(new WorldShellHost(place.world, place.vm), place.vm);
  return process.stdin.isTTY ? interactive(guest) : script(guest, flags.keepGoing === true);
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

async function inScenario(path: string, flags: ShellFlags): Promise<Place | { readonly code: ExitCode }> {
  const { value: scenario, diagnostics } = await loadScenario(path, { compact: [], migrate: [] });
  const boot = BOOT_FLAG_NAMES.filter((name) => flags[name] !== undefined).map((name) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return wrongFlag(flag, `${flag} boots a guest without a scenario, and ${inputName(path)} is one.`);
  });
  if (scenario === null || boot.length > 0) return refused([...diagnostics, ...boot], boot.length > 0 ? 2 : 1);
  const names = scenario.vms.map(({ name }) => name);
  const vm = flags.vm ?? (names.length === 1 ? names[0]! : undefined);
  if (vm === undefined || !names.includes(vm)) {
    const what = vm === undefined ? 'Which VM? --vm NAME says it.' : `There is no VM named ${vm}.`;
    return refused(
      [...diagnostics, wrongFlag('--vm', what, `VMs of ${inputName(path)}: ${names.join(', ') || 'none'}`)],
      2,
    );
  }
  const config: WorldConfig = toWorldConfig(scenario);
  const { world, problems } = World.create(config);
  if (world === null) return refused([...diagnostics, ...placementDiagnostics(problems, scenario, inputName(path))], 1);
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
