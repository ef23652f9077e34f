import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decode } from '../../shared/columns/index.ts';
import { Page, COMPACT, fakeShell, SMALL } from './fixture/page.ts';
import { Desk } from './index.ts';

let folder: string;
let desk: Desk;
let page: Page;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-'));
  desk = await Desk.open(fakeShell(folder, false));
  page = new Page(desk, 'w');
  await page.hello();
  const { document } = await page.get('document.import', {
    files: [{ name: 'small.json', text: SMALL }],
  });
  await page.get('attach', { document });
});
afterEach(async () => {
  await desk.close();
  await rm(folder, { recursive: true });
});

test('a recorded frame can be compared with, whatever the window watches', async () => {
  await page.get('run.step', { ticks: 5 });
  for (const at of [0, 3, 5]) {
    const { output, payload } = await page.ask('view.frame', { at });
    expect(output.tick).toBeLessThanOrEqual(at);
    expect(decode(payload.slice().buffer).value?.header.tick).toBe(output.tick);
  }
  expect((await page.ask('view.frame', { at: 5 })).output.tick).toBe(5);
  const { ticks } = await page.get('view.frames', {});
  expect([ticks[0], ticks.at(-1)]).toEqual([0, 5]);
});

test('figures are SVG files, named by what they show', async () => {
  const vm = COMPACT.vm;
  await page.get('run.step', { ticks: 3 });
  const { output, payload } = await page.ask('export.make', { kind: 'figure', figure: 'map', vm });
  expect(output).toMatchObject({ mime: 'image/svg+xml' });
  expect(output.name).toMatch(new RegExp(`-map-${vm}\\.svg$`));
  expect(Buffer.from(payload).toString()).toContain('<svg');
  await expect(page.get('export.make', { kind: 'figure', figure: 'map', vm: 'nobody' })).rejects.toThrow('no VM');
});
