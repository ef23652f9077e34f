/**
 * The published form of what `pageshift facts` prints: the facts of one text, of a file with several texts, or of several files
 * and folders together (whole-facts.ts). The shapes are those of formats/; they are left open, as formats
 * add fields of their own. published-facts.data.test.ts holds them against every real file.
 */
import { z } from 'zod';
import { assumptionSchema } from '../../shared/schema/finding.ts';

const kind = z.string().describe('Id of the format.');
const id = z.int().min(0);
const ids = z.array(id);
const cpus = ids.describe('CPU ids, ascending.');
const nids = ids.describe('Node ids, ascending.');
/** null: the text does not say. */
const kib = z.number().min(0).nullable().describe('KiB; null: not stated.');
const count = z.int().min(0).nullable().describe('null: not stated.');
const amount = z.number().min(0).nullable().describe('null: not stated.');
const text = z.string().nullable().describe('null: not stated.');
const fields = z.record(z.string(), z.string()).describe('Every field by its own name, as printed.');
const kibByName = z.record(z.string(), z.number()).describe('By the names of the kernel.');
const range = { start: z.int().min(0), end: z.int().min(0).describe('Not in it.') };

const distances = z
  .strictObject({ ids, matrix: z.array(z.array(z.int())) })
  .nullable()
  .describe('SLIT values, row = from, column = to, both in the order of ids.');
const cpuPlace = z.looseObject({
  id,
  socket: z.int().nullable(),
  die: z.int().nullable(),
  cluster: z.int().nullable(),
  core: z.int().nullable(),
  siblings: ids.nullable(),
});
const dirtyRate = z
  .strictObject({
    status: z.enum(['unstarted', 'measuring', 'measured']),
    mibPerSec: amount,
    mode: text,
    periodMs: amount,
  })
  .nullable();
const mode = z.enum(['strict', 'preferred', 'interleave', 'restrictive']);
const kibOnNode = z.looseObject({ node: id, kib: z.number().min(0) });
const pagesOnNode = z.looseObject({ node: id, sizeKiB: z.number(), pages: z.int().min(0) });
const policy = z.looseObject({ mode: z.string(), nodeset: nids.nullable().describe('null: all nodes.') }).nullable();

const pool = { sizeKiB: z.number(), count: z.int().min(0) };

const interconnects = z.array(
  z.looseObject({
    initiator: id,
    target: id,
    cache: z.int().nullable(),
    type: text,
    latencyNs: amount,
    bandwidthKibPerSec: amount,
  }),
);

const host = z.looseObject({
  kind,
  name: text.optional(),
  nodes: z.array(
    z.looseObject({
      id,
      memoryKiB: kib,
      cpus,
      freeKiB: kib,
      pages: z.array(z.looseObject(pool)),
      cpuCount: count.optional(),
      localCpus: cpus.optional(),
    }),
  ),
  distances,
  hugepages: z.array(z.looseObject({ ...pool, node: id })),
  arch: text,
  uuid: text,
  interconnects,
  cpuPlaces: z.array(cpuPlace),
});

const vm = z.looseObject({
  kind,
  name: z.string(),
  vcpus: z.int().min(0),
  memoryKiB: kib,
  cells: z.array(z.looseObject({ id, cpus, memoryKiB: kib, memAccess: text })),
  distances,
  memory: z
    .strictObject({
      mode,
      nodeset: nids.nullable(),
      placement: z.enum(['static', 'auto']).nullable(),
    })
    .nullable(),
  memnodes: z.array(z.looseObject({ cell: id, mode, nodeset: nids })),
  vcpupin: z.record(z.string(), cpus).describe('Host CPUs by vCPU.'),
  hugepages: z.array(z.looseObject({ sizeKiB: kib, nodeset: ids.nullable().describe('Guest cells.') })),
  uuid: text,
  arch: text,
  vcpusCurrent: z.int().min(0),
  vcpuPlacement: z.enum(['static', 'auto']),
  vcpuCpuset: cpus.nullable(),
  currentMemoryKiB: kib,
  maxMemoryKiB: kib,
  maxMemorySlots: count,
  cpuTopology: z.record(z.string(), z.number()).nullable(),
  distancesGiven: z.array(z.looseObject({ from: id, to: id, value: z.int() })),
  emulatorpin: cpus.nullable(),
  iothreadpin: z.array(z.looseObject({ iothread: id, cpuset: cpus })),
  memoryDevices: z.array(
    z.looseObject({
      model: text,
      sizeKiB: kib,
      guestNode: id.nullable(),
      hostNodemask: nids.nullable(),
      pagesizeKiB: kib,
      blockKiB: kib,
      requestedKiB: kib,
    }),
  ),
  domainId: z.int().nullable(),
  running: z.boolean(),
  hostdevs: z.array(z.looseObject({ type: text, address: text })),
  memoryBacking: z
    .strictObject({
      source: text,
      access: text,
      allocation: text,
      locked: z.boolean(),
      nosharepages: z.boolean(),
    })
    .nullable(),
  hostName: text.optional(),
  pid: z.int().nullable().optional(),
  notRead: z.array(z.string()).describe('Elements of the domain that are not read at all.'),
});

