/** Two runs, or two moments of one, on one axis: what differs is said in numbers, and they are those of the runs. */
import { expect, IN_WEB, test } from './fixture.ts';
import { countOf } from './count.ts';
import { madeScenario } from './scenario.ts';
import type { Screen } from './screen.ts';

const made = (name: string, rateMiBps: number): string =>
  JSON.stringify({
    ...(JSON.parse(
      madeScenario({
        ...{ name, nodes: 2, nodeMemoryMiB: 1024, meanMs: 5000 },
        vms: ['db', 'web'].map((vm) => ({ name: vm, memoryMiB: 64 })),
      }),
    ) as object),
    commands: [{ at: 5, type: 'compact', vm: 'db', nodes: [0], rateMiBps }],
  });

/** The table at the cursor: A, B and B − A by row. */
async function numbers(ui: Screen): Promise<Readonly<Record<string, readonly number[]>>> {
  const rows = ui.page.getByRole('dialog').getByRole('table', { name: 'At the cursor' }).locator('tbody tr');
  const cells = await rows.evaluateAll((all) =>
    all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')),
  );
  return Object.fromEntries(cells.map(([name, ...figures]) => [name!, figures.map(signedOf)]));
}
const signedOf = (text: string): number => {
  const digits = text.replace(/^[+−]/, '');
  return text.startsWith('−') ? -countOf(digits) : countOf(digits);
};

test('two open runs are put side by side; the numbers are those of their own strips', IN_WEB, async ({ ui }) => {
  const { page } = ui;
  const ends: (readonly number[])[] = [];
  for (const [name, rate] of [
    ['Slow', 16],
    ['Fast', 64],
  ] as const) {
    await ui.importFiles([{ name: `${name}.pageshift.json`, text: made(name, rate) }]);
    for (let i = 0; i < 12; i++) await ui.step();
    await page.getByLabel('VMs in the time strip').selectOption({ label: 'all VMs' });
    const says = await ui.stripSays();
    ends.push([says.owed, says.stale, says.pinned]);
    if (name === 'Slow') {
      await ui.command('Show the start screen');
      await ui.start();
    }
  }
  await page.keyboard.press('l');
  const dialog = page.getByRole('dialog', { name: 'Side by side' });
  await expect(dialog.getByLabel('Run of A')).toContainText('Fast (this run)');
  await dialog.getByLabel('VM of A').selectOption({ label: 'all VMs' });
  await dialog.getByLabel('VM of B').selectOption({ label: 'all VMs' });
  const [slow, fast] = ends;
  const read = async (): Promise<(readonly number[])[]> => {
    const at = await numbers(ui);
    return [at['owed (T ≠ A)']!, at['stale (H ≠ T)']!, at['pinned']!];
  };
  await expect.poll(read).toEqual([0, 1, 2].map((i) => [fast![i]!, slow![i]!, slow![i]! - fast![i]!]));
  await dialog.getByLabel('Difference of').selectOption({ label: 'stale (H ≠ T)' });
  await expect(dialog.getByRole('status')).toContainText(/They differ from 0\.\d s on\./);

  // By keys: back to the beginning, where they are equal, and to what changed first.
  const moment = dialog.getByRole('slider', { name: 'Moment of both' });
  await moment.focus();
  await page.keyboard.press('Home');
  await expect(moment).toHaveAttribute('aria-valuetext', /^0 s; A /);
  expect((await read()).map(([, , difference]) => difference)).toEqual([0, 0, 0]);
  for (let i = 0; i < 3; i++) await page.keyboard.press('.');
  await expect(moment).toHaveAttribute('aria-valuetext', /^0\.3 s; A /);
  await page.keyboard.press(',');
  await expect(moment).toHaveAttribute('aria-valuetext', /^0\.2 s; A /);
  await page.keyboard.press('End');
  await dialog.getByRole('button', { name: 'Swap' }).click();
  await expect.poll(read).toEqual([0, 1, 2].map((i) => [slow![i]!, fast![i]!, fast![i]! - slow![i]!]));
  await ui.closeDialog();
  // The other run is closed for the next spec.
  await ui.command('Show the start screen');
  await ui.start();
  for (const name of ['Slow', 'Fast']) await page.getByRole('button', { name: new RegExp(`^Close ${name}`) }).click();
  for (const name of ['Slow', 'Fast'])
    if (await page.getByRole('region', { name: 'Unsaved work' }).getByText(name).isVisible())
      await ui.discardRecovery(name);
});

test('two moments of one run are counted from the moment of each', IN_WEB, async ({ ui }) => {
  await ui.importFiles([{ name: 'one.pageshift.json', text: made('One run', 64) }]);
  const at: Record<number, readonly number[]> = {};
  for (let tick = 1; tick <= 14; tick++) {
    await ui.step();
    const { owed, stale, pinned } = await ui.stripSays();
    at[tick] = [owed, stale, pinned];
  }
  await ui.command('Two runs or two moments side by side…');
  const dialog = ui.page.getByRole('dialog', { name: 'Side by side' });
  await dialog.getByLabel('Moment of A, in seconds').fill('0.6');
  await dialog.getByLabel('Moment of B, in seconds').fill('1');
  const moment = dialog.getByRole('slider', { name: 'Moment of both' });
  await moment.focus();
  await ui.page.keyboard.press('End');
  // The latest time that both have: B's run ends 0.4 s after its moment.
  await expect(moment).toHaveAttribute('aria-valuetext', /^0\.4 s; A /);
  const expected = [0, 1, 2].map((i) => [at[10]![i]!, at[14]![i]!, at[14]![i]! - at[10]![i]!]);
  const now = await numbers(ui);
  expect([now['owed (T ≠ A)'], now['stale (H ≠ T)'], now['pinned']]).toEqual(expected);
  await ui.closeDialog();
});
