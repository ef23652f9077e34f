/** Files that survive a crash: text in, results out whole or not at all, journals of open documents, recent files. */
export { readText, readTextStream } from './read-file.ts';
export { headOf, keepEarlier, overInput, standingAt, unwritable, writeFiles } from './write-file.ts';
export type { OutFile } from './write-file.ts';
