/**
 * Opening, saving and leaving documents, as a person does it. The way differs between shells (their own dialogs, or the
 * page's), what is asked of main does not. All problems of an opening are kept, in `app.openProblems`.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import type { OpenReply } from '../../shared/protocol/document.ts';
import type { RequestInput } from '../../shared/protocol/request.ts';
import { download } from '../ui/download.ts';
import type { App, Opening } from './app.svelte.ts';
import { RequestError } from './connection.ts';
import { readFiles } from './dropped-file.ts';
import type { FileLike } from './dropped-file.ts';
import { filesIn, inFolder } from './dropped-folder.ts';
import type { DroppedItem } from './dropped-folder.ts';

/** Shows what was opened, or why it was not. Cancelled: nothing. @returns whether a document is shown now */
export async function show(app: App, reply: OpenReply | null): Promise<boolean> {
  if (reply === null) return false;
  if (reply.document === null) {
    app.openProblems = reply.diagnostics;
    if (hasErrors(reply.diagnostics) && app.document !== null) app.showDrawer('problems');
    return false;
  }
  await app.attach(reply.document);
  app.openProblems = reply.diagnostics;
  // It is in no view, so nothing else would tell of it.
  if (reply.diagnostics.some(({ slug }) => slug === 'vm-not-placed')) app.showDrawer('problems');
  return true;
}

/**
 * One at a time, with a notice meanwhile: a world is built and every law checked before there is something to show.
 * @param isNew what comes of it is nobody's yet, and is closed when the person gave up on it
 */
async function opening(app: App, what: string, isNew: boolean, ask: () => Promise<OpenReply | null>): Promise<boolean> {
  if (app.opening !== null) {
    const message = `${what} was not opened: ${app.opening.what} is being opened.`;
    const hint = 'Open it when that has come up.';
    // A second click asks for the same.
    if (what !== app.opening.what) app.note({ severity: 'warning', slug: 'opening-busy', message, where: {}, hint });
    return false;
  }
  const own: Opening = { what, sinceMs: performance.now() };
  app.opening = own;
  app.making = null;
  const reply = await ask();
  if (app.opening !== own) {
    const id = isNew ? (reply?.document ?? null) : null;
    if (id !== null) await app.attempt('close the document', 'document.close', { document: id, discard: true });
    return false;
  }
  try {
    const isShown = await show(app, reply);
    if (!isShown) app.heldKeys.drop();
    return isShown;
  } finally {
    app.opening = null;
    app.making = null;
  }
}

/** Gives up what is being opened. */
export function stopOpening(app: App): void {
  app.opening = null;
  app.making = null;
  app.heldKeys.drop();
  void app.attempt('give up the opening', 'document.stopOpening', {});
}

export const newDocument = async (app: App, form: RequestInput<'document.new'>): Promise<boolean> =>
  opening(app, form.name, true, () => app.attempt('make the scenario', 'document.new', form));

/** The form is on the start screen too; from there on it is the same. */
export const newDocumentDialog = (app: App): void => app.openDialog('new');

const nameOf = (list: readonly { readonly id: string; readonly name: string }[] | undefined, id: string): string =>
  list?.find((each) => each.id === id)?.name ?? '';

export const openExample = async (app: App, example: string): Promise<boolean> =>
  opening(app, nameOf(app.start?.examples, example), true, () =>
    app.attempt('open the example', 'document.example', { example }),
  );

export const openRecent = async (app: App, recent: string): Promise<boolean> =>
  opening(app, nameOf(app.start?.recent, recent), false, () =>
    app.attempt('open the file', 'document.recent', { recent }),
  );

export const recover = async (app: App, recovery: string): Promise<boolean> =>
  opening(app, nameOf(app.start?.recoverable, recovery), false, () =>
    app.attempt('recover the work', 'document.recover', { recovery }),
  );

export const discardRecovery = (app: App, recovery: string): Promise<unknown> =>
  app.attempt('discard the work', 'document.discardRecovery', { recovery });

/** A few names, or the folder they are all of. */
function whatOf(names: readonly string[]): string {
  const folder = names[0]?.includes('/') ? names[0].slice(0, names[0].indexOf('/')) : null;
  if (folder !== null && names.every((name) => name.startsWith(`${folder}/`))) return folder;
  return names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}

