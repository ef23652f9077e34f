/**
 * Files that survive a crash: text read, results written as a whole or not at all, journals of open documents, recent
 * files.
 */
export { filePrint, FileWatch, MISSING, printOf } from './file-watch.ts';
export type { FilePrint } from './file-watch.ts';
export {
  discardJournal,
  dropJournal,
  findJournals,
  isJournalId,
  Journal,
  lockedIds,
  takeJournal,
  textHash,
  tidyJournals,
} from './journal.ts';
export type { FoundJournal, JournalState } from './journal.ts';
export { isArchive, readArchive } from './archive.ts';
export { dropLock, takeLock } from './lock.ts';
export { readText, readTextStream } from './read-file.ts';
export { RecentFiles } from './recent.ts';
export { headOf, keepEarlier, overInput, standingAt, unwritable, writableFolder, writeFiles } from './write-file.ts';
export type { OutFile } from './write-file.ts';
