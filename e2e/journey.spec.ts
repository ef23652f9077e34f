/**
 * What the application is for: a real two-socket host, compacted; a live migration; guests that converge; accounts that
 * close to the page; the past looked at; a command undone and redone; a report that says what the screen says.
 * The two shipped examples, with a quarter of their memory, run in one shell: they take longest, and each step of theirs is
 * made in both shells by a spec of a smaller world, here and in files, windows and recovery.
 */
import { countOf } from './count.ts';
import { expect, IN_WEB, test } from './fixture.ts';
import { referenceRun } from './reference.ts';
import { savedText } from './saved-file.ts';
import { madeScenario, reducedExample } from './scenario.ts';

test('two sockets: compact, converge, close to the page, look back', IN_WEB, async ({ application, ui }) => {
  // On a busy machine it is the run itself that waits.
  test.setTimeout(360_000);
  const { page } = ui;
  await ui.importLarge([{ name: 'two-socket.pageshift.json', text: reducedExample('two-socket-compact', 4) }]);
  const vms = await ui.vmNames();
  expect(vms).toHaveLength(5);
  expect(await ui.standing()).toMatchObject({ tick: 0 });

  const atBoot = await ui.hostUse();
  await ui.compact({ vm: 'mail', node: 0 });
  const settled = await ui.playUntilSettled(300_000);
  expect(await ui.hostUse()).not.toEqual(atBoot);

  for (const vm of vms) {
    await ui.showVm(vm, 'Accounting');
    await ui.expectAccountsClose(vm);
  }

  // The past: every view as of that tick, and back.
  const accounts = await ui.accounts();
  await ui.lookAtTheBeginning();
  expect(await ui.accounts()).not.toEqual(accounts);
  await ui.expectAccountsClose(vms.at(-1)!);
  await ui.show('Host');
  expect(await ui.hostUse()).toEqual(atBoot);
  await ui.backToNow();
  await ui.show('Accounting');
  expect(await ui.accounts()).toEqual(accounts);
  expect(await ui.standing()).toEqual(settled);

  // The file alone reproduces the run.
  const path = await application.saving(page, 'compacted.pageshift.json', () => ui.command('Save as…'));
  const { tick, chain } = referenceRun(await savedText(path, '"mail"'), settled.tick);
  expect({ tick, chain: chain.slice(0, 8) }).toEqual(settled);
});

test('two hosts: a live migration, forecast and then seen', IN_WEB, async ({ ui }) => {
  test.setTimeout(240_000);
  await ui.importLarge([{ name: 'four-node.pageshift.json', text: reducedExample('two-to-four-migrate', 4) }]);
  const forecast = await ui.migrate({ vm: 'monitor', host: 'four-node' });
  await ui.playUntilSettled(200_000);
  await ui.show('Migrations');
  // The one submitted here, and the scenario's own.
  const moves = (await ui.moves()).filter(({ move }) => move === 'migration');
  expect(moves).toEqual([
    expect.objectContaining({ VM: 'shop', way: 'two-socket → four-node', state: 'done' }),
    expect.objectContaining({
      VM: 'monitor',
      way: 'two-socket → four-node',
      state: 'done',
      forecast: forecast.time,
    }),
  ]);
  for (const vm of ['shop', 'monitor']) {
    await ui.showVm(vm, 'Accounting');
    await ui.expectAccountsClose(vm);
  }
  // All that was on the first host is on the second.
  await ui.show('Host');
  const use = await ui.hostUse();
  const used = (host: string): readonly string[] =>
    use.filter(({ name }) => name === host).map(({ text }) => /: ([^,]+) used by VMs/.exec(text)![1]!);
  expect(used('two-socket')).toEqual(['0 MiB', '0 MiB']);
  expect(used('four-node')).not.toContain('0 MiB');
});

