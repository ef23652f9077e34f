/**
 * A commit walked through step by step, with the counters that each step changes; differences between layouts; a guest beside
 * itself without the posted code's defects; what goes beyond the RFC, set and measured. Of the page and the engine, which
 * are the same in both shells.
 */
import type { Locator } from '@playwright/test';
import { readTable } from './accounts.ts';
import { countOf } from './count.ts';
import { expect, IN_WEB, test } from './fixture.ts';
import type { Screen } from './screen.ts';

const EXAMPLE = "The RFC's defects, side by side";

async function striped(ui: Screen): Promise<void> {
  await ui.openExample(EXAMPLE);
  await ui.playToTick(105);
}

/** The table of counters of the step one stands at: rows by node and zone, columns by counter. */
async function counters(part: Locator): Promise<Map<string, Readonly<Record<string, string>>>> {
  const { rows } = await readTable(part.getByRole('table', { name: 'Counters of node and zone' }));
  return new Map(rows.map((row) => [row['node, zone']!.replaceAll(/\s+/g, ' ').trim(), row]));
}

const stepButton = (part: Locator, name: string): Locator =>
  part.getByRole('list', { name: 'Steps of the commit' }).getByRole('button', { name: new RegExp(`^\\d+ ${name}`) });

test('a person walks through the commit that lost a zone, and through the one that did not', IN_WEB, async ({ ui }) => {
  await striped(ui);
  // nr_zones falls to 1 where it is assigned, and is not changed where it is the highest.
  for (const [vm, nrZones, present] of [
    ['as-posted', '1', 1408],
    ['corrected', '·', 10_880],
  ] as const) {
    await ui.showVm(vm, 'Guest');
    const part = await ui.showPart('Commits');
    await expect(part.getByRole('combobox', { name: 'Which commit' })).toContainText('layout 1 → 2');
    // From the beginning, a step at a time.
    await part
      .getByRole('list', { name: 'Steps of the commit' })
      .getByRole('button', { name: /before/ })
      .click();
    await expect(part.getByRole('status').first()).toContainText('are to change node (T)');
    await part.getByRole('checkbox', { name: 'Only what the step changes' }).uncheck();
    const seen: string[] = [];
    for (;;) {
      const next = part.getByRole('button', { name: 'Next step' });
      if (await next.isDisabled()) break;
      await next.click();
      const current = part.locator('[aria-current=step]');
      seen.push((await current.innerText()).split('\n')[1]!.trim());
    }
    expect(seen).toEqual(['online', 'publish', 'mark', 'sweep', 'drain', 'settle']);
    await stepButton(part, 'publish').click();
    const node = (await counters(part)).get('node 1')!;
    expect(node['nr_zones']!.split(/\s/)[0]).toBe(nrZones);
    expect(countOf(node['present (T)']!.split('\n')[0]!)).toBe(present);
  }
});

test('steps are walked by keys, and play by themselves', IN_WEB, async ({ ui }) => {
  await striped(ui);
  await ui.showVm('corrected', 'Guest');
  const part = await ui.showPart('Commits');
  const current = part.locator('[aria-current=step]');
  await expect(current).toContainText('settle');
  await current.focus();
  await ui.page.keyboard.press('ArrowUp');
  await expect(current).toContainText('drain');
  await expect(current).toBeFocused();
  await ui.page.keyboard.press('Home');
  await expect(current).toContainText('before');
  // Each step says what it did, and marks what it changed.
  await ui.page.keyboard.press('ArrowDown');
  await ui.page.keyboard.press('ArrowDown');
  await expect(part.getByRole('status').first()).toContainText('Step 2 of 6, publish');
  const { rows } = await readTable(part.getByRole('table', { name: 'Counters of node and zone' }));
  expect(rows.length).toBeGreaterThan(3);
  await ui.page.keyboard.press('End');
  const play = part.getByRole('button', { name: 'Play slowly' });
  await play.click();
  await expect(current).toContainText('before');
  await expect(current).toContainText('online');
  await part.getByRole('button', { name: 'Stop' }).click();
  await stepButton(part, 'drain').click();
  await play.click();
  await expect(current).toContainText('settle');
  await expect(play).toBeVisible();
});

