/** The application on loopback, for a browser. */
export { WEB_USAGE, webArguments, webOptions } from './argument.ts';
export type { WebArguments } from './argument.ts';
export { noDisplay } from './browser.ts';
export { probe } from './probe.ts';
export { runWebShell } from './run.ts';
export { openWebShell } from './shell.ts';
