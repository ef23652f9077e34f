/**
 * `npm run mutate`: plants single faults in the engine's source, one at a time, and runs the tests that run the place.
 * A fault that no test notices is a survivor: a test is missing, or the fault changes nothing (then it belongs into
 * mutants-equivalent.json, with the proof).
 *
 *   --sites N      how many faults; 300 unless given      --seed S      which ones; 1 unless given
 *   --only PATH    files below this folder alone           --minutes M   stops after so long; run again to go on
 *   --results FILE out/mutate/SEED.json unless given       --survivors   runs only what survived last time
 *   --list         shows the faults and runs nothing      --near        only the tests of engine and simtest
 *
 * (a) The work tree is never touched: the test run reads one module with the fault in it (mutant-hook.mjs).
 * (b) Sites are drawn by seed, the kinds in turn, over all of src-main/engine but tests, fixtures and oracles. A larger N
 *     draws the same first ones, and a change of one file leaves the sites of the others as they are.
 * (c) First all tests of engine and simtest run once without a fault. They must pass, and it is measured how long each file
 *     takes and which parts of the source it runs (mutant-coverage.mjs).
 * (d) A mutant is tried with the files that run the place, the fastest first, until one fails; then, unless --near, with
 *     all other test files that import its module. One run at a time, each in one process.
 * (e) A mutant that takes TIMEOUT_FACTOR times the processor time of its tests hangs, and so is noticed. Processor time,
 *     because the machine may be busy with other work.
 * (f) A result is kept for as long as the file it was planted in is the same, so a run that is cut off goes on where it
 *     stood.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import {
  type Block,
  blocksOf,
  marked,
  mutantSites,
  mutated,
  type MutantKind,
  type MutantSite,
  parses,
} from './mutant-sites.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'out/mutate');
const ENGINE = 'src-main/engine';
/** No program runs these: tests, what tests are made of, and oracles. */
const LEFT_OUT = /\.test\.ts$|-fixture\.ts$|\/naive-|\/index\.ts$/;
const NEAR = /^src-main\/(engine|simtest)\//;
const TIMEOUT_FACTOR = 4;
const MIN_TIMEOUT_SECONDS = 20;
/** For the tests outside of engine and simtest, which are not measured. */
const FAR_TIMEOUT_SECONDS = 900;
/** Of the time by the clock: a test that waits for what never comes takes no processor time. */
const MAX_WAIT_FACTOR = 10;

export interface Mutant extends MutantSite {
  readonly file: string;
  readonly line: number;
  /** The line, without and with the fault. */
  readonly before: string;
  readonly after: string;
}

type Outcome = 'noticed' | 'hangs' | 'survived' | 'equivalent';

interface Result {
  readonly file: string;
  readonly line: number;
  readonly kind: MutantKind;
  readonly before: string;
  readonly after: string;
  readonly outcome: Outcome;
  /** The test that noticed, or the proof of an equivalent one. */
  readonly by: string;
  readonly seconds: number;
  /** Of the file that it was planted in. */
  readonly digest: string;
}

interface Equivalent {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly proof: string;
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const filesOf = (pattern: string): string[] => globSync(pattern, { cwd: root }).sort();
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/**
 * The faults of a seed: kinds take turns, and within a kind every site of all files is as likely as any other. A site's
 * place in the draw follows from its own text alone, so a change elsewhere leaves the others as they are drawn.
 */
export function drawMutants(files: readonly string[], seed: number, count: number): Mutant[] {
  const byKind = new Map<MutantKind, { readonly place: string; readonly mutant: Mutant }[]>();
  for (const file of files) {
    const source = read(file);
    const alike = new Map<string, number>();
    for (const site of mutantSites(source)) {
      const mutant = mutantAt(file, source, site);
      const text = [seed, file, site.kind, mutant.before, mutant.after].join('\n');
      const nth = alike.get(text) ?? 0;
      alike.set(text, nth + 1);
      const sites = byKind.get(site.kind) ?? [];
      if (sites.length === 0) byKind.set(site.kind, sites);
      sites.push({ place: digestOf(`${text}\n${nth}`), mutant });
    }
  }
  for (const sites of byKind.values()) sites.sort((a, b) => (a.place < b.place ? 1 : -1));
  const kinds = [...byKind.keys()].sort();
  const drawn: Mutant[] = [];
  for (let turn = 0; drawn.length < count && kinds.length > 0; turn++) {
    const kind = kinds[turn % kinds.length]!;
    const next = byKind.get(kind)!.pop();
    if (next === undefined) kinds.splice(turn % kinds.length, 1);
    else if (parses(mutated(read(next.mutant.file), next.mutant))) drawn.push(next.mutant);
  }
  return drawn;
}

function mutantAt(file: string, source: string, site: MutantSite): Mutant {
  const from = source.lastIndexOf('\n', site.start - 1) + 1;
  const to = source.indexOf('\n', site.end);
  const flat = (text: string): string => text.trim().replace(/\s+/g, ' ');
  const before = flat(source.slice(from, to));
  const after = flat(source.slice(from, site.start) + site.text + source.slice(site.end, to));
  return { ...site, file, line: source.slice(0, site.start).split('\n').length, before, after };
}

/** Test files by what they import, themselves or through others; types alone are no import. */
class Tests {
  readonly #imports = new Map<string, readonly string[]>();
  readonly #reach = new Map<string, ReadonlySet<string>>();

