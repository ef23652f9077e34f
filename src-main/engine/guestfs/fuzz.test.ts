/**
 * Anything may be written to any file of a guest, at any time: the laws hold after every line, a refused write is an
 * error and no exception, and the text of the run comes to the same hash.
 */
import { describe, expect, test } from 'vitest';
import { ALL_DEFECTS, type BeyondConfig, CORRECT, RFC_V3, type RfcSwitches } from '../../../shared/model/config.ts';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';
import { Console, MEMLAYOUT } from '../console-fixture.ts';
import { Prng } from '../core/index.ts';
import { World } from '../world.ts';

const PAGECTL = '/sys/kernel/debug/pagectl';
const P = 32768;
const NR_PAGES = 2 * P;

const BEYOND: BeyondConfig = {
  topology: true,
  activePass: { pagesPerTick: 64, order: 'oldest' },
  consultTarget: true,
  commitStepTicks: 1,
  notify: true,
  shrinkSlabs: true,
  lookup: 'radix',
};

const guestOf = (rfc: RfcSwitches, beyond: BeyondConfig, seed: number): Console =>
  new Console({
    profile: { rfc, memoryBlockPages: 4096, backlog: seed % 3, era: seed % 2 === 0 ? '3.10' : '6.1' },
    mm: {
      nrPages: NR_PAGES,
      holes: [
        { start: 160, end: 256 },
        { start: P, end: NR_PAGES },
      ],
      reserved: [{ start: 0, end: 100 }],
      cpuNode: [0, 1],
      bootLayout: [
        { start: 0, end: 16384, nid: 0 },
        { start: 16384, end: NR_PAGES, nid: 1 },
      ],
    },
    guest: {
      beyond,
      placement: [{ start: 0, end: NR_PAGES, mode: 'strict', nodes: [0, 1], pages: [], scatter: false }],
      dimms: [{ start: P, end: NR_PAGES, hostNodes: [1, 0] }],
      workload: {
        occupancyPermille: 500,
        kernelPermille: 20,
        hugePermille: 200,
        lifetime: { law: 'exponential', meanTicks: 20 },
        start: 'stationary',
        warmupTicks: 0,
      },
    },
  });

/** One write: mostly sensible, often not. */
function draw(prng: Prng): readonly [string, string] {
  const pfn = (): number => prng.below(NR_PAGES + 100);
  const junk = [
    '',
    '\n',
    'abc',
    '-1',
    '0x',
    '1e9',
    '99999999999999999999999',
    ' 5',
    '0x10000000000000000',
    '\0',
    '12 34 56',
  ];
  const choices: readonly (readonly [string, () => string])[] = [
    [`${MEMLAYOUT}/start`, () => `${pfn()}\n`],
    [`${MEMLAYOUT}/end`, () => `0x${pfn().toString(16)}\n`],
    [`${MEMLAYOUT}/node`, () => `${prng.below(5)}\n`],
    [`${MEMLAYOUT}/node`, () => `${prng.below(4)}\n`],
    [`${MEMLAYOUT}/commit`, () => '1\n'],
    [`${MEMLAYOUT}/clear`, () => '1\n'],
    [`${PAGECTL}/alloc`, () => `${pfn()}\n`],
    [`${PAGECTL}/alloc`, () => `${prng.below(64) * 1024} ${prng.below(12)}\n`],
    [`${PAGECTL}/free`, () => `${pfn()}\n`],
    [`${PAGECTL}/free`, () => `${prng.below(64) * 1024}\n`],
    [`${PAGECTL}/pcp`, () => `${pfn()}\n`],
    ['/sys/devices/system/memory/probe', () => `0x${(prng.below(20) * 0x1000000).toString(16)}\n`],
    ['/sys/devices/system/memory/memory0/state', () => 'offline\n'],
    ['/proc/zoneinfo', () => '1\n'],
    [`${MEMLAYOUT}/current/filled`, () => '1\n'],
    [`${MEMLAYOUT}/../memlayout/./commit`, () => '2\n'],
  ];
  const [path, text] = choices[prng.below(choices.length)]!;
  return [path, prng.below(8) === 0 ? junk[prng.below(junk.length)]! : text()];
}

/** Stages and commits a whole layout, so that commits are not rare. */
function layout(c: Console, prng: Prng): void {
  c.world.beginLine('g', 'layout');
  const write = (name: string, text: string): void => void c.world.writeFile(`${MEMLAYOUT}/${name}`, text);
  write('clear', '1');
  let start = 0;
  for (let n = 1 + prng.below(6); n > 0 && start < NR_PAGES; n--) {
    const end = Math.min(NR_PAGES, start + 1 + prng.below(20000));
    write('start', `${start}`);
    write('end', `${end - 1}`);
    write('node', `${prng.below(4)}`);
    start = end + prng.below(2) * prng.below(3000);
  }
  write('commit', '1');
  c.world.endLine();
}

describe.each([
  ['correct', CORRECT, PLAIN_RFC],
  ['beyond the RFC', CORRECT, BEYOND],
  ['as posted, but for the crash', { ...RFC_V3, emptyCommitCrash: false }, PLAIN_RFC],
  ['with all defects', ALL_DEFECTS, PLAIN_RFC],
  ['with all defects but the crash, and beyond', { ...ALL_DEFECTS, emptyCommitCrash: false }, BEYOND],
] as const)('%s', (_, rfc, beyond) => {
  test.each([1, 2])('seed %i', (seed) => {
    const c = guestOf(rfc, beyond, seed);
    const prng = new Prng(seed, 'files');
    const outcomes = new Map<string, number>();
    for (let line = 0; line < 60; line++) {
      if (prng.below(4) === 0) layout(c, prng);
      c.world.beginLine('g', `line ${line}`);
      for (let n = prng.below(12); n > 0; n--) {
        const written = c.world.writeFile(...draw(prng));
        const outcome = written.ok ? 'ok' : written.errno;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      c.world.endLine();
      if (line % 3 === 0) c.world.step();
      if (line % 4 === 0) expect(c.world.check(), `line ${line}`).toEqual([]);
    }
    expect(c.world.check()).toEqual([]);
    for (const errno of ['ok', 'EINVAL', 'EBUSY', 'EACCES']) expect(outcomes.get(errno), errno).toBeGreaterThan(3);
    c.world.takeEvents();
    const twin = World.restore(c.world.config, c.world.state());
    const replayed = World.create(JSON.parse(JSON.stringify(c.world.config)) as typeof c.world.config).world!;
    const { tick } = c.world;
    replayed.step(tick);
    for (const w of [c.world, twin, replayed]) w.step(2);
    expect(twin.hash()).toBe(c.world.hash());
    expect(replayed.hash()).toBe(c.world.hash());
    expect(replayed.chain).toBe(c.world.chain);
    expect(new Console(replayed).cat('/dev/kmsg')).toBe(c.cat('/dev/kmsg'));
  });
});
