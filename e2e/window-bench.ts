/**
 * Does the window stay quick while a large guest is busy? A guest of 64 GiB is compacted, so that layouts are committed to
 * it again and again, and the window is clicked and its map panned by real input events through the browser:
 *
 *   input latency   from the time stamp of the click to after the next frame was painted
 *   frame time      between the frames that are painted while the map is dragged
 *   first paint     from the navigation of a new window, by the browser's own paint timing
 *
 * Then the same of a window with very many VMs: fleet-bench.ts. `--hour` keeps that one open for an hour.
 *
 * It runs in the web shell, in the browser of the end-to-end tests. Numbers are of the machine they were measured on; the
 * smoke size in the tests says nothing about time, only that all of this is still measured.
 */
import { realpathSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import { machine } from '../src-main/bench/harness.ts';
import { WebShell } from './application.ts';
import { findOrInstallBrowser, thisMachine } from './browser.ts';
import { benchFleet, FLEET_FULL, FLEET_HOUR, FLEET_SMOKE } from './fleet-bench.ts';
import type { FleetResult, FleetSize } from './fleet-bench.ts';
import { clickTimes, frameTimes, type Place } from './measure.ts';
import { madeScenario } from './scenario.ts';
import { Screen } from './screen.ts';

export interface BenchSize {
  readonly guestGib: number;
  readonly clicks: number;
  readonly panMs: number;
  readonly windows: number;
}

export interface BenchResult {
  readonly browser: string;
  /** Of the machine before it began: much more than nothing means that these are not its figures alone. */
  readonly load: number;
  /** Milliseconds. */
  readonly clickMs: readonly number[];
  readonly frameMs: readonly number[];
  readonly firstPaintMs: readonly number[];
  /** During the clicks and the panning. */
  readonly ticks: number;
  readonly commits: number;
}

export const FULL_SIZE: BenchSize = { guestGib: 64, clicks: 80, panMs: 8000, windows: 7 };
export const SMOKE_SIZE: BenchSize = { guestGib: 0.5, clicks: 8, panMs: 400, windows: 2 };

const VIEWPORT = { width: 1280, height: 800 };
const FRAME_MS = 1000 / 60;
const NODES = 4;

/** One guest, spread over all nodes, that gets a layout for every tick in which frames of it moved. */
function scenario(guestGib: number): string {
  const memoryMiB = guestGib * 1024;
  const made = JSON.parse(
    madeScenario({
      name: `One guest of ${guestGib} GiB`,
      nodes: NODES,
      nodeMemoryMiB: Math.max(1024, memoryMiB * 1.25),
      vms: [{ name: 'large', memoryMiB, cells: NODES }],
      meanMs: 60_000,
    }),
  ) as { vms: { regeneration?: unknown }[]; commands: unknown[] };
  made.vms[0]!.regeneration = { enabled: true, grainKiB: 2048, delayMs: 0 };
  // Slow enough that it is under way, tick for tick, as long as is measured.
  const rateMiBps = Math.max(1, Math.floor(memoryMiB / 400));
  made.commands.push({ at: 1, type: 'compact', vm: 'large', nodes: [0], rateMiBps });
  return JSON.stringify(made);
}

export async function benchWindow(browser: Browser, size: BenchSize): Promise<BenchResult> {
  const load = loadavg()[0]!;
  const shell = new WebShell(browser, VIEWPORT);
  try {
    const page = await shell.start();
    const screen = Screen.of(page);
    await screen.importFiles([{ name: 'large.pageshift.json', text: scenario(size.guestGib) }]);
    await screen.setSpeed(10);
    await screen.play();
    const before = await screen.standing();
    const commitsBefore = await commits(screen, shell);
    const clickMs = await clicks(screen, size.clicks);
    const frameMs = await pan(screen, size.panMs);
    const firstPaintMs: number[] = [];
    for (let i = 0; i < size.windows; i++) firstPaintMs.push(await firstPaint(await shell.anotherWindow()));
    return {
      browser: `Chromium ${browser.version()}, headless, web shell`,
      load,
      clickMs,
      frameMs,
      firstPaintMs,
      ticks: (await screen.standing()).tick - before.tick,
      commits: (await commits(screen, shell)) - commitsBefore,
    };
  } finally {
    await shell.quit();
    shell.home.remove();
  }
}

/** How often the guest got a layout, from the run document that the window exports. */
async function commits(screen: Screen, shell: WebShell): Promise<number> {
  const { bytes } = await screen.export(shell, 'JSON');
  const { guests } = JSON.parse(bytes.toString('utf8')) as { guests: readonly { readonly commits: number }[] };
  return guests[0]!.commits;
}

/** Tabs of all views in turn, and a row of whatever is shown: what a person presses most. */
async function clicks(screen: Screen, count: number): Promise<number[]> {
  const places: Place[] = [];
  for (const view of ['Guest', 'Accounting', 'Migrations', 'Host'] as const) {
    const { x, y, width, height } = (await screen.tab(view).boundingBox())!;
    places.push({ x: x + width / 2, y: y + height / 2 });
  }
  return await clickTimes(screen.page, places, count);
}

/** The map is zoomed in and dragged to and fro for so long. */
async function pan(screen: Screen, ms: number): Promise<number[]> {
  const { page } = screen;
  await screen.show('Guest');
  const { x, y, width, height } = (await screen.map.boundingBox())!;
  const middle = { x: x + width / 2, y: y + height / 2 };
  await page.mouse.move(middle.x, middle.y);
  for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -300);
  await page.mouse.down();
  const times = await frameTimes(page, ms, (n) => page.mouse.move(middle.x + Math.sin(n / 25) * (width / 3), middle.y));
  await page.mouse.up();
  return times;
}

