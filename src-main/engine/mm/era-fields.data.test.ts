/** The 6.1 lists against the captured guests; the captures stand beside the repository, not in it. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERA_FIELDS } from './era-fields.ts';

const GUESTS = new URL('../../../../shared/data/guests/', import.meta.url);
const cases = ['02-two-nodes-equal', '12-cpuless-node', '13-four-nodes-custom-distances'];
const present = existsSync(GUESTS);
const load = (name: string, file: string) => readFileSync(new URL(`${name}/boot/${file}`, GUESTS), 'utf8');
const firstWords = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((m) => m[1]);

describe.skipIf(!present)('what a 6.1 kernel prints', () => {
  const era = ERA_FIELDS['6.1'];

  it.each(cases)('%s', (name) => {
    expect(firstWords(load(name, 'proc/vmstat'), /^(\S+) \d+$/gm)).toEqual(era.vmstat);
    expect(firstWords(load(name, 'proc/meminfo'), /^(\S+):/gm)).toEqual(era.meminfo);
    const node = 'sys/devices/system/node/node0';
    expect(firstWords(load(name, `${node}/meminfo`), /^Node 0 (\S+):/gm)).toEqual(era.nodeMeminfo);
    expect(firstWords(load(name, `${node}/vmstat`), /^(\S+) \d+$/gm)).toEqual(era.nodeVmstat);

    const zoneinfo = load(name, 'proc/zoneinfo');
    const zones = firstWords(zoneinfo, /^Node 0, zone +(\S+)$/gm);
    expect(zones).toEqual(era.zones);
    const first = zoneinfo.split(/^Node /m)[1] ?? '';
    expect(firstWords(first, /^ {6}([a-z_]+) +\d+$/gm)).toEqual([...era.zoneinfo.nodeStats, ...era.zoneinfo.zoneStats]);
    expect(firstWords(first, /^ {8}([a-z]+) +\d+$/gm)).toEqual(era.zoneinfo.pageLines);
    expect(first.indexOf('protection')).toBeLessThan(first.indexOf('nr_free_pages'));
    for (const { label } of era.zoneinfo.footer) expect(first).toMatch(new RegExp(`^${label}\\d+$`, 'm'));
    const types = /^Number of blocks type +(.*)$/m.exec(load(name, 'proc/pagetypeinfo'))?.[1];
    expect(types?.trim().split(/\s+/)).toEqual(era.migrateTypes);
  });
});
