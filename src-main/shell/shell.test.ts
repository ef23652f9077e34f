/** The shell over a made-up guest: what it keeps, what a refused write does, that it ends. */
import { describe, expect, it } from 'vitest';
import { FakeHost } from './fixture.ts';
import { GuestShell } from './shell.ts';

const D = '/sys/kernel/debug/memlayout';
const TREE = {
  [`${D}/start`]: '0x0000000000000000\n',
  [`${D}/end`]: '0x0000000000000000\n',
  [`${D}/node`]: '0\n',
  [`${D}/commit`]: '0\n',
  [`${D}/clear`]: '0\n',
  [`${D}/current`]: '-> layout.0',
  [`${D}/layout.0/00000-08000`]: '0\n',
  '/proc/meminfo': 'MemTotal:         131072 kB\n',
  '/dev/kmsg': '6,0,0,-;Linux version 3.10\n4,1,1500000,-;second 100%\n',
};

const answer = (path: string, text: string) => {
  if (text.includes('bad')) return { ok: false, errno: 'EINVAL' } as const;
  if (text.includes('crash')) return { ok: false, errno: 'killed' } as const;
  if (text.includes('hang')) return { ok: false, errno: 'hangs' } as const;
  if (path.endsWith('/node') && text === '7\n') return { ok: true, consumed: 1 } as const;
  return null;
};

function begin() {
  const host = new FakeHost(TREE, answer);
  const shell = new GuestShell(host, 'web1');
  /** stdout, stderr, status. */
  const run = async (line: string): Promise<readonly [string, string, number]> => {
    const { output, exitCode } = await shell.line(line);
    const of = (stream: string): string =>
      output
        .filter((part) => part.stream === stream)
        .map(({ text }) => text)
        .join('');
    return [of('out'), of('err'), exitCode];
  };
  return { host, shell, run };
}

describe('a line', () => {
  it('writes a guest file once, with the whole text, and opens it for nothing', async () => {
    const { host, run } = begin();
    expect(await run(`cd ${D}`)).toEqual(['', '', 0]);
    expect(await run('echo 0x100 > start; printf 0x1ff > end; echo 1 > node && echo 1 >> commit')).toEqual(['', '', 0]);
    expect(host.written).toEqual([
      { path: `${D}/start`, text: '0x100\n' },
      { path: `${D}/end`, text: '0x1ff' },
      { path: `${D}/node`, text: '1\n' },
      { path: `${D}/commit`, text: '1\n' },
    ]);
    await run(': > start');
    expect(host.written).toHaveLength(4);
    const long = 'x'.repeat(5000);
    await run(`echo ${long} > start`);
    expect(host.written.slice(4).map(({ text }) => text.length)).toEqual([4096, 905]);
  });

  it('sends the rest again when not all was taken', async () => {
    const { host, run } = begin();
    expect(await run(`echo 7 > ${D}/node`)).toEqual(['', '', 0]);
    expect(host.written.map(({ text }) => text)).toEqual(['7\n', '\n']);
  });

  it('goes on from line to line: directory, variables, functions, status', async () => {
    const { run, shell } = begin();
    expect(shell.prompt).toBe('root@web1:~# ');
    await run(`cd ${D}; x=5; export y=6; f() { echo "f $1 $x"; }; false`);
    expect(shell.prompt).toBe(`root@web1:${D}# `);
    expect(await run('echo $? $x $y; pwd; f 3; sh -c "echo $y"')).toEqual([`1 5 6\n${D}\nf 3 5\n6\n`, '', 0]);
    expect(await run('cd -; cd /tmp; unset x; echo "[$x]"')).toEqual([`/root\n[]\n`, '', 0]);
    expect(await run('unset -f f; f')).toEqual(['', 'sh: f: command not found\n', 127]);
    expect(await run('f')).toEqual(['', 'sh: f: command not found\n', 127]);
  });

  it('reads and lists the guest and follows its links', async () => {
    const { run } = begin();
    expect(await run(`cat /proc/meminfo ${D}/current/00000-08000`)).toEqual([
      'MemTotal:         131072 kB\n0\n',
      '',
      0,
    ]);
    expect((await run(`ls ${D}`))[0].split('\n')).toContain('layout.0');
    expect(await run(`cd ${D}/current; ls; for f in *-*; do cat $f; done`)).toEqual(['00000-08000\n0\n', '', 0]);
    expect((await run(`ls -l ${D}`))[0]).toMatch(/current -> layout\.0/);
    expect((await run('ls /'))[0].split('\n')).toEqual(expect.arrayContaining(['proc', 'root', 'sys', 'tmp']));
    expect((await run('cat /proc/none'))[2]).toBe(1);
  });
});

