/**
 * Pictures of the window to be looked at: every view, light and dark, at three sizes, on hosts of 1, 4 and 128 nodes; the
 * views of hosts with 1 to 128 nodes and 1 to 1,000 VMs; the
 * start screen, the dialogs, the preview of a report, a failed import, a name of 60 characters. They go to out/screenshots
 * (or to the folder that is given), named by what they show. Nothing is compared here: eyes do that.
 */
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import type { Browser } from '@playwright/test';
import { WebShell } from './application.ts';
import { findOrInstallBrowser, thisMachine } from './browser.ts';
import { madeScenario, manyVmsScenario } from './scenario.ts';
import { Screen } from './screen.ts';

export interface ShotPlan {
  readonly folder: string;
  readonly nodes: readonly number[];
  readonly sizes: readonly { readonly width: number; readonly height: number }[];
  readonly themes: readonly ('light' | 'dark')[];
  /** Many nodes and many VMs: the views of hosts alone. */
  readonly worlds: readonly { readonly nodes: number; readonly vms: number }[];
  /** Start screen, dialogs, preview, failed import, long name. */
  readonly extras: boolean;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const DESIGN_SIZE = { width: 1280, height: 800 };

export const FULL_PLAN: ShotPlan = {
  folder: join(root, 'out', 'screenshots'),
  nodes: [1, 4, 128],
  sizes: [{ width: 1024, height: 768 }, DESIGN_SIZE, { width: 1920, height: 1080 }],
  themes: ['light', 'dark'],
  worlds: [1, 8, 64, 128].flatMap((nodes) => [1, 40, 1000].map((vms) => ({ nodes, vms }))),
  extras: true,
};

const LONG_NAME = 'A night of compactions on both racks, before the kernel move';

/** Some VMs on so many nodes, one being gathered and one on its way to another host. */
function livelyScenario(nodes: number): string {
  const made = JSON.parse(
    madeScenario({
      name: nodes === 4 ? LONG_NAME : nodes === 1 ? 'One node' : `${nodes} nodes`,
      nodes,
      nodeMemoryMiB: nodes === 128 ? 2048 : 8192,
      vms: [
        { name: 'database', memoryMiB: 4096, cells: Math.min(4, nodes) },
        { name: 'web', memoryMiB: 1024 },
        { name: 'build', memoryMiB: 512, cells: 1 },
      ],
      hosts: 2,
    }),
  ) as { commands: unknown[] };
  made.commands.push(
    { at: 5, type: 'compact', vm: 'database', nodes: [nodes > 2 ? 2 : 0], rateMiBps: 400 },
    { at: 40, type: 'migrate', vm: 'web', toHost: 'lab-2', nodes: [0], maxBandwidthMiBps: 150 },
  );
  return JSON.stringify(made);
}

/** @returns the files' names */
export async function takeScreenshots(browser: Browser, plan: ShotPlan): Promise<string[]> {
  rmSync(plan.folder, { recursive: true, force: true });
  mkdirSync(plan.folder, { recursive: true });
  const taken: string[] = [];
  for (const nodes of plan.nodes) await inShell(browser, (screen) => viewsOf(screen, plan, nodes, taken));
  for (const { nodes, vms } of plan.worlds) await inShell(browser, (screen) => world(screen, plan, nodes, vms, taken));
  if (plan.extras) {
    await inShell(browser, (screen) => startAndFailedImport(screen, plan, taken));
    await inShell(browser, (screen) => example(screen, plan, taken));
    await inShell(browser, (screen) => insideGuest(screen, plan, taken));
  }
  return taken;
}

async function inShell(browser: Browser, work: (screen: Screen) => Promise<void>): Promise<void> {
  const shell = new WebShell(browser, DESIGN_SIZE);
  try {
    await work(await Screen.of(await shell.start()));
  } finally {
    await shell.quit();
    shell.home.remove();
  }
}

/** One picture for each size and theme. */
async function shoot({ page }: Screen, plan: ShotPlan, name: string, taken: string[]): Promise<void> {
  for (const size of plan.sizes) {
    await page.setViewportSize(size);
    for (const theme of plan.themes) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await page.mouse.move(2, size.height - 2); // no tip, no hover
      await page.waitForTimeout(250); // canvases follow the theme a frame later
      const file = `${name}-${size.width}-${theme}.png`;
      await page.screenshot({ path: join(plan.folder, file) });
      taken.push(file);
    }
  }
  await page.setViewportSize(DESIGN_SIZE);
}

async function viewsOf(screen: Screen, plan: ShotPlan, nodes: number, taken: string[]): Promise<void> {
  await screen.importFiles([{ name: 'lively.pageshift.json', text: livelyScenario(nodes) }]);
  await screen.playToTick(70);
  for (const view of ['Host', 'Guest', 'Accounting', 'Migrations', 'Findings'] as const) {
    await screen.show(view);
    await shoot(screen, plan, `${view.toLowerCase()}-${nodes}`, taken);
  }
  for (const part of ['Free memory', 'Owed', 'Layouts', 'Commits', 'Map'] as const) {
    await screen.showPart(part);
    if (part !== 'Map') await shoot(screen, plan, `${part.toLowerCase().replace(' ', '-')}-${nodes}`, taken);
  }
  if (!plan.extras || nodes === 1) return;
  for (const [command, name] of [
    ['Compact web…', 'dialog-compact'],
    ['Migrate database to…', 'dialog-migrate'],
    ['Report…', 'report-preview'],
    ['Keys', 'keys'],
  ] as const) {
    await screen.command(command);
    await screen.page.getByRole('dialog').waitFor();
    await screen.consequenceShown();
    await shoot(screen, plan, `${name}-${nodes}`, taken);
    await screen.closeDialog();
  }
  await screen.openPalette();
  await shoot(screen, plan, `palette-${nodes}`, taken);
  await screen.closeDialog();
  await screen.show('Host');
  await screen.command('Show events');
  await shoot(screen, plan, `events-${nodes}`, taken);
  await screen.lookAtTheBeginning();
  await shoot(screen, plan, `past-${nodes}`, taken);
}

