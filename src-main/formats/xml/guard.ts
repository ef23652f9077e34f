/**
 * Walks the markup of an XML text once, before it is parsed, and refuses what the parser must not see or cannot place.
 *
 * (a) Size: at most MAX_DEPTH open elements, MAX_ELEMENTS elements, and MAX_ATTRIBUTES attributes of one element.
 * (b) No document type declaration, so there are no entities but XML's own five and character references: neither
 *     entity bombs nor external files exist.
 * (c) Every construct is closed and every closing tag matches; a cut text is told with the innermost open element.
 *
 * It does not look at names and at what stands between the attributes: the parser's own validator does.
 */
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { SourcePosition } from '../source-position.ts';

export const MAX_DEPTH = 64;
/** A host of 8192 CPUs has some 10,000. */
export const MAX_ELEMENTS = 100_000;
const MAX_ATTRIBUTES = 256;

const REFERENCE = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)/;
const TAG_NAME = /[^\s/>"'=<]+/y;
const TAG_STOP = /["'<>]/g;

/** The number of elements of a text that may be parsed; null when it is refused and `list` says why. */
export function guardXml(text: string, position: SourcePosition, list: DiagnosticList): number | null {
  return new Guard(text, position, list).run();
}

class Guard {
  private readonly text: string;
  private readonly position: SourcePosition;
  private readonly list: DiagnosticList;
  private readonly open: { readonly name: string; readonly offset: number }[] = [];
  private elements = 0;

  constructor(text: string, position: SourcePosition, list: DiagnosticList) {
    this.text = text;
    this.position = position;
    this.list = list;
  }

  run(): number | null {
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

  /** A text that ends inside `what`, begun at `offset`. Reported where it ends, for that is where it was cut. */
  private truncated(what: string, offset: number): null {
    const { line, column } = this.position.at(offset);
    const inner = this.open.at(-1);
    const message = `The text ends inside ${what} that begins at line ${line}, column ${column}.`;
    this.list.error('xml-truncated', message, {
      ...this.position.at(this.text.length),
      ...(inner === undefined ? {} : { path: `/${this.open.map((o) => o.name).join('/')}` }),
    });
    return null;
  }

  private finish(): number | null {
    const inner = this.open.at(-1);
    if (inner !== undefined) return this.truncated(`the element <${inner.name}>`, inner.offset);
    if (this.elements === 0) return this.refuse('xml-no-element', 'The text has no XML element.', 0, 'an XML document');
    return this.elements;
  }

  private characterData(start: number, end: number): boolean {
    if (start === end) return true;
    const data = this.text.slice(start, end);
    if (this.open.length === 0) {
      const stray = data.search(/\S/);
      if (stray === -1) return true;
      this.refuse('xml-text-outside', 'There is text outside the root element.', start + stray, 'one root element');
      return false;
    }
    return this.references(data, start);
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

  /** Checks the markup that begins at `lt`; returns the offset after it, or null when it is refused. */
  private markup(lt: number): number | null {
    const { text } = this;
    if (text.startsWith('<!--', lt)) return this.until('-->', lt, 4, 'a comment');
    if (text.startsWith('<?', lt)) return this.until('?>', lt, 2, 'a processing instruction');
    if (text.startsWith('<![CDATA[', lt) && this.open.length > 0) return this.until(']]>', lt, 9, 'a CDATA section');
    if (text.startsWith('<!', lt)) {
      const rest = text.slice(lt, lt + 10);
      if ('<!--'.startsWith(rest) || '<![CDATA['.startsWith(rest)) return this.truncated('markup', lt);
      const message = 'Document type declarations and entities are not read.';
      return this.refuse('xml-doctype', message, lt, 'a document without <!DOCTYPE …>');
    }
    return text.startsWith('</', lt) ? this.closingTag(lt) : this.openingTag(lt);
  }

  private until(end: string, start: number, skip: number, what: string): number | null {
    const found = this.text.indexOf(end, start + skip);
    return found === -1 ? this.truncated(what, start) : found + end.length;
  }

  private closingTag(lt: number): number | null {
    const gt = this.text.indexOf('>', lt);
    if (gt === -1) return this.truncated('a closing tag', lt);
    const name = this.text.slice(lt + 2, gt).trim();
    const opened = this.open.pop();
    if (opened?.name === name) return gt + 1;
    const where = this.position.at(lt);
    const expected = opened && `</${opened.name}> (opened at line ${this.position.at(opened.offset).line})`;
    const detail = { found: quote(`</${name}>`), expected: expected ?? 'the end of the text' };
    this.list.error('xml-mismatch', 'A closing tag does not match the open element.', where, detail);
    return null;
  }

  private openingTag(lt: number): number | null {
    TAG_NAME.lastIndex = lt + 1;
    const name = TAG_NAME.exec(this.text)?.[0];
    if (name === undefined) {
      if (lt + 1 === this.text.length) return this.truncated('a tag', lt);
      return this.refuse('xml-tag-name', 'A "<" is not followed by a name.', lt, '&lt; for the character itself');
    }
    if (this.open.length === 0 && this.elements > 0) {
      return this.refuse('xml-text-outside', `There is a second root element <${name}>.`, lt, 'one root element');
    }
    if (this.open.length >= MAX_DEPTH) {
      return this.refuse('xml-too-deep', 'The elements are nested too deeply.', lt, `at most ${MAX_DEPTH} levels`);
    }
    if (++this.elements > MAX_ELEMENTS) {
      return this.refuse('xml-too-many-elements', 'There are too many elements.', lt, `at most ${MAX_ELEMENTS}`);
    }
    const gt = this.endOfTag(lt, TAG_NAME.lastIndex);
    if (gt === null) return null;
    if (this.text[gt - 1] !== '/') this.open.push({ name, offset: lt });
    return gt + 1;
  }

  /** The offset of the `>` that closes the tag; quoted values are stepped over and counted. */
  private endOfTag(lt: number, start: number): number | null {
    for (let i = start, attributes = 0; ;) {
      TAG_STOP.lastIndex = i;
      const stop = TAG_STOP.exec(this.text);
      if (stop === null) return this.truncated('a tag', lt);
      if (stop[0] === '>') return stop.index;
      if (stop[0] === '<') return this.refuse('xml-tag-open', 'A tag begins inside a tag.', stop.index, '">"');
      if (++attributes > MAX_ATTRIBUTES) {
        const expected = `at most ${MAX_ATTRIBUTES}`;
        return this.refuse('xml-too-many-attributes', 'An element has too many attributes.', stop.index, expected);
      }
      const close = this.text.indexOf(stop[0], stop.index + 1);
      const value = this.text.slice(stop.index + 1, close === -1 ? this.text.length : close);
      const lessThan = value.indexOf('<');
      if (lessThan !== -1) {
        const at = stop.index + 1 + lessThan;
        return this.refuse('xml-attribute-open', 'An attribute value has a "<"; is its quote closed?', at, '&lt;');
      }
      if (close === -1) return this.truncated('an attribute value', stop.index);
      if (!this.references(value, stop.index + 1)) return null;
      i = close + 1;
    }
  }
}
