import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasErrors } from '../../shared/errors/index.ts';
import { FORMATS } from './foreign.ts';
import { DiagnosticList, MAX_DIAGNOSTICS } from './diagnostic-list.ts';
import {
  MAX_INPUT_BYTES,
  libvirtCapabilities,
  libvirtDomain,
  numactlHardware,
  readForeign,
  recognise,
  refuseTooLarge,
} from './index.ts';

const fixture = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const CAPABILITIES = fixture('libvirt-capabilities/fixtures/sparse-power.xml');
const DOMAIN = fixture('libvirt-domain/fixtures/three-cells.xml');
const NUMACTL = fixture('numactl-hardware/fixtures/pasted-mail.txt');
const READERS = [readForeign, ...FORMATS.map((format) => format.read)];
const idOf = (text: string) => recognise(text, 'f').value?.id;

/** Files of a Linux guest, each the shortest that is one. */
const GUEST_FILES = {
  'linux-zoneinfo':
    'Node 0, zone      DMA\n  pages free     5\n        min      1\n        spanned  9\n        present  8\n' +
    '        managed  7\n        protection: (0, 1)\n  pagesets\n    cpu: 0\n              high:  3\n  start_pfn:  1\n',
  'linux-buddyinfo': 'Node 0, zone      DMA      0      0      1      0      0 \n',
  'linux-pagetypeinfo':
    'Page block order: 9\n\nFree pages count per migrate type at order 0 1\n' +
    'Node    0, zone      DMA, type      Movable      3 >100000 \n\nNumber of blocks type     Movable\nNode 0, zone      DMA            7 \n',
  'linux-node-meminfo': 'Node 0 MemTotal:       1030488 kB\nNode 0 MemFree:        1008440 kB\n',
  'linux-dmesg':
    '[    0.0] Linux version 6.1.0 (x)\n[    0.0] Early memory node ranges\n' +
    '[    0.0]   node   0: [mem 0x0000000000001000-0x000000000009efff]\n' +
    '[    0.0] Memory: 1K/2K available (3K kernel code, 4K reserved)\n',
  'linux-iomem': '00100000-7ffdffff : System RAM\n  08200000-09001ef1 : Kernel code\n',
} as const;
const GUEST_TEXTS = Object.values(GUEST_FILES);

const slugs = (text: string) => readForeign(text, 'f').diagnostics.map((d) => d.slug);

