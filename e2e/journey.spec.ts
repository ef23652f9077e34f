/**
 * What the application is for: a real two-socket host, compacted; a live migration; guests that converge; accounts that
 * close to the page; the past looked at; a command taken back and given again; a report that says what the screen says.
 */
import { readFileSync } from 'node:fs';
import { countOf } from './count.ts';
import { expect, test } from './fixture.ts';
import { referenceRun } from './reference.ts';
import { madeScenario } from './scenario.ts';

test('two sockets: compact, converge, close to the page, look back', async ({ application, ui }) => {
  test.setTimeout(180_000);
  const { page } = ui;
  await ui.openExample('Two sockets, five VMs to compact');
  const vms = await ui.vmNames();
  expect(vms).toHaveLength(5);
  expect(await ui.standing()).toMatchObject({ tick: 0 });

  const atBoot = await ui.hostUse();
  await ui.compact({ vm: 'mail', node: 0 });
  const settled = await ui.playUntilSettled(150_000);
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
  await expect.poll(() => readFileSync(path, 'utf8')).toContain('"mail"');
  const { tick, chain } = referenceRun(readFileSync(path, 'utf8'), settled.tick);
  expect({ tick, chain: chain.slice(0, 8) }).toEqual(settled);
});

test('two hosts: a live migration, foretold and then seen', async ({ ui }) => {
  test.setTimeout(120_000);
  await ui.openExample('From two sockets to four nodes');
  await ui.migrate({ vm: 'monitor', host: 'four-node' });
  await ui.playUntilSettled(90_000);
  await ui.show('Migrations');
  // The one given here, and the scenario's own.
  await expect(ui.view.getByText('monitor').first()).toBeVisible();
  await expect(ui.view.getByText('shop').first()).toBeVisible();
  await ui.show('Host');
  const use = await ui.hostUse();
  expect(use.find(({ name }) => name.startsWith('two-socket'))).toBeDefined();
  for (const vm of ['shop', 'monitor']) {
    await ui.showVm(vm, 'Accounting');
    await ui.expectAccountsClose(vm);
  }
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

test('a command is taken back, and given again, in words', async ({ ui }) => {
  await ui.importFiles([{ name: 'quick.pageshift.json', text: QUICK }]);
  await ui.step();
  const given = await ui.standing();
  const before = await ui.hostUse();
  await ui.compact({ vm: 'one', node: 1 });
  const after = await ui.playUntilSettled();
  const compacted = await ui.hostUse();
  expect(compacted).not.toEqual(before);

  const undo = ui.page.getByRole('button', { name: /^Undo compact one to node 1/ });
  await expect(undo).toBeEnabled();
  await undo.click();
  await expect.poll(() => ui.standing()).toEqual(given);
  expect(await ui.hostUse()).toEqual(before);

  const redo = ui.page.getByRole('button', { name: /^Redo compact one to node 1/ });
  await redo.click();
  await expect(redo).toBeDisabled();
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
