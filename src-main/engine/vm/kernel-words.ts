/**
 * The lines that the guest's kernel logs at boot and at a commit, in the kernel's wording or the RFC's. A range is
 * written `{start-end}:nid`, five hex digits, with an inclusive end. Byte addresses have inclusive ends too, as the
 * kernel prints them.
 */
import type { GuestConfig, LayoutRange, MmConfig } from '../../../shared/model/config.ts';
import {
  type CommitResult,
  fallbackOrders,
  type GuestMm,
  NR_ZONES,
  type PlugResult,
  ZONE_NAMES,
  zonesFirst,
} from '../mm/index.ts';
import { PAGE_SIZE_BYTES, PAGE_SIZE_KIB, type PfnRange } from '../../../shared/units/index.ts';
import type { GuestKernel } from './guest-kernel.ts';
import { type KernelLog, LOG_INFO, LOG_WARNING } from './kernel-log.ts';
import type { KeptLayout } from './layout-history.ts';

/** Ranges of a layout that are logged; a layout can have more of them than the log has room for. */
const MAX_RANGES = 16;
const BOOT = -1;

const hex5 = (pfn: number): string => pfn.toString(16).padStart(5, '0');

/** A half-open range as the RFC writes it. */
export const rangeText = ({ start, end, nid }: LayoutRange): string => `{${hex5(start)}-${hex5(end - 1)}}:${nid}`;

/** `[mem 0x...-0x...]` with the given number of hex digits. */
function memText({ start, end }: PfnRange, digits: number): string {
  const at = (bytes: number): string => `0x${bytes.toString(16).padStart(digits, '0')}`;
  return `[mem ${at(start * PAGE_SIZE_BYTES)}-${at(end * PAGE_SIZE_BYTES - 1)}]`;
}

/** The kernel's command line. */
export function commandLine({ profile, cpuNode }: MmConfig): string {
  const words = ['console=ttyS0', 'panic=-1', `maxcpus=${cpuNode.length}`];
  if (profile.extraNrNodeIdsPercent > 0) words.push(`extra_nr_node_ids=${profile.extraNrNodeIdsPercent}`);
  return words.join(' ');
}

export function versionLine({ profile }: MmConfig): string {
  return profile.era === '3.10'
    ? 'Linux version 3.10.0-dnuma (pageshift@localhost) (gcc version 4.8.1 (GCC) ) #1 SMP PREEMPT'
    : 'Linux version 6.1.0-dnuma (pageshift@localhost) (gcc (GCC) 12.2.0, GNU ld 2.40) #1 SMP PREEMPT_DYNAMIC';
}

/** Valid pages as maximal ascending runs, by the memory map of boot. */
function ramOf({ holes, nrPages }: MmConfig): PfnRange[] {
  const runs: PfnRange[] = [];
  let from = 0;
  for (const hole of [...holes, { start: nrPages, end: nrPages }]) {
    if (hole.start > from) runs.push({ start: from, end: hole.start });
    from = Math.max(from, hole.end);
  }
  return runs;
}

/** The parts of ascending runs in [start, end). */
const within = (runs: readonly PfnRange[], start: number, end: number): PfnRange[] =>
  runs.map((r) => ({ start: Math.max(r.start, start), end: Math.min(r.end, end) })).filter((r) => r.start < r.end);

