/** Small inputs, tried as a user of each tool would, and the right answers (field/cases.md), by the commands. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { FindingReport } from '../../shared/model/finding.ts';
import type { Scenario } from '../scenario/index.ts';

const FIELD = join(process.env['PAGESHIFT_DATA']!, 'field');
const out = mkdtempSync(join(tmpdir(), 'pageshift-field-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** Figures have narrow blanks between thousands. */
const plain = (text: string): string => text.replaceAll('\u202f', ' ');

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (...args: readonly string[]) =>
  new Promise<Ran>((done) => {
    const child = execFile(process.execPath, ['src-main/cli/main.ts', ...args], (_, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, stdout: plain(stdout), stderr: plain(stderr) }),
    );
  });

let made = 0;

async function imported(
  files: readonly string[],
  ...flags: readonly string[]
): Promise<Ran & { readonly file: string; readonly scenario: Scenario }> {
  const file = join(out, `${made++}.pageshift.json`);
  const ran = await run('import', ...files, '-o', file, '--no-rehearsal', ...flags);
  return { ...ran, file, scenario: JSON.parse(plain(readFileSync(file, 'utf8'))) as Scenario };
}

const field = (...names: readonly string[]): string[] => names.map((name) => join(FIELD, name));

async function found(file: string, ...flags: readonly string[]): Promise<FindingReport> {
  const { stdout, stderr } = await run('findings', file, '--json', ...flags);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as FindingReport;
}

/** As if it ran: its memory is part of what the host calls used. */
function running(name: string): string {
  const text = readFileSync(join(FIELD, name), 'utf8').replace("<domain type='kvm'", "<domain type='kvm' id='7'");
  const file = join(out, `${made++}.xml`);
  writeFileSync(file, text);
  return file;
}

const reasonOf = ({ scenario }: { readonly scenario: Scenario }, vm: string): string =>
  scenario.notPlaced!.find((each) => each.vm.name === vm)!.reason;

const gatheredOn = async (file: string, vm: string): Promise<readonly number[]> => {
  const { stdout } = await run('run', file, '--compact', vm, '--json');
  const { compactions } = JSON.parse(stdout) as { compactions: { vm: string; nodes: number[] }[] };
  return compactions.find((row) => row.vm === vm)!.nodes;
};

describe('01-full-node', () => {
  test('64 GiB do not fit on a node with 63 MB free; where what would fit is said', async () => {
    const made01 = await imported(field('01-full-node/host.txt', '01-full-node/vm.xml'));
    expect(made01.code).toBe(1);
    const reason = reasonOf(made01, 'pve-101');
    expect(reason).toMatch(/65 536 MiB on node 1: 63 MiB of 129 021 MiB are free/);
    expect(reason).toContain('page cache may give way');
    expect(reason).toContain('the host and others (128 958 MiB)');
    expect(reason).toContain('node 0 has the most, 1 117 MiB');
    const { findings } = await found(made01.file);
    expect(findings[0]).toMatchObject({ id: 'fit-strict-short', severity: 'error', vm: 'pve-101', node: 1 });
  });
});

describe('02-cxl', () => {
  test('20 GiB do not go to memory without CPUs by themselves; it is offered by name, with its cost', async () => {
    const made02 = await imported(field('02-cxl/host.txt', '02-cxl/v20.xml'));
    expect(made02.code).toBe(1);
    const reason = reasonOf(made02, 'v20');
    expect(reason).toMatch(/18 000 MiB of 32 000 MiB are free.*2 480 MiB too little/);
    expect(reason).toMatch(/Node 2, without CPUs, could take the rest if it is named.*60 %/);
    const gather = await run('run', made02.file, '--compact', 'v20');
    expect(gather.code).toBe(1);
    expect(gather.stderr).toContain('kept, but not placed');
  });
  test('one that runs is gathered on nodes with CPUs alone', async () => {
    const { file } = await imported([...field('02-cxl/host.txt'), running('02-cxl/v20.xml')]);
    expect(await gatheredOn(file, 'v20')).toEqual([0, 1]);
  });
});