describe('what is printed', () => {
  it('comes in order, statement by statement, in loops and branches too', async () => {
    const { shell } = begin();
    const texts = async (line: string): Promise<readonly string[]> =>
      (await shell.line(line)).output.map(({ stream, text }) => `${stream}: ${text}`);
    expect(await texts('echo 1; none; echo 2; cat /no; echo 3')).toEqual([
      ...['out: 1\n', 'err: sh: none: command not found\n', 'out: 2\n'],
      ...['err: cat: /no: No such file or directory\n', 'out: 3\n'],
    ]);
    expect(await texts('for i in 1 2; do echo $i; if [ $i = 2 ]; then no; echo b; fi; done; false; echo $?')).toEqual([
      ...['out: 1\n2\n', 'err: sh: no: command not found\n', 'out: b\n1\n'],
    ]);
    // What goes through a pipe, into a variable or a file has no marks.
    expect(await texts('for i in 1 2; do echo $i; done | sed s/^/x/ | wc -c')).toEqual(['out: 6\n']);
    expect(await texts('x=$(echo a; echo b); echo "$x" > /tmp/x; wc -c < /tmp/x; f() { echo f; }; f | wc -c')).toEqual([
      'out: 4\n2\n',
    ]);
    expect(await texts('exec > /tmp/all; echo 1; echo 2')).toEqual([]);
    expect(await texts('cat /tmp/all')).toEqual(['out: 1\n2\n']);
  });
});

describe('a write that is refused', () => {
  const status = `sh: write error: Invalid argument\n`;

  it('is the status of its command, and the line goes on', async () => {
    const { run } = begin();
    await run(`cd ${D}`);
    expect(await run('echo bad > start; echo $?')).toEqual(['1\n', status, 0]);
    expect(await run('echo bad > start')).toEqual(['', status, 1]);
    expect(await run('echo bad > start || echo no')).toEqual(['no\n', status, 0]);
    expect(await run('echo bad > start && echo yes')).toEqual(['', status, 1]);
    expect(await run('for i in bad good; do echo $i > start && echo $i; done')).toEqual(['good\n', status, 0]);
    expect(await run('if ! echo bad > start; then echo caught; fi')).toEqual(['caught\n', status, 0]);
    expect(await run('w() { echo $1 > start; }; w bad || echo from w')).toEqual(['from w\n', status, 0]);
    expect(await run('x=$(echo bad > start; echo $?); echo $x')).toEqual(['1\n', expect.any(String), 0]);
    expect(await run('sh -c "echo bad > start"')).toEqual(['', status, 1]);
    expect(await run('{ echo bad; } > start; echo $?')).toEqual(['1\n', status, 0]);
  });

  it('speaks where the command does', async () => {
    const { run } = begin();
    await run(`cd ${D}`);
    expect(await run('echo bad > start 2>/dev/null; echo $?')).toEqual(['1\n', '', 0]);
    expect(await run('echo bad 2>/tmp/e > start; cat /tmp/e')).toEqual([status, '', 0]);
    expect(await run('numactl 2>&1 > start')).toEqual(['usage: numactl --hardware | --show\n', '', 1]);
    expect(await run('seq 1 2 | sed s/1/bad/ > start')).toEqual(['', 'sed: write error: Invalid argument\n', 1]);
    expect(await run('echo bad | tee start')).toEqual(['bad\n', 'tee: start: Invalid argument\n', 1]);
    expect(await run('echo bad > /tmp/b; cp /tmp/b start')).toEqual(['', expect.stringMatching(/^cp: /), 1]);
  });

  it('keeps the status of a command that failed by itself', async () => {
    const { run } = begin();
    expect(await run('false > /tmp/x; echo $?')).toEqual(['1\n', '', 0]);
    expect(await run('none > /tmp/x; echo $?; true > /tmp/x; echo $?')).toEqual(['127\n0\n', expect.any(String), 0]);
  });

  it('is refused at the opening where there is no file', async () => {
    const { run, host } = begin();
    expect(await run(`echo 1 > ${D}/none; echo $?`)).toEqual([
      '1\n',
      `sh: can't create ${D}/none: Permission denied\n`,
      0,
    ]);
    expect(await run('echo 1 > /sys/none/x')).toEqual(['', `sh: can't create /sys/none/x: nonexistent directory\n`, 1]);
    expect(await run('echo 1 > /none/x')).toEqual(['', `sh: can't create /none/x: nonexistent directory\n`, 1]);
    expect(await run(`echo 1 > ${D}`)).toEqual(['', `sh: ${D}: Is a directory\n`, 1]);
    expect((await run(`mkdir ${D}/x; rm ${D}/start; mv ${D}/start /tmp/s; touch ${D}/y`))[2]).not.toBe(0);
    expect(host.written).toEqual([]);
  });

  it('ends the line where it kills the shell, or never returns', async () => {
    const { run, shell } = begin();
    expect(await run(`echo crash > ${D}/commit; echo after`)).toEqual(['', 'Killed\n', 137]);
    const [out, err, code] = await run(`echo hang > ${D}/commit; echo after`);
    expect([out, code]).toEqual(['', 1]);
    expect(err).toMatch(/the write to .*commit does not return/);
    expect(shell.running).toBe(false);
    expect(await run('echo here')).toEqual(['here\n', '', 0]);
  });
});

