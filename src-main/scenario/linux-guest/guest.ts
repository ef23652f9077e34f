/**
 * A VM of a scenario from the files of a running Linux guest, in the state that they recorded: any of
 *
 * - zoneinfo: zones to the page, watermarks and per-CPU sizes to compare with; with buddyinfo (or pagetypeinfo) the
 *   free lists as recorded, without it as many free pages in as few blocks as hold them;
 * - a boot log: the memory map to the page, what the kernel took of it, CPUs and block size; with iomem also where the
 *   kernel's image lies. Alone it is a guest that has just booted; with zoneinfo it says which pages the zones have;
 * - the sizes of node meminfo or of numactl --hardware, with buddyinfo: nodes one after the other from pfn 0 on;
 * - numactl --hardware: which CPUs are on which node, and distances.
 *
 * What none of them says is assumed and reported. Where two of them differ, that is reported and the more exact one is
 * used.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import { kibFromMib, kibFromPages, wholePagesFromKib } from '../../../shared/units/index.ts';
import type { Read } from '../../../shared/errors/index.ts';
import { hasErrors } from '../../../shared/errors/index.ts';
import type { Distances } from '../../formats/index.ts';
import type { LayoutRange } from '../../../shared/model/config.ts';
import { formatIdList } from '../id-list.ts';
import { importDistances } from '../import-host.ts';
import type { VmInput } from '../import-vm.ts';
import { MAX_GUEST_NODE_IDS, MAX_GUEST_PFN, MAX_VCPUS } from '../../../shared/model/limit.ts';
import { byStart, mergeRanges, pagesIn, subtractRanges } from '../pfn-range.ts';
import { sentence } from '../problem.ts';
import { quantityFromPages } from '../quantity.ts';
import type { BootMap } from './boot-map.ts';
import { bootMap, inZone, reservedOfMap, ZONE_NAMES } from './boot-map.ts';
import { compareWatermarks } from './compare.ts';
import type { LinuxFile } from './files.ts';
import { Files } from './files.ts';
import type { ZoneState, Say } from './state-map.ts';
import { zonesOfZoneinfo, foldOrders, rangesOfZones } from './state-map.ts';

export interface LinuxGuest {
  /** All of a VM but its name, its host and its placement. */
  readonly vm: Omit<VmInput, 'name' | 'host' | 'placement' | 'memnodes'>;
  /** Ascending by id; a node may lack CPUs or memory. */
  readonly nodes: readonly { readonly nid: number; readonly pages: number; readonly cpus: readonly number[] }[];
  readonly distances: Distances | null;
  readonly guestZones: readonly ZoneState[];
  /** Of its boot log; null without one. */
  readonly map: BootMap | null;
}

export function guestFromLinuxFiles(inputs: readonly LinuxFile[]): Read<LinuxGuest> {
  const files = new Files(inputs);
  const value = files.diagnostics.length > 0 ? null : new GuestFactory(files).make();
  return { value: hasErrors(files.diagnostics) ? null : value, diagnostics: files.diagnostics };
}

interface Memory {
  /** What there is, by node: ascending. */
  readonly ranges: readonly LayoutRange[];
  readonly guestZones: readonly ZoneState[];
  readonly freedLate: readonly PfnRange[];
}

class GuestFactory {
  readonly #files: Files;
  /** A node of each CPU, by CPU number. */
  readonly #cpuNode: readonly number[];

  constructor(files: Files) {
    this.#files = files;
    this.#cpuNode = this.#cpuNodes();
  }

