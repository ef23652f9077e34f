/** Archives as they come from hosts, and as someone would make them to do harm. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { ArchiveRead } from './archive.ts';
import { isArchive, packingOf, readArchive, readArchiveStream } from './archive.ts';

const BZIP2 = Buffer.from(
  'QlpoOTFBWSZTWbbxM/0AAYF/hcuUAEBAAv+wUQoUMW9v3yAAAIAIAAgwARi2BpKPJGTCaMmAIw9U9QYEYNNUaeo0hk0000aGQGjTRk0GEUhKemmkyYTRoADIeppkbKYcRMjvgMppWiFRbAhFYABn1aumcrLJzJLkEMwUhpCFSGIQ0IQqyBDZrmJRDghI2QuKs3b+PxF1UknRqKgKBjLa0Uv5iQQIhb3WtaTM+hAiBxomCG+aABOShWoJ3nSmRSBaxC0K8/CiEAamMVEfapLModUq6iOG83kayNpAToJtOCbpJCfiUC6v0SicbrTCEvSvN1ft+1M0Z5JyuMqQIaRD+qNGNC81ockMmAwHPlQmFglqG+BIRswQxJMTGq/4u5IpwoSFt4mf6A==',
  'base64',
);
const XZ = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AORdADQLvBunjDRE4cIHdej848CShJSvN/g8OOh7ovWL8czARFhDsQOV5bbdQxeNNkqexIMgMFsKmoEJcFZNfdf41UXESv6vPYHKi9Xhs0J6FXG6+FRp1+dGvCdt5dTrR8WC76+uUI024TOrozZRAHL70ju34M52vlZKy/XEva9p5iSeYDstzRCY9v7e1xn/dXqZgBNicz1RYQou7Pm9f6S/4ZdMXfR6m80tQDS0JHx2voNADJf8WcaPxGIX/p6R3rRV1PQTd55Wil55ddNGej2TZ6Z6a/RAfh/H/nd3xACiCOk+BAsiAABVw12NIQp+QAABgAKAUAAA7gvAJrHEZ/sCAAAAAARZWg==',
  'base64',
);

const BLOCK = 512;

/** One member: its header with a right checksum, and its content in whole blocks. */
function member(name: string, content: string | Buffer = '', type = '0', link = '', size?: number): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(BLOCK);
  header.write(name.slice(0, 100), 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${(size ?? bytes.length).toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(link.slice(0, 100), 157);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

const END = Buffer.alloc(2 * BLOCK);
const tar = (...members: readonly Buffer[]): Buffer => Buffer.concat([...members, END]);
async function* pieces(bytes: Buffer, length = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
const read = (bytes: Buffer): Promise<ArchiveRead> => readArchiveStream(pieces(bytes), 'a.tar');
const slugs = ({ diagnostics }: ArchiveRead): readonly string[] => diagnostics.map(({ slug }) => slug);

const MEMINFO = 'MemTotal: 1024 kB\n';
const CPULIST = '0-3\n';
const TAR = tar(
  member('h/', '', '5'),
  member('h/proc/meminfo', MEMINFO),
  member('h/sys/devices/system/node/node0/cpulist', CPULIST),
);
const MEMBERS = [
  { path: 'h/proc/meminfo', text: MEMINFO },
  { path: 'h/sys/devices/system/node/node0/cpulist', text: CPULIST },
];

describe('an archive', () => {
  it.each([
    ['plain', TAR],
    ['gzip', gzipSync(TAR)],
    ['bzip2', BZIP2],
    ['xz', XZ],
  ])('is read whole, %s', async (_, bytes) => {
    expect(packingOf(bytes.subarray(0, BLOCK))).not.toBeNull();
    const { members, diagnostics } = await read(bytes);
    expect(members).toEqual(MEMBERS);
    expect(diagnostics.map(({ severity }) => severity)).toEqual(['note']);
    // However it comes in.
    const pieced = await readArchiveStream(pieces(bytes, 7), 'a.tar');
    expect(pieced.members).toEqual(MEMBERS);
  });

  it('of a sosreport has what is about memory alone, and an empty file too', async () => {
    const bytes = tar(
      member('sosreport-h-1/var/log/messages', 'secret'),
      member('sosreport-h-1/sos_commands/numa/numactl_--hardware', 'available: 1 nodes (0)\n'),
      member('sosreport-h-1/sys/devices/system/node/node2/cpulist', ''),
    );
    expect((await read(bytes)).members.map(({ path, text }) => [path, text.length])).toEqual([
      ['sosreport-h-1/sos_commands/numa/numactl_--hardware', 23],
      ['sosreport-h-1/sys/devices/system/node/node2/cpulist', 0],
    ]);
  });

  it.each(['/etc/passwd', '../../x', 'h/../../x', 'C:\\x', 'h/a\u001b[2Jb'])(
    'does not read a member named %j',
    async (name) => {
      const result = await read(tar(member(name, 'x'), member('h/proc/meminfo', MEMINFO)));
      expect(result.members).toEqual([MEMBERS[0]]);
      expect(slugs(result)).toContain('archive-name');
      expect(JSON.stringify(result.diagnostics)).not.toContain('\\u001b');
    },
  );

  it('passes over links, devices and sparse files, whatever they name', async () => {
    const bytes = tar(
      member('h/link', '', '2', '/etc/shadow'),
      member('h/proc/meminfo', '', '2', '/etc/shadow'),
      member('h/hard', '', '1', 'h/link'),
      member('h/null', '', '3'),
      member('h/fifo', '', '6'),
      member('h/sparse', 'x', 'S'),
      member('h/proc/zoneinfo', 'Node 0'),
    );
    expect((await read(bytes)).members.map(({ path }) => path)).toEqual(['h/proc/zoneinfo']);
  });

  it('takes the first of two members of one name', async () => {
    const bytes = tar(member('h/proc/meminfo', MEMINFO), member('h/proc/meminfo', 'MemTotal: 1 kB\n'));
    expect((await read(bytes)).members).toEqual([MEMBERS[0]]);
  });

  it.each([
    ['cut in a member', TAR.subarray(0, 3 * BLOCK - 500)],
    ['that says a member is larger than all of it', tar(member('h/proc/meminfo', MEMINFO, '0', '', 2 ** 30))],
    ['cut in its gzip', gzipSync(TAR).subarray(0, -20)],
    ['cut in its bzip2', BZIP2.subarray(0, -20)],
    ['cut in its xz', XZ.subarray(0, -40)],
    ['that is no tar inside', gzipSync(Buffer.from('MemTotal: 1 kB\n'.repeat(100)))],
  ])('%s is an error, and gives nothing', async (_, bytes) => {
    const result = await read(bytes);
    expect(result.members).toEqual([]);
    expect(result.diagnostics).toMatchObject([{ severity: 'error', slug: 'archive-damaged' }]);
  });

  it('that expands too far is refused before it is whole in memory', async () => {
    const zeros = gzipSync(Buffer.alloc(1024 * 1024));
    const bomb = Buffer.concat([
      gzipSync(member('h/zero', '', '0', '', 2 ** 32)),
      ...Array.from({ length: 512 }, () => zeros),
    ]);
    const before = process.memoryUsage().rss;
    const result = await read(bomb);
    expect(slugs(result)).toEqual(['archive-too-large']);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
  });
});

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageshift-archive-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is an archive by its first bytes, whatever its name, and nothing is written beside it', async () => {
    writeFileSync(join(folder, 'a.txt'), gzipSync(TAR));
    writeFileSync(join(folder, 'b.tar'), 'available: 1 nodes (0)\n');
    expect(await isArchive(join(folder, 'a.txt'))).toBe(true);
    for (const other of ['b.tar', 'none', '.']) expect(await isArchive(join(folder, other))).toBe(false);
    expect((await readArchive(join(folder, 'a.txt'), 'a.txt')).members).toEqual(MEMBERS);
    expect(readdirSync(folder)).toEqual(['a.txt', 'b.tar']);
  });
});

