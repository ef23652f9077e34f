/**
 * Starts a document: its journal, the thread of its run, and the document that has both. It is open, or there is every
 * reason why not and nothing is left behind.
 *
 * The journal begins before the run does, so that there is no moment in which a document could be lost.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { ThreadPlace } from '../runtime/index.ts';
import type { OpeningWatch, SessionOptions, SessionStart } from '../runtime/session-api.ts';
import { canonicalText, placementDiagnostics } from '../scenario/index.ts';
import type { FilePrint, FoundJournal } from '../store/index.ts';
import { dropJournal, Journal } from '../store/index.ts';
import { historyFolder, journalFolder } from './data-folder.ts';
import type { DocumentListener } from './document.ts';
import { OpenedDocument } from './document.ts';
import type { Source } from './source.ts';

export type StartSession = (options: SessionOptions) => Promise<SessionStart>;

/** What every document is started with. */
export interface StartParts {
  readonly startSession: StartSession;
  readonly threadPlace?: ThreadPlace;
  readonly version: string;
  readonly dataFolder: string;
  readonly listener: DocumentListener;
}

/** Where a new document comes from, besides its scenario. */
export interface Origin {
  readonly place: string | null;
  readonly saved: string | null;
  readonly print: FilePrint | null;
  /** What stands at its place is not what was last saved there. */
  readonly changedOnDisk?: true;
  readonly diagnostics: readonly Diagnostic[];
  /** It goes on where a journal ended. */
  readonly journal?: FoundJournal;
  /** See DocumentState. */
  readonly isImport?: boolean;
  /** Who waits for it. */
  readonly opening?: OpeningWatch;
}

export interface StartedDocument {
  readonly document: OpenedDocument | null;
  readonly diagnostics: readonly Diagnostic[];
}

export async function startDocument(
  parts: StartParts,
  { scenario, written }: Source,
  origin: Origin,
): Promise<StartedDocument> {
  const { startSession, threadPlace, version, dataFolder, listener } = parts;
  const text = canonicalText(scenario);
  const { place, saved, print, journal: found, opening } = origin;
  let document: OpenedDocument | null = null;
  const early: Error[] = [];
  const failed = (error: Error): void => {
    if (document === null) early.push(error);
    else document.journalFailed(error);
  };
  const state = {
    name: scenario.name,
    place,
    saved,
    text,
    given: found?.given ?? [],
    rescheduled: found?.rescheduled ?? null,
    tick: found?.tick ?? 0,
  };
  const journal = await Journal.begin(journalFolder(dataFolder), state, failed, found?.id).catch((error: Error) => {
    early.push(error);
    return null;
  });
  const id = journal?.id ?? found?.id ?? randomUUID();
  let start: SessionStart;
  try {
    start = await startSession({
      text,
      version,
      spillFolder: join(historyFolder(dataFolder), id),
      ...(found === undefined ? {} : { toTick: found.tick, given: found.given, rescheduled: found.rescheduled }),
      ...(opening === undefined ? {} : { opening }),
      ...(threadPlace === undefined ? {} : { threadPlace }),
    });
  } catch (error) {
    await forgo(dataFolder, journal, found);
    throw error;
  }
  if (start.session === null) {
    await forgo(dataFolder, journal, found);
    if (opening?.signal.aborted === true) return { document: null, diagnostics: [] };
    const short = placementDiagnostics(start.problems, scenario, written?.name ?? '', written?.text ?? null);
    const told = written === null ? short.map((d) => ({ ...d, where: withoutFile(d) })) : short;
    return { document: null, diagnostics: [...origin.diagnostics, ...told] };
  }
  const { session } = start;
  document = new OpenedDocument(
    {
      ...{ id, session, journal, place, saved, print, problems: origin.diagnostics },
      changedOnDisk: origin.changedOnDisk === true,
      isImport: origin.isImport === true,
    },
    listener,
  );
  for (const error of early) document.journalFailed(error);
  return { document, diagnostics: origin.diagnostics };
}

/** Nothing came of a journal that was begun; one that was taken is left for another attempt. */
async function forgo(dataFolder: string, journal: Journal | null, found: FoundJournal | undefined): Promise<void> {
  if (found === undefined) await journal?.remove();
  else if (journal === null) await dropJournal(journalFolder(dataFolder), found.id);
  else await journal.release();
}

const withoutFile = ({ where: { path } }: Diagnostic): Diagnostic['where'] => (path === undefined ? {} : { path });
