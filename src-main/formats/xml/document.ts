/**
 * XML text → a tree of elements with their positions, in one pass. It does not use an XML package: those
 * available report where an element begins, but not where its attribute values lie, which edit.ts needs, nor in which
 * element a truncated text ends. Invariants:
 *
 * (a) Nothing throws. What is not a well-formed, bounded document is a diagnostic with line and column.
 * (b) Size: at most MAX_DEPTH open elements, MAX_ELEMENTS elements, and MAX_ATTRIBUTES attributes of one element.
 * (c) A document type may be named, and declares nothing, so there are no entities but XML's own five and character references: neither
 *     entity bombs nor external files exist.
 * (d) The nodes of an element, in their order, are its content without a gap: blanks, comments and what is not
 *     understood are kept.
 * (e) Names are never keys of objects: attributes are Maps, so `__proto__` and `constructor` are names like any other.
 *
 * Namespaces are not resolved: a prefix is part of the name. Characters that XML forbids, `]]>` in a text and `--` in a
 * comment are let through, as other tools do.
 */
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import { SourcePosition } from '../source-position.ts';

export const MAX_DEPTH = 64;
/** A host of 8192 CPUs has some 10,000. */
export const MAX_ELEMENTS = 100_000;
const MAX_ATTRIBUTES = 256;

/** Characters [start, end) of the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface XmlElement extends Span {
  readonly type: 'element';
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** What is between the quotes of each attribute. */
  readonly attributeSpans: ReadonlyMap<string, Span>;
  /** Own character data and CDATA, joined and trimmed. */
  readonly text: string;
  readonly children: readonly XmlElement[];
  /** Everything between its tags. */
  readonly nodes: readonly XmlNode[];
  /** What is between its tags; null when one tag opens and closes it. */
  readonly content: Span | null;
  readonly line: number;
  readonly column: number;
  /** `/domain/cpu/numa/cell[2]`; counted from 1, and only where siblings share the name. */
  readonly path: string;
}

type XmlNode = XmlElement | (Span & { readonly type: 'text' | 'cdata' | 'comment' | 'instruction' });

/** The root element of `text`, or null when it is refused; the reason is then in `list`. `text` has been admitted. */
export const parseXml = (text: string, list: DiagnosticList): XmlElement | null => new Scanner(text, list).document();

type Building<T> = { -readonly [K in keyof T]: T[K] };

type Collected = 'attributes' | 'attributeSpans' | 'children' | 'nodes' | 'content';

interface OpenElement extends Building<Omit<XmlElement, Collected>> {
  readonly attributes: Map<string, string>;
  readonly attributeSpans: Map<string, Span>;
  readonly children: OpenElement[];
  readonly nodes: XmlNode[];
  content: Building<Span> | null;
}

const NAME_START =
  ':A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C-\\u200D\\u2070-\\u218F' +
  '\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const NAME = new RegExp(`^[${NAME_START}][\\u0300-\\u036F\\u00B7\\u203F-\\u2040.0-9${NAME_START}-]*$`, 'u');
const TAG_NAME = /[^\s/>"'=<]+/y;
/** A type, and at most the bare name of a file that declares it. */
const DOCTYPE = /<!DOCTYPE\s+[\w.:-]{1,200}(?:\s+SYSTEM\s+(?:"[\w.-]{1,200}"|'[\w.-]{1,200}'))?\s*>/y;
const BLANKS = /[ \t\r\n]*/y;
const REFERENCE = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)/;

class Scanner {
  private readonly text: string;
  private readonly list: DiagnosticList;
  private readonly position: SourcePosition;
  private readonly open: OpenElement[] = [];
  private root: OpenElement | null = null;
  private elements = 0;

  constructor(text: string, list: DiagnosticList) {
    this.text = text;
    this.list = list;
    this.position = new SourcePosition(text);
  }

  document(): XmlElement | null {
    let next: number | null = 0;
    while (next !== null) {
      const lt = this.text.indexOf('<', next);
      if (!this.characterData(next, lt === -1 ? this.text.length : lt)) return null;
      if (lt === -1) return this.finish();
      next = this.markup(lt);
    }
    return null;
  }

  private refuse(slug: string, message: string, offset: number, expected?: string): null {
    this.list.error(slug, message, this.position.at(offset), expected === undefined ? {} : { expected });
    return null;
  }

  private malformed(what: string, offset: number): null {
    return this.refuse('xml-malformed', `The text is not well-formed XML: ${what}`, offset);
  }

  /** A text that ends inside `what`, begun at `offset`. Reported where it ends, for that is where it was cut. */
  private truncated(what: string, offset: number): null {
    const { line, column } = this.position.at(offset);
    const message = `The text ends inside ${what} that begins at line ${line}, column ${column}.`;
    this.list.error('xml-truncated', message, {
      ...this.position.at(this.text.length),
      ...(this.open.length === 0 ? {} : { path: `/${this.open.map(({ name }) => name).join('/')}` }),
    });
    return null;
  }

