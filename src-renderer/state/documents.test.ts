import { expect, test, vi } from 'vitest';
import type { Diagnostic } from '../../shared/errors/index.ts';
import { fileNameProblem } from '../app/file-name.ts';
import type { App } from './app.svelte.ts';
import { HeldKeys } from './held-keys.ts';
import { fileStem, scenarioFile } from '../../shared/view/export-name.ts';
import { close, importFiles, openExample, openRecent, rehearse, save, show } from './documents.ts';

const error: Diagnostic = { severity: 'error', slug: 'xml-truncated', message: 'm', where: {} };
const warning: Diagnostic = { ...error, severity: 'warning', slug: 'odd' };

function fakeApp(more: object = {}): App & { attach: ReturnType<typeof vi.fn> } {
  return {
    ...{
      document: null,
      opening: null,
      heldKeys: new HeldKeys(),
      start: { examples: [{ id: 'e', name: 'An example' }] },
      hello: { dialogs: false },
      openProblems: [],
    },
    ...{ attach: vi.fn(), attempt: vi.fn(), note: vi.fn(), showDrawer: vi.fn(), openDialog: vi.fn() },
    ...more,
  } as unknown as App & { attach: ReturnType<typeof vi.fn> };
}

test('what was opened is shown, with what it warned of', async () => {
  const app = fakeApp();
  expect(await show(app, { document: 'd1', diagnostics: [warning] })).toBe(true);
  expect(app.attach).toHaveBeenCalledWith('d1');
  expect(app.openProblems).toEqual([warning]);
});

test('what was not opened leaves the window as it was, and says why', async () => {
  const app = fakeApp({ document: { id: 'before' } });
  expect(await show(app, { document: null, diagnostics: [error, warning] })).toBe(false);
  expect(app.attach).not.toHaveBeenCalled();
  expect(app.openProblems).toEqual([error, warning]);
  expect(app.showDrawer).toHaveBeenCalledWith('problems');
});

test('a cancelled dialog is no problem', async () => {
  const app = fakeApp({ document: { id: 'before' } });
  expect(await show(app, { document: null, diagnostics: [] })).toBe(false);
  expect(app.showDrawer).not.toHaveBeenCalled();
});

test('one is opened at a time, with a notice meanwhile', async () => {
  const reply = Promise.withResolvers<unknown>();
  const app = fakeApp({ attempt: vi.fn().mockReturnValue(reply.promise) });
  const first = openExample(app, 'e');
  expect(app.opening).toMatchObject({ what: 'An example' });
  expect(await openExample(app, 'e')).toBe(false);
  expect(app.note).not.toHaveBeenCalled();
  expect(await openExample(app, 'other')).toBe(false);
  expect(app.note).toHaveBeenCalledWith(expect.objectContaining({ slug: 'opening-busy' }));
  expect(app.attempt).toHaveBeenCalledTimes(1);
  reply.resolve({ document: 'd1', diagnostics: [] });
  expect(await first).toBe(true);
  expect(app.attach).toHaveBeenCalledWith('d1');
  expect(app.opening).toBeNull();
});

test.each([
  ['an example is closed again', openExample, true],
  ['a file goes on, as it may have been open before', openRecent, false],
])('given up on, nothing is shown; %s', async (_, open, closes) => {
  const reply = Promise.withResolvers<unknown>();
  const app = fakeApp({ attempt: vi.fn().mockReturnValueOnce(reply.promise).mockResolvedValue(null) });
  const first = open(app, 'e');
  app.opening = null;
  reply.resolve({ document: 'd1', diagnostics: [] });
  expect(await first).toBe(false);
  expect(app.attach).not.toHaveBeenCalled();
  const closed = ['close the document', 'document.close', { document: 'd1', discard: true }];
  expect(vi.mocked(app.attempt).mock.calls.slice(1)).toEqual(closes ? [closed] : []);
});

test('files that are too large never reach main', async () => {
  const app = fakeApp();
  const file = { name: 'disk.img', size: 2 ** 33, text: () => Promise.resolve('') };
  expect(await importFiles(app, [file])).toBe(false);
  expect(app.attempt).not.toHaveBeenCalled();
  expect(app.openProblems.map(({ slug }) => slug)).toEqual(['drop-file-too-large']);
});

test('files that were imported are asked for by their text alone', async () => {
  const attempt = vi.fn().mockResolvedValue({ document: 'd1', diagnostics: [], files: [] });
  const app = fakeApp({ attempt });
  const file = { name: 'vm.xml', size: 1, text: () => Promise.resolve('x') };
  expect(await importFiles(app, [file])).toBe(true);
  expect(attempt.mock.calls).toEqual([
    ['read the files', 'document.import', { files: [{ name: 'vm.xml', text: 'x' }] }],
  ]);
});

test('a rehearsal that is accepted is one change, and not offered again', async () => {
  const app = fakeApp({ dismissRehearsal: vi.fn(), scrub: vi.fn() });
  await rehearse(app);
  expect(vi.mocked(app.attempt).mock.calls.map(([, name, input]) => [name, input])).toEqual([['run.rehearse', {}]]);
  expect(app.dismissRehearsal).toHaveBeenCalledOnce();
});

test('saving asks for a name only where the shell does not and there is none', async () => {
  const saved = { saved: true, diagnostics: [] };
  const unplaced = { id: 'd', place: null };
  const web = fakeApp({ document: unplaced, attempt: vi.fn().mockResolvedValue(saved) });
  expect(await save(web, false)).toBe(false);
  expect(web.openDialog).toHaveBeenCalledWith('saveAs');
  const native = fakeApp({ document: unplaced, hello: { dialogs: true }, attempt: vi.fn().mockResolvedValue(saved) });
  expect(await save(native, false)).toBe(true);
  const placed = fakeApp({ document: { id: 'd', place: 'x' }, attempt: vi.fn().mockResolvedValue(saved) });
  expect(await save(placed, false)).toBe(true);
  expect(placed.attempt).toHaveBeenCalledWith('save the document', 'document.save', {
    ...{ as: false, name: null, overwrite: false },
  });
});

test('closing asks only when there is something to lose', async () => {
  const dirty = fakeApp({ document: { id: 'd', dirty: true } });
  await close(dirty);
  expect(dirty.openDialog).toHaveBeenCalledWith('close');
  expect(dirty.attempt).not.toHaveBeenCalled();
  const clean = fakeApp({ document: { id: 'd', dirty: false } });
  await close(clean);
  expect(clean.attempt).toHaveBeenCalledWith('close the document', 'document.close', { document: 'd', discard: true });
});

test('a name that is suggested is one that every system takes', () => {
  for (const name of ['Two sockets, five VMs', '  ../../etc/passwd ', 'Größe 16 GiB', '…'])
    expect(fileNameProblem(scenarioFile(fileStem(name)))).toBe(null);
});

test.each(['', '  ', ' a', 'a/b', 'a\\b', 'a:b', '..', 'tab\there', 'x'.repeat(201)])('%j is no file name', (name) => {
  expect(fileNameProblem(name)).not.toBe(null);
});
