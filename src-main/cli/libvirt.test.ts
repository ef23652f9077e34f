/** `import libvirt:URI` with a virsh that stands in for libvirt's: what is run, and what is not. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageshift } from './fixture/pageshift.ts';

let folder = '';
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pageshift-libvirt-'));
  writeFileSync(
    at('virsh'),
    `#!/bin/sh
printf '%s\\n' "$#" "$@" >> ${folder}/calls
case $3 in
  *hang*) sleep 300 & echo $! > ${folder}/child; wait ;;
  *huge*) exec yes ;;
  *no*) echo 'error: failed to connect' >&2; exit 1 ;;
esac
case $4 in
  uri) echo "$3" ;;
  list*) echo 'vm one'; echo; echo '--help' ;;
  *capabilities*) echo '$ virsh capabilities'; echo "<capabilities><host><topology><cells num='1'><cell id='0'><memory unit='GiB'>8</memory><cpus num='1'><cpu id='0'/></cpus></cell></cells></topology></host></capabilities>" ;;
  *dumpxml*vm*) echo '$ virsh dumpxml x'; echo "<domain type='kvm' id='1'><name>vm one</name><memory unit='GiB'>1</memory><vcpu>1</vcpu></domain>" ;;
esac
`,
    { mode: 0o755 },
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = async (uri: string, PATH = `${folder}:${process.env['PATH']}`) => {
  rmSync(at('calls'), { force: true });
  const out = at('out.pageshift.json');
  rmSync(out, { force: true });
  const { code, stderr } = await pageshift(['import', `libvirt:${uri}`, '--no-rehearsal', '-o', out], {
    env: { PATH },
  });
  const calls = existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8') : '';
  return { code, stderr, calls, scenario: existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : null };
};

it('opens the host and its VMs, reading only', async () => {
  const { code, stderr, calls, scenario } = await open('test:///default');
  expect(code, stderr).toBe(0);
  expect(scenario.hosts[0].nodes).toMatchObject([{ nid: 0, memoryMiB: 8192 }]);
  expect(scenario.vms.map(({ name }: any) => name)).toEqual(['vm one']);
  const lines = calls.split('\n');
  // Four arguments each time: -r -c URI and one command.
  expect(lines.filter((line) => line === '-r').length).toBe(lines.filter((line) => line === 'test:///default').length);
  expect(new Set(lines.filter((line) => /^\d+$/.test(line)))).toEqual(new Set(['4']));
  expect(calls).toContain("dumpxml --domain '--help'");
});

describe('a URI that is refused before anything is run', () => {
  it.each([
    ['blanks', 'qemu:///system -c x'],
    ['an option', '-c'],
    ['a quote', "qemu:///sys'tem"],
    ['a newline', 'qemu:///system\nlist'],
    ['a shell', 'qemu:///$(touch x)'],
    ['a program', 'qemu+ext:///system?command=/bin/sh'],
    ['a program of ssh', 'qemu+ssh://h/system?command=/tmp/x'],
    ['a netcat', 'qemu+ssh://h/system?mode=auto&netcat=/tmp/x'],
    ['nothing', ''],
    ['no scheme', '/etc/passwd'],
    ['a length', `qemu:///${'a'.repeat(600)}`],
  ])('%s', async (_, uri) => {
    const { code, stderr, calls, scenario } = await open(uri);
    expect([code, calls, scenario]).toEqual([1, '', null]);
    expect(stderr).toContain('error libvirt-uri');
  });
});

it.each([
  ['that refuses', 'test:///no', 'libvirt-failed'],
  ['that says too much', 'test:///huge', 'input-too-large'],
])('a libvirt %s is told', { timeout: 60_000 }, async (_, uri, slug) => {
  const { code, stderr, scenario } = await open(uri);
  expect([code, scenario]).toEqual([1, null]);
  expect(stderr).toContain(`error ${slug}`);
});

it('a libvirt that hangs is ended in its time, with all that it started', { timeout: 60_000 }, async () => {
  const { code, stderr } = await open('test:///hang');
  expect([code, stderr]).toEqual([1, expect.stringContaining('error libvirt-timeout')]);
  const child = readFileSync(at('child'), 'utf8').trim();
  // Gone, or dead and not yet collected by its new parent.
  const state = spawnSync('ps', ['-o', 'stat=', '-p', child], { encoding: 'utf8' }).stdout.trim();
  expect(state).toMatch(/^(?:Z.*)?$/);
});

it('without virsh it is told what to do', async () => {
  const { code, stderr } = await open('qemu:///system', '/nonexistent');
  expect([code, stderr]).toEqual([1, expect.stringContaining('error virsh-missing')]);
});

const hasVirsh = spawnSync('virsh', ['--version']).status === 0;
it.runIf(hasVirsh)("libvirt's own test driver opens", { timeout: 60_000 }, async () => {
  const { code, stderr, scenario } = await open('test:///default', process.env['PATH']);
  // Its one VM is larger than its host: it is kept, and not placed.
  expect(code, stderr).toBe(1);
  expect([scenario.hosts[0].nodes.length, scenario.notPlaced.map(({ vm }: any) => vm.name)]).toEqual([2, ['test']]);
});
