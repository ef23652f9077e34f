/** QMP `query-migrate-parameters` → limits of migrations: ms, and bytes a second. A bandwidth of 0 is no limit. */
import type { Read } from '../../../shared/errors/index.ts';
import type { Format } from '../format.ts';
import { byJson } from '../format.ts';
import type { MigrationRecord } from '../measured.ts';
import { NO_MIGRATION } from '../measured.ts';
import { recordOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { NO_ORIGIN, vmNameOf } from '../paste/prompt.ts';
import type { AnswerFields } from '../qmp.ts';
import { answerOf, isObject, readAnswer, textsOf } from '../qmp.ts';

const KIND = 'qmp-migrate-parameters';

function isParameters(value: unknown): boolean {
  const answer = answerOf(value);
  return isObject(answer) && 'downtime-limit' in answer && 'max-bandwidth' in answer;
}

function recordOfAnswer(
  answer: unknown,
  fields: AnswerFields,
  file: string,
  origin: Origin | undefined,
): MigrationRecord | null {
  if (!isObject(answer)) return null;
  const bytes = fields.number(answer, 'max-bandwidth');
  return {
    ...NO_MIGRATION,
    kind: KIND,
    vm: vmNameOf(origin ?? NO_ORIGIN, file).name,
    limits: {
      downtimeMs: fields.number(answer, 'downtime-limit'),
      bandwidthMibPerSec: bytes === null || bytes === 0 ? null : bytes / 2 ** 20,
      autoConverge: null,
      postcopy: null,
      throttleInitialPercent: fields.number(answer, 'cpu-throttle-initial'),
      throttleIncrementPercent: fields.number(answer, 'cpu-throttle-increment'),
    },
    fields: recordOf(textsOf(answer)),
  };
}

const readQmpParameters = (text: string, file: string, origin?: Origin): Read<MigrationRecord> =>
  readAnswer(text, file, (answer, fields) => recordOfAnswer(answer, fields, file, origin));

export const qmpMigrateParameters: Format<'migration-record'> = {
  id: KIND,
  role: 'migration-record',
  name: "QEMU's answer to query-migrate-parameters",
  mark: 'JSON with "downtime-limit" and "max-bandwidth"',
  ...byJson(isParameters),
  read: readQmpParameters,
  summary: ({ limits }) => `downtime up to ${limits?.downtimeMs ?? '?'} ms`,
};