describe('a command of several lines', () => {
  it('waits for its end', async () => {
    const { host, shell, run } = begin();
    for (const part of ['for i in 1 2', 'do', 'echo $i']) {
      expect(await run(part)).toEqual(['', '', 0]);
      expect(shell.prompt).toBe('> ');
    }
    expect(await run('done | cat')).toEqual(['1\n2\n', '', 0]);
    expect(host.lines).toEqual(['for i in 1 2\ndo\necho $i\ndone | cat', '']);
    expect(shell.prompt).toBe('root@web1:~# ');
  });

  it.each([
    [['if true; then', 'echo yes', 'fi'], 'yes\n'],
    [['true &&', 'echo yes'], 'yes\n'],
    [['echo a |', 'cat'], 'a\n'],
    [['echo "a', 'b"'], 'a\nb\n'],
    [['echo a \\', 'b'], 'a b\n'],
    [['cat <<E', 'x $((1+1))', 'E'], 'x 2\n'],
    [['f() {', 'echo f', '}; f'], 'f\n'],
    [['while read x; do', 'echo $x', 'done <<E', '1', 'E'], '1\n'],
    [['echo done # a |'], 'done\n'],
  ])('%j', async (lines, out) => {
    const { run } = begin();
    const results = [];
    for (const line of lines) results.push(await run(line));
    expect(results.map(([text]) => text).join('')).toBe(out);
    expect(results.at(-1)![2]).toBe(0);
  });

  it('is given up by Ctrl-C, and is an error at the end of input', async () => {
    const { shell, run } = begin();
    await run('while true; do');
    shell.stop();
    expect(await run('echo here')).toEqual(['here\n', '', 0]);
    await run('if true');
    expect(shell.endOfInput()).toMatchObject({ exitCode: 2 });
  });

  it('that cannot become one is an error at once', async () => {
    const { run, shell } = begin();
    const [, err, code] = await run('done');
    expect([code, shell.continues]).toEqual([2, false]);
    expect(err).toMatch(/^sh: syntax error/);
  });
});

