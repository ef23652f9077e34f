/**
 * `libvirt:URI` in place of a file: what a libvirt says of its host and VMs, by the person's own virsh, as one text.
 *
 * (a) virsh is run without a shell, over a connection that may only read (-r), with the same few commands always. Nothing of
 *     the URI or of a VM's name becomes an option or a command of anything.
 * (b) A URI that makes libvirt run a program (transport `ext`, `?command=`, `?netcat=`) is refused, and so are blanks, quotes
 *     and control characters.
 * (c) Each run has COMMAND_MS and all of them TOTAL_MS; an answer has MAX_INPUT_BYTES. What goes beyond is killed with all that it
 *     has started, and told.
 */
import { spawn } from 'node:child_process';
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { visible } from '../../shared/errors/index.ts';
import { MAX_INPUT_BYTES } from '../formats/index.ts';

const COMMAND_MS = 10_000;
const TOTAL_MS = 60_000;
const MAX_URI_CHARS = 500;
const MAX_VMS = 4096;

const URI = /^[a-z][a-z0-9]*(?:\+[a-z0-9]+)?:\/\/[A-Za-z0-9@:._~%[\]/?=&,+-]*$/;
/** Parameters that name what is read or how it is checked, and start nothing. */
const SAFE_PARAMETERS = new Set([
  'socket',
  'no_verify',
  'no_tty',
  'mode',
  'pkipath',
  'no_sanity',
  'keyfile',
  'sshauth',
  'known_hosts',
]);

const OF_HOST = [
  'capabilities',
  'nodeinfo',
  'freecell --all',
  'freepages --all',
  'nodememstats',
  'list --all',
  'domstats --nowait',
];
const OF_VM = ['dumpxml', 'vcpuinfo', 'vcpupin', 'emulatorpin', 'numatune'];

export const LIBVIRT_PREFIX = 'libvirt:';

const failed = (uri: string, slug: string, message: string, more: Partial<Diagnostic> = {}): Read<string> => ({
  value: null,
  diagnostics: [
    { severity: 'error', slug, message, where: { file: `${LIBVIRT_PREFIX}${visible(uri.slice(0, 200))}` }, ...more },
  ],
});

/** Why a URI is not given to virsh; null for one that is. */
function refusalOf(uri: string): string | null {
  if (uri.length > MAX_URI_CHARS) return `it has more than ${MAX_URI_CHARS} characters`;
  if (!URI.test(uri))
    return 'it is no URI such as qemu:///system, or has blanks, quotes or other characters that none needs';
  if (/^[a-z0-9]+\+ext:/.test(uri)) return 'its transport runs a program';
  const query = uri.split('?').slice(1).join('?');
  const strange = query === '' ? undefined : query.split('&').find((each) => !SAFE_PARAMETERS.has(each.split('=')[0]!));
  return strange === undefined
    ? null
    : `its parameter ${strange.split('=')[0]} is not taken here: it may run a program`;
}

/** The text of a host, as `gather` writes it. */
export async function readLibvirt(uri: string): Promise<Read<string>> {
  const refusal = refusalOf(uri);
  if (refusal !== null) {
    const expected = 'libvirt:qemu:///system, libvirt:test:///default, libvirt:qemu+ssh://root@host/system';
    return failed(uri, 'libvirt-uri', `This URI is not opened: ${refusal}.`, { expected });
  }
  const end = Date.now() + TOTAL_MS;
  const virsh = (command: string): Promise<Answer> => run(uri, command, Math.min(COMMAND_MS, end - Date.now()));
  const hello = await virsh('uri');
  if (hello.problem !== null) return failed(uri, hello.problem.slug, hello.problem.message, hello.problem.more);
  const texts = [`# pageshift gather 1\n`];
  let bytes = 0;
  const add = ({ text, problem }: Answer, what: string): Read<string> | null => {
    if (problem !== null && problem.slug !== 'libvirt-failed')
      return failed(uri, problem.slug, problem.message, problem.more);
    texts.push(problem === null ? `${text}\n` : `${text}\n# failed: ${what}: ${problem.more.found ?? ''}\n`);
    bytes += text.length;
    return bytes <= MAX_INPUT_BYTES
      ? null
      : failed(uri, 'input-too-large', 'libvirt says more than is read.', {
          expected: `at most ${MAX_INPUT_BYTES} bytes`,
        });
  };
  const host = add(await virsh(titled(OF_HOST.map((command) => [command, command]))), 'virsh capabilities');
  if (host !== null) return host;
  const list = await virsh('list --all --name');
  const names = list.text.split('\n').filter((name) => name.trim() !== '' && !/[\0-\x1f\x7f]/.test(name));
  for (const name of names.slice(0, MAX_VMS)) {
    if (Date.now() >= end) {
      texts.push('# skipped: virsh dumpxml: out of time\n');
      break;
    }
    // virsh's own quotes; it is no shell that reads them.
    const quoted = `'${name.replaceAll("'", String.raw`'\''`)}'`;
    const problem = add(
      await virsh(titled(OF_VM.map((each) => [`${each} ${name}`, `${each} --domain ${quoted}`]))),
      `virsh dumpxml ${visible(name)}`,
    );
    if (problem !== null) return problem;
  }
  return { value: `${texts.join('')}# end: of libvirt\n`, diagnostics: [] };
}

/** Commands with their prompts before them, for one run of virsh. */
const titled = (commands: readonly (readonly [title: string, command: string])[]): string =>
  commands
    .map(([title, command]) => `echo; echo '$ virsh ${title.replaceAll("'", String.raw`'\''`)}'; ${command};`)
    .join(' ');

interface Answer {
  readonly text: string;
  readonly problem: { readonly slug: string; readonly message: string; readonly more: Partial<Diagnostic> } | null;
}

const problemOf = (text: string, slug: string, message: string, more: Partial<Diagnostic> = {}): Answer => ({
  text,
  problem: { slug, message, more },
});

function run(uri: string, command: string, ms: number): Promise<Answer> {
  return new Promise((done) => {
    // A group of its own, without a terminal: nothing can ask for a password, and all of it can be ended.
    const child = spawn('virsh', ['-r', '-c', uri, command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, LC_ALL: 'C', LANG: 'C' },
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let errors = '';
    let ended: Answer | null = null;
    const stop = (answer: Answer): void => {
      ended ??= answer;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    const timer = setTimeout(
      () => {
        const expected = `an answer within ${Math.round(ms / 1000)} s`;
        stop(
          problemOf('', 'libvirt-timeout', 'libvirt does not answer.', {
            expected,
            hint: 'Try virsh -r -c URI list by hand.',
          }),
        );
      },
      Math.max(1, ms),
    );
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > MAX_INPUT_BYTES)
        stop(
          problemOf('', 'input-too-large', 'libvirt says more than is read.', {
            expected: `at most ${MAX_INPUT_BYTES} bytes`,
          }),
        );
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (errors.length < 4096) errors += chunk.toString('utf8');
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const hint = 'It comes with libvirt-clients, or run pageshift gather on the host.';
      done(
        error.code === 'ENOENT'
          ? problemOf('', 'virsh-missing', 'virsh is not installed here.', { hint })
          : problemOf('', 'libvirt-failed', 'virsh cannot be run.', { found: visible(error.message.slice(0, 200)) }),
      );
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString('utf8');
      const found = visible(errors.trim().split('\n', 1)[0]!.slice(0, 200));
      done(
        ended ??
          (code === 0 ? { text, problem: null } : problemOf(text, 'libvirt-failed', 'libvirt refuses.', { found })),
      );
    });
  });
}
