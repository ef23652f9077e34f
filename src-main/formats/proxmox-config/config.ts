/**
 * The text of a Proxmox VM's configuration (`qm config ID`, /etc/pve/qemu-server/ID.conf) as its lines. Only what stands before the first
 * section is the VM as it is: `[PENDING]` and snapshots repeat the keys.
 */
import { eachLine } from '../linux-text.ts';

export interface ConfigLine {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** Keys of qemu-server's schema; those with a number behind them may have it. */
const KEYS = new Set(
  (
    'acpi affinity agent allow-ksm amd-sev arch args audio autostart balloon bios boot bootdisk cdrom cicustom cipassword citype ciupgrade ciuser ' +
    'cores cpu cpulimit cpuunits description digest efidisk freeze hookscript hostpci hotplug hugepages ide intel-tdx ipconfig ivshmem ' +
    'keephugepages keyboard kvm localtime lock machine memory meta migrate_downtime migrate_speed name nameserver net numa ' +
    'onboot ostype parallel parent protection reboot rng running-nets-host-mtu runningcpu runningmachine sata scsi scsihw searchdomain serial shares ' +
    'smbios smp snaptime sockets spice_enhancements sshkeys startdate startup tablet tags tdf template tpmstate unused usb ' +
    'vcpus vga virtio virtiofs vmgenid vmstate vmstatestorage watchdog'
  ).split(' '),
);
const LINE = /^([a-z][\w-]{1,30}):\s*(.*)$/;
/** Keys of which one must be there: they say how large the VM is, or that it is one. */
const DECIDING = /^(?:memory|cores|sockets|numa\d*|hugepages|ostype|scsihw|vmgenid|smbios1|affinity|balloon)$/;
const MIN_LINES = 2;

const isKey = (key: string): boolean => KEYS.has(key.replace(/\d+$/, ''));

/** Lines of the VM itself; `sections` are the lines on which others begin. */
export function configOf(text: string): {
  readonly lines: readonly ConfigLine[];
  readonly sections: readonly number[];
  readonly others: readonly number[];
} {
  const lines: ConfigLine[] = [];
  const sections: number[] = [];
  const others: number[] = [];
  eachLine(text, (each, line) => {
    if (/^\[[^\]]{1,60}\]/.test(each.trim())) sections.push(line);
    if (sections.length > 0 || each.trim() === '' || each.startsWith('#')) return;
    const match = LINE.exec(each.trim());
    if (match !== null && isKey(match[1]!)) lines.push({ key: match[1]!, value: match[2]!.trim(), line });
    else others.push(line);
  });
  return { lines, sections, others };
}

/** Whether a text is one: nearly all of its lines are keys of it, and one of them says what the VM is. */
export function isConfig(text: string): boolean {
  if (!/^(?:memory|cores|sockets|numa\d?|hugepages|ostype|scsihw|vmgenid|smbios1|affinity|balloon): /m.test(text))
    return false;
  const { lines, others } = configOf(text.slice(0, 65_536));
  return lines.length >= MIN_LINES && others.length * 3 <= lines.length && lines.some(({ key }) => DECIDING.test(key));
}

/** `cpus=0-3;8,memory=4096`: properties by name. */
export const propertiesOf = (value: string): ReadonlyMap<string, string> =>
  new Map(
    value.split(',').flatMap((part) => {
      const at = part.indexOf('=');
      return at === -1 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1).trim()] as const];
    }),
  );
