/** One handler for each request that the desk answers itself, or this does not compile. The others go to the run. */
import { CSV_FILES } from '../report/index.ts';
import type { CompareProgress } from '../../shared/model/comparison.ts';
import type { Answer, DeskRequestName } from '../../shared/protocol/index.ts';
import type { WorldEventType } from '../../shared/model/event.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/index.ts';
import { MAX_MARKS } from '../../shared/protocol/limit.ts';
import { unwritable, writeFiles } from '../store/index.ts';
import type { CheckedInput } from '../../shared/protocol/index.ts';
import type { Documents } from './documents.ts';
import type { OpenedDocument } from './document.ts';
import { documentFindings } from './findings.ts';
import { makeExport, reportHtml } from './export.ts';
import type { Previews } from './preview.ts';
import { RequestDenied } from '../runtime/index.ts';
import { saveDocument } from './save.ts';
import type { Shell } from './shell.ts';
import type { StartLists } from './start-list.ts';
import type { WindowLink } from './window-link.ts';

export type Handlers = {
  readonly [N in DeskRequestName]: (
    input: CheckedInput<N>,
    link: WindowLink,
    payload: Uint8Array,
  ) => Promise<Answer<N>>;
};

export interface HandlerParts {
  readonly shell: Shell;
  readonly documents: Documents;
  readonly lists: StartLists;
  readonly previews: Previews;
  /** Id of the document that a window showed before it was reloaded, or was opened for. */
  documentOf(window: string): string | null;
  /** The window shows this from now on. */
  show(link: WindowLink, document: OpenedDocument | null): void;
}

const DONE = { output: null };

/** What has a mark on the time axis. */
const MARKED: ReadonlySet<WorldEventType> = new Set([
  ...(['layoutCommitted', 'compactionStarted', 'compactionCompleted', 'compactionStalled'] as const),
  ...(['compactionCancelled', 'migrationStarted', 'migrationCompleted', 'migrationCancelled'] as const),
  'migrationFailed',
]);