  make(): LinuxGuest | null {
    const { log, iomem } = this.#files;
    if (!this.#fits()) return null;
    const map = log === null ? null : bootMap(log.facts, iomem?.facts ?? null, this.#cpuNode);
    for (const message of map?.assumed ?? []) this.#say(log!.file)('warning', 'guest-assumed', `assumed: ${message}`);
    const memory = this.#memory(map);
    if (memory === null) return null;
    this.#compareSizes(memory.guestZones);
    const era = this.#era();
    const nrPages = memory.ranges.at(-1)!.end;
    const nodes = this.#nodes(memory.ranges);
    const recorded = memory.guestZones.filter(({ free }) => free !== null);
    const nrNodeIds = Math.max(log?.facts.nrNodeIds ?? 0, ...nodes.map(({ nid }) => nid + 1));
    const reserved = mergeRanges(memory.guestZones.flatMap((guestZone) => guestZone.reserved));
    const { zoneinfo, numactl } = this.#files;
    const distances = numactl?.facts.distances ?? null;
    if (zoneinfo !== null) {
      const say = this.#say(zoneinfo.file);
      compareWatermarks(memory.guestZones, memory.freedLate, era, this.#cpuNode, nrNodeIds, say);
    }
    return {
      vm: {
        ...quantityFromPages(pagesIn(memory.ranges)),
        vcpus: this.#cpuNode.length,
        cells: nodes.map(({ nid, pages, cpus }) => ({
          id: nid,
          cpus: formatIdList(cpus),
          ...quantityFromPages(pages),
        })),
        layout: joined(memory.ranges),
        ...(log?.facts.nrNodeIds === null || log === null ? {} : { nrNodeIds }),
        distances: distances === null ? null : importDistances(distances),
        holes: subtractRanges({ start: 0, end: nrPages }, mergeRanges(memory.ranges)),
        reserved,
        ...(memory.freedLate.length === 0 ? {} : { freedLate: [...memory.freedLate] }),
        // Its map has holes of single pages.
        backing: { pageKiB: 4 },
        workload: null,
        profile: { era, memoryBlockMiB: log?.facts.memoryBlockMib ?? 128 },
        ...(recorded.length === 0
          ? {}
          : {
              recordedFree: recorded.map(({ nid, zone, free }) => ({
                nid,
                zone: ZONE_NAMES[zone],
                blocks: [...free!],
              })),
            }),
      },
      nodes,
      distances,
      guestZones: memory.guestZones,
      map,
    };
  }

  #say(file: string): Say {
    return (severity, slug, message, line) =>
      this.#files.diagnostics.push({
        severity,
        slug,
        message: sentence(message),
        where: line === undefined ? { file } : { file, line },
      });
  }

