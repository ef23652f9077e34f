/** Runs the command that a key press means, unless the press belongs to what has the focus or a dialog is open. */
import type { App } from '../state/app.svelte.ts';
import { isOwnKey, matches } from '../state/keys.ts';
import type { Press } from '../state/keys.ts';
import { stopOpening } from '../state/documents.ts';
import type { WindowCommand } from '../state/window-command.ts';

const commandOf = (app: App, press: Press): WindowCommand | undefined =>
  app.commands.find(({ keys, enabled }) => keys.some((each) => matches(each, press, app.mac)) && enabled());

/**
 * While something is being opened: a key that means a command waits for it; Escape gives it up. What still has the focus, such
 * as the card that was clicked, has no use for a key any more, except a text field and the notice's own button.
 */
function holds(app: App, event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('[role=dialog] button, input, textarea, select') != null) return false;
  if (event.key === 'Escape') stopOpening(app);
  else if (app.commands.some(({ keys }) => keys.some((each) => matches(each, event, app.mac))))
    app.heldKeys.hold(event);
  else return false;
  event.preventDefault();
  return true;
}

/** A command that was not to be done after so long is not going to be. */
const PATIENCE_MS = 10_000;

/** What was opened is there: the keys held for it are pressed, each when the one before has done its work. */
export async function pressHeldKeys(app: App): Promise<void> {
  for (const press of app.heldKeys.take()) {
    const beganMs = performance.now();
    // The state that the one before has led to is told a moment after it is answered.
    while (commandOf(app, press) === undefined && performance.now() - beganMs < PATIENCE_MS)
      await new Promise((resolve) => requestAnimationFrame(resolve));
    await commandOf(app, press)?.run();
  }
}

export function onKey(app: App, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  if (app.isOpening && holds(app, event)) return;
  if (app.dialog !== null || document.querySelector('[role=dialog], [role=menu]') !== null) return;
  if (isOwnKey(event, event.target instanceof Element ? event.target : null)) return;
  const command = commandOf(app, event);
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
