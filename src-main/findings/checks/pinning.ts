/** Do vCPUs have the CPUs that they are meant to have? */
import { plural } from '../../../shared/view/number-format.ts';
import { idList } from '../../../shared/view/id-list.ts';
import type { Check, Hit, HostCheck, VmCheck } from '../check.ts';
import { plan, virsh } from '../check.ts';
import type { HostView, VmView } from '../view.ts';
import { cpus, nodes } from '../text.ts';

interface DedicatedCpu {
  readonly vm: VmView;
  readonly vcpu: number;
  readonly cpu: number;
}

function dedicatedCpus(vms: readonly VmView[]): DedicatedCpu[] {
  return vms.flatMap((vm) =>
    vm.vcpus.flatMap((vcpu) => {
      const cpu = vm.dedicatedCpu(vcpu);
      return cpu === null ? [] : [{ vm, vcpu, cpu }];
    }),
  );
}

const noSiblings = ({ facts }: HostView): string | null =>
  facts.cores === null ? 'which CPUs are threads of one core (virsh capabilities, or thread_siblings_list)' : null;

const pinNotExclusive: VmCheck = {
  id: 'pin-not-exclusive',
  title: 'Dedicated CPUs are also open to other VMs',
  rank: 16,
  source: 'ovirt.org, dedicated CPU; bugzilla.proxmox.com 7177',
  about: 'vm',
  find(vm) {
    if (vm.vcpus.length === 0 || !vm.isDedicated) return [];
    const own = vm.vcpus.map((vcpu) => vm.dedicatedCpu(vcpu)!).filter((cpu) => !vm.host.isIsolated(cpu));
    const open = vm.host.vms.flatMap((other) => {
      if (other === vm || !other.running) return [];
      const floating = other.vcpus.filter((vcpu) => other.dedicatedCpu(vcpu) === null);
      const lists = [...new Set(floating.map((vcpu) => other.cpusOf(vcpu)))].map((list) => new Set(list));
      const shared = own.filter((cpu) => lists.some((list) => list.has(cpu)));
      return shared.length === 0 ? [] : [{ name: other.name, shared }];
    });
    if (open.length === 0) return [];
    const first = open[0]!;
    const others = open.length === 1 ? first.name : `${first.name} and ${plural(open.length - 1, 'other VM')}`;
    return [
      {
        severity: 'warning',
        vm,
        node: vm.host.nodeOfCpu(first.shared[0]!) ?? null,
        text: `${vm.name} has one CPU a vCPU, but ${others} may run on ${cpus(first.shared)} too. Its vCPUs then wait for a CPU that was meant to be theirs.`,
        remedy: [plan(`Keep other VMs off the CPUs of ${vm.name}`), virsh(`vcpupin ${first.name} <vcpu> <other cpus>`)],
      },
    ];
  },
};

const guestThreadsMismatch: VmCheck = {
  id: 'guest-threads-mismatch',
  title: 'Guest threads are not host siblings',
  rank: 17,
  source: 'kubevirt#4687 and #11749; pve-helpers#9',
  about: 'vm',
  needs: (vm) => (vm.facts.topology !== null && vm.facts.pins.size > 0 ? noSiblings(vm.host) : null),
  find(vm) {
    const { topology } = vm.facts;
    if (topology === null || vm.host.facts.cores === null) return [];
    if (topology.threads === 2) {
      for (const vcpu of vm.vcpus) {
        if (vcpu % 2 === 1) continue;
        const [a, b] = [vm.dedicatedCpu(vcpu), vm.dedicatedCpu(vcpu + 1)];
        if (a === null || b === null || vcpu + 1 >= vm.facts.vcpus) continue;
        const siblings = vm.host.siblingsOf(a)!;
        if (a !== b && siblings.length > 1 && !siblings.includes(b)) {
          return [
            {
              severity: 'warning',
              vm,
              node: vm.host.nodeOfCpu(a) ?? null,
              text: `${vm.name}: vCPUs ${vcpu} and ${vcpu + 1} are threads of one core to the guest, but run on CPUs ${a} and ${b}, which are not; siblings of CPU ${a}: ${idList(siblings)}. The guest schedules for a core that does not exist.`,
              remedy: [
                plan(`Reorder the pins of ${vm.name}`),
                virsh(`vcpupin ${vm.name} ${vcpu + 1} ${siblings.find((cpu) => cpu !== a)}`),
              ],
            },
          ];
        }
      }
      return [];
    }
    if (topology.threads !== 1) return [];
    const own = new Map(dedicatedCpus([vm]).map(({ cpu, vcpu }) => [cpu, vcpu]));
    for (const [cpu, vcpu] of own) {
      const sibling = vm.host.siblingsOf(cpu)!.find((other) => other !== cpu && own.has(other));
      if (sibling === undefined) continue;
      return [
        {
          severity: 'note',
          vm,
          node: vm.host.nodeOfCpu(cpu) ?? null,
          text: `${vm.name}: vCPUs ${vcpu} and ${own.get(sibling)} run on CPUs ${cpu} and ${sibling}, threads of one core, and the guest is told of two cores.`,
          remedy: [virsh(`edit ${vm.name}`)],
        },
      ];
    }
    return [];
  },
};

