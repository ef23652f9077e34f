/** The scripts beside the specs still do what they say, at their smallest size: pictures are taken, times are measured. Both run in the web shell. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, IN_WEB, test } from './fixture.ts';
import { takeScreenshots } from './screenshots.ts';
import { benchFleet, FLEET_SMOKE } from './fleet-bench.ts';
import { benchWindow, fleetTable, SMOKE_SIZE, table } from './window-bench.ts';

test('screenshots: every view, in both themes, of the size that was asked for', IN_WEB, async ({ tabs }, testInfo) => {
  const folder = testInfo.outputPath('screenshots');
  const plan = {
    folder,
    nodes: [1],
    sizes: [{ width: 1280, height: 800 }],
    themes: ['light', 'dark'] as const,
    worlds: [{ nodes: 8, vms: 14 }],
    extras: false,
  };
  const taken = await takeScreenshots(tabs!, plan);
  const views = ['accounting', 'commits', 'findings', 'free-memory', 'guest', 'host', 'layouts', 'migrations', 'owed'];
  const worlds = ['host', 'vm-x-node'].map((view) => `world-8x14-${view}`);
  expect(taken.toSorted()).toEqual(
    [...views.map((view) => `${view}-1`), ...worlds]
      .flatMap((name) => ['dark', 'light'].map((theme) => `${name}-1280-${theme}.png`))
      .toSorted(),
  );
  const pictures = taken.map((name) => readFileSync(join(folder, name)));
  for (const png of pictures) {
    // Width and height of the PNG's header.
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1280, 800]);
  }
  expect(new Set(pictures.map((png) => png.toString('base64'))).size, 'no two pictures are the same').toBe(
    taken.length,
  );
});

test('bench: clicks, frames and first paints are measured while layouts are committed', IN_WEB, async ({ tabs }) => {
  const result = await benchWindow(tabs!, SMOKE_SIZE);
  expect(result.commits).toBeGreaterThan(0);
  expect(result.ticks).toBeGreaterThan(0);
  expect(result.clickMs).toHaveLength(SMOKE_SIZE.clicks);
  expect(result.firstPaintMs).toHaveLength(SMOKE_SIZE.windows);
  expect(result.frameMs.length).toBeGreaterThan(2);
  for (const ms of [...result.clickMs, ...result.frameMs, ...result.firstPaintMs]) expect(ms).toBeGreaterThan(0);
  expect(table(result, SMOKE_SIZE)).toMatch(/click to painted \| \d/);
});

test('bench: clicks, scrolling and memory of a window with many VMs are measured', IN_WEB, async ({ tabs }) => {
  const result = await benchFleet(tabs!, FLEET_SMOKE);
  expect(result.clickMs).toHaveLength(FLEET_SMOKE.clicks);
  expect(result.frameMs.length).toBeGreaterThan(2);
  for (const ms of [result.openMs, ...result.clickMs]) expect(ms).toBeGreaterThan(0);
  // Two frames may be shown at one moment of a coarse clock.
  for (const ms of result.frameMs) expect(ms).toBeGreaterThanOrEqual(0);
  expect(result.heap).toHaveLength(FLEET_SMOKE.samples);
  for (const { mib } of result.heap) expect(mib).toBeGreaterThan(1);
  expect(fleetTable(result, FLEET_SMOKE)).toMatch(/MiB an hour/);
});
