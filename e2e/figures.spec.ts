/**
 * Every figure of what is owed, stale and pinned, wherever the window says one, against the command line's document of the
 * same scenario at the same tick: in several moments of every shipped example, of the present and of the past.
 */
import { readFileSync } from 'node:fs';
import type { RunDocument } from '../shared/view/run-document.ts';
import { size } from '../shared/view/number-format.ts';
import type { Application } from './application.ts';
import { countOf } from './count.ts';
import { expect, IN_WEB, test } from './fixture.ts';
import { referenceRun } from './reference.ts';
import { reducedExample } from './scenario.ts';
import type { Screen } from './screen.ts';

interface Lags {
  readonly owed: number;
  readonly stale: number;
  readonly pinned: number;
}

/** Spaces of any kind. */
const THIN = /[\s\u2009\u202f]+/g;

const sum = (pages: readonly number[]): number => pages.reduce((total, n) => total + n, 0);

const lagsOf = ({ lag }: RunDocument['guests'][number]): Lags => ({
  ...{ owed: lag.targetActual, stale: lag.hostTarget - lag.coalesced, pinned: lag.pinned },
});

/** A count before a word, as it stands in a text. */
function countBefore(word: string, text: string): number {
  const found = new RegExp(`(\\d[\\d\\s\\u2009\\u202f]*)\\s+${word}`).exec(text);
  return found === null ? 0 : countOf(found[1]!);
}

/** A count behind a word. */
function countAfter(word: string, text: string): number {
  const found = new RegExp(`${word}\\s+(\\d[\\d\\s\\u2009\\u202f]*)`).exec(text);
  if (found === null) throw new Error(`no count behind ${word}: ${text}`);
  return countOf(found[1]!);
}

/** Everything that the window says of one VM. */
async function expectVmTrue(ui: Screen, vm: string, is: Lags): Promise<void> {
  const { page } = ui;
  await ui.showVm(vm, 'Host');
  const says = await ui.stripSays();
  expect(says, 'the strip, to a screen reader').toMatchObject({ vm, ...is });
  expect((await ui.headline()).lags, "the strip's headline").toEqual([is.owed, is.stale, is.pinned]);

  const row = page
    .getByRole('region', { name: 'Virtual machines' })
    .getByRole('button', { name: new RegExp(`^${vm} `) });
  const said = (await row.innerText()).replaceAll(/\s+/g, ' ');
  for (const lag of ['owed', 'stale'] as const) {
    if (is[lag] === 0) expect(said, `the row in the list of VMs: ${lag}`).not.toContain(lag);
    else
      expect(said, `the row in the list of VMs: ${lag}`).toContain(`${lag} ${size(is[lag]).replaceAll(/\s+/g, ' ')}`);
  }

  const inspector = page.getByRole('group', { name: 'What is selected' });
  const facts = (await inspector.locator('dl > div').allInnerTexts()).map((text) => text.split('\n'));
  const fact = (name: string): string =>
    facts
      .find(([title]) => title!.trim() === name)![1]!
      .replaceAll(/\s+/g, ' ')
      .replace(' regeneration off', '');
  const sizes = [is.owed, is.stale, is.pinned].map((pages) => size(pages).replaceAll(/\s+/g, ' '));
  expect([fact('T ≠ A'), fact('H ≠ T'), fact('pinned')], 'the inspector').toEqual(sizes);

  await ui.showPart('Map');
  const readout = await ui.view.locator('p').filter({ hasText: 'All pages' }).first().innerText();
  expect(countAfter('owed', readout), 'the readout of the map').toBe(is.owed);
  expect(countBefore('pinned', readout), 'the readout of the map').toBe(is.pinned);
  const lane = (await ui.view.innerText()).replaceAll(/\s+/g, ' ');
  expect(lane, 'the owed lane of the map').toMatch(/owed \d/);
  const spoken = (await ui.map.getAttribute('aria-valuetext')) ?? '';
  expect(spoken, 'the map, to a screen reader').not.toBe('');

  const owed = await ui.showPart('Owed');
  const table = owed.getByRole('group', { name: 'Owed by owner and age, table' });
  const nothing = is.owed + is.pinned === 0;
  await expect(table).toHaveCount(nothing ? 0 : 1);
  if (!nothing) {
    const foot = await table
      .locator('tfoot tr')
      .evaluateAll((rows) => rows.map((tr) => [...(tr as HTMLTableRowElement).cells].map((cell) => cell.textContent!)));
    const total = (name: string): number => countOf(foot.find(([head]) => head!.startsWith(name))?.at(-1) ?? '0');
    expect([total('owed'), total('pinned')], 'owners and ages').toEqual([is.owed, is.pinned]);
  }

  await ui.show('Accounting');
  const { rows } = (await ui.accounts()).owed;
  const of = (column: string): number =>
    sum(rows.filter((each) => /\d/.test(each[column]!)).map((each) => countOf(each[column]!)));
  expect([of('owed'), of('pinned')], 'owed pages in the accounts').toEqual([is.owed, is.pinned]);
}

