/** What a file says must not steer a terminal, a page or a spreadsheet: every way out of Pageshift, walked with hostile names. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fakeShell, Page } from '../desk/fixture/page.ts';
import { Desk } from '../desk/index.ts';
import { pageshift } from './fixture/pageshift.ts';

/** Written out here, not taken from shared/errors: what may not be there, line feeds, tabs and CSV's CR apart. */
const STEERS =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const CSI = '\u009b31m';
const RLO = '\u202e';
const LINE = '\u2028';
const evil = (name: string): string => `${name}${CSI}${RLO}${LINE}x`;
const SEEN = '\\u{9b}31m\\u{202e}\\u{2028}x';

const SCENARIO = JSON.stringify({
  pageshift: 1,
  name: evil('run'),
  description: `${evil('of')}\u001b[2J`,
  hosts: [
    { name: evil('h'), nodes: [{ nid: 0, memoryMiB: 1024 }] },
    { name: evil('g'), nodes: [{ nid: 0, memoryMiB: 1024 }] },
  ],
  links: [{ name: evil('l'), hosts: [evil('h'), evil('g')], bandwidthMiBps: 1000 }],
  vms: [{ name: evil('v'), host: evil('h'), memoryMiB: 16 }],
  commands: [
    { at: 1, type: 'migrate', vm: evil('v'), toHost: evil('g') },
    { at: 2, type: 'compact', vm: evil('v'), nodes: [0] },
  ],
});
const DOMAIN = `<domain type='kvm'><name>${evil('d')}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu></domain>`;
const HOST =
  'available: 1 nodes (0)\nnode 0 cpus: 0\nnode 0 size: 1024 MB\nnode 0 free: 900 MB\nnode distances:\nnode   0\n  0:  10\n';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steering-'));
  await writeFile(at('evil.json'), SCENARIO);
  await writeFile(at(`${evil('f')}.json`), SCENARIO);
  await writeFile(
    at('wrong.json'),
    SCENARIO.replace('"toHost"', `"${evil('key')}":1,"toHost"`).replace('"nodes":[0]', '"nodes":["\\u009b"]'),
  );
  await writeFile(at('domain.xml'), DOMAIN);
  await writeFile(at('wrong.xml'), DOMAIN.replace('<vcpu>1', `<vcpu>${RLO}`));
  await writeFile(at(`${evil('host')}.txt`), HOST);
});
afterAll(() => rm(folder, { recursive: true }));

describe('no text of a file reaches', () => {
  test.each([
    ['check', (f: string) => ['check', join(f, 'evil.json')]],
    ['check of wrong values', (f: string) => ['check', join(f, 'wrong.json')]],
    ['check as JSON', (f: string) => ['check', '--json', join(f, 'wrong.json')]],
    ['check of a file name', (f: string) => ['check', join(f, `${evil('f')}.json`)]],
    ['a missing file', (f: string) => ['check', join(f, evil('none'))]],
    ['run', (f: string) => ['run', join(f, 'evil.json'), '--ticks', '30']],
    ['run as JSON', (f: string) => ['run', '--json', join(f, 'evil.json'), '--ticks', '30']],
    ['a wrong VM', (f: string) => ['run', join(f, 'evil.json'), '--compact', evil('w')]],
    ['compare', (f: string) => ['compare', join(f, 'evil.json'), '--until', '5']],
    ['compare as JSON', (f: string) => ['compare', '--json', join(f, 'evil.json'), '--until', '5']],
    ['facts', (f: string) => ['facts', join(f, 'domain.xml')]],
    ['facts of wrong values', (f: string) => ['facts', join(f, 'wrong.xml')]],
    [
      'import',
      (f: string) => ['import', join(f, 'domain.xml'), join(f, `${evil('host')}.txt`), '--name', evil('i'), '-o', '-'],
    ],
    ['the shell', (f: string) => ['shell', join(f, 'evil.json')]],
  ])('a terminal by %s', async (_, args) => {
    const { stdout, stderr } = await pageshift(args(folder), { stdin: 'echo $HOSTNAME\nprintf "\\033[31m\\n"\n' });
    expect(stdout + stderr).not.toMatch(STEERS);
    expect(stdout + stderr).toMatch(/\\u\{(9b|202e|1b)\}|\\u(009b|202e)/);
  });

  test('a report: HTML, JSON and tables', async () => {
    const { code } = await pageshift(['report', at('evil.json'), '--ticks', '30', '-o', at('out')]);
    expect(code).toBe(0);
    for (const name of await readdir(at('out'))) {
      const text = await readFile(join(folder, 'out', name), 'utf8');
      expect([name, STEERS.exec(text)?.[0]]).toEqual([name, undefined]);
      if (name === 'report.html') expect(text).toContain(`v${SEEN}`);
    }
  });

  test('a window, its title and a saved document', async () => {
    const shell = fakeShell(at('data'), false);
    const desk = await Desk.open(shell);
    const page = new Page(desk, 'w');
    const { document, diagnostics } = await page.get('document.import', {
      files: [{ name: `${evil('f')}.json`, text: SCENARIO }],
    });
    expect(diagnostics.map(({ slug }) => slug)).toContain('text-steers');
    await page.show(document!);
    const state = await page.get('attach', { document });
    const text = Buffer.from((await page.ask('document.text', {})).payload).toString();
    for (const each of [JSON.stringify(state), JSON.stringify(page.told), text, [...shell.titles.values()].join()])
      expect(each).not.toMatch(STEERS);
    expect(JSON.parse(text)).toMatchObject({ vms: [{ name: `v${SEEN}` }] });
    await desk.close();
  });
});
