import { guestsOf } from '../../shared/columns/index.ts';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { withGuestFigures } from '../../shared/view/fixture/page-model.ts';
import { guestAccounting, hostMatrix } from '../../shared/view/index.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import { syntheticRecord } from './fixture/synthetic-run.ts';
import { exactPages, size } from '../../shared/view/number-format.ts';
import { assumptionsOf, runSummary } from '../../shared/view/words/index.ts';
import { renderReport } from './report.ts';
import { verdict } from './verdict.ts';

/** Units and words that have a capital inside. */
const KNOWN_NAMES = new Set(['vCPU', 'vCPUs', 'numactl']);

const HOSTILE = '<script>alert(1)</script>"\' onload=x &amp; ]]> \u0000\ud800 =cmd()';
const SIXTY = 'a-name-of-sixty-characters-which-is-as-long-as-a-name-can-be';

const SHAPES: Record<string, () => RunRecord> = {
  'three VMs on two hosts': () =>
    syntheticRecord({ guestNames: ['db-1', 'web-3', SIXTY], nrPages: 6000, nodes: 4, ticks: 9, seed: 3, hosts: 2 }),
  'one node': () => syntheticRecord({ guestNames: ['one'], nrPages: 600, nodes: 1, ticks: 3, seed: 1 }),
  '128 nodes': () => syntheticRecord({ guestNames: ['wide'], nrPages: 8192, nodes: 128, ticks: 3, seed: 1 }),
  'no VM': () => syntheticRecord({ guestNames: [], nrPages: 64, nodes: 2, ticks: 3, seed: 1 }),
  'hostile names': () =>
    syntheticRecord({
      name: HOSTILE,
      guestNames: [HOSTILE, '=1+1'],
      nrPages: 1000,
      nodes: 2,
      ticks: 3,
      seed: 1,
      hosts: 2,
    }),
};

const cache = new Map<string, { record: RunRecord; html: string }>();
function shape(name: string): { record: RunRecord; html: string } {
  let made = cache.get(name);
  if (made === undefined) {
    const record = SHAPES[name]!();
    cache.set(name, (made = { record, html: renderReport(record).html }));
  }
  return made;
}

/** All text of a page, entities decoded, as a strict XML parser gives it. */
function textOf(html: string): string {
  const parts: string[] = [];
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk);
    else if (typeof node === 'object' && node !== null) {
      for (const [key, value] of Object.entries(node)) if (key !== ':@' && key !== 'style') walk(value);
    } else parts.push(String(node));
  };
  walk(
    new XMLParser({
      preserveOrder: true,
      ignoreAttributes: false,
      trimValues: false,
      parseTagValue: false,
      htmlEntities: true,
    }).parse(html.replace('<!DOCTYPE html>', '')),
  );
  return parts.join('');
}

