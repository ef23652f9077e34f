/**
 * The window as a person meets it: by roles, names and keys, never by classes or ids. Numbers are read where they stand on
 * the screen.
 */
import { expect } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';
import { expectClosed, readAccounts, readTable } from './accounts.ts';
import type { Accounts } from './accounts.ts';
import type { Application, Written } from './application.ts';
import { countOf } from './count.ts';

export interface DroppedFile {
  readonly name: string;
  readonly text: string;
}

/** Where the run stands, as toolbar and status bar say. */
export interface Standing {
  readonly tick: number;
  /** The first eight hex digits of the hash chain: what the screen shows of it. */
  readonly chain: string;
}

/** What the strip says of a moment. */
export interface StripSays {
  /** null: of all. */
  readonly vm: string | null;
  readonly tick: number;
  readonly isPresent: boolean;
  readonly owed: number;
  readonly stale: number;
  readonly pinned: number;
}

/** A host node as its bar says it: "node 0: 1.5 GiB used by VMs, …". */
export interface HostUse {
  readonly name: string;
  readonly text: string;
}

export type ViewTitle = 'Overview' | 'Host' | 'Guest' | 'Accounting' | 'Migrations' | 'Findings';

/** Of every scenario of the specs and of every example. */
const TICK_MS = 100;

const VIEW_KEYS: Readonly<Record<ViewTitle, string>> = {
  Overview: 'Control+1',
  Host: 'Control+2',
  Guest: 'Control+3',
  Accounting: 'Control+4',
  Migrations: 'Control+5',
  Findings: 'Control+7',
};

export class Screen {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Of a window whose page is loaded. */
  static of(page: Page): Screen {
    return new Screen(page);
  }

  get startHeading(): Locator {
    return this.page.getByRole('heading', { name: 'Pageshift', level: 1 });
  }

  /** Whole: its lists come when main has answered. */
  async start(): Promise<void> {
    await expect(this.startHeading).toBeVisible();
    await expect(this.page.getByRole('region', { name: 'Examples' }).getByRole('listitem').first()).toBeVisible();
  }

  async openPalette(): Promise<Locator> {
    await this.page.keyboard.press('Control+k');
    const palette = this.page.getByRole('dialog');
    await expect(palette.getByRole('option').first()).toBeVisible();
    return palette;
  }

  /** By the palette, as a person who knows its name. */
  async command(title: string): Promise<void> {
    const palette = await this.openPalette();
    await palette.getByRole('combobox').fill(title);
    await palette.getByRole('option', { name: title }).first().waitFor();
    await this.page.keyboard.press('Enter');
  }

  /** Escape, and the dialog is gone. */
  async closeDialog(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await expect(this.page.getByRole('dialog')).toHaveCount(0);
  }

  async openExample(name: string): Promise<void> {
    await this.page.getByRole('region', { name: 'Examples' }).getByRole('button', { name }).click();
    await this.ready();
  }

  async recover(name: string): Promise<void> {
    await this.#unsaved(name).getByRole('button', { name: 'Recover' }).click();
    await this.ready();
  }

  async discardRecovery(name: string): Promise<void> {
    await this.#unsaved(name).getByRole('button', { name: 'Discard…' }).click();
    await this.#unsaved(name).getByRole('button', { name: 'Discard for good' }).click();
    await expect(this.#unsaved(name)).toHaveCount(0);
  }

  #unsaved(name: string): Locator {
    return this.page.getByRole('region', { name: 'Unsaved work' }).getByRole('listitem').filter({ hasText: name });
  }

  async showOpenDocument(name: string): Promise<void> {
    const runs = this.page.getByRole('region', { name: 'Open runs' });
    // The button that closes it has a name and no text.
    await runs.getByRole('button').filter({ hasText: name }).click();
    await this.ready();
  }

  /** Closes the document that is shown, without keeping what is not saved. */
  async discardDocument(): Promise<void> {
    await this.command('Close the scenario');
    const discard = this.page.getByRole('button', { name: 'Discard the work' });
    await expect(this.startHeading.or(discard)).toBeVisible();
    if (await discard.isVisible()) await discard.click();
    await this.start();
  }

  /** A document is shown. */
  async ready(): Promise<void> {
    await expect(this.page.getByRole('tab', { name: 'Host' })).toBeVisible();
    await expect(this.page.getByText('Waiting for the first frame…')).toBeHidden();
    await this.whole();
  }

  /** What the views show is what was asked for: nothing in them is busy, and a run that is paused shows its last frame. */
  async whole(): Promise<void> {
    const busy = this.page.locator('main [role=tabpanel][aria-busy=true], main [role=tabpanel] [aria-busy=true]');
    await expect(busy).toHaveCount(0);
  }

