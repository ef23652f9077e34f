/**
 * `npm run mutate`: plants single faults in the engine's source, one at a time, and runs the tests that import the file.
 * A fault that no test notices is a survivor: a test is missing, or the fault changes nothing (then it belongs into
 * mutants-equivalent.json, with the proof).
 *
 *   --sites N      how many faults; 300 unless given      --seed S      which ones; 1 unless given
 *   --only PATH    files below this folder alone           --minutes M   stops after so long; run again to go on
 *   --results FILE out/mutate/SEED.json unless given       --survivors   runs only what survived last time
 *   --list         shows the faults and runs nothing      --no-baseline  see (c)
 *   --batches N    only the first N of the five batches of (c): a quick look, its survivors may be none
 *
 * (a) The work tree is never touched: the test run reads one module with the fault in it (mutant-hook.mjs).
 * (b) Sites are drawn by seed, the kinds in turn, over all of src-main/engine but tests, fixtures and oracles. A larger N
 *     draws the same first ones.
 * (c) Tests run in batches that stop at the first failure: those of the file's own folder, then engine and simtest, then
 *     all others that import the file; the quick ones of each before the slow ones. How long each takes is measured
 *     first, without a fault, and all must pass then; without that run every file counts as quick.
 * (d) A result is kept for as long as the file it was planted in is the same, so a run that is cut off goes on where it
 *     stood. A mutant that runs for TIMEOUT_FACTOR times as long as its tests is noticed too: it hangs.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { Prng } from '../src-main/engine/core/index.ts';
import { mutantSites, mutated, type MutantKind, type MutantSite, parses } from './mutant-sites.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'out/mutate');
const ENGINE = 'src-main/engine';
/** No program runs these: tests, what tests are made of, and oracles. */
const LEFT_OUT = /\.test\.ts$|-fixture\.ts$|\/naive-|\/index\.ts$/;
const QUICK_SECONDS = 3;
const TIMEOUT_FACTOR = 4;
const MIN_TIMEOUT_SECONDS = 60;

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

/** The faults of a seed: kinds take turns, and within a kind every site of all files is as likely as any other. */
export function drawMutants(files: readonly string[], seed: number, count: number): Mutant[] {
  const byKind = new Map<MutantKind, { readonly file: string; readonly site: MutantSite }[]>();
  for (const file of files) {
    for (const site of mutantSites(read(file))) {
      const sites = byKind.get(site.kind) ?? [];
      if (sites.length === 0) byKind.set(site.kind, sites);
      sites.push({ file, site });
    }
  }
  const prng = new Prng(seed, 'mutants');
  const kinds = [...byKind.keys()].sort();
  const drawn: Mutant[] = [];
  for (let turn = 0; drawn.length < count && kinds.length > 0; turn++) {
    const kind = kinds[turn % kinds.length]!;
    const sites = byKind.get(kind)!;
    if (sites.length === 0) {
      kinds.splice(turn % kinds.length, 1);
      continue;
    }
    const [{ file, site }] = sites.splice(prng.below(sites.length), 1) as [(typeof sites)[number]];
    const source = read(file);
    if (parses(mutated(source, site))) drawn.push(mutantAt(file, source, site));
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

/** Runs test files, with a mutant or without, until one fails. */
function runTests(tests: readonly string[], mutant: Mutant | null, timeoutSeconds: number): Promise<TestRun> {
  const results = join(out, 'vitest.json');
  const named = join(out, 'mutant.json');
  rmSync(results, { force: true });
  const env: NodeJS.ProcessEnv = { ...process.env, PAGESHIFT_RESULTS: results };
  if (mutant !== null) {
    writeFileSync(named, JSON.stringify({ path: join(root, mutant.file), source: mutated(read(mutant.file), mutant) }));
    const hook = join(root, '.ci/mutant-hook.mjs');
    env['PAGESHIFT_MUTANT'] = named;
    env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} --import=${hook}`;
  }
  return new Promise((done) => {
    // On a busy machine a test may take its time: only what hangs for ever is the fault's doing.
    const options = ['run', '--bail', '1', '--testTimeout', `${timeoutSeconds * 1000}`];
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...options, ...tests], {
      cwd: root,
      env,
      stdio: 'ignore',
      detached: true,
    });
    let hangs = false;
    const timer = setTimeout(() => {
      hangs = true;
      process.kill(-child.pid!, 'SIGKILL');
    }, timeoutSeconds * 1000);
    child.on('close', (code) => {
      clearTimeout(timer);
      done({ ...resultsIn(results), passed: code === 0, hangs });
    });
  });
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

/** How long each test file takes without a fault; kept until a source changes. */
async function timesOf(tests: Tests): Promise<ReadonlyMap<string, number>> {
  const kept = join(out, 'times.json');
  const digest = digestOf(tests.all.map((test) => digestOf(read(test))).join());
  if (existsSync(kept)) {
    const known = JSON.parse(readFileSync(kept, 'utf8')) as { digest: string; seconds: [string, number][] };
    if (known.digest === digest) return new Map(known.seconds);
  }
  const relevant = tests.all.filter((test) => test.startsWith(ENGINE) || test.startsWith('src-main/simtest'));
  console.log(`${relevant.length} test files of the engine run once without a fault`);
  const { passed, failed, seconds } = await runTests(relevant, null, 3600);
  if (!passed) throw new Error(`tests fail without a fault: ${failed}`);
  writeFileSync(kept, JSON.stringify({ digest, seconds: [...seconds] }));
  return seconds;
}

/** Which of the batches of (c) a test belongs into. */
function batchOf(test: string, mutant: Mutant, seconds: number): number {
  const slow = seconds > QUICK_SECONDS ? 1 : 0;
  if (dirname(test) === dirname(mutant.file)) return slow;
  if (test.startsWith(ENGINE) || test.startsWith('src-main/simtest')) return 2 + slow;
  return 4;
}

async function tryMutant(
  mutant: Mutant,
  tests: Tests,
  times: ReadonlyMap<string, number>,
  batchCount: number,
): Promise<{ readonly outcome: Outcome; readonly by: string }> {
  const batches: string[][] = [[], [], [], [], []];
  for (const test of tests.importing(mutant.file)) {
    batches[batchOf(test, mutant, times.get(test) ?? 0)]!.push(test);
  }
  for (const batch of batches.slice(0, batchCount).filter((b) => b.length > 0)) {
    const expected = batch.reduce((sum, test) => sum + (times.get(test) ?? 5), 0);
    const run = await runTests(batch, mutant, Math.max(MIN_TIMEOUT_SECONDS, TIMEOUT_FACTOR * expected));
    if (run.hangs) return { outcome: 'hangs', by: batch.join(' ') };
    if (!run.passed) return { outcome: 'noticed', by: run.failed };
  }
  return { outcome: 'survived', by: '' };
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
      'no-baseline': { type: 'boolean', default: false },
      batches: { type: 'string', default: '5' },
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
  const times = values['no-baseline'] ? new Map<string, number>() : await timesOf(tests);
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
        ? await tryMutant(mutant, tests, times, Number(values.batches))
        : { outcome: 'equivalent' as const, by: same.proof };
    const seconds = Math.round((performance.now() - begun) / 1000);
    results.push({ file, line, kind, before, after, outcome, by, seconds, digest });
    console.log(`${results.length}/${mutants.length} ${outcome} ${file}:${line} ${kind} (${seconds} s) ${by}`);
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
  const percent = counted === 0 ? 100 : (100 * (counted - survived)) / counted;
  return `${counted - survived} of ${counted} faults noticed (${percent.toFixed(1)} %), ${equivalent} more change nothing`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