describe('readForeign', () => {
  it('tells the kind by content', () => {
    expect(idOf(CAPABILITIES)).toBe('capabilities');
    expect(idOf(DOMAIN)).toBe('domain');
    expect(idOf(NUMACTL)).toBe('numactl-hardware');
    expect(idOf('\ufeff\r\n {"hosts": []}')).toBe('scenario');
    expect(idOf('// a comment\n{')).toBe('scenario');
    for (const [text, kind] of [
      [CAPABILITIES, 'capabilities'],
      [DOMAIN, 'domain'],
      [NUMACTL, 'numactl-hardware'],
    ] as const) {
      expect(readForeign(text, 'f').value?.kind).toBe(kind);
    }
  });

  it.each(Object.entries(GUEST_FILES))('tells %s by content, also within other lines', (kind, text) => {
    for (const around of [text, `$ cat it\n${text}`, `> ${text.replaceAll('\n', '\n> ')}`]) {
      if (kind === 'linux-iomem' && around.startsWith('>')) continue;
      expect(idOf(around)).toBe(kind);
      expect(readForeign(around, 'f').value?.kind).toBe(kind);
    }
  });

  it('has one format of each id, and one that recognises a text best', () => {
    expect(new Set(FORMATS.map(({ id }) => id)).size).toBe(FORMATS.length);
    for (const head of [NUMACTL, ...GUEST_TEXTS, `${GUEST_TEXTS.join('\n')}\n${NUMACTL}`]) {
      const confidences = FORMATS.map((format) => format.recognise({ head, rootElement: null })?.confidence ?? 0);
      const best = Math.max(...confidences);
      expect(best).toBeGreaterThan(0);
      expect(confidences.filter((confidence) => confidence === best)).toHaveLength(1);
    }
  });

  it('says what it looked for when it knows nothing of it', () => {
    for (const [text, found] of [
      ['<network version="2.0"/>', 'an XML document <network>'],
      ['Architecture: x86_64\n', '"Architecture: x86_64"'],
      ['\u001b[31mred', '"\\u{1b}[31mred"'],
    ] as const) {
      const { value, diagnostics } = readForeign(text, 'f');
      expect(value).toBeNull();
      expect(diagnostics).toMatchObject([{ slug: 'format-unknown', where: { file: 'f', line: 1 }, found }]);
      expect(diagnostics[0]?.expected).toContain('numactl --hardware');
    }
    expect(slugs('{"hosts": []}')).toEqual(['format-scenario']);
  });

  it('refuses what is no text of ours, with the reason', () => {
    expect(slugs('')).toEqual(['input-empty']);
    expect(slugs(' \r\n')).toEqual(['input-empty']);
    expect(slugs('<domain>\n\0</domain>')).toEqual(['input-nul']);
    expect(slugs('<!DOCTYPE domain [<!ENTITY a "b">]><domain>&a;</domain>')).toEqual(['xml-doctype']);
  });

  it('refuses a text above the limit before looking at it', () => {
    const large = '<domain>'.padEnd(MAX_INPUT_BYTES + 1, ' ');
    for (const read of READERS) expect(read(large, 'f').diagnostics.map((d) => d.slug)).toEqual(['input-too-large']);
    expect(refuseTooLarge(200_000_000, 'f')).toMatchObject({
      value: null,
      diagnostics: [{ found: '200000000 bytes' }],
    });
  });
});

