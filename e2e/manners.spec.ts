/** Manners: nothing jumps, keys do what they say, what is said in several places is the same in all. */
import type { Locator, Page } from '@playwright/test';
import { expect, IN_WEB, test } from './fixture.ts';
import { madeScenario } from './scenario.ts';
import type { Screen } from './screen.ts';

const VMS = ['one', 'two', 'three'];
const made = (more: Partial<Parameters<typeof madeScenario>[0]> = {}): string =>
  madeScenario({
    ...{ name: 'Well behaved', nodes: 2, nodeMemoryMiB: 1024, meanMs: 400 },
    vms: VMS.map((name) => ({ name, memoryMiB: 64 })),
    ...more,
  });
const open = (ui: Screen, text = made()): Promise<void> => ui.importFiles([{ name: 'manners.pageshift.json', text }]);

const vmRows = (page: Page): Locator =>
  page.getByRole('region', { name: 'Virtual machines' }).getByRole('listitem').getByRole('button');
const heights = (page: Page): Promise<readonly (readonly number[])[]> =>
  vmRows(page).evaluateAll((rows) =>
    rows.map((row) => {
      const { top, height } = row.getBoundingClientRect();
      return [top, height];
    }),
  );

test('rows of VMs stay where they are while their chips come and go', IN_WEB, async ({ ui }) => {
  await open(ui);
  const { page } = ui;
  const before = await heights(page);
  await ui.compact({ vm: 'one', node: 0, rateMiBps: 64 });
  await ui.step();
  await expect(vmRows(page).first()).toContainText('compacting');
  expect(await heights(page)).toEqual(before);
  await ui.command('Play as fast as it goes');
  await expect(vmRows(page).first()).not.toContainText('compacting');
  await expect(ui.playButton).toBeVisible();
  await expect(vmRows(page).first()).toContainText('H = T = A');
  expect(await heights(page)).toEqual(before);
});

test('Space plays wherever the focus is not in something that has a use for it', IN_WEB, async ({ ui }) => {
  await open(ui);
  const { page } = ui;
  await ui.command('Show events');
  await ui.setSpeed(1);
  const places: readonly (readonly [string, Locator])[] = [
    ['the tab that is shown', ui.tab('Host')],
    ['the tab of the drawer that is shown', page.getByRole('tab', { name: /^Events/ })],
    ['the time strip', ui.strip],
    ['the list of events', page.getByRole('listbox', { name: 'Events' })],
    ['an edge between panels', page.getByRole('separator').first()],
    ['the VM that is selected', vmRows(page).first()],
  ];
  await vmRows(page).first().click();
  for (const [what, place] of places) {
    await place.focus();
    await page.keyboard.press('Space');
    await expect(ui.pauseButton, what).toBeVisible();
    await place.focus();
    await page.keyboard.press('Space');
    await expect(ui.playButton, what).toBeVisible();
  }
  // These have a use of their own.
  await vmRows(page).nth(1).focus();
  await page.keyboard.press('Space');
  await expect(vmRows(page).nth(1)).toHaveAttribute('aria-current', 'true');
  await page.getByRole('searchbox', { name: 'Filter events' }).focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Step one tick' }).focus();
  const { tick } = await ui.standing();
  await page.keyboard.press('Space');
  await expect.poll(async () => (await ui.standing()).tick).toBe(tick + 1);
  await expect(ui.playButton).toBeVisible();
});

test('as fast as it goes says how fast that is, and nothing moves for it', IN_WEB, async ({ ui }) => {
  await open(ui, made({ meanMs: 600_000 }));
  const { page } = ui;
  const speed = page.getByLabel('Speed');
  await speed.selectOption({ label: 'max' });
  const before = await speed.boundingBox();
  await ui.compact({ vm: 'one', node: 0, rateMiBps: 1 });
  await ui.play();
  await expect(speed.locator('option:checked')).toHaveText(/^max · [\d\s\u202f]+\/s$/);
  expect((await speed.boundingBox())!.width).toBe(before!.width);
  await ui.pause();
  await expect(speed.locator('option:checked')).toHaveText('max');
});

const toast = (page: Page): Locator => page.locator('.toast');

test('pill, notice and strip say the same at the end', IN_WEB, async ({ ui }) => {
  await open(ui);
  await ui.compact({ vm: 'one', node: 0 });
  await ui.command('Play as fast as it goes');
  await expect(toast(ui.page)).not.toHaveText('');
  const said = await toast(ui.page).innerText();
  const pill = await ui.page.getByRole('banner').locator('.pill').innerText();
  const { tick } = await ui.standing();
  const strip = await ui.stripSays();
  const isConverged = strip.owed + strip.stale === 0 && /Converged/.test(pill);
  expect(said).toBe(
    isConverged ? `Converged at ${tick / 10} s.` : `Nothing more is to happen after ${tick / 10} s: ${pill}.`,
  );
});

