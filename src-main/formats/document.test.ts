/** What people put around a text, and several texts in one file: the facts are the same, and what is left out is named. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDocument } from './index.ts';

const fixture = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const NUMACTL = `available: 2 nodes (0-1)
node 0 cpus: 0 1 2 3
node 0 size: 128837 MB
node 0 free: 1117 MB
node 1 cpus: 4 5 6 7
node 1 size: 129021 MB
node 1 free: 63 MB
node distances:
node   0   1
  0:  10  21
  1:  21  10
`;
const BUDDYINFO = `Node 0, zone      DMA      1      0      0      0      2      1      1      0      1      1      3
Node 0, zone    DMA32    372    418    403    395    371    322    262    179    114      0      0
`;
const DOMAIN = fixture('libvirt-domain/fixtures/three-cells.xml');
const TEXTS = { NUMACTL, BUDDYINFO, DOMAIN };

const eachLine = (text: string, change: (line: string) => string) =>
  text.replace(/\n$/, '').split('\n').map(change).join('\n') + '\n';

/** Ways in which texts are pasted. */
const PASTED: Readonly<Record<string, (text: string) => string>> = {
  'a prompt before': (text) => `root@kvm1:~# cat it\n${text}`,
  'a prompt of Red Hat before and after': (text) => `[root@kvm1 ~]# cat it\n${text}[root@kvm1 ~]#\n`,
  'a bare prompt': (text) => `# cat /proc/it\n${text}#\n`,
  'a password asked for': (text) => `$ sudo virsh x\n[sudo] password for bob:\n${text}$ exit\n`,
  'a password and the text in one line': (text) => `[sudo] password for bob: ${text}`,
  'the shell of virsh': (text) => `virsh # dumpxml it\n${text}\nvirsh # quit\n`,
  'a mail quote': (text) => eachLine(text, (line) => `> ${line}`),
  'a mail quote without a blank': (text) => eachLine(text, (line) => `>${line}`),
  'mail quotes of three depths': (text) => eachLine(text, (line) => `> > > ${line}`),
  'an indent': (text) => eachLine(text, (line) => `        ${line}`),
  'a code fence': (text) => `\`\`\`text\n${text}\`\`\`\n`,
  'a code fence in a quote': (text) => eachLine(`\`\`\`\n${text}\`\`\``, (line) => `> ${line}`),
  'tags of a forum': (text) => `[code]\n${text}[/code]\n`,
  'CR LF': (text) => text.replaceAll('\n', '\r\n'),
  'CR alone': (text) => text.replaceAll('\n', '\r'),
  'a byte order mark': (text) => `\ufeff${text}`,
  'UTF-16 with its mark': (text) => `\ufffd\ufffd${[...text].join('\0')}\0`,
  'UTF-16 without a mark': (text) => [...text].map((c) => `\0${c}`).join(''),
  'no-break spaces': (text) => text.replaceAll(' ', '\u00a0'),
  'zero-width spaces': (text) => eachLine(text, (line) => `\u200b${line}`),
  colours: (text) => eachLine(text, (line) => `\u001b[01;31m\u001b[K${line}\u001b[m\u001b[K`),
  'the prefix of grep': (text) => eachLine(text, (line) => `./capture/it.txt:${line}`),
  'the prefix of grep with line numbers': (text) => {
    let n = 0;
    return eachLine(text, (line) => `${++n}:${line}`);
  },
  'the prefix of a container': (text) => eachLine(text, (line) => `virt-1  | ${line}`),
  'the prefix of a pod': (text) => eachLine(text, (line) => `[pod/virt-launcher-a/compute] ${line}`),
  'a heading of tail': (text) => `==> /tmp/it <==\n${text}`,
  'prose around it': (text) => `Hello,\n\nthis is what I see:\n\n${text}\nWhat is wrong here?\n`,
  '64 KiB of something else': (text) => `${'lorem ipsum dolor sit amet\n'.repeat(3000)}${text}`,
};

const factsOf = (text: string) => {
  const { parts, diagnostics } = readDocument(text, 'f');
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return parts.map(({ facts }) =>
    JSON.parse(JSON.stringify(facts, (key, value) => (key === 'line' ? undefined : value))),
  );
};

