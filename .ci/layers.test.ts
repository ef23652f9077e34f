/**
 * Plants one violation of each kind in a small copy of the house, runs the project's own `check` on it once, and looks
 * for each refusal by its place, its rule and its reason. What is planted as legal must not be mentioned.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bans, layers, rowsBelow } from './layers.ts';
import type { BanName } from './layers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const foldersOf = (environment: string): string[] =>
  layers.filter((row) => row.environment === environment).map(({ folder }) => folder);

/** Globals that must not exist for the compiler, by environment. */
const absent = {
  pure: [
    'process',
    'Buffer',
    'require',
    'console',
    'setTimeout',
    'queueMicrotask',
    'performance',
    'fetch',
    'document',
    'window',
    'crypto',
    'TextEncoder',
  ],
  node: ['document', 'window', 'requestAnimationFrame'],
  page: ['process', 'Buffer', 'require', 'setImmediate', '__dirname'],
} as const;

/** [file, source, ban] */
const banned: readonly (readonly [string, string, BanName])[] = [
  ['shared/ban/now.ts', 'export const a = Date.now();', 'clock'],
  ['src-main/engine/ban/date.ts', 'export const a = new Date();', 'clock'],
  ['src-main/scenario/ban/random.ts', 'export const a = Math.random();', 'chance'],
  ['src-main/engine/core/ban/random.ts', 'export const a = Math.random();', 'inexactMath'],
  ['src-main/simtest/ban/random.ts', 'export const { random } = Math;', 'chance'],
  ['src-main/planner/ban/random.ts', "export const a = Math['random']();", 'chance'],
  ['src-main/formats/ban/compare.ts', "export const a = 'a'.localeCompare('b');", 'locale'],
  ['src-main/jobs/ban/now.ts', 'export const a = Date.now();', 'clock'],
  ['src-main/report/ban/print.ts', 'export const a = (1000).toLocaleString();', 'locale'],
  ['src-main/report/ban/intl.ts', 'export const a = new Intl.NumberFormat();', 'locale'],
  ['src-main/engine/vm/ban/weak.ts', 'export const a = new WeakRef({});', 'collector'],
  ['src-main/engine/ban/door.ts', 'export const a = globalThis;', 'backDoor'],
  ['src-main/engine/ban/import.ts', 'export const a = (name: string) => import(name);', 'backDoor'],
  ['src-main/engine/ban/declare.ts', 'declare const process: unknown;\nexport const a = process;', 'backDoor'],
  ['src-main/engine/mm/ban/sin.ts', 'export const a = Math.sin(1);', 'inexactMath'],
  ['src-main/engine/vm/ban/log.ts', 'export const a = Math.log(2);', 'inexactMath'],
  ['src-main/engine/fleet/ban/pow.ts', 'export const a = (x: number) => x ** 0.5;', 'inexactMath'],
  ['src-main/engine/ban/alias.ts', 'export const m = Math;', 'inexactMath'],
];

/** [file, import, rule of import-rules.mjs] */
const refused: readonly (readonly [string, string, string])[] = [
  ['shared/import/up.ts', '../../src-main/engine/world.ts', 'imports-of-shared'],
  ['shared/import/package.ts', 'zod', 'imports-of-shared'],
  ['shared/schema/import/view.ts', '../../view/legal.ts', 'imports-of-shared-schema'],
  ['src-main/engine/import/words.ts', '../../../shared/view/words/legal.ts', 'imports-of-src-main-engine'],
  ['src-main/engine/import/schema.ts', '../../../shared/schema/legal.ts', 'imports-of-src-main-engine'],
  ['src-main/engine/import/out.ts', '../../scenario/legal.ts', 'imports-of-src-main-engine'],
  ['src-main/engine/import/node.ts', 'node:fs', 'imports-of-src-main-engine'],
  ['src-main/engine/import/bare-node.ts', 'fs', 'imports-of-src-main-engine'],
  ['src-main/engine/core/import/up.ts', '../../mm/legal.ts', 'imports-of-src-main-engine-core'],
  ['src-main/engine/mm/import/across.ts', '../../fleet/legal.ts', 'imports-of-src-main-engine-mm'],
  ['src-main/engine/fleet/import/across.ts', '../../transfer/legal.ts', 'imports-of-src-main-engine-fleet'],
  ['src-main/engine/transfer/import/up.ts', '../../vm/legal.ts', 'imports-of-src-main-engine-transfer'],
  ['src-main/formats/import/package.ts', 'zod', 'imports-of-src-main-formats'],
  ['src-main/scenario/import/world.ts', '../../engine/legal.ts', 'imports-of-src-main-scenario'],
  ['src-main/report/import/engine.ts', '../../engine/world.ts', 'imports-of-src-main-report'],
  ['src-main/jobs/import/package.ts', 'zod', 'imports-of-src-main-jobs'],
  ['src-main/runtime/import/up.ts', '../../cli/legal.ts', 'imports-of-src-main-runtime'],
  ['src-main/cli/import/electron.ts', 'electron', 'imports-of-src-main-cli'],
  ['src-renderer/app/import/main.ts', '../../../src-main/engine/world.ts', 'imports-of-src-renderer'],
  // Not .ts: Electron's types bring Node's, and would hide from the compiler what it must refuse below.
  ['src-renderer/app/import/electron.mjs', 'electron', 'imports-of-src-renderer'],
  ['src-renderer/app/import/node.ts', 'node:fs', 'imports-of-src-renderer'],
  ['src-main/cli/import/test.ts', '../legal.test.ts', 'nobody-imports-a-test'],
  ['src-main/cli/import/missing.ts', './no-such-file.ts', 'no-unresolved-import'],
  ['src-main/cli/import/unlisted.ts', 'acorn', 'no-unlisted-package'],
  ['src-main/store/import/circle-a.ts', './circle-b.ts', 'no-circle'],
];

