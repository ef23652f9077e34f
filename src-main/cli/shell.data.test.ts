/** The shell of guests in the state of real ones: what its programs print is what the real ones printed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { pageshift } from './fixture/pageshift.ts';

const GUESTS = fileURLToPath(new URL('../../../shared/data/guests/', import.meta.url));
const CASES = ['02-two-nodes-equal', '12-cpuless-node', '13-four-nodes-custom-distances'];
const FILES = ['dmesg.txt', 'proc/zoneinfo', 'proc/buddyinfo', 'proc/iomem', 'numactl-hardware.txt'];

describe.skipIf(!existsSync(GUESTS)).each(CASES)('%s', (name) => {
  const at = (file: string): string => join(GUESTS, name, 'boot', file);
  const shell = (flags: readonly string[], lines: readonly string[]) =>
    pageshift(['shell', ...flags, '--from', ...FILES.map(at)], { stdin: `${lines.join('\n')}\n` });

  it('numactl and buddyinfo, byte for byte but for memory that was taken while it was captured', async () => {
    const { code, stdout } = await shell(
      [],
      ['numactl --hardware', 'echo ---', 'numactl --show', 'echo ---', 'cat /proc/buddyinfo'],
    );
    expect(code).toBe(0);
    const [hardware, show, buddyinfo] = stdout.split('---\n');
    const still = (text: string): string[] => text.split('\n').filter((line) => !/ free: /.test(line));
    expect(still(hardware!)).toEqual(still(readFileSync(at('numactl-hardware.txt'), 'utf8')));
    expect(show).toBe(readFileSync(at('numactl-show.txt'), 'utf8'));
    expect(buddyinfo).toBe(readFileSync(at('proc/buddyinfo'), 'utf8'));
  });

  it('can be laid out anew, with the posted defects too', async () => {
    for (const profile of ['correct', 'rfc-v3']) {
      const { code, stdout } = await shell(
        ['--profile', profile],
        ['dnuma-test a 1', 'numactl -H | grep "^node 1 size"', 'pagectl accounting --json'],
      );
      expect(code).toBe(0);
      const { moved, misplaced } = JSON.parse(stdout.slice(stdout.indexOf('{')));
      expect(moved.total).toBeGreaterThan(0);
      if (profile === 'correct') expect(misplaced).toEqual([]);
    }
  });
});
