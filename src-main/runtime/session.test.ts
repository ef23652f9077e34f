/**
 * Sessions over real threads. What they must come to is what the same text comes to in the job `run`, or in a world stepped by
 * hand. Nothing is timed; that something is answered at all is all that is asked of a thread that is busy.
 */
import { forecastText, rejectionText } from '../../shared/view/words/index.ts';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ScenarioCommand, SubmittedCommand } from '../../shared/schema/command.ts';
import { readTiles } from '../../shared/columns/tile.ts';
import type { Snapshot } from '../../shared/columns/index.ts';
import type { WorldEvent } from '../../shared/model/event.ts';
import { decode } from '../../shared/columns/index.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import { World } from '../engine/index.ts';
import type { Scenario, ScenarioInput } from '../scenario/index.ts';
import { canonicalText, toWorldConfig } from '../scenario/index.ts';
import type { CallableSession } from './fixture.ts';
import { callable, example, moving, scenarioOf, small } from './fixture.ts';
import type { SessionOptions, SessionState, ThreadPlace } from './index.ts';
import { runJob, startSession } from './index.ts';

const open: { readonly session: CallableSession | null; readonly folder: string }[] = [];

afterEach(async () => {
  for (const { session, folder } of open.splice(0)) {
    await session?.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

function spillFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pageshift-session-'));
  open.push({ session: null, folder });
  return join(folder, 'spill');
}

async function start(scenario: Scenario | string, options: Partial<SessionOptions> = {}): Promise<CallableSession> {
  const text = typeof scenario === 'string' ? scenario : canonicalText(scenario);
  const { session, problems } = await startSession({ text, version: 'test', spillFolder: spillFolder(), ...options });
  if (session === null) throw new Error(JSON.stringify(problems));
  open.push({ session: callable(session), folder: '' });
  return callable(session);
}

/** Resolves at the first state, this one included, of which it is true. */
const until = (session: CallableSession, is: (state: SessionState) => boolean): Promise<SessionState> =>
  new Promise((resolve, reject) => {
    if (is(session.state)) return resolve(session.state);
    session.onState((state) => is(state) && resolve(state));
    session.onFailure(reject);
  });

async function playToEnd(session: CallableSession): Promise<SessionState> {
  await session.play(null);
  return until(session, ({ playing }) => !playing);
}

async function frame(session: CallableSession, at: number | null, blocksOf: string | null = null): Promise<Snapshot> {
  const { bytes } = await session.frame({ at, blocksOf });
  const { value, diagnostics } = decode(bytes.slice().buffer);
  expect(diagnostics).toEqual([]);
  return value!;
}

/** The same text, from the beginning, without a session; what it is called that it ended there is no matter. */
async function fromScratch(session: CallableSession): Promise<RunRecord> {
  const until = { converged: false, ticks: session.state.tick } as const;
  const { run } = await runJob('run', { scenario: scenarioOf(await session.text()), until, version: 'test' });
  return { ...run!.record, ending: (await session.record()).ending };
}

const hold = (pfn: number): SubmittedCommand => ({ type: 'holdPages', vm: 'v', pfn, order: 0 });
const compact = (nodes: number[] | null): SubmittedCommand => ({ type: 'compact', vm: 'v', nodes, rateMiBps: 64 });
const quiet = (change: Partial<ScenarioInput> = {}): Scenario => small({ commands: [], ...change });

/** A worker in which something of ours is broken. */
function brokenWorker(code: string): ThreadPlace {
  const folder = mkdtempSync(join(tmpdir(), 'pageshift-worker-'));
  open.push({ session: null, folder });
  const file = join(folder, 'worker.mjs');
  const engine = new URL('../engine/index.ts', import.meta.url).href;
  const worker = new URL('./session-worker.ts', import.meta.url).href;
  writeFileSync(
    file,
    `import { InvariantError, World } from '${engine}';\n${code}\nvoid InvariantError;\nawait import('${worker}');\n`,
  );
  return () => new URL(`file://${file}`);
}

describe('a session', () => {
  it('steps, plays until the world settles, and comes to the record of the job', async () => {
    const session = await start(small());
    expect(session.state).toMatchObject({ tick: 0, playing: false, settled: false, name: 'small', busy: null });
    await session.step(5);
    expect(session.state.tick).toBe(5);
    const { tick, settled, pendingWork } = await playToEnd(session);
    expect({ settled, pendingWork }).toEqual({ settled: true, pendingWork: [] });
    const { run } = await runJob('run', {
      scenario: small(),
      until: { converged: true, maxTicks: 20_000 },
      version: 'test',
    });
    expect(tick).toBe(run!.record.after.header.tick);
    expect(await session.record()).toEqual(run!.record);
    expect(await session.hashes()).toEqual({ tick, hash: run!.record.hash, chain: run!.record.chain });
    expect(session.state.chain).toBe(run!.record.chain);
    expect(session.events.slice(0, 10_000)).toEqual(run!.record.events);
    expect((await session.series(null, 0)).series).toEqual(run!.record.series);
  });

  it('goes on until it is paused when the world had settled already, and is answered meanwhile', async () => {
    const session = await start(small());
    const { tick } = await playToEnd(session);
    await session.play(null);
    expect(session.state.playing).toBe(true);
    await until(session, (state) => state.tick > tick + 20);
    for (let i = 0; i < 5; i++) expect((await session.frame({ at: null, blocksOf: 'v' })).tick).toBeGreaterThan(tick);
    expect((await session.check()).broken).toEqual([]);
    expect((await session.forecast(compact([0]))).type).toBe('compact');
    expect(session.state.measuredTicksPerSec).toBeGreaterThan(0);
    await session.pause();
    const { tick: paused, playing, measuredTicksPerSec } = session.state;
    expect({ playing, measuredTicksPerSec }).toEqual({ playing: false, measuredTicksPerSec: 0 });
    expect((await session.hashes()).tick).toBe(paused);
  });

  it('plays at a speed, and changes it while it plays', async () => {
    const session = await start(quiet());
    await session.play(0.1);
    await until(session, ({ tick }) => tick === 1);
    expect(session.state).toMatchObject({ playing: true, ticksPerSec: 0.1 });
    await session.play(1000);
    await until(session, ({ tick }) => tick > 3);
    await session.pause();
    expect(session.state).toMatchObject({ playing: false, ticksPerSec: 1000 });
  });

  it('plays on from a step, and changes its speed then too', async () => {
    const session = await start(quiet());
    const stepped = session.step(100_000);
    await session.play(0.1);
    await stepped;
    await session.play(1000);
    const { tick } = session.state;
    await until(session, (state) => state.tick > tick + 3);
    expect(session.state).toMatchObject({ playing: true, ticksPerSec: 1000, busy: null });
  });

  it('ends a long step when it is told to, and answers who waited for it', async () => {
    const session = await start(quiet());
    const stepped = session.step(100_000);
    const { busy } = await until(session, (state) => state.busy !== null && state.tick > 2);
    expect(busy).toMatchObject({ toTick: 100_000 });
    await session.cancel();
    await stepped;
    expect(session.state.busy).toBeNull();
    expect(session.state.tick).toBeLessThan(100_000);
  });

  it('says why VMs do not fit, and that a text is no scenario', async () => {
    const vms = [{ name: 'v', host: 'h', memoryMiB: 400, placement: { mode: 'strict', nodes: [0] } }] as const;
    const hosts = [{ name: 'h', nodes: [0, 1].map((nid) => ({ nid, memoryMiB: 256 })) }];
    const text = JSON.stringify({ pageshift: 1, name: 'x', hosts, vms });
    await expect(startSession({ text, version: 'test', spillFolder: spillFolder() })).rejects.toThrow(/larger than/);
    await expect(startSession({ text: '{}', version: 'test', spillFolder: spillFolder() })).rejects.toThrow(/scenario/);
  });

  it('removes what it spilled when it is closed, and refuses what is asked then', async () => {
    const folder = spillFolder();
    const session = await start(quiet(), { spillFolder: folder });
    const asked = session.step(100_000).catch((error: Error) => error.message);
    await session.close();
    expect(await asked).toMatch(/its document was closed/);
    await expect(session.pause()).rejects.toThrow('closed');
    expect(existsSync(folder)).toBe(false);
    expect(await session.text()).toBe(canonicalText(quiet()));
  });
});

describe('a large world', () => {
  const large = (): Scenario => {
    const [vm] = small().vms;
    const nodes = [0, 1].map((nid) => ({ nid, memoryMiB: 1024 }));
    return small({
      hosts: [{ name: 'h', nodes }],
      vms: [{ ...vm!, memoryMiB: 768, cells: [0, 1].map((id) => ({ id, memoryMiB: 384 })) }],
      commands: [],
    });
  };

  it('is checked between slices: it is answered and steered meanwhile, and comes to the record of the job', async () => {
    const session = await start(large());
    // Its first check has hardly begun.
    expect(session.state.laws.checked).toBe(0);
    expect((await session.frame({ at: null, blocksOf: 'v' })).tick).toBe(0);
    expect(await session.submit({ ...compact([1]), rateMiBps: 2048 } as SubmittedCommand)).toBeNull();
    await session.step(30);
    const record = await session.record();
    expect(record.events.map(({ type }) => type)).toContain('layoutCommitted');
    expect(record.laws.guestsChecked).toBeGreaterThan(0);
    const again = await fromScratch(session);
    // A run that has ended is checked once more.
    expect(again.laws).toEqual({ ...record.laws, checked: record.laws.checked + 1 });
    expect(record).toEqual({ ...again, laws: record.laws });
    expect(await session.check()).toEqual(again.laws);
  });
});

describe('who looks changes nothing', () => {
  /** Plays to the end under many questions, and compares with the same text run alone. */
  async function under(scenario: Scenario, vm: string): Promise<void> {
    const session = await start(scenario);
    const seen: number[] = [];
    session.onState(({ tick }) => seen.push(tick));
    session.onState(() => undefined);
    const events: WorldEvent[] = [];
    session.onEvents((from) => void events.splice(from, Infinity, ...session.events.slice(from)));
    let asked = 0;
    const ended = playToEnd(session);
    let ending = false;
    void ended.then(() => (ending = true));
    while (!ending && asked < 60) {
      const tick = session.state.tick;
      const n = asked++;
      const questions = [
        () => session.frame({ at: null, blocksOf: n % 2 === 0 ? vm : null }),
        () => session.frame({ at: Math.floor((tick * (n % 7)) / 7), blocksOf: null }),
        () => session.tiles(vm, (n * 4099) % 16_384, 3000),
        () => session.forecast({ type: 'compact', vm, nodes: null, rateMiBps: 32 }),
        () => session.series(n % 3 === 0 ? null : tick, 1),
        () => session.hashes(),
      ];
      await Promise.all([questions[n % 6]!(), questions[(n * 5 + 1) % 6]!(), questions[(n * 3 + 2) % 6]!()]);
    }
    const { tick } = await ended;
    expect(asked).toBeGreaterThan(3);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    const world = World.create(toWorldConfig(scenario)).world!;
    while (!world.converged()) world.step();
    expect(await session.hashes()).toEqual({ tick: world.tick, hash: world.hash(), chain: world.chain });
    expect({ tick, events }).toEqual({ tick: world.tick, events: world.takeEvents() });
  }

  it('in the RFC example', () => under(example('rfc-cover-letter'), 'guest'), 120_000);
  it('in a migration between hosts', () => under(moving(), 'v'));
});

describe('a command that is given', () => {
  it('stands in the text at its tick, and the text alone comes to the same', async () => {
    const session = await start(small({ commands: [{ at: 6, type: 'compact', vm: 'v', nodes: [0], rateMiBps: 64 }] }));
    await session.step(4);
    expect(await session.submit({ type: 'cancelCompaction', vm: 'v' })).toMatchObject({ slug: expect.any(String) });
    const free = await session.forecast(compact([1]));
    expect(forecastText(free)).not.toBe('');
    expect(await session.submit(compact([1]))).toBeNull();
    expect(await session.submit({ type: 'setRegeneration', vm: 'v', regeneration: off })).toBeNull();
    const dirty = { workingSetMiB: 8, rateMiBps: 20 };
    expect(await session.submit({ type: 'setDirty', vm: 'v', dirty })).toBeNull();
    await session.step(2);
    // Before the one of this tick that is still to come.
    expect(await session.submit({ type: 'cancelCompaction', vm: 'v' })).toBeNull();
    await session.step(30);
    const record = await session.record();
    expect(record).toEqual(await fromScratch(session));
    expect(record.commands.map(({ tick, command }) => [tick, command.type])).toEqual([
      [4, 'compact'],
      [4, 'setRegeneration'],
      [4, 'setDirty'],
      [6, 'cancelCompaction'],
      [6, 'compact'],
    ]);
    const { commands } = session.state;
    expect(commands.map(({ tick, text, state }) => [tick, text, state])).toEqual([
      [4, 'compact v to node 1', 'applied'],
      [4, 'turn regeneration of v off', 'applied'],
      [4, 'set the dirty rate of v to 20 MiB/s', 'applied'],
      [6, 'cancel the compaction of v', 'applied'],
      [6, 'compact v to node 0', 'applied'],
    ]);
    expect(commands.map(({ forecast }) => forecast?.type)).toEqual([
      ...['compact', 'other', 'other', 'other', 'compact'],
    ]);
    expect(commands[3]!.outcome).toBe('It took effect.');
    const { commands: written } = scenarioOf(await session.text());
    expect(session.journal().given.map((index) => [written[index]!.at, written[index]!.type])).toEqual([
      [4, 'compact'],
      [4, 'setRegeneration'],
      [4, 'setDirty'],
      [6, 'cancelCompaction'],
    ]);
  });

  const off = { enabled: false, grainKiB: 2048, delayMs: 500 };

  it('stands before those still to come, which a window can list', async () => {
    const at = (tick: number, nodes: number[]): ScenarioCommand => ({ at: tick, ...compact(nodes) }) as ScenarioCommand;
    const session = await start(small({ commands: [at(9, [0]), at(2, [1]), at(6, [0])] }));
    const toCome = async () =>
      (await session.ask('run.schedule', {})).output.commands.map(({ id, tick, text }) => [id, tick, text]);
    const [zero, one] = ['compact v to node 0', 'compact v to node 1'];
    expect(await toCome()).toEqual([
      [1, 2, one],
      [2, 6, zero],
      [0, 9, zero],
    ]);
    await session.step(4);
    expect(await session.submit({ type: 'cancelCompaction', vm: 'v' })).toBeNull();
    const { commands } = scenarioOf(await session.text());
    const listed = await toCome();
    expect(listed.map(([, ...rest]) => rest)).toEqual([
      [6, zero],
      [9, zero],
    ]);
    expect(listed.map(([id]) => commands[id as number]!.at)).toEqual([6, 9]);
    await session.step(20);
    expect(await toCome()).toEqual([]);
  });

  it('and makes no sense is refused in a sentence, and nothing changes', async () => {
    const two = { name: 'k', nodes: [{ nid: 0, memoryMiB: 256 }] };
    const session = await start(quiet({ hosts: [...small().hosts, two] }));
    await session.step(2);
    const [before, state] = [await session.hashes(), session.state];
    const refused: readonly (readonly [SubmittedCommand, RegExp])[] = [
      [{ type: 'cancelCompaction', vm: 'w' }, /no VM "w"/],
      [{ type: 'compact', vm: 'v', nodes: [7], rateMiBps: 1 }, /node 7/],
      [migrateTo('x'), /no host "x"/],
      [migrateTo('k'), /link/],
      [migrateTo('h'), /already/],
      [hold(1 << 20), /beyond/],
      [{ type: 'holdPages', vm: 'v', pfn: 3, order: 2 }, /multiple/],
      [{ type: 'setRegeneration', vm: 'v', regeneration: { ...off, grainKiB: 12 } }, /power/],
      [hold(0), /free/],
      [{ type: 'cancelCompaction', vm: 'v' }, /compact/],
    ];
    for (const [command, text] of refused) {
      expect(rejectionText((await session.submit(command))!)).toMatch(text);
      expect(rejectionText((await session.forecast(command)).rejection!)).toMatch(text);
    }
    expect(await session.hashes()).toEqual(before);
    expect(session.state).toMatchObject({ undo: null, commands: [], events: state.events });
    await session.step(3);
    expect(await session.record()).toEqual(await fromScratch(session));
  });
});

function migrateTo(toHost: string): SubmittedCommand {
  return { type: 'migrate', vm: 'v', toHost, nodes: null, downtimeLimitMs: 300, maxBandwidthMiBps: 0, maxRounds: 30 };
}

describe('undo and redo', () => {
  it('bring back the world before, exactly, and the one that was never undone', async () => {
    const session = await start(moving());
    await session.step(2);
    const before = await session.hashes();
    const beforeFrame = await frame(session, null, 'v');
    const events: WorldEvent[] = [];
    const froms: number[] = [];
    session.onEvents((from) => {
      const more = session.events.slice(from);
      froms.push(from);
      events.splice(from, Infinity, ...more);
    });
    await session.submit(compact([1]));
    await session.step(6);
    const never = await session.record();

    await session.undo();
    expect(await session.hashes()).toEqual(before);
    expect(await frame(session, null, 'v')).toEqual(beforeFrame);
    expect(session.state).toMatchObject({
      tick: 2,
      playing: false,
      undo: null,
      redo: 'compact v to node 1',
      busy: null,
    });
    expect(session.state.commands.map(({ state }) => state)).toEqual(['pending']);
    expect(session.state.history.last).toBe(2);
    expect(events).toEqual([]);
    expect(froms.at(-1)).toBe(0);
    await session.step(6);
    expect(await session.record()).toEqual(await fromScratch(session));

    // From a later tick it goes back to where the command was given.
    await session.redo();
    expect(session.state).toMatchObject({ tick: 2, undo: 'compact v to node 1', redo: null });
    await session.step(6);
    expect(await session.record()).toEqual(never);
    expect(never).toEqual(await fromScratch(session));
    expect(events).toEqual(never.events);
  });

  it('take back several one by one, also of one tick, and drop what could be redone when another is given', async () => {
    const session = await start(quiet());
    const states: string[] = [];
    const commands: readonly (readonly [SubmittedCommand, number])[] = [
      [compact([0]), 0],
      [{ type: 'setRegeneration', vm: 'v', regeneration: { enabled: true, grainKiB: 4096, delayMs: 100 } }, 4],
      [{ type: 'cancelCompaction', vm: 'v' }, 9],
    ];
    await session.step(3);
    for (const [command, ticks] of commands) {
      states.push((await session.hashes()).hash);
      expect(await session.submit(command)).toBeNull();
      if (ticks > 0) await session.step(ticks);
    }
    const end = await session.hashes();
    expect(session.state.undo).toBe('cancel the compaction of v');
    for (const hash of [...states].reverse()) {
      await session.undo();
      expect((await session.hashes()).hash).toBe(hash);
    }
    await session.undo(); // nothing left: no change
    expect((await session.hashes()).hash).toBe(states[0]);
    expect(await session.text()).toBe(canonicalText(quiet()));
    for (let i = 0; i < 3; i++) await session.redo();
    await session.step(9);
    expect(await session.hashes()).toEqual(end);
    await session.undo();
    await session.undo();
    expect(session.state.redo).toMatch(/^turn regeneration of v on/);
    expect(await session.submit(compact([1]))).not.toBeNull(); // under way already: refused, and what was undone stays
    expect(session.state.redo).toMatch(/^turn regeneration of v on/);
    expect(await session.submit({ type: 'cancelCompaction', vm: 'v' })).toBeNull();
    expect(session.state.redo).toBeNull();
    await session.step(2);
    expect(await session.record()).toEqual(await fromScratch(session));
  });

  it('stop a run that plays', async () => {
    const session = await start(quiet());
    await session.submit(compact([0]));
    await session.play(null);
    await until(session, ({ tick }) => tick > 5);
    await session.undo();
    expect(session.state).toMatchObject({ tick: 0, playing: false });
  });
});

describe('recorded frames', () => {
  it('are the snapshots of their ticks', async () => {
    const session = await start(small());
    await session.step(40);
    const world = World.create(toWorldConfig(small())).world!;
    const snapshots = [world.snapshot('blocks')];
    for (let i = 0; i < 40; i++) {
      world.step();
      snapshots.push(world.snapshot('blocks'));
    }
    const { history } = session.state;
    expect(history).toMatchObject({ first: 0, last: 40 });
    expect(history.frames).toBeGreaterThan(3);
    for (const at of [0, 1, 4, 17, 39, 40]) {
      const shown = await frame(session, at, 'v');
      expect(shown.header.tick).toBeLessThanOrEqual(at);
      expect(shown).toEqual(snapshots[shown.header.tick]);
    }
    // A tick in which something happened has one: the compaction begins with tick 3, which ends at 4.
    expect((await frame(session, 4)).header.tick).toBe(4);
  });

  it('have beside them exact pages of the present', async () => {
    const session = await start(quiet());
    const { fromPfn, pages, bytes, tick } = await session.tiles('v', 16_000, 5000);
    expect([fromPfn, pages, tick]).toEqual([16_000, 384, 0]);
    const world = World.create(toWorldConfig(quiet())).world!;
    expect(readTiles(bytes, fromPfn, pages).state).toEqual(world.tiles(0, 16_000, 5000).state);
    await expect(session.tiles('w', 0, 1)).rejects.toThrow('no VM of this name');
  });
});

describe('a world whose ticks are done in parts', () => {
  /** More VMs than are done at once. */
  const many = () => {
    const host = { name: 'h', nodes: [0, 1].map((nid) => ({ nid, memoryMiB: 2048 })) };
    const vm = { host: 'h', memoryMiB: 4, workload: { lifetime: { law: 'exponential' as const, meanMs: 1000 } } };
    return canonicalText(
      small({
        hosts: [host],
        vms: Array.from({ length: 150 }, (_, i) => ({ ...vm, name: i === 0 ? 'v' : `v${i}` })),
        commands: [{ at: 3, type: 'compact', vm: 'v', nodes: [1], rateMiBps: 64 }],
      }),
    );
  };

  it('is looked at and changed between ticks alone, however it is stopped', async () => {
    const session = await start(many());
    for (let i = 0; i < 6; i++) {
      await session.play(null);
      const [hashes] = await Promise.all([session.hashes(), session.pause(), session.submit(compact([i % 2]))]);
      expect(hashes.tick).toBeLessThanOrEqual(session.state.tick);
    }
    await session.step(2);
    await session.undo();
    await session.step(3);
    const { record, told } = { record: await session.record(), told: await fromScratch(session) };
    expect(record.hash).toBe(told.hash);
    expect(record.series).toEqual(told.series);
  }, 60_000);

  it('stops at once, and finishes the tick that is under way', async () => {
    // Each block lives for a 256th of a tick.
    const workload = { lifetime: { law: 'exponential' as const, meanMs: 0.4 } };
    const session = await start(
      canonicalText(small({ vms: [{ name: 'v', host: 'h', memoryMiB: 64, workload }], commands: [] })),
    );
    const seen: (string | null)[] = [];
    session.onState(({ busy }) => void seen.push(busy?.what ?? null));
    // The second is answered when the tick has begun.
    for (let i = 0; i < 20 && !seen.includes('Finishing the tick'); i++) {
      await session.play(null);
      await session.play(null);
      await session.pause();
      expect(session.state.playing).toBe(false);
    }
    expect(seen).toContain('Finishing the tick');
    await until(session, ({ busy }) => busy === null);
    expect((await session.record()).hash).toBe((await fromScratch(session)).hash);
  }, 60_000);
});

describe('recovery', () => {
  it('comes to where the journal stood, and what was given can be taken back', async () => {
    const session = await start(moving());
    await session.step(2);
    const before = await session.hashes();
    await session.submit(compact([1]));
    await session.step(2);
    await session.submit({ type: 'cancelCompaction', vm: 'v' });
    await session.rename('moved by hand');
    const { text, tick, given, rescheduled } = session.journal();
    const record = await session.record();

    const again = await start(text, { toTick: tick, given });
    await until(again, ({ busy }) => busy === null);
    expect(again.journal()).toEqual({ text, tick, given, rescheduled });
    expect(await again.record()).toEqual(record);
    expect(again.state).toMatchObject({ name: 'moved by hand', undo: 'cancel the compaction of v', tick: 4 });
    await again.undo();
    await again.undo();
    expect(await again.hashes()).toEqual(before);
    await again.redo();
    await again.redo();
    expect(await again.hashes()).toEqual(await session.hashes());
  });

  it('takes back changes of the commands to come too, one by one, from what a journal would have', async () => {
    const at = (tick: number) => ({ at: tick, type: 'compact' as const, vm: 'v', nodes: [0], rateMiBps: 64 });
    const session = await start(canonicalText(small({ commands: [at(10), at(20), at(30)] })));
    const toCome = async (of: typeof session): Promise<number[]> =>
      (await of.ask('run.schedule', {})).output.commands.map(({ tick }) => tick);
    const place = async (nth: number) => {
      const { id, tick, text } = (await session.ask('run.schedule', {})).output.commands[nth]!;
      return { id, tick, text };
    };
    await session.ask('run.unschedule', await place(1));
    await session.step(2);
    await session.ask('run.reschedule', { ...(await place(1)), toTick: 25, command: null });
    const regeneration = { enabled: false, grainKiB: 2048, delayMs: 0 };
    expect(await session.submit({ type: 'setRegeneration', vm: 'v', regeneration })).toBeNull();
    await session.ask('run.reschedule', { ...(await place(0)), toTick: 12, command: null });
    await session.step(2);
    expect(await toCome(session)).toEqual([12, 25]);
    const { text, tick, given, rescheduled } = session.journal();
    const kept = JSON.parse(JSON.stringify(rescheduled)) as unknown;

    const again = await start(text, { toTick: tick, given, rescheduled: kept });
    await until(again, ({ busy }) => busy === null);
    expect(await again.hashes()).toEqual(await session.hashes());
    expect(again.state.undo).toBe('move compact v to node 0 from 1 s to 1.2 s');
    await again.undo();
    expect(await toCome(again)).toEqual([10, 25]);
    await again.undo();
    await again.undo();
    expect(await toCome(again)).toEqual([10, 30]);
    expect(again.state.tick).toBe(2);
    await again.undo();
    expect(await toCome(again)).toEqual([10, 20, 30]);
    expect(again.state.undo).toBeNull();

    // What does not fit the text is passed over: the run comes back as the text says.
    const odd = await start(text, { toTick: tick, given, rescheduled: { ...(kept as object), base: [[0, 1]] } });
    await until(odd, ({ busy }) => busy === null);
    expect(await odd.text()).toBe(text);
    expect(await toCome(odd)).toEqual([12, 25]);
    expect(odd.state.undo).toBe('turn regeneration of v off');
  });

  it('that is cancelled leaves what was not reached in the scenario', async () => {
    const text = canonicalText(
      small({ commands: [{ at: 100_000, type: 'compact', vm: 'v', nodes: [0], rateMiBps: 64 }] }),
    );
    const session = await start(text, { toTick: 200_000, given: [0] });
    expect(session.state.busy).toMatchObject({ what: 'Recovering', toTick: 200_000 });
    expect(await session.submit(hold(8000))).toMatchObject({ slug: 'busy' });
    await expect(session.step(1)).rejects.toMatchObject({
      name: 'RequestDenied',
      message: expect.stringMatching('another tick') as string,
    });
    // Whoever writes a journal now must find all of it.
    expect(session.journal()).toMatchObject({ text, given: [0] });
    await session.cancel();
    expect(session.state).toMatchObject({ busy: null, undo: null });
    expect(session.state.commands).toMatchObject([{ tick: 100_000, state: 'pending' }]);
    expect(await session.text()).toBe(text);
    expect(session.journal().given).toEqual([]);
    await session.step(1);
    expect(await session.record()).toEqual(await fromScratch(session));
  });
});

describe('when something breaks', () => {
  it('in a step, it is told with seed and tick, and text, events and recorded frames stay', async () => {
    const code = `const step = World.prototype.stepInParts;
      World.prototype.stepInParts = function* () {
        if (this.tick === 7) throw new InvariantError('planted', { seed: this.config.seed, tick: this.tick });
        yield* step.call(this);
      };`;
    const session = await start(small(), { threadPlace: brokenWorker(code) });
    const failures: Error[] = [];
    session.onFailure((error) => failures.push(error));
    await session.submit(hold(8000)).catch(() => null);
    await expect(session.step(20)).rejects.toThrow(/planted/);
    expect(failures.map(String)).toEqual([expect.stringMatching(/planted.*7/s)]);
    await expect(session.play(null)).rejects.toThrow(/tick 7/);
    expect(scenarioOf(await session.text()).name).toBe('small');
    expect(session.state).toMatchObject({ playing: false, busy: null });
    expect(session.events.slice(0, 10).length).toBeGreaterThan(0);
    expect((await frame(session, null)).header.tick).toBeLessThanOrEqual(7);
  });

  it('and the thread dies, what was asked is refused and the text stays', async () => {
    const session = await start(small(), {
      threadPlace: brokenWorker('World.prototype.stepInParts = () => process.exit(9);'),
    });
    const failed = new Promise<Error>((resolve) => session.onFailure(resolve));
    await expect(session.step(1)).rejects.toThrow(/code 9/);
    expect((await failed).message).toMatch(/code 9/);
    await expect(session.hashes()).rejects.toThrow();
    expect(await session.text()).toBe(canonicalText(small()));
  });

  it('a law, the run stops there and goes no further', async () => {
    const code = `const check = World.prototype.check;
      World.prototype.check = function () {
        return this.tick === 5 ? [{ law: 'G3', vm: 'v', text: 'planted' }] : check.call(this);
      };`;
    const session = await start(small(), { threadPlace: brokenWorker(code) });
    await playToEnd(session);
    expect(session.state.tick).toBe(5);
    expect(session.state.laws.broken).toEqual([{ law: 'G3', vm: 'v', text: 'planted' }]);
    await expect(session.play(null)).rejects.toThrow('law');
    await expect(session.step(1)).rejects.toThrow('law');
    expect(await session.submit(compact([0]))).toMatchObject({ slug: 'law-broken' });
    expect((await session.record()).ending).toBe('brokenLaw');
  });
});

describe('commits', () => {
  it('are told step by step of the guest that made them', async () => {
    const session = await start(small());
    await session.step(2);
    expect(await session.commits('v')).toEqual([]);
    await session.step(40);
    const traces = await session.commits('v');
    expect(traces.length).toBeGreaterThan(0);
    for (const { steps, stepNames } of traces) expect(steps.map(({ name }) => name)).toEqual(stepNames);
    expect(traces[0]!.steps[1]!.changes.length).toBeGreaterThan(0);
    await expect(session.commits('nobody')).rejects.toThrow('no VM of this name');
  });
});

describe('a comparison', () => {
  it('is of the scenario as it stands, at the present tick, in a thread of its own; the run is not touched', async () => {
    const session = await start(example('rfc-cover-letter'));
    await session.step(260);
    const before = await session.hashes();
    const comparison = await session.compare('guest', 'defects');
    expect([comparison.tick, comparison.vm]).toEqual([260, 'guest']);
    const sizes = (name: string): number[] => {
      const { figures } = comparison.variants.find((variant) => variant.name === name)!;
      return figures.filter(({ counter }) => counter === 'sizeMb').map(({ value }) => value);
    };
    expect([sizes('correct'), sizes('rfc-v3')]).toEqual([
      [43, 42, 42, 0],
      [43, 5, 42, 0],
    ]);
    expect(comparison.variants[0]!.hash).toBe(before.hash);
    expect(await session.hashes()).toEqual(before);
  });

  it('can be stopped, ends the one before, and ends with its session', async () => {
    const session = await start(example('rfc-cover-letter'));
    await session.step(40);
    const stopped = session.compare('guest', 'beyond');
    await session.cancelCompare();
    await expect(stopped).rejects.toThrow('stopped');
    const replaced = session.compare('guest', 'beyond');
    const replacing = session.compare('guest', 'defects');
    await expect(replaced).rejects.toThrow('stopped');
    expect((await replacing).of).toBe('defects');
    const open = session.compare('guest', 'beyond');
    const closing = session.close();
    await expect(open).rejects.toThrow('stopped');
    await closing;
  });
});
