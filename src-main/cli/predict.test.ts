/** `predict` as a person or a script calls it. */
import { describe, expect, it } from 'vitest';
import { pageshift } from './fixture/pageshift.ts';

const predict = async (args: string, stdin?: string) => {
  const { code, stdout, stderr } = await pageshift(
    ['predict', ...args.split(' ')],
    stdin === undefined ? {} : { stdin },
  );
  return { code, stdout, stderr };
};
const document = async (args: string, stdin?: string) => {
  const { code, stdout, stderr } = await predict(`${args} --json`, stdin);
  expect(stderr).toBe('');
  return { code, ...(JSON.parse(stdout) as Document) };
};

interface Document {
  readonly verdict: string;
  readonly endsBy: string | null;
  readonly totalSeconds: number | null;
  readonly downtimeMs: number | null;
  readonly rounds: number | null;
  readonly sentMiB: number | null;
  readonly passes: readonly { readonly seconds: number; readonly sentMiB: number }[];
  readonly fixes: readonly { readonly fix: string; readonly set: string; readonly totalSeconds: number }[];
  readonly ranges: { readonly totalSeconds: { readonly least: number; readonly most: number | null } | null };
}

describe('plain numbers', () => {
  it('answers with exactly the members that are promised', async () => {
    const { code, ...answer } = await document(
      '--ram-mib 4096 --dirty-mib-s 32 --link-mib-s 128 --bandwidth-mib-s 128',
    );
    expect(code).toBe(0);
    expect(Object.keys(answer).sort()).toEqual(
      ['verdict', 'endsBy', 'totalSeconds', 'downtimeMs', 'rounds', 'sentMiB', 'passes', 'fixes', 'ranges'].sort(),
    );
    expect(answer).toMatchObject({ verdict: 'converges', endsBy: 'precopy', rounds: 8, fixes: [] });
    const sum = (of: (pass: Document['passes'][number]) => number): number =>
      answer.passes.reduce((all, one) => all + of(one), 0);
    expect(sum(({ seconds }) => seconds)).toBeCloseTo(answer.totalSeconds!, 2);
    expect(sum(({ sentMiB }) => sentMiB)).toBeCloseTo(answer.sentMiB!, 1);
    expect(answer.ranges.totalSeconds!.least).toBeLessThan(answer.totalSeconds!);
    expect(answer.ranges.totalSeconds!.most).toBeGreaterThan(answer.totalSeconds!);
  });

  it('does not guess a dirty rate', async () => {
    const answer = await document('--ram-mib 4096');
    expect(answer).toMatchObject({ code: 1, verdict: 'unknown', downtimeMs: null, totalSeconds: null });
    expect(answer.fixes[0]!.set).toContain('--dirty-mib-s');
    expect((await predict('--ram-mib 4096')).stdout).toContain('virsh domdirtyrate-calc');
  });

  it('tells every problem at once', async () => {
    const { code, stdout, stderr } = await predict(
      '--ram-mib -5 --nonzero-mib x --pattern wild --downtime-ms 3e9 --capability nope --set a=b downtime-limit --policy none --qemu-version 1',
    );
    expect([code, stdout]).toEqual([2, '']);
    for (const found of ['-5', 'x', 'wild', '3e9', 'nope', 'found a', 'downtime-limit', 'none', 'found 1'])
      expect(stderr).toContain(found);
    expect(stderr).toContain('9 errors');
  });
});

describe('replies of QEMU', () => {
  const reply = JSON.stringify({
    return: {
      status: 'active',
      'total-time': 60017,
      'expected-downtime': 8008,
      'setup-time': 1,
      ram: {
        ...{ transferred: 2014257613, remaining: 171692032, total: 537403392, duplicate: 46658, normal: 490700 },
        ...{ 'normal-bytes': 2009907200, 'dirty-sync-count': 8, 'dirty-pages-rate': 8163, mbps: 268.5672 },
        'page-size': 4096,
      },
    },
  });
  const parameters = JSON.stringify({ return: { 'downtime-limit': 300, 'max-bandwidth': 33554432 } });

  it('a run that dirtied as much as it sent never ends', async () => {
    expect(await document('-', `${reply}\n${parameters}\n`)).toMatchObject({
      code: 1,
      verdict: 'never',
    });
  });
});

describe('a scenario', () => {
  const EXAMPLE = 'shared/examples/two-to-four-migrate.pageshift.json';

  it('takes memory, writes and link from it', async () => {
    expect(await document(`${EXAMPLE} --migrate shop=four-node`)).toMatchObject({ code: 0, verdict: 'converges' });
  });

  it('says which VMs and hosts there are', async () => {
    expect(await predict(`${EXAMPLE} --migrate db=four-node`)).toMatchObject({ code: 2 });
    expect((await predict(`${EXAMPLE} --migrate shop=here`)).stderr).toContain('four-node');
    expect((await predict(EXAMPLE)).stderr).toContain('--migrate VM=HOST');
  });
});
