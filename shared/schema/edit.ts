/**
 * Changes of a document by hand: what its hosts, links and VMs are stated to be. They are no commands of the world: a world
 * that has run starts anew from the changed document. Memory is in 4 KiB pages, of what is added in MiB.
 */
import { z } from 'zod';
import * as limit from '../model/limit.ts';
import { hostNid, mibps, name } from './part.ts';

const idList = z
  .string()
  .trim()
  .max(4096)
  .regex(/^(\d+(-\d+)?(,\d+(-\d+)?)*)?$/, { error: 'not a list of ids such as 0-3,8' });
const mib = (most: number) => z.int().min(1).max(most);
const pages = z.int().min(0).max(limit.MAX_NODE_PAGES);

const shares = z
  .array(z.strictObject({ nid: hostNid, pages }))
  .min(1)
  .max(limit.MAX_NODES_PER_HOST)
  .nullable();
const backing = z.union([
  z.enum(['small', 'transparent']),
  z.strictObject({
    poolKib: z
      .int()
      .min(4)
      .max(2 ** 24),
  }),
]);

export const editSchema = z.discriminatedUnion('type', [
  /** shares null: where its binding or its CPUs have it. */
  z.strictObject({ type: z.literal('placement'), vm: name, shares, backing }),
  /** null: none stated. */
  z.strictObject({
    type: z.literal('pins'),
    vm: name,
    pins: z.record(z.string().regex(/^\d{1,4}$/), idList),
    cpuset: idList.nullable(),
    emulatorpin: idList.nullable(),
  }),
  z.strictObject({
    type: z.literal('dirty'),
    vm: name,
    rateMibPerSec: mibps,
    workingSetMib: z
      .number()
      .min(0)
      .max(2 ** 30),
  }),
  z.strictObject({
    type: z.literal('addVm'),
    name,
    host: name,
    memoryMib: mib(2 ** 20),
    vcpus: z.int().min(1).max(limit.MAX_VCPUS),
    shares,
  }),
  /** With the commands that name it. Of a VM that is not placed, too. */
  z.strictObject({ type: z.literal('removeVm'), vm: name }),
  /** A VM that is kept apart comes into the world. unbound: its memory binding is dropped. */
  z.strictObject({ type: z.literal('place'), vm: name, host: name, unbound: z.boolean() }),
  z.strictObject({
    type: z.literal('addHost'),
    name,
    nodes: z.int().min(1).max(limit.MAX_NODES_PER_HOST),
    nodeMemoryMib: mib(2 ** 23),
    cpusPerNode: z.int().min(0).max(1024),
  }),
  /** With its links, its VMs and the commands that name any of them. */
  z.strictObject({ type: z.literal('removeHost'), host: name }),
  z.strictObject({ type: z.literal('addLink'), hosts: z.tuple([name, name]), rateMibPerSec: mibps.gt(0) }),
  z.strictObject({ type: z.literal('link'), link: name, rateMibPerSec: mibps.gt(0) }),
  z.strictObject({ type: z.literal('removeLink'), link: name }),
]);

export type DocumentEdit = z.output<typeof editSchema>;
export type EditOf<Type extends DocumentEdit['type']> = Extract<DocumentEdit, { type: Type }>;
