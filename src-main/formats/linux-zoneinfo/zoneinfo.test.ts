import { describe, expect, it } from 'vitest';
import { readZoneinfo } from './read.ts';

/** As a 3.10 kernel prints it. */
const OLD = `Node 0, zone      DMA
  pages free     3977
        min      67
        low      83
        high     100
        scanned  0
        spanned  4095
        present  3998
        managed  3977
    nr_free_pages 3977
    nr_inactive_anon 0
    numa_hit     0
    nr_free_cma  0
        protection: (0, 1956, 1956, 1956)
  pagesets
  all_unreclaimable: 1
  start_pfn:         1
  inactive_ratio:    1
`;

/** As 6.1 does, with the second zone empty. */
const NEW = `Node 1, zone    DMA32
  per-node stats
      nr_inactive_anon 18
      pgpromote_candidate 0
  pages free     238199
        boost    0
        min      8807
        low      11008
        high     13209
        spanned  262144
        present  262144
        managed  249779
        cma      0
        protection: (0, 0, 0, 0, 0)
      nr_free_pages 238199
      nr_some_counter_of_the_future 7
  pagesets
    cpu: 0
              count: 346
              high:  5504
              batch: 63
  vm stats threshold: 24
    cpu: 1
              count: 2278
              high:  5505
              batch: 63
  vm stats threshold: 24
  node_unreclaimable:  0
  start_pfn:           262144
Node 1, zone   Normal
  pages free     0
        boost    0
        min      0
        low      0
        high     0
        spanned  0
        present  0
        managed  0
        cma      0
        protection: (0, 0, 0, 0, 0)
`;

const slugs = (text: string) => readZoneinfo(text, 'f').diagnostics.map((d) => [d.slug, d.where.line]);

describe('readZoneinfo', () => {
  it('reads what 3.10 prints', () => {
    const { value, diagnostics } = readZoneinfo(OLD, 'f');
    expect(diagnostics).toEqual([]);
    expect(value!.nodeStats).toBeNull();
    expect(value!.zones).toMatchObject([
      {
        nid: 0,
        zone: 'DMA',
        line: 1,
        free: 3977,
        min: 67,
        low: 83,
        high: 100,
        boost: null,
        spanned: 4095,
        present: 3998,
        managed: 3977,
        protection: [0, 1956, 1956, 1956],
        startPfn: 1,
        pagesets: [],
        statThreshold: null,
        counters: { scanned: 0, nr_free_pages: 3977, numa_hit: 0, all_unreclaimable: 1, inactive_ratio: 1 },
      },
    ]);
  });

  it('reads what 6.1 prints: counters of the node, per-CPU lists, zones without pages', () => {
    const { value, diagnostics } = readZoneinfo(NEW, 'f');
    expect(diagnostics).toEqual([]);
    expect(value!.nodeStats).toEqual([{ nid: 1, counters: { nr_inactive_anon: 18, pgpromote_candidate: 0 } }]);
    const [dma32, normal] = value!.zones;
    // The "high" of a per-CPU list is not the zone's.
    expect(dma32).toMatchObject({ high: 13209, startPfn: 262144, statThreshold: 24 });
    expect(dma32!.pagesets).toEqual([
      { cpu: 0, count: 346, high: 5504, batch: 63 },
      { cpu: 1, count: 2278, high: 5505, batch: 63 },
    ]);
    expect(dma32!.counters).toMatchObject({ nr_some_counter_of_the_future: 7, cma: 0 });
    expect(normal).toMatchObject({ zone: 'Normal', present: 0, startPfn: null });
  });

  it('reads it pasted into a mail, with CR LF and a prompt before it', () => {
    const lines = ['$ cat /proc/zoneinfo', ...NEW.split('\n')];
    const mail = lines.map((line) => `> ${line}\r\n`).join('');
    expect(readZoneinfo(mail, 'f').value?.zones).toHaveLength(2);
  });

  it('managed is not known of kernels that did not print it', () => {
    const text = OLD.replace(/ +managed.*\n/, '');
    expect(readZoneinfo(text, 'f').value!.zones[0]!.managed).toBeNull();
  });

  it('refuses what is cut, given twice, or contradicts itself, with the line', () => {
    expect(slugs(OLD.split('\n').slice(0, 4).join('\n'))).toEqual([['zone-incomplete', 1]]);
    expect(slugs(OLD + OLD)).toContainEqual(['zone-duplicate', 19]);
    expect(slugs(OLD.replace('present  3998', 'present  4998'))).toEqual([['zone-sizes', 1]]);
    expect(slugs(OLD.replace('pages free     3977', 'pages free     3978'))).toEqual([['zone-sizes', 1]]);
    expect(slugs(OLD.replace('scanned  0', 'min      5'))).toEqual([['field-duplicate', 6]]);
    expect(slugs('Node 0, zone DMA 1 2 3\n')).toEqual([['not-zoneinfo', 1]]);
    expect(slugs(OLD.replace('inactive_ratio', '???'))).toEqual([['line-damaged', 18]]);
  });

  it('bounds nodes, zones and lists', () => {
    const zones = (nodes: number, each: number) =>
      Array.from({ length: nodes * each }, (_, i) => `Node ${Math.floor(i / each)}, zone Z${i % each}`).join('\n');
    expect(slugs(zones(2000, 1)).map(([slug]) => slug)).toContain('too-many-nodes');
    expect(slugs(zones(1, 20)).map(([slug]) => slug)).toContain('too-many-zones');
    expect(slugs(OLD.replace('pagesets', 'pagesets\n    cpu: 70000'))).toEqual([['too-many-cpus', 16]]);
    expect(slugs(`Node 99999999999, zone DMA\n`)).toEqual([['not-zoneinfo', 1]]);
  });

  it('fields of any name do no harm', () => {
    const text = OLD.replace('numa_hit', '__proto__').replace('nr_free_cma', 'constructor');
    const { counters } = readZoneinfo(text, 'f').value!.zones[0]!;
    expect(Object.getPrototypeOf(counters)).toBeNull();
    expect(counters.constructor).toBe(0);
  });
});
