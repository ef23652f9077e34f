/** `check`, `facts` and `import` from outside: stdout, stderr and exit code. */
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOMAIN, NUMACTL, SCENARIO } from './fixture/input.ts';
import { pageshift } from './fixture/pageshift.ts';

let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pageshift-'));
  writeFileSync(at('small.pageshift.json'), SCENARIO);
  writeFileSync(at('host.txt'), NUMACTL);
  writeFileSync(at('vm.xml'), DOMAIN);
  writeFileSync(at('bad.xml'), DOMAIN.slice(0, 60));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('check', () => {
  it('says ok on stderr, for scenarios and foreign files', async () => {
    const [own, host, vm] = await Promise.all(
      ['small.pageshift.json', 'host.txt', 'vm.xml'].map((name) => pageshift(['check', at(name)])),
    );
    expect([own!.code, own!.stdout, own!.stderr]).toEqual([
      0,
      '',
      'ok: a Pageshift scenario: 1 host (2 nodes, 512 MiB), 1 VM (64 MiB), 0 commands\n',
    ]);
    expect([host!.code, host!.stdout, host!.stderr]).toEqual([
      0,
      '',
      'ok: the output of numactl --hardware (a host): 2 nodes, 4 CPUs, 1 GiB\n',
    ]);
    expect([vm!.code, vm!.stdout]).toEqual([0, '']);
  });

  it('names every problem of a scenario at once, with its place', async () => {
    const stdin = SCENARIO.replace('"memoryMiB": 64,', '"memoryMiB": 640, "hots": 1,').replace('"nid": 1', '"nid": 0');
    const text = await pageshift(['check', '-'], { stdin });
    expect([text.code, text.stdout]).toEqual([1, '']);
    expect(text.stderr.match(/^<stdin>:\d+:\d+: error /gm)!.length).toBeGreaterThan(1);
    const json = await pageshift(['check', '-', '--json'], { stdin });
    const document = JSON.parse(json.stdout);
    expect([json.code, document]).toMatchObject([1, { file: '<stdin>', kind: 'scenario', ok: false }]);
    expect(document.diagnostics.every((d: { where: { line?: number } }) => d.where.line !== undefined)).toBe(true);
  });

  it('estimates what running takes, by memory and time, and warns of what no machine has', async () => {
    const json = async (text: string) => {
      const { stdout } = await pageshift(['check', '-', '--json'], { stdin: text });
      return JSON.parse(stdout) as {
        estimate: { memoryMiB: number; makeSec: number; tickSec: number };
        diagnostics: { slug: string }[];
      };
    };
    const small = await json(SCENARIO);
    const { vms, ...rest } = JSON.parse(SCENARIO) as { vms: [{ workload: object }]; hosts: object[] };
    const [{ workload }] = vms;
    const grown = (gib: number): string =>
      JSON.stringify({
        ...rest,
        hosts: [{ name: 'h', nodes: [{ nid: 0, memoryMiB: 8_388_608 }] }],
        vms: [{ name: 'v', host: 'h', memoryMiB: gib * 1024, workload }],
      });
    const large = await json(grown(512));
    // 1.5 bytes a page, and 12 a block in use.
    expect(large.estimate.memoryMiB - small.estimate.memoryMiB).toBeGreaterThan(150);
    expect(large.estimate.makeSec).toBeGreaterThan(1000 * small.estimate.makeSec);
    expect(small.diagnostics.map(({ slug }) => slug)).not.toContain('memory-too-small');
  });

  it.each([
    ['a truncated file', () => at('bad.xml'), /bad\.xml:\d+.* error /],
    ['a missing file', () => at('none'), /none: error input-missing: /],
    ['an empty folder', () => mkdtempSync(at('empty-')), /error: there is no file in .*empty-/],
    ['an empty stdin', () => '-', /^<stdin>:1: error input-empty: /],
  ])('refuses %s with a reason', async (_, path, says) => {
    const { code, stdout, stderr } = await pageshift(['check', path()]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(says);
  });

  it('refuses what is not UTF-8 with its line', async () => {
    writeFileSync(at('latin1.txt'), Buffer.from(`${NUMACTL}# Kn\xf6ten\n`, 'latin1'));
    const { code, stderr } = await pageshift(['check', at('latin1.txt')]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/latin1\.txt:12: error input-not-utf8: /)]);
  });

  it('refuses a file of 200 MB by its size, without reading it', async () => {
    closeSync(openSync(at('huge.xml'), 'w'));
    truncateSync(at('huge.xml'), 200_000_000);
    for (const command of ['check', 'run', 'facts']) {
      const { code, stdout, stderr } = await pageshift([command, at('huge.xml')], {
        env: { NODE_OPTIONS: '--max-old-space-size=64' },
      });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(
        /huge\.xml:1: error input-too-large: .*found 200000000 bytes; expected at most 16777216 bytes/,
      );
    }
  });
});

describe('facts', () => {
  it('are JSON on stdout', async () => {
    const { code, stdout, stderr } = await pageshift(['facts', at('host.txt')]);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'numactl-hardware',
      nodes: [
        { id: 0, memoryKiB: 524288, cpus: [0, 1] },
        { id: 1, cpus: [2, 3] },
      ],
      distances: {
        ids: [0, 1],
        matrix: [
          [10, 21],
          [21, 10],
        ],
      },
      hugepages: [],
    });
  });

  it('are not there when there is an error', async () => {
    for (const path of [at('bad.xml'), at('small.pageshift.json')]) {
      const { code, stdout, stderr } = await pageshift(['facts', path]);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/: error /);
    }
  });
});

