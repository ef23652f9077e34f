/**
 * The application menu. An item that is a command of the window only names it: label, key and place come from the table
 * (shared/protocol/window-command.ts), and the window carries it out if it is available.
 *
 * (a) The menu shows the keys of commands, but the page handles them, as it knows whether a text field uses them. On
 *     macOS the menu handles them, as is usual there; so a menu shows only keys with a modifier.
 * (b) Items about windows and files of the system are implemented here.
 */
import type { MenuItemConstructorOptions } from 'electron';
import type { MenuName, WindowCommandId } from '../../shared/protocol/window-command.ts';
import { menuSections, WINDOW_COMMANDS } from '../../shared/protocol/window-command.ts';

interface RecentItem {
  readonly name: string;
  readonly path: string;
}

export interface MenuActions {
  command(id: WindowCommandId): void;
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
  const command = (id: WindowCommandId): Item => {
    const { keys, place } = WINDOW_COMMANDS[id];
    const key = keys.find((each) => each.startsWith('Mod+'));
    return {
      id,
      label: place!.label,
      ...(key !== undefined && { accelerator: key.replace('Mod+', 'CmdOrCtrl+'), registerAccelerator: false }),
      click: () => actions.command(id),
    };
  };
  /** @param behind items of the system, by the command that they stand behind. */
  const menu = (name: MenuName, behind: { readonly [Id in WindowCommandId]?: readonly Item[] } = {}): Item[] =>
    menuSections(name).flatMap((ids, section) => [
      ...(section === 0 ? [] : [SEPARATOR]),
      ...ids.flatMap((id) => [command(id), ...(behind[id] ?? [])]),
    ]);
  const recentItems: Item[] = recent.map(({ name, path }, index) => ({
    id: `recent.${index}`,
    label: `${name.replaceAll('&', '&&')}  (${path.replaceAll('&', '&&')})`,
    click: () => actions.openRecent(path),
  }));

  const newWindow: Item = {
    id: 'newWindow',
    label: 'New Window',
    accelerator: 'CmdOrCtrl+N',
    click: () => actions.newWindow(),
  };
  const openRecent: Item = { id: 'recent', label: 'Open Recent', enabled: recent.length > 0, submenu: recentItems };

  const file: Item[] = [
    ...menu('File', {
      'file.new': [newWindow],
      'file.open': [openRecent],
      'file.close': [{ role: 'close', label: 'Close Window' }],
    }),
    ...(isMac ? [] : [SEPARATOR, { role: 'quit' } as Item]),
  ];
  const edit = menu('Edit', {
    'edit.redo': [SEPARATOR, { role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }],
  });
  const view: Item[] = [
    ...menu('View'),
    SEPARATOR,
    { label: 'Theme', submenu: menu('Theme') },
    SEPARATOR,
    { role: 'togglefullscreen' },
    ...(developerTools ? [{ role: 'reload' } as Item, { role: 'toggleDevTools' } as Item] : []),
  ];
  const window: Item[] = isMac
    ? [{ role: 'minimize' }, { role: 'zoom' }, SEPARATOR, { role: 'front' }]
    : [{ role: 'minimize' }, { role: 'close' }];

  return [
    ...(isMac ? [{ role: 'appMenu' } as Item] : []),
    { label: '&File', submenu: file },
    { label: '&Edit', submenu: edit },
    { label: '&Run', submenu: menu('Run') },
    { label: '&View', submenu: view },
    { label: '&Window', role: 'window', submenu: window },
    { label: '&Help', role: 'help', submenu: menu('Help') },
  ];
}
