/** One moment of one host, as a folder of what its tools printed: it opens as that host. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Scenario } from '../scenario/index.ts';

const FOLDER = join(process.env['PAGESHIFT_DATA']!, 'formats/host-snapshot/S');
const out = mkdtempSync(join(tmpdir(), 'pageshift-folder-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const run = (...args: readonly string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    const child = execFile(process.execPath, ['src-main/cli/main.ts', ...args], (_, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

test('placement, pools and pins are as measured, and what is not read is named', async () => {
  const file = join(out, 's.pageshift.json');
  const { code, stderr } = await run('import', FOLDER, '--no-rehearsal', '-o', file);
  expect(code, stderr).toBe(0);
  // Two processes that libvirt does not know are VMs by their command lines, and said to be none of its domains.
  expect(stderr.match(/note import-stranger/g)).toHaveLength(2);
  expect(stderr).toMatch(/cxl901 \(PID 3781\) is none of the libvirt domains/);
  expect(stderr).toMatch(/big902 \(PID 3794\) is none of the libvirt domains/);
  expect(stderr).toMatch(/proc\/vmstat: note file-not-read/);
  const scenario = JSON.parse(readFileSync(file, 'utf8')) as Scenario;
  expect(scenario.hosts).toHaveLength(1);
  const [a, b, c] = scenario.hosts[0]!.nodes;
  expect([a, b, c].map((node) => node!.memoryKiB)).toEqual([3_028_704, 2_546_916, 1_030_204]);
  expect(a!.hugepages).toContainEqual({ sizeKiB: 2048, count: 140, free: 12 });
  expect(b!.hugepages).toContainEqual({ sizeKiB: 1_048_576, count: 1, free: 0 });
  expect([a!.cpus, b!.cpus, c!.cpus]).toEqual(['0-3', '4-7', '']);
  const vms = new Map(scenario.vms.map((vm) => [vm.name, vm]));
  expect([...vms.keys()].sort()).toEqual([
    ...['big902', 'bronze01', 'cxl901', 'gold01', 'idle01', 'off01', 'silver01'],
  ]);
  expect(vms.get('off01')!.running).toBe(false);
  expect(vms.get('gold01')!.measured!.nodes).toEqual([{ node: 1, memoryKiB: 1_048_576, pageKiB: 1_048_576 }]);
  expect(vms.get('silver01')!.measured!.nodes).toEqual([
    { node: 0, memoryKiB: 131_072, pageKiB: 2048 },
    { node: 1, memoryKiB: 131_072, pageKiB: 4 },
  ]);
  expect(vms.get('cxl901')!.memnodes).toMatchObject([
    { cell: 0, mode: 'strict', nodes: [1] },
    { cell: 1, mode: 'strict', nodes: [2] },
  ]);
  expect(vms.get('cxl901')!.measured!.nodes).toEqual([
    { node: 1, memoryKiB: 131_072, pageKiB: 4 },
    { node: 2, memoryKiB: 131_072, pageKiB: 4 },
  ]);
  expect(vms.get('idle01')!.binding).toEqual({ mode: 'strict', nodes: [2] });
  // It runs the main job.
  const job = await run('run', file, '--compact', 'silver01@5', '--ticks', '20', '--json');
  expect(job.code, job.stderr).toBeLessThan(2);
  expect(JSON.parse(job.stdout)).toMatchObject({ scenario: 'kvhost01', tick: 20 });
});

test('findings are asked of a folder as of its files', async () => {
  const { code, stdout, stderr } = await run('findings', FOLDER, '--json');
  expect(code, stderr).toBe(0);
  const { findings, notTested } = JSON.parse(stdout) as { findings: { vm: string | null }[]; notTested: unknown[] };
  expect(notTested.length).toBeGreaterThan(0);
  expect(findings.some(({ vm }) => vm === 'silver01' || vm === 'idle01')).toBe(true);
});
