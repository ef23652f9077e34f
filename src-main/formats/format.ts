/**
 * The interface of a foreign format: an entry of registry.ts, written in the format's own folder. Code that
 * recognises, reads or imports files uses the registry and knows no format by name.
 */
import type { Read } from '../../shared/errors/index.ts';
import type { HostFacts, VmFacts } from './facts.ts';

/** What a text of the format is about. */
export type Role = 'host' | 'vm' | 'guest-state' | 'placement' | 'migration-record';

/**
 * Facts of a text, as `pageshift facts` prints them; `kind` is the id of the format. Rules (a) and (b) of facts.ts hold for
 * all of them. Those of a guest are in the units of its files: pages of the guest where a name ends in Pages or has no
 * unit, KiB where it says so; ranges are pfns of 4 KiB pages, half-open.
 */
export interface Facts {
  readonly kind: string;
}

/** Hosts have one shape whatever they are read from, and so have VMs; every other format has facts of its own. */
export interface RoleFacts {
  readonly host: HostFacts;
  readonly vm: VmFacts;
  readonly 'guest-state': Facts;
  readonly placement: Facts;
  readonly 'migration-record': Facts;
}

/** What formats are recognised by. */
export interface Sample {
  /** The beginning of the text: captures may have comments, prompts or mail around them. */
  readonly head: string;
  /** The name of the root element; null when the text does not begin as XML does. */
  readonly rootElement: string | null;
}

/** How far a text is taken to be of a format. Where several formats recognise it, the greatest confidence counts. */
export interface Recognition {
  /** Above 0, up to 1. */
  readonly confidence: number;
}

/** A value by its path, as diagnostics name it: `/domain/memory`, `/domain/cpu/numa/cell[2]/@memory`. */
export interface Change {
  readonly path: string;
  readonly value: string;
}

export interface Format<R extends Role = Role, F extends RoleFacts[R] = RoleFacts[R]> {
  /** Published: `facts` and `check --json` print it, scenarios keep it with their sources. */
  readonly id: string;
  readonly role: R;
  /** As a message calls a text of it: `a libvirt domain (a VM)`. */
  readonly name: string;
  /** What a text of it is known by, for a person whose text is none. */
  readonly mark: string;
  /** The command that prints it may have been run inside a guest: the text may be about the guest. */
  readonly runsInGuests?: true;
  recognise(sample: Sample): Recognition | null;
  /** Never throws: what is wrong with the text is a diagnostic. */
  read(text: string, file: string): Read<F>;
  /** What a text of it holds, in a few words. */
  summary(facts: F): string;
  /** Facts back to text. */
  print?(facts: F): string;
  /** The text with values changed and everything else as it was, byte for byte. */
  edit?(text: string, file: string, changes: readonly Change[]): Read<string>;
}

/** Recognises XML documents by their root element. */
export const byRootElement =
  (name: string) =>
  ({ rootElement }: Sample): Recognition | null =>
    rootElement === name ? { confidence: 1 } : null;

/** Recognises texts that are not XML by a line they have. A text that may quote another needs the greater confidence. */
export const byLine =
  (line: RegExp, confidence: number) =>
  ({ head, rootElement }: Sample): Recognition | null =>
    rootElement === null && line.test(head) ? { confidence } : null;
