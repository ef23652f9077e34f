/** One entry of the table of checks. */
import type { FindingSeverity, Remedy } from '../../shared/model/finding.ts';
import type { HostView, MigrationView, VmView } from './view.ts';

/** What a check found. Its text says value, place and threshold, then the cost. */
export interface Hit {
  readonly severity: FindingSeverity;
  readonly vm?: VmView;
  readonly cell?: number | null;
  readonly node?: number | null;
  readonly text: string;
  readonly remedy: readonly Remedy[];
  /** Checks that find the same cause in this VM, and so say nothing of it; 'host' for findings about the host's nodes. */
  readonly silences?: readonly string[];
}

/** What a check looks at: one VM on its host, one host, or a migration that is asked about. */
export interface CheckOf<What extends string, Subject> {
  /** Stable once published. */
  readonly id: string;
  readonly title: string;
  /** How often users suffer from it, 1 the most. */
  readonly rank: number;
  /** Where threshold and cost come from. */
  readonly source: string;
  readonly about: What;
  /** The facts that it needs, in words; null when this subject states them, or the check does not concern it. */
  readonly needs?: (subject: Subject) => string | null;
  readonly find: (subject: Subject) => readonly Hit[];
}

export type VmCheck = CheckOf<'vm', VmView>;
export type HostCheck = CheckOf<'host', HostView>;
export type MigrationCheck = CheckOf<'migration', MigrationView>;
export type Check = VmCheck | HostCheck | MigrationCheck;

export const plan = (text: string): Remedy => ({ kind: 'plan', text });
export const command = (tool: string, text: string): Remedy => ({ kind: 'command', tool, text });
export const virsh = (text: string): Remedy => command('virsh', `virsh ${text}`);
