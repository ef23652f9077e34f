/** What a right click on a VM offers, wherever it is drawn. */
import { copyText } from '../ui/copy.ts';
import type { MenuItem } from '../ui/menu.ts';
import type { App } from './app.svelte.ts';
import { shellWord } from './shell-word.ts';

export function vmMenu(app: App, guest: number): readonly MenuItem[] {
  const name = app.document?.inputs.guests[guest]?.name;
  if (name === undefined) return [];
  const idle = !app.lost && app.document?.busy === null;
  const virsh = `virsh dumpxml ${shellWord(name)}`;
  return [
    { id: 'show', label: `Show ${name}`, run: () => app.showGuest(guest, 'guest') },
    { id: 'accounting', label: 'Its accounting', run: () => app.showGuest(guest, 'accounting') },
    {
      id: 'compact',
      label: `Compact ${name}…`,
      enabled: idle,
      separator: true,
      run: () => app.openDialog('compact', name),
    },
    { id: 'migrate', label: `Migrate ${name} to…`, enabled: idle, run: () => app.openDialog('migrate', name) },
    { id: 'copyName', label: 'Copy name', separator: true, run: () => void copyText(name) },
    { id: 'copyVirsh', label: `Copy as ${virsh}`, run: () => void copyText(virsh) },
  ];
}
