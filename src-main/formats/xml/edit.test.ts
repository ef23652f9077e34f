import { readFileSync } from 'node:fs';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { XmlElement } from './index.ts';
import { editXml, MAX_DEPTH, parseXml } from './index.ts';

const SEED = 4711;
const fixture = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const FIXTURES = [
  fixture('../libvirt-domain/fixtures/three-cells.xml'),
  fixture('../libvirt-capabilities/fixtures/sparse-power.xml'),
];

const parse = (text: string) => parseXml(text, new DiagnosticList('f.xml'));
const root = (text: string): XmlElement => {
  const element = parse(text);
  expect(element).not.toBeNull();
  return element!;
};
const elementsOf = (element: XmlElement): XmlElement[] => [element, ...element.children.flatMap(elementsOf)];

/** What a document says, without where it says it. */
interface Said {
  readonly name: string;
  readonly attributes: readonly (readonly [string, string])[];
  readonly text: string;
  readonly children: readonly Said[];
}
const said = ({ name, attributes, text, children }: XmlElement): Said => ({
  name,
  attributes: [...attributes],
  text,
  children: children.map(said),
});

/** A piece of a document: what is written, and what it says. */
interface Piece {
  readonly written: string;
  readonly text: string;
  readonly element?: Said;
}

const blank = fc.stringMatching(/^[ \t\r\n]{1,3}$/);
const blanks = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
const name = fc.stringMatching(/^[A-Za-z_é][A-Za-z0-9_.:-]{0,5}$/);
const characters = fc.constantFrom(
  ...[
    ['x', 'x'],
    ['7', '7'],
    ['é𝄞', 'é𝄞'],
    ['&amp;', '&'],
    ['&lt;', '<'],
    ['&gt;', '>'],
    ['&quot;', '"'],
    ['&apos;', "'"],
    ['&#65;', 'A'],
    ['&#x1F600;', '😀'],
    ['>', '>'],
    ['/', '/'],
    ['=', '='],
    [' ', ' '],
  ].map(([written, text]): Piece => ({ written: written!, text: text! })),
);
const join = (pieces: readonly Piece[]): Piece => ({
  written: pieces.map((piece) => piece.written).join(''),
  text: pieces.map((piece) => piece.text).join(''),
});
const text = fc.array(characters, { maxLength: 6 }).map(join);
const cdata = fc.constantFrom('', ' & <b>', ']] >', "'").map((inner): Piece => ({
  written: `<![CDATA[${inner}]]>`,
  text: inner,
}));
const silent = fc
  .constantFrom('<!-- <b x="1"> & -->', '<!---->', "<?p <b> '?>", '<?q?>')
  .map((written): Piece => ({ written, text: '' }));
const attribute = fc
  .record({ name, value: text, mark: fc.constantFrom('"', "'"), before: blank, around: blanks })
  .map((a) => ({
    name: a.name,
    value: a.value.text,
    written: `${a.before}${a.name}${a.around}=${a.around}${a.mark}${a.value.written}${a.mark}`,
  }));

const { element } = fc.letrec<{ element: Piece; content: Piece[] }>((tie) => ({
  element: fc
    .record({
      name,
      attributes: fc.uniqueArray(attribute, { maxLength: 3, selector: (a) => a.name }),
      content: fc.option(tie('content'), { nil: null }),
      end: blanks,
    })
    .map(({ name, attributes, content, end }): Piece => {
      const inner = content === null ? { written: '', text: '' } : join(content);
      const tag = `${name}${attributes.map((a) => a.written).join('')}${end}`;
      return {
        written: content === null ? `<${tag}/>` : `<${tag}>${inner.written}</${name}${end}>`,
        text: '',
        element: {
          name,
          attributes: attributes.map((a) => [a.name, a.value] as const),
          text: inner.text.trim(),
          children: (content ?? []).flatMap((piece) => piece.element ?? []),
        },
      };
    }),
  content: fc.array(
    fc.oneof({ maxDepth: 4, depthIdentifier: 'xml' }, text, cdata, silent, tie('element') as fc.Arbitrary<Piece>),
    { maxLength: 4 },
  ),
}));
const document = fc
  .record({
    prologue: fc.array(
      fc.oneof(
        silent,
        blank.map((written) => ({ written, text: '' })),
      ),
      { maxLength: 2 },
    ),
    element,
  })
  .map(({ prologue, element }) => ({
    written: join(prologue).written + element.written + '\n',
    said: element.element!,
  }));

