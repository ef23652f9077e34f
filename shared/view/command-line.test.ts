import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  dumpxmlCommand,
  migratepagesCommand,
  numastatCommand,
  numatuneCommand,
  setMaxDowntimeCommand,
  shellWord,
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
