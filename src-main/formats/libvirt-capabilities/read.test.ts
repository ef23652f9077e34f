import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCapabilities } from './read.ts';

const fixture = readFileSync(new URL('fixtures/sparse-power.xml', import.meta.url), 'utf8');
const cells = (inner: string, num = '') =>
  `<capabilities>\n<host>\n<topology>\n<cells${num}>\n${inner}\n</cells>\n</topology>\n</host>\n</capabilities>`;
const problems = (text: string) =>
  readCapabilities(text, 'c.xml').diagnostics.map((d) => `${d.severity} ${d.slug} ${d.where.line}`);

describe('readCapabilities', () => {
  it('reads sparse ids, units, absent memory and pools, and ignores what does not count', () => {
    const { value, diagnostics } = readCapabilities(fixture, 'c.xml');
    expect(diagnostics).toEqual([]);
    expect(value).toEqual({
      kind: 'capabilities',
      nodes: [
        {
          id: 0,
          memoryKiB: 2097152,
          cpus: [0],
          freeKiB: null,
          pages: [
            { sizeKiB: 64, count: 32768 },
            { sizeKiB: 16384, count: 0 },
          ],
        },
        {
          id: 8,
          memoryKiB: 1048576,
          cpus: [80, 88],
          freeKiB: null,
          pages: [
            { sizeKiB: 64, count: 16384 },
            { sizeKiB: 16384, count: 3 },
          ],
        },
        { id: 255, memoryKiB: null, cpus: [], freeKiB: null, pages: [] },
      ],
      distances: {
        ids: [0, 8, 255],
        matrix: [
          [10, 40, 81],
          [40, 10, 80],
          [80, 80, 10],
        ],
      },
      hugepages: [
        { node: 0, sizeKiB: 16384, count: 0 },
        { node: 8, sizeKiB: 16384, count: 3 },
      ],
      arch: 'ppc64le',
      uuid: '11111111-2222-3333-4444-555555555555',
      interconnects: [],
      cpuPlaces: [
        { id: 80, socket: 8, die: null, cluster: null, core: 0, siblings: null },
        { id: 88, socket: 8, die: null, cluster: null, core: 1, siblings: null },
      ],
    });
  });

  it('reads the same from a text with CR LF and a byte order mark', () => {
    const windows = `\ufeff${fixture.replaceAll('\n', '\r\n')}`;
    expect(readCapabilities(windows, 'c.xml')).toEqual(readCapabilities(fixture, 'c.xml'));
  });

  it('reads HMAT interconnects', () => {
    const text = cells("<cell id='0'/>").replace(
      '</topology>',
      "<interconnects><latency initiator='0' target='0' cache='1' type='read' value='6'/>" +
        "<bandwidth initiator='0' target='0' type='access' value='2' unit='MiB'/></interconnects></topology>",
    );
    expect(readCapabilities(text, 'c.xml').value?.interconnects).toEqual([
      { initiator: 0, target: 0, cache: 1, type: 'read', latencyNs: 6, bandwidthKibPerSec: null },
      { initiator: 0, target: 0, cache: null, type: 'access', latencyNs: null, bandwidthKibPerSec: 2048 },
    ]);
  });

  it('takes a cell that lists only large pages to list no base page', () => {
    const { value } = readCapabilities(cells("<cell id='3'><pages size='2048'>5</pages></cell>"), 'c.xml');
    expect(value?.hugepages).toEqual([{ node: 3, sizeKiB: 2048, count: 5 }]);
  });

  it('tells all problems at once, with line, path, found and expected', () => {
    const text = cells(
      [
        "<cell id='0'><memory>-1</memory><cpus num='1'><cpu id='1'/></cpus></cell>",
        "<cell id='0'/>",
        "<cell id='1'><cpus num='1'><cpu id='1'/></cpus></cell>",
        "<cell id='1000000000'/>",
        '<cell/>',
        "<cell id='4'><pages>3</pages></cell>",
      ].join('\n'),
    );
    expect(problems(text)).toEqual([
      'error size-invalid 5',
      'error node-duplicate 6',
      'warning cpu-in-two-nodes 7',
      'error number-invalid 8',
      'error attribute-missing 9',
      'error attribute-missing 10',
    ]);
    const { value, diagnostics } = readCapabilities(text, 'c.xml');
    expect(value).toBeNull();
    expect(diagnostics[1]).toMatchObject({
      where: { file: 'c.xml', line: 6, column: 1, path: '/capabilities/host/topology/cells/cell[2]/@id' },
      found: "id='0', first at line 5",
      expected: 'another id',
    });
  });

  it('warns of what real captures have', () => {
    const text = cells(
      [
        "<cell id='0'><cpus num='4'><cpu id='1'/><cpu id='1'/></cpus></cell>",
        "<cell id='1'><memory>4</memory><pages size='4'>1</pages><pages size='2048'>1</pages></cell>",
        "<cell id='2'><distances><sibling id='0' value='20'/></distances></cell>",
      ].join('\n'),
      " num='9'",
    );
    expect(problems(text)).toEqual([
      'warning cell-count 4',
      'warning cpu-count 5',
      'warning distances-incomplete 5',
      'warning hugepages-exceed-memory 6',
    ]);
    const { value } = readCapabilities(text, 'c.xml');
    expect(value?.nodes[0]?.cpus).toEqual([1]);
    expect(value?.distances).toBeNull();
  });

  it('keeps odd distances with a warning and refuses those above 255', () => {
    const pair = (values: readonly number[]) =>
      cells(
        [0, 1]
          .map((i) => {
            const row = [0, 1].map((j) => `<sibling id='${j}' value='${values[2 * i + j]}'/>`).join('');
            return `<cell id='${i}'><distances>${row}</distances></cell>`;
          })
          .join('\n'),
      );
    expect(problems(pair([20, 9, 21, 10]))).toEqual(['warning distance-local 5', 'warning distance-reserved 5']);
    expect(readCapabilities(pair([20, 9, 21, 10]), 'c.xml').value?.distances?.matrix).toEqual([
      [20, 9],
      [21, 10],
    ]);
    expect(problems(pair([10, 256, 20, 10]))).toEqual(['error distance-too-large 5']);
  });

  it('refuses documents without cells and other documents', () => {
    expect(problems('<capabilities><host/></capabilities>')).toEqual(['error topology-missing 1']);
    expect(problems(cells(''))).toEqual(['error topology-missing 4']);
    expect(problems('<domain/>')).toEqual(['error root-element 1']);
    expect(problems(cells("<cell id='0'/>".repeat(1025)))).toEqual(['error too-many-nodes 4']);
  });
});
