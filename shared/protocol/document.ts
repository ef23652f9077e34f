/**
 * What main sends to a window about documents and runs. Plain JSON. All counts are 4 KiB pages, all times ticks or ms.
 */
import type { Diagnostic } from '../errors/index.ts';
import type { LawsChecked, RunInputs, SeriesPart } from '../view/index.ts';
import type { WorldEvent } from '../model/event.ts';
import type { CommandType } from '../model/command.ts';
import type { Forecast } from '../model/forecast.ts';

export type { SeriesPart } from '../view/index.ts';

export interface HelloReply {
  readonly protocol: number;
  /** What the window runs in, as it may be shown: "Electron 45.4.1", "web shell", "stand-in for Electron". */
  readonly shell: { readonly kind: 'electron' | 'web'; readonly text: string };
  readonly platform: string;
  readonly version: string;
  /** Native dialogs for open and save; otherwise the window uploads, downloads and names files. */
  readonly dialogs: boolean;
  /** Folder that documents are saved in by name, as it may be shown; null: the shell's own dialog asks. */
  readonly savesIn: string | null;
  /** Whether export.make can make a PDF; otherwise the window prints the preview. */
  readonly pdf: boolean;
  /** The document this window showed before it was reloaded, or was opened for. */
  readonly document: string | null;
  readonly start: StartInfo;
  /** Tables that export.make {kind: csv} knows. */
  readonly tables: readonly string[];
}

/** The start screen's lists. */
export interface StartInfo {
  readonly examples: readonly ExampleInfo[];
  readonly recent: readonly {
    readonly id: string;
    readonly name: string;
    readonly place: string;
    readonly missing: boolean;
  }[];
  /** Documents whose run lives in main, whether or not a window shows them. */
  readonly open: readonly {
    readonly id: string;
    readonly name: string;
    readonly tick: number;
    readonly tickMs: number;
    readonly playing: boolean;
    readonly windows: number;
    readonly dirty: boolean;
  }[];
  readonly recoverable: readonly {
    readonly id: string;
    readonly name: string;
    readonly place: string | null;
    readonly tick: number;
    readonly tickMs: number;
    readonly commands: number;
    readonly savedAtMs: number;
  }[];
}

export interface ExampleInfo {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly hosts: readonly {
    readonly name: string;
    readonly nodes: readonly { readonly nid: number; readonly memoryMiB: number; readonly cpus: number }[];
  }[];
  /** Sizes, and how the placement spreads each VM over its host's nodes, for the small picture. */
  readonly vms: readonly {
    readonly name: string;
    readonly host: string;
    readonly memoryMiB: number;
    readonly shares: readonly { readonly nid: number; readonly part: number }[];
  }[];
  readonly commands: number;
}

export interface OpenReply {
  /** Id of the opened document; null with diagnostics: it could not be opened; null without: cancelled. */
  readonly document: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ImportReply extends OpenReply {
  /** What each file was taken for. */
  readonly files: readonly { readonly name: string; readonly kind: 'scenario' | 'host' | 'vm' | null }[];
}

/** What came of a change of the document by hand, or would come of it. */
export interface EditReply {
  readonly done: boolean;
  /** Where there is an error among them nothing can be changed. */
  readonly diagnostics: readonly Diagnostic[];
  /** What goes besides what is removed. */
  readonly removed: { readonly vms: readonly string[]; readonly links: readonly string[]; readonly commands: number };
}

/** All of a document but its snapshots, series and events. Sent whole whenever it changes, at most about ten times a second. */
export interface DocumentState {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Where it is saved, as it may be shown; null: nowhere yet. */
  readonly place: string | null;
  readonly dirty: boolean;
  /** Another number after every change by hand of what the document states: its run has begun anew, with other VMs. */
  readonly edition: number;
  readonly changedOnDisk: boolean;
  /** It was made of hosts and VMs of other tools, without commands: a first rehearsal of its VMs may be offered. */
  readonly isImport: boolean;
  readonly tick: number;
  readonly tickMs: number;
  readonly seed: number;
  readonly playing: boolean;
  /** The speed asked for; null: as fast as it goes. */
  readonly ticksPerSec: number | null;
  /** Ticks a second over the last second of playing; 0 while paused. */
  readonly measuredTicksPerSec: number;
  /** No work is pending (World.converged). */
  readonly settled: boolean;
  /** What the world waits for, a sentence each. */
  readonly pendingWork: readonly string[];
  /** Both lags over all VMs, without pinned and coalesced pages, and stale ones of VMs that get no layouts. */
  readonly owedPages: number;
  /** "compact vm3 to node 1", as in "Undo compact vm3 to node 1"; null: nothing to undo. */
  readonly undo: string | null;
  readonly redo: string | null;
  /** A replay under way (undo, redo, recovery), with how far it is. */
  readonly busy: { readonly what: string; readonly tick: number; readonly toTick: number } | null;
  readonly commands: readonly DocumentCommand[];
  readonly laws: LawsChecked;
  /** Hash chain up to this tick, 16 hex digits. */
  readonly chain: string;
  readonly inputs: RunInputs;
  readonly events: number;
  /** Ticks of recorded frames that can be shown: first, last, and how many there are. */
  readonly history: {
    readonly first: number;
    readonly last: number;
    readonly frames: number;
    readonly memoryBytes: number;
    readonly diskBytes: number;
  };
  /** Warnings and notes of reading the document, and what went wrong since. */
  readonly problems: readonly Diagnostic[];
}

export interface DocumentCommand {
  readonly tick: number;
  /** "compact vm3 to node 1" */
  readonly text: string;
  readonly type: CommandType;
  readonly vm: string;
  /** pending: still to come. */
  readonly state: 'pending' | 'applied' | 'rejected';
  /** A sentence: why it was rejected, or what has happened since it was applied; empty while pending. */
  readonly outcome: string;
  /** Made when the command was applied, to compare with what happened. Null: commands of this type have none. */
  readonly forecast: Forecast | null;
}

/** An open run over time. */
export interface RunOverTime {
  readonly name: string;
  readonly tick: number;
  readonly tickMs: number;
  readonly playing: boolean;
  readonly vms: readonly string[];
  readonly part: SeriesPart;
  /** What has a mark on the time axis: commits, beginnings and ends of moves; at most the last MAX_MARKS. */
  readonly events: readonly WorldEvent[];
}

export interface RunHashes {
  readonly tick: number;
  /** World.hash and World.chain, 16 hex digits each. */
  readonly hash: string;
  readonly chain: string;
}
