/** What the desk keeps in its data folder: journals of open documents, and the histories of their runs. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { discardJournal, findJournals, isJournalId, lockedIds, tidyJournals } from '../store/index.ts';
import { isWorthRecovering } from './start-list.ts';

export const journalFolder = (dataFolder: string): string => join(dataFolder, 'journal');

export const historyFolder = (dataFolder: string): string => join(dataFolder, 'history');

/** Removes what killed processes left and nobody can want: histories of runs, journals of what was only looked at. */
export async function tidyDataFolder(dataFolder: string): Promise<void> {
  const journals = journalFolder(dataFolder);
  await tidyJournals(journals);
  for (const journal of await findJournals(journals))
    if (!isWorthRecovering(journal)) await discardJournal(journals, journal.id);
  // Listed first: what another process makes from here on is no matter of ours.
  const histories = await readdir(historyFolder(dataFolder)).catch(() => []);
  const living = await lockedIds(journals);
  for (const id of histories)
    if (isJournalId(id) && !living.has(id))
      await rm(join(historyFolder(dataFolder), id), { recursive: true, force: true });
}
