/**
 * axe finds nothing: the start screen, every view, every dialog, in both themes. Of the page and the report, which are the
 * same in both shells.
 */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, IN_WEB, test } from './fixture.ts';
import { EIGHT_BY_FORTY, madeScenario, manyVmsScenario, TWENTY_HOSTS } from './scenario.ts';
import type { Screen } from './screen.ts';

const SCENARIO = madeScenario({
  name: 'Looked over',
  nodes: 4,
  nodeMemoryMiB: 1024,
  vms: [
    { name: 'one', memoryMiB: 256 },
    { name: 'two', memoryMiB: 128 },
  ],
  hosts: 2,
});
const DIALOG = '[role=dialog]';
const DRAWER = 'section[aria-label=Drawer]';

/** A theme changes colours alone: every rule once, those about colour in each theme. */
type Rules = 'all' | 'colour';

const FILE = { name: 'axe.pageshift.json', text: SCENARIO };

/**
 * Legacy mode: no second page can be opened in an Electron window, which axe would like to have for its frames, and it would
 * wait for ever for an answer of the preview's frame, which runs no scripts. The report in it is looked over by itself.
 */
/** @param within what has changed since the whole page was looked over; the rules about a page as such need all of it */
async function expectNothingFound(page: Page, what: string, rules: Rules = 'all', within = 'html'): Promise<void> {
  const builder = new AxeBuilder({ page }).setLegacyMode(true).include(within);
  if (rules === 'colour') builder.withRules(['color-contrast', 'link-in-text-block']);
  const { violations } = await builder.analyze();
  const found = violations.map(({ id, help, nodes }) => ({
    rule: `${id}: ${help}`,
    where: nodes.slice(0, 5).map(({ target, failureSummary }) => `${target.join(' ')} — ${failureSummary ?? ''}`),
  }));
  expect(found, what).toEqual([]);
}

async function expectNothingFoundInPalette(ui: Screen, rules: Rules): Promise<void> {
  await ui.openPalette();
  await expectNothingFound(ui.page, 'palette', rules, DIALOG);
  await ui.closeDialog();
}

