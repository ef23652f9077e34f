/**
 * Seeded mutations of small samples of every format: no exception, no negative size and no NaN, a value or an error and never
 * both, and none that takes over a second of processor time. PAGESHIFT_FUZZ sets how many.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasErrors } from '../../shared/errors/index.ts';
import { FORMATS } from './foreign.ts';
import { readDocument } from './index.ts';

/** The shortest texts that are of each format; their first line is the command that printed them. */
const SAMPLES: Readonly<Record<string, string>> = {
  'numactl-hardware': `$ numactl -H
available: 2 nodes (0-1)
node 0 cpus: 0-3 (4)
node 0 size: 64000 MB
node 0 free: 1117 MB
node 1 cpus:
node 1 size: 32000 MB
node 1 free: 63 MB
node distances:
node   0   1
  0:  10  21
  1:  21  10
`,
  'numastat-process': `$ numastat -p qemu
Per-node process memory usage (in MBs)
PID                              Node 0          Node 1           Total
----------------------  --------------- --------------- ---------------
3729 (qemu-system-x86)            22.09           19.36           41.45
3740 (qemu-system-x86)           161.84          131.70          293.54
----------------------  --------------- --------------- ---------------
Total                            183.93          151.06          334.99
`,
  'numastat-node': `$ numastat -cm
Per-node system memory usage (in MBs):
Token SwapCached not in hash table.
                 Node 0 Node 1 Total
                 ------ ------ -----
MemTotal           2958   2487  5445
MemFree            2075   1043  3118
Active(file)         10     20    30
`,
  'linux-numa-maps': `$ cat /proc/3740/numa_maps
55fabcc86000 default file=/usr/bin/qemu-system-x86_64 dirty=1031 mapmax=6 N0=1031 kernelpagesize_kB=4
7f17cbe00000 prefer (many):1 anon=32768 dirty=32768 active=0 N1=32768 kernelpagesize_kB=4
7f17e1800000 bind:0 file=/dev/hugepages/libvirt/qemu/2-vm/qemu_back_mem.ram-node0.QSLL8t\\040(deleted) huge anon=64 N0=64 kernelpagesize_kB=2048
`,
  'virsh-freepages':
    '# virsh freepages --all\nNode 0:\n4KiB: 555578\n2048KiB: 80\n1048576KiB: 0\n\nNode 1:\n4KiB: 23\n2048KiB: 3\n',
  'virsh-freecell':
    '# virsh freecell --all\n    0:    2225176 KiB\n    1:     926216 KiB\n--------------------\nTotal:    3151392 KiB\n',
  'virsh-domstats': `# virsh domstats
Domain: 'vm'
  state.state=1
  balloon.current=196608
  balloon.maximum=196608
  vcpu.current=2
  vcpu.0.state=1
  vcpu.0.time=10930000000
  dirtyrate.calc_status=2
  dirtyrate.calc_period=1
  dirtyrate.megabytes_per_second=30
`,
  'virsh-vcpuinfo': `# virsh vcpuinfo vm
VCPU:           0
CPU:            1
State:          running
CPU time:       5.4s
CPU Affinity:   -y--

VCPU:           1
CPU:            N/A
State:          N/A
CPU time        N/A
CPU Affinity:   yyyy
`,
  'virsh-vcpupin': '# virsh vcpupin vm\n VCPU   CPU Affinity\n----------------------\n 0      1\n 1      0-3,5\n',
  'virsh-emulatorpin':
    '# virsh emulatorpin vm\nemulator: CPU Affinity\n----------------------------------\n       *: 0,4\n',
  'virsh-numatune': '# virsh numatune vm\nnuma_mode      : strict\nnuma_nodeset   : 0-1\n',
  'virsh-domjobinfo': `# virsh domjobinfo vm
Job type:         Unbounded
Operation:        Outgoing migration
Time elapsed:     6167         ms
Memory processed: 177.115 MiB
Memory remaining: 23.812 MiB
Memory total:     256.508 MiB
Memory bandwidth: 30.020 MiB/s
Dirty rate:       1322         pages/s
Page size:        4096         bytes
Iteration:        3
Expected downtime: 1072         ms
`,
  'virsh-dominfo':
    '# virsh dominfo vm\nId:             1\nName:           vm\nState:          running\nCPU(s):         2\nMax memory:     1048576 KiB\nUsed memory:    1048576 KiB\n',
  'virsh-nodeinfo':
    '# virsh nodeinfo\nCPU model:           x86_64\nCPU(s):              8\nNUMA cell(s):        1\nMemory size:         12413140 KiB\n',
  'virsh-nodememstats': '# virsh nodememstats\ntotal  :              6605824 KiB\nfree   :              4044176 KiB\n',
  'virsh-list':
    '# virsh list --all\n Id   Name    State\n-----------------------\n 1    vm      running\n -    off     shut off\n',
  'virsh-dommemstat': '# virsh dommemstat vm\nactual 1048576\nlast_update 0\nrss 37940\n',
  'virsh-vcpucount':
    '# virsh vcpucount vm\nmaximum      config         4\nmaximum      live           4\ncurrent      live           2\n',
  'virsh-migrate-limit': '# virsh migrate-getmaxdowntime vm\n300\n',
  'qmp-migrate':
    '$ q\n{"return":{"status":"active","total-time":2176,"expected-downtime":300,"ram":{"total":268967936,"remaining":186564608,"transferred":69247515,"mbps":251.8,"dirty-sync-count":2,"dirty-pages-rate":7,"page-size":4096}},"id":"x"}\n',
  'qmp-dirty-rate':
    '$ q\n{"return": {"status": "measured", "dirty-rate": 30, "mode": "page-sampling", "calc-time": 1}}\n',
  'qmp-memdev':
    '$ q\n{"return":[{"share":false,"prealloc":true,"host-nodes":[0,1],"size":134217728,"policy":"bind","id":"ram-node1"}]}\n',
  'qmp-cpus': '$ q\n{"return": [{"thread-id": 3643, "props": {"node-id": 0}, "cpu-index": 0}]}\n',
  'qmp-hotpluggable-cpus': '$ q\n{"return": [{"props": {}, "vcpus-count": 1, "qom-path": "/x"}, {"vcpus-count": 1}]}\n',
  'qmp-migrate-parameters':
    '$ q\n{"return": {"downtime-limit": 300, "max-bandwidth": 31457280, "cpu-throttle-initial": 20}}\n',
  'qmp-migrate-capabilities': '$ q\n{"return":[{"state":true,"capability":"auto-converge"}]}\n',
  'hmp-migrate':
    '(qemu) info migrate\nglobals:\nstore-global-state: on\nMigration status: active\ntotal time: 2191 ms\ntotal ram: 262664 kbytes\nthroughput: 251.82 mbps\ndirty sync count: 2\n',
  'hmp-memdev':
    '(qemu) info memdev\nmemory backend: ram-node1\n  size:  134217728\n  policy: bind\n  host nodes: 0-1\n',
  'hmp-numa':
    '(qemu) info numa\n2 nodes\nnode 0 cpus: 0\nnode 0 size: 128 MB\nnode 0 plugged: 0 MB\nnode 1 cpus: 1\nnode 1 size: 128 MB\n',
  'linux-sysfs': `$ grep -r . /sys/devices/system/node /sys/kernel/mm/ksm
/sys/devices/system/node/online:0-1
/sys/devices/system/node/node0/cpulist:0-3
/sys/devices/system/node/node0/distance:10 21
/sys/devices/system/node/node0/meminfo:Node 0 MemTotal:        2546916 kB
/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages:140
/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages:12
/sys/devices/system/node/node1/distance:21 10
/sys/kernel/mm/ksm/run:1
/sys/kernel/mm/ksm/merge_across_nodes:1
`,
  'linux-process': '/usr/bin/qemu-system-x86_64 -name guest=db,debug-threads=on -S -m 1024 -smp 2',
  'linux-cmdline':
    '$ cat /proc/cmdline\nBOOT_IMAGE=/vmlinuz root=/dev/vda1 isolcpus=managed_irq,2-5 hugepagesz=2M hugepages=0:140,1:40 numa_balancing=disable\n',
  'linux-buddyinfo':
    '$ cat /proc/buddyinfo\nNode 0, zone      DMA      1      0      0      0      2      1      1      0      1      1      3\n',
  'linux-dmesg': `$ dmesg
[    0.000000] Linux version 6.1.0 (x)
[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
[    0.022946] Zone ranges:
[    0.022973]   DMA      [mem 0x0000000000001000-0x0000000000ffffff]
[    0.023639] Early memory node ranges
[    0.023669]   node   0: [mem 0x0000000000001000-0x000000000009efff]
[    0.087187] Memory: 1K/2K available (3K kernel code, 4K reserved)
`,
  domain: `# virsh dumpxml vm
<domain type='kvm' id='1'><name>vm</name><memory unit='GiB'>4</memory><vcpu cpuset='0-3,^2'>2</vcpu>
<cputune><vcpupin vcpu='0' cpuset='1'/></cputune><numatune><memory mode='strict' nodeset='0-1,'/></numatune>
<devices><hostdev type='pci'><source><address domain='0x0000' bus='0x3b' slot='0x00' function='0x0'/></source></hostdev></devices></domain>
`,
  capabilities:
    "# virsh capabilities\n<capabilities><host><topology><cells num='1'><cell id='0'><memory unit='KiB'>1024</memory><pages unit='KiB' size='2048'>0</pages><cpus num='1'><cpu id='0' socket_id='0' core_id='0' siblings='0'/></cpus></cell></cells></topology></host></capabilities>\n",
  'libvirt-fragment':
    "Look:\n<vcpu current='4'>8</vcpu>\n<cputune>\n<vcpupin vcpu='0' cpuset='0-3'/>  << here & there\n</cputune>\n",
  'libvirt-nodedev':
    "# virsh nodedev-dumpxml x\n<device><name>pci_0000_3b_00_0</name><capability type='pci'><domain>0</domain><bus>59</bus><slot>0</slot><function>0</function><numa node='1'/></capability></device>\n",
};