const legal: Readonly<Record<string, string>> = {
  'shared/legal.ts': 'export const a = 1;',
  'shared/model/legal.ts': 'export const a = 1;',
  'shared/view/legal.ts': 'export const a = 1;',
  'shared/view/words/legal.ts': 'export const a = 1;',
  'shared/schema/legal.ts': "export { a } from '../model/legal.ts';\nexport { z } from 'zod';",
  'src-main/engine/world.ts': "export { a } from '../../shared/model/legal.ts';",
  'src-main/engine/legal.ts': "export { a } from './mm/legal.ts';\nexport const b = Math.floor(2 ** 20 / 3);",
  'src-main/engine/mm/legal.ts': "export { a } from '../../../shared/model/legal.ts';",
  'src-main/engine/fleet/legal.ts': "export { a } from '../core/legal.ts';",
  'src-main/engine/transfer/legal.ts': "export { a } from '../fleet/legal.ts';",
  'src-main/engine/vm/legal.ts': "export { a } from '../fleet/legal.ts';",
  'src-main/engine/core/legal.ts': 'export const a = Math.sqrt(2);',
  // Packages whose types might bring Node's or a browser's globals into the pure program.
  'src-main/scenario/legal.ts':
    "export type { a } from '../../shared/model/legal.ts';\nexport { z } from 'zod';\nexport { parse } from 'jsonc-parser';",
  'src-main/formats/legal.ts': "export { a } from '../../shared/legal.ts';",
  'src-main/report/legal.ts': 'export const a = Math.sin(1);',
  'src-main/jobs/legal.ts': "export { a } from '../report/legal.ts';\nexport { b } from '../engine/legal.ts';",
  'src-main/runtime/legal.ts': "export { readFileSync } from 'node:fs';\nexport { Worker } from 'worker_threads';",
  'src-main/cli/legal.ts':
    "export { a } from '../engine/legal.ts';\nexport { Command } from 'commander';\nexport const b = [Date.now(), process.pid];",
  'src-main/cli/legal.test.ts': "export { a } from '../engine/legal.ts';",
  'src-main/engine/legal.test.ts':
    "export { readFileSync } from 'node:fs';\nexport const b = [Date.now(), Math.random(), process.pid];",
  'src-main/store/import/circle-b.ts': "import * as x from './circle-a.ts';\nexport const b = x;", // the other half
  'src-renderer/app/legal.ts':
    "export { a } from '../../shared/legal.ts';\nexport { mount } from 'svelte';\nexport const b = document.title;",
};

