/** Tells what a text is, by its content: files come with any extension, captures with none. */
import type { Read } from '../../shared/errors/index.ts';
import { DiagnosticList, quote } from './diagnostic-list.ts';
import type { GuestFileKind } from './guest-facts.ts';
import { admitText } from './input.ts';

export type TextKind = 'capabilities' | 'domain' | 'numactl-hardware' | 'scenario' | GuestFileKind;

/** What a kind of text is called. */
export const KIND_NAMES: Readonly<Record<TextKind, string>> = {
  capabilities: 'libvirt capabilities (a host)',
  domain: 'a libvirt domain (a VM)',
  'numactl-hardware': 'the output of numactl --hardware (a host)',
  scenario: 'a Pageshift scenario',
  'linux-zoneinfo': "a Linux guest's /proc/zoneinfo",
  'linux-buddyinfo': "a Linux guest's /proc/buddyinfo",
  'linux-pagetypeinfo': "a Linux guest's /proc/pagetypeinfo",
  'linux-node-meminfo': "a Linux guest's node meminfo",
  'linux-dmesg': "a Linux guest's boot log",
  'linux-iomem': "a Linux guest's /proc/iomem",
};

/** Enough for the comment block that some captures begin with. */
const HEAD_CHARS = 65_536;
/** Blanks, comments and processing instructions before the root element. Each alternative is closed by its own mark. */
const PROLOGUE = /(?:\s|<!--(?:[^-]|-(?!->))*-->|<\?(?:[^?]|\?(?!>))*\?>)/y;
const ROOT = /<([^\s/>!?]+)/y;
const NUMACTL =
  /^[ \t>|]*(?:available:\s*\d+\s+nodes?\b|node\s+\d+\s+(?:cpus|size|free):|No NUMA (?:support )?available)/im;

/**
 * Files of a Linux guest, in the order in which they are looked for: a boot log may quote any of the others, and
 * pagetypeinfo has lines that a buddyinfo could have.
 */
const GUEST_FILES: readonly (readonly [GuestFileKind, RegExp])[] = [
  ['linux-dmesg', /^.{0,80}?(?:\bLinux version \d|BIOS-provided physical RAM map:|Early memory node ranges$)/m],
  ['linux-pagetypeinfo', /^[ \t>|]*(?:Page block order: \d|Free pages count per migrate type at order)/m],
  ['linux-zoneinfo', /^[ \t>|]*Node\s+\d+, zone\s+\w+\s*$/m],
  ['linux-buddyinfo', /^[ \t>|]*Node\s+\d+, zone\s+\w+(?:\s+\d+){4,}\s*$/m],
  ['linux-node-meminfo', /^[ \t>|]*Node\s+\d+\s+MemTotal:/m],
  ['linux-iomem', /^[\da-f]{8,16}-[\da-f]{8,16} : \S/m],
];

const LOOKED_FOR =
  'libvirt capabilities (<capabilities>), libvirt domain (<domain>), numactl --hardware ("available: N nodes"), ' +
  "a Linux guest's zoneinfo, buddyinfo, pagetypeinfo, node meminfo, boot log or iomem, Pageshift scenario (a JSON object)";

/** The kind of `text`; no value, and what was looked for, when it is none that is read. */
export function detectKind(text: string, file: string): Read<TextKind> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<TextKind>(null);
  const head = admitted.slice(0, HEAD_CHARS);
  const root = rootName(head);
  if (root === 'capabilities' || root === 'domain') return list.read<TextKind>(root);
  if (root === null && /^\s*(?:\/[/*]|\{)/.test(head)) return list.read<TextKind>('scenario');
  if (root === null && NUMACTL.test(head)) return list.read<TextKind>('numactl-hardware');
  const guestFile = root === null ? GUEST_FILES.find(([, mark]) => mark.test(head)) : undefined;
  if (guestFile !== undefined) return list.read<TextKind>(guestFile[0]);
  if (hasDoctype(head)) {
    const message = 'A document type declaration is refused: it could name other files or define entities without end.';
    list.error('xml-doctype', message, { line: 1 }, { expected: 'a document without <!DOCTYPE …>' });
    return list.read<TextKind>(null);
  }
  const found = root === null ? quote(firstLine(head)) : `an XML document <${root}>`;
  const detail = { found, expected: LOOKED_FOR };
  list.error('format-unknown', 'This is not a format that Pageshift reads.', { line: 1 }, detail);
  return list.read<TextKind>(null);
}

/** The name of the root element of what may be XML: null when something else comes first. */
function rootName(head: string): string | null {
  let offset = 0;
  for (;;) {
    PROLOGUE.lastIndex = offset;
    if (!PROLOGUE.test(head)) break;
    offset = PROLOGUE.lastIndex;
  }
  // A DOCTYPE is refused by the XML reader; here it only must not hide what the document is.
  const doctype = /<!DOCTYPE\s+([^\s>[]+)/y;
  doctype.lastIndex = offset;
  ROOT.lastIndex = offset;
  return (doctype.exec(head) ?? ROOT.exec(head))?.[1] ?? null;
}

const hasDoctype = (head: string): boolean =>
  /^(?:\s|<!--(?:[^-]|-(?!->))*-->|<\?(?:[^?]|\?(?!>))*\?>)*<!DOCTYPE\b/.test(head);

const firstLine = (text: string): string => text.trimStart().split('\n', 1)[0] ?? '';
