export { GuestShell } from './shell.ts';
export type { LineResult } from './shell.ts';
export type { FilesToRead, ShellHost } from './host.ts';
