/** What every spec gets: the application in the shell of its project, and the screen of its first window. */
import { test as base } from '@playwright/test';
import type { Browser } from '@playwright/test';
import { ElectronShell, WebShell } from './application.ts';
import type { Application, ShellKind } from './application.ts';
import { Screen } from './screen.ts';

export { expect } from '@playwright/test';

export interface ShellOptions {
  readonly shell: ShellKind;
}

interface TestFixtures {
  /** Not started yet. */
  readonly application: Application;
  /** Of a started application: the start screen is there. */
  readonly ui: Screen;
}

interface WorkerFixtures extends ShellOptions {
  /** Null in Electron, which brings its own. */
  readonly tabs: Browser | null;
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
  application: async ({ tabs, viewport }, use, testInfo) => {
    const size = viewport ?? { width: 1280, height: 800 };
    const application = tabs === null ? new ElectronShell(size) : new WebShell(tabs, size);
    await use(application);
    await application.quit();
    if (testInfo.status !== testInfo.expectedStatus) await testInfo.attach('log', { body: application.log });
    application.home.remove();
  },
  ui: async ({ application }, use) => {
    await use(Screen.of(await application.start()));
  },
});