/** Everything in the window, at the moment that it shows. */
async function expectTrue(ui: Screen, text: string): Promise<RunDocument> {
  await ui.page.mouse.move(2, 2);
  const { tick, chain } = await ui.standing();
  const is = referenceRun(text, tick);
  expect(is.chain.slice(0, 8)).toBe(chain);
  const lags = is.guests.map(lagsOf);
  const { vms } = JSON.parse(text) as { vms: { regeneration?: { enabled?: boolean } }[] };
  const waits = lags.map(({ owed, stale }, i) => owed + (vms[i]!.regeneration?.enabled === false ? 0 : stale));
  const pill = await ui.page.getByRole('banner').innerText();
  if (sum(waits) > 0) {
    const shown = pill.replaceAll(/[\u2009\u202f]/g, '').replaceAll('\n', ' ');
    expect(shown, 'the pill').toMatch(new RegExp(`\\b${sum(waits)} pages? (owed|stale|lag), `));
    const lagging = waits.filter((pages) => pages > 0).length;
    expect(shown, 'the pill').toContain(`, ${lagging} VM${lagging === 1 ? '' : 's'}`);
  } else expect(pill, 'the pill').not.toMatch(/pages? (owed|stale|lag)/);

  await ui.show('Host');
  const use = await ui.hostUse();
  for (const host of is.hosts) {
    const bars = use.filter(({ name }) => name === host.name).map(({ text: said }) => said.replaceAll(THIN, ' '));
    const used = host.nodes.map(({ usedPages }) => `: ${size(usedPages).replaceAll(THIN, ' ')} used by VMs`);
    expect(bars, `the nodes of ${host.name}`).toEqual(used.map((words) => expect.stringContaining(words)));
  }
  for (const [i, { name }] of is.guests.entries()) await expectVmTrue(ui, name, lags[i]!);
  return is;
}

/** The report is of the present: its document is that of the command line, figure for figure. */
async function expectReported(ui: Screen, application: Application, is: RunDocument): Promise<void> {
  const { bytes } = await ui.export(application, 'JSON');
  const { guests, hosts } = JSON.parse(bytes.toString('utf8')) as RunDocument;
  expect({ guests, hosts }).toEqual({ guests: is.guests, hosts: is.hosts });
}

/** Those of tens of GiB with a quarter of their memory: what they are compared with runs them from the beginning each time. */
const EXAMPLES: readonly (readonly [file: string, name: string, ticks: readonly number[], divisor: number])[] = [
  ['two-socket-compact', 'Two sockets, five VMs to compact', [80], 4],
  ['two-to-four-migrate', 'From two sockets to four nodes', [60, 160], 4],
  ['numad-eight-node', 'The numad sample on eight nodes', [70], 1],
  ['rfc-cover-letter', "The RFC's 128 MB guest", [20, 110], 1],
  ['rfc-defects', "The RFC's defects, side by side", [105], 1],
];

for (const [file, name, ticks, divisor] of EXAMPLES) {
  test(`every view says what the run says: ${name}`, IN_WEB, async ({ application, ui }) => {
    test.setTimeout(400_000);
    const text = reducedExample(file, divisor);
    if (divisor === 1) await ui.openExample(name);
    else await ui.importLarge([{ name: `${file}.pageshift.json`, text }]);
    let is = await expectTrue(ui, text);
    for (const tick of ticks) {
      await ui.playToTick(tick);
      is = await expectTrue(ui, text);
    }
    await expectReported(ui, application, is);
    // And of the past.
    await ui.page.keyboard.press(',');
    await expect.poll(async () => (await ui.standing()).tick).toBeLessThan(is.tick);
    await expect(ui.state).toContainText('The past is shown');
    await expectTrue(ui, text);
  });
}

test('every view says what the run says: the RFC guest that has converged', IN_WEB, async ({ application, ui }) => {
  test.setTimeout(300_000);
  const text = readFileSync(new URL('../shared/examples/rfc-cover-letter.pageshift.json', import.meta.url), 'utf8');
  await ui.openExample("The RFC's 128 MB guest");
  await ui.command('Play as fast as it goes');
  await expect.poll(async () => (await ui.standing()).tick).toBeGreaterThan(0);
  await expect(ui.playButton).toBeVisible({ timeout: 240_000 });
  await ui.whole();
  const is = await expectTrue(ui, text);
  // Its layout was given by hand: nothing is owed any more, and these pages are never freed.
  expect(is.guests.map(lagsOf)).toMatchObject([{ owed: 0, pinned: 1216 }]);
  await expectReported(ui, application, is);
});