describe('the table', () => {
  test('names each folder of the house', () => {
    const folders = readdirSync(join(root, 'src-main'), { withFileTypes: true })
      .filter(
        (entry) =>
          entry.isDirectory() &&
          readdirSync(join(root, 'src-main', entry.name), { recursive: true }).some((name) =>
            String(name).endsWith('.ts'),
          ),
      )
      .map(({ name }) => `src-main/${name}`);
    expect(layers.map(({ folder }) => folder)).toEqual(expect.arrayContaining(folders));
  });

  test('imports one way only', () => {
    const reached = (folder: string, seen = new Set<string>()): Set<string> => {
      const row = layers.find((each) => each.folder === folder);
      for (const next of row === undefined ? [] : [...row.imports, ...rowsBelow(row).map((each) => each.folder)]) {
        if (seen.has(next)) continue;
        seen.add(next);
        reached(next, seen);
      }
      return seen;
    };
    for (const { folder } of layers) expect([...reached(folder)], `what ${folder} reaches`).not.toContain(folder);
  });

  test('agrees with the tsconfigs about who lives where', () => {
    const included = (file: string): string[] =>
      (JSON.parse(readFileSync(join(root, file), 'utf8')) as { include: string[] }).include.map((path) =>
        path.replace('../', ''),
      );
    const outermost = (environment: string): string[] =>
      foldersOf(environment).filter((folder) => !layers.some((row) => folder.startsWith(`${row.folder}/`)));
    expect(included('.ci/tsconfig.pure.json').sort()).toEqual(outermost('pure').sort());
    expect(
      included('.ci/tsconfig.node.json')
        .filter((path) => /^src-main\/\w+$/.test(path))
        .sort(),
    ).toEqual(outermost('node').sort());
  });
});

describe('check refuses', () => {
  let house: string;
  let output: string;
  let exitCode: number | null;

  beforeAll(() => {
    house = mkdtempSync(join(tmpdir(), 'pageshift-layers-'));
    for (const path of ['.ci', 'package.json', 'tsconfig.json', 'eslint.config.js'])
      cpSync(join(root, path), join(house, path), { recursive: true });
    mkdirSync(join(house, 'src-renderer'));
    cpSync(join(root, 'src-renderer/tsconfig.json'), join(house, 'src-renderer/tsconfig.json'));
    symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'), 'junction');
    for (const [file, source] of Object.entries(legal)) plant(file, source);
    for (const [file, source] of banned) plant(file, source);
    for (const [file, target] of refused) plant(file, `import * as x from '${target}';\nexport const a = x;`);
    for (const { folder, environment } of layers) {
      plant(`${folder}/absent.ts`, absent[environment].map((name) => `export const a_${name} = ${name};`).join('\n'));
    }
    const check = spawnSync(process.execPath, ['.ci/check.ts', 'tsc', 'eslint', 'dependency-cruiser'], {
      cwd: house,
      encoding: 'utf8',
    });
    output = `${check.stdout}${check.stderr}`.replaceAll('\\', '/');
    exitCode = check.status;
  }, 240_000);

  afterAll(() => rmSync(house, { recursive: true, force: true }));

  function plant(file: string, source: string): void {
    mkdirSync(dirname(join(house, file)), { recursive: true });
    writeFileSync(join(house, file), `${source}\n`);
  }

  /** ESLint prints a file's name and below it, up to an empty line, its problems. */
  const eslintOn = (file: string): string =>
    output.split(/\n\n/).find((block) => block.split('\n')[0]?.endsWith(`/${file}`)) ?? '';

  test('and says so to the shell', () => {
    expect(exitCode).toBe(1);
    expect(output).toContain('check failed: ');
  });

  test.each(layers.map(({ folder, environment }) => [folder, environment] as const))(
    'missing globals in %s (%s)',
    (folder, environment) => {
      const file = `${folder}/absent.ts`;
      const said = output.split('\n').filter((line) => line.startsWith(`${file}(`));
      const refusals = absent[environment].map(
        (name, i) => new RegExp(`\\(${i + 1},\\d+\\): error TS\\d+: Cannot find name '${name}'`),
      );
      expect(said).toEqual(refusals.map((refusal) => expect.stringMatching(refusal)));
    },
  );

  test.each(banned)('%s: %s', (file, _source, ban) => {
    expect(eslintOn(file)).toContain(bans[ban].why);
  });

  test.each(refused)('%s importing %s', (file, target, rule) => {
    const said = output.split('\n').findIndex((line) => line.includes(`error ${rule}: ${file} → `));
    expect(said, `${rule} on ${file} → ${target}`).toBeGreaterThan(-1);
  });

  test.each(Object.keys(legal))('nothing in %s', (file) => {
    expect(output).not.toContain(`${file}(`); // tsc
    expect(eslintOn(file)).toBe('');
    expect(output).not.toContain(`: ${file} → `); // dependency-cruiser
  });
});

test('a line that would give one file the types of Node, and with it all files, is refused', () => {
  const eslint = spawnSync(
    process.execPath,
    ['node_modules/eslint/bin/eslint.js', '--stdin', '--stdin-filename', 'src-main/engine/planted.ts'],
    { cwd: root, encoding: 'utf8', input: '/// <reference types="node" />\nexport const a = 1;\n' },
  );
  expect(eslint.stdout).toContain('@typescript-eslint/triple-slash-reference');
});
