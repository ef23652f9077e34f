export { GuestFiles } from './guest-files.ts';
export type { FileStat, Read } from './guest-files.ts';
export type { Errno, Written } from './node.ts';
export type { Outside } from './outside.ts';
export { OpenLine } from './open-line.ts';
