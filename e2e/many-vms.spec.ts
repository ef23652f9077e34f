/** Many VMs and many hosts: the picture stays true, lists and tables stay quick and within reach of the keys. */
import { expect, IN_WEB, test } from './fixture.ts';
import { EIGHT_BY_FORTY, manyVmsScenario, TWENTY_HOSTS } from './scenario.ts';
import type { Screen } from './screen.ts';

const EIGHT = { name: 'eight.pageshift.json', text: manyVmsScenario(EIGHT_BY_FORTY) };
const FLEET = { name: 'fleet.pageshift.json', text: manyVmsScenario(TWENTY_HOSTS) };

/** The sums that the table VM × node shows, by node, in pages. */
async function pagesByNode({ page }: Screen): Promise<number[]> {
  await page.getByRole('radio', { name: 'Nodes' }).check({ force: true });
  const rows = page.getByRole('grid', { name: 'Nodes of hosts' }).locator('tbody tr');
  const used = await rows.evaluateAll((all) => all.map((row) => row.querySelectorAll('td')[3]!.textContent!));
  await page.getByRole('radio', { name: 'Picture' }).check({ force: true });
  return used.map((text) => Number(text.replace(/[^\d]/g, '')));
}

test(
  '8 nodes and 40 VMs: blocks as high as their memory, free drawn, small ones merged and opened',
  IN_WEB,
  async ({ ui }) => {
    await ui.importFiles([EIGHT]);
    await ui.show('Host');
    const { page } = ui;
    const used = await pagesByNode(ui);
    const nodes = page.getByRole('region', { name: /^Node \d$/ });
    await expect(nodes).toHaveCount(8);
    const drawn = await nodes.evaluateAll((all) =>
      all.map((node) => {
        const memory = node.querySelector<HTMLElement>('.memory')!;
        const blocks = [...memory.querySelectorAll<HTMLElement>('.block')];
        const height = (block: Element): number => block.getBoundingClientRect().height;
        const free = blocks.at(-1)!;
        return {
          whole: memory.clientHeight,
          free: height(free),
          text: node.textContent!,
          sum: blocks.reduce((sum, block) => sum + height(block), 0),
        };
      }),
    );
    const NODE_PAGES = 131_072;
    drawn.forEach(({ whole, free, sum, text }, i) => {
      expect(sum).toBeCloseTo(whole, 0);
      expect(Math.abs(free - (whole * (NODE_PAGES - used[i]!)) / NODE_PAGES)).toBeLessThan(1.5);
      expect(text).toMatch(/free/);
    });
    // By keys: to the merged block of the last node, and into it.
    const merged = nodes.last().getByRole('button', { name: /^\+\d+ VMs?, / });
    const count = Number(/\+(\d+)/.exec(await merged.innerText())![1]);
    await merged.focus();
    await page.keyboard.press('Enter');
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    await expect(inspector.getByRole('heading', { level: 2 })).toHaveText(`${count} VMs on node 7`);
    const each = inspector.getByRole('region', { name: /^Each, on this node/ });
    await expect(each.locator('dt')).toHaveCount(count + 1);
    await expect(each.locator('dt').last()).toHaveText('sum');
  },
);

test(
  'a long list of VMs: only what is in sight exists, sorted, filtered, grouped, all by keys',
  IN_WEB,
  async ({ ui }) => {
    await ui.importFiles([FLEET]);
    const { page } = ui;
    const tree = page.getByRole('tree', { name: 'VMs' });
    const items = tree.getByRole('treeitem');
    expect(await items.count()).toBeLessThan(50);
    await page.getByLabel('Order of VMs').selectOption('name');
    await expect(items.first()).toContainText('vm-01');
    await tree.focus();
    await page.keyboard.press('End');
    await expect(tree.locator('.active')).toContainText('vm-60');
    await page.keyboard.press('Enter');
    await expect(tree.locator('[aria-selected=true]')).toContainText('vm-60');
    await page.getByLabel('Group VMs').selectOption('host');
    await tree.focus();
    await page.keyboard.press('Home');
    await expect(tree.locator('.active')).toHaveAttribute('aria-expanded', 'true');
    await expect(tree.locator('.active')).toContainText('3 VMs');
    await page.keyboard.press('ArrowLeft');
    await expect(tree.locator('.active')).toHaveAttribute('aria-expanded', 'false');
    await page.getByLabel('Filter VMs').fill('vm-07 h07');
    await expect(page.getByText('1 of 60 VMs')).toBeVisible();
    await expect(items).toHaveCount(2);
    // A field keeps its keys: the palette is asked for from elsewhere.
    await page.keyboard.press('Tab');
  },
);

