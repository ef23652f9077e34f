import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Snapshot } from '../../shared/columns/index.ts';
import type { CompactionRow, MigrationRow } from '../../shared/model/transfer.ts';
import type { DocumentState } from '../../shared/protocol/document.ts';
import { WINDOW_COMMAND_GROUPS } from '../../shared/protocol/window-command.ts';
import { randomGuest, snapshotOf } from '../../shared/view/fixture/page-model.ts';
import type { App } from './app.svelte.ts';
import { createCommands, namedCommands } from './commands.ts';
import { matches } from './keys.ts';
import { frameFrom } from './transport.ts';

const hosts = ['one', 'other'].map((name) => ({
  name,
  nodes: [{ nid: 0, cpus: [0], totalPages: 4096, reservedPages: 0 }],
}));
const guests = ['db', 'web'].map((name) => randomGuest({ name, nrPages: 1000, nodes: 1, hostNids: [0], seed: 1 }));

const frameOf = (migrations: readonly MigrationRow[], compactions: readonly CompactionRow[]): Snapshot =>
  snapshotOf({ tick: 0, hosts, guests, migrations, compactions });
const migrationOf = (vm: string): MigrationRow => ({
  ...{ vm, fromHost: 'one', toHost: 'other', phase: 'running', startTick: 0, endTick: null },
  ...{ rounds: [], sentBytes: 0, downtimeMs: null, downtimeLimitMs: 300, leastLimitMs: null, bytesPerSec: null },
});
const compactionOf = (vm: string): CompactionRow => ({
  ...{ vm, phase: 'running', startTick: 0, endTick: null, nodes: [0], movedPages: 0, leftPages: 1 },
});

/** Ticks that main has frames of. */
const FRAMES = [0, 10, 20, 30, 40, 50];

/** What commands ask of a window, and what they asked for. */
function fakeApp(): App & { asked: [string, unknown][] } {
  const asked: [string, unknown][] = [];
  const document = {
    ...{ id: 'd', name: 'Mine', dirty: false, place: null, tick: 50, playing: false, busy: null },
    ...{ undo: 'compact db to node 1', redo: null },
    history: { first: 0, last: 50, frames: 6, memoryBytes: 0, diskBytes: 0 },
    inputs: { links: [], guests: [{ name: 'db' }, { name: 'web' }] },
  } as unknown as DocumentState;
  const app: App & { asked: [string, unknown][] } = {
    ...{
      document,
      lost: false,
      at: null,
      shownTick: 50,
      ticksPerSec: 10,
      dialog: null,
      view: 'host',
      shownView: 'host',
      severalHosts: false,
    },
    ...{ guestName: 'db', viewControl: null, themeChoice: 'system', events: [], renaming: false },
    ...{ selection: null, guestHeader: null, stated: { answer: { notPlaced: [{ vm: { name: 'lost' } }] } } },
    layout: { open: { left: true, inspector: true, time: true, drawer: false } },
    hello: { dialogs: true },
    start: { examples: [{ id: 'e', name: 'An example' }] },
    frame: frameOf([], []),
    asked,
    attempt: (_: string, name: string, input: unknown) => {
      asked.push([name, input]);
      return Promise.resolve(name === 'view.frames' ? { ticks: FRAMES } : null);
    },
    submit: vi.fn(),
    scrub(at: number | null) {
      app.at = at;
    },
    openDialog: vi.fn(),
    openEdit: vi.fn(),
    setOpen: vi.fn(),
    showView: vi.fn(),
    showGuest: vi.fn(),
    showGuestPart: vi.fn(),
    openConsole: vi.fn(),
    setTheme: vi.fn(),
    showDrawer: vi.fn(),
    attach: vi.fn(),
  } as unknown as App & { asked: [string, unknown][] };
  return app;
}

let app: ReturnType<typeof fakeApp>;
let run: (id: string) => unknown;
const command = (id: string) => createCommands(app).find((each) => each.id === id)!;

