/**
 * The time strip and what goes with it: numbers, clock and pill are of one moment; stepping back and forth goes through the
 * frames that there are; what is written now is seen now; what belongs to a run goes when another is shown. What is
 * compared with comes from the command line, which runs the same scenario apart from any window.
 */
import { expect, IN_WEB, test } from './fixture.ts';
import { referenceRun } from './reference.ts';
import { madeScenario, reducedExample } from './scenario.ts';
import type { Screen } from './screen.ts';

/** One of five VMs is gathered at once: its guest is told at tick 10, and has a new layout from tick 11 on. */
const GATHERED = JSON.stringify({
  ...(JSON.parse(reducedExample('two-socket-compact', 4)) as object),
  commands: [{ at: 0, type: 'compact', vm: 'database', nodes: [0], rateMiBps: 256 }],
});

const QUICK = madeScenario({
  name: 'Quick to converge',
  nodes: 2,
  nodeMemoryMiB: 1024,
  vms: [
    { name: 'one', memoryMiB: 256 },
    { name: 'two', memoryMiB: 128, node: 0 },
    { name: 'three', memoryMiB: 128, node: 1 },
  ],
  meanMs: 1000,
});

/** Headline, what a screen reader is told, clock and pill agree, and say what a run to that tick says of this VM. */
async function expectTrue(ui: Screen, vm: string, text: string): Promise<void> {
  const says = await ui.stripSays();
  const { guests } = referenceRun(text, says.tick);
  const { lag } = guests.find(({ name }) => name === vm)!;
  const { owed, stale, pinned } = says;
  expect({ vm: says.vm, owed, stale, pinned }).toEqual({
    ...{ vm, owed: lag.targetActual, stale: lag.hostTarget - lag.coalesced, pinned: lag.pinned },
  });
  expect(await ui.headline()).toEqual({ tick: says.tick, lags: [owed, stale, pinned] });
  expect((await ui.standing()).tick).toBe(says.tick);
}

test('a commit is a step: the ticks before and after it are as the run says', IN_WEB, async ({ ui }) => {
  test.setTimeout(240_000);
  await ui.importLarge([{ name: 'gathered.pageshift.json', text: GATHERED }]);
  await ui.showVm('database', 'Host');
  for (let tick = 1; tick <= 13; tick++) await ui.step();
  await expectTrue(ui, 'database', GATHERED);
  const line = async (tick: number): Promise<readonly number[]> => {
    await ui.pointAt(tick);
    return (await ui.headline()).lags.slice(0, 2);
  };
  // What is drawn at a tick is read under the pointer: not a mean of both sides.
  expect(await line(10)).toEqual([0, 690_176]);
  expect(await line(11)).toEqual([479_080, 0]);
  await ui.page.mouse.move(2, 2);
  for (const tick of [12, 11, 10]) {
    await ui.page.keyboard.press(',');
    await expect.poll(async () => (await ui.standing()).tick).toBe(tick);
    if (tick < 12) await expectTrue(ui, 'database', GATHERED);
  }
});

test('stepping through the past goes on from frame to frame', IN_WEB, async ({ ui }) => {
  test.setTimeout(240_000);
  await ui.importLarge([{ name: 'two-socket.pageshift.json', text: reducedExample('two-socket-compact', 4) }]);
  await ui.playToTick(100);
  await ui.page.keyboard.press('Home');
  await expect.poll(async () => (await ui.standing()).tick).toBe(0);
  // Faster than frames come.
  for (let n = 0; n < 10; n++) await ui.page.keyboard.press('.');
  await expect.poll(async () => (await ui.standing()).tick).toBeGreaterThanOrEqual(10);
  let last = -1;
  for (let n = 0; n < 20; n++) {
    await expect.poll(async () => (await ui.standing()).tick).toBeGreaterThan(last);
    last = (await ui.standing()).tick;
    await ui.page.keyboard.press('.');
  }
  await expect.poll(async () => (await ui.standing()).tick).toBeGreaterThan(last);
  expect(last).toBeGreaterThanOrEqual(29);
  // And back: each press one frame before.
  last = (await ui.standing()).tick;
  for (let n = 0; n < 5; n++) {
    await ui.page.keyboard.press(',');
    await expect.poll(async () => (await ui.standing()).tick).toBeLessThan(last);
    last = (await ui.standing()).tick;
  }
});

