/** The shells of guests in sessions over real threads: what a line writes is one command of the scenario. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Scenario } from '../scenario/index.ts';
import { canonicalText, readScenario, toWorldConfig } from '../scenario/index.ts';
import { World } from '../engine/index.ts';
import * as limit from '../../shared/model/limit.ts';
import { DocumentRoom } from './document-room.ts';
import type { CallableSession } from './fixture.ts';
import { callable, small } from './fixture.ts';
import type { SessionOptions } from './index.ts';
import { startSession } from './index.ts';

const open: { readonly session: CallableSession; readonly folder: string }[] = [];

afterEach(async () => {
  for (const { session, folder } of open.splice(0)) {
    await session.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

async function start(scenario: Scenario | string, options: Partial<SessionOptions> = {}): Promise<CallableSession> {
  const folder = mkdtempSync(join(tmpdir(), 'pageshift-shell-'));
  const text = typeof scenario === 'string' ? scenario : canonicalText(scenario);
  const { session, problems } = await startSession({
    text,
    version: 'test',
    spillFolder: join(folder, 'spill'),
    ...options,
  });
  if (session === null) throw new Error(JSON.stringify(problems));
  open.push({ session: callable(session), folder });
  return callable(session);
}

/** No commands; a workload that frees and takes pages. */
const quiet = (): Scenario => small({ commands: [] });
const D = '/sys/kernel/debug/memlayout';

const run = async (session: CallableSession, line: string): Promise<string> => {
  const { output, exitCode } = await session.shell('v', line);
  const text = output.map((part) => part.text).join('');
  return exitCode === 0 ? text : `${text}[${exitCode}]`;
};

/** What the text alone comes to at a tick. */
async function hashesOfText(session: CallableSession): Promise<unknown> {
  const { tick } = session.state;
  const { value, diagnostics } = readScenario(await session.text(), 'text');
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const { world } = World.create(toWorldConfig(value!));
  world!.step(tick);
  // Commands of the tick that it stands at are applied by the next step: give them.
  for (const { at, command } of toWorldConfig(value!).schedule)
    if (at === tick) expect(world!.apply(command)).toBe(null);
  return { tick, chain: world!.chain };
}

