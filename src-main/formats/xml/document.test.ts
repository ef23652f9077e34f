import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../diagnostic-list.ts';
import { MAX_DEPTH, MAX_ELEMENTS, parseXml } from './index.ts';

const parse = (text: string) => {
  const list = new DiagnosticList('f.xml');
  const root = parseXml(text, list);
  return { root, diagnostics: list.read(null).diagnostics };
};
const refusal = (text: string) => {
  const { root, diagnostics } = parse(text);
  expect(root).toBeNull();
  expect(diagnostics).toHaveLength(1);
  const { slug, where } = diagnostics[0]!;
  return `${slug} ${where.line}:${where.column}`;
};

describe('parseXml', () => {
  it('keeps names, attributes, text, line, column and path', () => {
    const { root } = parse(
      `<?xml version="1.0"?>\r\n<!-- <b> -->\r\n<a x='1' y="it's">\r\n  one<b/>\r\n <b z=">"> two </b>three</a>\r\n`,
    );
    expect(root).toMatchObject({
      name: 'a',
      text: expect.stringMatching(/^one\s+three$/),
      line: 3,
      column: 1,
      path: '/a',
    });
    expect([...root!.attributes]).toEqual([
      ['x', '1'],
      ['y', "it's"],
    ]);
    expect(root!.children).toMatchObject([
      { name: 'b', line: 4, column: 6, path: '/a/b[1]' },
      { name: 'b', line: 5, column: 2, path: '/a/b[2]', text: 'two' },
    ]);
    expect(root!.children[1]!.attributes.get('z')).toBe('>');
  });

  it('decodes references, but not inside CDATA', () => {
    const { root } = parse(`<a x='&lt;&#65;&#x42;'>&amp;amp;<![CDATA[&amp;<b>]]></a>`);
    expect(root!.attributes.get('x')).toBe('<AB');
    expect(root!.text).toBe('&amp;&amp;<b>');
  });

  it('takes the names of prototypes as names', () => {
    const { root } = parse(
      `<a __proto__='1' constructor='2' toString='3'><__proto__/><constructor><prototype/></constructor><hasOwnProperty/></a>`,
    );
    expect([...root!.attributes.keys()]).toEqual(['__proto__', 'constructor', 'toString']);
    expect(root!.children.map((c) => c.name)).toEqual(['__proto__', 'constructor', 'hasOwnProperty']);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });

  it.each([
    ['<a>\n<b>', 'xml-truncated 2:4'],
    ['<a>\n<b x="1', 'xml-truncated 2:8'],
    ['<a>\n<!-- b', 'xml-truncated 2:7'],
    ['<a>\n<!-', 'xml-truncated 2:4'],
    ['<a/>\n<!-- b', 'xml-truncated 2:7'],
    ['<a>\n<![CDATA[x', 'xml-truncated 2:11'],
    ['<a>\n</b></a>', 'xml-mismatch 2:1'],
    ['</a>', 'xml-mismatch 1:1'],
    ['<a/>\n<b/>', 'xml-text-outside 2:1'],
    ['<a/>\n x', 'xml-text-outside 2:2'],
    ['x<a/>', 'xml-text-outside 1:1'],
    ['<a>\n&b;</a>', 'xml-entity 2:1'],
    ['<a>\n & </a>', 'xml-entity 2:2'],
    ["<a\nb='&c;'/>", 'xml-entity 2:4'],
    ['<a>\n< b/></a>', 'xml-tag-name 2:1'],
    ['<a>\n<b c="1></b></a>', 'xml-attribute-open 2:9'],
    ['<a>\n<b <c/></b></a>', 'xml-tag-open 2:4'],
    ['<a>\n<b c=1/></a>', 'xml-malformed 2:4'],
    ['<a>\n<b c/></a>', 'xml-malformed 2:4'],
    ["<a>\n<b c='1' c='2'/></a>", 'xml-malformed 2:10'],
    ["<a>\n<b c='1'd='2'/></a>", 'xml-malformed 2:9'],
    ['<!-- only -->', 'xml-no-element 1:1'],
    ['<!DOCTYPE a [<!ELEMENT a ANY>]>\n<a/>', 'xml-doctype 1:1'],
    ['<!DOCTYPE a PUBLIC "-//x//" "http://x/a.dtd">\n<a/>', 'xml-doctype 1:1'],
    ['<a><!DOCTYPE a></a>', 'xml-doctype 1:4'],
    ['<a/><!DOCTYPE a>', 'xml-doctype 1:5'],
    ['<a><!ENTITY b "c"></a>', 'xml-doctype 1:4'],
  ])('refuses %j', (text, expected) => {
    expect(refusal(text)).toBe(expected);
  });

  it('passes over a document type that is only named, and fetches nothing', () => {
    for (const type of ['<!DOCTYPE a>', '<!DOCTYPE a SYSTEM "hwloc2.dtd">', "<!DOCTYPE a SYSTEM 'x.dtd' >"])
      expect(parse(`<?xml version="1.0"?>\n${type}\n<a b="1"/>`).root).toMatchObject({ name: 'a', line: 3 });
  });

  it('refuses entity bombs and external entities before looking into them', () => {
    const bomb = `<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<domain>&b;</domain>`;
    expect(refusal(bomb)).toBe('xml-doctype 1:1');
    expect(refusal(`<?xml version="1.0"?>\n<!DOCTYPE d SYSTEM "file:///etc/passwd">\n<d/>`)).toBe('xml-doctype 2:1');
  });

  it('bounds depth, elements and attributes', () => {
    const deep = (n: number) => '<a>'.repeat(n) + '</a>'.repeat(n);
    expect(parse(deep(MAX_DEPTH)).root).not.toBeNull();
    expect(refusal(deep(MAX_DEPTH + 1))).toBe(`xml-too-deep 1:${3 * MAX_DEPTH + 1}`);
    expect(refusal(deep(10_000))).toContain('xml-too-deep');
    expect(refusal(`<a>${'<b/>'.repeat(MAX_ELEMENTS)}</a>`)).toContain('xml-too-many-elements');
    let attributes = '';
    for (let i = 0; i < 1_000_000; i++) attributes += ` a${i}=''`;
    expect(refusal(`<a${attributes}/>`)).toContain('xml-too-many-attributes');
  });
});
