/**
 * Every command of the window, once: toolbar, palette, the shell's menus, context menus and the list of keys all read
 * this table. A command that is not in it does not exist.
 *
 * (a) `title` is said in words and may change with the state ("Undo compact vm3 to node 1").
 * (b) `run` of a command that is not enabled does nothing; who shows it, shows it disabled.
 */
import type { WorldEvent } from '../../shared/model/event.ts';
import type { App, GuestPart, ViewName } from './app.svelte.ts';
import { decimal, plural } from '../../shared/view/number-format.ts';
import { GROUPS } from './command.ts';
import type { Command } from './command.ts';
import { close, newDocumentDialog, openExample, openFile, pickFiles, save } from './documents.ts';
import { THEME_CHOICES } from './theme.ts';

/** Ticks a second; null: as fast as it goes. */
export const SPEEDS: readonly (number | null)[] = [1, 10, 100, 1000, null];

/** Short, for the list in the toolbar: "10/s · real time", "max". */
export function speedText(speed: number | null, tickMs: number): string {
  if (speed === null) return 'max';
  return `${speed}/s${speed * tickMs === 1000 ? ' · real time' : ''}`;
}

/** The same in whole words, for the tip. */
export function speedWords(speed: number | null, tickMs: number): string {
  if (speed === null) return 'As fast as it goes';
  const pace = (speed * tickMs) / 1000;
  return `${plural(speed, 'tick')} a second: ${pace === 1 ? 'real time' : `${decimal(pace)} s of simulated time each second`}`;
}

/** The neighbour in SPEEDS; the nearest slower or faster one of a speed that is not among them. */
export function nextSpeed(speed: number | null, direction: 1 | -1): number | null {
  const value = (each: number | null): number => each ?? Infinity;
  const side = SPEEDS.filter((each) => direction * (value(each) - value(speed)) > 0);
  const next = direction > 0 ? side[0] : side.at(-1);
  return next === undefined ? speed : next;
}

/** Tick of the recorded frame after the one shown, as far as the series knows; null: the present. */
export function frameAfter(ticks: readonly number[], shown: number, present: number): number | null {
  const next = ticks.find((tick) => tick > shown);
  return next === undefined || next >= present ? null : next;
}

interface Parts {
  readonly title: string | (() => string);
  readonly keys?: readonly string[];
  readonly enabled?: () => boolean;
  readonly checked?: () => boolean;
  readonly run: () => unknown;
}