describe('a line', () => {
  it('is one command of the scenario: entered, taken back, given again', async () => {
    const session = await start(quiet());
    await session.step(2);
    const before = await session.hashes();
    expect(await run(session, 'dnuma-test s 0 2 128; numactl -H | head -n 1')).toBe('available: 3 nodes (0-2)\n');
    expect(session.state.undo).toBe('"dnuma-test s 0 2 128; numactl -H | head -n 1" in v');
    expect(session.state.commands).toMatchObject([
      { tick: 2, type: 'writeFiles', vm: 'v', state: 'applied', text: expect.stringContaining('dnuma-test') },
    ]);
    const after = await session.hashes();
    expect(after.hash).not.toBe(before.hash);
    const { commands } = readScenario(await session.text(), 'text').value!;
    expect(commands).toMatchObject([{ at: 2, type: 'writeFiles', vm: 'v', writes: expect.anything() }]);
    expect(await hashesOfText(session)).toEqual({ tick: 2, chain: after.chain });

    await session.undo();
    expect(await session.hashes()).toEqual(before);
    expect(await run(session, 'numactl -H | head -n 1')).toBe('available: 2 nodes (0-1)\n');
    expect(session.state.redo).toBe('"dnuma-test s 0 2 128; numactl -H | head -n 1" in v');
    await session.redo();
    expect(await session.hashes()).toEqual(after);
    await session.step(20);
    const whole = await session.hashes();
    expect(await hashesOfText(session)).toEqual({ tick: 22, chain: whole.chain });
    expect((await session.check()).broken).toEqual([]);
  });

  it('that writes nothing leaves no trace', async () => {
    const session = await start(quiet());
    const before = await session.hashes();
    const text = await session.text();
    expect(await run(session, `cat ${D}/moved-pages; echo x > /tmp/y; cat /tmp/y; : > ${D}/start`)).toBe('0\nx\n');
    expect(await session.hashes()).toEqual(before);
    expect(await session.text()).toBe(text);
    expect(session.state.undo).toBe(null);
  });

  it('goes on where the last one was, over several lines too', async () => {
    const session = await start(quiet());
    expect(await session.shell('v', `cd ${D}`)).toMatchObject({ prompt: `root@v:${D}# ` });
    expect(await session.shell('v', 'for i in 1 2; do')).toMatchObject({ prompt: '> ', output: [] });
    expect(await run(session, 'echo $i > start; done; cat start')).toBe('0x0000000000000002\n');
    expect(session.state.undo).toBe('"for i in 1 2; do echo $i > start; done; cat start" in v');
  });

  it('that sleeps is two commands, and time passes between', async () => {
    const session = await start(quiet());
    expect(await run(session, `echo 1 > ${D}/start; sleep 1; echo 2 > ${D}/end; dmesg | wc -l >/dev/null`)).toBe('');
    expect(session.state.tick).toBe(10);
    expect(session.state.commands.map(({ tick, text }) => [tick, text])).toEqual([
      [0, expect.stringContaining('echo 1')],
      [10, expect.stringContaining('echo 1')],
    ]);
    const { chain } = await session.hashes();
    expect(await hashesOfText(session)).toEqual({ tick: 10, chain });
    expect(session.state.busy).toBe(null);
  });

  it('that sleeps goes on at its tick while the world plays', async () => {
    const session = await start(quiet());
    await session.play(200);
    expect(await run(session, `sleep 2; echo 2 > ${D}/end`)).toBe('');
    await session.pause();
    const [first] = session.state.commands;
    expect(first!.tick).toBeGreaterThanOrEqual(20);
    const { chain } = await session.hashes();
    expect(await hashesOfText(session)).toEqual({ tick: session.state.tick, chain });
  });

  it('is stopped, and what it wrote stays; other calls are answered meanwhile', async () => {
    const session = await start(quiet());
    await run(session, 'true');
    const line = session.shell('v', `echo 1 > ${D}/start; while :; do :; done; echo 3 > ${D}/end`);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await expect(session.shell('v', 'true')).rejects.toThrow(/runs a line already/);
    expect((await session.frame({ at: null, blocksOf: 'v' })).tick).toBe(0);
    await session.stopShell('v');
    expect(await line).toMatchObject({ exitCode: 130 });
    expect(await run(session, `cat ${D}/start ${D}/end`)).toBe('0x0000000000000001\n0x0000000000000000\n');
  });

  it('ends when it is taken back while it runs or sleeps', async () => {
    const session = await start(quiet());
    const before = await session.hashes();
    for (const what of ['while :; do :; done', 'sleep 100000000']) {
      const line = session.shell('v', `echo 1 > ${D}/start; ${what}; echo 3 > ${D}/end`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await session.undo();
      expect(await line).toMatchObject({ exitCode: 130 });
      expect(await session.hashes()).toEqual(before);
    }
  });

  it('keeps a command given meanwhile in its place', async () => {
    const session = await start(quiet());
    await run(session, 'true');
    const line = session.shell('v', `echo 1 > ${D}/start; while [ -e /proc/meminfo ]; do :; done`);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await session.submit({ type: 'holdPages', vm: 'v', pfn: 1000, order: 0 })).toSatisfy(
      (rejection) => rejection === null || rejection.slug === 'hold-not-free',
    );
    await session.stopShell('v');
    await line;
    const { chain } = await session.hashes();
    expect(await hashesOfText(session)).toEqual({ tick: 0, chain });
  });

  it('is refused for a VM that is not there', async () => {
    const session = await start(quiet());
    await expect(session.shell('w', 'true')).rejects.toThrow('There is no VM of this name');
    await expect(session.completeShell('w', 'tr')).rejects.toThrow('There is no VM of this name');
    await expect(session.stopShell('w')).rejects.toThrow('There is no VM of this name');
    expect(await session.completeShell('v', 'numac')).toEqual({ candidates: ['numactl'], from: 0 });
  });

  it('that writes much can be saved and read again', async () => {
    const session = await start(quiet());
    expect(await run(session, `dnuma-test s 0 1 2; cat ${D}/moved-pages`)).toMatch(/^\d+\n$/);
    const { value } = readScenario(await session.text(), 'text');
    expect(value!.commands).toHaveLength(1);
    expect(value!.commands[0]).toMatchObject({ type: 'writeFiles' });
    const { chain } = await session.hashes();
    expect(await hashesOfText(session)).toEqual({ tick: 0, chain });
  });
});

