import { describe, expect, test } from 'vitest';
import { qemuCmdline, readDocument, readForeign, recognise } from '../index.ts';

const read = (text: string, file = 'f'): any => readForeign(text, file).value;
const slugs = (text: string): readonly string[] => readDocument(text, 'f').diagnostics.map(({ slug }) => slug);

describe('the command line of a QEMU process', () => {
  test('names its VM, and the path its process', () => {
    const text = '/usr/bin/qemu-system-x86_64\0-name\0guest=db,debug-threads=on\0-S\0';
    expect(read(text, 'S/proc/3740/cmdline')).toMatchObject({ pid: 3740, name: 'db', program: 'qemu-system-x86_64' });
    expect(read('kvm -name web -accel kvm', 'proc/9/cmdline')).toMatchObject({ pid: 9, name: 'web', running: true });
  });

  test('is not taken for the command line of the kernel', () => {
    expect(recognise('BOOT_IMAGE=/vmlinuz root=/dev/vda1 isolcpus=2-7', 'proc/cmdline').value?.id).toBe(
      'linux-cmdline',
    );
  });

  test('keeps blanks of arguments that NULs separate', () => {
    expect(read("qemu-system-x86_64\0-name\0guest=a b's,debug-threads=on\0-m\0size=1G\0")).toMatchObject({
      name: "a b's",
      memoryKiB: 1_048_576,
    });
  });

  test('says the same in a list, in bare JSON, and in JSON in quotes', () => {
    const rest = '-numa node,nodeid=0,cpus=0-1,memdev=m -smp 2 -m 1G -name x';
    const json =
      '{"qom-type":"memory-backend-ram","id":"m","size":1073741824,"host-nodes":[1,3],"policy":"interleave"}';
    const list = 'memory-backend-ram,id=m,size=1G,host-nodes=1,host-nodes=3,policy=interleave';
    const facts = [`-object ${list}`, `-object ${json}`, `-object '${json}'`].map((object) =>
      read(`qemu-system-x86_64 ${object} ${rest}`),
    );
    expect(facts[0]).toMatchObject({
      cells: [{ id: 0, cpus: [0, 1], memoryKiB: 1_048_576 }],
      memnodes: [{ cell: 0, mode: 'interleave', nodeset: [1, 3] }],
    });
    expect(facts[1]).toEqual(facts[0]);
    expect(facts[2]).toEqual(facts[0]);
  });

  test('counts what is online, what can be, and what is plugged', () => {
    expect(
      read(
        'qemu-system-x86_64 -name a,b -m size=1024,slots=2,maxmem=8G -smp 2,maxcpus=8,sockets=2,cores=4 -object memory-backend-ram,id=d,size=512M -device pc-dimm,memdev=d,node=1 -numa cpu,node-id=0,socket-id=0 -numa node,nodeid=0,mem=512 -numa node,nodeid=1,mem=512 -numa cpu,node-id=1,socket-id=1',
      ),
    ).toMatchObject({
      vcpus: 8,
      vcpusCurrent: 2,
      memoryKiB: 1536 * 1024,
      maxMemoryKiB: 8 * 1024 ** 2,
      cells: [
        { id: 0, cpus: [0, 1, 2, 3] },
        { id: 1, cpus: [4, 5, 6, 7] },
      ],
      memoryDevices: [{ model: 'dimm', sizeKiB: 512 * 1024, guestNode: 1 }],
    });
  });

  test.each([
    ['an object that ps cut', 'qemu-system-x86_64 -name x -object {"qom-type":"memory-back', 'command-cut'],
    ['a backend that is missing', 'qemu-system-x86_64 -name x -m 1G -numa node,memdev=m', 'backend-missing'],
    ['cells that do not hold it', 'qemu-system-x86_64 -name x -m 1G -numa node,mem=512', 'cells-memory'],
    ['more vCPUs than there can be', 'qemu-system-x86_64 -name x -smp 8,maxcpus=4', 'vcpu-count'],
    ['a size that is none', 'qemu-system-x86_64 -name x -m 1X', 'size-invalid'],
  ])('refuses %s', (_, text, slug) => {
    expect(readDocument(text, 'f').parts).toEqual([]);
    expect(slugs(text)).toContain(slug);
  });

  test('of ps, each line is a VM with its process', () => {
    const text =
      ' 12 /usr/bin/qemu-system-x86_64 -name guest=a -m 64\nroot 13 1 0 10:00 ? 00:00 qemu-kvm -name b -m 64\n 14 grep qemu-kvm -name\n';
    expect(readDocument(text, 'f').parts.map(({ facts }: any) => [facts.name, facts.pid])).toEqual([
      ['a', 12],
      ['b', 13],
    ]);
  });
});

describe('a change of a command line', () => {
  const text = `sudo qemu-system-x86_64 \\
  -name x -m 1G \\
  -object memory-backend-ram,size=512M,host-nodes=0,id=a \\
  -object '{"qom-type":"memory-backend-ram","id":"b","size":536870912,"host-nodes":[0]}'
`;
  test('is of one value, in a list or in JSON', () => {
    const changes = [
      { path: '/object[1]/host-nodes', value: '1' },
      { path: '/object[2]/host-nodes', value: '3' },
      { path: '/m', value: '2G' },
    ];
    expect(qemuCmdline.edit!(text, 'f', changes).value).toBe(
      text.replace('host-nodes=0', 'host-nodes=1').replace('[0]', '[3]').replace('-m 1G', '-m 2G'),
    );
    expect(qemuCmdline.edit!(text, 'f', []).value).toBe(text);
  });
  test('is refused where there is no such value, or it would need quotes', () => {
    expect(qemuCmdline.edit!(text, 'f', [{ path: '/object[3]/size', value: '1' }]).value).toBeNull();
    expect(qemuCmdline.edit!(text, 'f', [{ path: '/m', value: '1 -S' }]).value).toBeNull();
  });
});
