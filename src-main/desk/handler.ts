/** The table of answers: one handler for each request of shared/protocol, or this does not compile. */
import { CSV_FILES } from '../report/index.ts';
import type { CompareProgress } from '../../shared/model/comparison.ts';
import type { RequestName, RequestReply } from '../../shared/protocol/index.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/index.ts';
import { unwritable, writeFiles } from '../store/index.ts';
import type { Checked } from './door.ts';
import type { Documents } from './documents.ts';
import type { OpenedDocument } from './document.ts';
import { makeExport, reportHtml } from './export.ts';
import type { Previews } from './preview.ts';
import { Refusal } from './refusal.ts';
import { saveDocument } from './save.ts';
import type { Shell } from './shell.ts';
import type { StartLists } from './start-list.ts';
import type { Reply, WindowLink } from './window-link.ts';

export type Handlers = {
  readonly [N in RequestName]: (
    input: Checked<N>,
    link: WindowLink,
    payload: Uint8Array,
  ) => Promise<Reply<RequestReply<N>>>;
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

const MAX_NAME_CHARS = 100;
const DONE: Reply<null> = { output: null };

export function createHandlers({ shell, documents, lists, previews, documentOf, show }: HandlerParts): Handlers {
  const done = async (work: Promise<void>): Promise<Reply<null>> => {
    await work;
    return DONE;
  };
  const vmOf = (document: OpenedDocument, vm: string): string => {
    if (document.session.state.inputs.guests.some(({ name }) => name === vm)) return vm;
    throw new Refusal('There is no VM of this name in the document.');
  };
  const exportable = (document: OpenedDocument) => ({
    name: document.name,
    record: () => document.session.record(),
    text: () => document.session.text(),
  });
  return {
    hello: async ({ protocol }, link) => {
      if (protocol !== PROTOCOL_VERSION) {
        const versions = `The page speaks version ${protocol} of the protocol, Pageshift version ${PROTOCOL_VERSION}`;
        throw new Refusal(`${versions}: load the page again.`);
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

    'document.new': async (form) => ({ output: await documents.openNew(form) }),
    'document.example': async ({ example }) => ({ output: await documents.openExample(example) }),
    'document.open': async (_, { window }) => {
      if (shell.dialogs === null) throw new Refusal('There is no dialog to choose a file in: drop it on the window.');
      const path = await shell.dialogs.openFile(window);
      return { output: path === null ? { document: null, diagnostics: [] } : await documents.openPath(path) };
    },
    'document.recent': async ({ recent }) => ({ output: await documents.openRecent(recent) }),
    'document.recover': async ({ recovery }) => ({ output: await documents.recover(recovery) }),
    'document.discardRecovery': async ({ recovery }) => done(documents.discardRecovery(recovery)),
    'document.import': async ({ files, rehearsal }) => ({ output: await documents.openImport(files, rehearsal) }),
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
    'document.rename': async ({ name }, link) => {
      const document = link.shown();
      if (name.length > MAX_NAME_CHARS || /[\u0000-\u001f\u007f]/.test(name))
        throw new Refusal(`A name has at most ${MAX_NAME_CHARS} characters, and no control characters.`);
      return await done(document.session.rename(name));
    },
    'document.changedOnDisk': async ({ reload }, link) => {
      const document = link.shown();
      return { output: await document.exclusively(() => documents.settleChange(document, reload)) };
    },
    'document.close': async ({ document: id, discard }, link) => {
      const document = documents.get(id);
      if (link.document === document) show(link, null);
      return await done(documents.close(document, discard));
    },

    'run.play': async ({ ticksPerSec }, link) => done(link.shown().session.play(ticksPerSec)),
    'run.pause': async (_, link) => done(link.shown().session.pause()),
    'run.step': async ({ ticks }, link) => done(link.shown().session.step(ticks)),
    'run.command': async ({ command }, link) => {
      return { output: { rejection: await link.shown().session.give(command) } };
    },
    'run.undo': async (_, link) => {
      const { session } = link.shown();
      if (session.state.undo === null) throw new Refusal('There is nothing to undo.');
      return await done(session.undo());
    },
    'run.redo': async (_, link) => {
      const { session } = link.shown();
      if (session.state.redo === null) throw new Refusal('There is nothing to do again.');
      return await done(session.redo());
    },
    'run.cancel': async (_, link) => done(link.shown().session.cancel()),
    'run.check': async (_, link) => ({ output: await link.shown().session.check() }),
    'run.hashes': async (_, link) => ({ output: await link.shown().session.hashes() }),
    'run.forecast': async ({ command }, link) => ({ output: await link.shown().session.forecast(command) }),

    'shell.run': async ({ vm, line }, link) => {
      const document = link.shown();
      return { output: await document.session.shell(vmOf(document, vm), line) };
    },
    'shell.stop': async ({ vm }, link) => {
      const document = link.shown();
      return await done(document.session.stopShell(vmOf(document, vm)));
    },
    'shell.complete': async ({ vm, line }, link) => {
      const document = link.shown();
      return { output: await document.session.completeShell(vmOf(document, vm), line) };
    },
    'view.layouts': async ({ vm }, link) => {
      const document = link.shown();
      return { output: { layouts: await document.session.layouts(vmOf(document, vm)) } };
    },
    'view.layout': async ({ vm, seq }, link) => {
      const document = link.shown();
      const { bytes, ...output } = await document.session.layout(vmOf(document, vm), seq);
      return { output, payload: bytes };
    },
    'view.commits': async ({ vm }, link) => {
      const document = link.shown();
      return { output: { commits: await document.session.commits(vmOf(document, vm)) } };
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
    'view.frame': async ({ at }, link) => {
      const { tick, bytes } = await link.shown().session.frame({ at, blocksOf: null });
      return { output: { tick }, payload: bytes };
    },
    'view.tiles': async ({ vm, fromPfn, pages }, link) => {
      const document = link.shown();
      const { bytes, ...output } = await document.session.tiles(vmOf(document, vm), fromPfn, pages);
      return { output, payload: bytes };
    },
    'view.series': async ({ haveTick, stride }, link) => ({
      output: await link.shown().session.series(haveTick, stride),
    }),
    'view.events': async ({ from, most }, link) => ({
      output: { from, events: await link.shown().session.events(from, most) },
    }),

    'export.make': async (asked, link) => {
      const { name, mime, content } = await makeExport(asked, exportable(link.shown()), shell.pdf);
      return { output: { name, mime }, payload: content };
    },
    'export.preview': async (_, link) => ({
      output: { path: previews.add(await reportHtml(exportable(link.shown())), Date.now()) },
    }),
    'export.write': async ({ name }, { window }, payload) => {
      if (shell.dialogs === null) throw new Refusal('There is no dialog to choose a place in: download the file.');
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
