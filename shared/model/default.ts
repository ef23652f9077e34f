/**
 * Defaults needed beside the schema, by a dialog or by a guest made without a scenario. In the units that a person
 * writes.
 */

export const DEFAULT_TICK_MS = 100;

export const DEFAULT_REGENERATION = { enabled: true, grainKiB: 2048, delayMs: 1000 } as const;

/** Pages a tick that the active pass relabels, where a person switches it on. */
export const DEFAULT_PAGES_PER_TICK = 64;
