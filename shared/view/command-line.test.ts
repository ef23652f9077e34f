import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  dumpxmlCommand,
  migratepagesCommand,
  numastatCommand,
  numatuneCommand,
  setMaxDowntimeCommand,
  shellWord,
  vmCommandLines,
  virshMigrateCommand,
} from './command-line.ts';

describe('commands of virsh and numactl', () => {
  test('as one would type them', () => {
    expect(numatuneCommand('db', [1, 0])).toBe('virsh numatune db --nodeset 0-1 --live');
    expect(migratepagesCommand('db', [1], [0])).toBe('migratepages "$(cat /run/libvirt/qemu/db.pid)" 1 0');
    expect(numastatCommand('db')).toBe('numastat -p "$(cat /run/libvirt/qemu/db.pid)"');
    expect(dumpxmlCommand('web-3')).toBe('virsh dumpxml web-3');
    expect(setMaxDowntimeCommand('db', 0.2)).toBe('virsh migrate-setmaxdowntime db 1');
    expect(virshMigrateCommand({ vm: 'db', toHost: 'rack8', maxBandwidthMiBps: 0 })).toBe(
      'virsh migrate --live db qemu+ssh://rack8/system',
    );
    expect(virshMigrateCommand({ vm: 'db', toHost: 'rack 8', maxBandwidthMiBps: 150.4 })).toBe(
      'virsh migrate --live --bandwidth 150 db qemu+ssh://rack%208/system',
    );
  });

  test.each(['a b', "o'clock", '$(reboot)', '`reboot`', 'a;b', 'a\nb', '"', '\\', '*', '', 'ü', '~', '#'])(
    'the name %j stays one word of a shell',
    (name) => {
      const said = execFileSync('/bin/sh', ['-c', `printf '%s|' ${shellWord(name)}`], { encoding: 'utf8' });
      expect(said).toBe(`${name}|`);
    },
  );

  test('a name that looks like an option is not one', () => {
    expect(dumpxmlCommand('-x')).toBe('virsh dumpxml --domain=-x');
  });

  test('a name of digits is not taken for a running id', () => {
    const command = numatuneCommand('12', [0]);
    const virsh = `virsh() { if [ "$1" = list ]; then printf '%s\\n' 'uuid-a 7' 'uuid-b 12' 'uuid-c 120'; else echo "$@"; fi; }`;
    const said = execFileSync('/bin/sh', ['-c', `${virsh}; ${command}`], { encoding: 'utf8' });
    expect(said).toBe('numatune uuid-b --nodeset 0 --live\n');
  });
});

describe('the lines of a VM', () => {
  const node = (host: number, nid: number) => ({
    host,
    hostName: '',
    nid,
    cpus: [],
    totalPages: 9,
    freePages: 9,
    usedPages: 0,
    reservedPages: 0,
  });
  const vm = (name: string, pages: readonly number[]) => ({
    guest: 0,
    name,
    host: 0,
    pages,
    copyPages: [0, 0, 0],
    totalPages: 9,
    largestNodeShare: 1,
  });
  const nodes = [node(0, 0), node(0, 4), node(1, 0)];

  test('gather what is spread on the fullest node', () => {
    const matrix = { nodes, vms: [vm('db', [3, 6, 0])] };
    expect(vmCommandLines(matrix, ['a', 'b'], 0)).toEqual([
      'virsh dumpxml db',
      'numastat -p "$(cat /run/libvirt/qemu/db.pid)"',
      'virsh numatune db --nodeset 4 --live',
      'migratepages "$(cat /run/libvirt/qemu/db.pid)" 0 4',
      'virsh migrate --live db qemu+ssh://b/system',
    ]);
  });

  test('nothing is gathered that lies on one node, or nowhere', () => {
    for (const pages of [
      [9, 0, 0],
      [0, 0, 0],
    ]) {
      const matrix = { nodes, vms: [vm('db', pages)] };
      expect(vmCommandLines(matrix, ['a'], 0)).toHaveLength(2);
    }
    expect(vmCommandLines({ nodes, vms: [] }, ['a'], 0)).toEqual([]);
  });
});
