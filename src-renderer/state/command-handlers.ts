/** What each command of the window does, and when it can be done: a handler for each row of the shared table. */
import { isUnderWay } from '../../shared/model/transfer.ts';
import { compactionsOf, migrationsOf } from '../../shared/columns/index.ts';
import type { WindowCommandId } from '../../shared/protocol/window-command.ts';
import type { App, DialogName, GuestPart, ViewName } from './app.svelte.ts';
import { close, newDocumentDialog, openFile, pickFiles, pickFolder, rehearse, save } from './documents.ts';
import type { PanelName } from './layout.ts';
import { termInSight } from '../ui/term.ts';
import { nextSpeed } from './speed.ts';
import type { ThemeChoice } from './theme.ts';
import { changeSpeed, firstTick, pause, play, step, stepBack } from './transport.ts';

interface CommandHandler {
  /** Of the present state; absent: that of the table. */
  readonly title?: () => string;
  /** Absent: whenever the window is connected. */
  readonly enabled?: () => boolean;
  /** For what is on or off. */
  readonly checked?: () => boolean;
  readonly run: () => unknown;
}

export function commandHandlers(app: App): { readonly [Id in WindowCommandId]: CommandHandler } {
  const always = (): boolean => true;
  const open = (): boolean => app.document !== null && !app.lost;
  const idle = (): boolean => open() && app.document!.busy === null;
  const pastFirst = (): boolean => idle() && app.shownTick > firstTick(app);
  const speedChanges = (direction: 1 | -1) => (): boolean =>
    idle() && nextSpeed(app.ticksPerSec, direction) !== app.ticksPerSec;

  const history = (direction: 'undo' | 'redo', word: string): CommandHandler => ({
    title: () => (app.document?.[direction] == null ? word : `${word} ${app.document[direction]}`),
    enabled: () => idle() && app.document?.[direction] != null,
    run: () => {
      app.scrub(null);
      return app.attempt(direction, `run.${direction}`, {});
    },
  });
  const dialog = (name: DialogName, enabled: () => boolean = always): CommandHandler => ({
    enabled,
    run: () => app.openDialog(name),
  });
  const ofVm = (name: DialogName): CommandHandler => ({
    enabled: () => idle() && app.guestName !== null,
    run: () => app.openDialog(name, app.guestName),
  });
  const view = (name: ViewName): CommandHandler => ({
    enabled: open,
    checked: () => app.shownView === name,
    run: () => app.showView(name),
  });
  const part = (name: GuestPart): CommandHandler => ({
    enabled: () => open() && app.guestName !== null,
    checked: () => app.view === 'guest' && app.guestPart === name,
    run: () => app.showGuestPart(name),
  });
  const zoom = (work: (control: NonNullable<App['viewControl']>) => void): CommandHandler => ({
    enabled: () => open() && app.viewControl !== null,
    run: () => app.viewControl && work(app.viewControl),
  });
  const panel = (name: PanelName): CommandHandler => ({
    enabled: open,
    checked: () => app.layout.open[name],
    run: () => app.setOpen(name, !app.layout.open[name]),
  });
  const theme = (choice: ThemeChoice): CommandHandler => ({
    enabled: always,
    checked: () => app.themeChoice === choice,
    run: () => app.setTheme(choice),
  });

  return {
    'file.new': { run: () => newDocumentDialog(app) },
    'file.open': { run: () => openFile(app) },
    'file.import': { run: () => pickFiles(app) },
    'file.importFolder': { run: () => pickFolder(app) },
    'file.save': { enabled: open, run: () => save(app, false) },
    'file.saveAs': { enabled: open, run: () => save(app, true) },
    'file.rename': { enabled: open, run: () => (app.renaming = true) },
    'file.export': dialog('export', open),
    'file.start': { enabled: open, run: () => app.attach(null) },
    'file.close': { enabled: open, run: () => close(app) },

    'edit.undo': history('undo', 'Undo'),
    'edit.redo': history('redo', 'Redo'),

    'edit.vm': {
      title: () => (app.guestName === null ? 'Edit what is stated of the VM…' : `Edit ${app.guestName}…`),
      enabled: () => idle() && app.guestName !== null,
      run: () => app.guestName !== null && app.openEdit({ form: 'vm', vm: app.guestName }),
    },
    'edit.addVm': { enabled: idle, run: () => app.openEdit({ form: 'addVm' }) },
    'edit.removeVm': {
      title: () => (app.guestName === null ? 'Remove the VM…' : `Remove ${app.guestName}…`),
      enabled: () => idle() && app.guestName !== null,
      run: () => app.guestName !== null && app.openEdit({ form: 'removeVm', vm: app.guestName }),
    },
    'edit.addHost': { enabled: idle, run: () => app.openEdit({ form: 'addHost' }) },
    'edit.removeHost': {
      title: () => (hostInSight(app) === null ? 'Remove the host…' : `Remove host ${hostInSight(app)}…`),
      enabled: () => idle() && hostInSight(app) !== null,
      run: () => {
        const host = hostInSight(app);
        if (host !== null) app.openEdit({ form: 'removeHost', host });
      },
    },
    'edit.addLink': { enabled: idle, run: () => app.openEdit({ form: 'addLink' }) },

    'run.playPause': {
      title: () => (app.document?.playing ? 'Pause' : 'Play'),
      enabled: idle,
      run: () => (app.document?.playing ? pause(app) : play(app, app.ticksPerSec)),
    },
    'run.play': { enabled: idle, run: () => play(app, null) },
    'run.step': { enabled: idle, run: () => step(app) },
    'run.stepBack': { enabled: pastFirst, run: () => stepBack(app) },
    'run.toStart': { enabled: pastFirst, run: () => app.scrub(firstTick(app)) },
    'run.toPresent': { enabled: () => app.at !== null, run: () => app.scrub(null) },
    'run.slower': { enabled: speedChanges(-1), run: () => changeSpeed(app, -1) },
    'run.faster': { enabled: speedChanges(1), run: () => changeSpeed(app, 1) },
    'run.rehearse': { enabled: () => idle() && app.guestName !== null, run: () => rehearse(app) },
    'run.check': { enabled: idle, run: () => checkLaws(app) },
    'run.cancel': {
      enabled: () => open() && app.document?.busy != null,
      run: () => app.attempt('cancel', 'run.cancel', {}),
    },

    'vm.compact': ofVm('compact'),
    'vm.migrate': ofVm('migrate'),
    'vm.beyond': ofVm('beyond'),
    'vm.cancel': {
      title: () => {
        const move = moveUnderWay(app);
        if (move === null) return 'Cancel what moves this VM';
        return `Cancel the ${move === 'cancelMigration' ? 'migration' : 'compaction'} of ${app.guestName}`;
      },
      enabled: () => idle() && moveUnderWay(app) !== null,
      run: () => cancelMove(app),
    },

    'view.overview': {
      ...view('overview'),
      enabled: () => open() && app.severalHosts,
    },
    'view.host': view('host'),
    'view.guest': view('guest'),
    'view.accounting': view('accounting'),
    'view.migrations': view('migrations'),
    'view.findings': view('findings'),
    'view.guest.map': part('map'),
    'view.guest.free': part('free'),
    'view.guest.owed': part('owed'),
    'view.guest.layouts': part('layouts'),
    'view.guest.commits': part('commits'),
    'view.guest.compare': part('compare'),
    'view.beside': dialog('beside', open),
    'view.zoomIn': zoom((control) => control.zoomIn()),
    'view.zoomOut': zoom((control) => control.zoomOut()),
    'view.fit': zoom((control) => control.fit()),
    'view.panLeft': zoom((control) => control.pan(-0.2)),
    'view.panRight': zoom((control) => control.pan(0.2)),
    'view.left': panel('left'),
    'view.inspector': panel('inspector'),
    'view.drawer': panel('drawer'),
    'view.events': { enabled: open, run: () => app.showDrawer('events') },
    'view.coming': { enabled: open, run: () => app.showDrawer('coming') },
    'view.console': {
      title: () => `Open the console of ${app.guestName ?? 'the VM'}`,
      enabled: () => open() && app.guestName !== null,
      run: () => app.openConsole(app.guest),
    },
    'view.problems': { enabled: open, run: () => app.showDrawer('problems') },

    'theme.system': theme('system'),
    'theme.light': theme('light'),
    'theme.dark': theme('dark'),
    'theme.lstopo': theme('lstopo'),

    palette: dialog('palette'),
    'help.glossary': { enabled: always, run: () => app.openGlossary(termInSight(document)) },
    'help.keys': dialog('keys'),
    'help.about': dialog('about'),
  };
}

