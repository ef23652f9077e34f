/** Foreign formats: text → facts and diagnostics, facts → text. Pure: no files, no clock; nothing throws. */
export type { Distances, HostFacts, HostNodeFacts, MemoryDeviceFacts, PagePool, VmFacts } from './facts.ts';
export type { ForeignDocument, ForeignFacts, ForeignPart, Recognised } from './foreign.ts';
export { changeDomain } from './libvirt-domain/change.ts';
export { printVm } from './vm-out/vm-out.ts';
export type { VmForm } from './vm-out/vm-out.ts';
export type { VmToPrint } from './vm-out/form.ts';
export {
  formatById,
  hasRole,
  isOf,
  notReadNote,
  readDocument,
  readForeign,
  recognise,
  runsInGuests,
} from './foreign.ts';
export type { Change, Facts, Format, Role, RoleFacts } from './format.ts';
export { tableText } from './acpi-table/table.ts';
export { hostStateOf } from './host-state.ts';
export { MAX_INPUT_BYTES, refuseTooLarge } from './input.ts';
export type { BuddyinfoFacts, FreeAreaFacts } from './linux-buddyinfo/read.ts';
export type { BootLogFacts } from './linux-dmesg/read.ts';
export type { IomemFacts } from './linux-iomem/read.ts';
export type { NodeMeminfoFacts } from './linux-node-meminfo/read.ts';
export type { PagetypeinfoFacts } from './linux-pagetypeinfo/read.ts';
export type { AddressRange } from './linux-text.ts';
export type { ZoneFacts, ZoneinfoFacts } from './linux-zoneinfo/read.ts';
export type * from './measured.ts';
export { NO_MIGRATION } from './measured.ts';
export { processOf } from './measured.ts';
export * from './registry.ts';
