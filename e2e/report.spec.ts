/** The report that a person takes out of the window: its names, its bytes beside those of the command line, and its print. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, IN_WEB, test } from './fixture.ts';
import { madeScenario } from './scenario.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const NAME = 'Taken out: of the window';
const STEM = 'taken-out-of-the-window';
const FILE = {
  name: 'mine.pageshift.json',
  text: madeScenario({
    name: NAME,
    nodes: 2,
    nodeMemoryMiB: 1024,
    vms: [
      { name: 'one', memoryMiB: 128, cells: 2 },
      { name: 'two', memoryMiB: 64, node: 0 },
    ],
    meanMs: 1000,
  }),
};

/** The files of an archive that stores them whole. */
function unpacked(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  for (let at = 0; archive.readUInt32LE(at) === 0x04034b50;) {
    const [size, name] = [archive.readUInt32LE(at + 18), archive.readUInt16LE(at + 26)];
    const from = at + 30 + name + archive.readUInt16LE(at + 28);
    files.set(archive.toString('utf8', at + 30, at + 30 + name), archive.toString('utf8', from, from + size));
    at = from + size;
  }
  return files;
}

test(
  'the window and the command line give the same files under the same names',
  IN_WEB,
  async ({ application, ui }) => {
    await ui.importFiles([FILE]);
    await ui.compact({ vm: 'one', node: 1 });
    const { tick } = await ui.playUntilSettled();
    const scenario = await ui.export(application, 'scenario');
    const html = await ui.export(application, 'HTML');
    const archive = await ui.export(application, 'ZIP');
    expect([scenario.name, html.name, archive.name]).toEqual([
      ...[`${STEM}.pageshift.json`, `${STEM}-report.html`, `${STEM}-tables.zip`],
    ]);

    const folder = mkdtempSync(join(tmpdir(), 'pageshift-report-'));
    try {
      const file = join(folder, 'scenario.pageshift.json');
      writeFileSync(file, scenario.bytes);
      const args = ['src-main/cli/main.ts', 'report', file, '-o', join(folder, 'out/')];
      expect(spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })).toMatchObject({ status: 0 });
      const read = (name: string): string => readFileSync(join(folder, 'out', name), 'utf8');
      expect(JSON.parse(read(`${STEM}.json`))).toMatchObject({ tick });
      expect(read(`${STEM}-report.html`)).toBe(html.bytes.toString('utf8'));
      const tables = unpacked(archive.bytes);
      expect(readdirSync(join(folder, 'out')).toSorted()).toEqual(
        [`${STEM}-report.html`, `${STEM}.json`, ...tables.keys()].toSorted(),
      );
      for (const [name, text] of tables) expect(text, name).toBe(read(name));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test(
  'its first page is for a person who was not there, alone on its sheet',
  IN_WEB,
  async ({ application, ui, tabs }) => {
    await ui.importFiles([FILE]);
    await ui.compact({ vm: 'one', node: 1 });
    await ui.playUntilSettled();
    const { bytes } = await ui.export(application, 'HTML');
    const page = await tabs!.newPage({ viewport: { width: 794, height: 1123 } });
    try {
      await page.setContent(bytes.toString('utf8'));
      const front = page.locator('header.front');
      await expect(front.getByRole('term')).toHaveText(['Asked', 'Happened', 'Now', 'Guests', 'Means']);
      await expect(front.getByRole('figure')).toHaveCount(1);
      await expect(front).toContainText('Gather the memory of one on node 1');
      await expect(front).toContainText('Finished: every guest has caught up');
      await page.emulateMedia({ media: 'print' });
      const style = (selector: string, name: string): Promise<string> =>
        page
          .locator(selector)
          .first()
          .evaluate((element, property) => getComputedStyle(element).getPropertyValue(property), name);
      expect(await style('header.front', 'break-after')).toBe('page');
      expect(await style('thead', 'display')).toBe('table-header-group');
      for (const whole of ['figure', 'tr', '.tiles', '.lines'])
        expect(await style(whole, 'break-inside'), whole).toBe('avoid');
      for (const head of ['section > h2', 'h3', '.caption', 'thead', 'tbody tr:nth-last-child(2)'])
        expect(await style(head, 'break-after'), head).toBe('avoid');
      // All of it is on one sheet of A4, within its margins.
      expect((await front.boundingBox())!.height).toBeLessThan(1123 - 2 * 53);
    } finally {
      await page.close();
    }
  },
);
