/** QMP `query-migrate-capabilities` → which ways of migration are switched on. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { Format } from '../format.ts';
import { byJson } from '../format.ts';
import type { MigrationRecord } from '../measured.ts';
import { NO_MIGRATION } from '../measured.ts';
import { recordOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { NO_ORIGIN, vmNameOf } from '../paste/prompt.ts';
import type { AnswerFields } from '../qmp.ts';
import { isListWith, isObject, readAnswer } from '../qmp.ts';

const KIND = 'qmp-migrate-capabilities';

function recordOfAnswer(
  answer: unknown,
  fields: AnswerFields,
  file: string,
  origin: Origin | undefined,
): MigrationRecord | null {
  if (!Array.isArray(answer)) return null;
  const states = new Map(
    answer.filter(isObject).map((each) => [fields.text(each, 'capability') ?? '', fields.flag(each, 'state')] as const),
  );
  return {
    ...NO_MIGRATION,
    kind: KIND,
    vm: vmNameOf(origin ?? NO_ORIGIN, file).name,
    limits: {
      downtimeMs: null,
      bandwidthMibPerSec: null,
      autoConverge: states.get('auto-converge') ?? null,
      postcopy: states.get('postcopy-ram') ?? null,
      throttleInitialPercent: null,
      throttleIncrementPercent: null,
    },
    fields: recordOf([...states].map(([name, state]) => [name, state === true ? 'on' : 'off'])),
  };
}

const readQmpCapabilities = (text: string, file: string, origin?: Origin): Read<MigrationRecord> =>
  readAnswer(text, file, (answer, fields) => recordOfAnswer(answer, fields, file, origin));

export const qmpMigrateCapabilities: Format<'migration-record'> = {
  id: KIND,
  role: 'migration-record',
  name: "QEMU's answer to query-migrate-capabilities",
  mark: 'JSON with "capability" and "state"',
  ...byJson(isListWith('capability', 'state')),
  read: readQmpCapabilities,
  summary: ({ fields }) =>
    `${plural(Object.values(fields).filter((state) => state === 'on').length, 'capability', 'capabilities')} on`,
};