export function createHandlers({ shell, documents, lists, previews, documentOf, show }: HandlerParts): Handlers {
  const done = async (work: Promise<void>): Promise<typeof DONE> => {
    await work;
    return DONE;
  };
  const vmOf = (document: OpenedDocument, vm: string): string => {
    if (document.session.state.inputs.guests.some(({ name }) => name === vm)) return vm;
    throw new RequestDenied('There is no VM of this name in the document.');
  };
  const exportable = (document: OpenedDocument) => ({
    name: document.name,
    record: () => document.session.ask('record', null),
    text: () => document.session.text(),
  });
  return {
    hello: async ({ protocol }, link) => {
      if (protocol !== PROTOCOL_VERSION) {
        const versions = `The page speaks version ${protocol} of the protocol, Pageshift version ${PROTOCOL_VERSION}`;
        throw new RequestDenied(`${versions}: load the page again.`);
      }
      const { kind, text, platform, version, dialogs, pdf } = shell;
      return {
        output: {
          protocol: PROTOCOL_VERSION,
          shell: { kind, text },
          platform,
          version,
          dialogs: dialogs !== null,
          savesIn: dialogs === null ? shell.documentsFolder : null,
          pdf: pdf !== null,
          document: documentOf(link.window),
          start: await lists.info(),
          tables: CSV_FILES,
        },
      };
    },
    attach: async ({ document: id }, link) => {
      const document = id === null ? null : documents.get(id);
      show(link, document);
      return { output: document === null ? null : document.state() };
    },

    'document.new': async (form, link) => ({
      output: await link.whileOpening((opening) => documents.openNew(form, opening)),
    }),
    'document.example': async ({ example }, link) => ({
      output: await link.whileOpening((opening) => documents.openExample(example, opening)),
    }),
    'document.open': async (_, link) => {
      if (shell.dialogs === null)
        throw new RequestDenied('There is no dialog to choose a file in: drop it on the window.');
      const path = await shell.dialogs.openFile(link.window);
      if (path === null) return { output: { document: null, diagnostics: [] } };
      return { output: await link.whileOpening((opening) => documents.openPath(path, opening)) };
    },
    'document.recent': async ({ recent }, link) => ({
      output: await link.whileOpening((opening) => documents.openRecent(recent, opening)),
    }),
    'document.recover': async ({ recovery }, link) => ({
      output: await link.whileOpening((opening) => documents.recover(recovery, opening)),
    }),
    'document.discardRecovery': async ({ recovery }) => done(documents.discardRecovery(recovery)),
    'document.import': async ({ files }, link) => ({
      output: await link.whileOpening((opening) => documents.openImport(files, opening)),
    }),
    'document.stopOpening': async (_, link) => {
      link.stopOpening();
      return DONE;
    },
    'document.save': async (asked, link) => {
      const document = link.shown();
      return await document.exclusively(async () => {
        const { place, diagnostics } = await saveDocument(document, asked, link.window, shell);
        if (place !== null) await documents.noteFile(place, document.name);
        return { output: { saved: place !== null, diagnostics } };
      });
    },
    'document.text': async (_, link) => ({
      output: null,
      payload: Buffer.from(await link.shown().session.text()),
    }),
    'document.findings': async ({ migration }, link) => ({
      output: await documentFindings(await link.shown().session.text(), migration),
    }),
    'document.changedOnDisk': async ({ reload }, link) => {
      const document = link.shown();
      return { output: await document.exclusively(() => documents.settleChange(document, reload)) };
    },
    'document.close': async ({ document: id, discard }, link) => {
      const document = documents.get(id);
      if (link.document === document) show(link, null);
      return await done(documents.close(document, discard));
    },

    'run.compare': async ({ vm, of }, link) => {
      const document = link.shown();
      const comparing = (progress: CompareProgress): void => link.comparing(progress);
      return { output: await document.session.compare(vmOf(document, vm), of, comparing) };
    },
    'run.cancelCompare': async (_, link) => done(link.shown().session.cancelCompare()),

    'view.watch': async ({ at, blocksOf }, link) => {
      const document = link.shown();
      link.watch({ at, blocksOf: blocksOf === null ? null : vmOf(document, blocksOf) });
      return DONE;
    },
    'view.ack': async ({ frame }, link) => {
      link.acknowledge(frame);
      return DONE;
    },
    'view.events': async ({ from, most }, link) => ({
      output: { from, events: link.shown().session.events.slice(from, from + most) },
    }),

    'run.overTime': async ({ document: id }) => {
      const { session } = documents.get(id);
      const { output: part } = await session.ask('view.series', { haveTick: null, stride: 0 });
      const { name, tick, tickMs, playing, inputs } = session.state;
      const events = session.events.filter(({ type }) => MARKED.has(type)).slice(-MAX_MARKS);
      return { output: { name, tick, tickMs, playing, vms: inputs.guests.map((vm) => vm.name), part, events } };
    },

    'export.make': async (asked, link) => {
      const { name, mime, content } = await makeExport(asked, exportable(link.shown()), shell.pdf);
      return { output: { name, mime }, payload: content };
    },
    'export.preview': async (_, link) => ({
      output: { path: previews.add(await reportHtml(exportable(link.shown())), Date.now()) },
    }),
    'export.write': async ({ name }, { window }, payload) => {
      if (shell.dialogs === null)
        throw new RequestDenied('There is no dialog to choose a place in: download the file.');
      // The message it came in is not kept while the person chooses.
      const content = payload.slice();
      const path = await shell.dialogs.saveFile(window, name);
      if (path === null) return { output: { saved: false, diagnostics: [] } };
      const refusal = await writeFiles([{ path, content }]).catch((error: NodeJS.ErrnoException) =>
        unwritable(error, path),
      );
      return { output: { saved: refusal === null, diagnostics: refusal === null ? [] : [refusal] } };
    },
  };
}