describe('a line ends', () => {
  it('when it is stopped', async () => {
    const { shell, host, run } = begin();
    const line = run('x=1; while :; do x=2; done');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(shell.running).toBe(true);
    shell.stop();
    expect(await line).toEqual(['', '^C\n', 130]);
    expect(host.breaths).toBeGreaterThan(0);
    expect(await run('echo "[$x]"')).toEqual(['[]\n', '', 0]);
  });

  it('when it has run too long', async () => {
    let ms = 0;
    const shell = new GuestShell(new FakeHost(TREE), 'web1', () => (ms += 100));
    const endOf = async (line: string) => {
      const { output, exitCode } = await shell.line(line);
      return [output, exitCode];
    };
    const stopped = (why: string) => [[{ stream: 'err', text: `sh: stopped: ${why}\n` }], 130];
    expect(await endOf('while :; do :; done')).toEqual(stopped('it has touched nothing of the guest for 20 seconds'));
    expect(await endOf('while :; do read x < /proc/meminfo; done')).toEqual(stopped('it runs for 120 seconds'));
  });

  it.each([
    'awk "BEGIN{for(i=0;i<99999;i++)for(j=0;j<99999;j++);}"',
    'seq 3000 | sed ":a;s/x/x/;ba"',
    'printf "1\\n%.0s" $(seq 50000) | awk "{for(j=0;j<99999;j++);}"',
  ])('when it computes without a pause: %s', async (line) => {
    let ms = 0;
    const shell = new GuestShell(new FakeHost(TREE), 'web1', () => (ms += 100));
    const { output, exitCode } = await shell.line(line);
    expect([output.at(-1)?.text, exitCode]).toEqual([
      expect.stringMatching(
        /(sh: stopped: it computes for 5 seconds without a pause|exceeded maximum iterations.*)\n$/,
      ),
      expect.toSatisfy((code) => code === 130 || code === 126),
    ]);
    expect(await shell.line('echo here')).toMatchObject({ exitCode: 0 });
  });

  it('xargs can be stopped', async () => {
    const { shell, run } = begin();
    const line = run('seq 100000 | xargs -n 1 echo');
    await new Promise((resolve) => setTimeout(resolve, 100));
    shell.stop();
    const [, err, code] = await line;
    expect([err, code]).toEqual(['^C\n', 130]);
  });

  it('with exit, and the next one begins anew', async () => {
    const { shell, run } = begin();
    await run('cd /tmp; x=5');
    expect(await shell.line('exit 3')).toMatchObject({ exited: true, exitCode: 3, prompt: 'root@web1:~# ' });
    expect(await run('echo "[$x]"')).toEqual(['[]\n', '', 0]);
    expect(await shell.line('false')).toMatchObject({ exited: false, exitCode: 1 });
    expect(await shell.line('f() { f; }; f')).toMatchObject({ exited: false, exitCode: 126 });
    expect(await shell.line('x=(')).toMatchObject({ exited: false });
  });

  it('prints no more than the protocol carries', async () => {
    const { shell } = begin();
    const { output, cutChars } = await shell.line('seq 1 200000');
    expect(output[0]!.text).toHaveLength(2 ** 20);
    expect(cutChars).toBe(1_288_895 - 2 ** 20);
  });

  it.each([
    ['prints', 'while :; do cat /proc/meminfo /proc/meminfo; done', 'sh: stopped: its commands have printed 16 MiB\n'],
    [
      'pipes',
      'while :; do cat /proc/meminfo; done | cat > /dev/null',
      'sh: stopped: its commands have printed 16 MiB\n',
    ],
    [
      'keeps files',
      'while cat /proc/meminfo >> /tmp/x; do :; done',
      'No space left on device: the files of a shell have 8 MiB',
    ],
    ['joins values', 'while :; do x=$x$(cat /proc/meminfo); done', 'string length limit exceeded (4194304 bytes)\n'],
    ['sleeps', 'while :; do sleep 1h; done', 'sh: stopped: a line may sleep for 86400 simulated seconds in all\n'],
    [
      'writes',
      `while :; do cp /proc/meminfo ${D}/start; done`,
      'sh: stopped: it has written 32 MiB to files of the guest\n',
    ],
  ])('when it %s without end, and says why', async (_, line, why) => {
    // As much as the files of a large guest have.
    const shell = new GuestShell(new FakeHost({ ...TREE, '/proc/meminfo': `${'x'.repeat(400_000)}\n` }), 'web1');
    const { output, exitCode } = await shell.line(line);
    expect(output.at(-1)!.text).toContain(why);
    expect(output.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(2 ** 20);
    if (line.startsWith('while :')) expect(exitCode).not.toBe(0);
    expect(await shell.line('echo here')).toMatchObject({ exitCode: 0, exited: false });
  });

  it('and what it keeps of its variables is limited', async () => {
    const { run } = begin();
    const [, err] = await run('a=$(printf "%0900000d" 1); b=$a$a');
    expect(err).toMatch(
      /^sh: the variables of this line are not kept: they have 27\d{5} characters, a shell keeps 1048576\n$/,
    );
    expect(await run('echo ${#b}')).toEqual(['0\n', '', 0]);
  });

  it('and what it prints steers no terminal', async () => {
    const { run } = begin();
    expect(await run('printf "a\\033[31m\\tb\\n"; printf "\u202e\\n" >&2')).toEqual([
      'a\\u{1b}[31m\tb\n',
      '\\u{202e}\n',
      0,
    ]);
    const shell = new GuestShell(new FakeHost(TREE), 'web\u009b1m');
    expect(shell.prompt).toBe('root@web\\u{9b}1m:~# ');
  });

  it('sleeps simulated time', async () => {
    const { host, run } = begin();
    expect(await run('sleep 1.5 2m; echo x')).toEqual(['x\n', '', 0]);
    expect(host.slept).toBe(121.5);
    expect(await run('sleep x')).toEqual(['', "sleep: invalid time interval 'x'\n", 1]);
  });
});

describe('the clock of a line', () => {
  const simulated = async (line: string) => (await begin().run(`sleep 90; ${line}`))[0];

  it.each([
    ['printf "%(%F %T %s)T\\n" -1', '1970-01-01 00:01:30 90\n'],
    ['date', 'Thu Jan  1 00:01:30 UTC 1970\n'],
    ['date +%s', '90\n'],
    ['echo $SECONDS', '90\n'],
    ['x="\\d \\t"; echo "${x@P}"', 'Thu Jan  1 00:01:30\n'],
    ['stat / | tail -n 1', 'Modify: 1970-01-01T00:00:00.000Z\n'],
    ['touch /tmp/x; stat /tmp/x | tail -n 1', 'Modify: 1970-01-01T00:01:30.000Z\n'],
    ['echo 1 > /tmp/x; ls -l /tmp/x', '-rw-r--r--    1 root     root            2 Jan  1 00:01 /tmp/x\n'],
    ['touch /tmp/x; find /tmp -newer /root -type f', '/tmp/x\n'],
    ['touch /tmp/x; sleep 2d; find /tmp -type f -mtime +0', ''],
    ['touch /tmp/x; sleep 20h; touch /tmp/y; find /tmp -type f -mtime -1', '/tmp/x\n/tmp/y\n'],
    ['awk "BEGIN { srand(); print srand() }"', '90000\n'],
  ])('%s shows simulated time', async (line, text) => {
    expect(await simulated(line)).toBe(text);
  });

  it('is no one else’s: while a line sleeps, and when it has ended, the thread has the real one', async () => {
    const years: number[] = [];
    const host = new FakeHost(TREE);
    host.sleep = () => {
      years.push(new Date().getFullYear());
      return Promise.resolve();
    };
    await new GuestShell(host, 'web1').line('sleep 1');
    years.push(new Date(Date.now()).getFullYear());
    for (const year of years) expect(year).toBeGreaterThan(2020);
    expect(years).toHaveLength(2);
  });
});

describe('xargs', () => {
  it.each([
    ['seq 3 | xargs echo', '1 2 3\n', 0],
    ['seq 3 | xargs -n 2 echo x', 'x 1 2\nx 3\n', 0],
    ['seq 2 | xargs -I{} echo "<{}>"', '<1>\n<2>\n', 0],
    [`echo "a 'b c' d\\\\ e" | xargs -n1`, 'a\nb c\nd e\n', 0],
    ['printf "a b\\0c" | xargs -0 -n 1 echo', 'a b\nc\n', 0],
    ['true | xargs echo none', 'none\n', 0],
    ['true | xargs -r echo none', '', 0],
    ['echo "\\$(exit)" | xargs echo', '$(exit)\n', 0],
    ['echo 1 | xargs false', '', 123],
    ['echo 1 | xargs -n 0 echo', 'xargs: value 0 for -n option should be >= 1\n', 1],
    ["export y=6; echo 1 | xargs sh -c 'echo $y'", '6\n', 0],
  ])('%s', async (line, text, code) => {
    const { run } = begin();
    const [out, err, status] = await run(line);
    expect([out + err, status]).toEqual([text, code]);
  });
});

describe('what the shell does not have', () => {
  it.each(['curl', 'python3', 'node', 'js-exec', 'sqlite3', 'timeout', 'hostname', 'gzip', 'jq'])(
    '%s',
    async (name) => {
      const { run } = begin();
      expect(await run(name)).toEqual(['', `sh: ${name}: command not found\n`, 127]);
    },
  );
});

describe('completion', () => {
  it.each([
    ['numas', ['numastat'], 0],
    ['echo 1 | numac', ['numactl'], 9],
    ['cat /proc/mem', ['/proc/meminfo'], 4],
    ['cd /sys/ker', ['/sys/kernel/'], 3],
    [`echo 1 > ${D}/com`, [`${D}/commit`], 9],
    ['ls /', ['/bin/', '/dev/', '/proc/', '/root/', '/sys/', '/tmp/', '/usr/'], 3],
    ['cat /none/x', [], 4],
  ])('%s', async (line, candidates, from) => {
    expect(await begin().shell.complete(line)).toEqual({ candidates, from });
  });
});