describe('import', () => {
  it('writes a scenario that runs, and tells the files apart by content', async () => {
    const out = at('imported.pageshift.json');
    const made = await pageshift(['import', at('vm.xml'), at('host.txt'), '--compact', 'guest=1', '-o', out]);
    expect([made.code, made.stdout]).toEqual([0, '']);
    expect(made.stderr).toContain('1 host (2 nodes, 1 GiB), 1 VM (128 MiB), 1 command\n');
    const piped = await pageshift(['import', at('host.txt'), at('vm.xml'), '--compact', 'guest=1', '-o', '-']);
    const { vms, sources } = JSON.parse(readFileSync(out, 'utf8'));
    expect(JSON.parse(piped.stdout).vms).toEqual(vms);
    expect(sources).toMatchObject([
      { name: 'host.txt', format: 'numactl-hardware', text: NUMACTL },
      { name: 'vm.xml', format: 'domain', text: DOMAIN },
    ]);
    const { code, stdout } = await pageshift(['run', out, '--ticks', '30', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { hosts: [{ nodes: [{ usedPages: 0 }, { usedPages: 32768 }] }] },
    ]);
  });

  it('rehearses a compaction of each VM unless told not to', async () => {
    const commands = await Promise.all(
      [[], ['--no-rehearsal']].map(async (flags) => {
        const { stdout, stderr } = await pageshift(['import', at('host.txt'), at('vm.xml'), ...flags, '-o', '-']);
        expect(stderr.includes('it rehearses a compaction of guest; --no-rehearsal leaves that out')).toBe(
          flags.length === 0,
        );
        return JSON.parse(stdout).commands.map(({ type, vm }: { type: string; vm: string }) => `${type} ${vm}`);
      }),
    );
    expect(commands).toEqual([['compact guest'], []]);
  });

  it('writes nothing when one of the files has an error', async () => {
    const { code, stderr } = await pageshift(['import', at('host.txt'), at('bad.xml'), '-o', at('no.pageshift.json')]);
    expect([code, existsSync(at('no.pageshift.json')), stderr]).toEqual([
      1,
      false,
      expect.stringMatching(/nothing was written\n$/),
    ]);
  });

  it('replaces a scenario, but nothing else unless it is forced', async () => {
    const files = [at('host.txt'), at('vm.xml')];
    writeFileSync(at('notes.txt'), 'mine');
    const refused = await pageshift(['import', ...files, '-o', at('notes.txt')]);
    expect([refused.code, readFileSync(at('notes.txt'), 'utf8')]).toEqual([1, 'mine']);
    expect(refused.stderr).toContain('error output-exists');
    writeFileSync(at('old.pageshift.json'), SCENARIO);
    expect((await pageshift(['import', ...files, '-o', at('old.pageshift.json')])).code).toBe(0);
    expect((await pageshift(['import', ...files, '-o', at('notes.txt'), '--force'])).code).toBe(0);
    for (const name of ['old.pageshift.json', 'notes.txt'])
      expect(JSON.parse(readFileSync(at(name), 'utf8')).pageshift).toBe(1);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('says what is wrong with the place to write to', async () => {
    const { code, stderr } = await pageshift([
      'import',
      at('host.txt'),
      at('vm.xml'),
      '-o',
      at('none/out.pageshift.json'),
    ]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('error output-no-folder')]);
  });
});

describe('nothing is lost', () => {
  it('what was read is never written over, even with --force', async () => {
    writeFileSync(at('own.xml'), DOMAIN);
    const kept = await pageshift(['import', at('host.txt'), at('own.xml'), '--force', '-o', at('own.xml')]);
    expect([kept.code, kept.stderr.includes('output-is-input')]).toEqual([1, true]);
    expect(readFileSync(at('own.xml'), 'utf8')).toBe(DOMAIN);
    writeFileSync(at('mine.json'), SCENARIO);
    const report = await pageshift(['report', at('mine.json'), '--ticks', '1', '--force', '-o', at('mine.html')]);
    expect([report.code, report.stderr.includes('output-is-input')]).toEqual([1, true]);
    expect(readFileSync(at('mine.json'), 'utf8')).toBe(SCENARIO);
    expect(existsSync(at('mine.html'))).toBe(false);
  });

  it('an edited scenario that an import replaces is kept beside it', async () => {
    const out = at('edited.pageshift.json');
    const again = (): ReturnType<typeof pageshift> => pageshift(['import', at('host.txt'), at('vm.xml'), '-o', out]);
    await again();
    const edited = readFileSync(out, 'utf8').replace('"seed": 1', '"seed": 777');
    writeFileSync(out, edited);
    const { code, stderr } = await again();
    expect([code, stderr.includes('is kept as edited.pageshift.json~')]).toEqual([0, true]);
    expect(readFileSync(`${out}~`, 'utf8')).toBe(edited);
    expect(edited).toContain('777');
  });

  it('control characters of a file do not reach the terminal', async () => {
    writeFileSync(at('escape.pageshift.json'), '{"pageshift":1,"\\u001b[31mRED\\u0007":1}');
    const { stderr } = await pageshift(['check', at('escape.pageshift.json')]);
    expect(stderr).toContain('\\u{1b}[31mRED\\u{7}');
    expect(stderr.includes('\u001b')).toBe(false);
  });
});
