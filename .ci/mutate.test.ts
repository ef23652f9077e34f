import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { blocksOf, marked, mutantSites, mutated } from './mutant-sites.ts';
import { drawMutants } from './mutate.ts';

const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mutantsOf = (source: string): string[] => mutantSites(source).map((site) => mutated(source, site));

describe('the sites of a source', () => {
  test.each([
    ['const x = a < b;', ['const x = a <= b;']],
    ['const x = a && b;', ['const x = a || b;']],
    ['x = f(a, b);', [';', 'x = f(b, a);']],
    ['f(a);', [';']],
    ['x += y;', ['x -= y;']],
    ['if (a) f();', ['if (!(a)) f();', 'if (a) ;']],
    ['const x = a ? b : c;', ['const x = !(a) ? b : c;']],
    ['const x = a + 1;', ['const x = a;', 'const x = a - 1;']],
    ['const x = 7;', ['const x = (7 + 1);']],
    ['const x = Math.min(a, b);', ['const x = Math.max(a, b);']],
    ['const x = a ?? b;', ['const x = (a);']],
    ['for (; a; ) b;', ['for (; false; ) b;']],
    ['const x = a >>> b;', ['const x = a << b;']],
    ['const x = true;', ['const x = false;']],
    ['function f() { if (a) return; b; }', ['function f() { if (!(a)) return; b; }', 'function f() { if (a) ; b; }']],
  ])('%s', (source, expected) => {
    expect(mutantsOf(source).sort()).toEqual([...expected].sort());
  });

  test.each([
    "assert(a < b, 'slug', { a: 1 });",
    "throw new InvariantError('slug', { a: 1 + 1 });",
    'type T = 1 | 2;',
    'interface T { readonly a: 1 | 2 }',
    "const x = `${a}` + 'b';",
    '// a < b\n',
    "import { a } from './a.ts';",
  ])('none: %s', (source) => {
    expect(mutantsOf(source)).toEqual([]);
  });
});

test('a seed draws the same mutants, and more of them begin alike', () => {
  const files = ['src-main/engine/mm/pcp.ts', 'src-main/engine/mm/buddy.ts'];
  const drawn = drawMutants(files, 7, 20);
  expect(drawn).toHaveLength(20);
  expect(drawMutants(files, 7, 10)).toEqual(drawn.slice(0, 10));
  expect(drawMutants(files, 8, 10)).not.toEqual(drawn.slice(0, 10));
  expect(new Set(drawn.map(({ kind }) => kind)).size).toBeGreaterThan(8);
});

test('neither another file nor another line changes the order of the rest within its kind', () => {
  const root = join(import.meta.dirname, '..');
  const [one, two] = ['one.ts', 'two.ts'].map((name) => relative(root, join(folder, name))) as [string, string];
  const write = (file: string, source: string): void => writeFileSync(join(root, file), source);
  const orderInOne = (): string[] =>
    drawMutants([one, two], 1, 1000)
      .filter(({ file, before }) => file === one && before !== 'm(n);')
      .map(({ kind, after }) => `${kind}: ${after}`)
      .sort((a, b) => (a.split(':')[0]! < b.split(':')[0]! ? -1 : 1));
  const source = 'f(a);\ng(a < b);\nh(c < 1);\nf(a);\ni(d);\nj(e < 2);\nk(f);\n';
  write(one, source);
  write(two, '');
  const alone = orderInOne();
  expect(alone).toHaveLength(12);
  write(two, 'x = y < z;\nx(y);\nx(z);\nwhile (x < 3) y++;\n');
  expect(orderInOne()).toEqual(alone);
  write(one, `m(n);\n${source}`);
  expect(orderInOne()).toEqual(alone);
});

test('each line that is listed with a fault that changes nothing stands in its file', () => {
  const listed = JSON.parse(readFileSync(join(import.meta.dirname, 'mutants-equivalent.json'), 'utf8')) as readonly {
    readonly file: string;
    readonly before: string;
  }[];
  expect(listed.length).toBeGreaterThan(0);
  for (const { file, before } of listed) {
    expect(readFileSync(join(import.meta.dirname, '..', file), 'utf8').replace(/\s+/g, ' '), file).toContain(before);
  }
});

test('a program reads the one module with the fault in it, and its file stays', () => {
  const main = join(folder, 'main.ts');
  const module = join(folder, 'module.ts');
  writeFileSync(main, "import { answer } from './module.ts';\nconsole.log(answer(1));\n");
  const source = 'export const answer = (n: number): number => n + 1;\n';
  writeFileSync(module, source);
  const named = join(folder, 'mutant.json');
  writeFileSync(named, JSON.stringify({ [module]: source.replace('+', '-') }));
  const hook = join(import.meta.dirname, 'mutant-hook.mjs');
  const run = (mutant: string | undefined): string =>
    spawnSync(process.execPath, ['--import', hook, main], {
      env: { ...process.env, PAGESHIFT_SOURCES: mutant },
      encoding: 'utf8',
    }).stdout;
  expect([run(undefined), run(named)]).toEqual(['2\n', '0\n']);
  expect(readFileSync(module, 'utf8')).toBe(source);
});

test('every block of a source says that it runs, and nothing else changes', () => {
  const source = 'function f(a) { if (a) { return 1; } else return 2; }\nclass C { #x = () => { f(); }; }\n';
  const blocks = blocksOf(source);
  expect(blocks.map(({ start, end }) => source.slice(start, end))).toEqual([
    ' if (a) { return 1; } else return 2; }',
    ' return 1; }',
    ' f(); }',
  ]);
  expect(marked(source, blocks, 7)).toBe(
    'function f(a) { ranBlocks[7] = 1; if (a) { ranBlocks[8] = 1; return 1; } else return 2; }\n' +
      'class C { #x = () => { ranBlocks[9] = 1; f(); }; }\n',
  );
});
