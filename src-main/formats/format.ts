/**
 * The interface of a foreign format: an entry of registry.ts, written in the format's own folder. Code that
 * recognises or reads files uses the registry and knows no format by name; only what assembles a Linux guest from its files
 * does (scenario/linux-guest/files.ts).
 */
import type { Read } from '../../shared/errors/index.ts';
import type { HostFacts, VmFacts } from './facts.ts';
import type { HostStateFacts, MigrationRecord, PlacementFacts, VmStateFacts } from './measured.ts';
import type { Origin } from './paste/prompt.ts';

/** What a text of the format is about. */
export type Role = 'host' | 'vm' | 'guest-state' | 'host-state' | 'vm-state' | 'placement' | 'migration-record';

/**
 * Facts of a text, as `pageshift facts` prints them; `kind` is the id of the format. Rules (a) and (b) of facts.ts hold for
 * all of them. Those of a guest are in the units of its files: pages of the guest where a name ends in Pages or has no
 * unit, KiB where it says so; ranges are pfns of 4 KiB pages, half-open.
 */
export interface Facts {
  readonly kind: string;
}

/** One shape a role, whatever it is read from; only the files of a guest have facts of their own. */
export interface RoleFacts {
  readonly host: HostFacts;
  readonly vm: VmFacts;
  readonly 'guest-state': Facts;
  readonly 'host-state': HostStateFacts;
  readonly 'vm-state': VmStateFacts;
  readonly placement: PlacementFacts;
  readonly 'migration-record': MigrationRecord;
}

/** What formats are recognised by. */
export interface Sample {
  /** The beginning of the text: captures may have comments, prompts or mail around them. */
  readonly head: string;
  /** The name of the root element; null when the text does not begin as XML does. */
  readonly rootElement: string | null;
}

/** How far a text is taken to be of a format. Where several formats recognise it, the greatest confidence counts. */
interface Recognition {
  /** Above 0, up to 1. */
  readonly confidence: number;
}

/**
 * What lines a text of a format has, by which it is found among others in one file. Blanks may stand before each; quote
 * marks and prompts are gone.
 */
export interface LineMarks {
  /** A line that no other format's text has. */
  readonly mark: RegExp;
  readonly confidence: number;
  /** A line that is always the first: with a second one begins a second text. */
  readonly begins?: RegExp;
  /** Every other line that is read. Without it all lines are taken for the format's own. */
  readonly holds?: RegExp;
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
  /** How a text of it is found among others; formats of lines have it. */
  readonly lines?: LineMarks;
  /** The root elements it reads; formats of XML have it. */
  readonly roots?: readonly string[];
  /** How the root element goes on, where others are named alike. */
  readonly rootMark?: RegExp;
  /** Whether it reads this value; formats of JSON have it. */
  readonly holdsJson?: (value: unknown) => boolean;
  /**
   * Whether all lines between two prompts are one text of it, where no line alone tells: YAML, CSV, `key: value`.
   * Asked before lines are looked at one by one.
   */
  readonly holdsBlock?: (text: string) => boolean;
  /** Recognises a text by where it came from, where its content cannot tell (a lone number). */
  readonly isFrom?: (origin: Origin) => boolean;
  /** Never throws: what is wrong with the text is a diagnostic. */
  read(text: string, file: string, origin?: Origin): Read<F>;
  /** All that a text holds, of formats whose text may be of several hosts or VMs; `read` gives the first. */
  readAll?(text: string, file: string, origin?: Origin): Read<readonly F[]>;
  /** What a text of it holds, in a few words. */
  summary(facts: F): string;
  /** Facts back to text. */
  print?(facts: F): string;
  /** The text with values changed and everything else as it was, byte for byte. */
  edit?(text: string, file: string, changes: readonly Change[]): Read<string>;
}

/** Recognises XML documents by their root element. */
export const byRootElement = (...names: readonly string[]): Pick<Format, 'recognise' | 'roots'> => ({
  roots: names,
  recognise: ({ rootElement }) => (rootElement !== null && names.includes(rootElement) ? { confidence: 1 } : null),
});

/** Recognises texts that are not XML by a line they have. A text that may quote another needs the greater confidence. */
export const byLine = (lines: LineMarks): Pick<Format, 'recognise' | 'lines'> => {
  const anywhere = new RegExp(lines.mark.source, `${lines.mark.flags.replace('m', '')}m`);
  return {
    lines,
    recognise: ({ head, rootElement }) =>
      rootElement === null && anywhere.test(head) ? { confidence: lines.confidence } : null,
  };
};

/** Recognises JSON by its value. */
export const byJson = (holdsJson: (value: unknown) => boolean): Pick<Format, 'recognise' | 'holdsJson'> => ({
  holdsJson,
  recognise: ({ head }) => {
    try {
      return holdsJson(JSON.parse(head)) ? { confidence: 1 } : null;
    } catch {
      return null;
    }
  },
});

/** Recognises a block of lines as a whole. */
export const byBlock = (holdsBlock: (text: string) => boolean): Pick<Format, 'recognise' | 'holdsBlock'> => ({
  holdsBlock,
  recognise: ({ head, rootElement }) => (rootElement === null && holdsBlock(head) ? { confidence: 0.8 } : null),
});

/** What is JSON is known by its value, whatever its texts say. */
function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Recognises JSON by its value, and the same data in YAML or damaged by pasting as a block. */
export const byJsonOrBlock = (
  holdsJson: (value: unknown) => boolean,
  holdsBlock: (text: string) => boolean,
): Pick<Format, 'recognise' | 'holdsJson' | 'holdsBlock'> => ({
  holdsJson,
  holdsBlock: (text) => holdsBlock(text) && !isJson(text),
  recognise: (sample) => byJson(holdsJson).recognise(sample) ?? byBlock(holdsBlock).recognise(sample),
});

/** Recognises what only its place tells. */
export const byOrigin = (isFrom: (origin: Origin) => boolean): Pick<Format, 'recognise' | 'isFrom'> => ({
  isFrom,
  recognise: () => null,
});