  /** Files let go over the window; whether they are taken is for the spec to see. */
  async drop(files: readonly DroppedFile[]): Promise<void> {
    await this.page.evaluate((list) => {
      const data = new DataTransfer();
      for (const { name, text } of list) data.items.add(new File([text], name));
      for (const type of ['dragenter', 'dragover', 'drop']) {
        const over = document.elementFromPoint(innerWidth / 2, innerHeight / 2) ?? document.body;
        over.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
      }
    }, files);
  }

  async importFiles(files: readonly DroppedFile[]): Promise<void> {
    await this.drop(files);
    await this.ready();
  }

  /** A world of hundreds of VMs, or of large ones, which takes its time to be made. */
  async importLarge(files: readonly DroppedFile[]): Promise<void> {
    await this.drop(files);
    await expect(this.tab('Host')).toBeVisible({ timeout: 120_000 });
    await expect(this.page.getByText('Waiting for the first frame…')).toBeHidden({ timeout: 60_000 });
    await this.ready();
  }

  // The run

  /** Read together: the chain is that of the tick. Both are of what is shown, the present or the past. */
  async standing(): Promise<Standing> {
    const text = await this.page.evaluate(() => {
      const time = document.querySelector<HTMLElement>('[aria-label="Simulated time"]')?.innerText ?? '';
      const status = document.querySelector<HTMLElement>('footer[aria-label="Status"]')?.innerText ?? '';
      return { time, status };
    });
    const time = /^([\d\s\u2009\u202f]+)(?:\.(\d+))? s$/.exec(text.time.trim());
    const chain = /hash ([0-9a-f]{8})/.exec(text.status);
    if (time === null || chain === null) throw new Error(`neither time nor hash: ${JSON.stringify(text)}`);
    const seconds = Number(`${countOf(time[1]!)}.${time[2] ?? 0}`);
    return { tick: Math.round((seconds * 1000) / TICK_MS), chain: chain[1]! };
  }

  async step(): Promise<void> {
    const { tick } = await this.standing();
    await this.page.getByRole('button', { name: 'Step one tick' }).click();
    await expect.poll(async () => (await this.standing()).tick).toBe(tick + 1);
  }

  async setSpeed(ticksPerSec: number): Promise<void> {
    const speed = this.page.getByLabel('Speed');
    const option = speed.locator('option').filter({ hasText: new RegExp(`^${ticksPerSec}\\b`) });
    await speed.selectOption({ label: await option.innerText() });
  }

  get playButton(): Locator {
    return this.page.getByRole('button', { name: 'Play', exact: true });
  }

  get pauseButton(): Locator {
    return this.page.getByRole('button', { name: 'Pause', exact: true });
  }

  async play(): Promise<void> {
    await this.playButton.click();
    await expect(this.pauseButton).toBeVisible();
  }

  async pause(): Promise<Standing> {
    await this.pauseButton.click();
    await expect(this.playButton).toBeVisible();
    await this.whole();
    return await this.standing();
  }

  /** As fast as it goes, until nothing is left to wait for: then it stops by itself. */
  async playUntilSettled(timeout = 45_000): Promise<Standing> {
    const { tick } = await this.standing();
    await this.command('Play as fast as it goes');
    await expect.poll(async () => (await this.standing()).tick, { timeout }).toBeGreaterThan(tick);
    await expect(this.playButton).toBeVisible({ timeout });
    await this.whole();
    await expect(this.state).toContainText(/converged/i);
    return await this.standing();
  }

  /** To about this tick, at 100 ticks a second. */
  async playToTick(tick: number): Promise<void> {
    await this.setSpeed(100);
    await this.play();
    await expect
      .poll(async () => (await this.standing()).tick, { timeout: 60_000, intervals: [50] })
      .toBeGreaterThan(tick);
    await this.pause();
  }

  /** What the pill in the toolbar says. */
  get state(): Locator {
    return this.page.getByRole('banner').getByRole('status');
  }

  // The views

  tab(view: ViewTitle): Locator {
    return this.page.getByRole('tab', { name: new RegExp(`^${view}`) });
  }

  async show(view: ViewTitle): Promise<void> {
    await this.page.keyboard.press(VIEW_KEYS[view]);
    await expect(this.tab(view)).toHaveAttribute('aria-selected', 'true');
    await this.whole();
  }

  // Inside a guest

