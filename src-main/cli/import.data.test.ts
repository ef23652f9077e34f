/**
 * The main job on the brief's real files: a libvirt host, every VM alone and several together, gathered on one node,
 * told, converged, with no law broken. Lifetimes and occupancy are changed to short ones: what is tested is not time.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostFacts, VmFacts } from '../formats/index.ts';
import { readForeign } from '../formats/index.ts';
import type { RunDocument } from '../../shared/view/index.ts';
import { runDocument } from '../../shared/view/index.ts';
import { runJob } from '../runtime/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { assembleScenario } from '../scenario/index.ts';
import { pageshift } from './fixture/pageshift.ts';

const DATA = process.env.PAGESHIFT_DATA!;
const HOST = join(DATA, 'capabilities/caps_libvirt_intel_E5649.out');
const DOMAINS = readdirSync(join(DATA, 'domain')).filter((name) => name.endsWith('.xml'));
/** libvirt's own test of what must be refused. */
const INVALID = 'numatune-auto-nodeset-invalid.xml';
/** They name nodes that the host E5649 does not have, so libvirt would not start them there. */
const ELSEWHERE = ['numatune-memnode-no-memory.xml', 'numatune-memnode.xml', 'numatune-memory.xml'];

const part = <F>(path: string): { file: string; facts: F } => ({
  file: path,
  facts: readForeign(readFileSync(path, 'utf8'), path).value as F,
});

function quick(names: readonly string[]): Scenario {
  const hosts = [part<HostFacts>(HOST)];
  const vms = names.map((name) => part<VmFacts>(join(DATA, 'domain', name)));
  const { value, diagnostics } = assembleScenario({ hosts, vms });
  if (value === null) throw new Error(JSON.stringify(diagnostics));
  const workload = {
    ...value.vms[0]!.workload!,
    occupancyPercent: 20,
    lifetime: { law: 'exponential', meanMs: 1000 },
  } as const;
  return {
    ...value,
    vms: value.vms.map((vm) => ({ ...vm, workload })),
    // Of huge pages all may lie on one node from the start: they are moved to the other.
    commands: value.vms.map(({ name: vm, hugepages }) => {
      const nodes = hugepages?.some(({ sizeKiB }) => sizeKiB > 2048) === true ? [1] : null;
      return { at: 2, type: 'compact', vm, nodes, rateMiBps: 8192 };
    }),
  };
}

function expectDone({ converged, laws, guests }: RunDocument): void {
  expect({ converged, broken: laws.broken }).toEqual({ converged: true, broken: [] });
  for (const { stranded, nodes } of guests) {
    expect(stranded).toEqual([]);
    for (const node of nodes) {
      expect(node.freePages).toBeLessThanOrEqual(node.presentPages);
      expect(node.presentPages).toBe(node.freePages + node.pcpPages + node.allocatedPages + node.reservedPages);
    }
  }
}

describe('a VM on the host E5649', () => {
  it.each(DOMAINS.filter((name) => name !== INVALID && !ELSEWHERE.includes(name)))(
    '%s alone converges',
    { timeout: 300_000 },
    async (name) => {
      const { run } = await runJob('run', {
        scenario: quick([name]),
        until: { converged: true, maxTicks: 20_000 },
        version: 'test',
      });
      expect(run!.record.ending).toBe('settled');
      const document = runDocument(run!.record);
      expectDone(document);
      expect(document.guests[0]!.largestNodeShare).toBe(100);
    },
  );

  it.each(ELSEWHERE)('%s is kept, not placed', (name) => {
    const vms = [part<VmFacts>(join(DATA, 'domain', name))];
    const { value } = assembleScenario({ hosts: [part<HostFacts>(HOST)], vms });
    expect(value!.vms).toEqual([]);
    expect(value!.notPlaced![0]!.reason).toMatch(/has no node \d/);
  });

  it('several together, by the command line', { timeout: 300_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pageshift-'));
    const out = join(folder, 'out.pageshift.json');
    const names = ['cputune.xml', 'cpu-numa-disjoint.xml', 'vcpu-placement-static.xml'];
    const vms = ['QEMUGuest1', 'QEMUGuest1-2', 'dummy2'];
    const files = names.map((name) => join(DATA, 'domain', name));
    const made = await pageshift([
      'import',
      HOST,
      ...files,
      '-o',
      out,
      ...vms.flatMap((vm) => ['--compact', `${vm}=1@5`]),
    ]);
    expect([made.code, made.stdout]).toEqual([0, '']);
    const { code, stdout } = await pageshift(['run', out, '--json']);
    rmSync(folder, { recursive: true });
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as RunDocument;
    expectDone(document);
    expect(document.hosts[0]!.nodes.map(({ usedPages }) => usedPages > 0)).toEqual([false, true]);
  });

  it('is refused with a reason when libvirt refuses it', async () => {
    const { code, stdout, stderr } = await pageshift(['import', HOST, join(DATA, 'domain', INVALID), '-o', '-']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/:8:\d+: error numatune-auto-nodeset: /);
  });
});
