/**
 * Lines of the kernel's own files, as they are pasted: mail quote marks before them, CR at their ends, other lines
 * around them. Everything counted or kept is bounded, so that no file can exhaust memory; nothing throws.
 */
import type { DiagnosticList } from './diagnostic-list.ts';
import { MAX_NODES } from './topology.ts';

/** Bytes [start, end): a resource of /proc/iomem or of the firmware's map. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

/** A longer line is no line of a kernel file: what is beyond is not looked at. */
const MAX_LINE_CHARS = 8192;
/** The kernel has fewer; a file with more is not one of its. */
const MAX_ZONES_OF_NODE = 8;

/** Calls `visit` with each line, without quote marks and blanks at its end; lines count from 1. */
export function eachLine(text: string, visit: (line: string, number: number) => void): void {
  for (let start = 0, number = 1; start < text.length; number++) {
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed;
    const line = text.slice(start, Math.min(end, start + MAX_LINE_CHARS));
    visit(line.replace(/^[>|]+ ?/, '').trimEnd(), number);
    start = end + 1;
  }
}

/** `Node 0, zone    DMA32`, and what follows. */
export const ZONE_LINE = /^\s*Node\s+(\d{1,9}),\s+zone\s+(\w{1,16})\b,?(.*)$/;

/** A number of pages or KiB that is one: at most 15 digits. */
export function numberOf(digits: string): number | null {
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null;
}

/** `name value` or `name: value`. */
export function counterOf(line: string): { readonly name: string; readonly value: number } | null {
  const match = /^\s*([A-Za-z_][\w()]{0,63}):?\s+(\d{1,15})(?:\s|$)/.exec(line);
  return match === null ? null : { name: match[1]!, value: Number(match[2]) };
}

/** Admits zones: a bounded number, of a bounded number of nodes, each once. */
export class ZoneLimits {
  readonly #list: DiagnosticList;
  readonly #lines = new Map<string, number>();
  readonly #nodes = new Map<number, number>();

  constructor(list: DiagnosticList) {
    this.#list = list;
  }

  /** Whether (nid, zone) may begin here. @param more tells parts of one zone apart, such as its migrate types. */
  admit(nid: number, zone: string, line: number, more = ''): boolean {
    const where = { line, path: `/node ${nid}/zone ${zone}` };
    const key = `${nid}/${zone}/${more}`;
    const before = this.#lines.get(key);
    if (before !== undefined) {
      const found = `at line ${before} and line ${line}`;
      const hint = 'Are these two files in one?';
      this.#list.error('zone-duplicate', `Zone ${zone} of node ${nid} is given twice.`, where, { found, hint });
      return false;
    }
    const seen = this.#nodes.get(nid) ?? 0;
    if (seen === 0 && (nid >= MAX_NODES || this.#nodes.size >= MAX_NODES)) {
      const detail = { found: `node ${nid}`, expected: `at most ${MAX_NODES} nodes` };
      this.#list.error('too-many-nodes', 'There are too many nodes.', where, detail);
      return false;
    }
    if (seen >= MAX_ZONES_OF_NODE * (more === '' ? 1 : MAX_ZONES_OF_NODE)) {
      this.#list.error('too-many-zones', `Node ${nid} has more zones than a kernel can have.`, where);
      return false;
    }
    this.#nodes.set(nid, seen + 1);
    this.#lines.set(key, line);
    return true;
  }
}
