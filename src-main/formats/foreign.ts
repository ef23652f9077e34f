/** Recognises the format of a text by its content (files come with any extension, captures with none), and reads it. */
import type { Read } from '../../shared/errors/index.ts';
import { DiagnosticList, quote } from './diagnostic-list.ts';
import type { Facts, Format, Role, RoleFacts, Sample } from './format.ts';
import { admitText } from './input.ts';
import * as registry from './registry.ts';

export const FORMATS: readonly Format[] = Object.values(registry);

/** Our own documents are told from foreign files, and read by scenario/. */
const SCENARIO = { id: 'scenario', role: 'scenario', name: 'a Pageshift scenario', mark: 'a JSON object' } as const;

export type Recognised = Format | typeof SCENARIO;

/** Facts as `pageshift facts` prints them, of any role. */
export type ForeignFacts = RoleFacts[Role];

/** The format whose facts these are. */
const formatOf = (facts: Facts): Format | undefined => FORMATS.find(({ id }) => id === facts.kind);

export const hasRole = <R extends Role>(facts: Facts, role: R): facts is RoleFacts[R] => formatOf(facts)?.role === role;

export const isOf = <R extends Role, F extends RoleFacts[R]>(format: Format<R, F>, facts: Facts): facts is F =>
  facts.kind === format.id;

export const runsInGuests = (facts: Facts): boolean => formatOf(facts)?.runsInGuests === true;

/** Enough for the comment block that some captures begin with. */
const HEAD_CHARS = 65_536;

/** The format of `text`; no value, and what was looked for, when it is none that is read. */
export function recognise(text: string, file: string): Read<Recognised> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<Recognised>(null);
  const head = admitted.slice(0, HEAD_CHARS);
  const rootElement = rootName(head);
  if (rootElement === null && /^\s*(?:\/[/*]|\{)/.test(head)) return list.read<Recognised>(SCENARIO);
  const format = likeliest({ head, rootElement });
  if (format !== null) return list.read<Recognised>(format);
  if (hasDoctype(head)) {
    const message = 'A document type declaration is refused: it could name other files or define entities without end.';
    list.error('xml-doctype', message, { line: 1 }, { expected: 'a document without <!DOCTYPE …>' });
    return list.read<Recognised>(null);
  }
  const found = rootElement === null ? quote(firstLine(head)) : `an XML document <${rootElement}>`;
  const expected = [...FORMATS, SCENARIO].map(({ name, mark }) => `${name}: ${mark}`).join('; ');
  list.error('format-unknown', 'This is not a format that Pageshift reads.', { line: 1 }, { found, expected });
  return list.read<Recognised>(null);
}

function likeliest(sample: Sample): Format | null {
  const found = FORMATS.map((format) => ({ format, confidence: format.recognise(sample)?.confidence ?? 0 }));
  const best = found.reduce((a, b) => (b.confidence > a.confidence ? b : a));
  return best.confidence > 0 ? best.format : null;
}

/** The facts of a foreign file, whatever its format. A scenario of our own is not foreign: `format-scenario`. */
export function readForeign(text: string, file: string): Read<ForeignFacts> {
  const { value: format, diagnostics } = recognise(text, file);
  if (format === null) return { value: null, diagnostics };
  if (format.role !== 'scenario') return format.read(text, file);
  const list = new DiagnosticList(file);
  const expected = 'a host or a VM description of another tool';
  list.error('format-scenario', 'This is a Pageshift scenario, not a foreign file.', { line: 1 }, { expected });
  return list.read<ForeignFacts>(null);
}

/** Blanks, comments and processing instructions before the root element. Each alternative is closed by its own mark. */
const PROLOGUE = /(?:\s|<!--(?:[^-]|-(?!->))*-->|<\?(?:[^?]|\?(?!>))*\?>)/y;
const ROOT = /<([^\s/>!?]+)/y;

/** The name of the root element of what may be XML: null when something else comes first. */
function rootName(head: string): string | null {
  let offset = 0;
  for (;;) {
    PROLOGUE.lastIndex = offset;
    if (!PROLOGUE.test(head)) break;
    offset = PROLOGUE.lastIndex;
  }
  // A DOCTYPE is refused by the XML reader; here it only must not hide what the document is.
  const doctype = /<!DOCTYPE\s+([^\s>[]+)/y;
  doctype.lastIndex = offset;
  ROOT.lastIndex = offset;
  return (doctype.exec(head) ?? ROOT.exec(head))?.[1] ?? null;
}

const hasDoctype = (head: string): boolean =>
  /^(?:\s|<!--(?:[^-]|-(?!->))*-->|<\?(?:[^?]|\?(?!>))*\?>)*<!DOCTYPE\b/.test(head);

const firstLine = (text: string): string => text.trimStart().split('\n', 1)[0] ?? '';
