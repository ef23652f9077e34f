/** The formats that can be read. A new format is its own folder and one line here. */
export { libvirtCapabilities } from './libvirt-capabilities/read.ts';
export { libvirtDomain } from './libvirt-domain/read.ts';
export { linuxBuddyinfo } from './linux-buddyinfo/read.ts';
export { linuxDmesg } from './linux-dmesg/read.ts';
export { linuxIomem } from './linux-iomem/read.ts';
export { linuxNodeMeminfo } from './linux-node-meminfo/read.ts';
export { linuxPagetypeinfo } from './linux-pagetypeinfo/read.ts';
export { linuxZoneinfo } from './linux-zoneinfo/read.ts';
export { numactlHardware } from './numactl-hardware/read.ts';
export { virshFreecell } from './virsh-freecell/read.ts';
