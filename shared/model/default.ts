/** Defaults that more than a schema needs: a dialog, or a guest that is made without a scenario. In a person's units. */

export const DEFAULT_TICK_MS = 100;

export const DEFAULT_REGENERATION = { enabled: true, grainKiB: 2048, delayMs: 1000 } as const;

/** Pages a tick that the active pass relabels, where a person switches it on. */
export const DEFAULT_PAGES_PER_TICK = 64;
