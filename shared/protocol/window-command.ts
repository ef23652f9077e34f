/**
 * What a person can do in a window, as plain data: the one table that the palette, the list of keys, the toolbar and the
 * menu bar of the Electron shell are made from. What a command does, and when it can be done, is
 * src-renderer/state/command-handlers.ts; the compiler refuses a command here that has no handler there.
 *
 * (a) A menu has its commands in the order of this table, a separator between two sections.
 * (b) Of the keys, the first is shown. `Mod` is Command on a Mac and Control elsewhere; the rest is as state/keys.ts says.
 */

export const WINDOW_COMMAND_GROUPS = ['File', 'Edit', 'Run', 'VM', 'View', 'Theme', 'Help'] as const;
export type WindowCommandGroup = (typeof WINDOW_COMMAND_GROUPS)[number];

export type MenuName = 'File' | 'Edit' | 'Run' | 'View' | 'Theme' | 'Help';

interface MenuPlace {
  readonly menu: MenuName;
  readonly section: number;
  /** Menus are written in title case. */
  readonly label: string;
}

interface WindowCommandInfo {
  readonly group: WindowCommandGroup;
  /** A window may say more of the present state, such as "Undo compact vm3". */
  readonly title: string;
  readonly keys: readonly string[];
  /** Null: it is in the palette alone. */
  readonly place: MenuPlace | null;
}

type Place = readonly [menu: MenuName, section: number, label: string];

const rowOf =
  (group: WindowCommandGroup) =>
  (title: string, place: Place | null, ...keys: string[]): WindowCommandInfo => ({
    group,
    title,
    keys,
    place: place === null ? null : { menu: place[0], section: place[1], label: place[2] },
  });
const file = rowOf('File');
const edit = rowOf('Edit');
const run = rowOf('Run');
const vm = rowOf('VM');
const view = rowOf('View');
const theme = rowOf('Theme');
const help = rowOf('Help');

