/**
 * What a guest's shell may take of the machine that it runs on. Whatever meets one of these is told so in words.
 *
 * (a) By line: time, output, strings, files, writes and sleep.
 * (b) By shell: what it keeps from line to line, in files and in variables.
 * (c) For all shells of a run: how many there are and how many run a line at once (runtime/guest-shells.ts). So all of
 *     them keep at most MAX_SHELLS times (b).
 */
const MIB = 2 ** 20;

/** A line that has run for so long, sleeping apart, is stopped. */
export const MAX_LINE_MS = 120_000;
/** One that touches no file of the guest for so long is a loop without end, and is stopped sooner. */
export const MAX_IDLE_MS = 20_000;
/** What the interpreter does without a pause, in which nobody hears a stop, is stopped after so long. */
export const MAX_PAUSELESS_MS = 5000;
/** Simulated time that a line may sleep, and time of this machine that it may wait for it. */
export const MAX_SLEEP_SECONDS = 86_400;
export const MAX_SLEEP_MS = 3_600_000;
/** Bytes that the commands of a line may print, to the terminal, a pipe or a file. The protocol carries MAX_SHELL_CHARS. */
export const MAX_OUTPUT_BYTES = 16 * MIB;
/** Bytes of one value or file in memory, and of all that a line works with at once. */
export const MAX_STRING_BYTES = 4 * MIB;
export const MAX_LIVE_BYTES = 64 * MIB;
/** Characters that a line may write to files of the guest: all of them are kept. A document has room for half of them. */
export const MAX_WRITTEN_CHARS = 32 * MIB;

/** Bytes of the files of a shell that are none of the guest (/tmp, /root). */
export const MAX_FILE_BYTES = 8 * MIB;
/** Characters of the variables that a shell keeps. */
export const MAX_KEPT_CHARS = MIB;

/** Shells of a run that keep files and variables; the one that was used longest ago begins anew. */
export const MAX_SHELLS = 16;
/** Shells of a run that run a line at once. */
export const MAX_LINES_AT_ONCE = 8;

/** `4 MiB` */
export const mib = (bytes: number): string => `${bytes / MIB} MiB`;
