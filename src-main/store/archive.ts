/**
 * Archives of a host's files (a sosreport, hwloc-gather-topology's, any tar) → their members as texts. Nothing is unpacked to
 * disk: members are kept in memory, under limits, and links, devices and everything that is no file are passed over.
 *
 * (a) Limits: MAX_ARCHIVE_BYTES of the file, MAX_UNPACKED_BYTES of all that is in it, MAX_KEPT_BYTES of what is kept, MAX_MEMBERS.
 *     What expands beyond them is refused while it is read, so that no bomb is ever whole in memory.
 * (b) Names are labels: absolute ones, and those that climb out, are not read, and that is said.
 * (c) Of a sosreport what is about memory and VMs is kept; its logs are not even decoded.
 * (d) An archive that is cut or damaged is an error: what is missing would be a smaller host.
 */
import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import Bunzip from 'seek-bzip';
import { Parser } from 'tar';
import type { ReadEntry } from 'tar';
import xz from 'xz-decompress';
import type { Diagnostic } from '../../shared/errors/index.ts';
import { visible } from '../../shared/errors/index.ts';
import { tableText } from '../formats/index.ts';

const MIB = 1024 * 1024;
const MAX_ARCHIVE_BYTES = 256 * MIB;
const MAX_UNPACKED_BYTES = 1024 * MIB;
/** bzip2 is undone byte by byte. */
const MAX_UNPACKED_BZIP2_BYTES = 64 * MIB;
const MAX_KEPT_BYTES = 64 * MIB;
/** Logs shrink to a thirtieth; what shrinks to less is not worth unpacking to the end. */
const MAX_RATIO = 200;
const RATIO_FROM_BYTES = 64 * MIB;
const MAX_MEMBER_BYTES = 16 * MIB;
const MAX_MEMBERS = 200_000;
const MAX_KEPT_MEMBERS = 16_384;

type Packing = 'gzip' | 'bzip2' | 'xz' | 'zstd' | 'none';

/** By its first bytes; null for what is no archive. */
export function packingOf(head: Uint8Array): Packing | null {
  const starts = (...bytes: readonly number[]): boolean => bytes.every((byte, i) => head[i] === byte);
  if (starts(0x1f, 0x8b, 0x08)) return 'gzip';
  if (starts(0x42, 0x5a, 0x68)) return 'bzip2';
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) return 'xz';
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  return String.fromCharCode(...head.subarray(257, 262)) === 'ustar' ? 'none' : null;
}

interface ArchiveMember {
  /** Its path in the archive. */
  readonly path: string;
  readonly text: string;
}

export interface ArchiveRead {
  readonly members: readonly ArchiveMember[];
  readonly diagnostics: readonly Diagnostic[];
}

const HEAD_BYTES = 512;

/** Whether a file is an archive that is read here. Never throws. */
export async function isArchive(path: string): Promise<boolean> {
  try {
    await using handle = await open(path);
    if (!(await handle.stat()).isFile()) return false;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return packingOf(buffer.subarray(0, bytesRead)) !== null;
  } catch {
    return false;
  }
}

/** @param file its name in messages. */
export async function readArchive(path: string, file: string): Promise<ArchiveRead> {
  await using handle = await open(path);
  const { size } = await handle.stat();
  if (size > MAX_ARCHIVE_BYTES) {
    const hint = 'Unpack it, and give the folder.';
    return failed(file, 'input-too-large', 'The archive is too large.', {
      found: `${size} bytes`,
      expected: `at most ${MAX_ARCHIVE_BYTES} bytes`,
      hint,
    });
  }
  return await readArchiveStream(handle.createReadStream({ autoClose: false }), file);
}

/** As readArchive, of bytes that come from anywhere. */
export async function readArchiveStream(stream: AsyncIterable<Buffer>, file: string): Promise<ArchiveRead> {
  const collector = new Collector(file);
  try {
    for await (const chunk of unpacked(counted(stream, collector))) collector.take(chunk);
    return collector.end();
  } catch (error) {
    if (error instanceof TooMuch) return collector.refuse(error.what, error.limit);
    const found = error instanceof Error ? visible(error.message.slice(0, 120)) : '';
    return failed(file, 'archive-damaged', 'The archive is damaged, or cut.', { found });
  }
}