  /** A part of the guest's view, by the name of its tab. */
  async showPart(part: 'Map' | 'Free memory' | 'Owed' | 'Layouts' | 'Commits' | 'Compare'): Promise<Locator> {
    await this.show('Guest');
    const tab = this.page.getByRole('tablist', { name: 'Parts of the guest' }).getByRole('tab', { name: part });
    await tab.click();
    await expect(tab).toHaveAttribute('aria-selected', 'true');
    await this.whole();
    return this.page.getByRole('tabpanel', { name: new RegExp(`^${part}`) });
  }

  /** The console of a VM, ready to be typed into. */
  async openConsole(vm: string): Promise<void> {
    await this.command(`Open the console of ${vm}`);
    await expect(this.commandLine).toBeFocused();
    await expect(this.commandLine).toHaveAccessibleName(`Command line of ${vm}`);
    await expect(this.prompt).toContainText('#');
  }

  get commandLine(): Locator {
    return this.page.getByRole('textbox', { name: /^Command line of/ });
  }

  get prompt(): Locator {
    return this.page.locator('label[for=console-line]');
  }

  get consoleLog(): Locator {
    return this.page.getByRole('log');
  }

  /** Types a line of the console and waits for its end. @returns what it printed, and its exit status */
  async type(line: string): Promise<string> {
    await this.commandLine.fill(line);
    await this.commandLine.press('Enter');
    await expect(this.consoleLog).toHaveAttribute('aria-busy', 'false');
    const text = await this.consoleLog.innerText();
    return text.slice(text.lastIndexOf(line) + line.length).trim();
  }

  // Hosts and VMs

