/** What main sends to a window about the inside of a guest. Plain JSON. Counts are 4 KiB pages. */

/** What a line of the guest's shell came to. */
export interface ShellReply {
  /** What it printed, in order. At most MAX_SHELL_CHARS in all. */
  readonly output: readonly { readonly stream: 'out' | 'err'; readonly text: string }[];
  /** Characters that were printed beyond that. */
  readonly cutChars: number;
  readonly exitCode: number;
  /** Of the next line: `root@web1:/sys/kernel/debug/memlayout# `, or `> ` while a command goes on over several lines. */
  readonly prompt: string;
}

export interface ShellCompletion {
  /** What the text from `from` to the end of the line may become. Ascending; at most 200. */
  readonly candidates: readonly string[];
  readonly from: number;
}

export interface LayoutInfo {
  /** layout.<seq> in debugfs. */
  readonly seq: number;
  readonly origin: 'boot' | 'debugfs' | 'host' | 'command';
  /** When it was committed; null while it is staged. */
  readonly tick: number | null;
  readonly ranges: number;
  /** Pages that exist, by T, index nid. */
  readonly pagesByNode: readonly number[];
  readonly state: 'staged' | 'inForce' | 'kept';
}