/** The host that is chosen, or has what is chosen, else the one where the VM shown runs; null: there is none. */
function hostInSight(app: App): string | null {
  const hosts = app.frame?.header.hosts ?? [];
  const { selection } = app;
  const index = selection !== null && 'host' in selection ? selection.host : (app.guestHeader?.host ?? 0);
  return hosts[index]?.name ?? null;
}

async function checkLaws(app: App): Promise<void> {
  const laws = await app.attempt('check the laws', 'run.check', {});
  if (laws === null) return;
  if (laws.broken.length === 0) app.toast(`Every law holds at tick ${app.document?.tick ?? 0}.`);
  else app.showDrawer('problems');
}

/** The command that cancels what moves the VM that the window shows; null: nothing moves it. */
function moveUnderWay(app: App): 'cancelMigration' | 'cancelCompaction' | null {
  const isOfVm = ({ vm }: { vm: string }): boolean => vm === app.guestName;
  if (migrationsOf(app.frame).some((m) => isOfVm(m) && isUnderWay(m))) return 'cancelMigration';
  return compactionsOf(app.frame).some((c) => isOfVm(c) && isUnderWay(c)) ? 'cancelCompaction' : null;
}

async function cancelMove(app: App): Promise<void> {
  const type = moveUnderWay(app);
  if (type !== null && app.guestName !== null) await app.submit({ type, vm: app.guestName });
}