/** Kinds whose samples stand in foreign.test.ts, beside their own tests. */
const ELSEWHERE = ['linux-iomem', 'linux-node-meminfo', 'linux-pagetypeinfo', 'linux-zoneinfo'];

/** Numbers that no fact may have. */
function checkNumbers(value: unknown, path = ''): void {
  if (typeof value === 'number') {
    // A device whose node is not told has -1, as the kernel says it.
    const least = path.endsWith('/node') && path.includes('/devices/') ? -1 : 0;
    if (!Number.isFinite(value) || value < least) throw new Error(`${path} is ${value}`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) checkNumbers(each, `${path}/${key}`);
  }
}

const INSERTS = [
  ...[
    '\0',
    '\r',
    '\n',
    '\u00a0',
    '\u001b[31m',
    '<',
    '>',
    '"',
    "'",
    '&',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '=',
    '-',
    '^',
    '.',
  ],
  ...['0', '9', '-1', '1e9', '99999999999999999999', 'NaN', '__proto__', 'constructor', '\ufffd', '\ud800', '> ', '| '],
  ...['KiB', 'MB', 'node 1', 'N0=', '$ virsh list\n', '```\n', '<br>', '==> /proc/1/numa_maps <==\n'],
];

const mutated = fc
  .tuple(
    fc.array(fc.constantFrom(...Object.values(SAMPLES)), { minLength: 1, maxLength: 2 }),
    fc.array(
      fc.record({
        at: fc.nat(),
        remove: fc.nat(12),
        insert: fc.constantFrom('', ...INSERTS),
        repeat: fc.integer({ min: 1, max: 40 }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  )
  .map(([texts, edits]) =>
    edits.reduce((text, { at, remove, insert, repeat }) => {
      const offset = at % (text.length + 1);
      return text.slice(0, offset) + insert.repeat(repeat === 40 ? 40 : 1) + text.slice(offset + remove);
    }, texts.join('\n')),
  );

describe('samples of every format', () => {
  it('are there', () => {
    expect([...Object.keys(SAMPLES), ...ELSEWHERE].sort()).toEqual(FORMATS.map(({ id }) => id).sort());
  });

  it.each(Object.entries(SAMPLES))('%s is read', (kind, text) => {
    const { parts, diagnostics } = readDocument(text, 'f');
    expect(diagnostics.filter(({ severity }) => severity !== 'note')).toEqual([]);
    expect(parts.map(({ facts }) => facts.kind)).toEqual([kind]);
    checkNumbers(parts[0]!.facts);
    expect(parts[0]!.format.summary(parts[0]!.facts)).not.toMatch(/undefined|NaN|null/);
  });
});

const SEED = 20261129;
const RUNS = Number(process.env['PAGESHIFT_FUZZ'] ?? 20_000);

it(`${RUNS} mutated texts are read or refused: seed ${SEED}`, { timeout: 60_000 + RUNS * 10 }, () => {
  let slowest = 0;
  fc.assert(
    fc.property(mutated, (text) => {
      const before = process.cpuUsage();
      const { parts, diagnostics } = readDocument(text, 'f');
      const { user, system } = process.cpuUsage(before);
      slowest = Math.max(slowest, (user + system) / 1e6);
      if (parts.length > 0 && hasErrors(diagnostics)) throw new Error('facts beside an error');
      if (parts.length === 0 && !hasErrors(diagnostics)) throw new Error('neither facts nor an error');
      for (const { facts, format } of parts) {
        checkNumbers(facts);
        format.summary(facts);
      }
      for (const { where } of diagnostics) if (!(where.line! > 0)) throw new Error('a diagnostic without a line');
    }),
    { seed: SEED, numRuns: RUNS },
  );
  // Seconds of processor time, which other tests beside it do not lengthen.
  expect(slowest).toBeLessThan(1);
});
