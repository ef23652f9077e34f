/** QMP `query-migrate` → one moment of a migration: bytes, ms, pages/s; `mbps` is 10^6 bits a second. `{}` before any migration. */
import type { Read } from '../../../shared/errors/index.ts';
import type { Format } from '../format.ts';
import { byJson } from '../format.ts';
import type { MigrationRecord } from '../measured.ts';
import { NO_MIGRATION } from '../measured.ts';
import { migrationStatusOf, mibPerSecOfMbps } from '../migration.ts';
import { recordOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { NO_ORIGIN, vmNameOf } from '../paste/prompt.ts';
import type { AnswerFields } from '../qmp.ts';
import { answerOf, isObject, readAnswer, textsOf } from '../qmp.ts';

const KIND = 'qmp-migrate';
const STATUS =
  /^(?:none|setup|cancelling|cancelled|active|postcopy-\w+|completed|failed|failing|colo|pre-switchover|device|wait-unplug)$/;

function isMigration(value: unknown): boolean {
  const answer = answerOf(value);
  if (!isObject(answer) || (answer === value && Object.keys(answer).length === 0)) return false;
  if (Object.keys(answer).length === 0) return true;
  return typeof answer['status'] === 'string' && STATUS.test(answer['status']) && !('calc-time' in answer);
}

function recordOfAnswer(
  answer: unknown,
  fields: AnswerFields,
  file: string,
  origin: Origin | undefined,
): MigrationRecord | null {
  if (!isObject(answer)) return null;
  const ram = isObject(answer['ram']) ? answer['ram'] : {};
  const status = migrationStatusOf(fields.text(answer, 'status') ?? 'none');
  const iteration = fields.number(ram, 'dirty-sync-count');
  const measured = iteration === null || iteration > 1;
  const dirty = fields.number(ram, 'dirty-pages-rate');
  const expected = fields.number(answer, 'expected-downtime');
  const mbps = fields.number(ram, 'mbps');
  return {
    ...NO_MIGRATION,
    kind: KIND,
    vm: vmNameOf(origin ?? NO_ORIGIN, file).name,
    operation: 'ram' in answer ? 'outgoing' : null,
    status,
    elapsedMs: fields.number(answer, 'total-time'),
    downtimeMs: fields.number(answer, 'downtime'),
    expectedDowntimeMs: measured ? expected : null,
    setupMs: fields.number(answer, 'setup-time'),
    ramTotalKiB: fields.kib(ram, 'total'),
    ramProcessedKiB: fields.kib(ram, 'transferred'),
    ramRemainingKiB: fields.kib(ram, 'remaining'),
    bandwidthMibPerSec: mbps === null ? null : mibPerSecOfMbps(mbps),
    dirtyPagesPerSec: dirty === 0 && (status === 'completed' || !measured) ? null : dirty,
    pageSizeKiB: fields.kib(ram, 'page-size'),
    iteration,
    constantPages: fields.number(ram, 'duplicate'),
    normalPages: fields.number(ram, 'normal'),
    normalKiB: fields.kib(ram, 'normal-bytes'),
    throttlePercent: fields.number(answer, 'cpu-throttle-percentage'),
    fields: recordOf([...textsOf(answer), ...textsOf(ram).map(([name, value]) => [`ram.${name}`, value] as const)]),
  };
}

const readQmpMigrate = (text: string, file: string, origin?: Origin): Read<MigrationRecord> =>
  readAnswer(text, file, (answer, fields) => recordOfAnswer(answer, fields, file, origin));

export const qmpMigrate: Format<'migration-record'> = {
  id: KIND,
  role: 'migration-record',
  name: "QEMU's answer to query-migrate (a migration)",
  mark: 'JSON with "status" and "ram"',
  ...byJson(isMigration),
  read: readQmpMigrate,
  summary: ({ status }) => `a migration, ${status ?? 'unknown'}`,
};