/** Hosts and VMs that become a scenario have no commands; the window then offers to rehearse a compaction of each VM. */
export async function importFiles(app: App, list: readonly FileLike[]): Promise<boolean> {
  app.reading = true;
  const { files, problems } = await readFiles(list).finally(() => (app.reading = false));
  if (problems.length === 0) {
    const what = whatOf(files.map(({ name }) => name));
    return opening(app, what, true, () => app.attempt('read the files', 'document.import', { files: [...files] }));
  }
  app.heldKeys.drop();
  app.openProblems = problems;
  if (app.document !== null) app.showDrawer('problems');
  return false;
}

/** By the shell's dialog where it has one, else by the page's. */
export async function openFile(app: App): Promise<void> {
  // Its own dialog asks first: what is being opened then is not known here.
  if (!app.hello?.dialogs) return await pickFiles(app);
  const reply = await app.attempt('open a file', 'document.open', {});
  app.opening = null;
  app.making = null;
  await show(app, reply);
}

/** Files and folders that were dropped. */
export async function importDropped(app: App, items: readonly DroppedItem[]): Promise<void> {
  app.reading = true;
  await importFiles(app, await filesIn(items).finally(() => (app.reading = false)));
}

/** All files of a folder: the keyboard's way to dropping it. */
export async function pickFolder(app: App): Promise<void> {
  const list = await chosenFiles(true);
  if (list.length > 0) await importFiles(app, list.map(inFolder));
}

/** The page's own file dialog: the keyboard's way to what a drop does. */
export async function pickFiles(app: App): Promise<void> {
  const list = await chosenFiles();
  if (list.length > 0) await importFiles(app, list);
}

function chosenFiles(folder = false): Promise<readonly File[]> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    if (folder) input.webkitdirectory = true;
    else input.accept = '.json,.xml,.txt,application/json,application/xml,text/xml,text/plain';
    input.addEventListener('change', () => resolve([...(input.files ?? [])]));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}

/** @returns whether it was saved; false too while the page asks for a name */
export async function save(app: App, as: boolean): Promise<boolean> {
  const { document, hello } = app;
  if (document === null) return false;
  if (!hello?.dialogs && (as || document.place === null)) {
    app.openDialog('saveAs');
    return false;
  }
  const reply = await saveAs(app, { as, name: null, overwrite: false });
  if (reply !== null && hasErrors(reply.diagnostics)) app.showDrawer('problems');
  return reply?.saved ?? false;
}

/** Problems are shown here and kept under Problems. */
export async function saveAs(
  app: App,
  input: RequestInput<'document.save'>,
): Promise<{ readonly saved: boolean; readonly diagnostics: readonly Diagnostic[] } | null> {
  const about = app.document?.id ?? null;
  const reply = await app.attempt('save the document', 'document.save', input);
  for (const problem of reply?.diagnostics ?? []) app.note(problem, about);
  return reply;
}

/** The document's text as a download of the browser. @returns whether it was begun */
export async function downloadText(app: App, name: string): Promise<boolean> {
  const about = app.document?.id ?? null;
  try {
    const { payload } = await app.connection.ask('document.text', {});
    download(name, 'application/json', payload.slice());
    return true;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const message = 'Could not download the document.';
    const slug = `request-${error.code}`;
    app.note({ severity: 'error', slug, message, where: {}, found: error.message }, about);
    return false;
  }
}

/** The file changed on disk: read it anew, or go on with what is here. */
export async function settleDisk(app: App, reload: boolean): Promise<void> {
  const reply = await app.attempt(reload ? 'read the file anew' : 'keep the document', 'document.changedOnDisk', {
    reload,
  });
  if (reload) await show(app, reply);
}

/** Compactions of all VMs become commands to come, as one change. */
export async function rehearse(app: App): Promise<void> {
  app.dismissRehearsal();
  app.scrub(null);
  await app.attempt('rehearse a compaction of each VM', 'run.rehearse', {});
}

/** One that no window need show, as the start screen lists it. What is not saved stays recoverable. */
export const closeOpenRun = (app: App, document: string): Promise<unknown> =>
  app.attempt('close the run', 'document.close', { document, discard: false });

/** Asks first where work would be lost. */
export async function close(app: App): Promise<void> {
  if (app.document === null) return;
  if (app.document.dirty) app.openDialog('close');
  else await closeNow(app, true);
}

/** @param discard false: what is not saved stays recoverable */
export async function closeNow(app: App, discard: boolean): Promise<void> {
  const id = app.document?.id;
  if (id === undefined) return;
  await app.attach(null);
  await app.attempt('close the document', 'document.close', { document: id, discard });
}
