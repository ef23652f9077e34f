/**
 * The files of a 6.1 guest beside those of the captured ones: every line has the same words and the same columns, whatever
 * its numbers.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Console } from '../console-fixture.ts';

const GUESTS = join(process.env['PAGESHIFT_DATA']!, 'guests');
const real = (file: string): string => readFileSync(join(GUESTS, '02-two-nodes-equal/boot', file), 'utf8');

/** A line without its numbers: where a number is right-aligned, it and the blanks before it become its width. */
const shape = (line: string): string =>
  line
    .replace(/ *\b\d+(?= kB$)/, (n) => `<${Math.max(n.length, 9)}>`)
    .replace(/(?<=^Node +\d, zone.*) +\d+(?= )/g, (n) => `<${n.length}>`)
    .replace(/\(\d+(?:, \d+)*\)/, (list) => `(${list.split(',').length})`)
    .replace(/\d+$/, '#');

const shapes = (text: string): string[] => text.trimEnd().split('\n').map(shape);

describe('a guest of the shape of two captured nodes of 1 GiB', () => {
  // Memory map of the capture: pfn 0 and [0x9f, 0x100) do not exist, nor do the last 32 pages.
  const nrPages = 0x7ffe0;
  const c = new Console({
    profile: { era: '6.1' },
    mm: {
      nrPages,
      nrNodeIds: 2,
      cpuNode: [0, 0, 1, 1],
      holes: [
        { start: 0, end: 1 },
        { start: 0x9f, end: 0x100 },
      ],
      bootLayout: [
        { start: 0, end: 0x40000, nid: 0 },
        { start: 0x40000, end: nrPages, nid: 1 },
      ],
    },
  });

  it.each([
    ['proc/zoneinfo'],
    ['proc/buddyinfo'],
    ['proc/pagetypeinfo'],
    ['proc/vmstat'],
    ['proc/meminfo'],
    ['sys/devices/system/node/node0/meminfo'],
    ['sys/devices/system/node/node1/meminfo'],
    ['sys/devices/system/node/node1/vmstat'],
    ['sys/devices/system/node/node1/numastat'],
  ])('%s', (file) => {
    expect(shapes(c.cat(`/${file}`))).toEqual(shapes(real(file)));
  });

  it.each([
    ...['online', 'possible', 'has_cpu', 'has_memory', 'has_normal_memory', 'has_generic_initiator'],
    ...[0, 1].flatMap((n) => [`node${n}/distance`, `node${n}/cpulist`, `node${n}/cpumap`]),
    ...['free_hugepages', 'nr_hugepages', 'surplus_hugepages'].map((f) => `node0/hugepages/hugepages-2048kB/${f}`),
    'node1/hugepages/hugepages-1048576kB/demote_size',
  ])('sys/devices/system/node/%s, to the byte', (file) => {
    expect(c.cat(`/sys/devices/system/node/${file}`)).toBe(real(`sys/devices/system/node/${file}`));
  });

  it('spanned, present and start_pfn of every zone, to the page', () => {
    const numbers = (text: string): string[] =>
      text.match(/^Node .*$|^ +(?:spanned|present) .*$|^ +start_pfn: .*$/gm) ?? [];
    expect(numbers(c.cat('/proc/zoneinfo'))).toEqual(numbers(real('proc/zoneinfo')));
  });

  it('memory blocks, their nodes and zones', () => {
    const M = '/sys/devices/system/memory';
    expect(c.cat(`${M}/block_size_bytes`)).toBe(real('sys/devices/system/memory/block_size_bytes'));
    const rows = c
      .ls(M)
      .filter((n) => /^memory\d/.test(n))
      .sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)))
      .map((b) => {
        const nodes = c.ls(`${M}/${b}`).filter((n) => n.startsWith('node'));
        const value = (name: string): string => c.cat(`${M}/${b}/${name}`).trim();
        return `${b} ${value('state')} ${value('removable')} ${value('phys_index')} ${nodes.join(',')} ${value('valid_zones')}`;
      });
    expect(rows).toEqual(real('memory-blocks.txt').trimEnd().split('\n').slice(1));
    const links = c.ls('/sys/devices/system/node/node1').filter((n) => /^(?:cpu|memory)\d/.test(n));
    expect(links).toEqual(
      real('sys/devices/system/node/node1/links.txt')
        .split('\n')
        .map((l) => l.split(' ')[0]!)
        .filter((n) => /^(?:cpu|memory)\d/.test(n)),
    );
  });

  it('what the kernel logs of memory and nodes while it boots', () => {
    const logged = real('dmesg.txt')
      .split('\n')
      .map((line) => line.replace(/^\[[^\]]*\] /, ''));
    const told = (lines: readonly string[]): string[] =>
      lines
        .filter((line) => /^(?: {2}|Zone |Movable|Early|Initmem|Fallback|Built|Policy|SRAT|last_pfn)/.test(line))
        .map((line) => line.replace(/Total pages: \d+/, 'Total pages: #'));
    const first = told(logged).indexOf('Zone ranges:');
    const ours = told(c.log);
    expect(ours.length).toBeGreaterThan(15);
    expect(ours.filter((line) => !told(logged).includes(line))).toEqual([]);
    expect(ours.slice(ours.indexOf('Zone ranges:'))).toEqual(
      told(logged).slice(first, first + ours.length - ours.indexOf('Zone ranges:')),
    );
  });
});