  get #vms(): Locator {
    return this.page.getByRole('region', { name: 'Virtual machines' });
  }

  async vmNames(): Promise<string[]> {
    await this.whole();
    await expect(this.#vms.getByRole('listitem').first()).toBeVisible();
    const texts = await this.#vms.getByRole('listitem').allInnerTexts();
    return texts.map((text) => text.split('\n')[0]!.trim());
  }

  async showVm(name: string, view: ViewTitle): Promise<void> {
    const button = this.#vms.getByRole('button', { name: new RegExp(`^${name} `) });
    await button.click();
    await expect(button).toHaveAttribute('aria-current', 'true');
    await this.show(view);
  }

  /** What the bars of the host nodes say, read in one step. */
  async hostUse(): Promise<HostUse[]> {
    await this.whole();
    return await this.page.getByRole('region', { name: /^Host / }).evaluateAll((hosts) =>
      hosts.flatMap((host) => {
        const name = host.getAttribute('aria-label')!.replace(/^Host /, '');
        const bars = [...host.querySelectorAll('[role=img][aria-label^="node "]')];
        return bars.map((bar) => ({ name, text: bar.getAttribute('aria-label')! }));
      }),
    );
  }

  // The past

  async lookAtTheBeginning(): Promise<void> {
    await this.command('Look at the beginning');
    await expect(this.state).toContainText('The past is shown');
    await expect.poll(async () => (await this.standing()).tick).toBe(0);
    await this.whole();
  }

  /** The present is shown: its frame has come. */
  async backToNow(): Promise<void> {
    const past = await this.standing();
    await this.command('Back to now');
    await expect(this.state).not.toContainText('The past is shown');
    await expect.poll(async () => (await this.standing()).tick).toBeGreaterThan(past.tick);
    await this.whole();
  }

  // The time strip

  get strip(): Locator {
    return this.page.getByRole('slider', { name: 'Time shown' });
  }

  /** What the strip tells a screen reader of the moment that is shown. */
  async stripSays(): Promise<StripSays> {
    await this.whole();
    const text = (await this.strip.getAttribute('aria-valuetext')) ?? '';
    const told =
      /^(?:(.*), )?(\S+) s(, the present| of .*, the past); (.*) pages? owed, (.*) pages? stale, (.*) pages? pinned$/;
    const [, vm, seconds, when, ...lags] = told.exec(text) ?? [];
    if (seconds === undefined) throw new Error(`the strip says: ${text}`);
    const [owed, stale, pinned] = lags.map(countOf);
    const tick = Math.round((Number(seconds.replace(/[\s\u2009\u202f]/g, '')) * 1000) / TICK_MS);
    return { vm: vm ?? null, tick, isPresent: when === ', the present', owed: owed!, stale: stale!, pinned: pinned! };
  }

  /** The numbers of the strip's headline, as they stand there, and the time before them. */
  async headline(): Promise<{ readonly tick: number; readonly lags: readonly number[] }> {
    const line = this.page
      .getByRole('region', { name: 'Time', exact: true })
      .locator('p')
      .filter({ hasText: 'pinned' });
    const read = await line.evaluate((p) => ({
      when: p.querySelector('span')!.textContent!,
      lags: [...p.querySelectorAll('b')].map((b) => b.textContent!),
    }));
    const seconds = Number(/^(.*) s$/.exec(read.when.trim())![1]!.replace(/[\s\u2009\u202f]/g, ''));
    return { tick: Math.round((seconds * 1000) / TICK_MS), lags: read.lags.map(countOf) };
  }

  /** Moves the pointer along the strip until its headline is of this tick. */
  async pointAt(tick: number): Promise<void> {
    const box = (await this.strip.boundingBox())!;
    for (let x = 60; x < box.width - 8; x += 1.5) {
      await this.page.mouse.move(box.x + x, box.y + 20);
      if ((await this.headline()).tick === tick) return;
    }
    throw new Error(`no place of the strip is tick ${tick}`);
  }

  // What is in the middle

  get view(): Locator {
    return this.page.getByRole('tabpanel', { name: /^(Host|Guest|Accounting|Migrations|Findings)/ });
  }

  /** The guest's map. */
  get map(): Locator {
    return this.view.getByRole('slider', { name: /^Map/ }).first();
  }

  /** Of the VM that the accounting view shows. */
  async accounts(): Promise<Accounts> {
    return await readAccounts(this.view);
  }

  /** Rows of the migrations view, by its titles. */
  async moves(): Promise<readonly Readonly<Record<string, string>>[]> {
    return (await readTable(this.view.getByRole('grid').first())).rows;
  }

  /** @param pages of the guest, where they are known */
  async expectAccountsClose(vm: string, pages: number | null = null): Promise<Accounts> {
    const accounts = await this.accounts();
    expect(accounts.vm).toBe(vm);
    expectClosed(accounts, pages);
    return accounts;
  }

  // Dialogs

  /** Submits the command, with its forecast seen first; the run goes on as it did (paused, or playing). */
  async compact({
    vm,
    node,
    rateMiBps,
  }: {
    readonly vm: string;
    readonly node: number;
    readonly rateMiBps?: number;
  }): Promise<void> {
    await this.page.getByRole('button', { name: 'Compact…', exact: true }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel('VM', { exact: true }).selectOption({ label: vm });
    await dialog.getByRole('radio', { name: 'These nodes' }).check();
    await dialog
      .getByRole('checkbox', { name: /^node / })
      .nth(node)
      .check();
    if (rateMiBps !== undefined) await dialog.getByLabel('Rate').fill(String(rateMiBps));
    await this.#submit('Compact', vm);
  }

  /** @returns the time that the dialog forecast */
  async migrate({ vm, host }: { readonly vm: string; readonly host: string }): Promise<{ readonly time: string }> {
    await this.page.getByRole('button', { name: 'Migrate…', exact: true }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel('VM', { exact: true }).selectOption({ label: vm });
    await dialog.getByLabel('To host').selectOption({ label: host });
    await this.consequenceShown();
    const facts = await dialog.getByRole('region', { name: 'Consequence' }).locator('dl > div').allInnerTexts();
    const [, time] = facts.map((text) => text.split('\n')).find(([term]) => term === 'total time') ?? [];
    expect(time, 'the dialog forecasts the time').toBeDefined();
    await this.#submit('Migrate', vm);
    return { time: time! };
  }

  async #submit(verb: 'Compact' | 'Migrate', vm: string): Promise<void> {
    const dialog = this.page.getByRole('dialog');
    const playAfter = dialog.getByRole('checkbox', { name: 'Start playing' });
    if (await playAfter.isVisible()) await playAfter.uncheck();
    await this.consequenceShown();
    await expect(dialog.getByRole('region', { name: 'Consequence' })).toContainText(/\d/);
    await dialog.getByRole('button', { name: `${verb} ${vm}` }).click();
    await expect(dialog).toHaveCount(0);
  }

  /** Nothing in the open dialog is still being computed. */
  async consequenceShown(): Promise<void> {
    await expect(this.page.getByRole('dialog').locator('[aria-busy=true]')).toHaveCount(0);
  }

  /** By the report dialog, looked at first. */
  async export(
    application: Application,
    what: 'HTML' | 'PDF' | 'JSON' | 'ZIP' | 'CSV' | 'SVG' | 'PNG' | 'scenario',
  ): Promise<Written> {
    await this.page.getByRole('button', { name: 'Report…', exact: true }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByRole('radio', { name: new RegExp(what, 'i') }).check();
    const save = dialog.getByRole('button', { name: `Save ${what}` });
    await expect(save).toBeEnabled();
    await this.consequenceShown();
    const written = await application.exporting(this.page, () => save.click());
    await expect(dialog).toHaveCount(0);
    return written;
  }
}
