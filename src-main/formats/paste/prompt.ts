/**
 * Prompts, and the commands typed at them. A command says which VM or file the text below it is about, where the text does
 * not say it itself.
 */

/** Where a text came from, as far as what stands around it tells. */
export interface Origin {
  /** The command that printed it, without prompt. */
  readonly command: string | null;
  /** The file it was printed from, as a command, grep or the name of the file has it. */
  readonly path: string | null;
}

export const NO_ORIGIN: Origin = { command: null, path: null };

const TOOLS =
  'virsh|numactl|numastat|migratepages|cat|zcat|grep|zgrep|egrep|dmesg|journalctl|head|tail|less|more|sudo|ssh|lscpu|lsmem|free|uname|for|while|ls|echo|su|sysctl|qm|pvesh|kubectl|oc|crictl|docker|podman|nerdctl|sh|bash|watch|time|env|LC_ALL=\\S+|LANG=\\S+|awk|sed|find|pgrep|pidof|ps|echo|cd|exit|clear|logout|qemu-monitor-command';
const STRONG = [
  // user@host:~# ..., [user@host dir]$ ..., (venv) user@host ~ %
  /^\s*(?:\([\w.-]{1,40}\)\s?)?\[?[\w.+-]{1,64}@[\w.-]{1,64}(?:[ :][^\s$#%>\]]{0,120}|~)?(?: [^\s$#%>\]]{1,60})?\]?\s?[$#%>](?:\s+(.*))?$/,
  /^\s*virsh\s?[#>](?:\s+(.*))?$/,
  /^\s*(?:ba|da|k|z|a)?sh-?[\d.]{0,8}[$#%](?:\s+(.*))?$/,
  /^\s*\(qemu\)(?:\s+(.*))?$/,
  /^\s*PS [A-Z]:[^>]{0,120}>(?:\s+(.*))?$/,
];
const WEAK = new RegExp(
  `^\\s*(?:[$#%>\\u276f\\u279c]\\s?|[\\w.-]{1,40}(?::\\S{0,60})?\\s?[$#]\\s)((?:${TOOLS})\\b.*)$`,
);
const EMPTY = /^\s*[$#%]\s*$/;
/** Commands of tools whose output never begins like one. */
const BARE =
  /^\s*((?:sudo (?:-\w+ )?|LC_ALL=\S+ |LANG=\S+ )*(?:virsh(?:\s+-\S+|\s+(?:qemu|test|xen)\S*:\S*)*\s+[a-z][a-z-]{2,30}\b(?!\s*[:#|])|numastat\b(?=\s*(?:$|-|\w+$))|numactl\s+-\S+|cat\s+\/(?:proc|sys)\/\S|(?:e|z)?grep\s+.{0,120}\/(?:proc|sys)\/|dmesg(?:\s+-\S+|\s*\||\s*$)|journalctl\s+-).*)$/;

/** Most lines have none of it, and are not looked at further. */
const MAYBE = /[#$%>\u276f\u279c]|\(qemu\)|virsh|numa|cat |grep|dmesg|journalctl|sudo/;

/** The command of a prompt line: '' for a prompt without one, null when the line is no prompt. */
export function commandOf(line: string): string | null {
  if (line.length > 2000 || !MAYBE.test(line)) return null;
  for (const prompt of STRONG) {
    const match = prompt.exec(line);
    if (match !== null) return (match[1] ?? '').trim();
  }
  const weak = WEAK.exec(line) ?? BARE.exec(line);
  if (weak !== null) return weak[1]!.trim();
  return EMPTY.test(line) ? '' : null;
}

const words = (command: string): string[] =>
  command
    .replace(/\s*(?:\||>|2>|;|&&|<).*$/, '')
    .split(/\s+/)
    .filter((word) => word !== '');

/** The file below /proc or /sys that a command prints. */
export function pathOf(command: string): string | null {
  return /(?:^|\s)['"]?(\/(?:proc|sys|var\/log)\/[^\s'"|;>]{1,300})/.exec(command)?.[1] ?? null;
}

/** `vcpuinfo` of `sudo virsh -c qemu:///system vcpuinfo web01`, and what follows it. */
function virshCall(command: string): { readonly name: string; readonly rest: readonly string[] } | null {
  const all = words(command);
  const at = all.indexOf('virsh');
  const call = at === -1 ? all : all.slice(at + 1);
  while (call[0]?.startsWith('-') || call[0]?.includes('://')) {
    const [option] = call.splice(0, 1);
    if (/^(?:-c|--connect|-d|-l|-k|-K|-e)$/.test(option!)) call.splice(0, 1);
  }
  return call.length === 0 ? null : { name: call[0]!, rest: call.slice(1) };
}

/** The domain that a virsh command names. */
export function domainOf(origin: Origin): string | null {
  const call = origin.command === null ? null : virshCall(origin.command);
  if (call === null) return null;
  for (let i = 0; i < call.rest.length; i++) {
    const word = call.rest[i]!;
    const long = /^--domain=(.+)$/.exec(word);
    if (long !== null) return unquoted(long[1]!);
    if (word === '--domain') return call.rest[i + 1] === undefined ? null : unquoted(call.rest[i + 1]!);
    if (!word.startsWith('-')) return /^\d+$|^\$/.test(word) ? null : unquoted(word);
  }
  return null;
}

const unquoted = (word: string): string => word.replace(/^(['"])(.*)\1$/, '$2');

const COMMANDS =
  'vcpuinfo|vcpupin|vcpucount|emulatorpin|iothreadinfo|numatune|domjobinfo|domstats|dominfo|dommemstat|dumpxml|numastat|numa_maps|query-memdev|query-cpus-fast|query-hotpluggable-cpus|query-migrate|query-dirty-rate|info-memdev|info-numa|info-migrate|memtune|domstate|qmp';
const SUFFIX =
  /^(?:pretty|off|all|live|config|raw|n|c|cp|p|save|active|none|dirtyrate|completed|after|before|src|dst|\d{1,3})$/;

/** The VM that the name of a file is about: `web01-vcpuinfo.txt`, `virsh_-r_vcpuinfo_gold01`. */
function vmOfFile(file: string): string | null {
  const base = file.replace(/^.*[/\\]/, '').replace(/\.(?:txt|log|out|json|xml|conf)$/i, '');
  const match = new RegExp(`^(.*?)[-_ .]?(?:${COMMANDS})(?:[-_ .](.*))?$`).exec(base);
  if (match === null) return null;
  const behind = (match[2] ?? '').replace(/^-+/, '');
  if (behind !== '' && !behind.split(/[-_]/).every((word) => SUFFIX.test(word))) return behind;
  const before = match[1]!.replace(/^virsh(?:[-_ ]-r)?$|^virsh[-_ ]/, '');
  return before === '' || before.startsWith('locale-') ? null : before;
}

/** The VM of a text that does not name it. */
export function vmNameOf(
  origin: Origin,
  file: string,
): { readonly name: string | null; readonly nameFrom: 'command' | 'file' | null } {
  const command = domainOf(origin);
  if (command !== null) return { name: command, nameFrom: 'command' };
  const name = vmOfFile(file);
  return { name, nameFrom: name === null ? null : 'file' };
}

/** The process of a file below /proc. */
export function pidOf(origin: Origin): number | null {
  const match = /(?:^|\/)proc\/(\d{1,10})\//.exec(origin.path ?? '');
  return match === null ? null : Number(match[1]);
}
