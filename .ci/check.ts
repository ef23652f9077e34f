/**
 * `npm run check`: every check that needs no test runner, each by its own command so that it can be run alone. All of
 * them run, whatever the first ones say, as many at a time as there are processors; what a failing one printed is
 * shown whole. Names as arguments choose among them: `npm run check -- tsc eslint`. Exit code 1 if one fails.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Longest first: they set the time of the whole. Packages' own scripts are named by file, so no shell is needed. */
const checks: readonly { readonly name: string; readonly finds: string; readonly command: readonly string[] }[] = [
  { name: 'eslint', finds: 'bugs and banned names', command: ['eslint/bin/eslint.js', '.', '--max-warnings=0'] },
  { name: 'tsc', finds: 'types, and globals that an environment does not have', command: ['typescript/bin/tsc', '-b'] },
  {
    name: 'svelte-check',
    finds: 'types in components',
    command: ['svelte-check/bin/svelte-check', '--workspace', 'src-renderer', '--tsconfig', './tsconfig.json'],
  },
  {
    name: 'dependency-cruiser',
    finds: 'imports against the table',
    command: [
      ...[
        'dependency-cruiser/bin/dependency-cruiser.mjs',
        '--config',
        '.ci/import-rules.mjs',
        '--output-type',
        'err-long',
      ],
      ...['shared', 'src-main', 'src-renderer'],
    ],
  },
  {
    name: 'prettier',
    finds: 'formatting',
    command: ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  },
  {
    name: 'knip',
    finds: 'dead files, exports, types and packages',
    command: ['knip/bin/knip.js', '--include', 'files,exports,types,dependencies,unlisted'],
  },
];

const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1', FORCE_COLOR: undefined };

function run([script = '', ...args]: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`node_modules/${script}`, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...colour },
    });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(`no such check: ${unknown.join(', ')}; there are ${checks.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const waiting = checks.filter(({ name }) => chosen.length === 0 || chosen.includes(name));
const failed: string[] = [];

async function worker(): Promise<void> {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const start = performance.now();
    const { code, output } = await run(check.command);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${check.name} (${check.finds}) ${seconds} s`);
    if (code === 0) continue;
    failed.push(check.name);
    console.log(`\n${output.trim()}\n`);
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, worker));
if (failed.length > 0) {
  console.log(`check failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
