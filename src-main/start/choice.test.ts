import { describe, expect, test } from 'vitest';
import { chooseShell, NoShellError } from './choice.ts';
import type { Machine } from './choice.ts';

interface Fake {
  readonly environment?: Record<string, string>;
  readonly isRoot?: boolean;
  readonly platform?: NodeJS.Platform;
  readonly noDisplay?: string;
  /** What each executable says to --version. */
  readonly binaries?: Record<string, string>;
  readonly pathFile?: string;
  readonly answers?: boolean;
  /** The installer brings this version, or fails with it. */
  readonly installs?: { readonly version: string } | { readonly failure: string };
}

const BINARY = '/app/node_modules/electron/dist/electron';

function fakeMachine(fake: Fake): { machine: Machine; said: string[]; asked: string[] } {
  const said: string[] = [];
  const asked: string[] = [];
  const binaries = new Map(Object.entries(fake.binaries ?? {}));
  let pathFile = fake.pathFile ?? null;
  const machine: Machine = {
    platform: fake.platform ?? 'linux',
    environment: fake.environment ?? {},
    isRoot: fake.isRoot ?? false,
    noDisplay: fake.noDisplay ?? null,
    electronFolder: '/app/node_modules/electron',
    exists: (path) => binaries.has(path) || path.endsWith('install.js'),
    read: (path) => (path.endsWith('path.txt') ? pathFile : null),
    version: (binary) => binaries.get(binary) || null,
    answers: () => {
      asked.push('answers');
      return Promise.resolve(fake.answers ?? false);
    },
    install: () => {
      asked.push('install');
      if (fake.installs === undefined || 'failure' in fake.installs) {
        return Promise.resolve(fake.installs?.failure ?? 'no network');
      }
      pathFile = 'electron';
      binaries.set(BINARY, fake.installs.version);
      return Promise.resolve(null);
    },
    say: (line) => said.push(line),
  };
  return { machine, said, asked };
}

const INSTALLED: Fake = { pathFile: 'electron\n', binaries: { [BINARY]: 'v45.4.1' } };

describe('Electron', () => {
  test('where it is installed, without a question to the network', async () => {
    const { machine, asked } = fakeMachine(INSTALLED);
    expect(await chooseShell(machine, null)).toEqual({
      shell: 'electron',
      binary: BINARY,
      why: `${BINARY} is Electron 45.4.1`,
    });
    expect(asked).toEqual([]);
  });

  test('fetched once, where its host answers, and said before', async () => {
    const { machine, asked, said } = fakeMachine({ answers: true, installs: { version: 'v45.4.1' } });
    expect(await chooseShell(machine, null)).toMatchObject({ shell: 'electron', binary: BINARY });
    expect(asked).toEqual(['answers', 'install']);
    expect(said).toEqual([expect.stringContaining('110 MB')]);
  });

  test('that only stands in for it is called so', async () => {
    const { machine } = fakeMachine({
      environment: { ELECTRON_OVERRIDE_DIST_PATH: '/standin' },
      binaries: { '/standin/electron': 'v0.0.0-standin' },
      noDisplay: 'there is no display',
      isRoot: true,
    });
    const { shell, why } = await chooseShell(machine, null);
    expect(shell).toBe('electron');
    expect(why).toContain('a stand-in for Electron, not Electron');
    expect(why).not.toContain('Electron 0.0.0');
  });
});

describe('the web shell, and why', () => {
  test.each<[string, Fake, RegExp, string[]]>([
    ['no display', { noDisplay: 'there is no display' }, /not installed, and there is no display/, []],
    [
      'no display for the one that is installed',
      { ...INSTALLED, noDisplay: 'there is no display' },
      /^there is no display/,
      [],
    ],
    ['root', { ...INSTALLED, isRoot: true }, /does not run as root/, []],
    ['no network', {}, /download does not answer/, ['answers']],
    ['a failed download', { answers: true, installs: { failure: 'no space' } }, /no space/, ['answers', 'install']],
    [
      'a runtime that does not start',
      { pathFile: 'electron', binaries: { [BINARY]: '' } },
      /does not answer/,
      ['answers'],
    ],
    ['a path without its file', { pathFile: 'electron' }, /does not answer/, ['answers']],
  ])('%s', async (_what, fake, why, asks) => {
    const { machine, asked } = fakeMachine(fake);
    const choice = await chooseShell(machine, null);
    expect(choice).toMatchObject({ shell: 'web', binary: null });
    expect(choice.why).toMatch(why);
    expect(asked).toEqual(asks);
  });

  test('asked for, whatever there is', async () => {
    const { machine, asked } = fakeMachine(INSTALLED);
    expect(await chooseShell(machine, 'web')).toMatchObject({
      shell: 'web',
      why: expect.stringContaining('asked for'),
    });
    expect(asked).toEqual([]);
  });

  test('is not given to who asked for Electron', async () => {
    for (const fake of [{ noDisplay: 'there is no display' }, { ...INSTALLED, isRoot: true }, {}]) {
      await expect(chooseShell(fakeMachine(fake).machine, 'electron')).rejects.toThrow(NoShellError);
    }
  });
});