  private finish(): XmlElement | null {
    const inner = this.open.at(-1);
    if (inner !== undefined) return this.truncated(`the element <${inner.name}>`, inner.start);
    if (this.root === null) return this.refuse('xml-no-element', 'The text has no XML element.', 0, 'an XML document');
    nameChildren(this.root);
    return this.root;
  }

  private characterData(start: number, end: number): boolean {
    if (start === end) return true;
    const data = this.text.slice(start, end);
    const element = this.open.at(-1);
    if (element === undefined) {
      const stray = data.search(/\S/);
      if (stray === -1) return true;
      this.refuse('xml-text-outside', 'There is text outside the root element.', start + stray, 'one root element');
      return false;
    }
    if (!this.references(data, start)) return false;
    element.text += decodeReferences(data);
    element.nodes.push({ type: 'text', start, end });
    return true;
  }

  private references(data: string, start: number): boolean {
    const bad = data.search(REFERENCE);
    if (bad === -1) return true;
    const found = quote(data.slice(bad, bad + 20));
    const expected = '&amp; &lt; &gt; &quot; &apos; or a character reference';
    const where = this.position.at(start + bad);
    this.list.error('xml-entity', 'Only the entities of XML itself are read.', where, { found, expected });
    return false;
  }

  /** Reads the markup that begins at `lt`; returns the offset after it, or null when it is refused. */
  private markup(lt: number): number | null {
    const { text } = this;
    if (text.startsWith('<!--', lt)) return this.until('-->', lt, 4, 'comment', 'a comment');
    if (text.startsWith('<?', lt)) {
      if (lt > 0 && /^<\?xml\s/.test(text.slice(lt, lt + 6)))
        return this.malformed('The XML declaration is not at the beginning.', lt);
      return this.until('?>', lt, 2, 'instruction', 'a processing instruction');
    }
    if (text.startsWith('<![CDATA[', lt) && this.open.length > 0) return this.cdata(lt);
    if (text.startsWith('<!', lt)) {
      const rest = text.slice(lt, lt + 10);
      if ('<!--'.startsWith(rest) || '<![CDATA['.startsWith(rest)) return this.truncated('markup', lt);
      return this.doctype(lt);
    }
    return text.startsWith('</', lt) ? this.closingTag(lt) : this.openingTag(lt);
  }

  /** Passed over where it only names the type, as hwloc's does: nothing is fetched. Declarations in it are refused. */
  private doctype(lt: number): number | null {
    DOCTYPE.lastIndex = lt;
    if (this.root === null && this.open.length === 0 && DOCTYPE.test(this.text)) return DOCTYPE.lastIndex;
    const message = 'A document type declaration that declares entities or elements is not read.';
    return this.refuse('xml-doctype', message, lt, 'a document without <!DOCTYPE …>, or one that only names its type');
  }

  private until(
    mark: string,
    start: number,
    skip: number,
    type: 'cdata' | 'comment' | 'instruction',
    what: string,
  ): number | null {
    const found = this.text.indexOf(mark, start + skip);
    if (found === -1) return this.truncated(what, start);
    const end = found + mark.length;
    this.open.at(-1)?.nodes.push({ type, start, end });
    return end;
  }

  private cdata(lt: number): number | null {
    const end = this.until(']]>', lt, 9, 'cdata', 'a CDATA section');
    if (end !== null) this.open.at(-1)!.text += this.text.slice(lt + 9, end - 3);
    return end;
  }

  private closingTag(lt: number): number | null {
    const gt = this.text.indexOf('>', lt);
    if (gt === -1) return this.truncated('a closing tag', lt);
    const name = this.text.slice(lt + 2, gt).trimEnd();
    const element = this.open.pop();
    if (element?.name === name) {
      element.content!.end = lt;
      this.close(element, gt + 1);
      return gt + 1;
    }
    const where = this.position.at(lt);
    const expected = element && `</${element.name}> (opened at line ${element.line})`;
    const detail = { found: quote(`</${name}>`), expected: expected ?? 'the end of the text' };
    this.list.error('xml-mismatch', 'A closing tag does not match the open element.', where, detail);
    return null;
  }

  private close(element: OpenElement, end: number): void {
    element.end = end;
    element.text = element.text.trim();
  }

