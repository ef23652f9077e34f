/** Limits that engine, documents and windows share. */
/** Counters that one step of a commit may list. */
export const MAX_TRACE_CHANGES = 2000;
