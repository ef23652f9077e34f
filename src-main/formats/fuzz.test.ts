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
  'qemu-cmdline': `$ ps -eo pid,args
 3740 /usr/bin/qemu-system-x86_64 -name guest=vm,debug-threads=on -S -m 256 -smp 2,maxcpus=4,sockets=2 -object {"qom-type":"memory-backend-file","id":"ram-node0","mem-path":"/dev/hugepages1G/x","size":134217728,"host-nodes":[0,1],"policy":"bind"} -numa node,nodeid=0,cpus=0,cpus=2-3,memdev=ram-node0 -object memory-backend-ram,id=ram-node1,size=128M,host-nodes=1,policy=preferred -numa node,nodeid=1,cpus=1,memdev=ram-node1 -numa dist,src=0,dst=1,val=21 -uuid 00000000-0000-4000-8000-000000000012
`,
  'acpi-table': `00000000  53 4c 49 54 35 00 00 00  01 48 42 4f 43 48 53 20  |SLIT5....HBOCHS |
00000010  42 58 50 43 20 20 20 20  01 00 00 00 42 58 50 43  |BXPC    ....BXPC|
00000020  01 00 00 00 03 00 00 00  00 00 00 00 0a 15 1f 15  |................|
00000030  0a 29 1f 29 0a                                    |.).).|
00000035
`,
  'dmidecode-memory':
    '# dmidecode 3.4\n\nHandle 0x1100, DMI type 17, 40 bytes\nMemory Device\n\tSize: 6656 MB\n\tLocator: DIMM 0\n\nHandle 0x1101, DMI type 17, 40 bytes\nMemory Device\n\tSize: No Module Installed\n',
  'esxtop-batch':
    '"(PDH-CSV 4.0) (UTC)(0)","\\\\esx01\\Memory\\Machine MBytes","\\\\esx01\\Group Memory(19:vm)\\Memory Size MBytes","\\\\esx01\\Group Memory(19:vm)\\NUMA % Local"\n"05/15/2018 02:13:06","262098","65536.00","62"\n',
  'hwloc-xml': `<topology version="2.0">
<object type="Machine" os_index="0"><info name="Architecture" value="x86_64"/>
<object type="Package" os_index="0" cpuset="0x3"><object type="NUMANode" os_index="0" cpuset="0x1" gp_index="5" local_memory="3101392896"><page_type size="4096" count="685496"/></object>
<object type="NUMANode" os_index="2" cpuset="0x2" gp_index="6" local_memory="1054928896"/>
<object type="Core" os_index="0"><object type="PU" os_index="0"/></object><object type="Core" os_index="1"><object type="PU" os_index="1"/></object></object></object>
<distances2 type="NUMANode" nbobjs="2" kind="5" name="NUMALatency" indexing="os"><indexes length="4">0 2 </indexes><u64values length="12">10 21 21 10 </u64values></distances2>
<memattr name="Latency" flags="6"><memattr_value target_obj_type="NUMANode" target_obj_gp_index="5" value="95" initiator_cpuset="0x1"/></memattr>
</topology>
`,
  'gather-head': '# pageshift gather 1\n# host: h\n# user: 0\n\n# failed: dmesg: not permitted\n\n# end: 1 seconds\n',
  'hyperv-numa':
    'NodeId                 : 0\nProcessorsAvailability : {94, 99}\nMemoryAvailable        : 3196\nMemoryTotal            : 4093\nComputerName           : HV01\n',
  'hyperv-placement': '[{"NodeId": 0, "VMName": "vm", "MemoryUsed": 16384, "IsDeleted": false}]\n',
  'kubelet-state':
    '{"policyName":"Static","machineState":{"0":{"memoryMap":{"hugepages-2Mi":{"total":4194304,"free":4194304},"memory":{"total":68719476736,"systemReserved":0,"free":1024}},"cells":[0]}},"entries":{"p":{"c":[{"numaAffinity":[0],"type":"memory","size":536870912}]}},"checksum":1}\n',
  'kubevirt-vm': `apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata: &m {name: vm, namespace: default}
spec:
  domain:
    cpu: {cores: 2, sockets: 2, dedicatedCpuPlacement: true}
    memory:
      guest: "4Gi"
      hugepages: {pageSize: 1Gi}
`,
  'likwid-topology':
    'STRUCT,Info,3,,,,,,\nNUMA domains:,2,,,,,,,\nSTRUCT,NUMA Topology 0,5,,,,,,\nDomain:,0,,,,,,,\nProcessors:,0,1,2,3,,,,\nDistances:,10,21,,,,,,\nFree memory:,2436.79 MB,,,,,,,\nTotal memory:,2957.72 MB,,,,,,,\nDomain:,1,,,,,,,\nProcessors:,4,5,,,,,,\nDistances:,21,10,,,,,,\n',
  'linux-meminfo':
    '$ cat /proc/meminfo\nMemTotal:        6605824 kB\nMemFree:         4048736 kB\nHugePages_Total:     180\nHugepagesize:       2048 kB\n',
  lscpu: `$ lscpu
Architecture:                            x86_64
CPU op-mode(s):                          32-bit, 64-bit
CPU(s):                                  4
On-line CPU(s) list:                     0-3
Thread(s) per core:                      2
NUMA node(s):                            2
NUMA node0 CPU(s):                       0-1
NUMA node1 CPU(s):                       2,3

# The following is the parsable format, which can be fed to other
# CPU,Core,Socket,Node,,L1d
0,0,0,0,,0
1,0,0,0,,0
2,1,1,1,,1
`,
  lsmem:
    'RANGE SIZE STATE REMOVABLE BLOCK NODE ZONES\n0x0000000000000000-0x0000000007ffffff 128M online yes 0 0 None\n0x0000000100000000-0x000000013fffffff 1G online yes 32-39 1 Normal\nMemory block size:       128M\n',
  'lstopo-text': `Machine (P#0 total=6605824KB HostName=h Architecture=x86_64)
  Package L#0 (P#0 total=4058908KB)
    NUMANode L#0 (P#0 local=3028704KB total=3028704KB)
    Core L#0 (P#0)
      PU L#0 (P#0)
      PU L#1 (P#1)
  Package L#1 (P#1 total=1030204KB)
    NUMANode(GPUMemory) L#1 (P#8 local=1030204KB total=1030204KB)
    L2 L#1 (512KB) + Core L#1 (P#1) + PU L#2 (P#2)
Relative latency matrix (name NUMALatency kind 5) between 2 NUMANodes (depth -3) by logical indexes:
  index     0     1
      0    10    21
      1    21    10
`,
  'mlc-matrix':
    'Intel(R) Memory Latency Checker - v3.9\nMeasuring idle latencies (in ns)...\n\t\tNuma node\nNuma node\t 0\t 1\n 0\t 82.2\t 129.6\n 1\t 131.1\t 81.6\n',
  'node-resource-topology': `apiVersion: topology.node.k8s.io/v1alpha2
kind: NodeResourceTopology
metadata:
  name: n
zones:
- name: node-0
  type: Node
  costs: [{name: node-0, value: 10}]
  resources:
  - {name: cpu, capacity: "24", available: 12}
  - {name: memory, capacity: 68590714880}
`,
  'nova-topology':
    '| {\n|  "nova_object.name": "NUMATopology",\n|  "nova_object.data": {"cells": [{"nova_object.data": {"id": 0, "cpuset": [0, 1], "pcpuset": [2], "memory": 3856, "siblings": [[0, 1]], "mempages": [{"nova_object.data": {"total": 987231, "size_kb": 4},}],},}]}\n| }\n',
  'numactl-show':
    'policy: default\npreferred node: current\nphyscpubind: 0 1 2 3 \ncpubind: 0 1 \nnodebind: 0 1 \nmembind: 0 1 \npreferred: \n',
  'proxmox-config':
    'name: vm\ncores: 2\nsockets: 2\nmemory: 8192\nnuma: 1\nnuma0: cpus=0-1,hostnodes=0,memory=4096,policy=bind\nnuma1: cpus=2;3,hostnodes=0;1,memory=4096,policy=preferred\naffinity: 0-7,32\nhugepages: 1024\n',
  'rvtools-host':
    'Host,# CPU,Cores per CPU,# Cores,# Memory,HT Active,Memory usage %\nesx01,2,16,32,"785,964",True,71\n',
  'rvtools-vm':
    'VM;Powerstate;Template;CPUs;Memory;Host\nvm;poweredOn;False;8;16.384;esx01\n"v;m\n2";poweredOff;True;2;4096;esx01\n',
  'rvtools-vm-state':
    'VM,Powerstate,Template,CPUs,Sockets,Cores p/s,Hot Add,Host\nvm,poweredOn,False,8,2,4,False,esx01\n',
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
const ELSEWHERE = ['libvirt-pid', 'linux-iomem', 'linux-node-meminfo', 'linux-pagetypeinfo', 'linux-zoneinfo'];

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
    // RVTools knows no nodes: that is told of every host.
    expect(diagnostics.filter(({ severity, slug }) => severity !== 'note' && slug !== 'nodes-assumed')).toEqual([]);
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
