/**
 * A guest from flags of the command line alone: `--pages 32768 --boot 0-16383:0,16384-32767:1`. Pfns have inclusive
 * ends in flags, as in the RFC, and half-open ranges everywhere else. All mistakes are reported at once.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { KernelProfile, LayoutRange, RfcSwitches } from '../../shared/model/config.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import { ALL_DEFECTS, CORRECT, DEFAULT_PROFILE, RFC_V3 } from '../../shared/model/config.ts';
import { DEFAULT_DMA32_END_MIB, DEFAULT_DMA_END_MIB, DEFAULT_TICK_MS } from '../../shared/model/default.ts';
import { PLAIN_RFC } from '../../shared/model/beyond.ts';
import type { PfnRange } from '../../shared/units/index.ts';
import { PAGES_PER_MIB, pagesFromMib } from '../../shared/units/index.ts';
import * as limit from '../../shared/model/limit.ts';

export interface BootFlags {
  readonly pages?: string;
  readonly boot?: string;
  readonly nrNodeIds?: string;
  readonly reserved?: string;
  readonly profile?: string;
  readonly zones?: string;
  readonly era?: string;
  readonly memoryBlockMib?: string;
  readonly cpus?: string;
}

/** What of the flags is a guest, and not a scenario's. */
export const BOOT_FLAG_NAMES = [
  ...['pages', 'boot', 'nrNodeIds', 'reserved', 'profile', 'zones', 'era', 'memoryBlockMib', 'cpus'],
] as const satisfies readonly (keyof BootFlags)[];

export const BOOTED_VM = 'guest';

/** Zones begin at multiples of this many pages. */
const ZONE_ALIGN_PAGES = pagesFromMib(limit.ZONE_ALIGN_MIB);
const NAMED_PROFILES = { correct: CORRECT, 'rfc-v3': RFC_V3, 'all-defects': ALL_DEFECTS } as const;
const LOCAL_DISTANCE = 10;
const REMOTE_DISTANCE = 20;

export type BootRead =
  | { readonly config: WorldConfig; readonly diagnostics: readonly [] }
  | { readonly config: null; readonly diagnostics: readonly Diagnostic[] };

/** Collects what is wrong while values are read. */
class Problems {
  readonly list: Diagnostic[] = [];

  /** @returns null, for the caller to hand on. */
  add(flag: string, message: string, hint?: string): null {
    const where = { file: '<command line>', path: `--${flag}` };
    this.list.push({ severity: 'error', slug: 'boot-flag', message, where, ...(hint === undefined ? {} : { hint }) });
    return null;
  }
}

export function bootConfig(flags: BootFlags): BootRead {
  const problems = new Problems();
  const nrPages = pagesOf(flags, problems);
  const boot = layoutOf(flags.boot, nrPages, problems);
  const nrNodeIds = nodeIdsOf(flags.nrNodeIds, boot, problems);
  for (const { start, end, nid } of boot ?? [])
    if (nrNodeIds !== null && nid >= nrNodeIds)
      problems.add(
        'boot',
        `${start}-${end - 1}:${nid} is on a node that is not possible: node ids are below ${nrNodeIds}.`,
        `--nr-node-ids ${nid + 1} makes it possible.`,
      );
  const reserved = rangesOf('reserved', flags.reserved, nrPages, problems);
  const zoneStartPfn = zonesOf(flags.zones, problems);
  const profile = profileOf(flags, problems);
  const cpuNode = cpusOf(flags.cpus, boot, nrNodeIds, problems);
  if (problems.list.length > 0) return { config: null, diagnostics: problems.list };
  const nids = Array.from({ length: nrNodeIds! }, (_, nid) => nid);
  const square = (ids: readonly number[]): number[][] =>
    ids.map((from) => ids.map((to) => (from === to ? LOCAL_DISTANCE : REMOTE_DISTANCE)));
  return {
    diagnostics: [],
    config: {
      seed: 1,
      tickMs: DEFAULT_TICK_MS,
      hosts: [
        {
          name: 'host',
          nodes: [{ nid: 0, cpus: [0], totalPages: nrPages!, reservedPages: 0 }],
          distances: square([0]),
        },
      ],
      links: [],
      guests: [
        {
          name: BOOTED_VM,
          host: 'host',
          mm: {
            nrPages: nrPages!,
            holes: [],
            reserved: reserved!,
            zoneStartPfn: zoneStartPfn!,
            nrNodeIds: nrNodeIds!,
            cpuNode: cpuNode!,
            distances: square(nids),
            bootLayout: boot!,
            profile: profile!,
            recordedFree: null,
          },
          framePages: 1,
          placement: [{ start: 0, end: nrPages!, mode: 'strict', nodes: [0], pages: [], scatter: false }],
          regeneration: { enabled: false, granularityPages: 512, delayTicks: 0 },
          workload: null,
          dirty: { workingSetPages: 0, pagesPerSec: 0 },
          beyond: PLAIN_RFC,
          dimms: [],
        },
      ],
      schedule: [],
    },
  };
}