const poolState = z.looseObject({ sizeKiB: z.number(), total: count, free: count, surplus: count });

const hostState = z.looseObject({
  kind,
  nodes: z.array(
    z.looseObject({
      id,
      cpus: cpus.nullable(),
      memoryKiB: kib,
      freeKiB: kib,
      reclaimableKiB: kib,
      pools: z.array(poolState),
      distances: z.array(z.looseObject({ to: id, value: z.int() })).nullable(),
      memoryByNameKiB: kibByName,
      counterPages: z.record(z.string(), z.number()),
      access: z
        .array(
          z.looseObject({
            class: z.int(),
            readLatencyNs: amount,
            writeLatencyNs: amount,
            readBandwidthMibPerSec: amount,
            writeBandwidthMibPerSec: amount,
          }),
        )
        .optional(),
    }),
  ),
  nodeLists: z.record(z.string(), nids).optional(),
  interconnects: interconnects.optional(),
  memoryKiB: kib,
  freeKiB: kib,
  cachedKiB: kib,
  buffersKiB: kib,
  memoryByNameKiB: kibByName,
  cpuCount: count,
  onlineCpus: cpus.nullable(),
  pools: z.array(poolState),
  cpuPlaces: z.array(cpuPlace),
  ksm: z
    .strictObject({
      run: z.int().nullable(),
      mergeAcrossNodes: z.boolean().nullable(),
      pagesShared: count,
      pagesSharing: count,
    })
    .nullable(),
  settings: z
    .strictObject({
      commandLine: text,
      isolatedCpus: cpus.nullable(),
      nohzFullCpus: cpus.nullable(),
      numaBalancing: z.int().nullable(),
      numa: text,
      transparentHugepages: z.enum(['always', 'madvise', 'never']).nullable(),
      defaultHugepageKiB: kib,
      hugepages: z.array(z.looseObject({ sizeKiB: kib, node: id.nullable(), pages: z.int().min(0) })),
    })
    .nullable(),
  devices: z.array(z.looseObject({ address: z.string(), name: text, node: z.int().nullable() })),
});

const placement = z.looseObject({
  kind,
  nodes: nids,
  processes: z.array(
    z.looseObject({
      pid: z.int().nullable(),
      command: text,
      vm: text,
      byNode: z.array(kibOnNode),
      totalKiB: kib,
      ramByNode: z.array(kibOnNode).nullable(),
      ramBlocks: z.array(
        z.looseObject({
          address: z.string(),
          backend: text,
          backing: z.enum(['anon', 'memfd', 'hugetlbfs', 'file']),
          policy: z.string(),
          sizeKiB: z.number(),
          pages: z.array(pagesOnNode),
        }),
      ),
      pages: z.array(pagesOnNode),
      ranges: count,
      byKind: z.record(z.string(), z.array(kibOnNode)),
    }),
  ),
  resolutionKiB: z.number(),
  totalByNode: z.array(kibOnNode).nullable(),
  totalKiB: kib,
  hugeUnderstated: z.boolean(),
});

const vmState = z.looseObject({
  kind,
  vms: z.array(
    z.looseObject({
      name: text,
      nameFrom: z.enum(['text', 'command', 'file']).nullable(),
      running: z.boolean().nullable(),
      state: text,
      maxMemoryKiB: kib,
      currentMemoryKiB: kib,
      rssKiB: kib,
      guestUnusedKiB: kib,
      vcpusMax: count,
      vcpusCurrent: count,
      vcpus: z.array(
        z.looseObject({
          id,
          cpu: z.int().nullable(),
          state: text,
          cpuTimeMs: amount,
          affinity: cpus.nullable(),
          cell: z.int().nullable(),
        }),
      ),
      hostCpuCount: count,
      emulatorCpus: cpus.nullable(),
      numatune: policy,
      backends: z.array(
        z.looseObject({
          id: z.string(),
          sizeKiB: z.number(),
          cell: z.int().nullable(),
          policy: z.string(),
          hostNodes: nids,
          prealloc: z.boolean().nullable(),
          share: z.boolean().nullable(),
        }),
      ),
      cells: z.array(z.looseObject({ id, cpus, memoryKiB: kib })),
      memnodes: z.array(z.looseObject({ cell: id, mode: z.string(), nodeset: nids })),
      dirtyRate,
      fields,
    }),
  ),
});

