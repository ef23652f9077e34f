/**
 * Everything without a mouse: the palette has every command and runs it; Tab reaches every control, and shows where it is.
 * Tab is the page's own; keys that a menu has as well are pressed in both shells.
 */
import type { Page } from '@playwright/test';
import { expect, IN_WEB, test } from './fixture.ts';
import { madeScenario } from './scenario.ts';
import type { Screen, ViewTitle } from './screen.ts';

const SCENARIO = madeScenario({
  name: 'By hand alone',
  nodes: 2,
  nodeMemoryMiB: 1024,
  vms: [
    { name: 'one', memoryMiB: 128 },
    { name: 'two', memoryMiB: 128 },
  ],
  hosts: 2,
});
const FILE = { name: 'keyboard.pageshift.json', text: SCENARIO };

/** Every command of the window by its group, as a person may look for it. The palette may have more (VMs, examples). */
const COMMANDS = [
  ...[
    'New scenario…',
    'Open…',
    'Import files of a host and its VMs…',
    'Save',
    'Save as…',
    'Report…',
    'Rename the scenario',
  ],
  ...['Show the start screen; the run goes on', 'Close the scenario', 'Undo', 'Redo'],
  ...[
    'Play',
    'Play as fast as it goes',
    'Step one tick',
    'Look one frame back',
    'Look at the beginning',
    'Back to now',
  ],
  ...[
    'Slower',
    'Faster',
    'Check every law now',
    'Cancel the replay',
    'Compact…',
    'Migrate…',
    'Beyond the RFC…',
    'Cancel what moves this VM',
  ],
  ...['Open the console of one', 'Open the console of two'],
  ...["Show the guest's map", "Show the guest's free memory and huge pages", "Show the guest's commits, step by step"],
  ...[
    'Show the overview of all hosts',
    'Show hosts',
    'Show the guest',
    'Show accounting',
    'Show migrations',
    'Two runs or two moments side by side…',
    'Zoom in',
    'Zoom out',
    'Fit all',
  ],
  ...['Pan left', 'Pan right', 'Hosts and VMs panel', 'Inspector panel', 'Drawer', 'Show events', 'Show problems'],
  ...['Theme as the system has it', 'Light theme', 'Dark theme', 'lstopo theme', 'Glossary', 'Keys', 'About Pageshift'],
  ...['Show one', 'Show two', 'Compact one…', 'Compact two…', 'Migrate one to…', 'Migrate two to…'],
  'Open example Two sockets, five VMs to compact',
];

test('the palette has every command, each within reach of the arrows', async ({ ui }) => {
  await ui.importFiles([FILE]);
  const { page } = ui;
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog');
  const options = palette.getByRole('option');
  await expect(options.first()).toBeVisible();
  const texts = await options.allInnerTexts();
  for (const title of COMMANDS) {
    expect(
      texts.some((text) => text.includes(title)),
      `the palette has: ${title}`,
    ).toBe(true);
  }
  // What cannot be done now is listed too, and said to be so.
  const reached = new Set<string>();
  for (let i = 0; i < texts.length; i++) {
    const chosen = palette.locator('[role=option][aria-selected=true]');
    const { text, inSight } = await chosen.evaluate(async (element: HTMLElement) => {
      const seen = new Promise<boolean>((resolve) => {
        new IntersectionObserver(([entry]) => resolve(entry!.isIntersecting)).observe(element);
      });
      return { text: element.innerText, inSight: await seen };
    });
    reached.add(text);
    expect(inSight, `${text} is in sight`).toBe(true);
    await page.keyboard.press('ArrowDown');
  }
  expect([...reached].toSorted()).toEqual([...new Set(texts)].toSorted());
  await page.keyboard.press('Escape');
  await expect(palette).toHaveCount(0);
});

test('a whole job by keys alone', async ({ ui }) => {
  await ui.importFiles([FILE]);
  const { page } = ui;
  await page.keyboard.press('.');
  await expect.poll(async () => (await ui.standing()).tick).toBe(1);
  await ui.command('Compact two…');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  // The focus is in the dialog, stays in it, and Escape gives it back.
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab');
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: /^Pause/ })).toBeVisible();
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: /^Play/ })).toBeVisible();
  const views: readonly (readonly [string, ViewTitle])[] = [
    ['3', 'Guest'],
    ['4', 'Accounting'],
    ['5', 'Migrations'],
    ['1', 'Overview'],
    ['2', 'Host'],
  ];
  for (const [key, title] of views) {
    await page.keyboard.press(`Control+${key}`);
    await expect(ui.tab(title)).toHaveAttribute('aria-selected', 'true');
  }
  await page.keyboard.press('Home');
  await expect(page.getByRole('button', { name: /Back to now/ }).first()).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('Step one tick');
  await page.keyboard.press('Escape');
});

for (const view of ['Overview', 'Host', 'Guest', 'Accounting', 'Migrations'] as const) {
  test(`Tab reaches every control, seen: ${view}`, IN_WEB, async ({ ui }) => {
    await ui.importFiles([FILE]);
    await ui.step();
    await ui.show(view);
    await ui.command('Show events');
    await expectTabReachesAll(ui);
  });
}

