/**
 * numactl and numastat over the files of real guests, against what the real programs printed of them. The files were read
 * one after the other while the guest ran, so that counts which move (free memory, hits) may be a little off: where the
 * program was run before its files were read, such lines are compared by their form.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FakeHost } from '../fixture.ts';
import { PROGRAMS } from './index.ts';
import { runProgram } from './program.ts';

const GUESTS = fileURLToPath(new URL('../../../../shared/data/guests/', import.meta.url));
const CASES = ['02-two-nodes-equal', '12-cpuless-node', '13-four-nodes-custom-distances'];
const present = existsSync(GUESTS);

/** /proc and /sys of a capture. */
function treeOf(boot: string): Record<string, string> {
  const tree: Record<string, string> = {};
  const walk = (folder: string): void => {
    for (const name of readdirSync(join(boot, folder))) {
      const path = join(folder, name);
      if (statSync(join(boot, path)).isDirectory()) walk(path);
      else tree[`/${path}`] = readFileSync(join(boot, path), 'utf8');
    }
  };
  walk('proc');
  walk('sys');
  return tree;
}

const run = async (boot: string, name: string, args: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await runProgram(name, PROGRAMS[name]!, args, new FakeHost(treeOf(boot)), {
    env: new Map(),
  });
  return stderr + stdout;
};

/** Lines whose figures move while a guest only runs the programs that print them. */
const MOVES =
  /^(node \d+ free|MemFree|MemUsed|In?[Aa]ctive|Active|FilePages|Mapped|AnonPages|Shmem |KernelStack|PageTables|Slab|SRecl|SUnrecl|KRecl|[Nn]uma_[Hh]it|[Ll]ocal_[Nn]ode|[Oo]ther_[Nn]ode)/;

/** Digits, and the blanks before them that make room for more. */
const form = (text: string): string => text.replace(/ *\d+/g, ' N');

describe.skipIf(!present).each(CASES)('%s', (name) => {
  const boot = join(GUESTS, name, 'boot');
  const captured = (file: string): string => readFileSync(join(boot, file), 'utf8');
  it.each([
    ['numactl', ['--hardware'], 'numactl-hardware.txt'],
    ['numactl', ['--show'], 'numactl-show.txt'],
    ['numastat', [], 'numastat.txt'],
    ['numastat', ['-c'], 'numastat-c.txt'],
    ['numastat', ['-n'], 'numastat-n.txt'],
    ['numastat', ['-m'], 'numastat-m.txt'],
    ['numastat', ['-c', '-m'], 'numastat-cm.txt'],
  ])('%s %j', async (program, args, file) => {
    const printed = await run(boot, program, args);
    const real = captured(file);
    const lines = printed.split('\n');
    const realLines = real.split('\n');
    expect(lines.map(form)).toEqual(realLines.map(form));
    expect(lines.map(({ length }) => length)).toEqual(realLines.map(({ length }) => length));
    const still = (text: string): boolean => !MOVES.test(text);
    expect(lines.filter(still)).toEqual(realLines.filter(still));
  });
});
