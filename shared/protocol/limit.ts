/** Limits that both sides know, apart from the validators, so that a window need not bundle those. */
export const PROTOCOL_VERSION = 3;

/** Of one imported file, in characters. */
export const MAX_FILE_CHARS = 16 * 2 ** 20;
/** A folder of what a host's tools printed has some hundred. */
export const MAX_FILES = 4096;
/** Of one message from a window. */
export const MAX_MESSAGE_BYTES = 64 * 2 ** 20;
/** Pages of one answer to view.tiles. */
export const MAX_TILE_PAGES = 65_536;
/** One line of the guest's shell, and what it may print. */
export const MAX_SHELL_LINE_CHARS = 4096;
export const MAX_SHELL_CHARS = 2 ** 20;

/** Events with a mark on the time axis of a run that is put beside another. */
export const MAX_MARKS = 5000;
/** Of the form for a new scenario: kinds of hosts, and VMs on each host. */
export const MAX_HOST_KINDS = 8;
export const MAX_VMS_OF_FORM = 1024;
