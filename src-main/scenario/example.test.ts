/** The shipped examples: valid, canonical, and what their descriptions promise. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../shared/errors/index.ts';
import { CORRECT, RFC_V3 } from '../../shared/model/config.ts';
import { canonicalText } from './canonical.ts';
import { readScenario } from './read.ts';
import { toWorldConfig } from './world-config.ts';

const FOLDER = new URL('../../shared/examples/', import.meta.url);
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.pageshift.json'));
const textOf = (file: string): string => readFileSync(new URL(file, FOLDER), 'utf8');
const worldOf = (name: string) => toWorldConfig(readScenario(textOf(`${name}.pageshift.json`), name).value!);

describe('shipped examples', () => {
  it('are the six that the README names', () => {
    expect(files.sort()).toEqual([
      'numad-eight-node.pageshift.json',
      'one-node-for-big.pageshift.json',
      'rfc-cover-letter.pageshift.json',
      'rfc-defects.pageshift.json',
      'two-socket-compact.pageshift.json',
      'two-to-four-migrate.pageshift.json',
    ]);
  });

  it.each(files)('%s is valid, without a warning, canonical and described', (file) => {
    const { value, diagnostics } = readScenario(textOf(file), file);
    expect(diagnostics.map(formatDiagnostic)).toEqual([]);
    expect(textOf(file)).toBe(canonicalText(value!));
    expect(value!.description!.toLowerCase()).toContain('look at');
  });

  it.each(files)(
    '%s has at most 16 Mi guest pages under a workload, and 64 Mi in all, so that it runs in under a minute',
    (file) => {
      const guests = toWorldConfig(readScenario(textOf(file), file).value!).guests;
      const pagesOf = (of: typeof guests): number =>
        of.reduce((sum, g) => sum + g.mm.nrPages - g.mm.holes.reduce((n, h) => n + h.end - h.start, 0), 0);
      expect(pagesOf(guests.filter((g) => g.workload !== null))).toBeLessThanOrEqual(2 ** 24);
      expect(pagesOf(guests)).toBeLessThanOrEqual(2 ** 26);
    },
  );

  it('rfc-cover-letter: 32768 pages on two nodes, all to node 3, then 256 stripes that give 43, 42, 42 and 0 MB', () => {
    const world = worldOf('rfc-cover-letter');
    const mm = world.guests[0]!.mm;
    expect(mm).toMatchObject({
      nrPages: 32_768,
      holes: [],
      nrNodeIds: 4,
      bootLayout: [
        { start: 0, end: 16_384, nid: 0 },
        { start: 16_384, end: 32_768, nid: 1 },
      ],
    });
    const layouts = world.schedule.map((s) => (s.command.type === 'commitLayout' ? s.command.ranges : []));
    expect(layouts[0]).toEqual([{ start: 0, end: 32_768, nid: 3 }]);
    expect(layouts[1]).toHaveLength(256);
    const mb = [0, 1, 2, 3].map((nid) =>
      Math.floor(layouts[1]!.filter((r) => r.nid === nid).reduce((n, r) => n + r.end - r.start, 0) / 256),
    );
    expect(mb).toEqual([43, 42, 42, 0]);
    expect(world.guests[0]!.regeneration.enabled).toBe(false);
    expect(world.guests[0]!.workload!.kernelPermille).toBeGreaterThan(0);
  });

  it('rfc-defects: two guests that differ in their defects alone, given the same layouts at the same ticks', () => {
    const { guests, schedule } = worldOf('rfc-defects');
    const [posted, corrected] = guests;
    expect(posted!.mm.profile.rfc).toEqual(RFC_V3);
    expect(corrected!.mm.profile.rfc).toEqual(CORRECT);
    const mm = { ...corrected!.mm, profile: posted!.mm.profile };
    expect({ ...corrected!, name: posted!.name, mm }).toEqual(posted);
    const given = (vm: string) =>
      schedule.flatMap(({ at, command }) =>
        command.vm === vm && command.type === 'commitLayout' ? [[at, command.ranges]] : [],
      );
    expect(given('as-posted')).toHaveLength(2);
    expect(given('as-posted')).toEqual(given('corrected'));
    // The letter's: all to node 3, then 256 stripes.
    expect(given('as-posted').map(([, ranges]) => ranges)).toEqual(
      worldOf('rfc-cover-letter').schedule.map(({ command }) =>
        command.type === 'commitLayout' ? command.ranges : [],
      ),
    );
  });

  it("numad-eight-node: the guide's rows within a frame, its totals exactly, each guest gathered on one node of its own", () => {
    // Red Hat Enterprise Linux 7 tuning guide, 9.3, MiB of each node as printed, and the printed total.
    const printed: Readonly<Record<string, readonly [readonly number[], number]>> = {
      51722: [[68, 16, 357, 6936, 2, 3, 147, 598], 8128],
      51747: [[245, 11, 5, 18, 5172, 2532, 1, 92], 8076],
      53736: [[62, 432, 1661, 506, 4851, 136, 22, 445], 8116],
      53773: [[1393, 3, 1, 2, 12, 0, 0, 6702], 8114],
    };
    const world = worldOf('numad-eight-node');
    expect(world.guests.map((g) => g.name)).toEqual(Object.keys(printed));
    for (const g of world.guests) {
      const [row, total] = printed[g.name]!;
      const rule = g.placement[0]!;
      const mib = row.map((_, nid) => (rule.pages[rule.nodes.indexOf(nid)] ?? 0) / 256);
      expect(mib.every((m, nid) => m % 2 === 0 && Math.abs(m - row[nid]!) <= 1)).toBe(true);
      expect(mib.reduce((a, b) => a + b)).toBe(total);
    }
    const targets = world.schedule.flatMap((s) => (s.command.type === 'compact' ? s.command.nodes! : []));
    expect(new Set(targets).size).toBe(4);
  });

  it('two-to-four-migrate: the VM fits on no two nodes of its destination, and may have more nodes than it booted with', () => {
    const world = worldOf('two-to-four-migrate');
    const free = world.hosts[1]!.nodes.map((n) => n.totalPages - n.reservedPages).sort((a, b) => b - a);
    const shop = world.guests[0]!.mm;
    const pages = shop.nrPages - shop.holes.reduce((n, h) => n + h.end - h.start, 0);
    expect(free[0]! + free[1]!).toBeLessThan(pages);
    expect(free.reduce((a, b) => a + b)).toBeGreaterThan(pages);
    expect(shop.nrNodeIds).toBeGreaterThanOrEqual(6);
  });

  it('two-socket-compact: the nodes chosen hold what is gathered on them', () => {
    const world = worldOf('two-socket-compact');
    const room = new Map(world.hosts[0]!.nodes.map((n) => [n.nid, n.totalPages - n.reservedPages]));
    for (const { command } of world.schedule) {
      if (command.type !== 'compact') throw new Error('not a compaction');
      const mm = world.guests.find((g) => g.name === command.vm)!.mm;
      const nid = command.nodes![0]!;
      room.set(nid, room.get(nid)! - mm.nrPages);
    }
    expect(world.schedule).toHaveLength(5);
    expect([...room.values()].every((pages) => pages > 0)).toBe(true);
  });
});