/** Boot lines about memory and nodes. */
export function logBoot(log: KernelLog, { mm: config }: GuestConfig, mm: GuestMm, layout: KeptLayout): void {
  const say = (text: string): void => log.print(BOOT, LOG_INFO, text);
  const old = config.profile.era === '3.10';
  const digits = old ? 8 : 16;
  const ram = ramOf(config);
  // Slots for memory that is plugged in later are holes at the end.
  const ramEnd = ram.at(-1)?.end ?? 0;
  const boot = Array.from(layout.nid, (nid, i) => ({ nid, start: layout.start[i]!, end: layout.start[i + 1]! }));
  const byNode = boot.flatMap(({ nid, start, end }) => within(ram, start, end).map((r) => ({ ...r, nid })));
  const nids = [...new Set(byNode.map((r) => r.nid))].sort((a, b) => a - b);
  say(versionLine(config));
  say(`Command line: ${commandLine(config)}`);
  say(old ? 'e820: BIOS-provided physical RAM map:' : 'BIOS-provided physical RAM map:');
  for (const run of ram) say(`BIOS-e820: ${memText(run, 16)} usable`);
  say(
    `${old ? 'e820: ' : ''}last_pfn = 0x${ramEnd.toString(16)} max_arch_pfn = 0x${old ? '400000000' : '10000000000'}`,
  );
  config.cpuNode.forEach((nid, cpu) => {
    say(`SRAT: PXM ${nid} -> APIC 0x${cpu.toString(16).padStart(2, '0')} -> Node ${nid}`);
  });
  for (const r of byNode) say(`${old ? '' : 'ACPI: '}SRAT: Node ${r.nid} PXM ${r.nid} ${memText(r, 8)}`);
  say('Zone ranges:');
  for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
    const name = ZONE_NAMES[zoneType]!.padEnd(8);
    const range = zoneRange(config, zoneType, ram[0]?.start ?? 0, ramEnd);
    say(`  ${name} ${range === null ? 'empty' : memText(range, digits)}`);
  }
  if (!old) say('  Device   empty');
  say('Movable zone start for each node');
  say('Early memory node ranges');
  for (const r of byNode) say(`  node ${String(r.nid).padStart(3)}: ${memText(r, digits)}`);
  for (const nid of nids) {
    const own = byNode.filter((r) => r.nid === nid);
    say(`Initmem setup node ${nid} ${memText({ start: own[0]!.start, end: own.at(-1)!.end }, digits)}`);
  }
  logNodeIds(log, config);
  logZonelists(log, mm, BOOT);
  say(`Kernel command line: ${commandLine(config)}`);
  let present = 0;
  let managed = 0;
  for (let nid = 0; nid < config.nrNodeIds; nid++) {
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
      present += mm.zone(nid, zoneType).presentPages;
      managed += mm.zone(nid, zoneType).managedPages;
    }
  }
  const kib = (pages: number): string => `${pages * PAGE_SIZE_KIB}${old ? 'k' : 'K'}`;
  say(`Memory: ${kib(managed)}/${kib(present)} available (${kib(present - managed)} reserved)`);
  const cpus = config.cpuNode.length;
  say(`SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=${cpus}, Nodes=${config.nrNodeIds}`);
  say(`memlayout: layout.${layout.seq} is the initial layout, ${countText(layout.nid.length, 'range')}`);
  logRanges(log, layout, BOOT);
}

function logNodeIds(log: KernelLog, { cpuNode, nrNodeIds, profile }: MmConfig): void {
  const percent = profile.extraNrNodeIdsPercent;
  if (percent > 0) {
    // nrNodeIds has the extra ones already: n + ceil(n * percent / 100).
    let before = 1;
    while (before + Math.ceil((before * percent) / 100) < nrNodeIds) before++;
    log.print(BOOT, LOG_INFO, `extra_nr_node_ids: ${percent}% more than ${before}: nr_node_ids is ${nrNodeIds}`);
  }
  const cpus = cpuNode.length;
  log.print(
    BOOT,
    LOG_INFO,
    `setup_percpu: NR_CPUS:8192 nr_cpumask_bits:${cpus} nr_cpu_ids:${cpus} nr_node_ids:${nrNodeIds}`,
  );
}

/** A zone's pages, by the memory map from `ramStart` to `ramEnd`; null when it has none. */
function zoneRange({ zoneStartPfn }: MmConfig, zoneType: number, ramStart: number, ramEnd: number): PfnRange | null {
  const start = Math.max(ramStart, zoneStartPfn[zoneType]!);
  const end = Math.min(ramEnd, zoneStartPfn[zoneType + 1] ?? ramEnd);
  return start < end ? { start, end } : null;
}

/** What build_all_zonelists says. */
function logZonelists(log: KernelLog, mm: GuestMm, tick: number): void {
  const old = mm.state.config.profile.era === '3.10';
  let nodes = 0;
  let pages = 0;
  let highest = 0;
  for (let nid = 0; nid < mm.state.nrNodeIds; nid++) {
    nodes += mm.state.online[nid]!;
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
      const { presentPages, managedPages, wmarkHigh } = mm.zone(nid, zoneType);
      pages += Math.max(0, managedPages - wmarkHigh);
      if (presentPages > 0) highest = Math.max(highest, zoneType);
    }
  }
  if (!old) {
    fallbackOrders(mm.state, tick === BOOT ? 'boot' : 'running').forEach((nids, nid) => {
      if (mm.state.online[nid] === 1) log.print(tick, LOG_INFO, `Fallback order for Node ${nid}: ${nids.join(' ')} `);
    });
  }
  const inOrder = old ? ` in ${zonesFirst(mm.state) ? 'Zone' : 'Node'} order` : '';
  log.print(tick, LOG_INFO, `Built ${nodes} zonelists${inOrder}, mobility grouping on.  Total pages: ${pages}`);
  log.print(tick, LOG_INFO, `Policy zone: ${ZONE_NAMES[highest]!}`);
}

