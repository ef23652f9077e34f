/**
 * The house, as one table: which folder may import which, in which environment it lives, and what is banned there that
 * the compiler cannot refuse. `npm run check` enforces it: import-rules.mjs makes dependency-cruiser's rules of it,
 * eslint.config.js makes the banned names, and layers.test.ts plants a violation of each kind and sees it refused.
 *
 * (a) The most specific row owns a file. A folder may always import itself.
 * (b) Imports flow one way: no row may be reached from what it imports, and no file may import in a circle.
 * (c) The environment is a tsconfig: what it does not have (`process`, `document`, `setTimeout`) does not compile.
 * (d) Tests (`*.test.ts`) may import anything; nothing may import a test.
 *
 * An exception belongs into this table, with its reason beside it.
 */

/** pure: the language alone. node: Node. page: a browser window, sandboxed, so it knows neither Node nor Electron. */
export type Environment = 'pure' | 'node' | 'page';

export interface Layer {
  readonly environment: Environment;
  /** From the root. */
  readonly folder: string;
  /** What it owns; shown when one of its imports is refused. */
  readonly owns: string;
  /** Folders or files of ours, with all that is below them. */
  readonly imports: readonly string[];
  /** Packages from the registry. */
  readonly packages: readonly string[];
  /** Beyond those of its environment; rows below it inherit them. */
  readonly bans: readonly BanName[];
}

const row =
  (environment: Environment) =>
  (folder: string, owns: string, imports: string[], packages: string[] = [], bans: BanName[] = []): Layer => ({
    environment,
    folder,
    owns,
    imports,
    packages,
    bans,
  });
const pure = row('pure');
const node = row('node');
const page = row('page');

const engine = 'src-main/engine';
const core = `${engine}/core`;
const engineShared = ['shared/model', 'shared/columns', 'shared/units', 'shared/errors'];
// Arithmetic of the guest's kernel, without state: a document is checked by what the boot will do.
const guestRules = [`${engine}/mm/free-plan.ts`, `${engine}/mm/era.ts`];
const formats = 'src-main/formats';
const scenario = 'src-main/scenario';
const findings = 'src-main/findings';
const planner = 'src-main/planner';
const access = 'src-main/access';
const report = 'src-main/report';
const simtest = 'src-main/simtest';
const sweep = 'src-main/sweep';
const jobs = 'src-main/jobs';
const sweeper = 'src-main/sweeper';
const guestShell = 'src-main/shell';
const runtime = 'src-main/runtime';
const store = 'src-main/store';
const desk = 'src-main/desk';
const servedPage = 'src-main/page';

// prettier-ignore
export const layers: readonly Layer[] = [
  // Both sides: what a window and a world agree on.
  pure('shared', 'what both sides speak: units, errors, snapshots, views', []),
  pure('shared/schema', 'what a person writes of it: validators, and the conversion for the engine', ['shared/model', 'shared/units'], ['zod']),
  pure('shared/protocol', 'the one table of what a window may ask, and what main tells it', ['shared/ascii', 'shared/errors', 'shared/model', 'shared/schema', 'shared/columns', 'shared/view'], ['zod']),

  // The world. Its results are hashed, so its arithmetic is exact.
  pure(engine, 'the simulated world and its only doors', engineShared, [], ['inexactMath']),
  pure(core, 'chance, exact arithmetic, state, assertions', engineShared),
  pure(`${engine}/mm`, "a guest's page allocator and memlayout", [...engineShared, core]),
  pure(`${engine}/fleet`, 'hosts, frames and backings, as a value', [...engineShared, core]),
  pure(`${engine}/transfer`, 'all that moves memory, and the links it moves over', [...engineShared, core, `${engine}/fleet`]),
  pure(`${engine}/guestfs`, "a guest's own interfaces as files: /proc, /sys, debugfs", [...engineShared, core, `${engine}/mm`, `${engine}/vm`]),
  pure(`${engine}/vm`, 'a guest: its memory, its workload, what its host tells it', [...engineShared, core, `${engine}/mm`, `${engine}/fleet`]),

  // Around the world: text in, text out. None of them steps a world, but the one that attacks it.
  pure(formats, "other tools' files, parsed and printed", ['shared'], ['yaml', 'papaparse']),
  pure(scenario, 'our document: schema, validation, and the way to a world', ['shared', formats, ...guestRules], ['zod', 'jsonc-parser']),
  pure(findings, 'what is wrong with a host and its VMs: the table of checks', ['shared', scenario]),
  pure(planner, 'where to put what: question, model, solvers, bounds, schedule', ['shared', scenario], ['zod']),
  pure(access, 'what access to memory and moving pages cost, as measured', ['shared']),
  // Shares no code with the planner, nor with how a document is read, so that their mistakes cannot be its own.
  pure('src-main/plan-checker', 'whether a plan is sound: a replay, from the contract alone', []),
  pure(report, 'rows of a view to HTML, CSV, JSON and SVG', ['shared']),
  pure(sweep, 'runs at many points: what varies, what is measured, what it shows', ['shared', core, scenario, report], ['zod']),
  pure(simtest, 'the attacker of the engine, by seed', ['shared', engine, scenario]),
  pure(jobs, 'what takes long, as functions from plain data to plain data', ['shared', engine, formats, scenario, findings, planner, access, report, simtest, sweep]),

  // Node: files, threads, terminals. The three shells at the end are thin and around one runtime.
  node(guestShell, "a guest's shell: its interpreter and its programs, above the guest's files", ['shared', engine], ['just-bash']),
  node(runtime, 'where jobs and sessions run: in this thread, or in one of their own', ['shared', engine, scenario, planner, jobs, guestShell, store], ['highs']),
  node(store, 'files that survive a crash', ['shared', formats], ['zod', 'tar', 'seek-bzip', 'xz-decompress']),
  node(sweeper, 'a sweep under way: its threads, its log of what is done', ['shared', scenario, sweep, jobs, runtime, store], ['piscina', 'hyparquet-writer', 'bullmq', 'ioredis', 'zod']),
  node(desk, 'documents, and what a window may ask of them; the same in every shell', ['shared', formats, scenario, report, jobs, runtime, store], ['zod']),
  node('src-main/bench', "benchmarks beside the RFC's algorithm in C", ['shared', engine, scenario]),
  node('src-main/cli', 'the jobs without a window', ['shared', engine, formats, scenario, findings, report, simtest, jobs, guestShell, runtime, store, sweep, sweeper], ['commander']),
  node(servedPage, 'the page as every window shell serves it: its files, its headers', []),
  node('src-main/web', 'the same application on loopback', ['shared', desk, servedPage], ['ws']),
  node('src-main/app', 'windows, menus, the one validated IPC door', ['shared', desk, servedPage], ['electron']),
  node('src-main/start', 'npm start: which shell, and why', ['shared', 'src-main/web']),

  // The window. It does not know which shell it is in.
  page('src-renderer', 'what is seen', ['shared'], ['svelte', 'bits-ui', '@lucide/svelte']),
];

