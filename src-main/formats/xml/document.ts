/**
 * The one door to fast-xml-parser: text → a tree of elements that know where they stand. Invariants:
 *
 * (a) Nothing throws; what is not a well-formed, bounded document without DOCTYPE is a diagnostic with line and column.
 * (b) Names are never keys of objects: attributes are Maps, so `__proto__` and `constructor` are names like any other.
 * (c) The parser saw exactly the elements that the guard counted, so the two cannot disagree on what the text says.
 *
 * Comments and processing instructions are dropped. Namespaces are not resolved: a prefix is part of the name.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { SourcePosition } from '../source-position.ts';
import { MAX_DEPTH, guardXml } from './guard.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Own character data and CDATA, joined and trimmed. */
  readonly text: string;
  readonly children: readonly XmlElement[];
  readonly line: number;
  readonly column: number;
  /** `/domain/cpu/numa/cell[2]`; counted from 1, and only where siblings share the name. */
  readonly path: string;
}

/** The parser refuses some names and keeps others to itself; with this mark before it no tag is one of them. */
const TAG_MARK = '~';
const ATTRIBUTE_MARK = '@';
const TEXT = '#text';
const CDATA = '#cdata';
const ATTRIBUTES = ':@';

type Raw = Readonly<Record<string | symbol, unknown>>;

/** The root element of `text`, or null when it is refused; the reason is then in `list`. `text` has been admitted. */
export function parseXml(text: string, list: DiagnosticList): XmlElement | null {
  const position = new SourcePosition(text);
  const count = guardXml(text, position, list);
  if (count === null || !validate(text, list)) return null;
  const raw = parse(text);
  const tree = typeof raw === 'string' ? null : new Builder(position).document(raw);
  if (tree !== null && tree.elements === count) return tree.root;
  const found = typeof raw === 'string' ? { found: raw } : {};
  list.error('xml-unreadable', 'The XML parser could not read the text.', { line: 1, column: 1 }, found);
  return null;
}

function validate(text: string, list: DiagnosticList): boolean {
  const result = XMLValidator.validate(text);
  if (result === true) return true;
  const where = { line: result.err.line || 1, column: result.err.col || 1 };
  list.error('xml-malformed', `The text is not well-formed XML: ${result.err.msg}`, where);
  return false;
}

/** The parser's own tree, or its complaint. */
function parse(text: string): readonly Raw[] | string {
  const parser = new XMLParser({
    preserveOrder: true,
    captureMetaData: true,
    ignoreAttributes: false,
    attributeNamePrefix: ATTRIBUTE_MARK,
    textNodeName: TEXT,
    cdataPropName: CDATA,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    processEntities: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: MAX_DEPTH,
    // Called twice for a self-closing tag, hence the test.
    transformTagName: (name) => (name.startsWith(TAG_MARK) ? name : TAG_MARK + name),
  });
  try {
    return parser.parse(text) as readonly Raw[];
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

class Builder {
  private readonly position: SourcePosition;
  private readonly metadata = XMLParser.getMetaDataSymbol() as unknown as symbol;
  private elements = 0;

  constructor(position: SourcePosition) {
    this.position = position;
  }

  document(raw: readonly Raw[]): { readonly root: XmlElement; readonly elements: number } | null {
    const { children } = this.content(raw, '');
    const root = children[0];
    return root === undefined ? null : { root, elements: this.elements };
  }

  private content(nodes: readonly Raw[], path: string): { children: XmlElement[]; text: string } {
    const total = new Map<string, number>();
    for (const node of nodes) total.set(keyOf(node), (total.get(keyOf(node)) ?? 0) + 1);
    const seen = new Map<string, number>();
    const children: XmlElement[] = [];
    let text = '';
    for (const node of nodes) {
      const key = keyOf(node);
      if (key === TEXT) text += decodeReferences(String(node[key]));
      else if (key === CDATA) text += String((node[key] as readonly Raw[])[0]?.[TEXT] ?? '');
      else {
        const nth = (seen.get(key) ?? 0) + 1;
        seen.set(key, nth);
        const name = key.slice(TAG_MARK.length);
        children.push(this.element(node, key, `${path}/${name}${total.get(key) === 1 ? '' : `[${nth}]`}`));
      }
    }
    return { children, text: text.trim() };
  }

  private element(node: Raw, key: string, path: string): XmlElement {
    this.elements++;
    const { startIndex } = node[this.metadata] as { readonly startIndex: number };
    const attributes = new Map<string, string>();
    for (const [name, value] of Object.entries((node[ATTRIBUTES] ?? {}) as Readonly<Record<string, string>>)) {
      attributes.set(name.slice(ATTRIBUTE_MARK.length), decodeReferences(value));
    }
    const { children, text } = this.content(node[key] as readonly Raw[], path);
    return { name: key.slice(TAG_MARK.length), attributes, text, children, ...this.position.at(startIndex), path };
  }
}

const keyOf = (node: Raw): string => Object.keys(node).find((key) => key !== ATTRIBUTES) ?? TEXT;

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** XML's five entities and character references; the guard has refused all others. */
function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return NAMED.get(name) ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
    },
  );
}
