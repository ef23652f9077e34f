/** `virsh migrate-getmaxdowntime` and `migrate-getspeed` print a lone number: only the command, or the file's name, says what it is. */
import type { Read } from '../../../shared/errors/index.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byOrigin } from '../format.ts';
import type { MigrationRecord } from '../measured.ts';
import { NO_MIGRATION } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, reportNothing, wholeOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { domainOf } from '../paste/prompt.ts';

const KIND = 'virsh-migrate-limit';
const ASKS = /(?:migrate-)?get(maxdowntime|speed)\b/;
/** What migrate-getspeed prints for no limit: 2^63 - 1 bytes in MiB. */
const UNLIMITED_MIB = 8_796_093_022_207;

const askedOf = (origin: Origin): string | null =>
  (ASKS.exec(origin.command ?? '') ??
    (origin.command === null ? ASKS.exec(origin.path?.replace(/^.*\//, '') ?? '') : null))?.[1] ?? null;

function recordOfLimit(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  origin: Origin | undefined,
): MigrationRecord | null {
  const asked = origin === undefined ? null : askedOf(origin);
  const [only, second] = lines;
  if (only === undefined || second !== undefined || asked === null)
    return reportNothing('virsh migrate-getmaxdowntime', '300', list);
  const value = wholeOf(only.text.replace(/ (?:ms|MiB\/s)$/, ''), { line: only.line }, list);
  const isSpeed = asked === 'speed';
  return {
    ...NO_MIGRATION,
    kind: KIND,
    vm: origin === undefined ? null : domainOf(origin),
    limits: {
      downtimeMs: isSpeed ? null : value,
      bandwidthMibPerSec: isSpeed && value !== UNLIMITED_MIB ? value : null,
      autoConverge: null,
      postcopy: null,
      throttleInitialPercent: null,
      throttleIncrementPercent: null,
    },
  };
}

const readMigrateLimit = (text: string, file: string, origin?: Origin): Read<MigrationRecord> =>
  readOutput(text, file, (lines, list) => recordOfLimit(lines, list, origin));

export const virshMigrateLimit: Format<'migration-record'> = {
  id: KIND,
  role: 'migration-record',
  name: 'the output of virsh migrate-getmaxdowntime or migrate-getspeed',
  mark: 'a lone number below that command',
  ...byOrigin((origin) => askedOf(origin) !== null),
  read: readMigrateLimit,
  summary: ({ limits }) =>
    limits?.downtimeMs != null
      ? `downtime up to ${limits.downtimeMs} ms`
      : `${limits?.bandwidthMibPerSec ?? 'unlimited'} MiB/s`,
};
