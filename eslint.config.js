/** Rules that find bugs; the format is prettier's. What a layer bans comes from the table in .ci/layers.ts. */
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';
import { bansOf, layers, rowsBelow } from './.ci/layers.ts';

const pairs = (object) => Object.entries(object ?? {});

/** The banned names of a row as ESLint's four rules for such things; the most specific row is the last to match. */
function bannedIn(layer) {
  const bans = bansOf(layer);
  const message = (why) => `${why} (${layer.folder} is ${layer.environment}: .ci/layers.ts)`;
  return {
    name: `bans/${layer.folder}`,
    files: [`${layer.folder}/**/*.{ts,svelte}`],
    ignores: ['**/*.test.ts', ...rowsBelow(layer).map((row) => `${row.folder}/**`)],
    rules: {
      'no-restricted-globals': [
        'error',
        ...bans.flatMap(({ why, globals = [] }) => globals.map((name) => ({ name, message: message(why) }))),
      ],
      'no-restricted-properties': [
        'error',
        ...bans.flatMap(({ why, members = [], membersOf }) => [
          ...members.map((property) => ({ property, message: message(why) })),
          ...pairs(membersOf).flatMap(([object, names]) =>
            names.map((property) => ({ object, property, message: message(why) })),
          ),
        ]),
      ],
      'no-restricted-syntax': [
        'error',
        ...bans.flatMap(({ why, syntax = [] }) => syntax.map((selector) => ({ selector, message: message(why) }))),
      ],
    },
  };
}

export default defineConfig(
  { ignores: ['out', 'release', 'playwright-report', 'test-results', '.bench'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { files: ['**/*.{ts,svelte}'], extends: [js.configs.recommended, ts.configs.recommended] },
  {
    files: ['**/*.svelte'],
    extends: [svelte.configs.recommended],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: { 'no-undef': 'off' }, // the compiler knows the names of a page better
  },
  {
    files: ['**/*.{ts,svelte}'],
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-eval': 'error',
      'no-new-func': 'error',
      'no-control-regex': 'off', // reading foreign text is looking for them
      // One such line gives its types to every file of the program, and the compiler no longer refuses them anywhere.
      '@typescript-eslint/triple-slash-reference': ['error', { lib: 'never', path: 'never', types: 'never' }],
      '@typescript-eslint/no-non-null-assertion': 'off', // typed arrays under noUncheckedIndexedAccess
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    // Only here is there anything to await, and only these rules need types, which cost seconds.
    files: layers.filter(({ environment }) => environment === 'node').map(({ folder }) => `${folder}/**/*.ts`),
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
    },
  },
  { files: ['**/*.test.ts'], rules: { '@typescript-eslint/no-explicit-any': 'off' } }, // a wrong document has no type
  layers.map(bannedIn),
);