for (const part of ['Free memory', 'Owed', 'Layouts', 'Commits', 'Compare'] as const) {
  test(`Tab reaches every control, seen: ${part} of a guest, with its console`, IN_WEB, async ({ ui }) => {
    await ui.importFiles([FILE]);
    await ui.openConsole('one');
    await ui.type('dnuma-test s 0 1 512');
    await ui.showPart(part);
    await expectTabReachesAll(ui);
  });
}

test('Tab reaches every control of the start screen, seen', IN_WEB, async ({ ui }) => {
  await ui.start();
  await expectTabReachesAll(ui);
});

/** Some controls come with the frame that has something for them, and a frame after that by the room that there is. */
async function settled(ui: Screen): Promise<void> {
  await ui.whole();
  await ui.page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))),
  );
}

interface Control {
  readonly index: number;
  readonly html: string;
  /** Tab stops here; otherwise the arrows of its group must lead here. */
  readonly tab: boolean;
}

/**
 * Every control that a person can see takes the focus: by Tab, or by the arrows once Tab is in its group. Wherever the
 * focus is, it is seen. Tabs, grids and menus move by arrows as the platform has them; pressing those here would leave the
 * view.
 */
async function expectTabReachesAll(ui: Screen): Promise<void> {
  const { page } = ui;
  await settled(ui);
  const controls = await page.evaluate(() => {
    // Of radio buttons of one name, Tab stops at the chosen one.
    const otherRadio = (element: HTMLElement): boolean =>
      element.matches('input[type=radio]:not(:checked)') &&
      document.querySelector(`input[type=radio][name="${CSS.escape((element as HTMLInputElement).name)}"]:checked`) !==
        null;
    const OWN_WAYS = '[role=tablist], [role=grid], [role=tree], [role=listbox], [role=radiogroup], [role=menu], table';
    const elements = [
      ...document.querySelectorAll<HTMLElement>(
        'button, a[href], input, select, textarea, summary, [tabindex], [role=button], [role=slider]',
      ),
    ].filter(
      (element) =>
        element.checkVisibility({ visibilityProperty: true }) &&
        !element.matches(':disabled, [aria-disabled=true]') &&
        !otherRadio(element) &&
        (element.tabIndex >= 0 ||
          (element.matches('button, a, input, select, textarea') && element.closest(OWN_WAYS) === null)),
    );
    return elements.map((element, index) => {
      element.dataset['control'] = String(index);
      return { index, html: element.outerHTML.slice(0, 200), tab: element.tabIndex >= 0 };
    });
  });
  expect(controls.length).toBeGreaterThan(3);

  const reached = new Set<number>();
  const unseen = new Set<number>();
  const strays = new Set<string>();
  const look = async (): Promise<number | null> => {
    const at = await focused(page);
    if (typeof at === 'string') strays.add(at);
    if (at === null || typeof at === 'string') return null;
    reached.add(at.index);
    if (!at.seen) unseen.add(at.index);
    return at.index;
  };
  const left = (tab: boolean): readonly Control[] =>
    controls.filter((each) => each.tab === tab && !reached.has(each.index));
  // Of a group that Tab enters, one element is its stop, and not always the same: presses beyond the number are for those.
  for (let press = 0; press < controls.length * 2 && left(true).length > 0; press++) {
    await page.keyboard.press('Tab');
    const stop = await look();
    if (stop === null || left(false).length === 0) continue;
    for (const key of ['ArrowDown', 'ArrowRight']) await followArrows(page, key, stop, look);
  }
  expect([...strays], 'what takes the focus and is no control').toEqual([]);
  expect(
    left(true).map(({ html }) => html),
    'controls that Tab does not reach',
  ).toEqual([]);
  expect(
    left(false).map(({ html }) => html),
    'controls that neither Tab nor arrows reach',
  ).toEqual([]);
  expect(
    controls.filter(({ index }) => unseen.has(index)).map(({ html }) => html),
    'controls whose focus is not seen',
  ).toEqual([]);
}

/** Through a group of `data-stop` elements, as far as the key leads. */
async function followArrows(page: Page, key: string, from: number, look: () => Promise<number | null>): Promise<void> {
  const inGroup = await page.evaluate(() => document.activeElement?.matches('[data-stop]') ?? false);
  if (!inGroup) return;
  for (let last: number | null = from; ;) {
    await page.keyboard.press(key);
    const now = await look();
    if (now === null || now === last) break;
    last = now;
  }
}

/** Which control has the focus, and whether that is seen; its text when it is something else; null: nothing of the page. */
function focused(page: Page): Promise<{ index: number; seen: boolean } | string | null> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null;
    if (element === null || element === document.body) return null;
    if (element.dataset['control'] === undefined) return element.outerHTML.slice(0, 200);
    const shown = (each: Element | null): boolean => {
      if (each === null) return false;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
      return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
    };
    return { index: Number(element.dataset['control']), seen: shown(element) || shown(element.parentElement) };
  });
}