class TooMuch extends Error {
  readonly what: string;
  readonly limit: string;

  constructor(what: string, limit: string) {
    super(what);
    this.what = what;
    this.limit = limit;
  }
}

async function* counted(stream: AsyncIterable<Buffer>, collector: Collector): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    collector.packed += chunk.length;
    yield chunk;
  }
}

/** The tar's own bytes, piece by piece. */
async function* unpacked(stream: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  // The head may come in several pieces.
  while (first.reduce((sum, { length }) => sum + length, 0) < HEAD_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    first.push(next.value);
  }
  const head = Buffer.concat(first);
  const packing = packingOf(head);
  async function* whole(): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  if (packing === null) throw new Error('It is no archive that is read.');
  if (packing === 'bzip2') yield* bunzipped(await collected(whole()));
  else if (packing === 'none') yield* whole();
  else if (packing === 'xz') yield* unxzed(whole());
  else yield* piped(whole(), packing);
}

async function collected(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_UNPACKED_BZIP2_BYTES)
      throw new TooMuch('The archive is too large.', `${MAX_UNPACKED_BZIP2_BYTES} bytes`);
    all.push(chunk);
  }
  return Buffer.concat(all);
}

async function* piped(chunks: AsyncIterable<Buffer>, packing: 'gzip' | 'zstd'): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunks);
  const unpack = packing === 'gzip' ? createGunzip() : createZstdDecompress();
  source.on('error', (error) => unpack.destroy(error));
  try {
    yield* source.pipe(unpack) as AsyncIterable<Buffer>;
  } finally {
    unpack.destroy();
    source.destroy();
  }
}

async function* unxzed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const reader = new xz.XzReadableStream(Readable.toWeb(Readable.from(chunks)) as never).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value as Uint8Array;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function* bunzipped(bytes: Buffer): Generator<Uint8Array> {
  const chunk = Buffer.alloc(64 * 1024);
  const done: Buffer[] = [];
  let at = 0;
  let total = 0;
  const output = {
    writeByte(byte: number): void {
      chunk[at++] = byte;
      if (at < chunk.length) return;
      done.push(Buffer.from(chunk));
      at = 0;
      total += chunk.length;
      if (total > MAX_UNPACKED_BZIP2_BYTES)
        throw new TooMuch('The archive holds too much.', `${MAX_UNPACKED_BZIP2_BYTES} bytes`);
    },
    flush(): void {
      // All is written as it comes.
    },
  };
  Bunzip.decode(bytes, output as never, true);
  done.push(Buffer.from(chunk.subarray(0, at)));
  yield* done;
}

/** Of a sosreport, below the folder that it is named by. */
const OF_SOSREPORT =
  /^(?:proc\/(?:meminfo|zoneinfo|buddyinfo|pagetypeinfo|cmdline|\d+\/(?:numa_maps|cmdline))|sys\/(?:devices\/system\/node|kernel\/mm)\/.*|sys\/devices\/system\/cpu\/(?:online|isolated|nohz_full|cpu\d+\/topology\/\w+)|(?:var\/)?run\/libvirt\/qemu\/[^/]+\.(?:xml|pid)|etc\/libvirt\/qemu\/[^/]+\.xml|sos_commands\/(?:numa|virsh|process|processor|kernel\/dmesg|memory\/lsmem)[^/]*(?:\/[^/]*)?)$/;
/** Of what a copy of /sys has, files that say nothing of memory. */
const NOT_OF_MEMORY =
  /^(?:[^/]+\/)?(?:sys\/(?:bus|class|devices\/(?!system\/(?:node|cpu)\b)|devices\/system\/cpu\/(?!(?:online|isolated|nohz_full|cpu\d+\/topology\/(?:physical_package_id|core_id|die_id|cluster_id|thread_siblings_list))$))|proc\/(?:driver|hwloc-nofile-info))/;

const isFile = (type: string): boolean => type === 'File' || type === 'OldFile' || type === 'ContiguousFile';

class Collector {
  readonly #file: string;
  readonly #parser: Parser;
  readonly #kept = new Map<string, Buffer[]>();
  readonly #strange: string[] = [];
  /** Bytes of the archive that were read so far. */
  packed = 0;
  #unpacked = 0;
  #keptBytes = 0;
  #members = 0;
  #passedOver = 0;
  #problem: Error | null = null;
  #open = 0;

