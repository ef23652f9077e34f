export { assumedHost, linuxVm } from './assumed-host.ts';
export { explainManaged } from './explain.ts';
export { guestFromLinuxFiles } from './guest.ts';
