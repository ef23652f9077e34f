/** A fleet too large for a scenario, by the shapes of its hosts and VMs, version 1. */
import { z } from 'zod';
import * as limit from '../../../shared/model/limit.ts';

const MAX_HOSTS = 1_000_000;
const MAX_VMS = 2_000_000;
const MAX_SHAPES = 1000;
const count = z.int().min(0);
const mib = z
  .int()
  .min(0)
  .max(2 ** 33);

export const fleetSchema = z.strictObject({
  pageshiftFleet: z.literal(1).describe('Version of this format.'),
  hostShapes: z
    .array(
      z.strictObject({
        nodes: z
          .array(
            z.strictObject({ nid: count.max(limit.MAX_HOST_NID), cpus: count.max(limit.MAX_CPU_IDS), memoryMiB: mib }),
          )
          .min(1)
          .max(64),
      }),
    )
    .min(1)
    .max(MAX_SHAPES),
  hosts: z
    .array(z.tuple([count, count.max(MAX_HOSTS)]))
    .min(1)
    .max(MAX_HOSTS),
  vmShapes: z.array(z.strictObject({ memoryMiB: mib, vcpus: count.max(limit.MAX_VCPUS) })).max(MAX_SHAPES),
  vms: z.array(count).max(MAX_VMS),
  at: z
    .array(count.nullable())
    .max(MAX_VMS)
    .optional()
    .describe('Where each VM runs; null: it is new. Absent: all are.'),
});

export type Fleet = z.output<typeof fleetSchema>;
