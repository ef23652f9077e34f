/** `dmesg`: the kernel log, from /dev/kmsg, each line behind the seconds since boot as util-linux prints them. */
import { errnoText } from '../host.ts';
import type { Program } from './program.ts';

const KMSG = '/dev/kmsg';
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];

interface Flags {
  readonly times: boolean;
  readonly decode: boolean;
  /** Names of the levels wanted; null: all. */
  readonly levels: readonly string[] | null;
}

export const dmesg: Program = (args, io) => {
  const flags = flagsOf(args);
  if (typeof flags === 'string') {
    io.err(flags);
    return 1;
  }
  const read = io.files.read(KMSG);
  if (!read.ok) {
    io.err(`dmesg: read kernel buffer failed: ${errnoText(read.errno)}\n`);
    return 1;
  }
  for (const record of read.text.split('\n')) {
    const found = /^(\d+),\d+,(\d+),[^;]*;(.*)$/.exec(record);
    if (found === null) continue;
    const level = LEVELS[Number(found[1]) & 7]!;
    if (flags.levels !== null && !flags.levels.includes(level)) continue;
    const decoded = flags.decode ? `kern  :${level.padEnd(6)}: ` : '';
    io.out(`${decoded}${flags.times ? `[${seconds(Number(found[2]))}] ` : ''}${found[3]}\n`);
  }
  return 0;
};

/** `%5lu.%06lu`. */
const seconds = (us: number): string =>
  `${String(Math.floor(us / 1e6)).padStart(5)}.${String(us % 1e6).padStart(6, '0')}`;

function flagsOf(args: readonly string[]): Flags | string {
  let flags: Flags = { times: true, decode: false, levels: null };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '-t' || arg === '--notime') flags = { ...flags, times: false };
    else if (arg === '-x' || arg === '--decode') flags = { ...flags, decode: true };
    else if (arg === '-l' || arg === '--level' || arg.startsWith('--level=')) {
      const levels = (arg.startsWith('--level=') ? arg.slice('--level='.length) : (rest.shift() ?? '')).split(',');
      const wrong = levels.find((level) => !LEVELS.includes(level));
      if (wrong !== undefined) return `dmesg: unknown level '${wrong}'\n`;
      flags = { ...flags, levels };
    } else return 'usage: dmesg [-t] [-x] [-l emerg|alert|crit|err|warn|notice|info|debug,...]\n';
  }
  return flags;
}
