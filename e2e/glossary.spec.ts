/** The glossary: one explanation of each word, by F1 and on each head and label, by pointer and by keyboard. */
import type { Locator, Page } from '@playwright/test';
import { GLOSSARY, termText } from '../shared/view/words/index.ts';
import type { TermId } from '../shared/view/words/index.ts';
import { expect, IN_WEB, test } from './fixture.ts';
import { madeScenario } from './scenario.ts';

const FILE = {
  name: 'words.pageshift.json',
  text: madeScenario({
    name: 'In so many words',
    nodes: 2,
    nodeMemoryMiB: 1024,
    vms: [{ name: 'one', memoryMiB: 128 }],
  }),
};

const dialog = (page: Page): Locator => page.getByRole('dialog', { name: 'Glossary' });
/** What the element is described by, as a screen reader finds it. */
const describedBy = (element: Locator): Promise<string> =>
  element.evaluate((owner) => {
    const id = owner.getAttribute('aria-describedby');
    return id === null ? '' : (document.getElementById(id)?.textContent ?? '');
  });

test('F1 opens it on the start screen too, with every term; it filters, Escape closes it', IN_WEB, async ({ ui }) => {
  await ui.start();
  const { page } = ui;
  await page.keyboard.press('F1');
  await expect(dialog(page)).toBeVisible();
  for (const { short } of GLOSSARY) await expect(dialog(page).getByText(short)).toHaveCount(1);
  const filter = dialog(page).getByRole('searchbox', { name: 'Filter the glossary' });
  await expect(filter).toBeFocused();
  await filter.fill('lookup mark');
  await expect(dialog(page).locator('[data-entry]')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
});

test('each term is explained where it stands, on hover and on focus', IN_WEB, async ({ ui }) => {
  await ui.importFiles([FILE]);
  const { page } = ui;
  const tip = page.getByRole('tooltip');
  await ui.showVm('one', 'Accounting');
  const main = page.getByRole('main');
  await expect(main.getByText(/allocated and reserved are counted by map T, free and spans by map A/)).toBeVisible();
  const places: readonly (readonly [TermId, Locator])[] = [
    ['owed', main.getByRole('columnheader', { name: 'owed' }).getByRole('button')],
    ['pinned', main.getByRole('columnheader', { name: 'pinned' }).getByRole('button')],
    ['allocated', main.getByRole('columnheader', { name: 'allocated' }).first().getByRole('button')],
    ['stale', page.getByRole('complementary').getByRole('button', { name: 'H ≠ T', exact: true })],
    ['swept', page.getByRole('complementary').getByRole('button', { name: 'swept', exact: true })],
    ['owed', page.getByRole('region', { name: 'Time', exact: true }).getByRole('button', { name: 'T ≠ A owed' })],
  ];
  for (const [id, place] of places) {
    await place.hover();
    await expect(tip, id).toContainText(termText(id));
    await page.mouse.move(2, 2);
    await expect(tip).toBeHidden();
    // As Tab brings it: the focus is to be seen.
    await place.evaluate((element: HTMLElement) => element.focus({ focusVisible: true } as FocusOptions));
    await expect(tip, id).toContainText(termText(id));
    expect(await describedBy(place)).toContain(termText(id));
    await page.keyboard.press('Escape');
    await expect(tip).toBeHidden();
  }
});

test(
  'the lanes of the map are explained, and F1 opens the glossary at the term that has the focus',
  IN_WEB,
  async ({ ui }) => {
    await ui.importFiles([FILE]);
    const { page } = ui;
    await ui.show('Guest');
    const lane = page.getByRole('main').getByRole('button', { name: 'A actual' });
    await lane.focus();
    await page.keyboard.press('F1');
    const entry = dialog(page).locator('[data-entry=A]');
    await expect(entry).toBeInViewport();
    await expect(entry).toHaveClass(/at/);
    await page.keyboard.press('Escape');
    // A press does the same.
    await page.getByRole('main').getByRole('button', { name: 'H host truth' }).press('Enter');
    await expect(dialog(page).locator('[data-entry=H]')).toHaveClass(/at/);
    await ui.closeDialog();
  },
);