test('the moment of an event is the world after it', IN_WEB, async ({ ui }) => {
  await ui.importFiles([{ name: 'quick.pageshift.json', text: QUICK }]);
  await ui.compact({ vm: 'one', node: 1 });
  await ui.playUntilSettled();
  await ui.command('Show events');
  const commit = ui.page
    .getByRole('listbox', { name: 'Events' })
    .getByRole('option')
    .filter({ hasText: /committed/i })
    .first();
  await commit.click();
  await ui.page.getByRole('button', { name: 'Show that moment' }).first().click();
  await expect(ui.state).toContainText('The past is shown');
  await expect.poll(async () => (await ui.stripSays()).owed).toBeGreaterThan(0);
  expect((await ui.stripSays()).stale).toBe(0);
  // The tick before it is before it.
  const { tick } = await ui.standing();
  await ui.page.keyboard.press(',');
  await expect.poll(async () => (await ui.standing()).tick).toBe(tick - 1);
  const before = await ui.stripSays();
  expect(before.stale).toBeGreaterThan(0);
  expect(before.owed).toBe(0);
});

test(
  'what is written at the present tick is in the strip at once, and gone when it is taken back',
  IN_WEB,
  async ({ ui }) => {
    await ui.importFiles([{ name: 'quick.pageshift.json', text: QUICK }]);
    await ui.showVm('one', 'Host');
    for (let n = 0; n < 4; n++) await ui.step();
    const drawn = async (): Promise<readonly number[]> => {
      await ui.pointAt(4);
      const { lags } = await ui.headline();
      await ui.page.mouse.move(2, 2);
      return lags;
    };
    const before = await drawn();
    await ui.openConsole('one');
    await ui.type('dnuma-test s 0 1 512');
    const now = await ui.stripSays();
    expect([now.owed, now.stale]).not.toEqual(before.slice(0, 2));
    await expect.poll(drawn).toEqual([now.owed, now.stale, now.pinned]);
    // Time goes on, and one looks back: what that tick came to.
    await ui.step();
    await ui.page.getByRole('button', { name: 'Look one frame back' }).click();
    await expect.poll(async () => (await ui.standing()).tick).toBe(4);
    expect(await ui.stripSays()).toMatchObject({ owed: now.owed, stale: now.stale, pinned: now.pinned });
    await ui.command('Back to now');
    await ui.page.getByRole('button', { name: /^Undo / }).click();
    await expect.poll(async () => (await ui.standing()).tick).toBe(4);
    await expect.poll(drawn).toEqual(before);
  },
);

test('no failure of one run stays in the next, nor what was chosen in it', async ({ ui }) => {
  const { page } = ui;
  await ui.importFiles([{ name: 'quick.pageshift.json', text: QUICK }]);
  await ui.showVm('three', 'Accounting');
  await ui.command("Open example The RFC's 128 MB guest");
  await expect(page.getByRole('heading', { level: 1 })).not.toContainText('Quick');
  await ui.ready();
  await expect(ui.tab('Accounting')).toHaveAttribute('aria-selected', 'true');
  await ui.expectAccountsClose((await ui.vmNames())[0]!);
  await expect(page.getByRole('tab', { name: /^Problems/ })).toHaveText(/Problems\s*0/);
  await ui.command('Show the start screen');
  await ui.start();
  await expect(page.getByText('Nothing was opened')).toHaveCount(0);
  await expect(page.getByText('There is no VM of this name')).toHaveCount(0);
  for (const name of ["The RFC's 128 MB guest", 'Quick to converge']) {
    await ui.showOpenDocument(name);
    await ui.discardDocument();
  }
});

test('what an undo takes back is not chosen any more', IN_WEB, async ({ ui }) => {
  await ui.importFiles([{ name: 'quick.pageshift.json', text: QUICK }]);
  await ui.compact({ vm: 'one', node: 1 });
  await ui.step();
  await ui.command('Show events');
  await ui.page
    .getByRole('listbox', { name: 'Events' })
    .getByRole('option')
    .filter({ hasText: /compact/i })
    .last()
    .click();
  const inspector = ui.page.getByRole('group', { name: 'What is selected' });
  await expect(inspector).toContainText('Show that moment');
  await ui.page.getByRole('button', { name: /^Undo / }).click();
  await expect(inspector).not.toContainText('Show that moment');
});