// prettier-ignore
const TABLE = {
  'file.new': file('New scenario…', ['File', 0, 'New Scenario…']),
  'file.open': file('Open…', ['File', 0, 'Open…'], 'Mod+O'),
  'file.import': file('Import files of a host and its VMs…', ['File', 0, 'Import Files of a Host and its VMs…']),
  'file.importFolder': file('Import a folder of a host…', ['File', 0, 'Import a Folder of a Host…']),
  'file.save': file('Save', ['File', 1, 'Save'], 'Mod+S'),
  'file.saveAs': file('Save as…', ['File', 1, 'Save As…'], 'Mod+Shift+S'),
  'file.rename': file('Rename the scenario', ['File', 1, 'Rename']),
  'file.export': file('Report…', ['File', 2, 'Report…'], 'Mod+E', 'Mod+P'),
  'file.start': file('Show the start screen; the run goes on', ['File', 3, 'Show Start Screen']),
  'file.close': file('Close the scenario', ['File', 3, 'Close Scenario']),

  'edit.undo': edit('Undo', ['Edit', 0, 'Undo'], 'Mod+Z'),
  'edit.redo': edit('Redo', ['Edit', 0, 'Redo'], 'Mod+Shift+Z', 'Mod+Y'),

  'run.playPause': run('Play or pause', ['Run', 0, 'Play or Pause'], 'Space'),
  'run.play': run('Play as fast as it goes', ['Run', 0, 'Play as Fast as It Goes']),
  'run.step': run('Step one tick', ['Run', 0, 'Step One Tick'], '.'),
  'run.stepBack': run('Look one frame back', ['Run', 0, 'Look One Frame Back'], ','),
  'run.toStart': run('Look at the beginning', ['Run', 0, 'Look at the Beginning'], 'Home'),
  'run.toPresent': run('Back to now', ['Run', 0, 'Back to Now'], 'End', 'Escape'),
  'run.slower': run('Slower', ['Run', 1, 'Slower'], '['),
  'run.faster': run('Faster', ['Run', 1, 'Faster'], ']'),
  'run.check': run('Check every law now', ['Run', 3, 'Check Every Law Now']),
  'run.cancel': run('Cancel the replay', ['Run', 3, 'Cancel the Replay']),

  'vm.compact': vm('Compact…', ['Run', 2, 'Compact VM…']),
  'vm.migrate': vm('Migrate…', ['Run', 2, 'Migrate VM…']),
  'vm.beyond': vm('Beyond the RFC…', ['Run', 2, 'Beyond the RFC…']),
  'vm.cancel': vm('Cancel what moves this VM', ['Run', 2, 'Cancel What Moves This VM']),
  'run.rehearse': run('Rehearse a compaction of each VM', ['Run', 2, 'Rehearse a Compaction of Each VM']),

  'view.overview': view('Show the overview of all hosts', ['View', 0, 'Overview'], 'Mod+1'),
  'view.host': view('Show hosts', ['View', 0, 'Hosts'], 'Mod+2'),
  'view.guest': view('Show the guest', ['View', 0, 'Guest'], 'Mod+3'),
  'view.accounting': view('Show accounting', ['View', 0, 'Accounting'], 'Mod+4'),
  'view.migrations': view('Show migrations', ['View', 0, 'Migrations'], 'Mod+5'),
  'view.findings': view('Show findings, and what is assumed', ['View', 0, 'Findings'], 'Mod+7'),
  'view.guest.map': view("Show the guest's map", null),
  'view.guest.free': view("Show the guest's free memory and huge pages", null),
  'view.guest.owed': view("Show the guest's owed pages by age and owner", null),
  'view.guest.layouts': view("Show the guest's layouts and what changed between two", null),
  'view.guest.commits': view("Show the guest's commits, step by step", null),
  'view.guest.compare': view('Show the guest beside one without defects, and beyond the RFC', null),
  'view.beside': view('Two runs or two moments side by side…', ['View', 0, 'Side by Side…'], 'L'),
  'view.zoomIn': view('Zoom in', ['View', 1, 'Zoom In'], '+', '='),
  'view.zoomOut': view('Zoom out', ['View', 1, 'Zoom Out'], '-'),
  'view.fit': view('Fit all', ['View', 1, 'Fit All'], '0', 'F'),
  'view.panLeft': view('Pan left', null, 'ArrowLeft'),
  'view.panRight': view('Pan right', null, 'ArrowRight'),
  'view.left': view('Hosts and VMs panel', ['View', 2, 'Hosts and VMs Panel'], 'Mod+B'),
  'view.inspector': view('Inspector panel', ['View', 2, 'Inspector'], 'Mod+I'),
  'view.drawer': view('Drawer', ['View', 2, 'Drawer'], 'Mod+J'),
  'view.events': view('Show events', ['View', 2, 'Events']),
  'view.coming': view('Show the commands to come', ['View', 2, 'Commands to Come']),
  'view.console': view('Open the console of the VM', ['View', 2, 'Console of the VM'], 'Mod+`'),
  'view.problems': view('Show problems', ['View', 2, 'Problems']),

  'theme.system': theme('Theme as the system has it', ['Theme', 0, 'As the System Has It']),
  'theme.light': theme('Light theme', ['Theme', 0, 'Light']),
  'theme.dark': theme('Dark theme', ['Theme', 0, 'Dark']),
  'theme.lstopo': theme('lstopo theme', ['Theme', 0, 'lstopo']),

  'edit.vm': vm('Edit what is stated of the VM…', ['Edit', 2, 'Edit VM…']),
  'edit.addVm': edit('Add a VM…', ['Edit', 2, 'Add VM…']),
  'edit.removeVm': vm('Remove the VM…', ['Edit', 2, 'Remove VM…']),
  'edit.addHost': edit('Add a host…', ['Edit', 3, 'Add Host…']),
  'edit.removeHost': edit('Remove the host…', ['Edit', 3, 'Remove Host…']),
  'edit.addLink': edit('Add a link between hosts…', ['Edit', 3, 'Add Link…']),

  palette: help('Find a command…', ['Edit', 1, 'Find a Command…'], 'Mod+K'),
  'help.glossary': help('Glossary: what the words and signs mean', ['Help', 0, 'Glossary'], 'F1'),
  'help.keys': help('Keys', ['Help', 0, 'Keys'], '?'),
  'help.about': help('About Pageshift', ['Help', 0, 'About Pageshift']),
} as const satisfies Readonly<Record<string, WindowCommandInfo>>;

export type WindowCommandId = keyof typeof TABLE;

export const WINDOW_COMMANDS: Readonly<Record<WindowCommandId, WindowCommandInfo>> = TABLE;
export const WINDOW_COMMAND_IDS = Object.keys(TABLE) as readonly WindowCommandId[];

/** The commands of a menu, by section. */
export function menuSections(name: MenuName): readonly (readonly WindowCommandId[])[] {
  const sections: WindowCommandId[][] = [];
  for (const id of WINDOW_COMMAND_IDS) {
    const { place } = WINDOW_COMMANDS[id];
    if (place?.menu === name) (sections[place.section] ??= []).push(id);
  }
  return sections;
}