const migration = z.looseObject({
  kind,
  vm: text,
  operation: z.enum(['outgoing', 'incoming', 'save', 'dump', 'other']).nullable(),
  status: z.enum(['none', 'active', 'completed', 'failed', 'cancelled', 'other']).nullable(),
  elapsedMs: amount,
  downtimeMs: amount,
  expectedDowntimeMs: amount,
  setupMs: amount,
  ramTotalKiB: kib,
  ramProcessedKiB: kib,
  ramRemainingKiB: kib,
  bandwidthMibPerSec: amount,
  dirtyPagesPerSec: amount,
  pageSizeKiB: amount,
  iteration: count,
  constantPages: count,
  normalPages: count,
  normalKiB: kib,
  throttlePercent: amount,
  dirtyRate,
  limits: z
    .strictObject({
      downtimeMs: amount,
      bandwidthMibPerSec: amount,
      autoConverge: z.boolean().nullable(),
      postcopy: z.boolean().nullable(),
      throttleInitialPercent: amount,
      throttleIncrementPercent: amount,
    })
    .nullable(),
  fields,
});

const addresses = z.looseObject(range);
const onNode = z.looseObject({ ...range, nid: id });

const bootLog = z.looseObject({
  kind,
  version: text,
  commandLine: text,
  e820: z.array(z.looseObject({ ...range, type: z.string() })),
  nodeRanges: z.array(onNode),
  sratMemory: z.array(z.looseObject({ ...range, nid: id, hotplug: z.boolean() })),
  sratCpus: z.array(z.looseObject({ id, nid: id })),
  zones: z.array(z.looseObject({ name: z.string(), range: addresses.nullable() })),
  nodeData: z.array(onNode),
  initrd: addresses.nullable(),
  swiotlb: addresses.nullable(),
  crashKernel: z.array(addresses),
  memory: z
    .strictObject({
      availableKib: z.number(),
      totalKib: z.number(),
      reservedKib: z.number().nullable(),
      kernelKib: z.record(z.string(), z.number()),
    })
    .nullable(),
  freed: z.array(z.looseObject({ what: z.string(), kib: z.number(), late: z.boolean() })),
  perCpuPages: count,
  earlyHashBytes: z.number(),
  nrCpuIds: count,
  nrNodeIds: count,
  cpus: count,
  maxArchPfn: count,
  memoryBlockMib: amount,
  fallback: z.array(z.looseObject({ nid: id, order: ids })),
  arch: text,
  zonePages: z.array(z.looseObject({ nid: id, zone: z.string(), pages: z.int().min(0) })),
});

const iomem = z.looseObject({
  kind,
  resources: z.array(z.looseObject({ ...range, name: z.string(), depth: z.int(), line: z.int() })),
});

const nodeMeminfo = z.looseObject({
  kind,
  nodes: z.array(
    z.looseObject({
      nid: id,
      line: z.int(),
      totalKib: kib,
      freeKib: kib,
      fields: z.record(z.string(), z.number()),
    }),
  ),
});

const pagetypeinfo = z.looseObject({
  kind,
  pageblockOrder: z.int().nullable(),
  free: z.array(
    z.looseObject({
      nid: id,
      zone: z.string(),
      type: z.string(),
      line: z.int(),
      blocks: z.array(count),
    }),
  ),
  pageblocks: z.array(z.looseObject({ nid: id, zone: z.string(), counts: z.record(z.string(), z.number()) })),
});

const buddyinfo = z.looseObject({
  kind,
  zones: z.array(z.looseObject({ nid: id, zone: z.string(), line: z.int(), blocks: z.array(z.int().min(0)) })),
});

const zoneinfo = z.looseObject({
  kind,
  zones: z.array(
    z.looseObject({
      nid: id,
      zone: z.string(),
      line: z.int(),
      free: z.number(),
      min: amount,
      low: amount,
      high: amount,
      boost: amount,
      spanned: z.number(),
      present: z.number(),
      managed: amount,
      protection: z.array(z.number()).nullable(),
      startPfn: amount,
      pagesets: z.array(z.looseObject({ cpu: id, count: amount, high: amount, batch: amount })),
      statThreshold: amount,
      counters: z.record(z.string(), z.number()),
    }),
  ),
  nodeStats: z.array(z.looseObject({ nid: id, counters: z.record(z.string(), z.number()) })).nullable(),
});

