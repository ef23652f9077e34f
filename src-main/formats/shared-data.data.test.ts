/**
 * Every file of the shared corpus against its independently derived facts.json. The corpus is under other projects'
 * licences and not part of this repository: PAGESHIFT_DATA names its folder.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostFacts, VmFacts } from './index.ts';
import { numactlHardware, readForeign } from './index.ts';

const DATA = process.env['PAGESHIFT_DATA']!;

type Json = any;

const load = (file: string) => readFileSync(join(DATA, file), 'utf8');
const corpus: readonly Json[] = JSON.parse(load('facts.json'));
const ofKind = (kind: string) => corpus.filter((entry) => entry.kind === kind);
const read = (file: string) => readForeign(load(file), file);

function expectedVm(f: Json): Partial<VmFacts> {
  const given: Json = f.guest_distances_given ?? {};
  const ids: number[] = f.guest_cells.map((c: Json) => c.id);
  const distance = (a: number, b: number) => given[a]?.[b] ?? given[b]?.[a] ?? (a === b ? 10 : 20);
  return {
    kind: 'domain',
    vcpus: f.vcpus,
    vcpusCurrent: f.vcpus_current,
    vcpuPlacement: f.vcpu_placement,
    vcpuCpuset: f.vcpu_cpuset,
    memoryKiB: f.memory_kib,
    currentMemoryKiB: f.current_memory_kib,
    maxMemoryKiB: f.max_memory_kib,
    maxMemorySlots: f.max_memory_slots,
    cpuTopology: f.cpu_topology,
    cells: f.guest_cells.map((c: Json) => ({
      id: c.id,
      cpus: c.cpus,
      memoryKiB: c.memory_kib,
      memAccess: c.memAccess,
    })),
    distances: f.guest_distances_given && { ids, matrix: ids.map((a) => ids.map((b) => distance(a, b))) },
    memory: f.numatune_memory,
    memnodes: f.memnodes.map((m: Json) => ({ cell: m.cellid, mode: m.mode, nodeset: m.host_nodeset })),
    vcpupin: Object.fromEntries(f.vcpupin.map((p: Json) => [p.vcpu, p.cpuset])),
    emulatorpin: f.emulatorpin,
    iothreadpin: f.iothreadpin,
    hugepages: f.hugepages.map((h: Json) => ({ sizeKiB: h.size_kib, nodeset: h.guest_nodeset })),
    memoryDevices: f.memory_devices.map((d: Json) => ({
      model: d.model,
      sizeKiB: d.size_kib,
      guestNode: d.guest_node,
      hostNodemask: d.host_nodemask,
      pagesizeKiB: d.pagesize_kib,
      blockKiB: d.block_kib,
      requestedKiB: d.requested_kib,
    })),
  };
}

function expectedHost(f: Json): Partial<HostFacts> {
  const pools = (n: Json) => (n.pages ?? []).map((p: Json) => ({ sizeKiB: p.size_kib, count: p.count }));
  const mb = (value: number | undefined) => (value === undefined ? null : value * 1024);
  return {
    nodes: f.nodes.map((n: Json) => ({
      id: n.id,
      memoryKiB: n.memory === undefined ? mb(n.size_mb) : (n.memory?.value ?? null),
      cpus: n.cpus,
      freeKiB: mb(n.free_mb),
      pages: pools(n),
    })),
    distances: f.distances,
    hugepages: f.nodes.flatMap((n: Json) =>
      pools(n)
        .filter((p: Json) => p.sizeKiB > 4)
        .map((p: Json) => ({ node: n.id, ...p })),
    ),
    interconnects: (f.interconnects ?? []).map((i: Json) => ({
      initiator: Number(i.initiator),
      target: Number(i.target),
      cache: null,
      type: i.type,
      latencyNs: i.kind === 'latency' ? Number(i.value) : null,
      bandwidthKibPerSec: i.kind === 'bandwidth' ? Number(i.value) : null,
    })),
  };
}

describe('the shared corpus', () => {
  it('has the files that these tests are about', () => {
    expect(['domain', 'capabilities', 'numactl-hardware'].map((kind) => ofKind(kind).length)).toEqual([13, 6, 1]);
  });

  it.each(ofKind('domain').map((entry) => [entry.file, entry.facts]))('%s', (file, facts) => {
    const { value, diagnostics } = read(file);
    if (file.endsWith('numatune-auto-nodeset-invalid.xml')) {
      expect(value).toBeNull();
      expect(diagnostics).toMatchObject([{ severity: 'error', slug: 'numatune-auto-nodeset', where: { line: 8 } }]);
      return;
    }
    expect(diagnostics).toEqual([]);
    expect(value).toMatchObject(expectedVm(facts));
  });

  it.each(ofKind('capabilities').map((entry) => [entry.file, entry.facts]))('%s', (file, facts) => {
    const { value, diagnostics } = read(file);
    expect(value).toMatchObject({ kind: 'capabilities', arch: facts.arch, ...expectedHost(facts) });
    expect(diagnostics.filter((d) => d.severity !== 'warning')).toEqual([]);
    const repeated = facts.nodes.filter((n: Json) => n.duplicate_cpu_entries !== undefined).length;
    expect(diagnostics.filter((d) => d.slug === 'cpu-count')).toHaveLength(repeated);
  });

  it.each(ofKind('numactl-hardware').map((entry) => [entry.file, entry.facts]))('%s', (file, facts) => {
    const { value, diagnostics } = read(file);
    expect(diagnostics).toEqual([]);
    expect(value).toMatchObject({ kind: 'numactl-hardware', ...expectedHost(facts) });
    // The capture has lost its trailing blanks; otherwise it is what numactl printed, and what we print.
    const printed = numactlHardware.print!(value as HostFacts).replaceAll(/ +$/gm, '');
    expect(printed.trimEnd()).toBe(load(file).trimEnd());
  });
});
