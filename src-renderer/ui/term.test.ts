/**
 * Every word of a head, a label or a legend is a plain one, or explained in the glossary. The heads are read off the sources:
 * a new one that is neither fails here.
 */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { columnSpec, HOST_FIGURES, ZONE_FIGURES } from '../../shared/columns/index.ts';
import { GLOSSARY, termOf, termText } from '../../shared/view/words/index.ts';
import { headTip } from './term.ts';

/** Words of everyday, of any operating system, or of a virtual machine's owner; neither maps, lags, nor the allocator's. */
const PLAIN = new Set(
  (
    'a after all alone an and another are as at backed because before begun began beyond block blocks boot booked by clear closes ' +
    'code column columns committed compare comparison console copy correct counter counters course cpu cpus crashed cursor ' +
    'differ each ended equation everywhere events figure find first fit frame frames free from gives guest happened have held ' +
    'her his holds hole holed holes host hosts huge in installed is it its kept kernel last left lie lies links list lists look ' +
    'map may memory mib migration migrations mixed move moved moves name nbsp never new node nodes not nothing none now numactl ' +
    'obtainable of off on order other over owner page pages parts pair per posted processor rate ram range ranges ' +
    'really reach remaining rfc row rules runs says scenario see seen sees send sent set settings show shown since single size speed ' +
    'state step steps sum switch table that the their they this time times to total transferred throttle throughput under used ' +
    'variant via views virtual vm vms was way what when where which why will window with without x measured against plain pointer ' +
    'lags bars works keys signs glossary report about drawer inspector elsewhere says does command commands age ages lives ' +
    'full named picture come lie machines between change changes changed output compactions use during compared they live b most once follows threshold cost mends severity placed stated starts writes threads qemu '
  ).split(' '),
);
/** Words of the glossary, with their inflections that stand in heads of several words. */
const TERM_WORDS = new Set(GLOSSARY.flatMap(({ heads }) => heads.flatMap(wordsOf)));

function wordsOf(head: string): string[] {
  return head.toLowerCase().match(/[a-zà-ÿ≠-]+/g) ?? [];
}

const SOURCES = globSync('src-renderer/{panels,app,ui}/**/*.{svelte,ts}')
  .filter((file) => !file.endsWith('.test.ts'))
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }));

/** Texts that stand as heads: titles of columns, names of facts, heads of tables and parts. */
const PATTERNS = [
  /\btitle: '([^']+)',?\n/g,
  /\b(?:name|term): '([^']+)'(?! \|)/g,
  /<(?:th|dt|legend)\b[^>]*>([^<{}]+)</g,
  /<h[23] class="part"[^>]*>([^<{}]+)</g,
  /\bfigure\('\w+', '([^']+)'/g,
  /\bpages\('\w+', '([^']+)'/g,
  /<DataTable\s+label="([^"{}]+)"/g,
];

function heads(): { file: string; head: string }[] {
  const inCode = SOURCES.flatMap(({ file, text }) =>
    PATTERNS.flatMap((pattern) => [...text.matchAll(pattern)].map((found) => ({ file, head: found[1]!.trim() }))),
  );
  const inTables = ZONE_FIGURES.map((figure) => ({ file: 'zones', head: columnSpec('zones', figure).title }));
  const ofHosts = HOST_FIGURES.map((figure) => ({ file: 'hostNodes', head: columnSpec('hostNodes', figure).title }));
  return [...inCode, ...inTables, ...ofHosts].filter(({ head }) => head !== '');
}

describe('the glossary', () => {
  test('explains every head that is not of plain words', () => {
    expect(heads().length).toBeGreaterThan(120);
    const unexplained = heads().filter(
      ({ head }) => termOf(head) === null && wordsOf(head).some((word) => !PLAIN.has(word) && !TERM_WORDS.has(word)),
    );
    expect(unexplained).toEqual([]);
  });

  test('is shown on every head that is one of its terms', () => {
    const bare = SOURCES.flatMap(({ file, text }) =>
      [...text.matchAll(/<(?:th|dt|h3|legend)\b[^>]*>\s*([^<{}]+?)\s*<\//g)]
        .filter(([, head]) => termOf(head!) !== null)
        .map(([, head]) => ({ file, head })),
    );
    expect(bare).toEqual([]);
  });

  test('has one term for a head, and says something of each', () => {
    const all = GLOSSARY.flatMap(({ heads: own }) => own);
    expect(new Set(all).size).toBe(all.length);
    for (const head of all) expect(head).toBe(head.toLowerCase());
    for (const { id, short, heads: own } of GLOSSARY) {
      expect(short, id).toMatch(/^[A-Z0-9].*\.$/);
      expect(own.map(termOf), id).toEqual(own.map(() => id));
    }
  });

  test('explains the words that stand in every view', () => {
    const words = ['H', 'T', 'A', 'owed', 'pinned', 'stale', 'coalesced', 'swept', 'drained', 'marked', 'score'];
    for (const word of words) expect(termOf(word), word).not.toBeNull();
    expect(termOf('H ≠ T')).toBe('stale');
    expect(termOf('T ≠ A')).toBe('owed');
  });
});

test('the tip of a head: what the term means, then what is special here', () => {
  expect(headTip('owed', 'More')).toBe(`${termText('owed')}\nMore`);
  expect(headTip('owed')).toBe(termText('owed'));
  expect(headTip('no term', 'More')).toBe('More');
  expect(headTip('no term')).toBeNull();
});
