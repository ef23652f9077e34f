/** `plan` as a person calls it: what goes to stdout, and with which exit code. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { PlanAnswer } from '../../shared/model/plan.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../shared/examples/one-node-for-big.pageshift.json', import.meta.url));

const plan = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'plan', ...args], { input, encoding: 'utf8' });
  return { status, stdout, stderr };
};

describe('plan', { timeout: 120_000 }, () => {
  test('a short question has a plan as one JSON document, the same bytes every time but for the seconds', () => {
    const ask = (): { status: number | null; answer: PlanAnswer } => {
      const { status, stdout } = plan([EXAMPLE, '--goal', 'one-node', '--vm', 'big', '--json']);
      return { status, answer: JSON.parse(stdout) as PlanAnswer };
    };
    const [first, second] = [ask(), ask()];
    expect(first.status).toBe(0);
    expect(first.answer.status).toBe('optimal');
    expect({ ...first.answer, seconds: 0 }).toEqual({ ...second.answer, seconds: 0 });
  });

  test('a question of a document that cannot be met: exit code 1, and why', () => {
    const request = { pageshiftRequest: 1, goal: { type: 'one-node', vm: 'big' }, rules: [{ type: 'keep', vms: ['app-d', 'app-c'] }] }; // prettier-ignore
    const { status, stdout } = plan([EXAMPLE, '--ask', '-'], JSON.stringify(request));
    expect(status).toBe(1);
    expect(stdout).toContain('There is no plan');
    expect(stdout).toContain('These rules contradict each other: /rules/0.');
    expect(stdout).toMatch(/cell 0 of big on host\/1: short by 18.432 MiB, held by app-c, app-d\./);
  });

  test('all problems of a question at once, with their places', () => {
    const request = { pageshiftRequest: 1, goal: { type: 'one-node', vm: 'bog' }, rules: [{ type: 'ban', vms: ['app-a'], places: ['host/7'] }] }; // prettier-ignore
    const { status, stderr } = plan([EXAMPLE, '--ask', '-'], JSON.stringify(request));
    expect(status).toBe(1);
    expect(stderr).toContain('unknown-vm');
    expect(stderr).toContain('Did you mean "big"?');
    expect(stderr).toContain('unknown-place');
  });

  test('wrong usage: exit code 2', () => {
    expect(plan([EXAMPLE]).status).toBe(2);
    expect(plan([EXAMPLE, '--goal', 'one-node']).status).toBe(2);
    expect(plan([EXAMPLE, '--goal', 'locality', '--solver', 'magic']).status).toBe(2);
  });
});
