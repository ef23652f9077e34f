/** A first run of a shipped example in three steps: each is over when it is done, and all can be put away for good. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, IN_WEB, test } from './fixture.ts';

const EXAMPLE = /Two sockets, five VMs/;

test('three steps lead through an example, and do not come again', IN_WEB, async ({ ui }) => {
  await ui.start();
  const { page } = ui;
  await expect(page.getByText('New here? Open one of them')).toBeVisible();
  await page.getByRole('region', { name: 'Examples' }).getByRole('button', { name: EXAMPLE }).click();
  await ui.ready();
  const steps = page.getByRole('region', { name: 'First steps' });
  await expect(steps).toContainText('Step 1 of 3');
  for (const theme of ['Light theme', 'Dark theme']) {
    await ui.command(theme);
    const { violations } = await new AxeBuilder({ page })
      .setLegacyMode(true)
      .include('[aria-label="First steps"]')
      .analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
  }
  // By its button, by a key of the window, and by the strip.
  await steps.getByRole('button', { name: 'Let it run' }).click();
  await expect(steps).toContainText('Step 2 of 3');
  await ui.pause();
  await page.keyboard.press('Control+3');
  await expect(steps).toContainText('Step 3 of 3');
  await page.keyboard.press('Home');
  await expect(steps).toHaveCount(0);
  await ui.discardDocument();
  await expect(page.getByText('New here? Open one of them')).toHaveCount(0);
  await ui.openExample('Two sockets, five VMs to compact');
  await expect(steps).toHaveCount(0);
});

test(
  "they are put away at once, after a reload too, and are not shown beside one's own file",
  IN_WEB,
  async ({ ui }) => {
    await ui.openExample('Two sockets, five VMs to compact');
    const steps = ui.page.getByRole('region', { name: 'First steps' });
    await steps.getByRole('button', { name: 'Put the first steps away' }).click();
    await expect(steps).toHaveCount(0);
    await ui.page.reload();
    await ui.ready();
    await expect(steps).toHaveCount(0);
  },
);