const SHAPES = [
  host.describe('A host: virsh capabilities, numactl --hardware.'),
  vm.describe('A VM: virsh dumpxml, a QEMU command line.'),
  hostState.describe('The state of a host: free memory, pools, CPUs, KSM, settings, devices.'),
  placement.describe('Where the memory of processes lies: numastat -p, numa_maps.'),
  vmState.describe('The state of VMs: domstats, vcpuinfo, vcpupin, numatune and their kin.'),
  migration.describe('A migration: domjobinfo, query-migrate, query-dirty-rate.'),
  bootLog.describe("A kernel's boot log."),
  iomem.describe('/proc/iomem.'),
  nodeMeminfo.describe('meminfo of nodes.'),
  pagetypeinfo.describe('/proc/pagetypeinfo.'),
  buddyinfo.describe('/proc/buddyinfo.'),
  zoneinfo.describe('/proc/zoneinfo.'),
] as const;

const lines = z.strictObject({ first: z.int(), last: z.int() });
const ignored = z
  .array(z.strictObject({ ...lines.shape, text: z.string() }))
  .optional()
  .describe('Lines that are not read, with the first of them.');
const command = z.string().nullable().describe('That printed it, where a prompt before it shows one.');

const oneText = z.union(SHAPES.map((shape) => shape.extend({ ignored })));
const part = z.union(SHAPES.map((shape) => shape.extend({ lines, command })));

const byNode = z.array(
  z.strictObject({
    node: id,
    kib: z.number().min(0),
    pageKiB: z.number().nullable().describe('Size of the pages; null: not stated.'),
  }),
);

const whole = z.strictObject({
  hosts: z.array(
    z.strictObject({
      name: z.string(),
      nodes: z.array(
        z.strictObject({
          id,
          cpus,
          memoryKiB: z.number(),
          freeKiB: kib,
          availableKiB: kib.describe('Free and reclaimable page cache; null: not stated.'),
          usedByOthersKiB: kib.describe(
            'In use, and not by these VMs, as far as it was measured; null: what is free is not stated.',
          ),
          pools: z
            .array(z.strictObject({ sizeKiB: z.number(), total: z.int(), free: count }))
            .nullable()
            .describe('Huge page pools; null: not stated.'),
          freeBlocks: z.array(z.int()).nullable().describe('Free blocks by order; null: not stated.'),
        }),
      ),
      distances,
      system: z.record(z.string(), z.unknown()).describe('How it is configured; what is left out is not stated.'),
      strangers: z
        .array(z.strictObject({ name: z.string(), pid: z.int().nullable(), byNode }))
        .describe('Processes that hold memory and are none of these VMs.'),
    }),
  ),
  vms: z.array(
    z.strictObject({
      name: z.string(),
      host: z.string(),
      running: z.boolean().nullable(),
      placed: z.boolean(),
      notPlacedBecause: text,
      memoryKiB: z.number(),
      vcpus: z.int(),
      cells: z.array(z.strictObject({ id, cpus, memoryKiB: z.number() })),
      placement: z.strictObject({
        from: z.enum(['measured', 'policy', 'assumed', 'none']),
        byNode: byNode.describe('Measured: what it has touched.'),
        byCell: z.array(z.strictObject({ cell: id, byNode })).nullable(),
      }),
      pins: z.strictObject({
        cpuset: cpus.nullable(),
        vcpus: z.record(z.string(), cpus),
        emulator: cpus.nullable(),
        seenOn: z.record(z.string(), z.int()).describe('The CPU on which each vCPU ran last.'),
      }),
      binding: z.strictObject({ mode, nodes: nids }).nullable(),
      memnodes: z.array(z.strictObject({ cell: id, mode, nodes: nids })),
      hugepages: z.array(z.strictObject({ sizeKiB: z.number(), cells: ids.nullable() })),
      devices: z.array(z.strictObject({ name: z.string(), node: z.int().nullable() })),
      dirty: z.strictObject({ rateMibPerSec: z.number(), workingSetMib: z.number() }).nullable(),
    }),
  ),
  assumptions: z.array(assumptionSchema).describe('Values that no file states, and the command that would tell.'),
  files: z.array(
    z.strictObject({
      file: z.string(),
      notRead: text.describe('Why it is not read; null: it is.'),
      parts: z.array(part),
      ignored,
    }),
  ),
});

export type WholeFacts = z.output<typeof whole>;

export const factsSchema = z.union([
  oneText,
  z.strictObject({ parts: z.array(part).min(2), ignored }).describe('A file of several texts.'),
  whole.describe('Several files, or folders: one host, or several, as all of them together say.'),
]);

/** The published JSON Schema (draft 2020-12), as text. */
export function factsJsonSchema(): string {
  const schema = z.toJSONSchema(factsSchema);
  return `${JSON.stringify({ title: 'Pageshift facts', ...schema }, null, 2)}\n`;
}
