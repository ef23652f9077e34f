/**
 * Defaults needed beside the schema, by a dialog or by a guest made without a scenario. In the units that a person
 * writes.
 */

export const DEFAULT_TICK_MS = 100;

/** Where a guest's lower zones end, as on x86-64. */
export const DEFAULT_DMA_END_MIB = 16;
export const DEFAULT_DMA32_END_MIB = 4096;

export const DEFAULT_REGENERATION = { enabled: true, grainKiB: 2048, delayMs: 1000 } as const;

/** Pages a tick that the active pass relabels, where a person switches it on. */
export const DEFAULT_PAGES_PER_TICK = 64;