test('a commit of several ticks shows the steps that are still to come', IN_WEB, async ({ ui }) => {
  await ui.openExample(EXAMPLE);
  await ui.showVm('corrected', 'Guest');
  await ui.command('Beyond the RFC…');
  const dialog = ui.page.getByRole('dialog');
  await dialog.getByLabel('VM', { exact: true }).selectOption({ label: 'corrected' });
  await dialog.getByLabel('Between two steps').fill('200');
  await ui.consequenceShown();
  await dialog.getByRole('button', { name: 'Set' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(ui.page.getByRole('complementary', { name: 'Inspector' })).toContainText('commits in steps');
  await ui.openConsole('corrected');
  await ui.type('dnuma-test a 1');
  const part = await ui.showPart('Commits');
  await ui.step();
  await expect(part.getByText('still to come').first()).toBeVisible();
  for (let i = 0; i < 14; i++) await ui.step();
  await expect(part.getByText('still to come')).toHaveCount(0);
  await expect(part.locator('[aria-current=step]')).toContainText('settle');
});

test('what changes between any two layouts', IN_WEB, async ({ ui }) => {
  await striped(ui);
  await ui.showVm('corrected', 'Guest');
  const part = await ui.showPart('Layouts');
  const list = await readTable(part.getByRole('grid', { name: /^Layouts of corrected/ }));
  expect(list.rows.map(({ layout, state }) => [layout, state])).toEqual([
    ['0', 'kept'],
    ['1', 'kept'],
    ['2', 'in force'],
  ]);
  await expect(part.getByText('32 768 pages'.replace(' ', '\u202f')).first()).toBeVisible();
  await part.getByRole('combobox', { name: 'From which layout' }).selectOption({ label: 'layout 0, at boot' });
  // Of 256 stripes, a third stays on the node it booted with.
  await expect(part.getByText(/change node, in/)).toContainText('21\u202f888');
  const runs = await readTable(part.getByRole('grid', { name: 'Runs that change node' }));
  expect(runs.sums['pages']).toBe('21\u202f888');
  await expect(part.getByText('1 memory block of 1 is under several nodes.')).toBeVisible();
});

test(
  'a guest is set beside itself without defects, and the counter that went wrong is pointed at',
  IN_WEB,
  async ({ ui }) => {
    test.setTimeout(180_000);
    await striped(ui);
    await ui.showVm('as-posted', 'Guest');
    await expect(ui.page.getByRole('region', { name: 'Virtual machines' })).toContainText('10 defects');
    const part = await ui.showPart('Compare');
    const standing = await ui.standing();
    await part.getByRole('button', { name: 'Compare', exact: true }).click();
    await part.getByRole('button', { name: 'Cancel' }).click();
    await expect(part.getByRole('button', { name: 'Compare', exact: true })).toBeVisible();
    await part.getByRole('button', { name: 'Compare', exact: true }).click();
    await expect(part.getByRole('button', { name: 'Compare again' })).toBeVisible({ timeout: 90_000 });

    const sizes = async (name: RegExp): Promise<string[]> => {
      const text = await part.getByRole('region', { name }).innerText();
      return [...text.matchAll(/node \d size\s+(.*)/g)].map(([, line]) => line!.trim());
    };
    expect(await sizes(/^without defects/)).toEqual(['43 MB', '42 MB', '42 MB', '0 MB']);
    expect(await sizes(/^as it is/)).toEqual([
      '43 MB',
      expect.stringMatching(/^5 MB\s*◀\s*not 42 MB$/),
      '42 MB',
      '0 MB',
    ]);
    const why = part.getByRole('list', { name: 'What went wrong and why' });
    await expect(why).toContainText('nr_zones assigned');
    await expect(why).toContainText('nr_zones');
    // What was compared has not touched the run.
    expect(await ui.standing()).toEqual(standing);

    await part.getByRole('radio', { name: 'Beyond the RFC' }).check();
    await part.getByRole('button', { name: 'Compare', exact: true }).click();
    const table = part.getByRole('group', { name: 'Variants beyond the RFC' });
    await expect(table).toBeVisible({ timeout: 90_000 });
    for (const variant of ['plain RFC', 'active pass', 'topology follows', 'lookup in a table'])
      await expect(table).toContainText(variant);
  },
);

test('free memory adds up, and huge pages are counted as the definitions say', IN_WEB, async ({ ui }) => {
  await striped(ui);
  await ui.showVm('corrected', 'Guest');
  const part = await ui.showPart('Free memory');
  await expect(part.getByRole('img', { name: /^node 0, DMA: / })).toBeVisible();
  const { rows, sums } = await readTable(part.getByRole('table', { name: /^Huge pages obtainable/ }));
  const n = (row: Readonly<Record<string, string>>, name: string): number => countOf(row[name]!);
  for (const row of rows) {
    expect(n(row, 'now')).toBeLessThanOrEqual(n(row, 'after compaction'));
    expect(n(row, 'pinned') + n(row, 'mixed') + n(row, 'holed')).toBe(n(row, 'never'));
    expect(n(row, 'after compaction') + n(row, 'in use') + n(row, 'never')).toBe(n(row, 'pageblocks'));
  }
  // 128 MB; stripes of 128 pages leave no pageblock to one node.
  expect(countOf(sums['pageblocks']!)).toBe(64);
  expect(countOf(sums['never']!)).toBe(64);
  const owed = await ui.showPart('Owed');
  await expect(owed.getByRole('table').first()).toContainText('anonymous');
});
