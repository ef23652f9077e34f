/**
 * Guests made of the files of real boots, against what those boots were: every capture in the folder, so that further ones
 * are tested by being put there. The captures stand beside the repository, not in it.
 *
 * (a) From the boot log alone: spanned, present and start_pfn to the page, managed within 2 % with words for every page,
 *     fallback order of nodes, links of memory blocks.
 * (b) From all files: managed, watermarks, min_free_kbytes, per-CPU sizes, protection, thresholds and free lists as they
 *     are, numactl's sizes and free pages.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GuestMm } from '../../engine/mm/index.ts';
import { memoryBlockLinks } from '../../engine/mm/memory-block.ts';
import { protection, vmStatThreshold } from '../../engine/mm/watermark.ts';
import { fallbackOrders } from '../../engine/mm/zonelist.ts';
import type { BootLogFacts, HostFacts, ZoneinfoFacts } from '../../formats/index.ts';
import { readForeign } from '../../formats/index.ts';
import type { ImportPart } from '../import-host.ts';
import { assembleScenario, sortParts } from '../import.ts';
import { toWorldConfig } from '../world-config.ts';
import { explainManaged, guestFromLinuxFiles } from './index.ts';
import { ZONE_NAMES } from './boot-map.ts';

const GUESTS = new URL('../../../../shared/data/guests/', import.meta.url);
const present = existsSync(GUESTS);
const folders = (url: URL): string[] =>
  readdirSync(url, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
/** Captures with a zoneinfo and a log of the same moment. */
const moments = present
  ? folders(GUESTS).flatMap((name) =>
      folders(new URL(`${name}/`, GUESTS))
        .map((moment) => `${name}/${moment}`)
        .filter((path) =>
          ['proc/zoneinfo', 'dmesg.txt'].every((file) => existsSync(new URL(`${path}/${file}`, GUESTS))),
        ),
    )
  : [];

const text = (moment: string, file: string): string => readFileSync(new URL(`${moment}/${file}`, GUESTS), 'utf8');
const has = (moment: string, file: string): boolean => existsSync(new URL(`${moment}/${file}`, GUESTS));

function facts<F>(moment: string, file: string): F {
  const { value, diagnostics } = readForeign(text(moment, file), file);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return value as F;
}

/** The VM of the files, and its memory manager. */
function boot(moment: string, files: readonly string[]) {
  const parts = files.filter((file) => has(moment, file)).map((file) => ({ file, facts: facts<never>(moment, file) }));
  const { value, diagnostics } = assembleScenario(sortParts(parts));
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const { mm } = toWorldConfig(value!).guests[0]!;
  return { mm: GuestMm.boot(mm), diagnostics, parts: parts as readonly ImportPart<never>[] };
}

const LOG = ['dmesg.txt', 'proc/iomem', 'numactl-hardware.txt'];
const ALL = [...LOG, 'proc/zoneinfo', 'proc/buddyinfo'];

const populated = (moment: string) =>
  facts<ZoneinfoFacts>(moment, 'proc/zoneinfo').zones.filter((zone) => zone.present > 0);
const zoneIndex = (name: string): number => (ZONE_NAMES as readonly string[]).indexOf(name);

