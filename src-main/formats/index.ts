/** Foreign formats: text → facts and diagnostics, facts → text. Pure: no files, no clock; nothing throws. */
export { detectKind, KIND_NAMES } from './detect.ts';
export type { TextKind } from './detect.ts';
export type {
  CellFacts,
  Distances,
  HostFacts,
  HostNodeFacts,
  Interconnect,
  MemoryDeviceFacts,
  NumatuneMode,
  PagePool,
  VmFacts,
} from './facts.ts';
export { isGuestFile, readForeign } from './foreign.ts';
export type { ForeignFacts } from './foreign.ts';
export type {
  AddressRange,
  BootLogFacts,
  BuddyinfoFacts,
  FreeAreaFacts,
  GuestFileFacts,
  GuestFileKind,
  IomemFacts,
  NodeMeminfoFacts,
  PagetypeinfoFacts,
  ZoneFacts,
  ZoneinfoFacts,
} from './guest-facts.ts';
export { MAX_INPUT_BYTES, refuseTooLarge } from './input.ts';
export { readCapabilities } from './libvirt-capabilities/index.ts';
export { readDomain } from './libvirt-domain/index.ts';
export { readBuddyinfo } from './linux-buddyinfo/index.ts';
export { readBootLog } from './linux-dmesg/index.ts';
export { readIomem } from './linux-iomem/index.ts';
export { readNodeMeminfo } from './linux-node-meminfo/index.ts';
export { readPagetypeinfo } from './linux-pagetypeinfo/index.ts';
export { readZoneinfo } from './linux-zoneinfo/index.ts';
export { printNumactlHardware, readNumactlHardware } from './numactl-hardware/index.ts';
export type { NumactlFacts } from './numactl-hardware/index.ts';