describe('hostile texts', () => {
  it('a document cut at any character is an error with a line', () => {
    for (const [text, read] of [
      [CAPABILITIES, libvirtCapabilities.read],
      [DOMAIN, libvirtDomain.read],
    ] as const) {
      const end = text.lastIndexOf('>');
      for (let length = 0; length <= end; length++) {
        const { value, diagnostics } = read(text.slice(0, length), 'f');
        expect(value).toBeNull();
        expect(diagnostics.some((d) => d.severity === 'error' && d.where.line !== undefined)).toBe(true);
      }
      expect(read(text.slice(0, end + 1), 'f').value).not.toBeNull();
    }
  });

  it('numactl text cut at any character gives a value or an error, never both', () => {
    for (let length = 0; length <= NUMACTL.length; length++) {
      const { value, diagnostics } = numactlHardware.read(NUMACTL.slice(0, length), 'f');
      expect(value === null).toBe(hasErrors(diagnostics));
    }
  });

  const SEED = 977;
  it(`damaged texts never throw and never give a value with an error: seed ${SEED}`, () => {
    const edit = fc.record({
      at: fc.nat(),
      remove: fc.nat(8),
      insert: fc.oneof(
        fc.constantFrom(
          '<',
          '>',
          '"',
          "'",
          '&',
          '/',
          '-',
          '0',
          '^',
          ']]>',
          '-->',
          '<![CDATA[',
          '<?',
          ' x=',
          '\0',
          '\r',
          '99999999999',
        ),
        fc.constantFrom('__proto__', 'constructor', '\ufffd', '\ud800', '-1', '0-4294967295', '(', ')', ':', 'MB'),
      ),
    });
    const damaged = fc
      .tuple(
        fc.constantFrom(CAPABILITIES, DOMAIN, NUMACTL, ...GUEST_TEXTS),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
      )
      .map(([text, edits]) =>
        edits.reduce((before, { at, remove, insert }) => {
          const offset = at % before.length;
          return before.slice(0, offset) + insert + before.slice(offset + remove);
        }, text),
      );
    fc.assert(
      fc.property(damaged, (text) => {
        for (const read of READERS) {
          const { value, diagnostics } = read(text, 'f');
          expect(value === null).toBe(hasErrors(diagnostics));
          for (const d of diagnostics) expect(d.where.line).toBeGreaterThan(0);
        }
      }),
      { seed: SEED, numRuns: 1500 },
    );
  });

  it('costs little for texts made to be costly', () => {
    const vcpupins = Array.from({ length: 1000 }, (_, i) => `<vcpupin vcpu='${i}' cpuset='0-65535'/>`).join('');
    const pins = `<domain><name>v</name><memory>1</memory><vcpu>1000</vcpu><cputune>${vcpupins}</cputune></domain>`;
    expect(slugs(pins)).toContain('id-list-invalid');
    const cells = "<cell memory='1'/>".repeat(20_000);
    expect(slugs(`<domain><name>v</name><vcpu>1</vcpu><cpu><numa>${cells}</numa></cpu></domain>`)).toContain(
      'cell-count',
    );
    const nodes = Array.from({ length: 50_000 }, (_, i) => `node ${i} cpus:`).join('\n');
    expect(slugs(nodes)).toContain('too-many-nodes');
    const wrapped = `available: 1 nodes (0)\nnode 0 cpus: 1${' '.repeat(1_000_000)}x (1)`;
    expect(slugs(wrapped)).toContain('id-list-invalid');
    expect(slugs(`available: 1 nodes (0)\nnode 0\n0: ${'1'.repeat(1_000_000)}x`)).toContain('line-damaged');
    expect(slugs('>\n'.repeat(1_000_000))).toEqual(['format-unknown']);
  });

  it("a guest's files cost little when they are made to be costly", () => {
    const many = 200_000;
    expect(slugs('Node 0, zone DMA\n'.repeat(many))).toContain('zone-duplicate');
    expect(slugs(`${GUEST_FILES['linux-zoneinfo']}${'    cpu: 1\n'.repeat(many)}`)).toEqual([]);
    expect(slugs(`${GUEST_FILES['linux-zoneinfo']}${'      nr_x 1\n'.repeat(many)}`)).toEqual([]);
    expect(slugs(`${GUEST_FILES['linux-buddyinfo']}${'1 '.repeat(many)}`)).toContain('count-invalid');
    const range = '[    0.0]   node   0: [mem 0x0000000000001000-0x000000000009efff]\n';
    expect(slugs(GUEST_FILES['linux-dmesg'].replace(range, range.repeat(many)))).toContain('range-overlap');
    expect(slugs(`${GUEST_FILES['linux-dmesg']}${' '.repeat(2_000_000)}x`)).toEqual([]);
    expect(slugs(`${GUEST_FILES['linux-iomem']}${'00000000-00000001 : x\n'.repeat(many)}`)).toEqual([]);
  });

  it('keeps a bounded number of diagnostics and says how many it dropped', () => {
    const list = new DiagnosticList('f');
    for (let i = 0; i < MAX_DIAGNOSTICS + 5; i++) list.warning('w', 'w', { line: i });
    list.error('e', 'e', { line: 1 });
    const { value, diagnostics } = list.read(1);
    expect(value).toBeNull();
    expect(diagnostics).toHaveLength(MAX_DIAGNOSTICS + 1);
    expect(diagnostics.at(-1)).toMatchObject({ severity: 'error', slug: 'more-problems' });
  });
});

describe('what is known and not read', () => {
  it.each([
    ['[{"ifindex":1,"ifname":"lo"}]', 'the output of ip -j'],
    ['{"blockdevices":[]}', 'the output of lsblk -J'],
    ['<domainCapabilities/>', 'libvirt domain capabilities (virsh domcapabilities)'],
  ])('%j is told by name, once, with what to give instead', (text, found) => {
    const { value, diagnostics } = recognise(text, 'f');
    expect(value).toBeNull();
    expect(diagnostics).toMatchObject([{ severity: 'error', slug: 'format-not-read', found }]);
    expect(diagnostics[0]!.hint).toMatch(/instead|Give/);
  });
});
