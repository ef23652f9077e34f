/**
 * ACPI tables as bytes, from any text that shows them: `hexdump -C`, `xxd`, the raw data at the end of what `iasl -d` prints, or
 * hexadecimal bytes alone; and bytes as such a text, by which a binary file is read as one.
 *
 * (a) A line has an address only where a colon or two blanks follow it, and its bytes end where the characters begin.
 * (b) `*` of hexdump repeats the line before it up to the next address.
 * (c) At most MAX_TABLE_BYTES; more is no table that a host has.
 */

const MAX_TABLE_BYTES = 4 * 1024 * 1024;
const ROW_BYTES = 16;

/** `00000000  53 4c 49 54 ...`, as hexdump -C prints it. */
function hexText(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const row = bytes.subarray(at, at + ROW_BYTES);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0'));
    const characters = [...row].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    const columns = `${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}`.padEnd(49);
    lines.push(`${at.toString(16).padStart(8, '0')}  ${columns} |${characters}|`);
  }
  return `${lines.join('\n')}\n${bytes.length.toString(16).padStart(8, '0')}\n`;
}

/** Tables that are read, by their first four bytes. */
const SIGNATURES = ['SRAT', 'SLIT', 'HMAT'];
const HEADER_BYTES = 36;

/** The text of a file that is a binary ACPI table; null when it is none. */
export function tableText(bytes: Uint8Array): string | null {
  if (bytes.length < HEADER_BYTES || bytes.length > MAX_TABLE_BYTES) return null;
  const signature = String.fromCharCode(...bytes.subarray(0, 4));
  return SIGNATURES.includes(signature) ? hexText(bytes) : null;
}

/** `0000:`, `00000000  `, `00000000: `, `[000h`-less lines of bytes. */
const ADDRESS = /^\s*([\da-f]{1,8})(?::\s*|\s{2,})/i;

export interface HexBytes {
  readonly bytes: readonly number[];
  /** The line on which they begin. */
  readonly line: number;
}

/** The bytes that a text shows; null when it shows none. */
export function bytesOf(lines: readonly { readonly text: string; readonly line: number }[]): HexBytes | null {
  const bytes: number[] = [];
  let first: number | null = null;
  let isRepeated = false;
  for (const { text, line } of lines) {
    if (text.trim() === '*') {
      isRepeated = bytes.length >= ROW_BYTES;
      continue;
    }
    const address = ADDRESS.exec(text);
    const own = rowOf(address === null ? text : text.slice(address[0].length));
    const at = address === null ? null : Number.parseInt(address[1]!, 16);
    if (at !== null && isRepeated && at > bytes.length && at <= MAX_TABLE_BYTES) {
      const row = bytes.slice(-ROW_BYTES);
      while (bytes.length < at) bytes.push(row[(bytes.length - at + MAX_TABLE_BYTES * ROW_BYTES) % ROW_BYTES]!);
    }
    isRepeated = false;
    if (own.length === 0) continue;
    // A second dump begins at 0 again: the first is the table.
    if (at === 0 && bytes.length > 0) break;
    if (bytes.length + own.length > MAX_TABLE_BYTES) return null;
    first ??= line;
    bytes.push(...own);
  }
  return first === null ? null : { bytes, line: first };
}

/** Bytes of one line, up to the characters that they are: behind `|`, `//` or two blanks after the sixteenth. */
function rowOf(text: string): readonly number[] {
  const shown = text.replace(/\s(?:\||\/\/).*$/, '').trim();
  const out: number[] = [];
  for (const word of shown.split(/\s+/)) {
    // xxd joins two bytes; text after the bytes is no such word, or comes after sixteen.
    if (!/^(?:[\da-f]{2}){1,2}$/i.test(word) || out.length >= ROW_BYTES) break;
    for (let at = 0; at < word.length; at += 2) out.push(Number.parseInt(word.slice(at, at + 2), 16));
  }
  return out;
}