  constructor(file: string) {
    this.#file = file;
    this.#parser = new Parser({
      onReadEntry: (entry) => this.#entry(entry),
      onwarn: (code, message) => {
        // What else is odd in a header is of the member alone.
        if (/TAR_BAD_ARCHIVE|TAR_ABORT/.test(code)) this.#problem ??= new Error(String(message));
      },
    });
    this.#parser.on('error', (error: Error) => (this.#problem ??= error));
  }

  take(chunk: Uint8Array): void {
    this.#unpacked += chunk.length;
    if (this.#unpacked > MAX_UNPACKED_BYTES)
      throw new TooMuch('The archive holds too much.', `${MAX_UNPACKED_BYTES} bytes`);
    if (this.#unpacked > RATIO_FROM_BYTES && this.#unpacked > MAX_RATIO * this.packed)
      throw new TooMuch('The archive expands too far.', `${MAX_RATIO} times its size`);
    if (this.#problem !== null) throw this.#problem;
    this.#parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
  }

  end(): ArchiveRead {
    this.#parser.end();
    if (this.#problem !== null) throw this.#problem;
    if (this.#open > 0) throw new Error('The archive ends inside a member.');
    const members = [...this.#kept].flatMap(([path, chunks]): readonly ArchiveMember[] => {
      const bytes = Buffer.concat(chunks);
      const text = tableText(bytes) ?? (isUtf8(bytes) ? bytes.toString('utf8') : null);
      if (text === null) this.#passedOver++;
      return text === null ? [] : [{ path, text }];
    });
    return { members: members.sort((a, b) => (a.path < b.path ? -1 : 1)), diagnostics: this.#notes(members.length) };
  }

  refuse(message: string, expected: string): ArchiveRead {
    return failed(this.#file, 'archive-too-large', message, { expected: `at most ${expected}` });
  }

  #entry(entry: ReadEntry): void {
    if (++this.#members > MAX_MEMBERS)
      this.#problem ??= new TooMuch('The archive has too many members.', `${MAX_MEMBERS}`);
    const path = entry.path.replace(/^(?:\.\/)+/, '');
    const isWanted = isFile(entry.type) && this.#admits(path, entry.size);
    if (!isWanted) {
      if (isFile(entry.type)) this.#passedOver++;
      entry.resume();
      return;
    }
    const chunks: Buffer[] = [];
    this.#kept.set(path, chunks);
    this.#keptBytes += entry.size;
    this.#open++;
    entry.on('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
    entry.on('end', () => this.#open--);
  }

  #admits(path: string, size: number): boolean {
    if (/^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|[\0-\x1f\x7f]/.test(path) || path.length > 1000) {
      this.#strange.push(path);
      return false;
    }
    const below = /^sosreport-[^/]*\/(.*)$/.exec(path)?.[1];
    if (below !== undefined ? !OF_SOSREPORT.test(below) : NOT_OF_MEMORY.test(path)) return false;
    // The first of a name counts.
    if (this.#kept.has(path) || this.#kept.size >= MAX_KEPT_MEMBERS) return false;
    return size <= MAX_MEMBER_BYTES && this.#keptBytes + size <= MAX_KEPT_BYTES;
  }

  #notes(kept: number): readonly Diagnostic[] {
    const where = { file: this.#file };
    const [first] = this.#strange;
    const notes: Diagnostic[] = [];
    if (first !== undefined) {
      const message = 'Members of the archive have names that lead out of it; they are not read.';
      notes.push({ severity: 'warning', slug: 'archive-name', message, where, found: visible(first.slice(0, 120)) });
    }
    const message = `Of the archive ${kept} files are looked at, ${this.#passedOver} are not, as they are about other things, too large, or no text.`;
    notes.push({ severity: 'note', slug: 'archive-members', message, where });
    return notes;
  }
}

const failed = (file: string, slug: string, message: string, more: Partial<Diagnostic>): ArchiveRead => ({
  members: [],
  diagnostics: [{ severity: 'error', slug, message, where: { file }, ...more }],
});
