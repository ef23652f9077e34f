/**
 * What an installable application would hold: packed by electron-builder as for a release, with the stand-in in place of
 * Electron's binary, from a copy of this project whose build is a few small files, some of which must not be packed.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'pageshift-package-'));
const resources = join(copy, 'release', 'linux-unpacked', 'resources');

function pack(...options: string[]): { readonly code: number | null; readonly said: string } {
  const builder = join(root, 'node_modules', 'electron-builder', 'cli.js');
  const args = ['--linux', 'dir', `-c.electronDist=${join(root, 'e2e', 'standin')}`, ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, [builder, ...args], { cwd: copy, encoding: 'utf8' });
  return { code: status, said: stdout + stderr };
}

interface Entry {
  readonly files?: Readonly<Record<string, Entry>>;
  readonly unpacked?: boolean;
}

/** The names in an archive, from the JSON at its beginning, which four numbers precede. */
function archived(file: string): readonly string[] {
  const bytes = readFileSync(file);
  const header = JSON.parse(bytes.toString('utf8', 16, 16 + bytes.readUInt32LE(12))) as Entry;
  const names = (entry: Entry, path: string): string[] =>
    entry.files === undefined
      ? [entry.unpacked ? `${path} (beside)` : path]
      : Object.entries(entry.files).flatMap(([name, each]) => names(each, path === '' ? name : `${path}/${name}`));
  return names(header, '').sort();
}

/** Shipped. */
const PACKED = [
  'out/main/main.js',
  'out/preload/preload.cjs',
  'out/renderer/assets/index.js',
  'out/renderer/index.html',
];
const BESIDE = ['out/main/session-worker.mjs', 'out/main/job-worker.mjs', 'out/main/shared-recording.mjs'];
/** Made by a build, or lying around, and nobody's business. */
const LEFT = [
  'out/main/main.js.map',
  'out/tsc/node.tsbuildinfo',
  'out/ci/test.json',
  'notes.txt',
  'src-main/app/main.ts',
];

beforeAll(() => {
  for (const name of [
    'package.json',
    'electron-builder.yml',
    'electron-builder.release.yml',
    'build',
    'shared/examples',
  ]) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
  for (const name of [...PACKED, ...BESIDE, ...LEFT]) {
    mkdirSync(dirname(join(copy, name)), { recursive: true });
    writeFileSync(join(copy, name), '//');
  }
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('the package', { timeout: 120_000 }, () => {
  test('holds what runs inside, and nothing else', () => {
    const { code, said } = pack();
    expect(code, said).toBe(0);
    expect(archived(join(resources, 'app.asar'))).toEqual(
      [...PACKED, ...BESIDE.map((name) => `${name} (beside)`), 'package.json'].sort(),
    );
    for (const name of BESIDE) expect(existsSync(join(resources, 'app.asar.unpacked', name))).toBe(true);
  });

  test('brings the examples, the icon and the licence of what is built in along', () => {
    expect(readdirSync(join(resources, 'examples')).sort()).toEqual(
      readdirSync(join(root, 'shared', 'examples')).sort(),
    );
    expect(readFileSync(join(resources, 'icon.png')).subarray(1, 4).toString()).toBe('PNG');
    expect(readdirSync(resources).sort()).toEqual([
      'app.asar',
      'app.asar.unpacked',
      'examples',
      'icon.png',
      'just-bash-LICENSE.txt',
    ]);
    expect(readFileSync(join(resources, 'just-bash-LICENSE.txt'), 'utf8')).toContain('Apache License');
  });

  test('says nothing of the tools that made it', () => {
    const bytes = readFileSync(join(resources, 'app.asar')).toString('latin1');
    expect(bytes).not.toContain('devDependencies');
    expect(bytes).not.toContain('vitest');
  });

  test('is not made from a configuration with an unknown key', () => {
    const { code, said } = pack('-c.appID=wrong');
    expect(code).not.toBe(0);
    expect(said).toContain("unknown property 'appID'");
  });

  test('of a release is refused a binary without fuses, so that no stand-in is ever shipped', () => {
    const { code, said } = pack('--config', 'electron-builder.release.yml');
    expect(code).not.toBe(0);
    expect(said).toMatch(/sentinel/);
  });
});

test('no configuration names another place for the binary', () => {
  for (const name of ['electron-builder.yml', 'electron-builder.release.yml']) {
    expect(readFileSync(join(root, name), 'utf8')).not.toMatch(/^electronDist/m);
  }
});
