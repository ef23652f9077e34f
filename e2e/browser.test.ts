import { describe, expect, test } from 'vitest';
import { findBrowser, findOrInstallBrowser, NoBrowserError } from './browser.ts';
import type { Machine } from './browser.ts';

interface Fake {
  readonly files?: readonly string[];
  /** Files that are there and do not start. */
  readonly broken?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly root?: boolean;
  readonly platform?: NodeJS.Platform;
  readonly fonts?: string;
  /** Files that a command (its last word) brings; a command that is not named fails. */
  readonly brings?: Record<string, readonly string[]>;
}

function fakeMachine(fake: Fake): { machine: Machine; said: string[]; ran: string[] } {
  const files = new Set([...(fake.files ?? []), ...(fake.broken ?? [])]);
  const said: string[] = [];
  const ran: string[] = [];
  let fonts = fake.fonts ?? 'DejaVu Sans';
  const machine: Machine = {
    platform: fake.platform ?? 'linux',
    environment: { PATH: '/usr/local/bin:/usr/bin', ...fake.environment },
    root: fake.root ?? false,
    playwrightBrowser: '/cache/playwright/chrome',
    exists: (path) => files.has(path),
    ask: (command) => {
      if (command === 'fc-list') return { code: 0, output: fonts };
      const starts = files.has(command) && !fake.broken?.includes(command);
      return starts ? { code: 0, output: `warning\n${command} 1.2.3\n` } : { code: 127, output: '' };
    },
    run: (command, args) => {
      ran.push([command.split('/').at(-1), ...args].join(' '));
      const brings = fake.brings?.[args.at(-1)!];
      for (const file of brings ?? []) files.add(file);
      if (brings?.includes('a font')) fonts = 'a font';
      return brings === undefined ? 1 : 0;
    },
    say: (line) => said.push(line),
  };
  return { machine, said, ran };
}

const DEBIAN = ['/usr/bin/apt-get', '/etc/debian_version'];

describe('a browser is found', () => {
  test.each<[string, Fake, string, string]>([
    [
      'the named one first',
      { files: ['/my/chrome', '/usr/bin/chromium'], environment: { CHROMIUM_BIN: '/my/chrome' } },
      '/my/chrome',
      'CHROMIUM_BIN',
    ],
    [
      "then Playwright's own",
      { files: ['/cache/playwright/chrome', '/usr/bin/chromium'] },
      '/cache/playwright/chrome',
      "Playwright's own",
    ],
    ['then one in PATH', { files: ['/usr/bin/google-chrome'] }, '/usr/bin/google-chrome', 'in PATH'],
    ['at its usual place', { files: ['/snap/bin/chromium'] }, '/snap/bin/chromium', 'at its usual place'],
    [
      'not one that does not start',
      { broken: ['/usr/bin/chromium-browser'], files: ['/opt/google/chrome/chrome'] },
      '/opt/google/chrome/chrome',
      'at its usual place',
    ],
  ])('%s', (_, fake, path, by) => {
    const { machine, ran } = fakeMachine(fake);
    expect(findOrInstallBrowser(machine)).toEqual({ path, by, version: `${path} 1.2.3` });
    expect(ran).toEqual([]);
  });

  test('none is null, and looking installs nothing', () => {
    const { machine, ran } = fakeMachine({ root: true, files: DEBIAN });
    expect(findBrowser(machine)).toBeNull();
    expect(ran).toEqual([]);
  });

  test.each([
    [{ files: ['/usr/bin/chromium'] }, 'is not there'],
    [{ files: ['/usr/bin/chromium'], broken: ['/my/chrome'] }, 'does not start'],
  ])('a named one that is wrong is an error, not replaced: %j', (fake, why) => {
    const { machine, ran } = fakeMachine({ ...fake, environment: { CHROMIUM_BIN: '/my/chrome' } });
    expect(() => findOrInstallBrowser(machine)).toThrow(`/my/chrome, which ${why}`);
    expect(ran).toEqual([]);
  });
});

describe('a browser is installed', () => {
  test("by Playwright's download", () => {
    const { machine, said, ran } = fakeMachine({
      root: true,
      files: DEBIAN,
      brings: { chromium: ['/cache/playwright/chrome'] },
    });
    expect(findOrInstallBrowser(machine).by).toBe("Playwright's own");
    expect(ran).toHaveLength(1);
    expect(ran[0]).toMatch(/playwright.*cli\.js install chromium$/);
    expect(said).toEqual([expect.stringContaining('playwright install chromium')]);
  });

  test('by apt-get as root of Debian, when the download fails', () => {
    const { machine, ran } = fakeMachine({
      root: true,
      files: DEBIAN,
      brings: { update: [], 'fonts-dejavu-core': ['/usr/bin/chromium'] },
    });
    expect(findOrInstallBrowser(machine).path).toBe('/usr/bin/chromium');
    expect(ran.slice(1)).toEqual([
      'apt-get update',
      'apt-get install -y --no-install-recommends chromium fonts-dejavu-core',
    ]);
  });

  test.each<[string, Fake]>([
    ['not root', { files: DEBIAN }],
    ['not Debian', { root: true }],
  ])('not by apt-get: %s; then it is said what to install', (_, fake) => {
    const { machine, ran } = fakeMachine(fake);
    expect(() => findOrInstallBrowser(machine)).toThrow(NoBrowserError);
    expect(() => findOrInstallBrowser(machine)).toThrow(/CHROMIUM_BIN.*apt-get install chromium/);
    expect(ran.filter((line) => line.startsWith('apt-get'))).toEqual([]);
  });

  test('what was installed and does not start is not taken', () => {
    const { machine, said } = fakeMachine({
      root: true,
      files: DEBIAN,
      broken: ['/usr/bin/chromium'],
      brings: { chromium: [], update: [], 'fonts-dejavu-core': ['/usr/bin/chromium'] },
    });
    expect(() => findOrInstallBrowser(machine)).toThrow(NoBrowserError);
    expect(said.filter((line) => line.includes('no browser that starts'))).toHaveLength(2);
  });
});

describe('a font', () => {
  test('is installed where there is none', () => {
    const { machine, said } = fakeMachine({
      root: true,
      files: ['/usr/bin/chromium', ...DEBIAN],
      fonts: '',
      brings: { update: [], 'fonts-dejavu-core': ['a font'] },
    });
    findOrInstallBrowser(machine);
    expect(said).toEqual([expect.stringContaining('trying apt-get install fonts-dejavu-core')]);
  });

  test('is asked for where that is not possible', () => {
    const { machine, said, ran } = fakeMachine({ files: ['/usr/bin/chromium'], fonts: '' });
    findOrInstallBrowser(machine);
    expect(ran).toEqual([]);
    expect(said).toEqual([expect.stringContaining('Install one')]);
  });
});
