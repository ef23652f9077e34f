/** The small parts of the Electron shell that need no Electron: its menu, its arguments, where windows open. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, test } from 'vitest';
import { WINDOW_COMMAND_IDS, WINDOW_COMMANDS } from '../../shared/protocol/window-command.ts';
import { filesIn } from './argument.ts';
import { opening, readBounds, writeBounds } from './bounds.ts';
import { menuTemplate } from './menu.ts';
import type { MenuOptions } from './menu.ts';
import { isPage, pathOf } from './origin.ts';

type Item = MenuItemConstructorOptions;
const flat = (items: readonly Item[]): readonly Item[] =>
  items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])]);

function menu(options: Partial<MenuOptions> = {}): { items: readonly Item[]; done: string[] } {
  const done: string[] = [];
  const template = menuTemplate(
    { platform: 'linux', recent: [], developerTools: false, ...options },
    {
      command: (id) => done.push(id),
      newWindow: () => done.push('new window'),
      openRecent: (path) => done.push(`open ${path}`),
    },
  );
  return { items: flat(template), done };
}
const click = (item: Item): void => (item.click as () => void)();

describe('the menu', () => {
  test('has each command that has a place in a menu once, and says which one was chosen', () => {
    const { items, done } = menu();
    const commands = items.filter(({ id, click }) => click && id !== undefined && id !== 'newWindow');
    expect(commands.map(({ id }) => id).sort()).toEqual(
      WINDOW_COMMAND_IDS.filter((id) => WINDOW_COMMANDS[id].place !== null).sort(),
    );
    for (const item of commands) {
      click(item);
      expect(done.pop()).toBe(item.id);
    }
  });

  test('has its commands in sections, and what is of the system between them', () => {
    const labels = (name: string): string[] => {
      const { submenu } = menu().items.find(({ label }) => label === name)!;
      return (submenu as Item[]).map(({ label, role, type }) => label ?? role ?? type!);
    };
    expect(labels('&File')).toEqual([
      ...['New Scenario…', 'New Window', 'Open…', 'Open Recent', 'Import Files of a Host and its VMs…'],
      ...['Import a Folder of a Host…', 'separator', 'Save', 'Save As…', 'Rename', 'separator', 'Report…', 'separator'],
      ...['Show Start Screen', 'Close Scenario', 'Close Window', 'separator', 'quit'],
    ]);
    expect(labels('&Edit')).toEqual([
      ...['Undo', 'Redo', 'separator', 'cut', 'copy', 'paste', 'selectAll', 'separator', 'Find a Command…'],
      ...['separator', 'Edit VM…', 'Add VM…', 'Remove VM…', 'separator', 'Add Host…', 'Remove Host…', 'Add Link…'],
    ]);
    expect(labels('&Run')).toEqual([
      ...['Play or Pause', 'Play as Fast as It Goes', 'Step One Tick', 'Look One Frame Back', 'Look at the Beginning'],
      ...['Back to Now', 'separator', 'Slower', 'Faster', 'separator', 'Compact VM…', 'Migrate VM…', 'Beyond the RFC…'],
      ...[
        'Cancel What Moves This VM',
        'Rehearse a Compaction of Each VM',
        'separator',
        'Check Every Law Now',
        'Cancel the Replay',
      ],
    ]);
    expect(labels('Theme')).toEqual(['As the System Has It', 'Light', 'Dark', 'lstopo']);
  });

  test('shows the first key with a modifier', () => {
    const keys = new Map(menu().items.map(({ id, accelerator }) => [id, accelerator]));
    expect(keys.get('file.saveAs')).toBe('CmdOrCtrl+Shift+S');
    expect(keys.get('view.console')).toBe('CmdOrCtrl+`');
    expect(keys.get('run.playPause')).toBeUndefined();
  });

  test('no two items have one id, and no two one key', () => {
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      const { items } = menu({ platform });
      for (const field of ['id', 'accelerator'] as const) {
        const all = items.map((item) => item[field]).filter((each) => each !== undefined);
        expect(new Set(all).size).toBe(all.length);
      }
    }
  });

  test("keys of the window's commands are left to the page", () => {
    const keyed = menu().items.filter(({ accelerator, id }) => accelerator !== undefined && id !== 'newWindow');
    expect(keyed.length).toBeGreaterThan(8);
    expect(keyed.every(({ registerAccelerator }) => registerAccelerator === false)).toBe(true);
  });

  test('recent files are opened by their path, and shown as they are named', () => {
    const { items, done } = menu({ recent: [{ name: 'A & B', path: '/a/b.pageshift.json' }] });
    const recent = items.find(({ id }) => id === 'recent.0')!;
    expect(recent.label).toBe('A && B  (/a/b.pageshift.json)');
    click(recent);
    expect(done).toEqual(['open /a/b.pageshift.json']);
    expect(menu().items.find(({ id }) => id === 'recent')!.enabled).toBe(false);
  });

  test('developer tools are not in a release', () => {
    const roles = (developerTools: boolean): unknown[] => menu({ developerTools }).items.map(({ role }) => role);
    expect(roles(true)).toContain('toggleDevTools');
    expect(roles(false)).not.toContain('toggleDevTools');
  });
});

describe('files of a command line', () => {
  test.each<[string, string[], string | null, string[]]>([
    ['of a package', ['/opt/pageshift', '/a/b.pageshift.json'], null, ['/a/b.pageshift.json']],
    ['relative to the folder', ['/opt/pageshift', 'b.pageshift.json'], null, ['/work/b.pageshift.json']],
    ['not its switches', ['/opt/pageshift', '--no-sandbox', '-x', 'b.json', ''], null, ['/work/b.json']],
    ['none', ['/opt/pageshift'], null, []],
    ['after the sources', ['/dist/electron', '.', 'b.json'], '/work', ['/work/b.json']],
    [
      "not Electron's own",
      ['/dist/electron', '-r', 'loader.js', '--inspect=0', '.', 'b.json'],
      '/work',
      ['/work/b.json'],
    ],
    ['none without the sources', ['/dist/electron', 'b.json'], '/elsewhere', []],
  ])('%s', (_what, argv, appPath, files) => {
    expect(filesIn(argv, appPath, '/work')).toEqual(files);
  });
});

describe('where a window opens', () => {
  const screens = [{ x: 0, y: 0, width: 1920, height: 1080 }];
  const kept = { x: 100, y: 50, width: 1000, height: 700, maximized: false };

  test('the first at the design size, later as the last was left', () => {
    expect(opening(null, screens, 0)).toEqual({ width: 1280, height: 800, maximized: false });
    expect(opening(kept, screens, 0)).toEqual(kept);
    expect(opening({ ...kept, maximized: true }, screens, 0).maximized).toBe(true);
  });

  test('beside those that are open', () => {
    expect(opening({ ...kept, maximized: true }, screens, 2)).toEqual({ ...kept, x: 148, y: 98, maximized: false });
  });

  test('where it can be seen and taken hold of', () => {
    for (const place of [{ x: 3000 }, { x: -990 }, { y: -10 }, { y: 1060 }]) {
      expect(opening({ ...kept, ...place }, screens, 0)).toEqual({ width: 1000, height: 700, maximized: false });
    }
    expect(opening({ ...kept, width: 10, height: 10 }, screens, 0)).toMatchObject({ width: 800, height: 560 });
  });

  test('what was kept is read back, and what is damaged is not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pageshift-bounds-'));
    const file = join(folder, 'window.json');
    expect(readBounds(file)).toBeNull();
    writeBounds(file, kept);
    expect(readBounds(file)).toEqual(kept);
    for (const text of [
      '',
      'null',
      '[]',
      '{"x":1}',
      '{"x":"1","y":1,"width":1,"height":1}',
      '{"x":1e9,"y":1,"width":1,"height":1}',
    ]) {
      writeFileSync(file, text);
      expect(readBounds(file)).toBeNull();
    }
    rmSync(folder, { recursive: true });
    writeBounds(file, kept); // the folder is gone: nothing to be done
  });
});

test('an address is ours, and the page, as it was written', () => {
  expect(isPage('app://pageshift/')).toBe(true);
  expect(isPage('app://pageshift/preview/a')).toBe(false);
  expect(pathOf('app://pageshift/assets/../x?y#z')).toBe('/assets/../x');
  expect(pathOf('app://pageshift')).toBeNull();
  expect(pathOf('app://other/')).toBeNull();
});
