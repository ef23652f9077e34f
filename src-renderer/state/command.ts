/** What a command of the window is; state/commands.ts has the table of them. */
export const GROUPS = ['File', 'Edit', 'Run', 'VM', 'View', 'Theme', 'Help'] as const;

export interface Command {
  readonly id: string;
  readonly group: (typeof GROUPS)[number];
  readonly title: () => string;
  /** As keys.ts reads them; the first is shown. */
  readonly keys: readonly string[];
  readonly enabled: () => boolean;
  /** For what is on or off; null: it is neither. */
  readonly checked: () => boolean | null;
  readonly run: () => unknown;
}
