/** The script as a person runs it: in the shells that there are, on this host, with a virsh that stands in for libvirt's. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocument } from '../../formats/index.ts';
import { pageshift } from '../fixture/pageshift.ts';

const SCRIPT = fileURLToPath(new URL('gather.sh', import.meta.url));
const has = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
const SHELLS = [['sh'], ['dash'], ['bash'], ['busybox', 'sh']].filter(([tool]) => has(tool!));

const NAME = "it's web 01";
const UUID = '1b4e28ba-2fa1-11d2-883f-0016d3cca427';
const SECRETS = [NAME, 'db-prod', UUID, '52:54:00:ab:cd:ef', '10.11.12.13', 'fe80::1:2', 'Alice', 'secret.qcow2'];
const domain = (name: string, uuid: string): string => `<domain type='kvm' id='1'>
  <name>${name}</name>
  <uuid>${uuid}</uuid>
  <title>Alice's</title>
  <metadata>
    <owner>Alice at 10.11.12.13</owner>
  </metadata>
  <memory unit='KiB'>1048576</memory>
  <vcpu placement='static' cpuset='0-1'>2</vcpu>
  <numatune>
    <memory mode='strict' nodeset='0'/>
  </numatune>
  <devices>
    <disk type='file' device='disk'>
      <source file='/images/secret.qcow2'/>
    </disk>
    <interface type='bridge'>
      <mac address='52:54:00:ab:cd:ef'/>
    </interface>
    <memory model='dimm'>
      <target><size unit='KiB'>524288</size><node>0</node></target>
    </memory>
  </devices>
</domain>
`;
const CAPABILITIES = `<capabilities><host><uuid>${UUID}</uuid><cpu><arch>x86_64</arch></cpu><topology><cells num='2'>
<cell id='0'><memory unit='KiB'>8388608</memory><distances><sibling id='0' value='10'/><sibling id='1' value='21'/></distances><cpus num='1'><cpu id='0' socket_id='0' core_id='0' siblings='0'/></cpus></cell>
<cell id='1'><memory unit='KiB'>8388608</memory><distances><sibling id='0' value='21'/><sibling id='1' value='10'/></distances><cpus num='1'><cpu id='1' socket_id='1' core_id='0' siblings='1'/></cpus></cell>
</cells></topology></host></capabilities>
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pageshift-gather-'));
  writeFileSync(join(folder, 'caps'), CAPABILITIES);
  writeFileSync(join(folder, 'one'), domain(NAME.replace("'", '&apos;'), UUID));
  writeFileSync(join(folder, 'names'), `${NAME}\ndb-prod\n\n`);
  writeFileSync(
    join(folder, 'list'),
    ` Id   Name          State\n-----\n 1    ${NAME}   running\n 2    db-prod   running\n`,
  );
  writeFileSync(join(folder, 'two'), domain('db-prod', UUID.replace('1b', '2c')));
  // It takes what the script asks and nothing else: read-only, each command by its name.
  writeFileSync(
    join(folder, 'virsh'),
    `#!/bin/sh
[ "$1 $2 $3" = "-r -c test:///x" ] || { echo "not read-only: $*" >&2; exit 1; }
case $4 in
  uri) echo test:///x ;;
  list) cat ${folder}/names ;;
  *capabilities*) echo; echo '$ virsh capabilities'; cat ${folder}/caps; echo '$ virsh list --all'; cat ${folder}/list ;;
  *web*) echo; echo '$ virsh dumpxml x'; cat ${folder}/one; echo "fe80::1:2 on 10.11.12.13" ;;
  *db-prod*) echo; echo '$ virsh dumpxml y'; cat ${folder}/two ;;
  *) exit 1 ;;
esac
`,
  );
  chmodSync(join(folder, 'virsh'), 0o755);
  // What the machine under the test has is another host.
  for (const tool of ['numactl', 'numastat', 'lscpu'])
    writeFileSync(join(folder, tool), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${folder}:${process.env['PATH']}`,
  LIBVIRT_DEFAULT_URI: 'test:///x',
});
const gather = ([shell, ...rest]: readonly string[], ...args: readonly string[]) => {
  const cwd = mkdtempSync(join(folder, 'run-'));
  const { status, stderr } = spawnSync(shell!, [...rest, SCRIPT, ...args], { cwd, env: env(), encoding: 'utf8' });
  return { status, stderr, files: readdirSync(cwd), cwd };
};
const factsOf = (text: string): readonly any[] => readDocument(text, 'f').parts.map(({ facts }) => facts);

it('is printed by the command, whole', async () => {
  const { code, stdout } = await pageshift(['gather']);
  expect([code, stdout]).toEqual([0, readFileSync(SCRIPT, 'utf8')]);
});

describe.each(SHELLS.map((words) => [words.join(' '), words] as const))('in %s', (_, words) => {
  it('makes one file, which opens as one host with its VMs', { timeout: 60_000 }, async () => {
    const { status, stderr, files, cwd } = gather(words, '-o', 'host.txt');
    expect([status, files], stderr).toEqual([0, ['host.txt']]);
    const out = join(cwd, 'out.pageshift.json');
    const made = await pageshift(['import', join(cwd, 'host.txt'), '--no-rehearsal', '-o', out]);
    expect(made.stderr).toContain('wrote ');
    const scenario = JSON.parse(readFileSync(out, 'utf8'));
    expect(scenario.hosts[0].nodes.map(({ nid, cpus }: any) => [nid, cpus])).toEqual([
      [0, '0'],
      [1, '1'],
    ]);
    expect(scenario.hosts).toHaveLength(1);
    expect(scenario.vms.map(({ name }: any) => name)).toEqual(expect.arrayContaining([NAME, 'db-prod']));
  });

  it('writes over nothing, and leaves nothing when it is asked wrongly', () => {
    const cwd = mkdtempSync(join(folder, 'run-'));
    writeFileSync(join(cwd, 'there.txt'), 'mine');
    const [program, ...rest] = words;
    const run = (...args: readonly string[]) =>
      spawnSync(program!, [...rest, SCRIPT, ...args], { cwd, env: env() }).status;
    expect([run('-o', 'there.txt'), run('--anonymise'), run('-o')]).toEqual([1, 2, 2]);
    expect(readFileSync(join(cwd, 'there.txt'), 'utf8')).toBe('mine');
    expect(readdirSync(cwd)).toEqual(['there.txt']);
  });

  it('with --anonymize no name, UUID or address is in it, and the facts are the same', { timeout: 60_000 }, () => {
    const [plain, hidden] = [[], ['--anonymize']].map((more) => {
      const { cwd } = gather(words, '-o', 'host.txt', ...more);
      return readFileSync(join(cwd, 'host.txt'), 'utf8');
    });
    for (const secret of SECRETS) {
      expect(hidden, secret).not.toContain(secret);
      if (secret !== NAME) expect(plain).toContain(secret);
    }
    expect(hidden).not.toContain('web 01');
    const vms = (text: string): readonly any[] =>
      factsOf(text)
        .filter(({ kind }) => kind === 'domain')
        .map(({ name: _, uuid: __, notRead: ___, ...rest }) => rest);
    expect(vms(hidden!)).toEqual(vms(plain!));
    expect(vms(hidden!)).toHaveLength(2);
    const host = (text: string): any => factsOf(text).find(({ kind }) => kind === 'capabilities').nodes;
    expect(host(hidden!)).toEqual(host(plain!));
  });
});

it.runIf(has('strace'))('opens no file for writing but its own', { timeout: 60_000 }, () => {
  const cwd = mkdtempSync(join(folder, 'run-'));
  const log = join(folder, 'strace.log');
  const calls =
    'trace=open,openat,creat,unlink,unlinkat,rename,renameat2,mkdir,mkdirat,link,symlink,chmod,fchmodat,truncate';
  const args = ['-f', '-o', log, '-e', calls, 'sh', SCRIPT, '-o', 'host.txt'];
  const traced = spawnSync('strace', args, { cwd, env: env() });
  // Where tracing is not allowed there is nothing to see.
  if (traced.status !== 0 || !existsSync(log)) return;
  const changed = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /O_WRONLY|O_RDWR|O_CREAT|unlink|rename|mkdir|symlink|link\(|chmod|truncate/.test(line))
    .filter((line) => !/"\/dev\/(?:null|tty)"|ENOENT|EROFS|= -1/.test(line));
  expect(changed.map((line) => /"([^"]*)"/.exec(line)?.[1])).toEqual(['host.txt']);
});

it('is a script that a shell can read', () => {
  expect(() => execFileSync('sh', ['-n', SCRIPT])).not.toThrow();
});