test('a migration that is cancelled leaves the source as it was', IN_WEB, async ({ ui }) => {
  const text = madeScenario({
    name: 'Called off',
    nodes: 2,
    nodeMemoryMiB: 1024,
    vms: [{ name: 'stays', memoryMiB: 512 }],
    hosts: 2,
  });
  await ui.importFiles([{ name: 'cancelled.pageshift.json', text }]);
  const before = await ui.hostUse();
  await ui.migrate({ vm: 'stays', host: 'lab-2' });
  await ui.step();
  await ui.step();
  await ui.show('Migrations');
  expect(await ui.moves()).toEqual([expect.objectContaining({ VM: 'stays', move: 'migration', way: 'lab → lab-2' })]);
  expect(await ui.hostUse()).not.toEqual(before);
  await ui.command('Cancel the migration of stays');
  await expect.poll(async () => (await ui.moves())[0]!.state).toBe('cancelled');
  expect(await ui.hostUse()).toEqual(before);
  await ui.showVm('stays', 'Accounting');
  await ui.expectAccountsClose('stays', 512 * 256);
});

const QUICK = madeScenario({
  name: 'Quick to converge',
  nodes: 2,
  nodeMemoryMiB: 1024,
  vms: [
    { name: 'one', memoryMiB: 256 },
    { name: 'two', memoryMiB: 128, node: 0 },
  ],
  meanMs: 1000,
});

test('a command is undone and redone, each named in words', async ({ ui }) => {
  await ui.importFiles([{ name: 'quick.pageshift.json', text: QUICK }]);
  await ui.step();
  const submitted = await ui.standing();
  const before = await ui.hostUse();
  await ui.compact({ vm: 'one', node: 1 });
  const after = await ui.playUntilSettled();
  const compacted = await ui.hostUse();
  expect(compacted).not.toEqual(before);

  const undo = ui.page.getByRole('button', { name: /^Undo compact one to node 1/ });
  await expect(undo).toBeEnabled();
  await undo.click();
  await expect.poll(() => ui.standing()).toEqual(submitted);
  expect(await ui.hostUse()).toEqual(before);

  const redo = ui.page.getByRole('button', { name: /^Redo compact one to node 1/ });
  await redo.click();
  // Redone, and nothing under way any more.
  await expect(undo).toBeEnabled();
  await ui.playUntilSettled();
  expect(await ui.standing()).toEqual(after);
  expect(await ui.hostUse()).toEqual(compacted);
});

test('the report says what the screen says', async ({ application, ui }) => {
  await ui.importFiles([{ name: 'quick.pageshift.json', text: QUICK }]);
  await ui.compact({ vm: 'one', node: 1 });
  const { tick } = await ui.playUntilSettled();
  await ui.showVm('one', 'Accounting');
  const accounts = await ui.accounts();

  const json = await ui.export(application, 'JSON');
  const record = JSON.parse(json.bytes.toString('utf8')) as {
    readonly tick: number;
    readonly guests: readonly { readonly name: string; readonly nodes: readonly Record<string, number>[] }[];
  };
  expect(record.tick).toBe(tick);
  const nodes = record.guests.find(({ name }) => name === 'one')!.nodes;
  expect(nodes).toHaveLength(accounts.nodes.rows.length);
  for (const row of accounts.nodes.rows) {
    expect(nodes.find(({ nid }) => nid === countOf(row['node']!))).toMatchObject({
      presentPages: countOf(row['present']!),
      managedPages: countOf(row['managed']!),
      freePages: countOf(row['free']!),
      pcpPages: countOf(row['per-CPU']!),
      allocatedPages: countOf(row['allocated']!),
      reservedPages: countOf(row['reserved']!),
    });
  }

  const csv = (await ui.export(application, 'CSV')).bytes.toString('utf8');
  expect(csv.split('\n').length).toBeGreaterThan(2);

  const html = (await ui.export(application, 'HTML')).bytes.toString('utf8');
  expect(html).toMatch(/^<!doctype html>/i);
  const text = html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/[\u2009\u202f]/g, '');
  for (const row of accounts.nodes.rows) expect(text).toContain(String(countOf(row['present']!)));
});
