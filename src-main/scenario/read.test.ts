import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../shared/errors/index.ts';
import { canonicalText } from './canonical.ts';
import { sampleInput } from './fixture.ts';
import { readScenario } from './read.ts';

const valid = canonicalText(sampleInput());

/** The problems of a text, one line each; a document with an error must have no value. */
function problems(text: string): string[] {
  const { value, diagnostics } = readScenario(text, 'f');
  if (diagnostics.some((d) => d.severity === 'error')) expect(value).toBeNull();
  return diagnostics.map(formatDiagnostic);
}

/** `slug pointer` of each problem. */
const short = (text: string): string[] =>
  readScenario(text, 'f').diagnostics.map((d) => `${d.slug} ${d.where.path ?? ''}`.trim());

const edited = (edit: (doc: any) => void): string => {
  const doc = JSON.parse(JSON.stringify(sampleInput()));
  edit(doc);
  return JSON.stringify(doc, null, 2);
};

describe('readScenario: form', () => {
  it('reads a valid document with its defaults', () => {
    const { value, diagnostics } = readScenario(valid, 'f');
    expect(diagnostics).toEqual([]);
    expect(value?.seed).toBe(1);
    expect(value?.vms[1]?.regeneration).toEqual({ enabled: true, grainKiB: 2048, delayMs: 1000 });
    expect(value?.vms[0]?.workload?.lifetime).toEqual({ law: 'exponential', meanMs: 60000 });
    expect(value?.vms[1]?.workload).toBeNull();
    expect(readScenario(`\ufeff${valid}`, 'f').value).toEqual(value);
  });

  it('says line, column, pointer, found, expected and the nearest key', () => {
    const text =
      '{\n  "pageshift": 1,\n  "name": "a",\n  "hosts": [\n    { "name": "h", "nodes": [{ "nid": "0", "memoryMB": 5 }] }\n  ]\n}';
    expect(problems(text)).toEqual([
      'f:5:39: error wrong-type: "nid" is not a number. (at /hosts/0/nodes/0/nid; found "0"; expected a number)',
      'f:5:44: error key-unknown: There is no key "memoryMB". (at /hosts/0/nodes/0/memoryMB) Did you mean "memoryMiB"?',
    ]);
  });

  it('gives all problems at once, of form and of sense, in the order of the text', () => {
    const text = edited((doc) => {
      doc.seed = 'one';
      doc.hosts[1].nodes[1].nid = 2; // given twice
      doc.vms[0].dirty.rate = 1;
      doc.vms[1].host = 'lefft';
      doc.commands[3].order = 11;
      doc.commands.push({ at: 1, type: 'compct', vm: 'big' }, { type: 'compact', vm: 'big' });
    });
    expect(short(text)).toEqual([
      'node-duplicate /hosts/1/nodes/1/nid',
      'key-unknown /vms/0/dirty/rate',
      'unknown-host /vms/1/host',
      'out-of-range /commands/3/order',
      'wrong-value /commands/4/type',
      'key-missing /commands/5',
      'wrong-type /seed', // the edit put it at the end
    ]);
    expect(problems(text)[2]).toContain('Did you mean "left"?');
    expect(problems(text)[4]).toContain('expected "compact" or "cancelCompaction" or');
  });

  it('reports a missing key at the object that lacks it', () => {
    expect(short(edited((doc) => delete doc.vms[0].host))).toEqual(['key-missing /vms/0']);
    expect(short('{"pageshift": 1}')).toEqual(['key-missing', 'key-missing']);
  });

  it('wants exactly one unit of memory and one time', () => {
    expect(short(edited((doc) => (doc.vms[0].memoryKiB = 4)))).toEqual(['keys-exclude /vms/0']);
    expect(short(edited((doc) => delete doc.vms[0].memoryMiB))).toEqual(['key-missing /vms/0']);
    expect(short(edited((doc) => (doc.commands[0].atMs = 4)))).toEqual(['keys-exclude /commands/0']);
    expect(short(edited((doc) => (doc.commands[2].stripe = { nodes: [0], pages: 1 })))).toEqual([
      'keys-exclude /commands/2',
    ]);
  });

  it.each([
    ['a fraction of a tick', (doc: any) => (doc.tickMs = 0.5), 'wrong-type /tickMs'],
    [
      'KiB that are no whole pages',
      (doc: any) => {
        delete doc.vms[1].memoryPages;
        doc.vms[1].memoryKiB = 257;
      },
      'out-of-range /vms/1/memoryKiB',
    ],
    ['a bad CPU list', (doc: any) => (doc.hosts[0].nodes[0].cpus = '0-3,x'), 'id-list /hosts/0/nodes/0/cpus'],
    [
      'a CPU list that would fill memory',
      (doc: any) => (doc.hosts[0].nodes[0].cpus = '0-999999999'),
      'id-list /hosts/0/nodes/0/cpus',
    ],
    [
      'a grain that is no power of two',
      (doc: any) => (doc.vms[0].regeneration = { grainKiB: 12 }),
      'out-of-range /vms/0/regeneration/grainKiB',
    ],
    ['255 node ids', (doc: any) => (doc.vms[0].nrNodeIds = 255), 'out-of-range /vms/0/nrNodeIds'],
    ['a name with a control character', (doc: any) => (doc.name = 'a\nb'), 'wrong-value /name'],
    [
      'a heavy tail without a mean',
      (doc: any) => (doc.vms[0].workload = { lifetime: { law: 'lomax', alpha: 1, scaleMs: 5 } }),
      'out-of-range /vms/0/workload/lifetime/alpha',
    ],
    [
      'an unknown law',
      (doc: any) => (doc.vms[0].workload = { lifetime: { law: 'weibull' } }),
      'wrong-value /vms/0/workload/lifetime/law',
    ],
    ['a vCPU that is no number', (doc: any) => (doc.vms[0].vcpupin = { a: '0' }), 'wrong-value /vms/0/vcpupin/a'],
    [
      'a third size of frames',
      (doc: any) => (doc.vms[0].backing = { pageKiB: 64 }),
      'wrong-value /vms/0/backing/pageKiB',
    ],
    ['no host', (doc: any) => (doc.hosts = []), 'too-few /hosts'],
    ['a null', (doc: any) => (doc.vms[0] = null), 'wrong-type /vms/0'],
  ])('refuses %s', (_what, edit, expected) => {
    expect(short(edited(edit))).toContain(expected);
  });

  it('says of a value of several kinds what each would be', () => {
    expect(problems(edited((doc) => (doc.vms[0].profile = { rfc: 'nope' }))).join()).toContain(
      'found "nope"; expected "correct" or "rfc-v3" or "all-defects" or an object { … })',
    );
  });

  it('does not blame others for a part that could not be read', () => {
    // VM "big" is unreadable: its commands are not reported as naming an unknown VM.
    expect(short(edited((doc) => (doc.vms[0].vcpus = 'four')))).toEqual(['wrong-type /vms/0/vcpus']);
    expect(short(edited((doc) => (doc.hosts = 4)))).toEqual(['wrong-type /hosts']);
    expect(short(edited((doc) => delete doc.vms[0].name))).toEqual(['key-missing /vms/0']);
  });

  it('refuses another version before anything else, even when the rest cannot be read', () => {
    expect(problems('{"pageshift": 2, "future": [}')).toEqual([
      'f:1:15: error scenario-newer: This scenario is of version 2; this Pageshift reads version 1. Open it with a newer Pageshift. (at /pageshift)',
    ]);
    expect(short('{"pageshift": 0, "x": 1}')).toEqual(['scenario-version /pageshift']);
    expect(short('{"name": "a"}')).toEqual(['not-a-scenario']);
    for (const text of ['[]', '1', 'null', '"pageshift"']) expect(short(text)).toEqual(['not-a-scenario']);
  });
});