interface Meeting {
  readonly a: DedicatedCpu;
  readonly b: DedicatedCpu;
  more: number;
}

/** Pairs of VMs that meet on a CPU or core, each once, with where they first do. */
function meetings(host: HostView, meet: (a: DedicatedCpu) => readonly number[], within: boolean): Meeting[] {
  const all = dedicatedCpus(host.vms);
  const byCpu = new Map<number, { readonly b: DedicatedCpu; readonly at: number }[]>();
  for (const [at, b] of all.entries()) {
    const list = byCpu.get(b.cpu);
    if (list === undefined) byCpu.set(b.cpu, [{ b, at }]);
    else list.push({ b, at });
  }
  const pairs = new Map<string, Meeting>();
  for (const [i, a] of all.entries()) {
    for (const cpu of meet(a)) {
      for (const { b, at } of byCpu.get(cpu) ?? []) {
        if (at <= i || (a.vm === b.vm && !within)) continue;
        const key = JSON.stringify([a.vm.name, b.vm.name]);
        const pair = pairs.get(key);
        if (pair === undefined) pairs.set(key, { a, b, more: 0 });
        else pair.more++;
      }
    }
  }
  return [...pairs.values()];
}

const andMore = (more: number): string => (more === 0 ? '' : ` (and ${more} more)`);

const pinSiblingShared: HostCheck = {
  id: 'pin-sibling-shared',
  title: 'Two VMs own the two threads of one core',
  rank: 29,
  source: 'xapi-project/xen-api#6763',
  about: 'host',
  needs: (host) => (host.vms.some((vm) => vm.facts.pins.size > 0) ? noSiblings(host) : null),
  find(host) {
    if (host.facts.cores === null) return [];
    const meet = ({ cpu }: DedicatedCpu): number[] => host.siblingsOf(cpu)!.filter((other) => other !== cpu);
    return meetings(host, meet, false).map(({ a, b, more }): Hit => ({
      severity: 'warning',
      vm: a.vm,
      node: host.nodeOfCpu(a.cpu) ?? null,
      text: `CPUs ${a.cpu} and ${b.cpu} are threads of one core, and ${a.vm.name} has one, ${b.vm.name} the other${andMore(more)}. Sharing a core's threads costs 40 to 75 % of its capacity.`,
      remedy: [plan('Whole cores for each VM'), virsh(`vcpupin ${b.vm.name} ${b.vcpu} <cpu>`)],
    }));
  },
};

const emulatorPlacement: VmCheck = {
  id: 'emulator-placement',
  title: 'QEMU threads run on the wrong CPUs',
  rank: 30,
  source: 'Nova spec libvirt-emulator-threads-policy; Red Hat OVS-DPDK guide 13',
  about: 'vm',
  find(vm) {
    const { emulatorPin, realtime } = vm.facts;
    if (emulatorPin === null || emulatorPin.length === 0) return [];
    const where = [...new Set(emulatorPin.flatMap((cpu) => vm.host.nodeOfCpu(cpu) ?? []))];
    const near = vm.cpuNodes;
    const isAway = where.length > 0 && !where.some((nid) => near.includes(nid));
    const vcpuCpus = new Set(vm.vcpus.flatMap((vcpu) => vm.cpusOf(vcpu)));
    const isOnVcpus = realtime && emulatorPin.every((cpu) => vcpuCpus.has(cpu));
    if (!isAway && !isOnVcpus) return [];
    return [
      {
        severity: 'note',
        vm,
        node: where[0] ?? null,
        text: isAway
          ? `${vm.name}: QEMU's own threads are pinned to ${cpus(emulatorPin)} of ${nodes(where)}; its vCPUs run on ${nodes(near)}.`
          : `${vm.name} is a realtime VM, and QEMU's own threads are pinned to CPUs of its vCPUs (${cpus(emulatorPin)}); they take time from them.`,
        remedy: [virsh(`emulatorpin ${vm.name} <housekeeping CPUs of ${nodes(near)}> --config`)],
      },
    ];
  },
};

