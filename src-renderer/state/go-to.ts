/** Ways from a finding, an assumption or a name to where it is seen. */
import { guestsOf } from '../../shared/columns/index.ts';
import type { App } from './app.svelte.ts';

export type Place =
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'node'; readonly host: string; readonly nid: number }
  | { readonly kind: 'vm'; readonly vm: string }
  | { readonly kind: 'cell'; readonly vm: string; readonly cell: number };

const hostIndex = (app: App, name: string): number =>
  app.frame?.header.hosts.findIndex((host) => host.name === name) ?? -1;
const guestIndex = (app: App, name: string): number => guestsOf(app.frame).findIndex((guest) => guest.name === name);

/** Whether it is in the world: a VM that is not placed is not. */
export function isInWorld(app: App, place: Place): boolean {
  switch (place.kind) {
    case 'host':
      return hostIndex(app, place.host) >= 0;
    case 'node':
      return app.frame?.header.hosts[hostIndex(app, place.host)]?.nids.includes(place.nid) ?? false;
    case 'vm':
      return guestIndex(app, place.vm) >= 0;
    case 'cell':
      return (guestsOf(app.frame)[guestIndex(app, place.vm)]?.nrNodeIds ?? 0) > place.cell;
  }
}

/** It is known and not placed. */
export const isKeptApart = (app: App, vm: string): boolean =>
  (app.stated.answer?.notPlaced ?? []).some((each) => each.vm.name === vm);

export function goTo(app: App, place: Place): void {
  if (place.kind === 'vm' && isKeptApart(app, place.vm)) {
    app.select({ kind: 'notPlaced', vm: place.vm });
    app.setOpen('inspector', true);
    return;
  }
  if (!isInWorld(app, place)) return;
  switch (place.kind) {
    case 'host':
      app.showView('host');
      app.select({ kind: 'host', host: hostIndex(app, place.host) });
      break;
    case 'node':
      app.showView('host');
      app.select({ kind: 'hostNode', host: hostIndex(app, place.host), nid: place.nid });
      break;
    case 'vm':
      app.showGuest(guestIndex(app, place.vm), 'host');
      break;
    case 'cell': {
      const guest = guestIndex(app, place.vm);
      app.showGuest(guest, 'guest');
      app.select({ kind: 'guestNode', guest, nid: place.cell });
      break;
    }
  }
}
