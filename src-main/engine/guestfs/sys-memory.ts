/** /sys/devices/system/memory: memory blocks, the nodes that each is linked under, and probe. */
import { PAGE_SIZE_BYTES } from '../../../shared/units/index.ts';
import { ERA_FIELDS } from '../mm/era-fields.ts';
import { MIGRATE_MOVABLE, PAGEBLOCK_ORDER, ZONE_NAMES } from '../mm/index.ts';
import { memoryBlockLinks, nrMemoryBlocks } from '../mm/memory-block.ts';
import { type Mm, validIn, zoneTypeOf } from '../mm/mm.ts';
import { type Guest, LOG_NOTICE } from '../vm/index.ts';
import { parseAttribute } from './attribute.ts';
import {
  dir,
  type DirNode,
  type Errno,
  fail,
  type FsNode,
  link,
  numbered,
  ok,
  sysAttribute,
  sysFile,
  union,
  type WriteOutcome,
} from './node.ts';
import type { Outside } from './outside.ts';

export function sysMemory(guest: Guest, outside: Outside): DirNode {
  const { state: mm } = guest.memory;
  const { memoryBlockPages } = mm.config.profile;
  const files: Record<string, FsNode> = {
    block_size_bytes: sysFile(() => `${(memoryBlockPages * PAGE_SIZE_BYTES).toString(16)}\n`),
  };
  files['probe'] = sysAttribute(0o200, null, (text) => probe(guest, outside, text));
  if (mm.config.profile.era === '6.1') files['auto_online_blocks'] = sysFile(() => 'online\n');
  const blocks = numbered(
    'memory',
    () => blocksOf(mm),
    (block) => hasBlock(mm, block),
    (block) => blockFolder(mm, block),
  );
  return union([dir(files), blocks], 0o755);
}

/**
 * Adds the memory block at a physical address, and brings it online at once. There must be a DIMM, not plugged in yet;
 * the log says why not.
 */
function probe(guest: Guest, outside: Outside, text: string): WriteOutcome {
  const { memory: mm } = guest;
  const { era, memoryBlockPages } = mm.state.config.profile;
  const refuse = (errno: Errno, why: string): WriteOutcome => {
    guest.kernel.log.print(outside.tick, LOG_NOTICE, `probe: ${why}`);
    return fail(errno);
  };
  const address = parseAttribute(text, era);
  if (address === null) return refuse('EINVAL', 'what was written is no address');
  const blockBytes = BigInt(memoryBlockPages * PAGE_SIZE_BYTES);
  const at = `0x${address.toString(16)}`;
  if (address % blockBytes !== 0n) return refuse('EINVAL', `${at} is not where a memory block begins`);
  const block = address / blockBytes;
  if (block >= BigInt(nrMemoryBlocks(mm.state))) return refuse('EINVAL', `there is no memory at ${at}`);
  const start = Number(block) * memoryBlockPages;
  const pages = { start, end: start + memoryBlockPages };
  if (hasBlock(mm.state, Number(block))) return refuse('EEXIST', `memory${block} is there already`);
  const plugged = outside.plugBlock(pages);
  if (plugged.rejection === null) return ok(text.length, plugged.events);
  switch (plugged.rejection.slug) {
    case 'dimm-none':
      return refuse('EINVAL', `there is no DIMM at pfn ${start} to be plugged in`);
    case 'plug-no-room':
      return refuse('ENOMEM', 'the host has no room for it');
    case 'plug-commit':
      return refuse('EBUSY', `layout.${plugged.rejection.seq} is being committed`);
    default:
      return refuse('EBUSY', 'the host is moving the memory of this guest');
  }
}

/** [start, end) of a block, as far as the guest goes. */
function pagesOf(mm: Mm, block: number): { readonly start: number; readonly end: number } {
  const { memoryBlockPages } = mm.config.profile;
  const start = block * memoryBlockPages;
  return { start, end: Math.min(start + memoryBlockPages, mm.nrPages) };
}

function hasBlock(mm: Mm, block: number): boolean {
  if (block >= nrMemoryBlocks(mm)) return false;
  const { start, end } = pagesOf(mm, block);
  return validIn(mm, start, end) > 0;
}

function* blocksOf(mm: Mm): Iterable<number> {
  for (let block = 0; block < nrMemoryBlocks(mm); block++) if (hasBlock(mm, block)) yield block;
}

function blockFolder(mm: Mm, block: number): DirNode {
  const index = sysFile(() => `${block.toString(16).padStart(8, '0')}\n`);
  const all: Readonly<Record<string, FsNode>> = {
    end_phys_index: index,
    online: sysFile(() => '1\n'),
    phys_device: sysFile(() => '0\n'),
    phys_index: index,
    removable: sysFile(() => `${isRemovable(mm, block) ? 1 : 0}\n`),
    state: sysAttribute(0o644, () => 'online\n', setState),
    valid_zones: sysFile(() => `${zonesOf(mm, block)}\n`),
  };
  const names = [...ERA_FIELDS[mm.config.profile.era].memoryBlockFiles, 'online'];
  const files = dir(Object.fromEntries(names.map((name) => [name, all[name]!])));
  const nodes = numbered(
    'node',
    () => memoryBlockLinks(mm, block),
    (nid) => memoryBlockLinks(mm, block).includes(nid),
    (nid) => link(`../../node/node${nid}`),
  );
  return union([files, nodes], 0o755);
}

/** Every block is online, and stays so: the RFC relies on nothing being taken offline. */
function setState(text: string): WriteOutcome {
  const state = text.trim();
  return fail(state === 'offline' ? 'EBUSY' : 'EINVAL');
}

/** 6.1 says 1 of every block; 3.10 looks whether all of it is free or movable. */
function isRemovable(mm: Mm, block: number): boolean {
  if (mm.config.profile.era === '6.1') return true;
  const { start, end } = pagesOf(mm, block);
  for (let b = start >>> PAGEBLOCK_ORDER; b << PAGEBLOCK_ORDER < end; b++) {
    if (mm.block.pinned[b]! > 0) return false;
    if (mm.blockType[b] !== MIGRATE_MOVABLE && mm.block.free[b] !== mm.block.valid[b]) return false;
  }
  return true;
}

/** The zone of a block that lies in one zone of one node, else none. */
function zonesOf(mm: Mm, block: number): string {
  const { start, end } = pagesOf(mm, block);
  const zoneType = zoneTypeOf(mm, start);
  return zoneType === zoneTypeOf(mm, end - 1) && memoryBlockLinks(mm, block).length === 1
    ? ZONE_NAMES[zoneType]!
    : 'none';
}
