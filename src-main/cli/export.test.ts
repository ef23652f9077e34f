/** `export` from outside: one value changed and nothing else, other forms, and scenarios. Genuine tools judge where there are any. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOMAIN, NUMACTL } from './fixture/input.ts';
import { pageshift } from './fixture/pageshift.ts';

const has = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
let folder = '';
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pageshift-export-'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(at(name), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FILES: Readonly<Record<string, string>> = {
  'vm.xml': DOMAIN,
  'host.txt': NUMACTL,
  '100.conf':
    '#note\r\ncores: 4\r\nmemory: 4096  \r\nnuma: 1\r\nnuma0: cpus=0-3,hostnodes=0,memory=4096,policy=bind\r\n\r\n[old]\r\nmemory: 1\r\n',
  'q.sh':
    'qemu-system-x86_64 -name x \\\n -m 1G -object \'{"qom-type":"memory-backend-ram","id":"m","size":1073741824,"host-nodes":[0],"policy":"bind"}\' \\\n -numa node,memdev=m\n',
  'vm.yaml':
    'kind: VirtualMachine # kept\nmetadata: {name: "x" }\nspec:\n  template:\n    spec:\n      domain:\n        memory: { guest:   4Gi }\n---\n# behind\n',
  'h.xml':
    '<topology version="2.0"><object type="Machine"><object type=\'NUMANode\' os_index="0"  local_memory="1073741824"/></object></topology>\n',
};

describe('one value of a file', () => {
  it.each([
    ['100.conf', '/memory', '8192', 'memory: 4096', 'memory: 8192'],
    ['100.conf', '/numa0/hostnodes', '1', 'hostnodes=0', 'hostnodes=1'],
    ['q.sh', '/object/host-nodes', '1', '[0]', '[1]'],
    ['q.sh', '/m', '2G', '1G', '2G'],
    ['vm.yaml', '/spec/template/spec/domain/memory/guest', '8Gi', '4Gi', '8Gi'],
    ['vm.yaml', '/metadata/name', 'y', '"x"', '"y"'],
    ['h.xml', '/topology/object/object/@local_memory', '2147483648', '1073741824', '2147483648'],
    ['vm.xml', '/domain/name', 'other', /<name>[^<]*/.exec(DOMAIN)![0], '<name>other'],
  ])('%s %s is changed, byte for byte', async (file, path, value, before, after) => {
    const same = await pageshift(['export', at(file)]);
    expect([same.code, same.stdout], same.stderr).toEqual([0, FILES[file]]);
    const { code, stdout, stderr } = await pageshift(['export', at(file), '--set', `${path}=${value}`]);
    expect([code, stdout], stderr).toEqual([0, FILES[file]!.replace(before, after)]);
  });

  it('is refused where it is not, and nothing is written over', async () => {
    const none = await pageshift(['export', at('100.conf'), '--set', '/nothing=1', '-o', at('out')]);
    expect([none.code, none.stdout]).toEqual([1, '']);
    expect(none.stderr).toContain('edit-path');
    const over = await pageshift(['export', at('100.conf'), '-o', at('vm.xml')]);
    expect(over.code).toBe(1);
    expect(readFileSync(at('vm.xml'), 'utf8')).toBe(DOMAIN);
  });
});

it('a VM of a scenario goes out in the XML that it came in, with what the scenario has changed', async () => {
  const made = await pageshift([
    'import',
    at('host.txt'),
    at('vm.xml'),
    '--no-rehearsal',
    '-o',
    at('s.pageshift.json'),
  ]);
  expect(made.code, made.stderr).toBe(0);
  const scenario = JSON.parse(readFileSync(at('s.pageshift.json'), 'utf8'));
  const { name } = scenario.vms[0];
  const same = await pageshift(['export', at('s.pageshift.json'), '--vm', name, '--as', 'libvirt']);
  expect([same.code, same.stdout], same.stderr).toEqual([0, DOMAIN]);
  scenario.vms[0].vcpupin = { 0: '1' };
  writeFileSync(at('changed.pageshift.json'), JSON.stringify(scenario));
  const changed = await pageshift(['export', at('changed.pageshift.json'), '--vm', name, '--as', 'libvirt']);
  expect(changed.stdout).toMatch(/<vcpupin vcpu='0' cpuset='1'\/>/);
  const wrong = await pageshift(['export', at('changed.pageshift.json'), '--vm', 'none']);
  expect([wrong.code, wrong.stdout]).toEqual([1, '']);
});

it.runIf(has('virt-xml-validate'))(
  'libvirt takes what is exported of a command line',
  { timeout: 60_000 },
  async () => {
    const { code } = await pageshift(['export', at('q.sh'), '--as', 'libvirt', '-o', at('q.xml')]);
    expect(code).toBe(0);
    expect(spawnSync('virt-xml-validate', [at('q.xml'), 'domain']).status).toBe(0);
  },
);
