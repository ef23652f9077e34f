/**
 * Inside a guest, as a person does it: the cover letter's example typed into the console, what the guest prints then with
 * the posted code's defects and without, and what a shell is used by: history, completion, several lines, errors, Ctrl+C.
 * The shell's own keys are pressed in both shells of the window; what the guest answers is of the engine alone.
 */
import { expect, IN_WEB, test } from './fixture.ts';
import { madeScenario } from './scenario.ts';

const EXAMPLE = "The RFC's defects, side by side";

/** "node 1 size: 42 MB" of each node. */
const sizesIn = (numactl: string): number[] =>
  [...numactl.matchAll(/^node \d+ size: (\d+) MB$/gm)].map(([, mb]) => Number(mb));

test(
  'the cover letter, typed: 43, 5, 42 and 0 MB as it was posted, 43, 42, 42 and 0 without its defects',
  IN_WEB,
  async ({ ui }) => {
    await ui.openExample(EXAMPLE);
    for (const [vm, sizes] of [
      ['as-posted', [43, 5, 42, 0]],
      ['corrected', [43, 42, 42, 0]],
    ] as const) {
      await ui.openConsole(vm);
      expect(sizesIn(await ui.type('numactl --hardware'))).toEqual([64, 64]);
      await ui.type('dnuma-test a 3');
      await ui.type('dnuma-test s 0 2 128');
      const printed = await ui.type('numactl --hardware');
      expect(sizesIn(printed)).toEqual(sizes);
      // The accounting view is of the same guest: once its frame has come, it says what the guest says.
      await ui.showVm(vm, 'Accounting');
      await expect.poll(async () => (await ui.view.locator('pre').first().innerText()).trim()).toBe(printed);
    }
  },
);

test('a line is one command: it is undone and redone by name', IN_WEB, async ({ ui }) => {
  await ui.openExample(EXAMPLE);
  await ui.openConsole('corrected');
  const before = await ui.type('numactl --hardware');
  await ui.type('dnuma-test b 0 1');
  await ui.type('dnuma-test a 3');
  expect(sizesIn(await ui.type('numactl --hardware'))).toEqual([0, 0, 128]);
  const undo = ui.page.getByRole('button', { name: /^Undo .*dnuma-test a 3/ });
  await undo.click();
  await ui.page.getByRole('button', { name: /^Undo .*dnuma-test b 0 1/ }).click();
  await expect(ui.page.getByRole('button', { name: /^Redo .*dnuma-test b 0 1/ })).toBeEnabled();
  expect(await ui.type('numactl --hardware')).toBe(before);
  await ui.page.getByRole('button', { name: /^Redo .*dnuma-test b 0 1/ }).click();
  await ui.page.getByRole('button', { name: /^Redo .*dnuma-test a 3/ }).click();
  await expect(undo).toBeEnabled();
  expect(sizesIn(await ui.type('numactl --hardware'))).toEqual([0, 0, 128]);
});

const SMALL = madeScenario({
  name: 'A shell',
  nodes: 2,
  nodeMemoryMiB: 1024,
  vms: [
    { name: 'one', memoryMiB: 128, cells: 2 },
    { name: 'two', memoryMiB: 128 },
  ],
});