  /** Whether all that is stated is within what a guest can be; said before anything is made of it. */
  #fits(): boolean {
    const { zoneinfo, log } = this.#files;
    const ranges = log?.facts.nodeRanges ?? [];
    const ends = (zoneinfo?.facts.zones ?? []).map((zone) => (zone.startPfn ?? 0) + zone.spanned);
    const end = [...ends, ...ranges.map((range) => range.end)].reduce((a, b) => Math.max(a, b), 0);
    const nids = [
      ...(zoneinfo?.facts.zones ?? []).map(({ nid }) => nid),
      ...ranges.map(({ nid }) => nid),
      ...this.#cpuNode,
    ];
    const largest = nids.reduce((a, b) => Math.max(a, b), 0);
    const say = this.#say((zoneinfo ?? log)?.file ?? this.#files.first);
    if (end > MAX_GUEST_PFN)
      say('error', 'guest-too-large', `its last page is ${end}, a guest can have ${MAX_GUEST_PFN}`);
    if (largest >= MAX_GUEST_NODE_IDS)
      say('error', 'guest-node-id', `node ${largest} is beyond the ${MAX_GUEST_NODE_IDS} that a guest can have`);
    return end <= MAX_GUEST_PFN && largest < MAX_GUEST_NODE_IDS;
  }

  #memory(map: BootMap | null): Memory | null {
    const { zoneinfo, log, lists } = this.#files;
    if (zoneinfo !== null) {
      if (lists === null) {
        const message = 'assumed: its free pages are in as few blocks as hold them, as no buddyinfo is given';
        this.#say(zoneinfo.file)('note', 'guest-assumed', message);
      }
      const say = this.#say(zoneinfo.file);
      const guestZones = zonesOfZoneinfo(zoneinfo.facts.zones, map, lists?.facts ?? null, say);
      if (guestZones === null) return null;
      if (map === null) this.#assumePlaces(guestZones, zoneinfo.file);
      return { ranges: rangesOfZones(guestZones), guestZones, freedLate: lateOf(map, guestZones) };
    }
    if (map !== null && log !== null) return this.#booted(map, log.file);
    return this.#fromSizes();
  }

  #assumePlaces(guestZones: readonly ZoneState[], file: string): void {
    const holes = guestZones.reduce((sum, c) => sum + c.stated.reduce((s, z) => s + z.spanned - z.present, 0), 0);
    const reserved = guestZones.reduce((sum, c) => sum + pagesIn(c.reserved), 0);
    const message = `assumed: where the ${holes} pages missing in its spans and the ${reserved} reserved ones are, as no boot log is given`;
    this.#say(file)('note', 'guest-assumed', message);
  }

  /** As it was when it had booted; with buddyinfo, with these free lists. */
  #booted(map: BootMap, file: string): Memory | null {
    const { lists } = this.#files;
    const { reserved, freedLate } = reservedOfMap(map);
    const guestZones: ZoneState[] = [];
    for (const nid of new Set(map.ranges.map((range) => range.nid))) {
      for (const zone of [0, 1, 2] as const) {
        const own = inZone(
          map.ranges.filter((range) => range.nid === nid),
          zone,
        );
        if (own.length === 0) continue;
        const ranges = own.map(({ start, end }) => ({ start, end }));
        const taken = ranges.flatMap((range) => within(reserved, range));
        const list = lists?.facts.find((each) => each.nid === nid && each.zone === ZONE_NAMES[zone]);
        const free = lists === null ? null : foldOrders(list?.blocks ?? []);
        guestZones.push({ nid, zone, ranges, reserved: taken, free, stated: [] });
      }
    }
    if (lists === null) {
      const message = 'assumed: everything that the kernel did not take is free, as it is when it has just booted';
      this.#say(file)('note', 'guest-assumed', message);
    }
    return { ranges: map.ranges, guestZones, freedLate };
  }

  /** Nodes by their sizes alone, one after the other. */
  #fromSizes(): Memory | null {
    const { lists, meminfo, numactl, first } = this.#files;
    const sizes = new Map<number, number>();
    for (const { id, memoryKiB } of numactl?.facts.nodes ?? []) sizes.set(id, wholePagesFromKib(memoryKiB ?? 0));
    for (const { facts } of meminfo)
      for (const node of facts.nodes) sizes.set(node.nid, wholePagesFromKib(node.totalKib ?? 0));
    const total = [...sizes.values()].reduce((a, b) => a + b, 0);
    if (total === 0 || total > MAX_GUEST_PFN) {
      const needed = 'give its zoneinfo, or its boot log, or the meminfo of its nodes';
      this.#say(first)('error', 'guest-no-size', `the files do not say how much memory the guest has: ${needed}`);
      return null;
    }
    const ranges: LayoutRange[] = [];
    let at = 0;
    for (const [nid, pages] of [...sizes].sort(([a], [b]) => a - b)) {
      if (pages > 0) ranges.push({ start: at, end: at + pages, nid });
      at += pages;
    }
    const message =
      'assumed: its nodes lie one after the other from page 0 on, without holes or reserved pages, as only their sizes are given';
    this.#say(first)('warning', 'guest-assumed', message);
    const guestZones = ranges.flatMap(({ start, end, nid }) =>
      ([0, 1, 2] as const).flatMap((zone): ZoneState[] => {
        const own = inZone([{ start, end }], zone);
        if (own.length === 0) return [];
        const list = lists?.facts.find((each) => each.nid === nid && each.zone === ZONE_NAMES[zone]);
        const free = lists === null ? null : foldOrders(list?.blocks ?? []);
        return [{ nid, zone, ranges: own, reserved: [], free, stated: [] }];
      }),
    );
    return { ranges, guestZones, freedLate: [] };
  }

  /** numactl's, else the firmware's order, else all of them spread over the nodes in turn. */
  #cpuNodes(): number[] {
    const { numactl, log, zoneinfo, first } = this.#files;
    const stated = (numactl?.facts.nodes ?? []).flatMap(({ id, cpus }) => cpus.map((cpu) => [cpu, id] as const));
    const cpus = stated.sort(([a], [b]) => a - b).map(([, nid]) => nid);
    if (cpus.length > 0) return this.#limited(cpus);
    const srat = (log?.facts.sratCpus ?? []).map(({ nid }) => nid);
    if (srat.length > 0) return this.#limited(srat.slice(0, log?.facts.cpus ?? srat.length));
    const count =
      log?.facts.cpus ?? zoneinfo?.facts.zones.reduce((n, zone) => Math.max(n, zone.pagesets.length), 0) ?? 0;
    const nids = [...new Set((zoneinfo?.facts.zones ?? []).filter((z) => z.present > 0).map(({ nid }) => nid))].sort(
      (a, b) => a - b,
    );
    const own = nids.length === 0 ? [log?.facts.nodeRanges[0]?.nid ?? numactl?.facts.nodes[0]?.id ?? 0] : nids;
    const number = Math.max(1, count);
    const each = Math.ceil(number / own.length);
    if (own.length > 1 || count === 0) {
      const what = count === 0 ? 'it has one CPU' : `its ${count} CPUs are spread over its nodes in turn`;
      const message = `assumed: ${what}, as no file says which node has which (numactl --hardware does)`;
      this.#say(first)('note', 'guest-assumed', message);
    }
    return this.#limited(Array.from({ length: number }, (_, cpu) => own[Math.floor(cpu / each)]!));
  }

  #limited(cpuNode: readonly number[]): number[] {
    if (cpuNode.length > MAX_VCPUS) {
      const message = `it has ${cpuNode.length} CPUs; the first ${MAX_VCPUS} are taken`;
      this.#say(this.#files.first)('warning', 'guest-cpus', message);
    }
    return cpuNode.slice(0, MAX_VCPUS);
  }

  #nodes(ranges: readonly LayoutRange[]): LinuxGuest['nodes'] {
    const nids = new Set([...ranges.map(({ nid }) => nid), ...this.#cpuNode]);
    return [...nids]
      .sort((a, b) => a - b)
      .map((nid) => ({
        nid,
        pages: pagesIn(ranges.filter((range) => range.nid === nid)),
        cpus: this.#cpuNode.flatMap((node, cpu) => (node === nid ? [cpu] : [])),
      }));
  }

  /** By the version of the log, else by what zoneinfo prints: counters of nodes came with 4.8. */
  #era(): '3.10' | '6.1' {
    const { log, zoneinfo } = this.#files;
    const version = /^(\d+)\.(\d+)/.exec(log?.facts.version ?? '');
    if (version !== null) {
      const [major, minor] = [Number(version[1]), Number(version[2])];
      return major > 4 || (major === 4 && minor >= 8) ? '6.1' : '3.10';
    }
    return zoneinfo !== null && zoneinfo.facts.nodeStats === null ? '3.10' : '6.1';
  }

  /** meminfo and numactl against the zones: they count what is managed (or present, before 4.16). */
  #compareSizes(guestZones: readonly ZoneState[]): void {
    const { meminfo, numactl } = this.#files;
    const sum = (nid: number, count: (guestZone: ZoneState) => number): number =>
      guestZones.filter((guestZone) => guestZone.nid === nid).reduce((pages, guestZone) => pages + count(guestZone), 0);
    const check = (file: string, nid: number, kib: number, slackKib: number): void => {
      const present = kibFromPages(sum(nid, (guestZone) => pagesIn(guestZone.ranges)));
      const managed = present - kibFromPages(sum(nid, (guestZone) => pagesIn(guestZone.reserved)));
      const near = (size: number): boolean => kib <= size && size < kib + slackKib;
      if (near(managed) || near(present)) return;
      const message = `node ${nid} has ${kib} KiB here, ${managed} KiB managed (${present} KiB present) by its zones, which count`;
      this.#say(file)('note', 'guest-size-differs', message);
    };
    if (this.#files.zoneinfo === null && this.#files.log === null) return;
    for (const { file, facts } of meminfo) {
      for (const { nid, totalKib } of facts.nodes) if (totalKib !== null) check(file, nid, totalKib, 1);
    }
    for (const { id, memoryKiB } of numactl?.facts.nodes ?? []) {
      if (memoryKiB !== null) check(numactl!.file, id, memoryKiB, kibFromMib(1));
    }
  }
}

