/** The application on loopback, for a browser. */
export { readWebArguments, WEB_USAGE, webArguments, webOptions } from './argument.ts';
export type { WebArguments } from './argument.ts';
export { noDisplay } from './browser.ts';
export type { Desktop } from './browser.ts';
export { probe } from './probe.ts';
export type { Probe } from './probe.ts';
export { runWebShell } from './run.ts';
export { openWebShell } from './shell.ts';
export type { WebShell, WebShellOptions } from './shell.ts';