describe('03-huge-pages', () => {
  const of = (vm: string) => imported(field('03-huge-pages/host.xml', `03-huge-pages/${vm}.xml`));
  test.each([
    ['vm-on0', 'nfv0', /4 096 pages of 2 MiB on node 0; 0 are free there/],
    ['vm-1g', 'nfv1g', /8 pages of 1 GiB on node 1; 0 are free there/],
    ['vm-40g-small-on1', 'small40', /40 960 MiB on node 1: at most 30 708 MiB .*32 768 MiB lie in huge page pools/],
  ])('%s is refused by page size', async (file, vm, reason) => {
    const made03 = await of(file);
    expect(made03.code).toBe(1);
    expect(reasonOf(made03, vm)).toMatch(reason);
  });
  test('vm-crossed fits, and each cell is found crossed', async () => {
    const { code, file, scenario } = await of('vm-crossed');
    expect(code).toBe(0);
    expect(scenario.notPlaced).toBeUndefined();
    const { findings } = await found(file);
    expect(findings.filter(({ id }) => id === 'cell-crossed').map(({ cell }) => cell)).toEqual([0, 1]);
  });
});

test('04-bindings: a node without memory is refused, memory one hop away is found', async () => {
  const made04 = await imported(
    field('04-bindings/host.txt', '04-bindings/memoryless.xml', '04-bindings/pinremote.xml'),
  );
  expect(made04.code).toBe(1);
  expect(reasonOf(made04, 'memoryless')).toContain('no memory');
  expect(made04.scenario.vms.map(({ name }) => name)).toEqual(['pinremote']);
  const { findings } = await found(made04.file);
  expect(findings.find(({ vm, id }) => vm === 'pinremote' && id === 'cell-crossed')!.text).toContain('distance 12');
});

test('05-four-to-two: libvirt would refuse; a remap is offered that fits, and runs', async () => {
  const { file } = await imported(field('05-four-to-two/h4.txt', '05-four-to-two/h2.txt', '05-four-to-two/vm.xml'));
  const refused = await run('run', file, '--migrate', 'four=h2');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /nodes 2-3, which host h2 does not have.*fits on node 0 \(--migrate four=h2:0\).*without a binding/,
  );
  const { findings } = await found(file, '--migrate', 'four=h2');
  const missing = findings.find(({ id }) => id === 'migration-node-missing')!;
  expect(missing).toMatchObject({ severity: 'error', vm: 'four', host: 'h2' });
  expect(missing.text).toMatch(/cells 0-3 to node 0; or no binding \(node 0 has 15 000 MiB.*node 1 has 600 MiB/);
  const there = await run('run', file, '--migrate', 'four=h2:0', '--ticks', '60', '--json');
  expect(JSON.parse(there.stdout)).toMatchObject({ migrations: [{ vm: 'four', toHost: 'h2', phase: 'completed' }] });
  const to1 = await run('run', file, '--migrate', 'four=h2:1', '--ticks', '5');
  expect(to1.stderr).toMatch(/too large for what is free on node 1/);
});

test('06-pinned: both are gathered on the node of their CPUs', async () => {
  const { file } = await imported(field('06-pinned/host.txt', '06-pinned/vm.xml', '06-pinned/vm2.xml'));
  expect(await gatheredOn(file, 'pin1')).toEqual([1]);
  expect(await gatheredOn(file, 'set1')).toEqual([1]);
});

describe('what is read (what their files say is compared in formats/facts.data.test.ts)', () => {
  test('07-boot-logs: of two boots the last, its nodes as numactl shows them in the guest', async () => {
    const { stderr, scenario, file } = await imported(field('07-boot-logs/two-boots.txt'));
    expect(stderr).toContain('boot-earlier');
    expect(scenario.vms[0]!.cells).toHaveLength(2);
    const { stdout } = await run('run', file, '--ticks', '1', '--json');
    const { guests } = JSON.parse(stdout) as { guests: { nodes: { sizeMiB: number }[] }[] };
    expect(guests[0]!.nodes.map(({ sizeMiB }) => sizeMiB)).toEqual([963, 1007]);
  });
  test('08-pasted-xml and 09-several-outputs: VMs and hosts of one file', async () => {
    const both = await imported(field('09-several-outputs/numactl+domain.txt'));
    const vmsOf = ({ vms, notPlaced = [] }: Scenario): number => vms.length + notPlaced.length;
    expect([both.scenario.hosts.length, vmsOf(both.scenario)]).toEqual([1, 1]);
    const two = await imported(field('06-pinned/host.txt', '08-pasted-xml/two.xml'));
    expect(vmsOf(two.scenario)).toBe(2);
  });
});
