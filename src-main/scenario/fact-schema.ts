/**
 * What is known of hosts and VMs besides what the world is made of: what was measured, and how they are configured. Findings
 * ask for it. Of the world it decides where the memory of a running VM lies at the start, if that was measured.
 *
 * A key that is left out is not known; there are no defaults, so that nothing is taken for known that no source states.
 */
import { z } from 'zod';
import * as limit from '../../shared/model/limit.ts';
import { guestNid, hostNid, hostNids } from '../../shared/schema/part.ts';
import { kibFromPages } from '../../shared/units/index.ts';
import { readIdTerms } from './id-list.ts';

export const idList = z
  .string()
  .max(100_000)
  .check((ctx) => {
    const ids = readIdTerms(ctx.value, limit.MAX_CPU_IDS);
    if (typeof ids !== 'string') return;
    ctx.issues.push({
      code: 'custom',
      message: ids,
      input: ctx.value,
      params: { slug: 'id-list', expected: 'ids and ranges such as 0-3,8' },
    });
  })
  .describe('Ids and ranges such as "0-3,8"; empty for none.');

const kib = z.int().min(0).max(kibFromPages(limit.MAX_NODE_PAGES));
const pageCount = z.int().min(0).max(limit.MAX_NODE_PAGES);
export const hugePageKib = z
  .int()
  .min(4)
  .max(2 ** 24);
const MAX_CORES = 8192;
const MAX_DEVICES = 256;
/** Blocks of buddyinfo: orders 0 to 10, and more on kernels built so. */
const MAX_ORDERS = 20;

/** Of a host node. */
export const nodeFacts = {
  freeKiB: kib.optional().describe('Measured: MemFree.'),
  availableKiB: kib
    .optional()
    .describe('Measured: free and reclaimable page cache, Active(file) + Inactive(file) + SReclaimable.'),
  freeBlocks: z
    .array(pageCount)
    .max(MAX_ORDERS)
    .optional()
    .describe('Measured: free blocks by order, all zones together, as buddyinfo has them.'),
};

/** Of a huge page pool. */
export const poolFacts = {
  free: pageCount.optional().describe('Measured: pages of the pool that nobody has.'),
  reserved: pageCount.optional().describe('Held by processes that are no VM of this document. Left out: none.'),
};

/** Of a host, beyond its nodes. */
export const systemSchema = z
  .strictObject({
    sockets: z.int().min(1).max(1024).optional(),
    cores: z.array(idList).max(MAX_CORES).optional().describe('CPUs that are threads of one core, for each core.'),
    isolatedCpus: idList.optional().describe('isolcpus= of the kernel command line.'),
    numaBalancing: z.boolean().optional().describe('kernel.numa_balancing.'),
    numad: z.boolean().optional().describe('numad runs.'),
    ksm: z
      .strictObject({
        run: z.boolean(),
        mergeAcrossNodes: z.boolean(),
        sharedKiB: kib.optional().describe('pages_sharing, in KiB.'),
      })
      .optional(),
    isGuest: z.boolean().optional().describe('The host is itself a guest of a hypervisor.'),
    overcommitsHugepages: z.boolean().optional().describe('vm.nr_overcommit_hugepages is above 0.'),
    cpuLoadPercent: z.number().min(0).max(100).optional(),
  })
  .describe('How the host is configured; what is left out is not known.');

const bindingMode = z.enum(['strict', 'preferred', 'interleave', 'restrictive']);
const MAX_PAGE_SIZES = 4;
const kibOnNode = z.strictObject({
  node: hostNid,
  memoryKiB: kib,
  pageKiB: hugePageKib.optional().describe('Size of the pages; left out: not known. A node is listed for each size.'),
});
const byNode = z.array(kibOnNode).max(MAX_PAGE_SIZES * limit.MAX_NODES_PER_HOST);

export const assumedSchema = z.union([
  z.string().max(1000),
  z.strictObject({
    text: z.string().max(1000),
    measure: z.string().max(1000).nullable().describe('A command that would tell it.'),
  }),
]);

const MAX_STRANGERS = 4096;
/** Of a host. */
export const strangersSchema = z
  .array(z.strictObject({ name: z.string().max(200), pid: z.int().min(0).optional(), nodes: byNode }))
  .max(MAX_STRANGERS)
  .describe('Measured: processes that hold memory and are no VM of this document. Part of what is reserved.');

/** Of a VM. */
export const vmFacts = {
  running: z.boolean().optional().describe('Whether it ran when its host was looked at. Left out: it is taken to run.'),
  cpuset: idList.optional().describe('Host CPUs of vCPUs without a pin of their own; left out: all.'),
  emulatorpin: idList.optional().describe("Host CPUs of QEMU's own threads."),
  vcpuCpus: z
    .record(z.string().regex(/^\d{1,4}$/, { error: 'a vCPU number' }), z.int().min(0).max(limit.MAX_CPU_IDS))
    .optional()
    .describe('Measured: the host CPU on which a vCPU ran last.'),
  binding: z
    .strictObject({ mode: bindingMode, nodes: hostNids })
    .optional()
    .describe('The memory policy of all of it (numatune). Left out: as `placement` says, where that is a policy.'),
  hugepages: z
    .array(z.strictObject({ sizeKiB: hugePageKib, cells: z.array(guestNid).optional() }))
    .max(16)
    .optional()
    .describe('It takes its memory from pools of these pages; without cells: all of it that no other entry names.'),
  measured: z
    .strictObject({
      nodes: byNode,
      cells: z
        .array(z.strictObject({ cell: guestNid, nodes: byNode }))
        .max(limit.MAX_GUEST_NODE_IDS)
        .optional(),
    })
    .optional()
    .describe(
      'Measured: where the memory lies that it has touched (numastat -p, numa_maps). A running VM starts there, whatever `placement` says.',
    ),
  domain: z
    .strictObject({
      arch: z.string().max(40).optional(),
      hypervisor: z.enum(['kvm', 'esxi', 'hyper-v']).optional(),
      maxVcpus: z.int().min(1).max(limit.MAX_VCPUS).optional(),
      topology: z
        .strictObject({
          sockets: z.int().min(1).max(limit.MAX_VCPUS),
          cores: z.int().min(1).max(limit.MAX_VCPUS),
          threads: z.int().min(1).max(limit.MAX_VCPUS),
        })
        .optional(),
      devices: z
        .array(
          z.strictObject({
            name: z.string().max(200),
            node: hostNid.nullable().describe('null: the host does not know either (numa_node -1).'),
          }),
        )
        .max(MAX_DEVICES)
        .optional()
        .describe('Devices passed through to it.'),
      cpuHotAdd: z.boolean().optional().describe('ESXi.'),
      exposeVnumaOnCpuHotadd: z.boolean().optional().describe('ESXi 8.0.0.1 and later.'),
      dynamicMemory: z.boolean().optional().describe('Hyper-V.'),
      realtime: z.boolean().optional(),
      preallocated: z.boolean().optional().describe('All its memory is taken at its start.'),
      automaticPlacement: z.boolean().optional().describe("numatune with placement='auto': numad chooses its nodes."),
    })
    .optional()
    .describe('How it is configured beyond what is simulated; what is left out is not known.'),
  assumed: z.array(assumedSchema).max(100).optional().describe('What an importer had to assume about this VM.'),
};
