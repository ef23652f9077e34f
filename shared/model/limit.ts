/**
 * How large things may be, for engine, scenario, windows and command line alike. The limits on a scenario keep a
 * hostile or broken file from exhausting the machine.
 */

/** Characters of a scenario's text that are read at all. */
export const MAX_TEXT_CHARS = 16 * 1024 * 1024;
/** Values in the text; a parsed value costs far more memory than its two characters. */
export const MAX_VALUES = 1_000_000;
/** Nesting of objects and lists; a valid document needs 8. */
export const MAX_DEPTH = 32;
/** Problems reported; the rest are counted. */
export const MAX_DIAGNOSTICS = 200;

export const MAX_NAME_CHARS = 100;
export const MAX_DESCRIPTION_CHARS = 10_000;
export const MAX_HOSTS = 64;
export const MAX_NODES_PER_HOST = 1024;
export const MAX_HOST_NID = 1023;
export const MAX_LINKS = 2016;
export const MAX_VMS = 4096;
export const MAX_VCPUS = 4096;
/** Host CPU ids and guest vCPU ids are below this; real files go up to 5 digits. */
export const MAX_CPU_IDS = 65_536;
/** CPUs that the nodes of all hosts list, one that two nodes list counted twice (numa=fake does that): 64 hosts of 8192. */
export const MAX_LISTED_CPUS = 8 * MAX_CPU_IDS;
export const MAX_COMMANDS = 20_000;
/** Ranges in one layout or list of reserved ranges. */
export const MAX_RANGES = 65_536;
/** Each range of a layout is held against each hole. */
export const MAX_HOLES = 64;
/** 8 TiB in one node. */
export const MAX_NODE_PAGES = 2 ** 31;
/** A warm-up steps the workload before tick 0; at some microseconds a page and tick, more than this would seem to hang. */
export const MAX_WARMUP_TICKS = 1_000_000;
export const MAX_TICK = 2 ** 31 - 1;
export const MAX_MS = 2 ** 40;

/** Pages in a guest; the largest pfn leaves room for 1 TiB and the hole below 4 GiB. */
export const MIN_GUEST_PAGES = 64;
export const MAX_GUEST_PFN = 2 ** 28 + 2 ** 18;
/** All guests together, 2 TiB: about 6 GiB of the machine's own memory. */
export const MAX_ALL_GUEST_PAGES = 2 ** 29;
/** Node ids in a guest: 255 means "several nodes" in its tables (engine/mm/limit.ts). */
export const MAX_GUEST_NODE_IDS = 254;
/** Zones start at multiples of this many MiB (1024 pages). */
export const ZONE_ALIGN_MIB = 4;
/** The largest order of a free block, inclusive. The kernel's MAX_ORDER changed meaning over time; this is unambiguous. */
export const MAX_PAGE_ORDER = 10;

/** DIMM slots of a VM. */
export const MAX_DIMMS = 256;
/** One line of the guest shell, and what one write writes. */
export const MAX_LINE_CHARS = 4096;
export const MAX_PATH_CHARS = 1024;
/** Writes of one line: a stripe of a page each over 1 GiB, three writes a range. */
export const MAX_WRITES = 1_000_000;

/** Rates as a person writes them. */
export const MAX_RATE_MIBPS = 2 ** 30;
/** Rounds of a live migration. */
export const MAX_ROUNDS = 10_000;

/** Counters that one step of a commit may list. */
export const MAX_TRACE_CHANGES = 2000;
