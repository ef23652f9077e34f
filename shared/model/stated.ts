/**
 * What a document states of its hosts and VMs, as plain data for a window: pools, pins, bindings, links, VMs that are not
 * placed, and what of all that was assumed. The frames of a run have what comes of it. Memory is in 4 KiB pages.
 */

interface StatedPool {
  readonly pageKib: number;
  readonly total: number;
  /** Measured; null: not stated. */
  readonly free: number | null;
}

interface StatedNode {
  readonly nid: number;
  /** As in "0-3,8". */
  readonly cpus: string;
  readonly pages: number;
  readonly reservedPages: number;
  /** Huge pages set aside; null: not stated. */
  readonly pools: readonly StatedPool[] | null;
}

interface StatedHost {
  readonly name: string;
  readonly nodes: readonly StatedNode[];
}

interface StatedLink {
  readonly name: string;
  readonly hosts: readonly [string, string];
  readonly rateMibPerSec: number;
  readonly assumed: boolean;
}

type BindingMode = 'strict' | 'preferred' | 'interleave' | 'restrictive';

export interface StatedBinding {
  readonly mode: BindingMode;
  readonly nodes: readonly number[];
}

export interface PagesOnNode {
  readonly nid: number;
  readonly pages: number;
}

/** What backs a VM: ordinary frames, transparent huge ones, or pages of a pool. */
export type StatedPages = 'small' | 'transparent' | { readonly poolKib: number };

export interface StatedVm {
  readonly name: string;
  readonly host: string;
  readonly pages: number;
  readonly vcpus: number;
  /** null: nothing states whether it ran. */
  readonly running: boolean | null;
  /** Guest NUMA cells. */
  readonly cells: readonly { readonly id: number; readonly cpus: string; readonly pages: number }[];
  /** Host CPUs of a vCPU, by its number, as in "0-3,8". */
  readonly pins: Readonly<Record<string, string>>;
  /** Of vCPUs without a pin of their own; null: all. */
  readonly cpuset: string | null;
  readonly emulatorpin: string | null;
  readonly binding: StatedBinding | null;
  readonly memnodes: readonly (StatedBinding & { readonly cell: number })[];
  readonly backing: StatedPages;
  /** Where its memory starts: measured or given by node; null: by a policy. */
  readonly shares: readonly PagesOnNode[] | null;
  /** The shares were measured. */
  readonly measured: boolean;
  /** Of where its memory lies: all was assumed, or what it has not touched; null: nothing. */
  readonly assumedPlacement: 'all' | 'untouched' | null;
  readonly dirty: { readonly rateMibPerSec: number; readonly workingSetMib: number; readonly known: boolean };
}

export interface StatedDocument {
  readonly hosts: readonly StatedHost[];
  readonly links: readonly StatedLink[];
  /** In the order of the guests of a frame. */
  readonly vms: readonly StatedVm[];
  /** Known, and not in the world, with the reason. */
  readonly notPlaced: readonly { readonly vm: StatedVm; readonly reason: string }[];
  /** Names and formats of the files that it was imported from. */
  readonly sources: readonly { readonly name: string; readonly format: string }[];
}