export function createCommands(app: App): readonly Command[] {
  const always = (): boolean => true;
  const open = (): boolean => app.document !== null && !app.lost;
  const idle = (): boolean => open() && app.document!.busy === null;
  const zoomable = (): boolean => open() && app.viewControl !== null;
  const toVm = (): boolean => idle() && app.guestName !== null;

  const play = async (ticksPerSec: number | null): Promise<void> => {
    app.scrub(null);
    app.ticksPerSec = ticksPerSec;
    await app.attempt('play the run', 'run.play', { ticksPerSec });
  };
  const speed = async (direction: 1 | -1): Promise<void> => {
    app.ticksPerSec = nextSpeed(app.ticksPerSec, direction);
    if (app.document?.playing) await play(app.ticksPerSec);
  };
  const stepBack = (): void => {
    if (app.shownTick > (app.document?.history.first ?? 0)) app.scrub(app.shownTick - 1);
  };
  const step = async (): Promise<void> => {
    if (app.at !== null) app.scrub(frameAfter(app.series.ticks, app.shownTick, app.document!.tick));
    else await app.attempt('step the run', 'run.step', { ticks: 1 });
  };
  const check = async (): Promise<void> => {
    const laws = await app.attempt('check the laws', 'run.check', {});
    if (laws === null) return;
    if (laws.broken.length === 0) app.tell(`Every law holds at tick ${app.document?.tick ?? 0}.`);
    else app.showDrawer('problems');
  };
  const inFlight = (): 'cancelMigration' | 'cancelCompaction' | null => {
    const header = app.frame?.header;
    const mine = ({ vm }: { vm: string }): boolean => vm === app.guestName;
    if (header?.migrations.some((m) => mine(m) && (m.phase === 'running' || m.phase === 'switchOver')))
      return 'cancelMigration';
    return header?.compactions.some((c) => mine(c) && c.phase === 'running') ? 'cancelCompaction' : null;
  };
  const cancel = async (): Promise<void> => {
    const type = inFlight();
    if (type !== null && app.guestName !== null) await app.give({ type, vm: app.guestName });
  };
  const panel = (name: 'left' | 'inspector' | 'drawer' | 'time') => (): void =>
    app.setOpen(name, !app.layout.open[name]);

  const view = (name: ViewName, title: string, key: string): [string, Parts] => [
    `view.${name}`,
    {
      title: `Show ${title}`,
      keys: [key],
      enabled: open,
      checked: () => app.view === name,
      run: () => app.showView(name),
    },
  ];
  const part = (name: GuestPart, title: string): [string, Parts] => [
    `view.guest.${name}`,
    {
      title: `Show ${title}`,
      enabled: () => open() && app.guestName !== null,
      checked: () => app.view === 'guest' && app.guestPart === name,
      run: () => app.showGuestPart(name),
    },
  ];
  const pan = (id: string, title: string, key: string, part: number): [string, Parts] => [
    id,
    { title, keys: [key], enabled: zoomable, run: () => app.viewControl?.pan(part) },
  ];

  const table: Readonly<Record<(typeof GROUPS)[number], readonly [string, Parts][]>> = {
    File: [
      ['file.new', { title: 'New scenario…', run: () => newDocumentDialog(app) }],
      ['file.open', { title: 'Open…', keys: ['Mod+O'], run: () => openFile(app) }],
      ['file.import', { title: 'Import files of a host and its VMs…', run: () => pickFiles(app) }],
      ['file.save', { title: 'Save', keys: ['Mod+S'], enabled: open, run: () => save(app, false) }],
      ['file.saveAs', { title: 'Save as…', keys: ['Mod+Shift+S'], enabled: open, run: () => save(app, true) }],
      [
        'file.export',
        { title: 'Report…', keys: ['Mod+E', 'Mod+P'], enabled: open, run: () => app.openDialog('export') },
      ],
      ['file.rename', { title: 'Rename the scenario', enabled: open, run: () => (app.renaming = true) }],
      ['file.start', { title: 'Show the start screen; the run goes on', enabled: open, run: () => app.attach(null) }],
      ['file.close', { title: 'Close the scenario', enabled: open, run: () => close(app) }],
    ],
    Edit: [
      [
        'edit.undo',
        {
          title: () => (app.document?.undo == null ? 'Undo' : `Undo ${app.document.undo}`),
          keys: ['Mod+Z'],
          enabled: () => idle() && app.document?.undo != null,
          run: () => {
            app.scrub(null);
            return app.attempt('undo', 'run.undo', {});
          },
        },
      ],
      [
        'edit.redo',
        {
          title: () => (app.document?.redo == null ? 'Redo' : `Redo ${app.document.redo}`),
          keys: ['Mod+Shift+Z', 'Mod+Y'],
          enabled: () => idle() && app.document?.redo != null,
          run: () => {
            app.scrub(null);
            return app.attempt('redo', 'run.redo', {});
          },
        },
      ],
    ],
    Run: [
      [
        'run.playPause',
        {
          title: () => (app.document?.playing ? 'Pause' : 'Play'),
          keys: ['Space'],
          enabled: idle,
          run: () => (app.document?.playing ? app.attempt('pause the run', 'run.pause', {}) : play(app.ticksPerSec)),
        },
      ],
      ['run.play', { title: 'Play as fast as it goes', enabled: idle, run: () => play(null) }],
      ['run.step', { title: 'Step one tick', keys: ['.'], enabled: idle, run: step }],
      [
        'run.stepBack',
        {
          title: 'Look one frame back',
          keys: [','],
          enabled: () => idle() && app.shownTick > (app.document?.history.first ?? 0),
          run: stepBack,
        },
      ],
      [
        'run.toStart',
        {
          title: 'Look at the beginning',
          keys: ['Home'],
          enabled: () => idle() && app.shownTick > (app.document?.history.first ?? 0),
          run: () => app.scrub(app.document?.history.first ?? 0),
        },
      ],
      [
        'run.toPresent',
        { title: 'Back to now', keys: ['End', 'Escape'], enabled: () => app.at !== null, run: () => app.scrub(null) },
      ],
      [
        'run.slower',
        {
          title: 'Slower',
          keys: ['['],
          enabled: () => idle() && nextSpeed(app.ticksPerSec, -1) !== app.ticksPerSec,
          run: () => speed(-1),
        },
      ],
      [
        'run.faster',
        {
          title: 'Faster',
          keys: [']'],
          enabled: () => idle() && nextSpeed(app.ticksPerSec, 1) !== app.ticksPerSec,
          run: () => speed(1),
        },
      ],
      ['run.check', { title: 'Check every law now', enabled: idle, run: check }],
      [
        'run.cancel',
        {
          title: 'Cancel the replay',
          enabled: () => open() && app.document?.busy != null,
          run: () => app.attempt('cancel', 'run.cancel', {}),
        },
      ],
    ],
    VM: [
      ['vm.compact', { title: 'Compact…', enabled: toVm, run: () => app.openDialog('compact', app.guestName) }],
      ['vm.migrate', { title: 'Migrate…', enabled: toVm, run: () => app.openDialog('migrate', app.guestName) }],
      ['vm.beyond', { title: 'Beyond the RFC…', enabled: toVm, run: () => app.openDialog('beyond', app.guestName) }],
      [
        'vm.cancel',
        {
          title: () =>
            inFlight() === 'cancelMigration'
              ? `Cancel the migration of ${app.guestName}`
              : inFlight() === 'cancelCompaction'
                ? `Cancel the compaction of ${app.guestName}`
                : 'Cancel what moves this VM',
          enabled: () => idle() && inFlight() !== null,
          run: cancel,
        },
      ],
    ],
    View: [
      view('host', 'hosts', 'Mod+1'),
      view('guest', 'the guest', 'Mod+2'),
      view('accounting', 'accounting', 'Mod+3'),
      view('migrations', 'migrations', 'Mod+4'),
      part('map', "the guest's map"),
      part('free', "the guest's free memory and huge pages"),
      part('owed', "the guest's owed pages by age and owner"),
      part('layouts', "the guest's layouts and what changed between two"),
      part('commits', "the guest's commits, step by step"),
      part('compare', 'the guest beside one without defects, and beyond the RFC'),
      ['view.zoomIn', { title: 'Zoom in', keys: ['+', '='], enabled: zoomable, run: () => app.viewControl?.zoomIn() }],
      ['view.zoomOut', { title: 'Zoom out', keys: ['-'], enabled: zoomable, run: () => app.viewControl?.zoomOut() }],
      ['view.fit', { title: 'Fit all', keys: ['0', 'F'], enabled: zoomable, run: () => app.viewControl?.fit() }],
      pan('view.panLeft', 'Pan left', 'ArrowLeft', -0.2),
      pan('view.panRight', 'Pan right', 'ArrowRight', 0.2),
      [
        'view.left',
        {
          title: 'Hosts and VMs panel',
          keys: ['Mod+B'],
          enabled: open,
          checked: () => app.layout.open.left,
          run: panel('left'),
        },
      ],
      [
        'view.inspector',
        {
          title: 'Inspector panel',
          keys: ['Mod+I'],
          enabled: open,
          checked: () => app.layout.open.inspector,
          run: panel('inspector'),
        },
      ],
      [
        'view.drawer',
        {
          title: 'Drawer',
          keys: ['Mod+J'],
          enabled: open,
          checked: () => app.layout.open.drawer,
          run: panel('drawer'),
        },
      ],
      [
        'view.console',
        {
          title: () => (app.guestName === null ? 'Open the console of the VM' : `Open the console of ${app.guestName}`),
          keys: ['Mod+`'],
          enabled: () => open() && app.guestName !== null,
          run: () => app.openConsole(app.guest),
        },
      ],
      ['view.events', { title: 'Show events', enabled: open, run: () => app.showDrawer('events') }],
      ['view.problems', { title: 'Show problems', enabled: open, run: () => app.showDrawer('problems') }],
    ],
    Theme: THEME_CHOICES.map((choice): [string, Parts] => [
      `theme.${choice}`,
      {
        title: {
          system: 'Theme as the system has it',
          light: 'Light theme',
          dark: 'Dark theme',
          lstopo: 'lstopo theme',
        }[choice],
        enabled: always,
        checked: () => app.themeChoice === choice,
        run: () => app.setTheme(choice),
      },
    ]),
    Help: [
      ['palette', { title: 'Find a command…', keys: ['Mod+K'], enabled: always, run: () => app.openDialog('palette') }],
      ['help.keys', { title: 'Keys', keys: ['?'], enabled: always, run: () => app.openDialog('keys') }],
      ['help.about', { title: 'About Pageshift', enabled: always, run: () => app.openDialog('about') }],
    ],
  };
  return GROUPS.flatMap((group) =>
    table[group].map(([id, { title, keys = [], enabled = () => !app.lost, checked = () => null, run }]): Command => ({
      id,
      group,
      title: typeof title === 'string' ? () => title : title,
      keys,
      enabled,
      checked,
      run: () => (enabled() ? run() : undefined),
    })),
  );
}