test('it is used as a shell is', async ({ ui }) => {
  await ui.importFiles([{ name: 'shell.pageshift.json', text: SMALL }]);
  await ui.openConsole('one');
  const { page, commandLine } = ui;

  // Lines to begin with type themselves, and do no more.
  await page.getByRole('button', { name: 'cat /proc/buddyinfo' }).click();
  await expect(commandLine).toHaveValue('cat /proc/buddyinfo');
  await expect(commandLine).toBeFocused();
  await commandLine.press('Enter');
  await expect(ui.consoleLog).toContainText(/Node 0, zone\s+DMA/);

  // History.
  await ui.type('echo first');
  await ui.type('echo second');
  await commandLine.fill('not yet entered');
  await commandLine.press('ArrowUp');
  await expect(commandLine).toHaveValue('echo second');
  await commandLine.press('ArrowUp');
  await expect(commandLine).toHaveValue('echo first');
  await commandLine.press('ArrowDown');
  await commandLine.press('ArrowDown');
  await expect(commandLine).toHaveValue('not yet entered');

  // Completion; Tab leaves an empty line, and after Escape any.
  await commandLine.fill('cat /proc/budd');
  await commandLine.press('Tab');
  await expect(commandLine).toHaveValue('cat /proc/buddyinfo ');
  await expect(commandLine).toBeFocused();
  await commandLine.fill('cat /sys/kernel/debug/memlayout/pfn-lookup');
  await commandLine.press('Tab');
  await expect(commandLine).toHaveValue('cat /sys/kernel/debug/memlayout/pfn-lookup-cache-');
  await commandLine.press('Tab');
  await expect(ui.consoleLog).toContainText('pfn-lookup-cache-misses');
  await commandLine.press('Escape');
  await commandLine.press('Tab');
  await expect(commandLine).not.toBeFocused();
  await commandLine.focus();

  // Errors have words and signs, and the exit status is shown.
  const failed = await ui.type('cat /nothing');
  expect(failed).toContain('No such file or directory');
  expect(failed).toContain('exit status 1');
  await expect(ui.consoleLog.getByText('Error output:')).toHaveCount(1);

  // A command of several lines, then two at once from the clipboard.
  await ui.type('for word in a b');
  await expect(ui.prompt).toHaveText(/^>/);
  await ui.type('do echo "<$word>"');
  expect(await ui.type('done')).toBe('<a>\n<b>');
  await expect(ui.prompt).toContainText('root@one');
  await commandLine.evaluate((input) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'echo pasted\necho both\necho half');
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  await expect(ui.consoleLog).toContainText('both');
  await expect(commandLine).toHaveValue('echo half');
  await expect(ui.consoleLog).toHaveAttribute('aria-busy', 'false'); // or Ctrl+C would be for the line that runs

  // Ctrl+C: of a line that is being written, and of one that runs.
  await commandLine.press('Control+c');
  await expect(commandLine).toHaveValue('');
  await commandLine.fill('while true; do true; done');
  await commandLine.press('Enter');
  await expect(ui.consoleLog).toHaveAttribute('aria-busy', 'true');
  await commandLine.press('Control+c');
  await expect(ui.consoleLog).toHaveAttribute('aria-busy', 'false');
  await expect(ui.consoleLog).toContainText('^C');

  // Each VM has its own, and both stay.
  await page.getByRole('combobox', { name: 'Console of which VM' }).selectOption('two');
  await expect(ui.prompt).toContainText('root@two');
  expect(await ui.type('hostname || echo $HOSTNAME')).toContain('two');
  await page.getByRole('combobox', { name: 'Console of which VM' }).selectOption('one');
  await expect(ui.consoleLog).toContainText('both');
  await commandLine.press('Control+l');
  await expect(ui.consoleLog).toHaveText('');
  await commandLine.press('Control+`');
  await expect(commandLine).toHaveCount(0);
});

test('a crash of a posted kernel is shown, and undone', IN_WEB, async ({ ui }) => {
  await ui.openExample(EXAMPLE);
  await ui.openConsole('as-posted');
  await ui.type('cd /sys/kernel/debug/memlayout');
  // A range for a node that cannot be: nothing is staged but an empty layout, and the posted commit follows a null pointer.
  expect(await ui.type('echo 99 > node')).toContain('Invalid argument');
  await ui.type('echo 1 > commit');
  const vms = ui.page.getByRole('region', { name: 'Virtual machines' });
  await expect(vms).toContainText('crashed');
  await expect(await ui.showPart('Compare')).toContainText('crashed this guest');
  await ui.page.getByRole('button', { name: /^Undo .*echo 1 > commit/ }).click();
  await expect(vms).not.toContainText('crashed');

  // Without the defect it is an error, and no more.
  await ui.openConsole('corrected');
  await ui.type('cd /sys/kernel/debug/memlayout');
  await ui.type('echo 99 > node');
  expect(await ui.type('echo 1 > commit')).toContain('Invalid argument');
  await expect(vms).not.toContainText('crashed');
});

test('pages are held and released by hand: typed, and on the map', IN_WEB, async ({ ui }) => {
  await ui.importFiles([{ name: 'shell.pageshift.json', text: SMALL }]);
  await ui.openConsole('one');
  const shown = async (pfn: number): Promise<string> => await ui.type(`pagectl show ${pfn}`);
  // The last page of the guest may be in use: the first free one from the middle on is asked for.
  let pfn = 16_384;
  while (!/free/.test(await shown(pfn))) pfn += 512;
  await ui.type(`pagectl alloc ${pfn}`);
  expect(await shown(pfn)).not.toMatch(/\bfree\b/);
  const undo = ui.page.getByRole('button', { name: new RegExp(`^Undo .*pagectl alloc ${pfn}`) });
  await expect(undo).toBeEnabled();
  await ui.type(`pagectl free ${pfn}`);
  expect(await shown(pfn)).toMatch(/\bfree\b/);

  // On the map: zoomed in to single pages, along them to a free one.
  const part = await ui.showPart('Map');
  await ui.map.focus();
  await ui.page.keyboard.press('Home');
  await ui.page.keyboard.press('Control+ArrowRight'); // node 1 begins, behind what is reserved at boot
  for (let i = 0; i < 24; i++) await ui.page.keyboard.press('+');
  await ui.whole();
  await expect(part.getByText('exact pages', { exact: true })).toBeVisible();
  const hold = part.getByRole('button', { name: 'Hold this page' });
  for (let i = 0; i < 60 && !(await hold.isVisible()); i++) {
    await ui.page.keyboard.press(i % 3 === 2 ? 'PageDown' : 'ArrowRight');
    await ui.whole(); // exact pages of another place are asked for
  }
  await hold.click();
  const release = part.getByRole('button', { name: 'Release this page' });
  await expect(release).toBeVisible();
  await expect(part.getByText(/held, order 0/)).toBeVisible();
  await release.click();
  await expect(hold).toBeVisible();
});