test('what a guest that is not told is left with is said', IN_WEB, async ({ ui }) => {
  const scenario = JSON.parse(made()) as { vms: object[] };
  scenario.vms = scenario.vms.map((vm) => ({ ...vm, regeneration: { enabled: false } }));
  await open(ui, JSON.stringify(scenario));
  const { page } = ui;
  await ui.compact({ vm: 'one', node: 0 });
  await ui.command('Play as fast as it goes');
  await expect(toast(page)).toHaveText(/^Nothing more is to happen after .*: No guest is told\.$/);
  await expect(page.getByRole('banner').locator('.pill')).toHaveText('No guest is told');
  await page.getByRole('banner').locator('.pill').hover();
  await expect(page.getByRole('tooltip')).toContainText('what the host moves stays stale (H ≠ T) for good');
  await vmRows(page).first().click();
  await expect(page.getByRole('complementary')).toContainText('off: it is not told');
});

test('the search is there in a narrow window and at 150 %', IN_WEB, async ({ ui }) => {
  await open(ui);
  const { page } = ui;
  for (const width of [1280, 1024, 853, 640]) {
    await page.setViewportSize({ width, height: 533 });
    const find = page.getByRole('button', { name: 'Find a command' });
    await expect(find).toBeInViewport({ ratio: 1 });
    const inside = await page.getByRole('banner').evaluate((bar) => bar.scrollWidth <= bar.clientWidth);
    expect(inside, `the toolbar fits ${width} px`).toBe(true);
  }
  // What gave way is in the menu.
  await page.getByRole('button', { name: 'All commands' }).click();
  await expect(page.getByRole('menuitem', { name: /^Compact…/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('an open run is closed from the start screen; what is not saved can be recovered', IN_WEB, async ({ ui }) => {
  await open(ui);
  await ui.compact({ vm: 'one', node: 0 });
  await ui.command('Show the start screen');
  await ui.start();
  const runs = ui.page.getByRole('region', { name: 'Open runs' });
  await expect(runs.getByRole('listitem')).toContainText('not saved');
  await runs.getByRole('button', { name: 'Close Well behaved; what is not saved can be recovered' }).click();
  await expect(runs).toHaveCount(0);
  await ui.discardRecovery('Well behaved');
});

/** Guests of several GiB: they take a while to be made. */
const LARGE = made({
  nodeMemoryMiB: 32_768,
  vms: VMS.map((name) => ({ name, memoryMiB: 12_288 })),
});

test('opening shows how far it is, how fast and for how long; it is given up at once', IN_WEB, async ({ ui }) => {
  await ui.start();
  const { page } = ui;
  await ui.drop([{ name: 'large.pageshift.json', text: LARGE }]);
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('progressbar', { name: 'Memory of the guests' })).toHaveAttribute(
    'aria-valuetext',
    /^\d+ %$/,
  );
  await expect(dialog).toContainText(/of 36 GiB, .* (MiB|GiB)\/s, about \d+ (s|min)\s+left/);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('region', { name: /Open runs|Unsaved work/ })).toHaveCount(0);
  // Nothing of it goes on: another is opened as fast as ever.
  await open(ui);
});

test('a long name is cut in the title of the notice', IN_WEB, async ({ ui }) => {
  await ui.start();
  const { page } = ui;
  await ui.drop([{ name: `${'x'.repeat(180)}.json`, text: LARGE }]);
  const title = page.getByRole('dialog').getByRole('heading');
  await expect(title).toBeVisible();
  expect((await title.boundingBox())!.height).toBeLessThanOrEqual(60);
  await page.keyboard.press('Escape');
});

test('keys pressed while something is being opened are pressed when it is there', IN_WEB, async ({ ui }) => {
  await ui.start();
  const { page } = ui;
  await ui.drop([
    { name: 'large.pageshift.json', text: made({ vms: [{ name: 'one', memoryMiB: 4096 }], nodeMemoryMiB: 8192 }) },
  ]);
  await page.keyboard.press('.');
  await page.keyboard.press('.');
  await page.keyboard.press('Control+3');
  await ui.ready();
  await expect.poll(async () => (await ui.standing()).tick).toBe(2);
  await expect(ui.tab('Guest')).toHaveAttribute('aria-selected', 'true');
  await ui.discardDocument();
  // Space on the card that was clicked is meant for the run, too.
  await page
    .getByRole('region', { name: 'Examples' })
    .getByRole('button', { name: /Two sockets/ })
    .click();
  await page.keyboard.press('Space');
  await ui.ready();
  await expect(ui.pauseButton).toBeVisible();
  await ui.pause();
});