/** A name, or a member of an object, that the compiler knows but a layer must not use, and why. */
export interface Ban {
  readonly why: string;
  readonly globals?: readonly string[];
  /** Members refused on any object. */
  readonly members?: readonly string[];
  /** `Object: [members]` refused on that object. */
  readonly membersOf?: Readonly<Record<string, readonly string[]>>;
  /** ESLint selectors, for what is neither. */
  readonly syntax?: readonly string[];
}

/** What of Math is the same number on every machine. */
const exactMath = [
  ...['abs', 'ceil', 'clz32', 'floor', 'fround', 'imul', 'max', 'min', 'round', 'sign', 'sqrt', 'trunc'],
  ...['E', 'LN2', 'PI', 'SQRT2'],
];

export type BanName = 'clock' | 'chance' | 'locale' | 'collector' | 'backDoor' | 'inexactMath';

export const bans: Readonly<Record<BanName, Ban>> = {
  clock: {
    why: 'A world has ticks and no clock: the same scenario must give the same hash whenever it runs. Pass a time in.',
    globals: ['Date'],
  },
  chance: {
    why: 'Chance comes from engine/core Prng, from the seed; Math.random cannot be replayed.',
    membersOf: { Math: ['random'] },
  },
  locale: {
    why: "Results must not depend on the machine's language: compare and print by code units.",
    globals: ['Intl'],
    members: [
      'localeCompare',
      'toLocaleString',
      'toLocaleDateString',
      'toLocaleTimeString',
      'toLocaleLowerCase',
      'toLocaleUpperCase',
    ],
  },
  collector: {
    why: 'When the garbage collector runs differs between runs, and so would the results.',
    globals: ['WeakRef', 'FinalizationRegistry'],
  },
  backDoor: {
    why: 'These reach the environment behind the compiler, which then cannot refuse a forbidden global.',
    globals: ['globalThis', 'eval', 'Function'],
    syntax: [
      'ImportExpression',
      "TSModuleDeclaration[kind='global']",
      'VariableDeclaration[declare=true]',
      'TSDeclareFunction[declare=true]',
    ],
  },
  inexactMath: {
    why: 'The standard does not fix the last bit of these, and one bit changes the hash. Use exp, ln, pow of engine/core.',
    syntax: [
      // A literal power of two (2 ** 20) is exact in every machine; one computed at run time need not be.
      "BinaryExpression[operator='**']:not([left.value=2][right.type='Literal'])",
      "AssignmentExpression[operator='**=']",
      `MemberExpression[object.name='Math']:not([computed=false][property.name=/^(${exactMath.join('|')})$/])`,
      ":not(MemberExpression) > Identifier[name='Math']",
    ],
  },
};

/** Bans of every row of an environment. */
const environmentBans: Readonly<Record<Environment, readonly BanName[]>> = {
  pure: ['clock', 'chance', 'locale', 'collector', 'backDoor'],
  node: [],
  page: [],
};

/** Rows inside another: they own their files themselves. */
export function rowsBelow(layer: Layer): readonly Layer[] {
  return layers.filter(({ folder }) => folder.startsWith(`${layer.folder}/`));
}

/** All that is banned in a row: by its environment, by itself, by the rows around it. */
export function bansOf(layer: Layer): readonly Ban[] {
  const around = layers.filter(({ folder }) => `${layer.folder}/`.startsWith(`${folder}/`));
  return [...environmentBans[layer.environment], ...around.flatMap((each) => each.bans)].map((name) => bans[name]);
}