const within = (ranges: readonly PfnRange[], inside: PfnRange): PfnRange[] =>
  ranges
    .map((r) => ({ start: Math.max(r.start, inside.start), end: Math.min(r.end, inside.end) }))
    .filter((r) => r.start < r.end);

/**
 * What the log's boot freed late and the zones still have as managed. Where there is other memory than at the boot, some
 * was plugged in, which sets the watermarks anew: nothing is late then.
 */
function lateOf(map: BootMap | null, guestZones: readonly ZoneState[]): PfnRange[] {
  const now = guestZones.reduce((sum, { ranges }) => sum + pagesIn(ranges), 0);
  if (map === null || now !== pagesIn(map.ranges)) return [];
  const managed = guestZones.flatMap(({ ranges, reserved }) =>
    ranges.flatMap((range) => subtractRanges(range, reserved)),
  );
  return mergeRanges(reservedOfMap(map).freedLate.flatMap((range) => within(managed, range)));
}

/** Neighbouring ranges of one node become one: what is between is a hole of that node's. */
function joined(ranges: readonly LayoutRange[]): { start: number; end: number; nid: number }[] {
  const out: { start: number; end: number; nid: number }[] = [];
  for (const { start, end, nid } of [...ranges].sort(byStart)) {
    const last = out.at(-1);
    if (last?.nid === nid) last.end = end;
    else out.push({ start, end, nid });
  }
  return out;
}