/** Decimal, or hex after 0x. NaN where it is neither. */
const numberOf = (text: string): number => (/^(\d+|0[xX][0-9a-fA-F]+)$/.test(text) ? Number(text) : NaN);

function pagesOf({ pages }: BootFlags, problems: Problems): number | null {
  if (pages === undefined) return problems.add('pages', 'A guest needs --pages, or a scenario FILE with --vm.');
  const value = numberOf(pages);
  const most = limit.MAX_GUEST_PFN;
  if (value >= limit.MIN_GUEST_PAGES && value <= most) return value;
  return problems.add('pages', `${pages} is no number of 4 KiB pages from ${limit.MIN_GUEST_PAGES} to ${most}.`);
}

/** Ranges `A-B` or `A`, ends inclusive, each with the text after it; ascending and disjoint. */
function piecesOf(
  flag: string,
  text: string,
  form: RegExp,
  example: string,
  nrPages: number | null,
  problems: Problems,
): (PfnRange & { readonly rest: string })[] | null {
  const before = problems.list.length;
  const pieces: (PfnRange & { readonly rest: string; readonly text: string })[] = [];
  for (const part of text.split(',')) {
    const found = form.exec(part.trim());
    if (found === null) {
      problems.add(flag, `'${part}' is no range of pfns.`, `Write inclusive pfns: ${example}`);
      continue;
    }
    const start = numberOf(found[1]!);
    const last = numberOf(found[2] ?? found[1]!);
    if (start > last) problems.add(flag, `${part} ends before it begins.`);
    else if (nrPages !== null && last >= nrPages)
      problems.add(flag, `${part} ends behind the last page: with --pages ${nrPages} that is pfn ${nrPages - 1}.`);
    else pieces.push({ start, end: last + 1, rest: found[3] ?? '', text: part.trim() });
  }
  pieces.sort((a, b) => a.start - b.start);
  for (const [i, piece] of pieces.entries()) {
    const next = pieces[i + 1];
    if (next !== undefined && next.start < piece.end) problems.add(flag, `${piece.text} and ${next.text} overlap.`);
  }
  return problems.list.length > before ? null : pieces;
}

const PFN = '(\\d+|0[xX][0-9a-fA-F]+)';
const RANGE = new RegExp(`^${PFN}(?:-${PFN})?$`);
const LAYOUT_RANGE = new RegExp(`^${PFN}(?:-${PFN})?:(\\d{1,4})$`);

function layoutOf(text: string | undefined, nrPages: number | null, problems: Problems): LayoutRange[] | null {
  if (text === undefined) return nrPages === null ? null : [{ start: 0, end: nrPages, nid: 0 }];
  const pieces = piecesOf('boot', text, LAYOUT_RANGE, '0-16383:0,16384-32767:1', nrPages, problems);
  return pieces?.map(({ start, end, rest }) => ({ start, end, nid: Number(rest) })) ?? null;
}

function rangesOf(
  flag: string,
  text: string | undefined,
  nrPages: number | null,
  problems: Problems,
): PfnRange[] | null {
  if (text === undefined) return [];
  return (
    piecesOf(flag, text, RANGE, '0-255,32000-32767', nrPages, problems)?.map(({ start, end }) => ({ start, end })) ??
    null
  );
}

/** The default: twice the boot nodes, at least 4, so that nodes can be added. */
function nodeIdsOf(text: string | undefined, boot: readonly LayoutRange[] | null, problems: Problems): number | null {
  const most = limit.MAX_GUEST_NODE_IDS;
  if (text === undefined)
    return Math.min(most, Math.max(4, 2 * (1 + Math.max(0, ...(boot ?? []).map(({ nid }) => nid)))));
  const value = numberOf(text);
  if (value >= 1 && value <= most) return value;
  return problems.add('nr-node-ids', `${text} is no number of node ids from 1 to ${most}.`);
}

/** `dma=4096,dma32=1048576`: pages below which a page is in that zone. */
function zonesOf(text: string | undefined, problems: Problems): [number, number, number] | null {
  const ends = { dma: pagesFromMib(DEFAULT_DMA_END_MIB), dma32: pagesFromMib(DEFAULT_DMA32_END_MIB) };
  const before = problems.list.length;
  for (const part of text?.split(',') ?? []) {
    const [, name, value] = /^(dma|dma32)=(.*)$/i.exec(part.trim()) ?? [];
    const pages = numberOf(value ?? '');
    if (
      name === undefined ||
      !Number.isInteger(pages) ||
      pages < ZONE_ALIGN_PAGES ||
      pages % ZONE_ALIGN_PAGES !== 0 ||
      pages > 2 ** 31
    )
      problems.add(
        'zones',
        `'${part}' is no zone.`,
        `Write dma=PAGES,dma32=PAGES, where a zone ends, in multiples of ${ZONE_ALIGN_PAGES}: dma=4096`,
      );
    else ends[name.toLowerCase() as keyof typeof ends] = pages;
  }
  if (problems.list.length > before) return null;
  // Where DMA takes all below 4 GiB, DMA32 has nothing.
  const dma32 = text?.includes('dma32') ? ends.dma32 : Math.max(ends.dma32, ends.dma);
  if (dma32 < ends.dma) return problems.add('zones', `DMA32 ends at ${dma32}, before DMA does (${ends.dma}).`);
  return [0, ends.dma, dma32];
}