describe.each(Object.keys(SHAPES))('report of %s', (name) => {
  test('is well-formed and holds no NaN, undefined or Infinity', () => {
    const { html } = shape(name);
    expect(XMLValidator.validate(html.replace('<!DOCTYPE html>', ''))).toBe(true);
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  test('stands alone: no script, no address, nothing fetched', () => {
    const { html } = shape(name);
    expect(html.toLowerCase()).not.toContain('<script');
    expect(html).not.toMatch(/https?:\/\/|\ssrc=|<link|<img|@import|<iframe/);
    expect([...html.matchAll(/href="([^"]*)"/g)].every(([, href]) => href!.startsWith('#'))).toBe(true);
    expect([...html.matchAll(/url\(([^)]*)\)/g)].every(([, target]) => html.includes(`id="${target!.slice(1)}"`))).toBe(
      true,
    );
    expect(html).not.toMatch(/\son[a-z]+="/);
  });

  test('every colour class that is used is defined, and no id is given twice', () => {
    const { html } = shape(name);
    const used = new Set(
      [...html.matchAll(/class="([^"]*)"/g)].flatMap(([, list]) => list!.split(' ')).filter((c) => /^[ks]\d+$/.test(c)),
    );
    for (const c of used) expect(html).toContain(`.${c}{`);
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('equal records give equal bytes', () => {
    const again = renderReport(SHAPES[name]!());
    expect(again.html).toBe(shape(name).html);
  });
});

describe('report', () => {
  test('its figures are those of the view', () => {
    const { record, html } = shape('three VMs on two hosts');
    guestsOf(record.after).forEach((guest, g) => {
      const { numactlText, totals } = guestAccounting(record.after, g);
      expect(textOf(html)).toContain(numactlText);
      const lag = guest.lag;
      expect(textOf(html)).toContain(
        `owed ${exactPages(lag.targetActual)} · pinned elsewhere ${exactPages(lag.pinned)} · H ≠ T ${exactPages(lag.hostTarget)}`,
      );
      expect(html).toContain(`>${String(totals.presentPages).replace(/\B(?=(\d{3})+$)/g, '\u202f')}</td>`);
    });
    for (const pages of hostMatrix(record.after).columnPages)
      expect(html).toContain(`title="${exactPages(pages)}">${size(pages)}</td>`);
    expect(textOf(html)).toContain(record.sourceText);
    expect(html).toContain(record.hash);
  });

  test('its first page says in five lines what was asked, what happened and what it means, with one figure', () => {
    const { record, html } = shape('three VMs on two hosts');
    const front = /<header class="front">([^]*?)<\/header>/.exec(html)![1]!;
    expect([...front.matchAll(/<dt>([^<]*)<\/dt>/g)].map(([, term]) => term)).toEqual([
      ...['Asked', 'Happened', 'Now', 'Guests', 'Means'],
    ]);
    expect([...front.matchAll(/<svg class="fig"/g)]).toHaveLength(1);
    for (const text of Object.values(runSummary(record))) expect(textOf(html)).toContain(text);
    // A person who was not there knows no map and no lag.
    const plain = front.replace(/<[^>]*>/g, ' ');
    for (const word of ['≠', 'stale', 'owed', 'pinned', 'coalesced', 'transplant', 'memlayout', 'tick', 'pfn'])
      expect(plain).not.toContain(word);
  });

  test.each(Object.keys(SHAPES))('of %s has no name of the code in it', (name) => {
    const { html } = shape(name);
    // The scenario's own text and what the guest prints are quoted as they are.
    const own = html.replace(/<(style|pre)[^]*?<\/\1>|<td class="mono">[^]*?<\/td>|<[^>]*>/g, ' ');
    expect(own.match(/\b[a-z]+[A-Z]\w*\b/g)?.filter((word) => !KNOWN_NAMES.has(word)) ?? []).toEqual([]);
    expect(own).not.toMatch(/\w+\.csv/);
  });

  test('its assumptions are listed: what no file stated, and what it depends on', () => {
    const { record, html } = shape('three VMs on two hosts');
    const assumptions = assumptionsOf(record);
    expect(assumptions.map(({ text }) => text)).toContain(record.assumed[0]);
    for (const { text, affects } of assumptions) {
      expect(textOf(html)).toContain(text);
      expect(textOf(html)).toContain(affects);
    }
    const still = assumptionsOf({ ...record, assumed: [], after: record.before });
    expect(still.some(({ text }) => text.includes('migration'))).toBe(false);
  });

  test('hostile text stays text', () => {
    const { html } = shape('hostile names');
    // A control character is spelled out, and XML cannot hold half a surrogate pair.
    expect(textOf(html)).toContain(HOSTILE.replace('\u0000', '\\u{0}').replace('\ud800', '\ufffd'));
    expect(html).not.toContain('<script');
  });

  test('CSV files have equal columns in every row, and no formula', () => {
    const { record } = shape('hostile names');
    const { csv } = renderReport(record);
    expect(Object.keys(csv).sort()).toEqual([
      'accounting.csv',
      'events.csv',
      'hosts.csv',
      'migrations.csv',
      'series.csv',
      'stranded.csv',
    ]);
    for (const text of Object.values(csv)) {
      const rows = parseCsv(text);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        expect(row).toHaveLength(rows[0]!.length);
        for (const cell of row) if (!/^-?\d/.test(cell)) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      }
    }
    const names = new Set(
      parseCsv(csv['accounting.csv']!)
        .slice(1)
        .map((row) => row[1]),
    );
    expect(names).toEqual(new Set([HOSTILE.replace('\u0000', '\\u{0}'), "'=1+1"]));
  });

  test('CSV accounts add up to the guest', () => {
    const { record } = shape('three VMs on two hosts');
    const [head, ...rows] = parseCsv(renderReport(record).csv['accounting.csv']!);
    const present = head!.indexOf('presentPages');
    const sum = rows
      .filter((row) => row[0] === 'after' && row[1] === 'web-3')
      .reduce((total, row) => total + Number(row[present]), 0);
    expect(sum).toBe(guestsOf(record.after)[1]!.validPages);
  });

  test('JSON is the run document', () => {
    const { record } = shape('three VMs on two hosts');
    const document = JSON.parse(renderReport(record).json) as { hash: string; guests: { name: string }[] };
    expect(document.hash).toBe(record.hash);
    expect(document.guests.map((guest) => guest.name)).toEqual(['db-1', 'web-3', SIXTY]);
  });
});

describe('verdict', () => {
  const base = (): RunRecord => shape('one node').record;

  test('a broken law comes before everything else', () => {
    const record = {
      ...base(),
      laws: { checked: 4, guestsChecked: 0, broken: [{ law: 'G5', vm: 'one', text: '10 is not 9' }] },
    };
    expect(verdict(record)).toEqual({
      mood: 'bad',
      sentence: 'A law is broken, so no figure here can be trusted: 1 violation, the first of law G5 in one.',
    });
    const html = renderReport(record).html;
    expect(html).toContain('verdict bad');
    expect(html).toContain('10 is not 9');
  });

  test('converged, not converged, nothing there', () => {
    expect(verdict(base()).sentence).toBe(
      'one has converged at t = 0.3 s; every law held in 4 checks of the whole world.',
    );
    expect(verdict(shape('no VM').record).sentence).toBe(
      'The scenario has no VM, so nothing moved; every law held in 4 checks of the whole world.',
    );
    const lag = { hostTargetPages: 5, coalescedPages: 2, targetActualPages: 256, pinnedPages: 1 };
    const record = { ...base(), after: withGuestFigures(base().after, 0, lag) };
    expect(verdict(record)).toEqual({
      mood: 'open',
      sentence:
        'one has not converged at t = 0.3 s: 3 pages (0.01 MiB) are stale (H ≠ T) and ' +
        '256 pages (1 MiB) are still owed to another guest node (T ≠ A); 1 page (<0.01 MiB) is pinned on another node for ever; every law held in 4 checks of the whole world.',
    });
  });
});

describe('regeneration off', () => {
  test('converged by the verdict, the tile and the JSON alike, with the pages that stay stale named', () => {
    const base = shape('one node').record;
    const lag = { hostTarget: 21760, coalesced: 0, targetActual: 0, pinned: 0 };
    const guest = base.inputs.guests[0]!;
    const never = { ...guest, regeneration: { ...guest.regeneration, enabled: false } };
    const record: RunRecord = {
      ...base,
      inputs: { ...base.inputs, guests: [never] },
      after: withGuestFigures(base.after, 0, { hostTargetPages: lag.hostTarget, targetActualPages: 0, pinnedPages: 0 }),
    };
    expect(verdict(record)).toEqual({
      mood: 'good',
      sentence:
        'one has converged at t = 0.3 s; 85 MiB of one are stale (H ≠ T) and stay so, as its regeneration is off; every law held in 4 checks of the whole world.',
    });
    const { html, json } = renderReport(record);
    expect(textOf(html)).toMatch(/VMs converged\s*1 of 1/);
    expect(JSON.parse(json)).toMatchObject({ converged: true, guests: [{ lag }] });
    expect(verdict({ ...record, inputs: base.inputs }).mood).toBe('open');
  });
});

describe('ending', () => {
  test.each([
    ['settled', null],
    ['ticks', 'Run for the 3 ticks that were asked for'],
    ['maxTicks', 'Stopped at the tick limit, tick 3 (0.3 s)'],
    ['brokenLaw', 'Stopped by a broken law at tick 3'],
    ['interrupted', 'Interrupted at tick 3 (0.3 s): this report is partial'],
  ] as const)('%s', (ending, says) => {
    const { html, json } = renderReport({ ...shape('one node').record, ending });
    const banner = /<p class="banner [^>]*>([^<]*)/.exec(html)?.[1] ?? null;
    expect(banner).toEqual(says === null ? null : expect.stringContaining(says));
    expect(JSON.parse(json)).toMatchObject({ ending });
  });
});

/** RFC 4180, read by the book. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') cell += text[++i]!;
      else if (c === '"') quoted = false;
      else cell += c;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      row.push(cell);
      cell = '';
    } else if (c === '\r' && text[i + 1] === '\n') {
      i++;
      rows.push([...row, cell]);
      row = [];
      cell = '';
    } else cell += c;
  }
  expect([quoted, cell, row.length]).toEqual([false, '', 0]);
  return rows;
}
