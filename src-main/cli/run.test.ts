/** `run`, `report`, and what all commands share, from outside: stdout, stderr and exit code. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runJob } from '../runtime/index.ts';
import { readScenario } from '../scenario/index.ts';
import { ENDLESS, NUMACTL, SCENARIO } from './fixture/input.ts';
import { pageshift, REPOSITORY } from './fixture/pageshift.ts';

let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pageshift-'));
  writeFileSync(at('small.pageshift.json'), SCENARIO);
  writeFileSync(at('host.txt'), NUMACTL);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('run', () => {
  it('prints one JSON document and nothing else, with the hash of the same run in process', async () => {
    const { code, stdout, stderr } = await pageshift([
      'run',
      at('small.pageshift.json'),
      '--compact',
      'v=1@3',
      '--json',
    ]);
    expect([code, stderr]).toEqual([0, '']);
    const document = JSON.parse(stdout);
    const scenario = readScenario(
      SCENARIO.replace(/\}$/, ', "commands": [{ "at": 3, "type": "compact", "vm": "v", "nodes": [1] }] }'),
      'test',
    ).value!;
    const { run } = await runJob('run', { scenario, until: { converged: true, maxTicks: 10_000 }, version: 'test' });
    const { hash, chain, after } = run!.record;
    expect(document).toMatchObject({
      ...{
        hash,
        chain,
        tick: after.header.tick,
        ending: 'settled',
        interrupted: false,
        converged: true,
        left: [],
        migrations: [],
      },
      hosts: [
        {
          name: 'h',
          nodes: [
            { nid: 0, totalPages: 65536, usedPages: 0 },
            { nid: 1, freePages: 65536 - 16384, usedPages: 16384 },
          ],
        },
      ],
      guests: [{ name: 'v', host: 'h', lag: { hostTarget: 0, targetActual: 0 } }],
      laws: { checked: after.header.tick + 1, guestsChecked: 0, broken: [] },
    });
    const [node0, node1] = document.guests[0].nodes;
    expect([node0.sizeMiB, node1.sizeMiB, node1.presentPages]).toEqual([0, 64, 16384]);
    expect(node1.presentPages - node1.freePages).toBe(node1.allocatedPages + node1.pcpPages + node1.reservedPages);
  });

  it('takes a scenario from stdin and stops after --ticks', async () => {
    const { code, stdout } = await pageshift(['run', '-', '--ticks', '5', '--json'], { stdin: SCENARIO });
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { tick: 5, ending: 'ticks' }]);
  });

  it('answers no when it does not converge in time, and says what is left', async () => {
    const { code, stdout, stderr } = await pageshift([
      'run',
      at('small.pageshift.json'),
      '--compact',
      'v@3',
      '--max-ticks',
      '14',
      '--json',
    ]);
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { tick: 14, ending: 'maxTicks' }]);
    expect(stderr).toMatch(/^not converged after 14 ticks: VM v: \d+(\s\d{3})* pages in use are owed to another node/);
  });

  it('answers no when a command was rejected, and yes to a number of ticks', async () => {
    const refused = { at: 1, type: 'cancelCompaction', vm: 'v' };
    const stdin = JSON.stringify({ ...JSON.parse(SCENARIO), commands: [refused] });
    const [until, ticks] = await Promise.all([
      pageshift(['run', '-', '--json'], { stdin }),
      pageshift(['run', '-', '--ticks', '5', '--json'], { stdin }),
    ]);
    expect([until.code, JSON.parse(until.stdout)]).toMatchObject([1, { ending: 'settled', converged: true }]);
    expect(until.stderr).toContain('rejected at tick 1');
    expect([ticks.code, JSON.parse(ticks.stdout)]).toMatchObject([0, { ending: 'ticks', tick: 5 }]);
  });

  it('keeps what is done when it is interrupted', async () => {
    const { code, stdout, stderr } = await pageshift(['run', '-', '--max-ticks', '2000000000', '--json'], {
      stdin: ENDLESS,
      interruptAt: 'distances-local',
    });
    expect(code).toBe(130);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      ending: 'interrupted',
      interrupted: true,
      converged: false,
      laws: { broken: [] },
    });
    expect(document.left).toHaveLength(1);
    expect(stderr).toContain(`interrupted at tick ${document.tick}: the result is partial`);
  });

  it('ends quietly when nobody reads on', async () => {
    const child = spawn(
      process.execPath,
      ['src-main/cli/main.ts', 'run', at('small.pageshift.json'), '--ticks', '1', '--json'],
      { cwd: REPOSITORY },
    );
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, stderr]).toEqual([0, '']);
  });

  it('says which command a foreign file is for', async () => {
    const { code, stdout, stderr } = await pageshift(['run', at('host.txt')]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/host\.txt: error not-a-scenario: .*numactl --hardware.* pageshift import /);
  });

  it('tells a wrong name in a command from a wrong command', async () => {
    const wrongName = await pageshift(['run', at('small.pageshift.json'), '--compact', 'w=1']);
    expect([wrongName.code, wrongName.stdout]).toEqual([1, '']);
    expect(wrongName.stderr).toMatch(/error unknown-vm: .*"w"/);
    const wrongForm = await pageshift(['run', at('small.pageshift.json'), '--migrate', 'v']);
    expect([wrongForm.code, wrongForm.stdout]).toEqual([2, '']);
    expect(wrongForm.stderr).toContain('VM=HOST[:NODES][@TICK]');
  });
});

describe('wrong usage', () => {
  it.each([
    [[]],
    [['frob']],
    [['run']],
    [['run', 'a', 'b']],
    [['run', 'a', '--ticks', '1.5']],
    [['run', 'a', '--ticks', '1', '--until', 'converged']],
    [['run', 'a', '--until', 'then']],
    [['run', 'a', '--frob']],
    [['import', 'a']],
    [['report', 'a', '-o', 'report.pdf']],
  ])('%j ends with 2, help on stderr, nothing on stdout', async (args) => {
    const { code, stdout, stderr } = await pageshift(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
  });

  it('is not: --help and --version', async () => {
    const [help, version] = await Promise.all([pageshift(['--help']), pageshift(['--version'])]);
    const manifest = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
    expect([help.code, help.stderr, version.code, version.stdout]).toEqual([0, '', 0, `${manifest.version}\n`]);
    for (const command of ['run', 'check', 'import', 'report', 'facts', 'simtest', 'schema'])
      expect(help.stdout).toContain(`\n  ${command} `);
  });
});

describe('report', () => {
  const TABLES = ['accounting', 'events', 'hosts', 'migrations', 'series', 'stranded'];

  it('writes a page with its tables beside it, and prints their paths', async () => {
    const { code, stdout } = await pageshift(['report', 'small.pageshift.json', '--ticks', '5', '-o', 'out.html'], {
      cwd: folder,
    });
    const written = ['out.html', 'out.json', ...TABLES.map((name) => `out-${name}.csv`)];
    expect([code, stdout.trimEnd().split('\n').sort()]).toEqual([0, [...written].sort()]);
    for (const name of written) expect(existsSync(at(name))).toBe(true);
    expect(JSON.parse(readFileSync(at('out.json'), 'utf8'))).toMatchObject({ tick: 5, ending: 'ticks' });
    expect(readFileSync(at('out.html'), 'utf8')).toMatch(/^<!DOCTYPE html>[^]*Small · Pageshift report/);
    // A report may be replaced by the next.
    expect(
      (await pageshift(['report', 'small.pageshift.json', '--ticks', '6', '-o', 'out.html'], { cwd: folder })).code,
    ).toBe(0);
    expect(JSON.parse(readFileSync(at('out.json'), 'utf8')).tick).toBe(6);
  });

  it('fills a folder, and keeps a file that is no report', async () => {
    const { code } = await pageshift(['report', at('small.pageshift.json'), '--ticks', '1', '-o', at('folder/')]);
    expect([code, readdirSync(at('folder')).sort()]).toEqual([
      0,
      ['small-report.html', 'small.json', ...TABLES.map((name) => `small-${name}.csv`)].sort(),
    ]);
    writeFileSync(at('small-events.csv'), 'mine');
    const own = await pageshift(['report', 'small.pageshift.json', '--ticks', '1', '-o', '.'], { cwd: folder });
    expect([own.code, own.stdout, readFileSync(at('small-events.csv'), 'utf8')]).toEqual([1, '', 'mine']);
    writeFileSync(at('page.html'), '<p>mine</p>');
    const refused = await pageshift(['report', at('small.pageshift.json'), '--ticks', '1', '-o', at('page.html')]);
    expect([refused.code, refused.stdout, readFileSync(at('page.html'), 'utf8')]).toEqual([1, '', '<p>mine</p>']);
  });
});

describe('simtest, schema', () => {
  it('attack and are answered', async () => {
    const { code, stdout } = await pageshift(['simtest', '--seeds', '2', '--first', '7']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^2 seeds from 7 to 8: .* no law broken\n$/)]);
  });

  it('compare guest memory with the naive model in long runs', async () => {
    const flags = ['--mm', '--operations', '2000', '--profile', 'rfc-v3', '--first', '3'];
    const { code, stdout } = await pageshift(['simtest', ...flags]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/operations on guest memory, rfc-v3, .*, 0 differences\n$/),
    ]);
  });

  it('is JSON', async () => {
    const { code, stdout } = await pageshift(['schema']);
    expect([code, JSON.parse(stdout).title]).toEqual([0, 'Pageshift scenario, version 1']);
  });
});

describe('paths', () => {
  it('start where the person was who called npm run pageshift', async () => {
    const env = { npm_lifecycle_event: 'pageshift', INIT_CWD: folder };
    const { code, stderr } = await pageshift(['check', 'small.pageshift.json'], { env });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^ok/)]);
  });
});
