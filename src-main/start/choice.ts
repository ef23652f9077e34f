/**
 * Which shell `npm start` opens, and why: Electron where its runtime is, or can be fetched and used; otherwise the browser
 * on this machine, which shows the same window.
 *
 * (a) A person who names a shell gets it or an error, never the other one.
 * (b) What is said is what is: a runtime that stands in for Electron is called that.
 * (c) The download is tried once, only where Electron could be used, and only after its host answered.
 */
import { join } from 'node:path';

export type ShellName = 'electron' | 'web';

export interface Choice {
  readonly shell: ShellName;
  /** Electron's executable; null in the web shell. */
  readonly binary: string | null;
  /** A sentence for the terminal. */
  readonly why: string;
}

/** What of a machine is looked at; a test brings its own. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  /** Why nothing can be shown; null: there is a display. */
  readonly noDisplay: string | null;
  /** The package `electron`, whether or not it is there. */
  readonly electronFolder: string;
  exists(path: string): boolean;
  /** Null: it cannot be read. */
  read(path: string): string | null;
  /** What a program says to --version; null: it does not start. */
  version(binary: string): string | null;
  /** Whether the host of Electron's downloads answers soon. */
  answers(): Promise<boolean>;
  /** Electron's own installer. @returns why it failed; null: it did not. */
  install(): Promise<string | null>;
  say(line: string): void;
}

export class NoShellError extends Error {}

/** @throws NoShellError when the shell that was asked for cannot be had */
export async function chooseShell(machine: Machine, asked: ShellName | null): Promise<Choice> {
  if (asked === 'web') return web('it was asked for with --shell web');
  const hindrance = hindranceOf(machine);
  const found = runtimeOf(machine);
  if (found !== null && hindrance === null) return found;
  if (hindrance === null) {
    const failure = await fetched(machine);
    const now = failure === null ? runtimeOf(machine) : null;
    if (now !== null) return now;
    return refusedOr(asked, failure ?? 'its download left no runtime that starts');
  }
  return refusedOr(asked, `${found === null ? "Electron's runtime is not installed, and " : ''}${hindrance}`);
}

function refusedOr(asked: ShellName | null, why: string): Choice {
  if (asked === 'electron') throw new NoShellError(`Electron was asked for, and cannot be used: ${why}.`);
  return web(why);
}

const web = (why: string): Choice => ({ shell: 'web', binary: null, why });

/** Why Electron could not be used here even if it were installed. */
function hindranceOf({ noDisplay, platform, isRoot, environment }: Machine): string | null {
  // A runtime that someone names is theirs to know.
  if (environment['ELECTRON_OVERRIDE_DIST_PATH']) return null;
  if (noDisplay !== null) return noDisplay;
  if (platform === 'linux' && isRoot) return 'Electron does not run as root with its sandbox';
  return null;
}

/** The runtime that is there. Electron's package finds it in the same way. */
function runtimeOf(machine: Machine): Choice | null {
  const { environment, electronFolder } = machine;
  const named = environment['ELECTRON_OVERRIDE_DIST_PATH'];
  const file = machine.read(join(electronFolder, 'path.txt'))?.trim();
  if (named === undefined && file === undefined) return null;
  const binary = join(named ?? join(electronFolder, 'dist'), file ?? 'electron');
  if (!machine.exists(binary)) return null;
  const version = machine.version(binary);
  if (version === null) return null;
  const isStandIn = version.includes('standin');
  const what = isStandIn ? 'a stand-in for Electron, not Electron' : `Electron ${version.replace(/^v/, '')}`;
  return {
    shell: 'electron',
    binary,
    why: `${binary} is ${what}${named === undefined ? '' : ', named by ELECTRON_OVERRIDE_DIST_PATH'}`,
  };
}

async function fetched(machine: Machine): Promise<string | null> {
  if (!machine.exists(join(machine.electronFolder, 'install.js'))) return 'the package electron is not installed';
  if (!(await machine.answers())) return "Electron's runtime is not installed, and its download does not answer";
  machine.say("Electron's runtime is not installed; its own installer fetches it now, once (about 110 MB).");
  const failure = await machine.install();
  return failure === null ? null : `Electron's runtime is not installed, and its installer failed: ${failure}`;
}
