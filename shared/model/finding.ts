/** What an expert would say is wrong with a host and its VMs: the results of src-main/findings, as plain data. */

export type FindingSeverity = 'error' | 'warning' | 'note';

/** What mends a finding. */
export type Remedy =
  /** A question for the planner, in words. */
  | { readonly kind: 'plan'; readonly text: string }
  /** A command line of a tool of the host. Words in angle brackets are to be filled in. */
  | { readonly kind: 'command'; readonly tool: string; readonly text: string };

/** Where a finding is; null where it is about no such thing. */
interface FindingSubject {
  readonly host: string;
  readonly vm: string | null;
  /** Guest NUMA cell. */
  readonly cell: number | null;
  /** Host node. */
  readonly node: number | null;
}

export interface Finding extends FindingSubject {
  /** Of the check, stable: `memory-away`. */
  readonly id: string;
  readonly severity: FindingSeverity;
  /** In sentences: value, place and threshold, then what it costs. */
  readonly text: string;
  /** Where threshold and cost come from. */
  readonly source: string;
  readonly remedy: readonly Remedy[];
}

/** A check that could not be made of some hosts or VMs, as nothing states what it needs. */
export interface UntestedCheck {
  readonly id: string;
  readonly title: string;
  /** Names of the VMs or hosts of which it could not be made. */
  readonly of: readonly string[];
  /** The facts that it needs, in words. */
  readonly needs: string;
  /** A command that would tell them; null when none is known. */
  readonly measure: string | null;
}

/** A value that no source states. */
export interface Assumption {
  readonly host: string | null;
  readonly vm: string | null;
  /** The value, what it was taken as, and why, in one sentence. */
  readonly text: string;
  /** A command that would tell it; null when none is known. */
  readonly measure: string | null;
}

export interface FindingReport {
  readonly findings: readonly Finding[];
  readonly assumed: readonly Assumption[];
  readonly notTested: readonly UntestedCheck[];
  /** Checks that were made of all that they concern. */
  readonly tested: readonly { readonly id: string; readonly title: string }[];
}

/** A live migration that is asked about. What is null is taken from the scenario where that states it, else not known. */
export interface MigrationQuestion {
  readonly vm: string;
  readonly toHost: string;
  readonly dirtyMibPerSec: number | null;
  readonly workingSetMib: number | null;
  readonly linkMibPerSec: number | null;
  readonly downtimeLimitMs: number | null;
}
