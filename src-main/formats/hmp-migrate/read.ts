/** `info migrate` of QEMU's monitor → one moment of a migration. Its kbytes are KiB, its mbps 10^6 bits a second. */
import type { Read } from '../../../shared/errors/index.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { MigrationRecord } from '../measured.ts';
import { NO_MIGRATION } from '../measured.ts';
import { migrationStatusOf, mibPerSecOfMbps } from '../migration.ts';
import type { OutputLine } from '../output-lines.ts';
import { decimalOf, readOutput, recordOf, reportNothing } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { NO_ORIGIN, vmNameOf } from '../paste/prompt.ts';

const KIND = 'hmp-migrate';
const FIELD = /^([A-Za-z][\w -]{1,60}):\s+(\S.{0,200})$/;

function recordOfLines(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): MigrationRecord | null {
  const fields = new Map<string, { text: string; line: number }>();
  for (const { text, line } of lines) {
    const field = FIELD.exec(text);
    if (field !== null && fields.size < 256) fields.set(field[1]!, { text: field[2]!, line });
  }
  const number = (name: string): number | null => {
    const field = fields.get(name);
    if (field === undefined) return null;
    const value = decimalOf(field.text.split(' ', 1)[0]!);
    if (value !== null) return value;
    const detail = { found: quote(field.text), expected: 'a number and its unit' };
    list.error('amount-invalid', `"${name}" cannot be read.`, { line: field.line, path: `/${name}` }, detail);
    return null;
  };
  const status = fields.get('Migration status') ?? fields.get('Status');
  if (status === undefined) return reportNothing('info migrate', 'Migration status: active', list);
  const iteration = number('dirty sync count');
  const measured = iteration === null || iteration > 1;
  const dirty = number('dirty pages rate');
  const mbps = number('throughput');
  return {
    ...NO_MIGRATION,
    kind: KIND,
    vm: vmNameOf(origin ?? NO_ORIGIN, file).name,
    operation: fields.has('total ram') ? 'outgoing' : null,
    status: migrationStatusOf(status.text.split(' ', 1)[0]!),
    elapsedMs: number('total time'),
    downtimeMs: number('downtime'),
    expectedDowntimeMs: measured ? number('expected downtime') : null,
    setupMs: number('setup'),
    ramTotalKiB: number('total ram'),
    ramProcessedKiB: number('transferred ram'),
    ramRemainingKiB: number('remaining ram'),
    bandwidthMibPerSec: mbps === null ? null : mibPerSecOfMbps(mbps),
    dirtyPagesPerSec: dirty === 0 && !measured ? null : dirty,
    pageSizeKiB: number('page size'),
    iteration,
    constantPages: number('duplicate'),
    normalPages: number('normal'),
    normalKiB: number('normal bytes'),
    throttlePercent: number('cpu throttle percentage'),
    fields: recordOf([...fields].map(([name, { text }]) => [name, text])),
  };
}

const readHmpMigrate = (text: string, file: string, origin?: Origin): Read<MigrationRecord> =>
  readOutput(text, file, (lines, list) => recordOfLines(lines, list, file, origin));

export const hmpMigrate: Format<'migration-record'> = {
  id: KIND,
  role: 'migration-record',
  name: 'the output of info migrate (a migration)',
  mark: '"Migration status: active"',
  ...byLine({
    mark: /^\s*(?:globals:\s*$|store-global-state: |Migration status: \w)/,
    begins: /^\s*globals:\s*$/,
    confidence: 0.8,
    holds: /^\s*[A-Za-z][\w -]{1,60}:\s+\S/,
  }),
  read: readHmpMigrate,
  summary: ({ status }) => `a migration, ${status ?? 'unknown'}`,
};
