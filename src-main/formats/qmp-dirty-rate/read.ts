/** QMP `query-dirty-rate` → MiB a second, measured over some seconds. Without a rate while it is being measured. */
import type { Read } from '../../../shared/errors/index.ts';
import type { Format } from '../format.ts';
import { byJson } from '../format.ts';
import type { DirtyRate, MigrationRecord } from '../measured.ts';
import { NO_MIGRATION } from '../measured.ts';
import { recordOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { NO_ORIGIN, vmNameOf } from '../paste/prompt.ts';
import type { AnswerFields } from '../qmp.ts';
import { answerOf, isObject, readAnswer, textsOf } from '../qmp.ts';

const KIND = 'qmp-dirty-rate';
const STATUSES = ['unstarted', 'measuring', 'measured'] as const;

function isRate(value: unknown): boolean {
  const answer = answerOf(value);
  return isObject(answer) && 'calc-time' in answer && STATUSES.some((status) => status === answer['status']);
}

function recordOfAnswer(
  answer: unknown,
  fields: AnswerFields,
  file: string,
  origin: Origin | undefined,
): MigrationRecord | null {
  if (!isObject(answer)) return null;
  const status = STATUSES.find((each) => each === answer['status']) ?? 'unstarted';
  const time = fields.number(answer, 'calc-time');
  // Since QEMU 8.2 the answer says in which unit.
  const isMs = fields.text(answer, 'calc-time-unit') === 'millisecond';
  const dirtyRate: DirtyRate = {
    status,
    mibPerSec: status === 'measured' ? fields.number(answer, 'dirty-rate') : null,
    mode: fields.text(answer, 'mode'),
    periodMs: time === null ? null : isMs ? time : time * 1000,
  };
  const vm = vmNameOf(origin ?? NO_ORIGIN, file).name;
  return { ...NO_MIGRATION, kind: KIND, vm, dirtyRate, fields: recordOf(textsOf(answer)) };
}

const readQmpDirtyRate = (text: string, file: string, origin?: Origin): Read<MigrationRecord> =>
  readAnswer(text, file, (answer, fields) => recordOfAnswer(answer, fields, file, origin));

export const qmpDirtyRate: Format<'migration-record'> = {
  id: KIND,
  role: 'migration-record',
  name: "QEMU's answer to query-dirty-rate",
  mark: 'JSON with "status" and "calc-time"',
  ...byJson(isRate),
  read: readQmpDirtyRate,
  summary: ({ dirtyRate }) =>
    dirtyRate?.mibPerSec == null
      ? `dirty rate ${dirtyRate?.status ?? 'unknown'}`
      : `${dirtyRate.mibPerSec} MiB/s are written`,
};
