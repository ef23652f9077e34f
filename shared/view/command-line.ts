/**
 * Shell commands that do on a real host what is shown here, or look at it: libvirt's virsh and the numactl package,
 * one line for a POSIX shell each.
 *
 * (a) Names are data: whatever a name contains, it stays one word of the shell and never becomes an option.
 * (b) virsh takes a name of digits for the id of a running domain. Such a VM is looked up by its name first.
 */
import type { HostNodeRow, VmHostRow } from './host.ts';
import { idList } from './id-list.ts';

/** A word as a POSIX shell takes it. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The argument of virsh that names the VM. */
function domain(vm: string): string {
  if (!/^\d+$/.test(vm)) return vm.startsWith('-') ? `--domain=${shellWord(vm)}` : shellWord(vm);
  return `"$(virsh list --all --uuid --name | awk '$2 == "${vm}" { print $1 }')"`;
}

const nodeset = (nids: readonly number[]): string => idList([...nids].sort((a, b) => a - b));

export const dumpxmlCommand = (vm: string): string => `virsh dumpxml ${domain(vm)}`;

/** Binds a running VM's memory to host nodes. libvirt moves what is elsewhere only where the mode is not strict. */
export const numatuneCommand = (vm: string, nids: readonly number[]): string =>
  `virsh numatune ${domain(vm)} --nodeset ${nodeset(nids)} --live`;

/** Moves what the VM's QEMU has on some nodes to others. */
export const migratepagesCommand = (vm: string, from: readonly number[], to: readonly number[]): string =>
  `migratepages "$(cat ${shellWord(`/run/libvirt/qemu/${vm}.pid`)})" ${nodeset(from)} ${nodeset(to)}`;

/** Where each page of the VM's QEMU lies. */
export const numastatCommand = (vm: string): string =>
  `numastat -p "$(cat ${shellWord(`/run/libvirt/qemu/${vm}.pid`)})"`;

export interface LiveMigration {
  readonly vm: string;
  readonly toHost: string;
  /** 0: what the link gives. */
  readonly maxBandwidthMiBps: number;
}

export function virshMigrateCommand({ vm, toHost, maxBandwidthMiBps }: LiveMigration): string {
  const bandwidth = maxBandwidthMiBps > 0 ? ` --bandwidth ${Math.max(1, Math.round(maxBandwidthMiBps))}` : '';
  const uri = `qemu+ssh://${encodeURIComponent(toHost)}/system`;
  return `virsh migrate --live${bandwidth} ${domain(vm)} ${shellWord(uri)}`;
}

/** The pause that a migration under way may end with. */
export const setMaxDowntimeCommand = (vm: string, ms: number): string =>
  `virsh migrate-setmaxdowntime ${domain(vm)} ${Math.max(1, Math.round(ms))}`;

export const virshCancelCommand = (vm: string): string => `virsh domjobabort ${domain(vm)}`;

interface Places {
  readonly nodes: readonly Pick<HostNodeRow, 'host' | 'nid'>[];
  readonly vms: readonly Pick<VmHostRow, 'name' | 'host' | 'pages'>[];
}

/** What one could do with a VM on its host, and see of it there: each a line to copy. The first is always there. */
export function vmCommandLines({ nodes, vms }: Places, hosts: readonly string[], guest: number): readonly string[] {
  const vm = vms[guest];
  if (vm === undefined) return [];
  const own = nodes
    .map((node, i) => ({ nid: node.nid, host: node.host, pages: vm.pages[i]! }))
    .filter((n) => n.pages > 0);
  const fullest = own.reduce((best, each) => (each.pages > best.pages ? each : best), own[0] ?? null!);
  const others = own.filter((each) => each !== fullest).map(({ nid }) => nid);
  const gather =
    others.length === 0
      ? []
      : [numatuneCommand(vm.name, [fullest.nid]), migratepagesCommand(vm.name, others, [fullest.nid])];
  const away = hosts.filter((_, host) => host !== vm.host);
  return [
    dumpxmlCommand(vm.name),
    numastatCommand(vm.name),
    ...gather,
    ...away.slice(0, 1).map((toHost) => virshMigrateCommand({ vm: vm.name, toHost, maxBandwidthMiBps: 0 })),
  ];
}