describe('the tree', () => {
  it(`says what was written, and its nodes are the text without a gap: seed ${SEED}`, () => {
    fc.assert(
      fc.property(document, ({ written, said: expected }) => {
        const tree = root(written);
        expect(said(tree)).toEqual(expected);
        for (const { nodes, content, start, end } of elementsOf(tree)) {
          expect(written[start]).toBe('<');
          expect(written[end - 1]).toBe('>');
          let at = content?.start ?? end;
          for (const node of nodes) {
            expect(node.start).toBe(at);
            at = node.end;
          }
          expect(at).toBe(content?.end ?? end);
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  /** fast-xml-parser reads the same tree, where both read the text. */
  const oracle = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    processEntities: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: MAX_DEPTH,
  });
  type Raw = Readonly<Record<string, unknown>>;
  const shape = (element: XmlElement): unknown => [
    element.name,
    [...element.attributes.keys()],
    element.children.map(shape),
  ];
  const rawShape = (node: Raw): unknown => {
    const name = Object.keys(node).find((key) => key !== ':@')!;
    const below = (node[name] as readonly Raw[]).filter((child) => !('#text' in child));
    return [name, Object.keys((node[':@'] ?? {}) as object), below.map(rawShape)];
  };

  it(`is the tree that another parser reads of damaged texts, and what that refuses is refused: seed ${SEED}`, () => {
    const edit = fc.record({
      at: fc.nat(),
      remove: fc.nat(4),
      insert: fc.constantFrom('', '<', '>', '"', "'", '/', '=', ' ', '</', '/>', 'a', '<b>', ' b="1"', '<!---->'),
    });
    // It refuses the names of JavaScript's prototypes, and damaged declarations in ways of its own.
    const readable = FIXTURES.map((text) =>
      text.replaceAll(/constructor|prototype/g, 'other').replace(/^<\?.*\?>\n/, ''),
    );
    let read = 0;
    fc.assert(
      fc.property(fc.constantFrom(...readable), fc.array(edit, { minLength: 1, maxLength: 2 }), (text, edits) => {
        const damaged = edits.reduce((before, { at, remove, insert }) => {
          const offset = at % before.length;
          return before.slice(0, offset) + insert + before.slice(offset + remove);
        }, text);
        const tree = parse(damaged);
        if (tree === null) return;
        read++;
        expect(XMLValidator.validate(damaged)).toBe(true);
        const [first] = (oracle.parse(damaged) as readonly Raw[]).filter((node) => !('#text' in node));
        expect(shape(tree)).toEqual(rawShape(first!));
      }),
      { seed: SEED, numRuns: 800 },
    );
    expect(read).toBeGreaterThan(150);
  });
});

describe('editXml', () => {
  it(`changes nothing when nothing is to be changed: seed ${SEED}`, () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constantFrom(...FIXTURES),
          document.map(({ written }) => written),
        ),
        (text) => {
          expect(editXml(text, 'f.xml', [])).toEqual({ value: text, diagnostics: [] });
          expect(editXml(`\ufeff${text}`, 'f.xml', []).value).toBe(`\ufeff${text}`);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it(`changes the span of one value and nothing else, and the value reads back: seed ${SEED}`, () => {
    const texts = fc.oneof(
      fc.constantFrom(...FIXTURES),
      document.map(({ written }) => written),
    );
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('0-3', '<&>"\'', ']]>', 'a\r\n\tb'));
    let changed = 0;
    fc.assert(
      fc.property(texts, fc.nat(), value, (text, pick, value) => {
        const places = elementsOf(root(text)).flatMap((element) => [
          ...[...element.attributeSpans].map(([name, span]) => ({ path: `${element.path}/@${name}`, span })),
          ...(element.children.length > 0 || element.content === null
            ? []
            : [{ path: element.path, span: element.content }]),
        ]);
        if (places.length === 0) return;
        const { path, span } = places[pick % places.length]!;
        const { value: edited, diagnostics } = editXml(text, 'f.xml', [{ path, value }]);
        if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(value)) {
          expect(diagnostics.map(({ slug }) => slug)).toEqual(['edit-character']);
          return;
        }
        changed++;
        expect(edited).not.toBeNull();
        expect(edited!.slice(0, span.start)).toBe(text.slice(0, span.start));
        expect(edited!.slice(edited!.length - (text.length - span.end))).toBe(text.slice(span.end));
        const [, elementPath, attribute] = /^(.*)\/@([^/]*)$/.exec(path) ?? [null, path, undefined];
        const element = elementsOf(root(edited!)).find((each) => each.path === elementPath)!;
        expect(attribute === undefined ? element.text : element.attributes.get(attribute)).toBe(
          attribute === undefined ? value.trim() : value,
        );
      }),
      { seed: SEED, numRuns: 400 },
    );
    expect(changed).toBeGreaterThan(200);
  });

  it('makes several changes at once, and gives an element of one tag a content', () => {
    const text = `<d>\r\n  <!-- keep -->\r\n  <m unit='KiB'>4</m>\r\n  <m unit="MiB" />\r\n</d>\r\n`;
    const changes = [
      { path: '/d/m[2]', value: '8' },
      { path: '/d/m[1]', value: '16' },
      { path: '/d/m[2]/@unit', value: '"' },
    ];
    expect(editXml(text, 'f.xml', changes)).toEqual({
      value: `<d>\r\n  <!-- keep -->\r\n  <m unit='KiB'>16</m>\r\n  <m unit="&quot;" >8</m>\r\n</d>\r\n`,
      diagnostics: [],
    });
  });

  it.each([
    ['/d/x', '1', 'edit-path'],
    ['/d/m/@x', '1', 'edit-path'],
    ['/x', '1', 'edit-path'],
    ['/d', '1', 'edit-content'],
    ['/d/m', '\u0001', 'edit-character'],
  ])('refuses to change %s to %j', (path, value, slug) => {
    const { value: edited, diagnostics } = editXml('<d><m>1</m></d>', 'f.xml', [{ path, value }]);
    expect(edited).toBeNull();
    expect(diagnostics.map((d) => d.slug)).toEqual([slug]);
  });

  it('refuses to change a value twice, and a text that is no XML', () => {
    const twice = [1, 2].map((value) => ({ path: '/d/m', value: String(value) }));
    expect(editXml('<d><m/></d>', 'f.xml', twice).diagnostics.map((d) => d.slug)).toEqual(['edit-twice']);
    expect(editXml('<d><m></d>', 'f.xml', []).diagnostics.map((d) => d.slug)).toEqual(['xml-mismatch']);
  });
});