async function firstPaint(page: Page): Promise<number> {
  const ms = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const paint = list.getEntriesByName('first-contentful-paint')[0];
          if (paint !== undefined) resolve(paint.startTime);
        }).observe({ type: 'paint', buffered: true });
      }),
  );
  await page.close();
  return ms;
}

/** @param part 0.5: the median */
export function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)]!;
}

/** Frames that came with the next refresh of a display of 60 Hz; a tenth of a millisecond is the clock's own. */
export const inTime = (frameMs: readonly number[]): number =>
  frameMs.filter((ms) => ms <= FRAME_MS + 0.1).length / frameMs.length;

export function table(result: BenchResult, size: BenchSize): string {
  const { cpu, cpuCount, memoryGib, node } = machine();
  return [
    `${cpu}, ${cpuCount} CPUs, ${memoryGib} GiB; Node ${node}; ${result.browser}`,
    `Load of the machine before it began: ${result.load.toFixed(1)}.`,
    `A guest of ${size.guestGib} GiB; ${result.commits} commits in ${result.ticks} ticks while it was measured.`,
    '',
    '| ms | p50 | p95 | max | samples |',
    '|---|---:|---:|---:|---:|',
    row('click to painted', result.clickMs),
    row('frame while panning', result.frameMs),
    row('first paint of a new window', result.firstPaintMs),
    '',
    `${(100 * inTime(result.frameMs)).toFixed(1)} % of the frames while panning came within 16.7 ms.`,
  ].join('\n');
}

/** p50, p95 and the most of some milliseconds. */
const row = (name: string, values: readonly number[]): string =>
  `| ${name} | ${[0.5, 0.95, 1].map((part) => quantile(values, part).toFixed(1)).join(' | ')} | ${values.length} |`;

export function fleetTable(result: FleetResult, { hosts, vms }: FleetSize): string {
  const [first, last] = [result.heap[1]!, result.heap.at(-1)!];
  return [
    `${hosts} hosts with ${vms} VMs, opened in ${(result.openMs / 1000).toFixed(1)} s.`,
    '',
    '| ms | p50 | p95 | max | samples |',
    '|---|---:|---:|---:|---:|',
    row('click to painted', result.clickMs),
    row('frame while scrolling', result.frameMs),
    '',
    `${(100 * inTime(result.frameMs)).toFixed(1)} % of the frames while scrolling came within 16.7 ms.`,
    `Heap at full speed: ${first.mib.toFixed(1)} MiB after ${(first.ms / 1000).toFixed(0)} s, ${last.mib.toFixed(1)} MiB after ` +
      `${(last.ms / 1000).toFixed(0)} s: ${result.growthMibPerHour.toFixed(1)} MiB an hour.`,
  ].join('\n');
}

async function main(): Promise<void> {
  const { path } = findOrInstallBrowser(thisMachine);
  const browser = await chromium.launch({ executablePath: path, args: ['--no-sandbox'] });
  try {
    const smoke = process.argv.includes('--smoke');
    const size = smoke ? SMOKE_SIZE : FULL_SIZE;
    process.stdout.write(`${table(await benchWindow(browser, size), size)}\n\n`);
    const fleet = process.argv.includes('--hour') ? FLEET_HOUR : smoke ? FLEET_SMOKE : FLEET_FULL;
    process.stdout.write(`${fleetTable(await benchFleet(browser, fleet), fleet)}\n`);
  } finally {
    await browser.close();
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