  constructor() {
    for (const test of filesOf('{.ci,shared,src-main}/**/*.test.ts')) {
      if (!test.endsWith('.data.test.ts')) this.#reach.set(test, this.#reachOf(test));
    }
  }

  get all(): string[] {
    return [...this.#reach.keys()];
  }

  importing(file: string): string[] {
    return this.all.filter((test) => this.#reach.get(test)!.has(file));
  }

  #reachOf(test: string): ReadonlySet<string> {
    const reach = new Set<string>();
    const todo = [test];
    for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
      if (reach.has(file)) continue;
      reach.add(file);
      todo.push(...this.#importsOf(file));
    }
    return reach;
  }

  #importsOf(file: string): readonly string[] {
    const known = this.#imports.get(file);
    if (known !== undefined) return known;
    const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.ESNext);
    const imports = source.statements.flatMap((statement) => {
      if (ts.isImportDeclaration(statement)) {
        if (statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
      } else if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) return [];
      const from = statement.moduleSpecifier;
      if (from === undefined || !ts.isStringLiteral(from) || !from.text.startsWith('.')) return [];
      const path = join(dirname(file), from.text);
      return path.endsWith('.ts') && existsSync(join(root, path)) ? [path] : [];
    });
    this.#imports.set(file, imports);
    return imports;
  }
}

interface TestRun {
  readonly passed: boolean;
  /** The first test that failed. */
  readonly failed: string;
  readonly seconds: ReadonlyMap<string, number>;
  readonly hangs: boolean;
}

interface RunOptions {
  /** What is read instead of the files' text, by path. */
  readonly sources: Readonly<Record<string, string>>;
  /** Of processor time. */
  readonly timeoutSeconds: number;
  /** Where every test file writes what it ran. */
  readonly coverage?: string;
}

