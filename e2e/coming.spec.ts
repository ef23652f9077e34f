/** What the scenario will do next: seen, offered, taken out, and warned of before something is started. */
import { expect, IN_WEB, test } from './fixture.ts';
import { madeScenario } from './scenario.ts';
import type { Screen } from './screen.ts';

/** Two VMs; the first is compacted twice, the second time while the first compaction is under way. */
const SCENARIO = JSON.stringify({
  ...(JSON.parse(
    madeScenario({
      ...{ name: 'With commands to come', nodes: 2, nodeMemoryMiB: 2048 },
      vms: ['db', 'web'].map((name) => ({ name, memoryMiB: 512 })),
    }),
  ) as object),
  commands: [
    { at: 20, type: 'compact', vm: 'db', nodes: [0], rateMiBps: 16 },
    { at: 22, type: 'compact', vm: 'db', nodes: [1], rateMiBps: 16 },
    { at: 900, type: 'compact', vm: 'web', nodes: [1] },
  ],
});

const open = (ui: Screen): Promise<void> => ui.importFiles([{ name: 'coming.pageshift.json', text: SCENARIO }]);

test('commands to come are listed; one is taken out, and undo puts it back', async ({ ui }) => {
  await open(ui);
  const { page } = ui;
  await page.getByRole('tab', { name: /^To come/ }).click();
  const rows = page.getByRole('grid', { name: 'Commands to come' }).locator('tbody tr');
  await expect(rows).toHaveText([/^2 s\s*db\s*compact db to node 0/, /^2.2 s\s*db/, /^90 s\s*web/]);
  await rows.nth(1).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(rows).toHaveText([/^2 s\s*db/, /^90 s\s*web/]);
  await ui.playToTick(30);
  await expect(rows).toHaveText([/^90 s\s*web/]);
  await page.keyboard.press('Control+z');
  await expect(rows).toHaveText([/^2 s\s*db/, /^2.2 s\s*db/, /^90 s\s*web/]);
  expect((await ui.standing()).tick).toBe(0);
});

test('a scheduled command that is rejected is a problem', IN_WEB, async ({ ui }) => {
  await open(ui);
  const problems = ui.page.getByRole('tab', { name: /^Problems/ });
  await expect(problems).toHaveText(/0/);
  await ui.playToTick(25);
  await expect(problems).toHaveText(/1/);
  await problems.click();
  await expect(ui.page.getByRole('list', { name: 'Problems' })).toContainText(
    'The scheduled command "compact db to node 1" was rejected at 2.2 s.',
  );
});

test('a dialog warns of a command to come for the same VM before it would be done', IN_WEB, async ({ ui }) => {
  await open(ui);
  const { page } = ui;
  await page.getByRole('button', { name: 'Compact…', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const warning = dialog.getByText('Before this would be done');
  await dialog.getByLabel('VM', { exact: true }).selectOption({ label: 'db' });
  await dialog.getByLabel('Rate').fill('16');
  await expect(warning).toContainText('2 commands for the same VM are to come; the first, at 2 s, is "compact db');
  await dialog.getByLabel('VM', { exact: true }).selectOption({ label: 'web' });
  await ui.consequenceShown();
  await expect(warning).toHaveCount(0);
  await ui.closeDialog();
});

const HOST = `available: 2 nodes (0-1)
node 0 cpus: 0 1
node 0 size: 4096 MB
node 0 free: 2000 MB
node 1 cpus: 2 3
node 1 size: 4096 MB
node 1 free: 2000 MB
node distances:
node   0   1
  0:  10  20
  1:  20  10
`;
const domain = (name: string): string =>
  `<domain type='kvm'><name>${name}</name><memory unit='MiB'>256</memory><vcpu>2</vcpu></domain>`;

test('a rehearsal of imported VMs is offered, not slipped in; one undo takes it back', async ({ ui }) => {
  await ui.importFiles([
    { name: 'host.txt', text: HOST },
    ...['db', 'web'].map((name) => ({ name: `${name}.xml`, text: domain(name) })),
  ]);
  const { page } = ui;
  const coming = page.getByRole('tab', { name: /^To come/ });
  await expect(coming).toHaveText(/To come\s*0$/);
  await page.getByRole('button', { name: 'Rehearse', exact: true }).click();
  await expect(coming).toHaveText(/To come\s*2$/);
  await expect(page.getByText('Rehearse a compaction of each VM?')).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(coming).toHaveText(/To come\s*0$/);
  await ui.command('Rehearse a compaction of each VM');
  await expect(coming).toHaveText(/To come\s*2$/);
});
