/**
 * The record of a run as bytes, to be kept in a file or sent to another machine. Little-endian:
 *
 *     0  magic 'PREC'   4  version u32   8  lengths of the three parts, f64 each
 *    32  JSON in ASCII: the record without its snapshots
 *     …  the snapshot before, the snapshot after, as shared/columns writes them
 *
 * (a) Decoding what was encoded gives an equal record, and equal records give equal bytes.
 * (b) Decoding never throws: bytes that are no record give a Diagnostic. Of the JSON it is only checked that it is an
 *     object: a record is read by the version that wrote it.
 */
import { asciiJson, asciiText, putAscii } from '../../shared/ascii/index.ts';
import { decode, encode } from '../../shared/columns/index.ts';
import type { Read } from '../../shared/errors/index.ts';
import type { RunRecord } from '../../shared/view/index.ts';

const MAGIC = 0x4345_5250; // 'PREC', little-endian
const VERSION = 1;
const HEAD_BYTES = 32;

export function encodeRecord({ before, after, ...rest }: RunRecord): Uint8Array<ArrayBuffer> {
  const json = asciiJson(rest);
  const snapshots = [before, after].map((snapshot) => new Uint8Array(encode(snapshot)));
  const lengths = [json.length, ...snapshots.map(({ length }) => length)];
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, HEAD_BYTES));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  lengths.forEach((length, i) => view.setFloat64(8 + 8 * i, length, true));
  putAscii(bytes, HEAD_BYTES, json);
  let at = HEAD_BYTES + json.length;
  for (const snapshot of snapshots) {
    bytes.set(snapshot, at);
    at += snapshot.length;
  }
  return bytes;
}

export function decodeRecord(bytes: Uint8Array): Read<RunRecord> {
  if (bytes.length < HEAD_BYTES) return noRecord('The bytes end before the head of a record.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC) return noRecord('The bytes are no record of a run.');
  const version = view.getUint32(4, true);
  if (version !== VERSION) return noRecord(`The record has version ${version}; this Pageshift reads ${VERSION}.`);
  const lengths = [0, 1, 2].map((i) => view.getFloat64(8 + 8 * i, true));
  const isWhole = lengths.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (!isWhole || lengths.reduce((sum, length) => sum + length, HEAD_BYTES) !== bytes.length)
    return noRecord('The record is cut off, or longer than it says.');
  let at = HEAD_BYTES;
  const [json, before, after] = lengths.map((length) => bytes.subarray(at, (at += length))) as Three;
  const rest = objectIn(json);
  if (rest === null) return noRecord('The record has no JSON object where one belongs.');
  const first = decode(before.slice().buffer);
  const last = decode(after.slice().buffer);
  if (first.value === null || last.value === null)
    return { value: null, diagnostics: [...first.diagnostics, ...last.diagnostics] };
  return { value: { ...(rest as unknown as RunRecord), before: first.value, after: last.value }, diagnostics: [] };
}

type Three = [Uint8Array, Uint8Array, Uint8Array];

function objectIn(json: Uint8Array): object | null {
  try {
    const value: unknown = JSON.parse(asciiText(json));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

const noRecord = (message: string): Read<RunRecord> => ({
  value: null,
  diagnostics: [{ severity: 'error', slug: 'record-unreadable', message, where: {} }],
});