/** Runs test files in the order given, until one fails. */
function runTests(tests: readonly string[], { sources, timeoutSeconds, coverage }: RunOptions): Promise<TestRun> {
  const results = join(out, 'vitest.json');
  const planted = join(out, 'sources.json');
  rmSync(results, { force: true });
  writeFileSync(planted, JSON.stringify(sources));
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${join(root, '.ci/mutant-hook.mjs')}`,
    PAGESHIFT_SOURCES: planted,
    PAGESHIFT_ORDER: JSON.stringify(tests),
    PAGESHIFT_RESULTS: results,
    PAGESHIFT_COVERAGE: coverage,
  };
  return new Promise((done) => {
    const maxWaitMs = MAX_WAIT_FACTOR * timeoutSeconds * 1000;
    const timeouts = ['--testTimeout', `${maxWaitMs}`, '--hookTimeout', `${maxWaitMs}`];
    const options = ['run', '--config', '.ci/mutate.vitest.ts', '--bail', '1', ...timeouts];
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...options], {
      cwd: root,
      env,
      stdio: 'ignore',
      detached: true,
    });
    const started = performance.now();
    let hangs = false;
    const timer = setInterval(() => {
      const waitedMs = performance.now() - started;
      if (waitedMs <= maxWaitMs && cpuSecondsOf(child.pid!, waitedMs) <= timeoutSeconds) return;
      hangs = true;
      process.kill(-child.pid!, 'SIGKILL');
    }, 1000);
    child.on('close', (code) => {
      clearInterval(timer);
      done({ ...resultsIn(results), passed: code === 0, hangs });
    });
  });
}

const CLOCK_TICKS_PER_SECOND = 100;

/** What a group of processes has used; where there is no /proc, what they can have used at most. */
function cpuSecondsOf(group: number, waitedMs: number): number {
  if (!existsSync('/proc/self/stat')) return waitedMs / 1000;
  let ticks = 0;
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // After the name, which may contain anything: state, parent, group, ...
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      if (fields[2] === group) ticks += fields[11]! + fields[12]! + fields[13]! + fields[14]!;
    } catch {
      // The process has ended meanwhile.
    }
  }
  return ticks / CLOCK_TICKS_PER_SECOND;
}

interface VitestResults {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function resultsIn(file: string): Pick<TestRun, 'failed' | 'seconds'> {
  if (!existsSync(file)) return { failed: '', seconds: new Map() };
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as VitestResults;
  const seconds = new Map<string, number>();
  const failures: string[] = [];
  for (const { name, startTime, endTime, assertionResults } of testResults) {
    const test = name.slice(root.length);
    seconds.set(test, (endTime - startTime) / 1000);
    failures.push(...assertionResults.filter((a) => a.status === 'failed').map((a) => `${test}: ${a.fullName.trim()}`));
  }
  // A file that cannot be loaded has no test that failed; one that was cut off by another's failure is no failure.
  const unread = testResults.find((file) => file.status === 'failed' && file.message !== '');
  const failed = failures[0] ?? (unread === undefined ? '' : `${unread.name.slice(root.length)}: ${unread.message}`);
  return { failed, seconds };
}

interface Baseline {
  readonly seconds: ReadonlyMap<string, number>;
  /** By test: the blocks that it ran. */
  readonly ran: ReadonlyMap<string, ReadonlySet<number>>;
  /** Of all of the engine's files, numbered on. */
  readonly blocks: readonly (Block & { readonly file: string })[];
}

/** What each near test does without a fault; kept until a source changes. */
async function baselineOf(tests: Tests): Promise<Baseline> {
  const coverage = join(out, 'coverage');
  const kept = join(out, 'baseline.json');
  const near = tests.all.filter((test) => NEAR.test(test));
  const files = filesOf(`${ENGINE}/**/*.ts`).filter((file) => !LEFT_OUT.test(file));
  const blocks: (Block & { readonly file: string })[] = [];
  const sources: Record<string, string> = {};
  for (const file of files) {
    const found = blocksOf(read(file));
    sources[join(root, file)] = marked(read(file), found, blocks.length);
    blocks.push(...found.map((block) => ({ ...block, file })));
  }
  const digest = digestOf([...near, ...files].map((file) => digestOf(read(file))).join());
  const known = existsSync(kept)
    ? (JSON.parse(readFileSync(kept, 'utf8')) as { digest: string; seconds: [string, number][] })
    : undefined;
  let seconds: ReadonlyMap<string, number> = new Map(known?.seconds);
  if (known?.digest !== digest) {
    rmSync(coverage, { recursive: true, force: true });
    console.log(`${near.length} test files of engine and simtest run once without a fault`);
    const run = await runTests(near, { sources, timeoutSeconds: 3600, coverage });
    if (!run.passed) throw new Error(`tests fail without a fault: ${run.failed}`);
    ({ seconds } = run);
    writeFileSync(kept, JSON.stringify({ digest, seconds: [...seconds] }));
  }
  const ran = readdirSync(coverage).map((name) => {
    const { test, ran } = JSON.parse(readFileSync(join(coverage, name), 'utf8')) as { test: string; ran: number[] };
    return [test, new Set(ran)] as const;
  });
  return { seconds, ran: new Map(ran), blocks };
}

/** Which tests run a place. What is in no block runs when its module is loaded. */
function runsPlace({ blocks, ran }: Baseline, { file, start }: Mutant): (test: string) => boolean {
  const inner = blocks.findLastIndex((block) => block.file === file && block.start <= start && start < block.end);
  return (test) => inner === -1 || ran.get(test)?.has(inner) === true;
}

async function tryMutant(
  mutant: Mutant,
  tests: Tests,
  baseline: Baseline,
  isNear: boolean,
): Promise<{ readonly outcome: Outcome; readonly by: string }> {
  const { seconds } = baseline;
  const importing = tests.importing(mutant.file);
  const near = importing
    .filter((test) => NEAR.test(test))
    .filter(runsPlace(baseline, mutant))
    .sort((a, b) => seconds.get(a)! - seconds.get(b)!);
  const far = isNear ? [] : importing.filter((test) => !NEAR.test(test));
  const expected = near.reduce((sum, test) => sum + seconds.get(test)!, 0);
  const batches = [
    { batch: near, timeoutSeconds: MIN_TIMEOUT_SECONDS + TIMEOUT_FACTOR * expected },
    { batch: far, timeoutSeconds: FAR_TIMEOUT_SECONDS },
  ];
  const sources = { [join(root, mutant.file)]: mutated(read(mutant.file), mutant) };
  for (const { batch, timeoutSeconds } of batches) {
    if (batch.length === 0) continue;
    const run = await runTests(batch, { sources, timeoutSeconds });
    if (run.hangs) return { outcome: 'hangs', by: `stopped after ${Math.round(timeoutSeconds)} s of processor time` };
    if (!run.passed) return { outcome: 'noticed', by: run.failed };
  }
  return { outcome: 'survived', by: near.length + far.length === 0 ? 'no test runs this place' : '' };
}

const sameMutant = (a: Result, b: Mutant, digest: string): boolean =>
  a.file === b.file && a.kind === b.kind && a.line === b.line && a.after === b.after && a.digest === digest;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sites: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: ENGINE },
      minutes: { type: 'string', default: 'Infinity' },
      results: { type: 'string' },
      survivors: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      near: { type: 'boolean', default: false },
    },
  });
  const started = performance.now();
  mkdirSync(out, { recursive: true });
  const files = filesOf(`${ENGINE}/**/*.ts`).filter((f) => !LEFT_OUT.test(f) && f.startsWith(values.only));
  const mutants = drawMutants(files, Number(values.seed), Number(values.sites));
  if (values.list) {
    for (const m of mutants) console.log(`${m.file}:${m.line} ${m.kind}\n  - ${m.before}\n  + ${m.after}`);
    return;
  }
  const resultsFile = resolve(values.results ?? join(out, `${values.seed}.json`));
  const kept: Result[] = existsSync(resultsFile)
    ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as { results: Result[] }).results
    : [];
  const equivalents = JSON.parse(read('.ci/mutants-equivalent.json')) as readonly Equivalent[];
  const tests = new Tests();
  const baseline = await baselineOf(tests);
  const results: Result[] = [];
  const keep = (): void => {
    writeFileSync(
      resultsFile,
      `${JSON.stringify({ seed: values.seed, figure: figureOf(results), results }, null, 1)}\n`,
    );
  };
  for (const mutant of mutants) {
    const { file, line, kind, before, after } = mutant;
    const digest = digestOf(read(file));
    const known = kept.find((r) => sameMutant(r, mutant, digest));
    if (known !== undefined && known.outcome !== 'equivalent' && !(values.survivors && known.outcome === 'survived')) {
      results.push(known);
      continue;
    }
    const same = equivalents.find((e) => e.file === file && e.before === before && e.after === after);
    const out = (performance.now() - started) / 60_000 > Number(values.minutes);
    if (out && same === undefined) continue;
    const begun = performance.now();
    const { outcome, by } =
      same === undefined
        ? await tryMutant(mutant, tests, baseline, values.near)
        : { outcome: 'equivalent' as const, by: same.proof };
    const seconds = Math.round((performance.now() - begun) / 1000);
    results.push({ file, line, kind, before, after, outcome, by, seconds, digest });
    console.log(
      `${results.length}/${mutants.length} ${outcome} ${file}:${line} ${kind} (${seconds} s) ${by.split('\n')[0]}`,
    );
    if (outcome === 'survived') console.log(`  - ${before}\n  + ${after}`);
    keep();
  }
  keep();
  for (const r of results.filter(({ outcome }) => outcome === 'survived')) {
    console.log(`survived: ${r.file}:${r.line} ${r.kind}\n  - ${r.before}\n  + ${r.after}`);
  }
  console.log(figureOf(results));
  if (results.length < mutants.length) console.log(`${mutants.length - results.length} are still to be run`);
}

function figureOf(results: readonly Result[]): string {
  const equivalent = results.filter(({ outcome }) => outcome === 'equivalent').length;
  const counted = results.length - equivalent;
  const survived = results.filter(({ outcome }) => outcome === 'survived').length;
  const hang = results.filter(({ outcome }) => outcome === 'hangs').length;
  const percent = counted === 0 ? 100 : (100 * (counted - survived)) / counted;
  return `${counted - survived} of ${counted} faults noticed (${percent.toFixed(1)} %), ${hang} of these because they hang; ${equivalent} more change nothing`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