const pinSharedCpu: HostCheck = {
  id: 'pin-shared-cpu',
  title: 'One CPU is given to two vCPUs',
  rank: 33,
  source: 'reasoning: they take turns',
  about: 'host',
  find: (host) =>
    meetings(host, ({ cpu }) => [cpu], true).map(({ a, b, more }): Hit => ({
      severity: 'warning',
      vm: a.vm,
      node: host.nodeOfCpu(a.cpu) ?? null,
      text: `CPU ${a.cpu} is the only one of ${a.vm.name} vCPU ${a.vcpu} and of ${b.vm.name} vCPU ${b.vcpu}${andMore(more)}. They take turns.`,
      remedy: [plan('One CPU for each vCPU'), virsh(`vcpupin ${b.vm.name} ${b.vcpu} <cpu>`)],
    })),
};

const pinIsolatedRange: VmCheck = {
  id: 'pin-isolated-range',
  title: 'A range of isolated CPUs acts as one',
  rank: 42,
  source: 'access.redhat.com/solutions/2884991',
  about: 'vm',
  needs: (vm) => (!vm.floats && vm.host.facts.isolatedCpus === null ? 'which CPUs are isolated (/proc/cmdline)' : null),
  find(vm) {
    if (vm.floats) return [];
    const vcpu = vm.vcpus.find((one) => {
      const list = vm.cpusOf(one);
      return list.length >= 2 && list.every((cpu) => vm.host.isIsolated(cpu));
    });
    if (vcpu === undefined) return [];
    const list = vm.cpusOf(vcpu);
    return [
      {
        severity: 'warning',
        vm,
        node: vm.host.nodeOfCpu(list[0]!) ?? null,
        text: `${vm.name} vCPU ${vcpu} may run on ${cpus(list)}, all isolated (isolcpus). The kernel does not balance load there, so threads may pile up on one of them.`,
        remedy: [plan(`One CPU for each vCPU of ${vm.name}`), virsh(`vcpupin ${vm.name} ${vcpu} ${list[0]}`)],
      },
    ];
  },
};

const pinNoHousekeeping: HostCheck = {
  id: 'pin-no-housekeeping',
  title: 'No CPU is left for the host',
  rank: 43,
  source: 'Red Hat OpenStack Platform 15, Instances and Images Guide, 7.1',
  about: 'host',
  find(host) {
    const taken = new Set(dedicatedCpus(host.vms).map(({ cpu }) => cpu));
    if (host.cpus.length === 0 || !host.cpus.every((cpu) => taken.has(cpu))) return [];
    return [
      {
        severity: 'warning',
        text: `All ${plural(host.cpus.length, 'CPU')} of ${host.name} are given to single vCPUs. The host's own work and QEMU's threads take time from them.`,
        remedy: [plan('Reserve a core on each node'), virsh('vcpupin <vm> <vcpu> <cpus>')],
      },
    ];
  },
};

const cpusetTooNarrow: VmCheck = {
  id: 'cpuset-too-narrow',
  title: 'More vCPUs than CPUs they may use',
  rank: 45,
  source: 'reasoning: steal time',
  about: 'vm',
  find(vm) {
    if (vm.floats) return [];
    const union = new Set([...new Set(vm.vcpus.map((vcpu) => vm.cpusOf(vcpu)))].flat());
    if (union.size === 0 || union.size >= vm.facts.vcpus) return [];
    const list = [...union].sort((a, b) => a - b);
    return [
      {
        severity: 'warning',
        vm,
        node: vm.host.nodeOfCpu(list[0]!) ?? null,
        text: `${vm.name}: ${vm.facts.vcpus} vCPUs share ${plural(list.length, 'CPU')} (${idList(list)}). The guest sees steal time when all of them work.`,
        remedy: [virsh(`vcpupin ${vm.name} <vcpu> <more cpus>`), virsh(`setvcpus ${vm.name} ${list.length} --config`)],
      },
    ];
  },
};

export const pinningChecks: readonly Check[] = [
  pinNotExclusive,
  guestThreadsMismatch,
  pinSiblingShared,
  emulatorPlacement,
  pinSharedCpu,
  pinIsolatedRange,
  pinNoHousekeeping,
  cpusetTooNarrow,
];
