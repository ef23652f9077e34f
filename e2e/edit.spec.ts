/** What a document states, changed by hand: the run begins anew, undo brings it back, errors stand beside what caused them. */
import { expect, IN_WEB, test } from './fixture.ts';
import type { Screen } from './screen.ts';

const nodes = [0, 1].map((nid) => ({ nid, cpus: nid === 0 ? '0-3' : '4-7', memoryMiB: 1024 }));
const SCENARIO = JSON.stringify({
  pageshift: 1,
  name: 'As it is',
  hosts: [
    { name: 'left', nodes: nodes.map((node) => ({ ...node, hugepages: [{ sizeKiB: 2048, count: 64, free: 12 }] })) },
    { name: 'right', nodes },
  ],
  links: [{ name: 'wire', hosts: ['left', 'right'], bandwidthMiBps: 1192, assumed: true }],
  vms: [
    {
      ...{ name: 'guessed', host: 'left', memoryMiB: 256, vcpus: 2, running: true },
      assumed: ['Where its memory lies: evenly over the nodes that its vCPUs may use, as no file states it.'],
    },
    {
      ...{ name: 'known', host: 'left', memoryMiB: 128, vcpus: 2, running: true, vcpupin: { 0: '0', 1: '1' } },
      measured: { nodes: [{ node: 0, memoryKiB: 131_072 }] },
    },
  ],
  notPlaced: [
    {
      reason: 'It names node 9, which the host does not have.',
      vm: {
        ...{ name: 'lost', host: 'left', memoryMiB: 64, vcpus: 1, running: false },
        ...{ placement: { mode: 'strict', nodes: [9] }, binding: { mode: 'strict', nodes: [9] } },
      },
    },
  ],
});
const open = (ui: Screen): Promise<void> => ui.importFiles([{ name: 'as-it-is.pageshift.json', text: SCENARIO }]);

test('what is assumed is marked in list, picture and dialog, and is given by hand; undo takes it back', async ({
  ui,
}) => {
  await open(ui);
  const { page } = ui;
  const vms = page.getByRole('region', { name: 'Virtual machines' });
  const row = vms.getByRole('listitem').filter({ hasText: 'guessed' });
  await expect(row).toContainText('placement assumed');
  await expect(vms.getByRole('listitem').filter({ hasText: 'known' })).not.toContainText('assumed');
  await expect(page.getByRole('button', { name: /^guessed.*assumed.* on node/ })).toHaveCount(2);
  await expect(page.getByText('2 MiB × 12 of 64 free').first()).toBeVisible();
  await ui.command('Compact guessed…');
  await expect(page.getByRole('dialog').getByRole('region', { name: 'As stated' })).toContainText(
    'assumed to lie evenly over the nodes',
  );
  await ui.closeDialog();

  await ui.step();
  await ui.step();
  await ui.command('Edit guessed…');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: 'so much on each node' }).check();
  await dialog.getByLabel('Node 0').fill('200');
  await expect(dialog.getByText(/328 of 256 MiB: 72 MiB too many/)).toBeVisible();
  await expect(dialog.getByRole('list', { name: 'What is wrong with it' })).toContainText('do not sum');
  await expect(dialog.getByRole('button', { name: 'Set memory' })).toBeDisabled();
  await dialog.getByLabel('Node 1').fill('56');
  await expect(dialog.getByText('The run stands at 0.2 s. It begins anew at 0 s')).toBeVisible();
  await dialog.getByRole('button', { name: 'Set memory' }).click();
  await expect(dialog).toHaveCount(0);
  await ui.whole();
  expect((await ui.standing()).tick).toBe(0);
  await expect(row).not.toContainText('assumed');
  await expect(row).toContainText('78 %');

  await page.keyboard.press('Control+z');
  await expect(row).toContainText('placement assumed');
  await expect.poll(async () => (await ui.standing()).tick).toBe(2);
  await page.keyboard.press('Control+y');
  await expect(row).not.toContainText('assumed');
});

test(
  'pins, what it writes and the rate of a link are stated; what is wrong is said beside it',
  IN_WEB,
  async ({ ui }) => {
    await open(ui);
    const { page } = ui;
    const dialog = page.getByRole('dialog');
    await ui.command('Edit guessed…');
    await dialog.getByRole('radio', { name: 'CPUs', exact: true }).check({ force: true });
    await dialog.getByLabel('Pins').fill('0: 4\nx');
    await expect(dialog.getByText('Line 2, "x"').first()).toBeVisible();
    await dialog.getByLabel('Pins').fill('0-1: 4-5');
    await dialog.getByRole('button', { name: 'Set CPUs' }).click();
    await expect(dialog).toHaveCount(0);
    await page
      .getByRole('region', { name: 'Virtual machines' })
      .getByRole('button', { name: /^guessed / })
      .click();
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    await expect(inspector).toContainText('2 vCPUs on 4-5');
    await expect(inspector).toContainText('not known');

    await ui.command('Edit guessed…');
    await dialog.getByRole('radio', { name: 'Writes' }).check({ force: true });
    await dialog.getByLabel('Dirty rate').fill('20');
    await expect(dialog.getByText(/needs a working set/)).toBeVisible();
    await dialog.getByLabel('Working set').fill('64');
    await dialog.getByRole('button', { name: 'Set what it writes' }).click();
    await expect(dialog).toHaveCount(0);
    await expect(inspector).toContainText('20 MiB/s over 64 MiB');

    await ui.show('Host');
    await page.getByRole('button', { name: /^wire, .*, assumed$/ }).click();
    await dialog.getByLabel('Rate').fill('500');
    await dialog.getByRole('button', { name: 'Set rate' }).click();
    await expect(page.getByRole('button', { name: /^wire, 500 MiB\/s$/ })).toBeVisible();
  },
);

test('VMs and hosts come and go by hand, and one that was not placed is placed', IN_WEB, async ({ ui }) => {
  await open(ui);
  const { page } = ui;
  const dialog = page.getByRole('dialog');
  const apart = page.getByRole('region', { name: 'VMs that are not placed' });
  await apart.getByRole('button', { name: /^lost/ }).click();
  await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText('It names node 9');
  await page.getByRole('button', { name: 'Place…' }).click();
  await expect(dialog.getByRole('list', { name: 'What is wrong with it' })).toContainText('no node 9');
  await dialog.getByRole('checkbox', { name: /^Drop its memory policy/ }).check();
  await dialog.getByRole('button', { name: 'Place', exact: true }).click();
  await expect(apart).toHaveCount(0);
  expect(await ui.vmNames()).toEqual(['guessed', 'known', 'lost']);

  await ui.command('Add a VM…');
  await dialog.getByLabel('Name').fill('new');
  await dialog.getByLabel('Memory').fill('9000');
  await expect(dialog.getByRole('list', { name: 'What is wrong with it' })).toContainText('larger than its host');
  await dialog.getByLabel('Memory').fill('64');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect.poll(() => ui.vmNames()).toEqual(['guessed', 'known', 'lost', 'new']);

  await ui.command('Add a host…');
  await dialog.getByLabel('Name').fill('third');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Host third' })).toBeVisible();
  await ui.command('Remove host left…');
  await expect(dialog.getByText(/With it go 4 VMs .*, 1 link/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByText('No VM in this scenario.')).toBeVisible();
  for (let i = 0; i < 4; i++) await page.keyboard.press('Control+z');
  await expect.poll(() => ui.vmNames()).toEqual(['guessed', 'known']);
  await expect(apart).toBeVisible();
});
