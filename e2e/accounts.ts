/**
 * The accounts of a guest as they stand on the screen, and whether they close: the sums are added up here, from the digits
 * that a person reads, and compared with what the screen says they are.
 */
import { expect } from '@playwright/test';
import type { Locator } from '@playwright/test';
import { countOf } from './count.ts';

/** Rows and sums of a table on screen; a cell that is no count stays text. */
export interface ShownTable {
  readonly titles: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly sums: Readonly<Record<string, string>>;
}

export interface Accounts {
  readonly vm: string;
  readonly nodes: ShownTable;
  readonly zones: ShownTable;
  readonly owed: ShownTable;
  /** Law, what it is of, equation. */
  readonly laws: readonly (readonly [string, string, string])[];
}

const COUNTED = ['present', 'managed', 'free', 'per-CPU', 'allocated', 'reserved'] as const;

/** Once it is whole: neither the table nor what it lies in is busy. */
export async function readTable(table: Locator): Promise<ShownTable> {
  let shown: ShownTable | null = null;
  await expect(async () => {
    await expect(table).toBeVisible();
    shown = await readIfWhole(table);
    expect(shown, 'the rows of the table have come').not.toBeNull();
  }).toPass({ timeout: 30_000 });
  return shown!;
}

/** null: it is busy. Looked at and read in one step. */
async function readIfWhole(table: Locator): Promise<ShownTable | null> {
  return await table.evaluate((element) => {
    if (element.closest('[aria-busy=true]') !== null) return null;
    // What changed since a commit stands small below a figure; the arrow of a sorted column is for the eye.
    const text = (cell: HTMLElement): string => {
      const own = cell.cloneNode(true) as HTMLElement;
      for (const more of own.querySelectorAll('small, [aria-hidden=true]')) more.remove();
      return own.textContent!.trim();
    };
    const cellsOf = (row: HTMLTableRowElement): string[] => [...row.cells].map(text);
    const [head] = (element as HTMLTableElement).tHead!.rows;
    const titles = cellsOf(head!);
    const named = (cells: string[]): Record<string, string> =>
      Object.fromEntries(titles.map((title, i) => [title, cells[i] ?? '']));
    const body = [...(element as HTMLTableElement).tBodies[0]!.rows].filter(
      (row) => row.cells.length === titles.length,
    );
    const [foot] = (element as HTMLTableElement).tFoot?.rows ?? [];
    return {
      titles,
      rows: body.map((row) => named(cellsOf(row))),
      sums: foot === undefined ? {} : named(cellsOf(foot)),
    };
  });
}

/** All tables of the accounting view, read at one moment as far as the run stands still. */
export async function readAccounts(view: Locator): Promise<Accounts> {
  const vm = await view
    .getByLabel('VM', { exact: true })
    .evaluate((select) => (select as HTMLSelectElement).selectedOptions[0]!.label);
  const table = (name: string): Promise<ShownTable> => readTable(view.locator(`table[aria-label="${name}"]`));
  // The law of booked pages needs every pageblock, which a frame brings once the view asks for them.
  await expect(view.locator('table[aria-label="Laws as equations"]')).toContainText('G7');
  const laws = await table('Laws as equations');
  return {
    vm,
    nodes: await table('Pages per node'),
    zones: await table('Pages per node and zone'),
    owed: await table('Owed (T ≠ A)'),
    laws: laws.rows.map((row) => [row['law']!, row['of']!, row['equation']!] as const),
  };
}

/** @param pages of the guest: what `present` must sum to, where it is known */
export function expectClosed(accounts: Accounts, pages: number | null): void {
  const { vm, nodes, zones, owed, laws } = accounts;
  for (const [name, { rows, sums }] of [
    ['nodes', nodes],
    ['zones', zones],
  ] as const) {
    for (const column of COUNTED) {
      const sum = rows.reduce((total, row) => total + countOf(row[column]!), 0);
      expect(`${vm}, ${name}, ${column}: ${sum}`).toBe(`${vm}, ${name}, ${column}: ${countOf(sums[column]!)}`);
    }
  }
  if (pages !== null) expect(countOf(nodes.sums['present']!), `pages of ${vm}`).toBe(pages);
  for (const node of nodes.rows) {
    const own = zones.rows.filter((zone) => zone['node'] === node['node']);
    for (const column of COUNTED) {
      const sum = own.reduce((total, zone) => total + countOf(zone[column]!), 0);
      expect(sum, `${vm}, node ${node['node']}, ${column} of its zones`).toBe(countOf(node[column]!));
    }
    const of = (column: string): number => countOf(node[column]!);
    expect(of('managed') + of('reserved'), `${vm}, node ${node['node']}: managed + reserved`).toBe(of('present'));
  }
  const total = (column: string): number => countOf(nodes.sums[column]!);
  expect(total('free') + total('per-CPU') + total('allocated'), `${vm}: every managed page is somewhere`).toBe(
    total('managed'),
  );
  if (owed.rows.length > 0) {
    for (const column of ['owed', 'pinned']) {
      const sum = owed.rows.reduce((all, row) => all + countOf(row[column]!), 0);
      expect(sum, `${vm}, ${column}`).toBe(countOf(owed.sums[column]!));
    }
  }
  expect(laws.length).toBeGreaterThan(0);
  for (const [law, of, equation] of laws) {
    const { left, relation, right } = evaluated(equation);
    const closes = relation === '=' ? left === right : left <= right;
    expect(closes, `${vm}, ${law} of ${of}: ${equation}`).toBe(true);
  }
}

/** "free 12 + owed 3 − back 1 = managed 14" with its numbers added up. Names may have digits; a number stands last. */
function evaluated(equation: string): { readonly left: number; readonly relation: string; readonly right: number } {
  const sides = equation.split(/([=≤])/);
  if (sides.length !== 3) throw new Error(`no equation: ${equation}`);
  const side = (text: string): number => {
    let sum = 0;
    for (const [, sign, number] of text.matchAll(/(^|[+−])[^+−]*?(\d[\d\u202f\u2009]*)\s*(?=$|[+−])/g)) {
      sum += (sign === '−' ? -1 : 1) * countOf(number!);
    }
    return sum;
  };
  return { left: side(sides[0]!.trim()), relation: sides[1]!, right: side(sides[2]!.trim()) };
}
