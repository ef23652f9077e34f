export { assumedHost, linuxVm } from './assumed-host.ts';
export { explainManaged, type ManagedRow } from './explain.ts';
export { guestFromLinuxFiles } from './guest.ts';
export type { LinuxFile, LinuxGuest } from './guest.ts';
