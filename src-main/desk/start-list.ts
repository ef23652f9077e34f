/** The lists of the start screen. Examples are read once; the others are looked up whenever they are asked for. */
import { visible } from '../../shared/errors/index.ts';
import { DEFAULT_TICK_MS } from '../../shared/model/default.ts';
import { stat } from 'node:fs/promises';
import type { StartInfo } from '../../shared/protocol/index.ts';
import type { FoundJournal, RecentFiles } from '../store/index.ts';
import { findJournals, textHash } from '../store/index.ts';
import type { OpenedDocument } from './document.ts';
import type { Example } from './example.ts';

export interface StartListParts {
  readonly examples: readonly Example[];
  readonly recent: RecentFiles;
  readonly journalFolder: string;
  opened(): readonly OpenedDocument[];
}

export class StartLists {
  readonly #parts: StartListParts;
  #journals: { readonly found: Promise<readonly FoundJournal[]>; readonly untilMs: number } | null = null;

  constructor(parts: StartListParts) {
    this.#parts = parts;
  }

  /** A journal was left, taken or deleted here. */
  journalsChanged(): void {
    this.#journals = null;
  }

  async info(): Promise<StartInfo> {
    const { examples, recent, journalFolder, opened } = this.#parts;
    const [files, journals] = await Promise.all([recent.list(), this.#found(journalFolder)]);
    return {
      examples: examples.map(({ info }) => info),
      recent: await Promise.all(
        files.map(async ({ id, name, path }) => ({
          id,
          name: visible(name),
          place: visible(path),
          missing: await stat(path).then(
            (found) => !found.isFile(),
            () => true,
          ),
        })),
      ),
      open: opened().map(({ id, session: { state }, viewers, dirty }) => ({
        id,
        name: state.name,
        tick: state.tick,
        tickMs: state.tickMs,
        playing: state.playing,
        windows: viewers.size,
        dirty,
      })),
      recoverable: journals.filter(isWorthRecovering).map((journal) => ({
        id: journal.id,
        name: visible(journal.name),
        place: journal.place === null ? null : visible(journal.place),
        tick: journal.tick,
        tickMs: tickMsOf(journal.text),
        commands: journal.given.length,
        savedAtMs: journal.atMs,
      })),
    };
  }

  /** What other processes leave is seen within seconds. */
  #found(folder: string): Promise<readonly FoundJournal[]> {
    const nowMs = performance.now();
    if (this.#journals === null || this.#journals.untilMs < nowMs)
      this.#journals = { found: findJournals(folder), untilMs: nowMs + JOURNALS_FOR_MS };
    return this.#journals.found;
  }
}

const JOURNALS_FOR_MS = 5000;

/** Something was not saved, or the run had begun. */
export const isWorthRecovering = ({ text, saved, tick }: FoundJournal): boolean => saved !== textHash(text) || tick > 0;

/** Read loosely: the scenario is read in earnest when it is recovered. */
function tickMsOf(text: string): number {
  try {
    const { tickMs } = JSON.parse(text) as { tickMs?: unknown };
    return typeof tickMs === 'number' ? tickMs : DEFAULT_TICK_MS;
  } catch {
    return DEFAULT_TICK_MS;
  }
}