beforeEach(() => {
  app = fakeApp();
  run = (id) => command(id).run();
});

describe('the table', () => {
  test('has an id and a title for each, and a key for one at most', () => {
    const commands = createCommands(app);
    expect(new Set(commands.map(({ id }) => id)).size).toBe(commands.length);
    for (const { title, group } of commands) {
      expect(title()).not.toBe('');
      expect(WINDOW_COMMAND_GROUPS).toContain(group);
    }
    const keys = commands.flatMap((each) => each.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('has every command that menus and keys are promised', () => {
    const ids = createCommands(app).map(({ id }) => id);
    const promised = [
      ...['file.new', 'file.open', 'file.import', 'file.save', 'file.saveAs', 'file.export', 'file.close'],
      ...['edit.undo', 'edit.redo', 'run.playPause', 'run.play', 'run.step', 'run.stepBack', 'run.toPresent'],
      ...['run.slower', 'run.faster', 'run.check', 'vm.compact', 'vm.migrate', 'vm.cancel', 'view.host', 'view.guest'],
      ...['view.accounting', 'view.migrations', 'view.zoomIn', 'view.zoomOut', 'view.fit', 'help.keys', 'palette'],
      ...['theme.system', 'theme.light', 'theme.dark', 'theme.lstopo'],
    ];
    expect(promised.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test.each([
    ...[['Mod+O', 'file.open'] as const, ['Mod+S', 'file.save'] as const, ['Mod+Z', 'edit.undo'] as const],
    ...[['Mod+Shift+Z', 'edit.redo'] as const, ['Mod+E', 'file.export'] as const, ['Mod+K', 'palette'] as const],
    ...[['Space', 'run.playPause'] as const, [',', 'run.stepBack'] as const, ['.', 'run.step'] as const],
    ...[['Mod+3', 'view.guest'] as const, ['F', 'view.fit'] as const, ['?', 'help.keys'] as const],
  ])('%s is %s', (keys, id) => {
    const mod = keys.startsWith('Mod+');
    const key = keys.replace(/^Mod\+|Shift\+/g, '').replace('Space', ' ');
    const event = { key, ctrlKey: mod, metaKey: false, altKey: false, shiftKey: keys.includes('Shift+') };
    const found = createCommands(app).filter((each) => each.keys.some((k) => matches(k, event, false)));
    expect(found.map((each) => each.id)).toEqual([id]);
  });
});

describe('undo and redo', () => {
  test('are said in words, and are off where there is nothing', () => {
    expect(command('edit.undo').title()).toBe('Undo compact db to node 1');
    expect(command('edit.redo').title()).toBe('Redo');
    expect([command('edit.undo').enabled(), command('edit.redo').enabled()]).toEqual([true, false]);
    void run('edit.redo');
    expect(app.asked).toEqual([]);
  });

  test('come back to the present first', () => {
    app.at = 20;
    void run('edit.undo');
    expect(app.at).toBe(null);
    expect(app.asked).toEqual([['run.undo', {}]]);
  });
});

describe('nothing pretends to work', () => {
  test('while the connection is lost', () => {
    app.lost = true;
    const on = createCommands(app).filter(({ enabled }) => enabled());
    const harmless = /^(theme|help|palette)/;
    expect(on.map(({ id }) => id).filter((id) => !harmless.test(id))).toEqual([]);
  });

  test('without a document, but to open one', () => {
    app.document = null;
    const on = createCommands(app).filter(({ enabled, group }) => enabled() && !['Theme', 'Help'].includes(group));
    expect(on.map(({ id }) => id)).toEqual(['file.new', 'file.open', 'file.import', 'file.importFolder']);
  });

  test('while a replay runs, but to cancel it', () => {
    app.document = { ...app.document!, busy: { what: 'Undoing', tick: 1, toTick: 2 } };
    const run = createCommands(app).filter(({ enabled, group }) => enabled() && group === 'Run');
    expect(run.map(({ id }) => id)).toEqual(['run.cancel']);
  });
});

describe('transport', () => {
  test('Play plays at the chosen speed, Pause pauses', () => {
    void run('run.playPause');
    app.document = { ...app.document!, playing: true };
    expect(command('run.playPause').title()).toBe('Pause');
    void run('run.playPause');
    expect(app.asked).toEqual([
      ['run.play', { ticksPerSec: 10 }],
      ['run.pause', {}],
    ]);
  });

  test('a step in the present is one of the world, in the past the next frame that there is', async () => {
    await run('run.step');
    expect(app.asked).toEqual([['run.step', { ticks: 1 }]]);
    app.at = 20;
    await run('run.step');
    expect(app.at).toBe(30);
    app.at = 40;
    await run('run.step');
    expect(app.at).toBe(null);
    expect(app.asked.filter(([name]) => name === 'run.step').length).toBe(1);
  });

  test('a step back shows the frame before', async () => {
    await run('run.stepBack');
    expect(app.at).toBe(40);
    Object.assign(app, { shownTick: 0 });
    expect(command('run.stepBack').enabled()).toBe(false);
  });

  test('steps that come faster than answers each go one further', async () => {
    app.at = 0;
    await Promise.all(['run.step', 'run.step', 'run.step'].map(run));
    expect(app.at).toBe(30);
    await Promise.all(['run.stepBack', 'run.stepBack'].map(run));
    expect(app.at).toBe(10);
  });

  test('faster and slower go through the speeds, and at once while playing', () => {
    app.document = { ...app.document!, playing: true };
    void run('run.faster');
    expect(app.ticksPerSec).toBe(100);
    expect(app.asked).toEqual([['run.play', { ticksPerSec: 100 }]]);
  });

  test('a step is from the frame that is shown, wherever one looks; the frame after the last is the present', () => {
    const from = (shown: number, frames: number, present = 25): number | null =>
      frameFrom([0, 10, 20], shown, frames, present);
    expect([from(10, 1), from(15, 1), from(20, 1), from(10, 1, 20)]).toEqual([20, 20, null, null]);
    expect([from(10, -1), from(15, -1), from(0, -1), from(20, -5)]).toEqual([0, 0, 0, 0]);
  });
});

describe('a VM in motion', () => {
  test('can be cancelled by what moves it', () => {
    expect(command('vm.cancel').enabled()).toBe(false);
    app.frame = frameOf([], [compactionOf('db')]);
    expect(command('vm.cancel').title()).toBe('Cancel the compaction of db');
    void run('vm.cancel');
    expect(app.submit).toHaveBeenCalledWith({ type: 'cancelCompaction', vm: 'db' });
  });

  test('of another VM is not its own', () => {
    app.frame = frameOf([migrationOf('web')], []);
    expect(command('vm.cancel').enabled()).toBe(false);
  });
});

test('what is stated is edited of the VM and the host in sight', () => {
  void run('edit.vm');
  expect(app.openEdit).toHaveBeenCalledWith({ form: 'vm', vm: 'db' });
  expect(command('edit.removeHost').title()).toBe('Remove host one…');
  void run('edit.removeHost');
  expect(app.openEdit).toHaveBeenCalledWith({ form: 'removeHost', host: 'one' });
  for (const form of ['addVm', 'addHost', 'addLink']) {
    void run(`edit.${form}`);
    expect(app.openEdit).toHaveBeenCalledWith({ form });
  }
});

test('the palette has a command for each VM and example besides', () => {
  const titles = namedCommands(app).map(({ title }) => title());
  expect(titles).toEqual([
    ...[
      'Show db',
      'Open the console of db',
      'Compact db…',
      'Migrate db to…',
      'Show web',
      'Open the console of web',
      'Compact web…',
      'Migrate web to…',
      'Edit db…',
      'Edit web…',
      'Place lost…',
    ],
    'Open example An example',
  ]);
});
