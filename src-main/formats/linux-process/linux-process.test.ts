import { describe, expect, test } from 'vitest';
import { readForeign, recognise } from '../index.ts';

const read = (text: string, file: string) => readForeign(text, file).value as never as { processes: unknown[] };

describe('the command line of a QEMU process', () => {
  test('names its VM, and the path its process', () => {
    const text = '/usr/bin/qemu-system-x86_64\0-name\0guest=db,debug-threads=on\0-S\0';
    expect(read(text, 'S/proc/3740/cmdline').processes).toMatchObject([
      { pid: 3740, vm: 'db', command: 'qemu-system-x86_64', byNode: [], ramByNode: null },
    ]);
    expect(read('kvm -name web -accel kvm', 'proc/9/cmdline').processes).toMatchObject([{ pid: 9, vm: 'web' }]);
  });
  test('is not taken for the command line of the kernel', () => {
    expect(recognise('BOOT_IMAGE=/vmlinuz root=/dev/vda1 isolcpus=2-7', 'proc/cmdline').value?.id).toBe(
      'linux-cmdline',
    );
  });
});
