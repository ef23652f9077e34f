/** The form for a new scenario: several hosts of several kinds, the links between them, VMs on each. */
import { expect, IN_WEB, test } from './fixture.ts';

test('several hosts with links are made, and a VM can be migrated between them', IN_WEB, async ({ ui }) => {
  await ui.start();
  await ui.command('New scenario…');
  const { page } = ui;
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Three hosts');
  const kind = (nth: number) => ({
    fill: (label: string, value: number) => dialog.getByLabel(label, { exact: true }).nth(nth).fill(String(value)),
  });
  await expect(dialog.getByLabel('Between')).toHaveCount(0);
  for (const [label, value] of [
    ['Hosts of this kind', 2],
    ['Nodes', 2],
    ['Memory of a node', 512],
    ['VMs on each', 1],
    ['Memory of a VM', 64],
  ] as const)
    await kind(0).fill(label, value);
  await dialog.getByRole('button', { name: 'Hosts of another kind' }).click();
  await expect(dialog.getByRole('group', { name: 'Host 3' })).toBeVisible();
  for (const [label, value] of [
    ['Nodes', 4],
    ['Memory of a node', 256],
    ['VMs on each', 2],
    ['Memory of a VM', 64],
  ] as const)
    await kind(1).fill(label, value);
  await expect(dialog.getByText('3 links')).toBeVisible();
  await dialog.getByLabel('Between').selectOption({ label: 'the first host and each other' });
  await expect(dialog.getByText('2 links')).toBeVisible();
  await expect(dialog.getByRole('status')).toContainText(
    '3 hosts, 8 nodes with 3 GiB in all; 4 VMs with 256 MiB in all',
  );
  await dialog.getByRole('button', { name: 'Create' }).click();
  await ui.ready();
  expect(await ui.vmNames()).toEqual(['vm1', 'vm2', 'vm3', 'vm4']);
  await ui.show('Overview');
  await ui.migrate({ vm: 'vm1', host: 'host3' });
  await page.getByRole('button', { name: 'Migrate…', exact: true }).click();
  await page.getByRole('dialog').getByLabel('VM', { exact: true }).selectOption({ label: 'vm2' });
  // The second host has a link to the first alone.
  await expect(page.getByRole('dialog').getByLabel('To host').locator('option')).toHaveText([
    'host1',
    'host3 (no link)',
  ]);
  await ui.closeDialog();
});

test('what cannot be is told while it is typed, and is not made', IN_WEB, async ({ ui }) => {
  await ui.start();
  await ui.command('New scenario…');
  const dialog = ui.page.getByRole('dialog');
  const create = dialog.getByRole('button', { name: 'Create' });
  await dialog.getByLabel('Hosts of this kind').fill('64');
  await dialog.getByLabel('VMs on each').fill('100');
  await expect(dialog.getByRole('status')).toContainText('6 400 VMs; a scenario has at most 4096.');
  await expect(create).toBeDisabled();
  await dialog.getByLabel('VMs on each').fill('9');
  await expect(dialog.getByRole('status')).toContainText('more memory than the host has');
  await expect(create).toBeDisabled();
  await dialog.getByRole('button', { name: 'Hosts of another kind' }).click();
  await expect(dialog.getByRole('status')).toContainText('65 hosts; a scenario has at most 64.');
  await dialog.getByRole('button', { name: 'Remove host 65' }).click();
  await dialog.getByLabel('VMs on each').fill('4');
  await expect(create).toBeEnabled();
});
