/** A document changed by hand while it runs: the run begins anew, and undo brings back the run that stood, page for page. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { DocumentEdit } from '../../shared/schema/edit.ts';
import { canonicalText } from '../scenario/index.ts';
import type { CallableSession } from './fixture.ts';
import { callable, moving, small } from './fixture.ts';
import { runJob, startSession } from './index.ts';
import type { Scenario } from '../scenario/index.ts';
import { scenarioOf } from './fixture.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function start(scenario: Scenario): Promise<CallableSession> {
  const folder = mkdtempSync(join(tmpdir(), 'pageshift-edit-'));
  const options = { text: canonicalText(scenario), version: 'test', spillFolder: join(folder, 'spill') };
  const { session } = await startSession(options);
  open.push(async () => {
    await session!.close();
    expect(existsSync(options.spillFolder)).toBe(false);
    rmSync(folder, { recursive: true, force: true });
  });
  return callable(session!);
}

const edit = async (session: CallableSession, change: DocumentEdit, dry = false) =>
  (await session.ask('document.edit', { edit: change, dry })).output;
const ADD: DocumentEdit = { type: 'addVm', name: 'w', host: 'h', memoryMib: 32, vcpus: 1, shares: null };
const DIRTY: DocumentEdit = { type: 'dirty', vm: 'v', rateMibPerSec: 4, workingSetMib: 16 };

test('a change begins the run anew from the changed document; the text alone comes to the same', async () => {
  const session = await start(small());
  await session.step(6);
  const { edition } = session.state;
  const before = session.journal().text;
  expect(await edit(session, ADD, true)).toMatchObject({ done: false, diagnostics: [] });
  expect(session.state).toMatchObject({ tick: 6, edition });
  expect(await edit(session, ADD)).toMatchObject({ done: true });
  expect(session.state).toMatchObject({ tick: 0, undo: 'add VM w', settled: false });
  expect(session.state.edition).not.toBe(edition);
  expect(session.state.inputs.guests.map(({ name }) => name)).toEqual(['v', 'w']);
  expect(session.journal()).toMatchObject({ tick: 0, given: [] });
  expect(session.journal().text).not.toBe(before);
  await session.step(10);
  const alone = await runJob('run', {
    scenario: scenarioOf(session.journal().text),
    until: { converged: false, ticks: 10 },
    version: 'test',
  });
  expect((await session.record()).hash).toBe(alone.run!.record.hash);
  expect(session.events.length).toBe(alone.run!.record.events.length);
});

test('undo comes back to where the run stood, with the commands submitted, which are undone after it; redo goes there again', async () => {
  const session = await start(small({ commands: [] }));
  await session.step(4);
  expect(await session.submit({ type: 'compact', vm: 'v', nodes: [1], rateMiBps: 64 })).toBeNull();
  await session.step(3);
  const stood = { ...(await session.hashes()), text: session.journal().text };
  expect(await edit(session, DIRTY)).toMatchObject({ done: true });
  // What was submitted stays, at its time, and is no longer a person's to undo here.
  expect(session.journal()).toMatchObject({ given: [], tick: 0 });
  await session.step(2);
  const after = await session.hashes();

  await session.undo();
  expect(session.state).toMatchObject({ tick: 7, undo: 'compact v to node 1', redo: 'state what v writes' });
  expect({ ...(await session.hashes()), text: session.journal().text }).toEqual(stood);
  expect(session.events.length).toBeGreaterThan(0);

  await session.redo();
  expect(await session.hashes()).toEqual(after);
  expect(session.state).toMatchObject({ tick: 2, undo: 'state what v writes', redo: null });

  await session.undo();
  await session.undo();
  expect(session.state).toMatchObject({ tick: 4, undo: null, redo: 'compact v to node 1' });
  await session.redo();
  expect(session.state.redo).toBe('state what v writes');
  expect(
    await session.submit({
      type: 'setRegeneration',
      vm: 'v',
      regeneration: { enabled: false, grainKiB: 2048, delayMs: 0 },
    }),
  ).toBeNull();
  expect(session.state.redo).toBeNull();
});

test('two changes are undone one by one, and what is asked of the world is answered by the one that stands', async () => {
  const session = await start(moving({ commands: [] }));
  await edit(session, ADD);
  await edit(session, { type: 'link', link: 'l', rateMibPerSec: 32 });
  const links = async () => (await session.ask('document.stated', {})).output.links.map((link) => link.rateMibPerSec);
  expect(await links()).toEqual([32]);
  expect((await session.frame({ at: null, blocksOf: 'w' })).tick).toBe(0);
  await session.undo();
  expect(await links()).toEqual([64]);
  expect(session.state).toMatchObject({ undo: 'add VM w' });
  await session.undo();
  expect(session.state.undo).toBeNull();
  expect(session.journal().text).toBe(canonicalText(moving({ commands: [] })));
  await session.redo();
  await session.redo();
  expect(await links()).toEqual([32]);
});

test('a change that cannot be says why, and nothing has changed', async () => {
  const session = await start(small());
  await session.step(5);
  const before = { ...(await session.hashes()), ...session.journal() };
  const { done, diagnostics } = await edit(session, { ...ADD, memoryMib: 9000 });
  expect(done).toBe(false);
  expect(diagnostics).toMatchObject([{ severity: 'error', slug: 'vm-larger-than-host' }]);
  expect({ ...(await session.hashes()), ...session.journal() }).toEqual(before);
});