test('the overview: where the trouble is, by keys into the host', IN_WEB, async ({ ui }) => {
  await ui.importFiles([FLEET]);
  await ui.show('Overview');
  const { page } = ui;
  const grid = page.getByRole('toolbar', { name: 'Hosts' });
  await expect(grid.getByRole('button')).toHaveCount(20);
  await expect(page.getByRole('tabpanel')).toContainText(/h\d\d stands out: .*away from their vCPUs/);
  // The sum row is the sum of the rows.
  const table = page.getByRole('grid', { name: 'Hosts' });
  const columns = await table.evaluate((element) => {
    const cells = (row: Element): number[] =>
      [...row.children].slice(1).map((cell) => Number(cell.textContent!.replace(/[^\d.]/g, '')));
    const rows = [...element.querySelectorAll('tbody tr')].map(cells);
    return {
      sums: cells(element.querySelector('tfoot tr')!),
      added: rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0)),
    };
  });
  columns.sums.forEach((sum, i) => expect(Math.abs(sum - columns.added[i]!)).toBeLessThanOrEqual(columns.sums.length));
  await page.getByLabel('order').selectOption('away');
  const away = await grid.getByRole('button').evaluateAll((all) =>
    all.map((each) => {
      const [, value, unit] = /, ([\d.]+) (MiB|GiB) away/.exec(each.textContent!)!;
      return Number(value) * (unit === 'GiB' ? 1024 : 1);
    }),
  );
  expect(away).toEqual(away.toSorted((a, b) => b - a));
  expect(away[0]).toBeGreaterThan(0);
  // Arrows walk, the inspector follows, `/` filters, Enter opens.
  await grid.getByRole('button').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  const tenth = grid.getByRole('button').nth(9);
  await expect(tenth).toBeFocused();
  const name = /^(h\d+)/.exec((await tenth.textContent())!.trim())![1]!;
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await expect(inspector.getByRole('heading', { level: 2 })).toHaveText(name);
  await page.keyboard.press('/');
  await expect(page.getByLabel('Filter hosts and VMs')).toBeFocused();
  await page.keyboard.type(name);
  await expect(grid.getByRole('button')).toHaveCount(1);
  await grid.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await expect(ui.tab('Host')).toHaveAttribute('aria-selected', 'true');
});

test('one host has no overview', IN_WEB, async ({ ui }) => {
  await ui.importFiles([EIGHT]);
  await expect(ui.tab('Host')).toBeVisible();
  await expect(ui.tab('Overview')).toHaveCount(0);
});

test('the table VM × node keeps its heads and makes only the rows in sight', IN_WEB, async ({ ui }) => {
  const many = manyVmsScenario({
    ...{ name: 'Many', hosts: 4, nodes: [4], vms: 200, nodeMemoryMiB: 256, vmMemoryMiB: [4], spreadEvery: 0 },
  });
  await ui.importFiles([{ name: 'many.pageshift.json', text: many }]);
  await ui.show('Host');
  const { page } = ui;
  await page.getByRole('radio', { name: 'VM × node' }).check({ force: true });
  const table = page.getByRole('grid', { name: 'Pages of VMs on host nodes (H)' });
  await expect(table).toHaveAttribute('aria-rowcount', '201');
  const rows = table.locator('tbody tr:not([aria-hidden])');
  expect(await rows.count()).toBeLessThan(80);
  await rows.first().focus();
  await page.keyboard.press('End');
  await expect(rows.last()).toBeFocused();
  await expect(rows.last()).toContainText('vm-200');
  const head = await table.locator('thead th').first().boundingBox();
  await table.evaluate((element) => (element.parentElement!.closest('.scrolls')!.scrollLeft = 400));
  expect(await table.locator('thead th').first().boundingBox()).toEqual(head);
  const row = (await rows.last().locator('td').first().boundingBox())!;
  expect(row.x).toBeCloseTo(head!.x, 0);
});