/** One host of up to 8 nodes, or 16 hosts: what the views of hosts look like with so many VMs. */
async function world(screen: Screen, plan: ShotPlan, nodes: number, vms: number, taken: string[]): Promise<void> {
  const hosts = nodes > 8 ? 16 : 1;
  const vmMemoryMiB = vms > 100 ? [4, 8, 16] : [128, 64, 48, 32, 16];
  const need = (vms * vmMemoryMiB.reduce((sum, mib) => sum + mib, 0)) / vmMemoryMiB.length;
  const text = manyVmsScenario({
    ...{
      name: `Nodes: ${nodes}, VMs: ${vms}`,
      hosts,
      nodes: [nodes / hosts],
      vms,
      vmMemoryMiB,
      spreadEvery: vms > 1 ? 8 : 0,
    },
    nodeMemoryMiB: Math.max(256, Math.ceil((1.8 * need) / nodes / 64) * 64),
  });
  await screen.importLarge([{ name: 'world.pageshift.json', text }]);
  const name = `world-${nodes}x${vms}`;
  if (hosts > 1) {
    await screen.show('Overview');
    await shoot(screen, plan, `${name}-overview`, taken);
  }
  await screen.show('Host');
  await shoot(screen, plan, `${name}-host`, taken);
  await screen.page.getByRole('radio', { name: 'VM × node' }).check({ force: true });
  await shoot(screen, plan, `${name}-vm-x-node`, taken);
}

async function startAndFailedImport(screen: Screen, plan: ShotPlan, taken: string[]): Promise<void> {
  await screen.start();
  await shoot(screen, plan, 'start', taken);
  await screen.command('New scenario…');
  await shoot(screen, plan, 'dialog-new', taken);
  await screen.closeDialog();
  await screen.drop([
    { name: 'host.xml', text: '<capabilities><host><topology><cells num="2"><cell id="0">' },
    { name: 'notes.txt', text: 'milk, bread' },
  ]);
  await screen.page.getByText('notes.txt').first().waitFor();
  await shoot(screen, plan, 'failed-import', taken);
}

/** The shipped example in the middle of its work: what a README shows. */
async function example(screen: Screen, plan: ShotPlan, taken: string[]): Promise<void> {
  await screen.openExample('Two sockets, five VMs to compact');
  await shoot(screen, plan, 'first-steps', taken);
  await screen.page.getByRole('button', { name: 'Put the first steps away' }).click();
  await screen.command('Show the commands to come');
  await shoot(screen, plan, 'to-come', taken);
  await screen.command('Drawer');
  await screen.playToTick(330);
  await screen.command('Two runs or two moments side by side…');
  await screen.page.getByRole('table', { name: 'At the cursor' }).waitFor();
  await shoot(screen, plan, 'side-by-side', taken);
  await screen.closeDialog();
  for (const view of ['Host', 'Guest', 'Accounting'] as const) {
    await screen.show(view);
    await shoot(screen, plan, `example-${view.toLowerCase()}`, taken);
  }
}

/** The parts of a guest that has the posted code's defects, its console, and itself beside one without. */
async function insideGuest(screen: Screen, plan: ShotPlan, taken: string[]): Promise<void> {
  await screen.openExample("The RFC's defects, side by side");
  await screen.playToTick(105);
  await screen.showVm('as-posted', 'Guest');
  for (const part of ['Map', 'Free memory', 'Owed', 'Layouts', 'Commits'] as const) {
    const panel = await screen.showPart(part);
    if (part === 'Layouts') await panel.getByRole('grid', { name: 'Runs that change node' }).waitFor();
    await shoot(screen, plan, `inside-${part.toLowerCase().replace(' ', '-')}`, taken);
  }
  const compare = await screen.showPart('Compare');
  for (const kind of ['Defects of the posted code', 'Beyond the RFC']) {
    await compare.getByRole('radio', { name: kind }).check();
    await compare.getByRole('button', { name: 'Compare', exact: true }).click();
    await compare.getByRole('button', { name: 'Compare again' }).waitFor({ timeout: 120_000 });
    await shoot(screen, plan, `inside-${kind.split(' ')[0]!.toLowerCase()}`, taken);
  }
  await screen.command('Beyond the RFC…');
  await screen.consequenceShown();
  await shoot(screen, plan, 'dialog-beyond', taken);
  await screen.closeDialog();
  await screen.showPart('Free memory');
  await screen.openConsole('as-posted');
  await shoot(screen, plan, 'console-empty', taken);
  for (const line of ['numactl --hardware', 'cat /nothing', 'cat /proc/buddyinfo']) await screen.type(line);
  await shoot(screen, plan, 'console', taken);
}

async function main(): Promise<void> {
  const [folder] = process.argv.slice(2);
  const { path } = findOrInstallBrowser(thisMachine);
  const browser = await chromium.launch({ executablePath: path, args: ['--no-sandbox'] });
  try {
    const plan = folder === undefined ? FULL_PLAN : { ...FULL_PLAN, folder: resolve(folder) };
    const taken = await takeScreenshots(browser, plan);
    process.stdout.write(`${taken.length} pictures in ${plan.folder}\n`);
  } finally {
    await browser.close();
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