for (const [theme, rules] of [
  ['Light theme', 'all'],
  ['Dark theme', 'colour'],
] as const) {
  test(`the start screen, ${theme.toLowerCase()}`, IN_WEB, async ({ ui }) => {
    await ui.start();
    await ui.command(theme);
    await expect(ui.page.getByRole('dialog')).toHaveCount(0);
    await expectNothingFound(ui.page, 'start screen', rules);
    await ui.drop([{ name: 'notes.txt', text: 'nothing' }]);
    await expect(ui.page.getByText('This is not a format that Pageshift reads').first()).toBeVisible();
    await expectNothingFound(ui.page, 'start screen after a failed import', rules);
    await expectNothingFoundInPalette(ui, rules);
    for (const command of ['New scenario…', 'Glossary', 'Keys', 'About Pageshift']) {
      await ui.command(command);
      await expect(ui.page.getByRole('dialog')).toBeVisible();
      await expectNothingFound(ui.page, command, rules, DIALOG);
      await ui.closeDialog();
    }
  });

  test(`every view, ${theme.toLowerCase()}`, IN_WEB, async ({ ui }) => {
    await ui.importFiles([FILE]);
    await ui.command(theme);
    await ui.compact({ vm: 'one', node: 1 });
    await ui.migrate({ vm: 'two', host: 'lab-2' });
    for (let i = 0; i < 3; i++) await ui.step();
    for (const view of ['Overview', 'Host', 'Guest', 'Accounting', 'Migrations', 'Findings'] as const) {
      await ui.show(view);
      await expectNothingFound(ui.page, view, rules, view === 'Host' || view === 'Overview' ? 'html' : 'main');
    }
    for (const drawer of ['Show events', 'Show the commands to come', 'Show problems']) {
      await ui.command(drawer);
      await expectNothingFound(ui.page, drawer, rules, DRAWER);
    }
    await ui.lookAtTheBeginning();
    await expectNothingFound(ui.page, 'the past', rules);
  });

  test(`many VMs and hosts, ${theme.toLowerCase()}`, IN_WEB, async ({ ui }) => {
    await ui.importFiles([{ name: 'eight.pageshift.json', text: manyVmsScenario(EIGHT_BY_FORTY) }]);
    await ui.command(theme);
    await ui.page
      .getByRole('button', { name: /^\+\d+ VMs?, / })
      .first()
      .click();
    await expectNothingFound(ui.page, 'merged VMs', rules);
    await ui.discardDocument();
    await ui.importFiles([{ name: 'fleet.pageshift.json', text: manyVmsScenario(TWENTY_HOSTS) }]);
    await ui.page.getByLabel('Group VMs').selectOption('node');
    await expectNothingFound(ui.page, 'VMs by node', rules);
    await ui.show('Overview');
    await ui.page.getByRole('toolbar', { name: 'Hosts' }).getByRole('button').nth(3).click();
    await expectNothingFound(ui.page, 'overview of twenty hosts', rules);
    await ui.page.keyboard.press('/');
    await ui.page.keyboard.type('no such host');
    await expectNothingFound(ui.page, 'overview without a host', rules);
    await ui.page.keyboard.press('Tab');
  });

  test(`inside a guest, ${theme.toLowerCase()}`, IN_WEB, async ({ ui }) => {
    await ui.importFiles([FILE]);
    await ui.command(theme);
    await ui.compact({ vm: 'one', node: 1 });
    for (let i = 0; i < 3; i++) await ui.step();
    for (const part of ['Free memory', 'Owed', 'Layouts', 'Commits', 'Compare'] as const) {
      await ui.showPart(part);
      await expectNothingFound(ui.page, part, rules, part === 'Free memory' ? 'html' : 'main');
    }
    await ui.openConsole('one');
    await expectNothingFound(ui.page, 'an empty console', rules, DRAWER);
    await ui.type('dnuma-test s 0 1 512');
    await ui.type('cat /nothing');
    await expectNothingFound(ui.page, 'the console', rules, DRAWER);
    for (const [part, table] of [
      ['Layouts', 'Runs that change node'],
      ['Commits', 'Counters of node and zone'],
    ] as const) {
      await expect((await ui.showPart(part)).locator(`table[aria-label="${table}"]`)).toBeVisible();
      await expectNothingFound(ui.page, `${part} after a commit`, rules, 'main');
    }
  });

  test(`every dialog, ${theme.toLowerCase()}`, IN_WEB, async ({ ui }) => {
    await ui.importFiles([FILE]);
    await ui.command(theme);
    await ui.step();
    await expectNothingFoundInPalette(ui, rules);
    for (const command of [
      'Compact one…',
      'Migrate two to…',
      'Beyond the RFC…',
      'Edit one…',
      'Add a VM…',
      'Add a host…',
      'Add a link between hosts…',
      'Report…',
      'Two runs or two moments side by side…',
      'Glossary',
      'Keys',
      'New scenario…',
    ]) {
      await ui.command(command);
      await expect(ui.page.getByRole('dialog')).toBeVisible();
      await ui.consequenceShown();
      await expectNothingFound(ui.page, command, rules, DIALOG);
      await ui.closeDialog();
    }
  });
}

test('the report itself', IN_WEB, async ({ application, ui, tabs }) => {
  await ui.importFiles([FILE]);
  await ui.compact({ vm: 'one', node: 1 });
  await ui.playToTick(20);
  const { bytes } = await ui.export(application, 'HTML');
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await tabs!.newPage({ colorScheme });
    await page.setContent(bytes.toString('utf8'));
    await expectNothingFound(page, `report, ${colorScheme}`);
    await page.close();
  }
});