describe.each(Object.entries(TEXTS))('%s', (_, text) => {
  it.each(Object.entries(PASTED))('says the same with %s', (__, pasted) => {
    expect(factsOf(pasted(text))).toEqual(factsOf(text));
  });

  it('names what stands around it, by its lines', () => {
    const { ignored, diagnostics } = readDocument(`Hello,\n${text}\nbye\nbye\n`, 'f');
    const last = text.split('\n').length + 2;
    expect(ignored.map(({ first, text: line }) => [first, line])).toContainEqual([1, 'Hello,']);
    expect(ignored.at(-1)).toMatchObject({ first: last, last: last + 1 });
    expect(diagnostics.at(-1)).toMatchObject({
      severity: 'note',
      slug: 'lines-ignored',
      where: { file: 'f', line: 1 },
    });
  });
});

it('reads a page with line breaks of HTML', () => {
  expect(factsOf(`<pre>${NUMACTL.replaceAll('\n', '<br/>')}</pre>`)).toEqual(factsOf(NUMACTL));
});

it('reads several outputs of one file, each with its lines and command', () => {
  const second = DOMAIN.replace(/<name>[^<]*/, '<name>other');
  const text = `# numactl --hardware\n${NUMACTL}${DOMAIN}${second}$ cat /proc/buddyinfo\n${BUDDYINFO}`;
  const { parts, ignored } = readDocument(text, 'f');
  expect(ignored).toEqual([]);
  expect(parts.map(({ facts: { kind }, first, command }) => [kind, first, command])).toEqual([
    ['numactl-hardware', 2, 'numactl --hardware'],
    ['domain', 13, 'numactl --hardware'],
    ['domain', 12 + DOMAIN.split('\n').length, 'numactl --hardware'],
    ['linux-buddyinfo', expect.any(Number), 'cat /proc/buddyinfo'],
  ]);
});

it('reads one output after another of one format as two', () => {
  expect(factsOf(NUMACTL + NUMACTL.replace('1117', '900')).map(({ nodes }) => nodes[0].freeKiB / 1024)).toEqual([
    1117, 900,
  ]);
});

it('places a problem at the line and column of the file', () => {
  const broken = NUMACTL.replace('63 MB', '63 M');
  expect(readDocument(`a\nb\n\n${eachLine(broken, (line) => `> ${line}`)}`, 'f').diagnostics).toContainEqual(
    expect.objectContaining({ slug: 'size-invalid', where: expect.objectContaining({ line: 10 }) }),
  );
  const text = `mail\n\n${eachLine(DOMAIN.replace('</domain>', '<x>1</y></domain>'), (line) => `> > ${line}`)}`;
  expect(readDocument(text, 'f').diagnostics[0]).toMatchObject({
    slug: 'xml-mismatch',
    where: { line: text.split('\n').findIndex((line) => line.includes('</y>')) + 1, column: 9 },
  });
});

it('names what stands behind a document on its line', () => {
  expect(readDocument(`${DOMAIN.trimEnd()} trailing words\n`, 'f').ignored).toMatchObject([{ text: 'trailing words' }]);
});

it('refuses a number that a line end tears, and reads a list that is wrapped between numbers', () => {
  const slugs = (text: string) => readDocument(text, 'f').diagnostics.map(({ slug }) => slug);
  const many = NUMACTL.replace('cpus: 4 5 6 7', 'cpus: 4 5 6 7 8 9 10 11 12 13');
  expect(factsOf(many.replace('10 11', '10\n11'))).toEqual(factsOf(many));
  expect(slugs(many.replace('10 11', '1\n0 11'))).toContain('number-torn');
  expect(slugs(many.replace('  1:  21  10', '  1:  2\n1  10'))).toContain('distances-incomplete');
  expect(slugs(BUDDYINFO.replace('418', '4\n18'))).toContain('orders-differ');
  expect(slugs(DOMAIN.replace('3000001', '3000\n001'))).toContain('size-invalid');
  const range = '7f17cbe00000 bind:1 anon=32768 N1=32768 kernelpagesize_kB=4\n';
  expect(factsOf(range.replace(' N1', '\nN1'))).toEqual(factsOf(range));
  expect(slugs(range.replace('N1=32768', 'N1=327\n68'))).toContain('number-torn');
  const log =
    '[    0.0] Linux version 6.1.0 (x)\n[    0.0] Early memory node ranges\n[    0.0]   node   0: [mem 0x0000000000001000-0x000000000009efff]\n';
  expect(factsOf(log.replace('1000-0x', '1000-\n0x'))).toEqual(factsOf(log));
  expect(slugs(log.replace('9efff', '9ef'))).toContain('number-torn');
});
