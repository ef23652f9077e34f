/**
 * Several texts as one ZIP archive, stored and not compressed (APPNOTE 6.3.3, as every system's own tool opens it).
 * Equal texts give equal bytes: every entry has the first moment that the format can state.
 */

/** 1980-01-01 00:00 as MS-DOS writes it. */
const DATE = 0x0021;
const VERSION = 20;
/** Names are UTF-8. */
const FLAGS = 0x0800;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc >>> 0;
});

/** CRC-32 of ISO 3309, as ZIP and gzip have it. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

class Writer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(...values: number[]): void {
    for (const value of values) {
      this.#view.setUint16(this.at, value, true);
      this.at += 2;
    }
  }

  u32(...values: number[]): void {
    for (const value of values) {
      this.#view.setUint32(this.at, value, true);
      this.at += 4;
    }
  }

  put(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }
}

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

/** @param files contents by name; the archive is below 4 GiB, as all reports are */
export function zip(files: readonly { readonly name: Uint8Array; readonly content: Uint8Array }[]): Uint8Array {
  const total = files.reduce(
    (sum, { name, content }) => sum + LOCAL_BYTES + CENTRAL_BYTES + 2 * name.length + content.length,
    END_BYTES,
  );
  const out = new Writer(total);
  const entries = files.map(({ name, content }) => {
    const entry = { name, size: content.length, crc: crc32(content), offset: out.at };
    out.u32(0x04034b50);
    about(out, entry);
    out.u16(0); // no extra field
    out.put(name);
    out.put(content);
    return entry;
  });
  const directory = out.at;
  for (const entry of entries) {
    out.u32(0x02014b50);
    out.u16(VERSION);
    about(out, entry);
    out.u16(0, 0, 0, 0); // no extra field, no comment, first disk, no attributes of its own
    out.u32(0, entry.offset);
    out.put(entry.name);
  }
  const length = out.at - directory;
  out.u32(0x06054b50);
  out.u16(0, 0, entries.length, entries.length);
  out.u32(length, directory);
  out.u16(0);
  return out.bytes;
}

/** What both headers of an entry say. */
function about(out: Writer, { name, size, crc }: { name: Uint8Array; size: number; crc: number }): void {
  out.u16(VERSION, FLAGS, 0, 0, DATE);
  out.u32(crc, size, size);
  out.u16(name.length);
}
