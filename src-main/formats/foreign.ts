/** Recognises the formats of a text by its content (files come with any extension, captures with none), and reads it. */
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { DiagnosticList, quote } from './diagnostic-list.ts';
import type { IgnoredLines, Piece, Pieces } from './document.ts';
import { ignoredNote, piecesOf, placed, readOf } from './document.ts';
import type { Facts, Format, Role, RoleFacts } from './format.ts';
import { admitText } from './input.ts';
import { OTHERS } from './other.ts';
import type { Origin } from './paste/prompt.ts';
import * as registry from './registry.ts';

export const FORMATS: readonly Format[] = Object.values(registry);

/** Our own documents are told from foreign files, and read by scenario/. */
const SCENARIO = { id: 'scenario', role: 'scenario', name: 'a Pageshift scenario', mark: 'a JSON object' } as const;

export type Recognised = Format | typeof SCENARIO;

/** Facts as `pageshift facts` prints them, of any role. */
export type ForeignFacts = RoleFacts[Role];

/** The format whose facts these are. */
const formatOf = (facts: Facts): Format | undefined => FORMATS.find(({ id }) => id === facts.kind);

export const formatById = (id: string): Format | undefined => FORMATS.find((format) => format.id === id);

export const hasRole = <R extends Role>(facts: Facts, role: R): facts is RoleFacts[R] => formatOf(facts)?.role === role;

export const isOf = <R extends Role, F extends RoleFacts[R]>(format: Format<R, F>, facts: Facts): facts is F =>
  facts.kind === format.id;

export const runsInGuests = (facts: Facts): boolean => formatOf(facts)?.runsInGuests === true;

/** One text of a file, read. */
export interface ForeignPart {
  readonly format: Format;
  readonly facts: ForeignFacts;
  /** Its first and last line in the file. */
  readonly first: number;
  readonly last: number;
  /** The command that printed it, where a prompt before it shows one. */
  readonly command: string | null;
}

