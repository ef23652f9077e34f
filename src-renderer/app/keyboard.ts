/** Runs the command that a key press means, unless the press belongs to what has the focus or a dialog is open. */
import type { App } from '../state/app.svelte.ts';
import { isOwnKey, matches } from '../state/keys.ts';

export function onKey(app: App, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  if (app.dialog !== null || document.querySelector('[role=dialog], [role=menu]') !== null) return;
  if (isOwnKey(event, event.target instanceof Element ? event.target : null)) return;
  const command = app.commands.find(
    ({ keys, enabled }) => keys.some((each) => matches(each, event, app.mac)) && enabled(),
  );
  if (command !== undefined) {
    event.preventDefault();
    void command.run();
    return;
  }
  // The browser's own save, open and print would be of the page, not of the document.
  const taken = app.commands.some(({ keys }) =>
    keys.some((each) => each.startsWith('Mod+') && matches(each, event, app.mac)),
  );
  if (taken) event.preventDefault();
}
