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
export { readForeign } from './foreign.ts';
export { MAX_INPUT_BYTES, refuseTooLarge } from './input.ts';
export { readCapabilities } from './libvirt-capabilities/index.ts';
export { readDomain } from './libvirt-domain/index.ts';
export { printNumactlHardware, readNumactlHardware } from './numactl-hardware/index.ts';
export type { NumactlFacts } from './numactl-hardware/index.ts';
