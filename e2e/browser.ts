/**
 * The Chromium that the end-to-end tests, the screenshots and the window bench run in: found, or installed. As a script it
 * says where it is (`node e2e/browser.ts`), or what to install, with exit code 1.
 *
 * (a) A browser counts as found when it starts: some systems have a `chromium-browser` that only names a snap.
 * (b) What is installed is installed by the ordinary tools, each said before it is run: Playwright's own download, then, as
 *     root of Debian or Ubuntu, apt-get. Nothing is installed when a browser was named (CHROMIUM_BIN).
 * (c) A machine without any font draws no letters: then a font is installed where that is possible, or asked for.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

/** What of a machine is looked at and done here; a test brings its own. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly root: boolean;
  /** Where Playwright keeps its own, whether or not it is there. */
  readonly playwrightBrowser: string;
  exists(path: string): boolean;
  /** Runs a program to its end, without its output on screen; code null: it could not be started. */
  ask(command: string, args: readonly string[]): { readonly code: number | null; readonly output: string };
  /** As ask, with its output on screen and a limit of some minutes. */
  run(command: string, args: readonly string[]): number | null;
  say(line: string): void;
}

export interface Browser {
  readonly path: string;
  /** "Chromium 156.0.8078.79 built on Debian …", as it says itself; where it cannot be asked, its path. */
  readonly version: string;
  /** How it was found. */
  readonly by: string;
}

export class NoBrowserError extends Error {}

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'msedge',
];

const USUAL_PLACES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['/snap/bin/chromium', '/opt/google/chrome/chrome', '/opt/microsoft/msedge/msedge'],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
};
const WINDOWS_PLACES = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'];
const WINDOWS_ROOTS = ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'];

const HINT =
  'Install Chromium, Google Chrome or Edge, or name one with CHROMIUM_BIN=/path/to/chromium. ' +
  '(Debian and Ubuntu: apt-get install chromium fonts-dejavu-core; anywhere: npx playwright install chromium.)';

/** @returns null where there is none. @throws NoBrowserError when the one that was named does not start */
export function findBrowser(machine: Machine): Browser | null {
  const named = machine.environment['CHROMIUM_BIN'];
  if (named) {
    const browser = tried(machine, named, 'CHROMIUM_BIN');
    if (browser !== null) return browser;
    throw new NoBrowserError(
      `CHROMIUM_BIN names ${named}, which ${machine.exists(named) ? 'does not start' : 'is not there'}.`,
    );
  }
  for (const [path, by] of candidates(machine)) {
    const browser = tried(machine, path, by);
    if (browser !== null) return browser;
  }
  return null;
}

/** @throws NoBrowserError, saying what was tried and what to do */
export function findOrInstallBrowser(machine: Machine): Browser {
  const browser = findBrowser(machine) ?? installed(machine);
  ensureFont(machine);
  return browser;
}

function candidates({ platform, environment, playwrightBrowser }: Machine): readonly (readonly [string, string])[] {
  const extension = platform === 'win32' ? '.exe' : '';
  const folders = (environment['PATH'] ?? environment['Path'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const windows = WINDOWS_ROOTS.map((name) => environment[name]).filter((root) => root !== undefined);
  return [
    [playwrightBrowser, "Playwright's own"],
    ...NAMES.flatMap((name) => folders.map((folder) => [join(folder, name + extension), 'in PATH'] as const)),
    ...(USUAL_PLACES[platform] ?? []).map((path) => [path, 'at its usual place'] as const),
    ...windows.flatMap((root) => WINDOWS_PLACES.map((place) => [join(root, place), 'at its usual place'] as const)),
  ];
}

function tried(machine: Machine, path: string, by: string): Browser | null {
  if (path === '' || !machine.exists(path)) return null;
  // On Windows --version opens a window instead of answering.
  if (machine.platform === 'win32') return { path, version: path, by };
  const { code, output } = machine.ask(path, ['--version']);
  return code === 0 ? { path, version: output.trim().split('\n').at(-1)!, by } : null;
}

function installed(machine: Machine): Browser {
  const steps = installSteps(machine);
  for (const { what, commands } of steps) {
    machine.say(`No browser for the end-to-end tests was found; trying ${what}.`);
    const failed = commands.find(([command, ...args]) => machine.run(command!, args) !== 0);
    const browser = failed === undefined ? findBrowser(machine) : null;
    if (browser !== null) return browser;
    machine.say(failed === undefined ? 'That left no browser that starts.' : `This failed: ${failed.join(' ')}`);
  }
  throw new NoBrowserError(
    `The end-to-end tests need a Chromium: none starts here, and ${steps.map(({ what }) => what).join(', then ')}, did ` +
      `not give one. ${HINT}`,
  );
}

interface InstallStep {
  readonly what: string;
  readonly commands: readonly (readonly string[])[];
}

function installSteps(machine: Machine): readonly InstallStep[] {
  const playwright = join(dirname(createRequire(import.meta.url).resolve('@playwright/test/package.json')), 'cli.js');
  return [
    {
      what: "Playwright's download (playwright install chromium)",
      commands: [[process.execPath, playwright, 'install', 'chromium']],
    },
    ...(canApt(machine)
      ? [
          {
            what: 'apt-get install chromium fonts-dejavu-core',
            commands: [['apt-get', 'update'], aptInstall('chromium', 'fonts-dejavu-core')],
          },
        ]
      : []),
  ];
}

const aptInstall = (...packages: string[]): readonly string[] => [
  'apt-get',
  'install',
  '-y',
  '--no-install-recommends',
  ...packages,
];

const canApt = ({ platform, root, exists }: Machine): boolean =>
  platform === 'linux' && root && exists('/usr/bin/apt-get') && exists('/etc/debian_version');

/** Only Linux comes without fonts. */
function ensureFont(machine: Machine): void {
  if (machine.platform !== 'linux' || hasFont(machine)) return;
  if (canApt(machine)) {
    machine.say('There is no font on this machine; trying apt-get install fonts-dejavu-core.');
    machine.run('apt-get', ['update']);
    machine.run('apt-get', aptInstall('fonts-dejavu-core').slice(1));
    if (hasFont(machine)) return;
  }
  machine.say('There is no font on this machine: the window will have no letters. Install one (fonts-dejavu-core).');
}

function hasFont({ ask, exists, environment }: Machine): boolean {
  const { code, output } = ask('fc-list', []);
  if (code === 0) return output.trim() !== '';
  const home = environment['HOME'] ?? '';
  return ['/usr/share/fonts/truetype', '/usr/share/fonts/opentype', join(home, '.fonts')].some(exists);
}

const INSTALL_MINUTES = 6;

export const thisMachine: Machine = {
  platform: process.platform,
  environment: process.env,
  root: process.getuid?.() === 0,
  playwrightBrowser: chromium.executablePath(),
  exists: existsSync,
  ask: (command, args) => {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 });
    return { code: status, output: stdout || stderr || '' };
  },
  // All it says goes to stderr: what this script answers is the path alone.
  run: (command, args) =>
    spawnSync(command, args, {
      stdio: ['ignore', 2, 2],
      timeout: INSTALL_MINUTES * 60_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status,
  say: (line) => process.stderr.write(`${line}\n`),
};

function main(): void {
  try {
    const { path, version, by } = findOrInstallBrowser(thisMachine);
    process.stderr.write(`${version} (${by})\n`);
    process.stdout.write(`${path}\n`);
  } catch (error) {
    if (!(error instanceof NoBrowserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
