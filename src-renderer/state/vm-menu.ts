/** What a right click on a VM offers, wherever it is drawn. */
import { vmCommandLines } from '../../shared/view/command-line.ts';
import { copyText } from '../ui/copy.ts';
import type { MenuItem } from '../ui/menu.ts';
import type { App } from './app.svelte.ts';

export function vmMenu(app: App, guest: number): readonly MenuItem[] {
  const name = app.document?.inputs.guests[guest]?.name;
  if (name === undefined) return [];
  const idle = !app.lost && app.document?.busy === null;
  const hosts = (app.frame?.header.hosts ?? []).map((host) => host.name);
  const lines = app.hosts === null ? [] : vmCommandLines(app.hosts, hosts, guest);
  return [
    { id: 'show', label: `Show ${name}`, run: () => app.showGuest(guest, 'guest') },
    { id: 'accounting', label: 'Its accounting', run: () => app.showGuest(guest, 'accounting') },
    { id: 'console', label: 'Its console', run: () => app.openConsole(guest) },
    {
      id: 'compact',
      label: `Compact ${name}…`,
      enabled: idle,
      separator: true,
      run: () => app.openDialog('compact', name),
    },
    { id: 'migrate', label: `Migrate ${name} to…`, enabled: idle, run: () => app.openDialog('migrate', name) },
    { id: 'beyond', label: 'Beyond the RFC…', enabled: idle, run: () => app.openDialog('beyond', name) },
    { id: 'edit', label: 'Edit…', enabled: idle, separator: true, run: () => app.openEdit({ form: 'vm', vm: name }) },
    { id: 'remove', label: 'Remove…', enabled: idle, run: () => app.openEdit({ form: 'removeVm', vm: name }) },
    { id: 'copyName', label: 'Copy name', separator: true, run: () => void copyText(name) },
    ...lines.map((line, i) => ({ id: `copy${i}`, label: `Copy as ${line}`, run: () => void copyText(line) })),
  ];
}
