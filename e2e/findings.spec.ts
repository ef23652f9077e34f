/** What is wrong with a host and its VMs, what was assumed of them, and what could not be tested: read, filtered, followed. */
import { expect, IN_WEB, test } from './fixture.ts';

const NODE = { memoryMiB: 65_536, freeKiB: 40_000 * 1024 };

/** Two nodes; `away` lies on the wrong one, `lost` is bound to a node that is not there, `guessed` was never measured. */
const SCENARIO = JSON.stringify({
  pageshift: 1,
  name: 'Something wrong',
  hosts: [
    {
      name: 'kvm-07',
      nodes: [
        { nid: 0, cpus: '0-7', ...NODE },
        { nid: 1, cpus: '8-15', ...NODE },
      ],
      distances: {
        ids: [0, 1],
        matrix: [
          [10, 21],
          [21, 10],
        ],
      },
      system: { numaBalancing: false },
    },
  ],
  vms: [
    {
      ...{ name: 'away', host: 'kvm-07', memoryMiB: 2048, vcpus: 2, running: true, vcpupin: { 0: '0', 1: '1' } },
      measured: { nodes: [{ node: 1, memoryKiB: 2_097_152 }] },
    },
    {
      ...{ name: 'guessed', host: 'kvm-07', memoryMiB: 1024, vcpus: 2, running: true },
      assumed: ['Where its memory lies: evenly over the nodes that its vCPUs may use, as no file states it.'],
    },
  ],
  notPlaced: [
    {
      reason: 'It names node 9, which the host does not have.',
      vm: {
        ...{ name: 'lost', host: 'kvm-07', memoryMiB: 512, vcpus: 1, running: false },
        ...{ placement: { mode: 'strict', nodes: [9] }, binding: { mode: 'strict', nodes: [9] } },
      },
    },
  ],
});
const FILE = { name: 'wrong.pageshift.json', text: SCENARIO };

const HEALTHY = JSON.stringify({
  pageshift: 1,
  name: 'All is well',
  hosts: [{ name: 'one', nodes: [{ nid: 0, cpus: '0-3', memoryMiB: 4096, freeKiB: 2_000_000 }] }],
  vms: [
    {
      ...{ name: 'a', host: 'one', memoryMiB: 256, vcpus: 2, running: true },
      measured: { nodes: [{ node: 0, memoryKiB: 262_144 }] },
    },
  ],
});

test('findings come worst first, are filtered, lead to their place, and give their command', IN_WEB, async ({ ui }) => {
  await ui.importFiles([FILE]);
  const { page } = ui;
  await expect(ui.tab('Findings')).toHaveText(/Findings\s*[1-9]/);
  await ui.show('Findings');
  const list = page.getByRole('list', { name: 'Findings' });
  const rows = list.getByRole('listitem');
  await expect(rows.first()).toContainText('lost');
  await expect(rows.first().getByRole('img', { name: 'error' })).toBeVisible();
  await expect(page.getByText(/^\d+ errors?, \d+ warnings?/)).toBeVisible();

  await page.getByRole('radio', { name: /^Warnings/ }).check({ force: true });
  await expect(rows.first()).toContainText('away: 2 048 MiB of 2 048 MiB (100 %, threshold 20 %) lie on node 1');
  await rows.first().getByRole('button').first().click();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await expect(inspector).toContainText('NUMA misses cost 10 % or more.');
  await expect(inspector).toContainText('Red Hat, Virtualization Tuning and Optimization Guide');
  await inspector.getByRole('button', { name: /^Copy migratepages/ }).click();
  await expect(page.getByText(/^Copied migratepages <pid> 1 0/)).toBeVisible();

  await rows.first().getByRole('button', { name: 'Show node 1' }).click();
  await expect(ui.tab('Host')).toHaveAttribute('aria-selected', 'true');
  await expect(inspector).toContainText('Node 1');

  await ui.show('Findings');
  await page.getByRole('radio', { name: /^All/ }).check({ force: true });
  await page.getByLabel('Findings of VM').selectOption('guessed');
  await expect(rows).toHaveText([/guessed runs, but where its memory lies was not measured/]);
});

test(
  'what was assumed and what could not be tested stand below, with the command that tells it',
  IN_WEB,
  async ({ ui }) => {
    await ui.importFiles([FILE]);
    await ui.show('Findings');
    const { page } = ui;
    const assumed = page.getByRole('list', { name: 'What is assumed' }).getByRole('listitem');
    const placement = assumed.filter({ hasText: 'Where its memory lies' }).first();
    await expect(placement).toBeVisible();
    await expect(placement.getByRole('button', { name: /^Copy numastat/ })).toBeVisible();
    const untested = page.getByRole('list', { name: 'What could not be tested' }).getByRole('listitem');
    await expect(untested.filter({ hasText: 'KSM' }).getByRole('button', { name: /^Copy grep/ })).toBeVisible();
  },
);

test('by keyboard: arrows move between findings, Enter opens one, Tab reaches its places', async ({ ui }) => {
  await ui.importFiles([FILE]);
  await ui.show('Findings');
  const { page } = ui;
  const rows = page.getByRole('list', { name: 'Findings' }).getByRole('listitem');
  await rows.first().getByRole('button').first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(rows.nth(1).getByRole('button').first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(rows.nth(1)).toHaveAttribute('aria-current', 'true');
  await page.keyboard.press('Tab');
  await expect(
    rows
      .nth(1)
      .getByRole('button', { name: /^Show / })
      .first(),
  ).toBeFocused();
  await page.keyboard.press('End');
  await expect(rows.last().getByRole('button').first()).toBeFocused();
});

test('a healthy host says so, and what was tested', IN_WEB, async ({ ui }) => {
  await ui.importFiles([{ name: 'well.pageshift.json', text: HEALTHY }]);
  await ui.show('Findings');
  const { page } = ui;
  await expect(page.getByText('Nothing wrong found.')).toBeVisible();
  await expect(ui.tab('Findings')).toHaveText('Findings');
  await page.getByText(/^What was tested: \d+ checks/).click();
  await expect(page.getByText('Memory lies away from the CPUs that use it')).toBeVisible();
});

test('a thousand findings exist only as far as they are in sight, and the last is reached', IN_WEB, async ({ ui }) => {
  const vms = Array.from({ length: 600 }, (_, i) => ({
    ...{ name: `vm-${i}`, host: 'kvm-07', memoryMiB: 16, vcpus: 2, running: true },
    cpuset: `${i % 16}`,
  }));
  const many = { ...(JSON.parse(SCENARIO) as object), vms, notPlaced: [] };
  await ui.importLarge([{ name: 'many.pageshift.json', text: JSON.stringify(many) }]);
  await ui.show('Findings');
  const { page } = ui;
  const list = page.getByRole('list', { name: 'Findings' });
  const first = list.getByRole('listitem').first();
  expect(Number(await first.getAttribute('aria-setsize'))).toBeGreaterThan(1000);
  expect(await list.getByRole('listitem').count()).toBeLessThan(60);
  await first.getByRole('button').first().focus();
  await page.keyboard.press('End');
  const setSize = await list.getByRole('listitem').last().getAttribute('aria-setsize');
  await expect(list.locator(`[aria-posinset="${setSize}"]`).getByRole('button').first()).toBeFocused();
});
