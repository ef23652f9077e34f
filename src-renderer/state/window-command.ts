/** A command of the window as the toolbar, the palette, menus and keys have it; commands.ts makes them. */
import type { WindowCommandGroup } from '../../shared/protocol/window-command.ts';

export interface WindowCommand {
  readonly id: string;
  readonly group: WindowCommandGroup;
  readonly title: () => string;
  /** As keys.ts reads them; the first is shown. */
  readonly keys: readonly string[];
  readonly enabled: () => boolean;
  /** For what is on or off; null: it is neither. */
  readonly checked: () => boolean | null;
  /** Does nothing while it is not enabled. */
  readonly run: () => unknown;
}
