/**
 * What every spec gets: the application in the shell of its project, and the screen of its first window.
 *
 * (a) Starting the application takes longer than most specs. Specs share one for each worker, which is brought back to its
 *     start screen before each: document discarded, other windows closed, what the window remembers forgotten.
 * (b) A spec that ends the application, or is about how it starts, has one of its own: `test.use({ own: true })`.
 * (c) A spec that fails ends its worker, and the shared application with it.
 * (d) Both shells show the same page, over the same main process below the shells. A spec of what lies there alone is
 *     tagged `@web` and runs in the web shell only, the lighter one; what differs (port, windows, menus and their keys,
 *     dialogs, files, downloads, what a page may do) runs in both. See playwright.config.ts.
 */
import { expect, test as base } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import { ElectronShell, WebShell } from './application.ts';
import type { Application, ShellKind } from './application.ts';
import { Screen } from './screen.ts';

export { expect };

/** Details of a spec that runs in the web shell alone, and of one that runs in Electron alone. */
export const IN_WEB = { tag: '@web' };
export const IN_ELECTRON = { tag: '@electron' };

export interface ShellOptions {
  readonly shell: ShellKind;
}

interface TestFixtures {
  /** Has an application of its own, not started yet. */
  readonly own: boolean;
  readonly application: Application;
  /** Of a started application: the start screen is there. */
  readonly ui: Screen;
}

interface WorkerFixtures extends ShellOptions {
  /** Null in Electron, which brings its own. */
  readonly tabs: Browser | null;
  readonly shared: SharedApplication;
}

const WINDOW_SIZE = { width: 1280, height: 800 };

const newApplication = (tabs: Browser | null): Application =>
  tabs === null ? new ElectronShell(WINDOW_SIZE) : new WebShell(tabs, WINDOW_SIZE);

class SharedApplication {
  readonly application: Application;
  #page: Page | null = null;

  constructor(application: Application) {
    this.application = application;
  }

  /** Started by the first spec that asks; at its start screen for each. */
  async atStart(): Promise<Screen> {
    this.#page = this.#page === null ? await this.application.start() : await this.#again(this.#page);
    return Screen.of(this.#page);
  }

  async #again(page: Page): Promise<Page> {
    for (const other of page.context().pages()) if (other !== page) await other.close();
    const ui = Screen.of(page);
    if (await ui.tab('Host').isVisible()) await ui.discardDocument();
    await page.evaluate(() => localStorage.clear());
    await page.reload();
    await ui.start();
    await expect(page.getByRole('region', { name: /Open runs|Unsaved work/ })).toHaveCount(0);
    this.application.log = '';
    return page;
  }
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  shell: ['web', { option: true, scope: 'worker' }],
  tabs: [
    async ({ shell, playwright, launchOptions }, use) => {
      const browser = shell === 'electron' ? null : await playwright.chromium.launch(launchOptions);
      await use(browser);
      await browser?.close();
    },
    { scope: 'worker' },
  ],
  shared: [
    async ({ tabs }, use) => {
      const application = newApplication(tabs);
      await use(new SharedApplication(application));
      await application.quit();
      application.home.remove();
    },
    { scope: 'worker' },
  ],
  own: [false, { option: true }],
  application: async ({ own, tabs, shared }, use, testInfo) => {
    const application = own ? newApplication(tabs) : shared.application;
    await use(application);
    if (own) await application.quit();
    if (testInfo.status !== testInfo.expectedStatus) await testInfo.attach('log', { body: application.log });
    if (own) application.home.remove();
  },
  ui: async ({ own, application, shared }, use) => {
    await use(own ? Screen.of(await application.start()) : await shared.atStart());
  },
});