const SEED = 20261129;
const RUNS = Number(process.env['PAGESHIFT_FUZZ_ARCHIVES'] ?? 1000);

it(`${RUNS} mutated archives are read or refused: seed ${SEED}`, { timeout: 60_000 + RUNS * 20 }, async () => {
  let slowest = 0;
  let damaged = 0;
  const edit = fc.record({ at: fc.nat(), remove: fc.nat(600), insert: fc.uint8Array({ maxLength: 24 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(TAR, gzipSync(TAR), BZIP2, XZ),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      async (whole, edits) => {
        const bytes = edits.reduce((all, { at, remove, insert }) => {
          const offset = at % (all.length + 1);
          return Buffer.concat([all.subarray(0, offset), insert, all.subarray(offset + remove)]);
        }, whole);
        const before = process.cpuUsage();
        const { members, diagnostics } = await read(bytes);
        const { user, system } = process.cpuUsage(before);
        slowest = Math.max(slowest, (user + system) / 1e6);
        const isRefused = diagnostics.some(({ severity }) => severity === 'error');
        if (isRefused) damaged++;
        if (isRefused && members.length > 0) throw new Error('members beside an error');
        for (const { path } of members) if (/^\/|(?:^|\/)\.\.(?:\/|$)/.test(path)) throw new Error(path);
      },
    ),
    { seed: SEED, numRuns: RUNS },
  );
  expect(damaged).toBeGreaterThan(RUNS / 10);
  expect(slowest).toBeLessThan(1);
});