export interface ForeignDocument {
  /** In the order of the file. Empty when there is an error. */
  readonly parts: readonly ForeignPart[];
  readonly ignored: readonly IgnoredLines[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Enough to tell our own documents, which begin with what they are. */
const HEAD_CHARS = 65_536;

const looksLikeScenario = (text: string): boolean => /^\s*(?:\/[/*]|\{)/.test(text.slice(0, HEAD_CHARS));

/** The texts of a file; `scenario` when it is one of our documents; null and an error when it is nothing that is read. */
function split(text: string, file: string, list: DiagnosticList): Pieces | 'scenario' | null {
  // An empty file may say something by its path: a node without CPUs.
  const empty = text.trim() === '' ? piecesOf(text, file, FORMATS) : null;
  if (empty !== null && empty.pieces.length > 0) return empty;
  const admitted = admitText(text, list);
  if (admitted === null) return null;
  const own = looksLikeScenario(admitted);
  if (own && /"pageshift"\s*:/.test(admitted.slice(0, HEAD_CHARS))) return 'scenario';
  const pieces = piecesOf(admitted, file, FORMATS);
  const isForeign =
    pieces.pieces.length > 0 &&
    (!own || pieces.pieces[0]!.format.holdsJson !== undefined || pieces.pieces[0]!.format.holdsBlock !== undefined);
  if (isForeign) return pieces;
  if (reportOther(admitted, pieces.otherRoots, list)) return null;
  if (own && !isOtherJson(admitted)) return 'scenario';
  reportUnknown(admitted, pieces.otherRoots, list);
  return null;
}

/** Whether it is something that is known and not read (other.ts), which is then said. */
function reportOther(text: string, otherRoots: readonly string[], list: DiagnosticList): boolean {
  const head = text.slice(0, HEAD_CHARS);
  const rootElement = otherRoots[0] ?? /^\s*(?:<\?[^<>]*\?>\s*)?<!DOCTYPE\s+(\w+)/.exec(head)?.[1] ?? null;
  const other = OTHERS.find((each) => each.recognise({ head, rootElement }));
  if (other === undefined) return false;
  const found = typeof other.name === 'string' ? other.name : other.name(head);
  const message = 'What this file is, is known, but Pageshift does not read it.';
  list.error('format-not-read', message, { line: 1 }, { found, hint: other.instead });
  return true;
}

/** A JSON document that has nothing of ours. One that is damaged, or empty, may have been. */
function isOtherJson(text: string): boolean {
  try {
    const names = Object.keys(JSON.parse(text) as object);
    return names.length > 0 && !names.some((name) => /^(?:pageshift|hosts|vms|links|commands|seed)$/.test(name));
  } catch {
    return false;
  }
}

/** What a person has of each role; all formats by name would be too many to read. */
const ROLE_EXAMPLES: Readonly<Record<Role, string>> = {
  host: 'a host (virsh capabilities, numactl --hardware)',
  vm: 'a VM (virsh dumpxml)',
  placement: 'where memory lies (numastat -p, numa_maps)',
  'host-state': 'the state of a host (virsh freepages, numastat -m, /sys)',
  'vm-state': 'the state of a VM (virsh vcpuinfo, domstats, numatune)',
  'guest-state': "a Linux guest's own files (dmesg, /proc/zoneinfo, /proc/buddyinfo)",
  'migration-record': 'a migration (virsh domjobinfo, query-migrate)',
};

function reportUnknown(text: string, otherRoots: readonly string[], list: DiagnosticList): void {
  const head = text.slice(0, HEAD_CHARS);
  const root = otherRoots[0];
  const found = root === undefined ? quote(firstLine(head)) : `an XML document <${root}>`;
  const roles = Object.entries(ROLE_EXAMPLES).filter(([role]) => FORMATS.some((format) => format.role === role));
  const expected = [SCENARIO.name, ...roles.map(([, example]) => example)].join('; ');
  list.error('format-unknown', 'This is not a format that Pageshift reads.', { line: 1 }, { found, expected });
}

/** The format of `text`, the first where it holds several; no value, and what was looked for, when it is none that is read. */
export function recognise(text: string, file: string): Read<Recognised> {
  const list = new DiagnosticList(file);
  const found = split(text, file, list);
  if (found === null) return list.read<Recognised>(null);
  return list.read<Recognised>(found === 'scenario' ? SCENARIO : found.pieces[0]!.format);
}

/** Everything that a foreign file says. A scenario of our own is not foreign: `format-scenario`. */
export function readDocument(text: string, file: string): ForeignDocument {
  const list = new DiagnosticList(file);
  const found = split(text, file, list);
  if (found === 'scenario') {
    const expected = 'a host or a VM description of another tool';
    list.error('format-scenario', 'This is a Pageshift scenario, not a foreign file.', { line: 1 }, { expected });
  }
  if (found === null || found === 'scenario') {
    return { parts: [], ignored: [], diagnostics: list.read(null).diagnostics };
  }
  const all = found.pieces.map((piece) => readPiece(piece, file));
  // Of what a script gathered, a section that is cut or of another version is one less.
  const isGathered = found.pieces.some(({ format }) => format.id === registry.gatherHead.id);
  const read = isGathered ? all.map((each) => (each.parts.length > 0 ? each : asNote(each))) : all;
  const whole = isGathered || read.every(({ parts: some }) => some.length > 0);
  const note = ignoredNote(found.ignored, file);
  const diagnostics = [...read.flatMap((each) => each.diagnostics), ...(note === null ? [] : [note])];
  return { parts: whole ? read.flatMap(({ parts: some }) => some) : [], ignored: found.ignored, diagnostics };
}

function readPiece(
  piece: Piece,
  file: string,
): { readonly parts: readonly ForeignPart[]; readonly diagnostics: readonly Diagnostic[] } {
  const { format, text, origin, lines } = piece;
  const { value, diagnostics } = readAllOf(format, text, file, origin);
  const all = readOf(value, diagnostics).value ?? [];
  const place = { first: lines[0]?.line ?? 1, last: lines.at(-1)?.line ?? 1, command: origin.command };
  return { parts: all.map((facts) => ({ format, facts, ...place })), diagnostics: placed(diagnostics, piece) };
}

/** A section that cannot be read, in one note with its first reason. */
function asNote<P extends { readonly diagnostics: readonly Diagnostic[] }>(piece: P): P {
  const reason = piece.diagnostics.find(({ severity }) => severity === 'error') ?? piece.diagnostics[0];
  if (reason === undefined) return piece;
  const message = `A section is not read: ${reason.message}`;
  return { ...piece, diagnostics: [{ ...reason, severity: 'note', slug: 'section-not-read', message }] };
}

function readAllOf(format: Format, text: string, file: string, origin: Origin): Read<readonly ForeignFacts[]> {
  if (format.readAll !== undefined) return format.readAll(text, file, origin);
  const { value, diagnostics } = format.read(text, file, origin);
  return { value: value === null ? null : [value], diagnostics };
}

/** The facts of the first text of a foreign file, whatever its format. */
export function readForeign(text: string, file: string): Read<ForeignFacts> {
  const { parts, diagnostics } = readDocument(text, file);
  return { value: parts[0]?.facts ?? null, diagnostics };
}

/** That a file of a folder or archive is nothing which is read, and what was found in it instead. */
export function notReadNote(file: string, [first]: readonly Diagnostic[]): Diagnostic {
  const found = first?.found;
  const detail = found === undefined ? {} : { found };
  return { severity: 'note', slug: 'file-not-read', message: 'This file is not read.', where: { file }, ...detail };
}

const firstLine = (text: string): string => text.trimStart().split('\n', 1)[0] ?? '';