function profileOf(flags: BootFlags, problems: Problems): KernelProfile | null {
  const rfc = switchesOf(flags.profile ?? 'correct', problems);
  const era = flags.era ?? DEFAULT_PROFILE.era;
  const isEra = era === '3.10' || era === '6.1';
  if (!isEra) problems.add('era', `${era} is no kernel that a guest can be: 3.10 or 6.1.`);
  const { memoryBlockMib } = flags;
  const blockMib = numberOf(memoryBlockMib ?? String(DEFAULT_PROFILE.memoryBlockPages / PAGES_PER_MIB));
  const isBlock = blockMib >= 2 && blockMib <= 2048 && Number.isInteger(Math.log2(blockMib));
  if (!isBlock) problems.add('memory-block-mib', `${memoryBlockMib} is no power of two from 2 to 2048.`);
  if (rfc === null || !isEra || !isBlock) return null;
  return { ...DEFAULT_PROFILE, era, rfc, memoryBlockPages: blockMib * PAGES_PER_MIB };
}

/** Of a guest whose memory is not from the flags. */
export function readProfile(text: string): {
  readonly rfc: RfcSwitches | null;
  readonly diagnostics: readonly Diagnostic[];
} {
  const problems = new Problems();
  return { rfc: switchesOf(text, problems), diagnostics: problems.list };
}

/** A profile's name, or switches by name: `splitStuck,headOnly`; `lostFlagPermille=10`. */
function switchesOf(text: string, problems: Problems): RfcSwitches | null {
  if (Object.hasOwn(NAMED_PROFILES, text)) return NAMED_PROFILES[text as keyof typeof NAMED_PROFILES];
  const switches: Record<string, boolean | number> = { ...CORRECT };
  const before = problems.list.length;
  for (const part of text.split(',')) {
    const [name = '', value] = part.trim().split('=');
    const permille = numberOf(value ?? '');
    if (name === 'lostFlagPermille' && permille <= 1000) switches[name] = permille;
    else if (Object.hasOwn(CORRECT, name) && name !== 'lostFlagPermille' && value === undefined) switches[name] = true;
    else
      problems.add(
        'profile',
        name === 'lostFlagPermille'
          ? `'${part}' is no share: lostFlagPermille=N, N from 0 to 1000.`
          : `'${part}' is no profile and no defect.`,
        `Profiles: ${Object.keys(NAMED_PROFILES).join(', ')}. Defects: ${Object.keys(CORRECT).join(', ')}.`,
      );
  }
  return problems.list.length > before ? null : (switches as unknown as RfcSwitches);
}

/** `4`: 4 CPUs, dealt to the boot nodes in runs; `0-1:0,2-3:1`: each on its node. By default one, on the first node. */
function cpusOf(
  text: string | undefined,
  boot: readonly LayoutRange[] | null,
  nrNodeIds: number | null,
  problems: Problems,
): number[] | null {
  const nids = [...new Set((boot ?? []).map(({ nid }) => nid))].sort((a, b) => a - b);
  const count = text === undefined ? 1 : numberOf(text);
  const most = limit.MAX_VCPUS;
  if (count >= 1 && count <= most)
    return Array.from({ length: count }, (_, cpu) => nids[Math.floor((cpu * nids.length) / count)] ?? 0);
  const hint = 'Write a number, or CPUs with their nodes: 0-1:0,2-3:1';
  const cpuNode: number[] = [];
  for (const part of text!.split(',')) {
    const found = /^(\d+)(?:-(\d+))?:(\d+)$/.exec(part.trim());
    const [first, last, nid] = [Number(found?.[1]), Number(found?.[2] ?? found?.[1]), Number(found?.[3])];
    if (found === null || first > last || last >= most)
      return problems.add('cpus', `'${part}' names no CPUs below ${most}.`, hint);
    if (nrNodeIds !== null && nid >= nrNodeIds)
      return problems.add('cpus', `${part} is on a node that is not possible: node ids are below ${nrNodeIds}.`);
    for (let cpu = first; cpu <= last; cpu++) {
      if (cpuNode[cpu] !== undefined) return problems.add('cpus', `CPU ${cpu} is given twice.`, hint);
      cpuNode[cpu] = nid;
    }
  }
  const missing = cpuNode.findIndex((nid) => nid === undefined);
  return missing < 0 ? cpuNode : problems.add('cpus', `CPU ${missing} is on no node.`, hint);
}
