/** The VM that a dialog begins with: the one it was opened for, else the one that is shown. */
import type { App } from '../../state/app.svelte.ts';

export function firstGuest(app: App): number {
  const named = app.document?.inputs.guests.findIndex(({ name }) => name === app.dialogVm) ?? -1;
  return named >= 0 ? named : app.guest;
}