  private openingTag(lt: number): number | null {
    TAG_NAME.lastIndex = lt + 1;
    const name = TAG_NAME.exec(this.text)?.[0];
    if (name === undefined) {
      if (lt + 1 === this.text.length) return this.truncated('a tag', lt);
      return this.refuse('xml-tag-name', 'A "<" is not followed by a name.', lt, '&lt; for the character itself');
    }
    if (this.root !== null && this.open.length === 0) {
      return this.refuse('xml-text-outside', `There is a second root element <${name}>.`, lt, 'one root element');
    }
    if (this.open.length >= MAX_DEPTH) {
      return this.refuse('xml-too-deep', 'The elements are nested too deeply.', lt, `at most ${MAX_DEPTH} levels`);
    }
    if (++this.elements > MAX_ELEMENTS) {
      return this.refuse('xml-too-many-elements', 'There are too many elements.', lt, `at most ${MAX_ELEMENTS}`);
    }
    if (!NAME.test(name)) return this.malformed(`An element cannot be named ${quote(name)}.`, lt);
    const element: OpenElement = {
      type: 'element',
      name,
      attributes: new Map(),
      attributeSpans: new Map(),
      text: '',
      children: [],
      nodes: [],
      content: null,
      start: lt,
      end: lt,
      ...this.position.at(lt),
      path: `/${name}`,
    };
    const end = this.attributes(element, lt + 1 + name.length);
    if (end === null) return null;
    const parent = this.open.at(-1);
    if (parent === undefined) this.root = element;
    else {
      parent.children.push(element);
      parent.nodes.push(element);
    }
    if (this.text[end - 2] === '/') this.close(element, end);
    else {
      element.content = { start: end, end };
      this.open.push(element);
    }
    return end;
  }

  /** Reads the attributes of a tag from the end of its name on; returns the offset after its `>`. */
  private attributes(element: OpenElement, from: number): number | null {
    for (let at = from; ;) {
      const start = this.afterBlanks(at);
      const character = this.text[start];
      if (character === '>') return start + 1;
      if (character === '/' && this.text[start + 1] === '>') return start + 2;
      if (!this.inTag(start, element)) return null;
      if (character === '/' && start + 1 === this.text.length) return this.truncated('a tag', element.start);
      if (start === at) return this.malformed('A blank is missing between attributes.', start);
      if (element.attributes.size >= MAX_ATTRIBUTES) {
        const expected = `at most ${MAX_ATTRIBUTES}`;
        return this.refuse('xml-too-many-attributes', 'An element has too many attributes.', start, expected);
      }
      const next = this.attribute(element, start);
      if (next === null) return null;
      at = next;
    }
  }

  private attribute(element: OpenElement, start: number): number | null {
    TAG_NAME.lastIndex = start;
    const name = TAG_NAME.exec(this.text)?.[0] ?? '';
    const equals = this.afterBlanks(start + name.length);
    if (!this.inTag(equals, element)) return null;
    if (!NAME.test(name)) return this.malformed(`An attribute cannot be named ${quote(name)}.`, start);
    if (this.text[equals] !== '=') return this.malformed(`Attribute ${quote(name)} has no value.`, start);
    const open = this.afterBlanks(equals + 1);
    if (!this.inTag(open, element)) return null;
    const mark = this.text[open]!;
    if (mark !== '"' && mark !== "'") return this.malformed(`The value of ${quote(name)} has no quotes.`, start);
    if (element.attributes.has(name)) return this.malformed(`Attribute ${quote(name)} is repeated.`, start);
    const close = this.text.indexOf(mark, open + 1);
    const span = { start: open + 1, end: close === -1 ? this.text.length : close };
    const value = this.text.slice(span.start, span.end);
    const lessThan = value.indexOf('<');
    if (lessThan !== -1) {
      const message = 'An attribute value has a "<"; is its quote closed?';
      return this.refuse('xml-attribute-open', message, span.start + lessThan, '&lt;');
    }
    if (close === -1) return this.truncated('an attribute value', open);
    if (!this.references(value, span.start)) return null;
    element.attributes.set(name, decodeReferences(value));
    element.attributeSpans.set(name, span);
    return close + 1;
  }

  /** False, and an error, when the tag of `element` does not go on at `offset`. */
  private inTag(offset: number, element: OpenElement): boolean {
    if (offset >= this.text.length) this.truncated('a tag', element.start);
    else if (this.text[offset] === '<') this.refuse('xml-tag-open', 'A tag begins inside a tag.', offset, '">"');
    else return true;
    return false;
  }

  private afterBlanks(offset: number): number {
    BLANKS.lastIndex = offset;
    return BLANKS.test(this.text) ? BLANKS.lastIndex : offset;
  }
}

/** Paths of all elements below one whose own is right. */
function nameChildren({ path, children }: OpenElement): void {
  const total = new Map<string, number>();
  for (const { name } of children) total.set(name, (total.get(name) ?? 0) + 1);
  const seen = new Map<string, number>();
  for (const child of children) {
    const nth = (seen.get(child.name) ?? 0) + 1;
    seen.set(child.name, nth);
    child.path = `${path}/${child.name}${total.get(child.name) === 1 ? '' : `[${nth}]`}`;
    nameChildren(child);
  }
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** XML's five entities and character references; all others have been refused. */
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