describe.skipIf(!present)('guests from the files of real boots', () => {
  it('are those that are there', () => {
    expect(moments.length).toBeGreaterThanOrEqual(3);
  });

  it.each(moments)('%s: the map of its log', (moment) => {
    const { mm } = boot(moment, LOG);
    expect(mm.check()).toEqual([]);
    for (const zone of populated(moment)) {
      const cell = mm.zone(zone.nid, zoneIndex(zone.zone));
      expect([cell.spanStart, cell.spannedPages, cell.presentPages]).toEqual([
        zone.startPfn,
        zone.spanned,
        zone.present,
      ]);
      expect(Math.abs(cell.managedPages - zone.managed!) / zone.managed!).toBeLessThan(0.02);
    }
    const { fallback } = facts<BootLogFacts>(moment, 'dmesg.txt');
    for (const { nid, order } of fallback) expect(fallbackOrders(mm.state, 'boot')[nid]).toEqual(order);
    for (const line of has(moment, 'memory-blocks.txt') ? text(moment, 'memory-blocks.txt').split('\n') : []) {
      const block = /^memory(\d+) online \S+ \S+ (\S+)/.exec(line);
      if (block === null) continue;
      const nids = memoryBlockLinks(mm.state, Number(block[1])).map((nid) => `node${nid}`);
      expect(nids.join(',')).toBe(block[2]);
    }
  });

  it.each(moments)('%s: what was taken, in words', (moment) => {
    const files = LOG.filter((file) => has(moment, file));
    const parts = files.map((file) => ({ file, facts: facts<never>(moment, file) }));
    const { map } = guestFromLinuxFiles(parts).value!;
    const rows = explainManaged(map!, populated(moment));
    for (const row of rows) {
      console.log(
        `${moment} node ${row.nid} ${row.zone}: managed ${row.managed.real}, here ${row.managed.ours}: ${row.because}`,
      );
      expect(row.present.ours).toBe(row.present.real);
      expect(row.spanned.ours).toBe(row.spanned.real);
      expect(row.startPfn.ours).toBe(row.startPfn.real);
      expect(row.difference).toBe(row.managed.real - row.managed.ours);
      expect(row.because).not.toBe('');
    }
    // All in all the log's own sum.
    const total = rows.reduce((sum, { difference }) => sum + difference, 0);
    expect(Math.abs(total)).toBeLessThan(64);
  });

  it.each(moments)('%s: in the state of its files', (moment) => {
    const { mm, diagnostics } = boot(moment, ALL);
    expect(mm.check()).toEqual([]);
    expect(diagnostics.filter(({ slug }) => slug === 'guest-watermarks' || slug === 'guest-size-differs')).toEqual([]);
    for (const zone of populated(moment)) {
      const z = zoneIndex(zone.zone);
      const cell = mm.zone(zone.nid, z);
      expect([cell.spanStart, cell.spannedPages, cell.presentPages, cell.managedPages]).toEqual([
        zone.startPfn,
        zone.spanned,
        zone.present,
        zone.managed,
      ]);
      expect([cell.wmarkMin, cell.wmarkLow, cell.wmarkHigh]).toEqual([zone.min, zone.low, zone.high]);
      expect(protection(mm.state, zone.nid, z)).toEqual(zone.protection);
      expect(vmStatThreshold(mm.state, zone.nid, z)).toBe(zone.statThreshold);
      for (const { high, batch } of zone.pagesets) expect([cell.pcpHigh, cell.pcpBatch]).toEqual([high, batch]);
    }
    const minFree = has(moment, 'sysctl-vm.txt') ? /min_free_kbytes = (\d+)/.exec(text(moment, 'sysctl-vm.txt')) : null;
    if (minFree !== null) expect(mm.state.minFreeKib).toBe(Number(minFree[1]));
    for (const line of text(moment, 'proc/buddyinfo').trim().split('\n')) {
      const [, nid, zone, counts] = /^Node (\d+), zone +(\S+) +(.*)$/.exec(line)!;
      expect(mm.zone(Number(nid), zoneIndex(zone!)).freeBlocks).toEqual(counts!.trim().split(/\s+/).map(Number));
    }
    const numactl = facts<HostFacts>(moment, 'numactl-hardware.txt');
    for (const { id, memoryKiB, freeKiB, cpus } of numactl.nodes) {
      const cells = [0, 1, 2].map((z) => mm.zone(id, z));
      const mib = (pages: number): number => Math.floor(pages / 256);
      expect(mib(cells.reduce((sum, c) => sum + c.managedPages, 0)) * 1024).toBe(memoryKiB);
      // numactl ran at another moment than the lists were read.
      const free = mib(cells.reduce((sum, c) => sum + c.freePages, 0)) * 1024;
      expect(Math.abs(free - freeKiB!)).toBeLessThanOrEqual(4096);
      expect(mm.state.config.cpuNode.flatMap((nid, cpu) => (nid === id ? [cpu] : []))).toEqual(cpus);
    }
  });

  it.each(moments)('%s: zoneinfo and buddyinfo suffice', (moment) => {
    const { mm } = boot(moment, ['proc/zoneinfo', 'proc/buddyinfo']);
    expect(mm.check()).toEqual([]);
    for (const zone of populated(moment)) {
      const cell = mm.zone(zone.nid, zoneIndex(zone.zone));
      expect([cell.spanStart, cell.spannedPages, cell.presentPages, cell.managedPages]).toEqual([
        zone.startPfn,
        zone.spanned,
        zone.present,
        zone.managed,
      ]);
    }
  });
});
