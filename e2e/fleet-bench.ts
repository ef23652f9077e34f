/**
 * Does the window stay quick with very many VMs? 64 hosts with 1,024 VMs are opened and played; then, by real input events:
 *
 *   click to painted   tabs, hosts of the overview, rows of VMs
 *   frame time         between the frames that are painted while the list of VMs and the table VM × node scroll
 *   memory             what the page's heap grows by while the run is played as fast as it goes, after a collection each time
 *
 * The smoke size in the tests says nothing about time or growth, only that all of this is still measured.
 */
import type { Browser, Page } from '@playwright/test';
import { WebShell } from './application.ts';
import { clickTimes, frameTimes } from './measure.ts';
import { manyVmsScenario } from './scenario.ts';
import { Screen } from './screen.ts';

export interface FleetSize {
  readonly hosts: number;
  readonly vms: number;
  readonly clicks: number;
  readonly scrollMs: number;
  readonly memoryMs: number;
  readonly samples: number;
}

export interface FleetResult {
  readonly openMs: number;
  readonly clickMs: readonly number[];
  readonly frameMs: readonly number[];
  /** Heap in use after a collection, at these times since playing began. */
  readonly heap: readonly { readonly ms: number; readonly mib: number }[];
  readonly growthMibPerHour: number;
}

export const FLEET_FULL: FleetSize = {
  hosts: 64,
  vms: 1024,
  clicks: 80,
  scrollMs: 8000,
  memoryMs: 60_000,
  samples: 13,
};
/** On request: the window is kept open for an hour at full speed. */
export const FLEET_HOUR: FleetSize = { ...FLEET_FULL, memoryMs: 3_600_000, samples: 61 };
export const FLEET_SMOKE: FleetSize = { hosts: 6, vms: 30, clicks: 6, scrollMs: 300, memoryMs: 500, samples: 3 };

const VIEWPORT = { width: 1280, height: 800 };

export async function benchFleet(browser: Browser, size: FleetSize): Promise<FleetResult> {
  const shell = new WebShell(browser, VIEWPORT);
  try {
    const page = await shell.start();
    const screen = Screen.of(page);
    const began = performance.now();
    await screen.importLarge([{ name: 'fleet.pageshift.json', text: world(size) }]);
    const openMs = performance.now() - began;
    await screen.setSpeed(10);
    await screen.play();
    const clickMs = await clicks(screen, size.clicks);
    const frameMs = [
      ...(await scroll(screen, () => overList(screen), size.scrollMs / 2)),
      ...(await scroll(screen, () => overTable(screen), size.scrollMs / 2)),
    ];
    await screen.pause();
    const heap = await heapWhilePlaying(screen, size);
    return { openMs, clickMs, frameMs, heap, growthMibPerHour: slope(heap) * 3_600_000 };
  } finally {
    await shell.quit();
    shell.home.remove();
  }
}

const world = ({ hosts, vms }: FleetSize): string =>
  manyVmsScenario({
    ...{ name: `${hosts} hosts, ${vms} VMs`, hosts, nodes: [2, 4, 4, 8], vms, spreadEvery: 8 },
    ...{ nodeMemoryMiB: 1024, vmMemoryMiB: [64] },
  });

/** Views, hosts and VMs in turn. */
async function clicks(screen: Screen, count: number): Promise<number[]> {
  const { page } = screen;
  await screen.show('Host');
  const middle = async (name: 'Overview' | 'Host' | 'Guest'): Promise<{ x: number; y: number }> => {
    const { x, y, width, height } = (await screen.tab(name).boundingBox())!;
    return { x: x + Math.min(20, width / 2), y: y + height / 2 };
  };
  const tree = (await page.getByRole('tree', { name: 'VMs' }).boundingBox())!;
  const row = { x: tree.x + 40, y: tree.y + 50 };
  const main = (await page.getByRole('main').boundingBox())!;
  const host = { x: main.x + 120, y: main.y + main.height / 2 };
  // A host of the overview; back to the hosts; another VM; its guest.
  const places = [await middle('Overview'), host, await middle('Host'), row, await middle('Guest'), row];
  return await clickTimes(page, places, count);
}

async function overList({ page }: Screen): Promise<void> {
  await page.getByRole('tree', { name: 'VMs' }).hover();
}

async function overTable(screen: Screen): Promise<void> {
  const { page } = screen;
  await screen.show('Host');
  await page.getByRole('radio', { name: 'VM × node' }).check({ force: true });
  await page.getByRole('grid', { name: 'Pages of VMs on host nodes (H)' }).locator('tbody tr').first().hover();
}

/** What is under the pointer is scrolled down and up for so long. */
async function scroll({ page }: Screen, place: () => Promise<void>, ms: number): Promise<number[]> {
  await place();
  return await frameTimes(page, ms, (n) => page.mouse.wheel(0, n % 80 < 40 ? 90 : -90));
}

async function heapWhilePlaying(
  screen: Screen,
  { memoryMs, samples }: FleetSize,
): Promise<{ ms: number; mib: number }[]> {
  const { page } = screen;
  await screen.show('Overview');
  await screen.command('Play as fast as it goes');
  const read = await heapReader(page);
  const began = performance.now();
  const heap: { ms: number; mib: number }[] = [];
  for (let i = 0; i < samples; i++) {
    const due = (memoryMs * i) / Math.max(1, samples - 1);
    await page.waitForTimeout(Math.max(0, due - (performance.now() - began)));
    heap.push({ ms: performance.now() - began, mib: await read() });
  }
  return heap;
}

async function heapReader(page: Page): Promise<() => Promise<number>> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  await devtools.send('HeapProfiler.enable');
  return async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'JSHeapUsedSize')!.value / 2 ** 20;
  };
}

/** By least squares, in MiB a millisecond; the first sample, before anything is warm, does not count. */
function slope(heap: readonly { readonly ms: number; readonly mib: number }[]): number {
  const points = heap.slice(1);
  const mean = (of: (point: { readonly ms: number; readonly mib: number }) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [ms, mib] = [mean((point) => point.ms), mean((point) => point.mib)];
  const square = points.reduce((sum, point) => sum + (point.ms - ms) ** 2, 0);
  return square === 0 ? 0 : points.reduce((sum, point) => sum + (point.ms - ms) * (point.mib - mib), 0) / square;
}