describe('readScenario: hostile text', () => {
  it('reports syntax with its place', () => {
    expect(problems(valid.replace('"seed": 1,', '"seed": 1 // one\n,'))).toEqual([
      'f:4:13: error json-syntax: Comments are not part of JSON.',
    ]);
    expect(problems('')).toEqual(['f:1:1: error json-syntax: The text ends before the document does.']);
    expect(short(valid.replace('"seed": 1,', '"seed": NaN,'))).toContain('json-syntax');
  });

  it('survives truncation anywhere, always with an error', () => {
    for (let length = 0; length < valid.length - 2; length += 7) {
      const read = readScenario(valid.slice(0, length), 'f');
      expect(read.value).toBeNull();
      expect(read.diagnostics.length).toBeGreaterThan(0);
    }
  });

  it('reports duplicate keys and __proto__, and pollutes nothing', () => {
    const text = valid.replace(
      '"seed": 1,',
      '"seed": 1, "seed": 2, "__proto__": { "polluted": true }, "constructor": 1,',
    );
    expect(short(text)).toEqual(['key-duplicate /seed', 'key-unknown /__proto__', 'key-unknown /constructor']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    const pins = valid.replace('"vcpupin": { "0": "0-3" }', '"vcpupin": { "__proto__": "0-3" }');
    expect(short(pins)).toEqual(['key-unknown /vms/0/vcpupin/__proto__']);
  });

  it('refuses numbers that overflow', () => {
    expect(short(valid.replace('"seed": 1,', '"seed": 1e999,'))).toEqual(['wrong-type /seed']);
    expect(short(valid.replace('"seed": 1,', '"seed": 4294967296,'))).toEqual(['out-of-range /seed']);
    expect(short(valid.replace('"memoryMiB": 512', '"memoryMiB": 1e15'))).toContain('out-of-range /vms/0/memoryMiB');
  });

  it('refuses deep nesting, too many values, too long text, without parsing them', () => {
    expect(short('['.repeat(1_000_000))).toEqual(['text-too-deep']);
    expect(short(`{"pageshift":1,"name":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`)).toEqual(['text-too-deep']);
    expect(short(`[${'0,'.repeat(1_000_001)}0]`)).toEqual(['text-too-many-values']);
    expect(short(' '.repeat(16 * 1024 * 1024 + 1))).toEqual(['text-too-large']);
    // Brackets inside of text do not nest.
    expect(short(valid.replace('"sample"', `"${'['.repeat(50)}"`))).toEqual([]);
  });

  it('refuses 200,000 commands and caps the problems of many', () => {
    const many = (count: number, vm: string): string =>
      edited((doc) => (doc.commands = Array.from({ length: count }, (_, at) => ({ at, type: 'cancelMigration', vm }))));
    expect(short(many(200_000, 'big'))).toEqual(['text-too-many-values']);
    expect(short(many(20_001, 'big'))).toEqual(['too-many /commands']);
    const read = readScenario(many(1000, 'nobody'), 'f');
    expect(read.diagnostics).toHaveLength(201);
    expect(read.diagnostics.at(-1)?.message).toBe('And 800 more problems.');
  });
});
