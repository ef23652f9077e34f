import { describe, expect, test } from 'vitest';
import { randomGuest, snapshotOf } from '../../../shared/view/fixture/page-model.ts';
import { NodeColourTable } from '../../../shared/view/index.ts';
import {
  compactionFacts,
  guestNodeFacts,
  hostNodeFacts,
  hostsFacts,
  migrationFacts,
  pageRangeFacts,
  vmFacts,
} from './fact-list.ts';
import type { FactSheet } from './fact-list.ts';

const host = {
  name: 'rack7',
  nodes: [0, 4].map((nid) => ({ nid, cpus: [nid, nid + 1], totalPages: 1 << 16, reservedPages: 100 })),
};
const guest = randomGuest({ name: 'db', nrPages: 3000, nodes: 2, hostNids: [0, 4], seed: 3 });
const pages = guest.pages.filter(({ state }) => state !== 'hole');
const migrations = [
  {
    ...{ vm: 'db', fromHost: 'rack7', toHost: 'rack7', phase: 'running' as const, startTick: 10, endTick: null },
    rounds: [{ startTick: 10, bytesToSend: 2 ** 30, bytesSent: 2 ** 29, dirtyBytes: null }],
    ...{ sentBytes: 2 ** 29, downtimeMs: null, downtimeLimitMs: 300, leastLimitMs: null },
    ...{ bytesPerSec: 2 ** 30 },
  },
];
const compactions = [
  {
    ...{ vm: 'db', phase: 'stalled' as const, startTick: 10, endTick: 30 },
    ...{ nodes: [0, 4], movedPages: 512, leftPages: 256 },
  },
];
const snapshot = snapshotOf({ tick: 40, hosts: [host], guests: [guest], migrations, compactions });
const colours = new NodeColourTable(snapshot.header);

/** The figure of a line, by the beginning of its group's title and its name. */
function figure(sheet: FactSheet | null, group: string, name: string): number | string | null | undefined {
  const fact = sheet?.groups.find(({ title }) => title.startsWith(group))?.facts.find((each) => each.name === name);
  return fact?.pages === undefined ? fact?.text : fact.pages;
}

test('a host node: what it holds adds up to what is installed', () => {
  const sheet = hostNodeFacts(snapshot, colours, 0, 4);
  const used = pages.filter(({ hostNid }) => hostNid === 4).length;
  expect(sheet.title).toBe('Node 4');
  expect(sheet.subtitle).toBe('rack7, 2 CPUs: 4-5');
  expect(figure(sheet, 'VMs on it', 'db')).toBe(used);
  const of = (name: string): number => figure(sheet, 'Memory', name) as number;
  expect(of('used by VMs') + of('reserved') + of('free')).toBe(of('installed'));
});

test('the hosts: what they hold adds up to what is installed, and to what their nodes say', () => {
  const sheet = hostsFacts(snapshot, colours);
  expect([sheet.kind, sheet.title, sheet.subtitle]).toEqual(['Host', 'rack7', '2 nodes, 4 CPUs, 1 VM']);
  const of = (name: string): number => figure(sheet, 'Memory', name) as number;
  expect(of('used by VMs')).toBe(pages.length);
  expect(of('used by VMs') + of('reserved') + of('free')).toBe(of('installed'));
  const free = [0, 4].map((nid) => figure(hostNodeFacts(snapshot, colours, 0, nid), 'Memory', 'free') as number);
  expect([0, 4].map((nid) => figure(sheet, 'Free', `node ${nid}`))).toEqual(free);
  expect(free[0]! + free[1]!).toBe(of('free'));
  const two = snapshotOf({ tick: 0, hosts: [host, { ...host, name: 'rack8' }], guests: [] });
  expect(hostsFacts(two, new NodeColourTable(two.header)).groups.map(({ title }) => title)).toEqual([
    'Memory of rack7 (H)',
    'Memory of rack8 (H)',
    'Free of each node (H)',
  ]);
  const nodes = Array.from({ length: 40 }, (_, nid) => ({ nid, cpus: [], totalPages: 1000, reservedPages: nid }));
  const wide = snapshotOf({ tick: 0, hosts: [{ name: 'wide', nodes }], guests: [] });
  const ends = hostsFacts(wide, new NodeColourTable(wide.header)).groups.at(-1)!;
  expect(ends.title).toBe('Most and least free (H)');
  expect(ends.facts.map(({ name, pages }) => [name, pages])).toEqual(
    [0, 1, 2, 37, 38, 39].map((nid) => [`node ${nid}`, 1000 - nid]),
  );
});