describe('room in a document', () => {
  const path = `${D}/start`;

  it('is said to be used up, and what was written before stays', async () => {
    const session = await start(small({ commands: [], description: 'x' }));
    // Long texts, so that few writes fill it: what the kernel takes of each is its own affair.
    const line = `x=$(printf '%04000d' 1); i=0; while [ $i -lt 4000 ]; do echo $x > ${path} || break; i=$((i+1)); done; echo $i`;
    const { output } = await session.shell('v', line);
    expect(output.at(-1)!.text).toMatch(/^Pageshift: every write of a line is kept/);
    expect(output.some(({ text }) => text.includes('No space left on device'))).toBe(true);
    const { length } = await session.text();
    expect(length).toBeGreaterThan(limit.MAX_TEXT_CHARS / 2);
    expect(length).toBeLessThan(limit.MAX_TEXT_CHARS);
  }, 60_000);

  it('is for so many writes as can be read again', () => {
    const room = new DocumentRoom(1000, 1);
    let writes = 0;
    while (room.take(path, '0x12345678\n')) writes++;
    const commands = [{ at: 0, type: 'writeFiles' as const, vm: 'v', line: 'x' }];
    const text = (count: number): string =>
      canonicalText(
        small({
          commands: commands.map((command) => ({
            ...command,
            writes: Array.from({ length: count }, () => ({ path, text: '0x12345678\n' })),
          })),
        }),
      );
    // Nine tenths of what can be read.
    expect(writes).toBeGreaterThan(100_000);
    expect(text(1000).length * (writes / 1000)).toBeLessThan(limit.MAX_TEXT_CHARS);
    expect(writes * 3).toBeLessThan(limit.MAX_VALUES);
    expect(new DocumentRoom(limit.MAX_TEXT_CHARS, 1).take(path, 'x')).toBe(false);
    expect(new DocumentRoom(0, limit.MAX_COMMANDS).take(path, 'x')).toBe(false);
  });
});

describe('what is told of a guest', () => {
  it('layouts, and their ranges', async () => {
    const session = await start(quiet());
    await run(session, `dnuma-test a 1; cd ${D}; echo 0 > start; echo 99 > end; echo 0 > node`);
    const layouts = await session.layouts('v');
    expect(layouts).toMatchObject([
      { seq: 0, origin: 'boot', tick: 0, ranges: 2, state: 'kept' },
      { seq: 1, origin: 'debugfs', tick: 0, ranges: 1, state: 'inForce' },
      { seq: 2, origin: 'debugfs', tick: null, ranges: 1, state: 'staged' },
    ]);
    expect(layouts.map(({ pagesByNode }) => pagesByNode.slice(0, 2))).toEqual([
      [8192, 8192],
      [0, 16384],
      [100, 0],
    ]);
    const { ranges, bytes } = await session.layout('v', 0);
    expect(ranges).toBe(2);
    expect([...new Uint32Array(bytes.slice().buffer)]).toEqual([0, 8192, 0, 8192, 16384, 1]);
    await expect(session.layout('v', 9)).rejects.toThrow('v has no layout.9 any more.');
    await expect(session.layouts('w')).rejects.toThrow('There is no VM of this name');
  });
});

describe('recovery', () => {
  it('brings what a line wrote back, and it can be taken back', async () => {
    const session = await start(quiet());
    await session.step(3);
    await run(session, 'dnuma-test s 0 2 64');
    await session.step(2);
    const { text, tick, given } = session.journal();
    const whole = await session.hashes();
    const again = await start(text, { toTick: tick, given });
    await new Promise<void>((resolve) => again.onState(({ busy }) => busy === null && resolve()));
    expect(await again.hashes()).toEqual(whole);
    expect(again.state.undo).toBe('"dnuma-test s 0 2 64" in v');
    await again.undo();
    expect(again.state.tick).toBe(3);
  });
});
