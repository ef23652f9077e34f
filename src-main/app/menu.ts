/**
 * The application menu. An item that is a command of the window only names it: the window's own table of commands
 * (src-renderer/state/commands.ts) says what it does and whether it can be done now, so palette, keys and menu agree.
 *
 * (a) Keys of commands are shown here and taken by the page, which knows whether a text field has them. On macOS the
 *     menu takes them, as everywhere there.
 * (b) What concerns windows and files of the system is done here.
 */
import type { MenuItemConstructorOptions } from 'electron';

export interface RecentItem {
  readonly name: string;
  readonly path: string;
}

export interface MenuActions {
  command(id: string): void;
  newWindow(): void;
  openRecent(path: string): void;
}

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  readonly recent: readonly RecentItem[];
  readonly developerTools: boolean;
}

type Item = MenuItemConstructorOptions;
const SEPARATOR: Item = { type: 'separator' };

export function menuTemplate({ platform, recent, developerTools }: MenuOptions, actions: MenuActions): Item[] {
  const isMac = platform === 'darwin';
  const command = (id: string, label: string, accelerator?: string): Item => ({
    id,
    label,
    ...(accelerator !== undefined && { accelerator, registerAccelerator: false }),
    click: () => actions.command(id),
  });
  const recentItems: Item[] = recent.map(({ name, path }, index) => ({
    id: `recent.${index}`,
    label: `${name.replaceAll('&', '&&')}  (${path.replaceAll('&', '&&')})`,
    click: () => actions.openRecent(path),
  }));

  const file: Item[] = [
    command('file.new', 'New Scenario…'),
    { id: 'newWindow', label: 'New Window', accelerator: 'CmdOrCtrl+N', click: () => actions.newWindow() },
    command('file.open', 'Open…', 'CmdOrCtrl+O'),
    { id: 'recent', label: 'Open Recent', enabled: recent.length > 0, submenu: recentItems },
    command('file.import', 'Import Files of a Host and its VMs…'),
    SEPARATOR,
    command('file.save', 'Save', 'CmdOrCtrl+S'),
    command('file.saveAs', 'Save As…', 'CmdOrCtrl+Shift+S'),
    command('file.rename', 'Rename'),
    SEPARATOR,
    command('file.export', 'Report…', 'CmdOrCtrl+E'),
    SEPARATOR,
    command('file.start', 'Show Start Screen'),
    command('file.close', 'Close Scenario'),
    { role: 'close', label: 'Close Window' },
    ...(isMac ? [] : [SEPARATOR, { role: 'quit' } as Item]),
  ];
  const edit: Item[] = [
    command('edit.undo', 'Undo', 'CmdOrCtrl+Z'),
    command('edit.redo', 'Redo', 'CmdOrCtrl+Shift+Z'),
    SEPARATOR,
    { role: 'cut' },
    { role: 'copy' },
    { role: 'paste' },
    { role: 'selectAll' },
    SEPARATOR,
    command('palette', 'Find a Command…', 'CmdOrCtrl+K'),
  ];
  const run: Item[] = [
    command('run.playPause', 'Play or Pause'),
    command('run.play', 'Play as Fast as It Goes'),
    command('run.step', 'Step One Tick'),
    command('run.stepBack', 'Look One Frame Back'),
    command('run.toStart', 'Look at the Beginning'),
    command('run.toPresent', 'Back to Now'),
    SEPARATOR,
    command('run.slower', 'Slower'),
    command('run.faster', 'Faster'),
    SEPARATOR,
    command('vm.compact', 'Compact VM…'),
    command('vm.migrate', 'Migrate VM…'),
    command('vm.beyond', 'Beyond the RFC…'),
    command('vm.cancel', 'Cancel What Moves This VM'),
    SEPARATOR,
    command('run.check', 'Check Every Law Now'),
    command('run.cancel', 'Cancel the Replay'),
  ];
  const view: Item[] = [
    command('view.host', 'Hosts', 'CmdOrCtrl+1'),
    command('view.guest', 'Guest', 'CmdOrCtrl+2'),
    command('view.accounting', 'Accounting', 'CmdOrCtrl+3'),
    command('view.migrations', 'Migrations', 'CmdOrCtrl+4'),
    SEPARATOR,
    command('view.zoomIn', 'Zoom In'),
    command('view.zoomOut', 'Zoom Out'),
    command('view.fit', 'Fit All'),
    SEPARATOR,
    command('view.left', 'Hosts and VMs Panel', 'CmdOrCtrl+B'),
    command('view.inspector', 'Inspector', 'CmdOrCtrl+I'),
    command('view.drawer', 'Drawer', 'CmdOrCtrl+J'),
    command('view.events', 'Events'),
    command('view.console', 'Console of the VM', 'CmdOrCtrl+`'),
    command('view.problems', 'Problems'),
    SEPARATOR,
    {
      label: 'Theme',
      submenu: [
        command('theme.system', 'As the System Has It'),
        command('theme.light', 'Light'),
        command('theme.dark', 'Dark'),
        command('theme.lstopo', 'lstopo'),
      ],
    },
    SEPARATOR,
    { role: 'togglefullscreen' },
    ...(developerTools ? [{ role: 'reload' } as Item, { role: 'toggleDevTools' } as Item] : []),
  ];
  const window: Item[] = isMac
    ? [{ role: 'minimize' }, { role: 'zoom' }, SEPARATOR, { role: 'front' }]
    : [{ role: 'minimize' }, { role: 'close' }];
  const help: Item[] = [command('help.keys', 'Keys'), command('help.about', 'About Pageshift')];

  return [
    ...(isMac ? [{ role: 'appMenu' } as Item] : []),
    { label: '&File', submenu: file },
    { label: '&Edit', submenu: edit },
    { label: '&Run', submenu: run },
    { label: '&View', submenu: view },
    { label: '&Window', role: 'window', submenu: window },
    { label: '&Help', role: 'help', submenu: help },
  ];
}

/** Ids of the window's commands that a menu names. */
export function commandIds(template: readonly Item[]): readonly string[] {
  return template.flatMap(({ id, submenu, click }) => [
    ...(id?.includes('.') || id === 'palette' ? (click && !id.startsWith('recent.') ? [id] : []) : []),
    ...(Array.isArray(submenu) ? commandIds(submenu) : []),
  ]);
}