/** Commands that the palette has besides: one for each VM, host and example. */
export function namedCommands(app: App): readonly Command[] {
  const command = (id: string, group: Command['group'], title: string, run: () => unknown, idle = true): Command => {
    const enabled = (): boolean => !app.lost && (!idle || app.document?.busy == null);
    return { id, group, title: () => title, keys: [], enabled, checked: () => null, run: () => enabled() && run() };
  };
  const guests = app.document?.inputs.guests ?? [];
  const examples = app.start?.examples ?? [];
  const several = (app.frame?.header.hosts.length ?? 1) > 1;
  return [
    ...guests.flatMap(({ name }, guest) => [
      command(`vm.show.${guest}`, 'VM', `Show ${name}`, () => app.showGuest(guest, 'guest'), false),
      ...(guest === app.guest
        ? [] // The command with the key is of this one.
        : [command(`vm.console.${guest}`, 'VM', `Open the console of ${name}`, () => app.openConsole(guest), false)]),
      command(`vm.compact.${guest}`, 'VM', `Compact ${name}…`, () => app.openDialog('compact', name)),
      ...(several
        ? [command(`vm.migrate.${guest}`, 'VM', `Migrate ${name} to…`, () => app.openDialog('migrate', name))]
        : []),
    ]),
    ...examples.map(({ id, name }) =>
      command(`file.example.${id}`, 'File', `Open example ${name}`, () => openExample(app, id), false),
    ),
  ];
}

/** What the drawer's list of events shows. */
export function filterEvents(
  events: readonly WorldEvent[],
  vm: string | null,
  type: string | null,
  text: string,
): number[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found: number[] = [];
  events.forEach((event, index) => {
    if (vm !== null && event.vm !== vm) return;
    if (type !== null && event.type !== type) return;
    const line = event.text.toLowerCase();
    if (words.every((word) => line.includes(word))) found.push(index);
  });
  return found;
}