test('a VM: where it lives, and what it sees', () => {
  const sheet = vmFacts(snapshot, colours, 0, undefined, 100);
  const lives = [0, 4].map((nid) => figure(sheet, 'Where', `node ${nid}`));
  expect(lives).toEqual([0, 4].map((nid) => pages.filter(({ hostNid }) => hostNid === nid).length));
  const sees = [0, 1].map((nid) => figure(sheet, 'What it sees', `node ${nid}`));
  expect(sees).toEqual([0, 1].map((nid) => pages.filter(({ target }) => target === nid).length));
});

test('a guest node: what it owes and is owed', () => {
  const sheet = guestNodeFacts(snapshot, colours, 0, 1);
  const owes = pages.filter(
    ({ state, actual, target }) =>
      actual === 1 && target === 0 && state !== 'free' && state !== 'kernel' && state !== 'reserved',
  );
  expect(owes.length).toBeGreaterThan(0);
  expect(figure(sheet, 'Owed', 'by it to node 0')).toBe(owes.length);
});

describe('a range of pages', () => {
  test('has each page once in every map', () => {
    const sheet = pageRangeFacts(snapshot, colours, 0, 512, 2048);
    const inside = guest.pages.slice(512, 2048).filter(({ state }) => state !== 'hole');
    const inMap = (map: string): number => {
      const facts = sheet.groups.find(({ title }) => title.startsWith(`${map},`))!.facts;
      return facts.reduce((sum, { pages }) => sum + pages!, 0);
    };
    // A memlayout speaks of holes too.
    expect([inMap('H'), inMap('T')]).toEqual([inside.length, 1536]);
    expect(figure(sheet, 'Range', 'holes')).toBe(1536 - inside.length);
    const actual = [0, 1].map((nid) => figure(sheet, 'A,', `node ${nid}`) as number);
    expect(actual).toEqual([0, 1].map((nid) => inside.filter((page) => page.actual === nid).length));
    const elsewhere = inside.filter(({ actual, target }) => actual !== target);
    const pinned = elsewhere.filter(({ state }) => state === 'kernel' || state === 'reserved');
    expect(figure(sheet, 'A,', 'owed')).toBe(elsewhere.length - pinned.length);
    expect(sheet.title).toBe('0x200 – 0x7ff');
  });

  test('says that A is not known where the frame has no pageblocks', () => {
    const accounts = snapshotOf({ tick: 40, hosts: [host], guests: [guest] }, 'accounts');
    expect(figure(pageRangeFacts(accounts, colours, 0, 0, 10), 'A,', 'not in this frame')).toBe('–');
  });
});

test('moves say what is not known as unknown, and are nothing when they are not there', () => {
  expect(figure(migrationFacts(snapshot, 0), 'Course', 'downtime')).toBe('–');
  expect(figure(migrationFacts(snapshot, 0), 'Course', 'sent')).toBe('512 MiB');
  expect(compactionFacts(snapshot, 0)!.subtitle).toBe('to node 0,4, stalled');
  const none = snapshotOf({ tick: 40, hosts: [host], guests: [guest] });
  expect([migrationFacts(none, 0), compactionFacts(none, 0)]).toEqual([null, null]);
});
