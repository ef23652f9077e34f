/** What the scenario will do next: seen, offered, moved, changed, taken out, and warned of before something is started. */
import type { Locator } from '@playwright/test';
import { expect, IN_WEB, test } from './fixture.ts';
import { madeScenario } from './scenario.ts';
import { Screen } from './screen.ts';

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

/** The list of commands to come, open. */
async function comingRows(ui: Screen): Promise<Locator> {
  await ui.command('Show the commands to come');
  return ui.page.getByRole('grid', { name: 'Commands to come' }).locator('tbody tr');
}

test('one is moved to another time by keys and by its field, and changed in its dialog', async ({ ui }) => {
  await open(ui);
  const { page } = ui;
  const rows = await comingRows(ui);
  await expect(rows).toHaveText([/^2 s/, /^2.2 s/, /^90 s/]);
  await rows.nth(0).click();
  await page.keyboard.press('Alt+Shift+ArrowRight');
  await expect(rows).toHaveText([/^2.2 s/, /^3 s\s*db\s*compact db to node 0/, /^90 s/]);
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(rows.nth(1)).toHaveText(/^2.9 s/);
  await page.getByLabel('Time of the command').fill('100');
  await page.keyboard.press('Enter');
  await expect(rows).toHaveText([/^2.2 s/, /^90 s/, /^100 s\s*db\s*compact db to node 0/]);
  // Enter opens the dialog with what it says now.
  await rows.nth(1).click();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('At', { exact: true })).toHaveValue('90');
  await expect(dialog.getByRole('checkbox', { name: 'node 1' })).toBeChecked();
  await dialog.getByRole('checkbox', { name: 'node 0' }).check();
  await dialog.getByLabel('At', { exact: true }).fill('1.5');
  await ui.consequenceShown();
  await dialog.getByRole('button', { name: 'Change web' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(rows).toHaveText([/^1.5 s\s*web\s*compact web to nodes 0-1/, /^2.2 s/, /^100 s/]);
  await page.keyboard.press('Control+z');
  await expect(rows).toHaveText([/^2.2 s/, /^90 s\s*web\s*compact web to node 1/, /^100 s/]);
  for (let i = 0; i < 3; i++) await page.getByRole('button', { name: /^Undo move compact db/ }).click();
  await expect(rows).toHaveText([/^2 s\s*db\s*compact db to node 0/, /^2.2 s/, /^90 s/]);
  // Delete takes it out.
  await rows.nth(1).click();
  await page.keyboard.press('Delete');
  await expect(rows).toHaveText([/^2 s/, /^90 s/]);
});

test('one is a mark on the time strip, and is dragged there to another time', async ({ ui }) => {
  await open(ui);
  const { page } = ui;
  const rows = await comingRows(ui);
  const headline = page.getByRole('region', { name: 'Time', exact: true }).locator('p').first();
  await expect(headline).toContainText('◇ 2 to come');
  const box = (await ui.strip.boundingBox())!;
  const y = box.y + box.height - 23;
  const find = async (text: RegExp): Promise<number> => {
    for (let x = box.x + 64; x < box.x + box.width; x += 4) {
      await page.mouse.move(x, y);
      if (text.test(await headline.innerText())) return x;
    }
    throw new Error(`no mark says ${text.source}`);
  };
  const x = await find(/^2 s: compact db to node 0, to come/);
  await page.mouse.down();
  await page.mouse.move(x - 300, y, { steps: 5 });
  await expect(headline).toHaveText(/^compact db to node 0: from 2 s to [\d.]+ s$/);
  const [, to] = /to ([\d.]+) s$/.exec(await headline.innerText())!;
  expect(Number(to)).toBeLessThan(2);
  await page.mouse.up();
  await expect(rows).toHaveText([
    new RegExp(`^${to!.replace('.', '\\.')} s\\s*db\\s*compact db to node 0`),
    /^2.2 s/,
    /^90 s/,
  ]);
  // Escape leaves it where it was.
  await find(/^2.2 s: compact db to node 1, to come/);
  await page.mouse.down();
  await page.mouse.move(x - 200, y, { steps: 5 });
  await ui.strip.focus();
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await expect(rows.nth(1)).toHaveText(/^2.2 s/);
  await page.keyboard.press('Control+z');
  await expect(rows).toHaveText([/^2 s/, /^2.2 s/, /^90 s/]);
});

test.describe('after a crash', () => {
  test.use({ own: true });

  test('a removal and a move are taken back one by one', async ({ application, ui }) => {
    await open(ui);
    const rows = await comingRows(ui);
    await rows.nth(1).click();
    await ui.page.keyboard.press('Delete');
    await expect(rows).toHaveText([/^2 s/, /^90 s/]);
    await ui.step();
    await rows.nth(1).click();
    await ui.page.getByLabel('Time of the command').fill('50');
    await ui.page.keyboard.press('Enter');
    await expect(rows).toHaveText([/^2 s/, /^50 s/]);
    await ui.compact({ vm: 'web', node: 0 });
    const before = await ui.standing();
    await application.kill();

    const again = Screen.of(await application.start());
    await again.recover('With commands to come');
    await expect.poll(() => again.standing(), { timeout: 20_000 }).toEqual(before);
    const recovered = await comingRows(again);
    await expect(recovered).toHaveText([/^2 s/, /^50 s/]);
    for (const what of [/^Undo compact web to node 0/, /^Undo move compact web/, /^Undo remove compact db/])
      await again.page.getByRole('button', { name: what }).click();
    await expect(recovered).toHaveText([/^2 s/, /^2.2 s/, /^90 s/]);
  });
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