const countText = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

function logRanges(log: KernelLog, { start, nid }: KeptLayout, tick: number): void {
  const shown = Math.min(nid.length, MAX_RANGES);
  for (let i = 0; i < shown; i++) {
    log.print(tick, LOG_INFO, `memlayout: ${rangeText({ start: start[i]!, end: start[i + 1]!, nid: nid[i]! })}`);
  }
  if (nid.length > shown) log.print(tick, LOG_INFO, `memlayout: and ${countText(nid.length - shown, 'more range')}`);
}

/** A commit, when it is complete. @param rebuilt whether it rebuilt the zonelists. */
export function logCommit(
  kernel: GuestKernel,
  mm: GuestMm,
  result: CommitResult,
  rebuilt: boolean,
  tick: number,
): void {
  const { log } = kernel;
  const layout = kernel.layouts.inForce;
  const say = (text: string): void => log.print(tick, LOG_INFO, text);
  say(`memlayout: committing layout.${layout.seq}, ${countText(layout.nid.length, 'range')}`);
  logRanges(log, layout, tick);
  for (const { start, end } of layout.filled.slice(0, MAX_RANGES)) {
    say(`memlayout: nobody wrote {${hex5(start)}-${hex5(end - 1)}}, it goes to the range below`);
  }
  for (const nid of result.nodesOnlined) say(`dnuma: node ${nid} is online`);
  for (const { nid, zone: zoneType } of result.zonesPopulated)
    say(`dnuma: zone ${ZONE_NAMES[zoneType]!} of node ${nid} is initialised`);
  if (rebuilt) logZonelists(log, mm, tick);
  const straddles = mm.defectCounters()?.straddles ?? 0;
  if (straddles > kernel.straddlesTold) {
    const blocks = countText(straddles - kernel.straddlesTold, 'free block');
    log.print(tick, LOG_WARNING, `dnuma: ${blocks} reached beyond the end of the range that its first page is in`);
    kernel.straddlesTold = straddles;
  }
  const moved = result.movedSweep + result.movedDrain;
  say(
    `dnuma: layout.${layout.seq} is in force: ${countText(moved, 'free page')} moved, ` +
      `${countText(result.strandedPages, 'page')} in use wait`,
  );
}

/** Memory blocks that came to exist. */
export function logPlug(log: KernelLog, mm: GuestMm, pages: PfnRange, result: PlugResult, tick: number): void {
  const say = (text: string): void => log.print(tick, LOG_INFO, text);
  say(`init_memory_mapping: ${memText(pages, 8)}`);
  for (const { block, nid } of result.blocks.slice(0, MAX_RANGES)) say(`memory${block} is added to node ${nid}`);
  const more = result.blocks.length - MAX_RANGES;
  if (more > 0) say(`and ${countText(more, 'more memory block')}`);
  for (const nid of result.nodesOnlined) say(`node ${nid} is online`);
  for (const { nid, zone: zoneType } of result.zonesPopulated)
    say(`zone ${ZONE_NAMES[zoneType]!} of node ${nid} is initialised`);
  logZonelists(log, mm, tick);
}

/** The NULL dereference of committing a layout without ranges. */
export function logOops(log: KernelLog, { profile }: MmConfig, seq: number, tick: number): void {
  const old = profile.era === '3.10';
  const bug = old ? 'unable to handle kernel NULL pointer dereference at' : 'kernel NULL pointer dereference, address:';
  const say = (text: string): void => log.print(tick, LOG_WARNING, text);
  say(`BUG: ${bug} 0000000000000018`);
  say('IP: [<ffffffff8117a3c5>] memlayout_expand+0x15/0x90');
  say('Oops: 0000 [#1] PREEMPT SMP ');
  say(`CPU: 0 PID: 311 Comm: sh Not tainted ${profile.era}.0-dnuma #1`);
  say('Call Trace:');
  say(' [<ffffffff8117a4d2>] memlayout_commit+0x22/0x310');
  say(' [<ffffffff8117ab10>] memlayout_debugfs_commit+0x40/0x70');
  say(' [<ffffffff811c9d0f>] simple_attr_write+0xbf/0xf0');
  say(' [<ffffffff811a1b2c>] vfs_write+0xbc/0x1e0');
  say(' [<ffffffff811a2049>] SyS_write+0x49/0xa0');
  say('---[ end trace 5f0c1a3b7e9d2468 ]---');
  say(`memlayout: layout.${seq} has no ranges; sh died holding the mutex of node, commit and clear`);
}
