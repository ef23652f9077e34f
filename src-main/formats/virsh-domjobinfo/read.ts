/**
 * `virsh domjobinfo`, with --rawstats or --completed or without → one moment of a migration, or its outcome. Sizes are in the
 * unit that is printed beside them (B to TiB, of 1024), --rawstats in bytes and ms. German labels and decimal commas are
 * read; others say which command to run.
 *
 * In the first pass QEMU has measured nothing: the dirty rate that is printed as 0 is unknown, and the expected downtime is the
 * limit. A save or a dump is no migration.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { seconds } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { MigrationRecord } from '../measured.ts';
import { NO_MIGRATION } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { decimalOf, readOutput, recordOf, reportNothing } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { NO_ORIGIN, vmNameOf } from '../paste/prompt.ts';

const KIND = 'virsh-domjobinfo';
const FIELD = /^([^:]{1,60}?)\s?:\s+(\S.{0,100})$/;

/** Labels of --rawstats and of German, by the English one. */
const LABELS: Readonly<Record<string, string>> = {
  'Job-Typ': 'Job type',
  'Verstrichene Zeit': 'Time elapsed',
  'Verarbeitete Daten': 'Data processed',
  'Verbleibende Daten': 'Data remaining',
  'Gesamte Daten': 'Data total',
  // libvirt's own catalogue translates it as "used memory".
  'Benutzter Speicher': 'Memory processed',
  'Verarbeiteter Speicher': 'Memory processed',
  'Verbleibender Speicher': 'Memory remaining',
  'Gesamter Speicher': 'Memory total',
  'St\u00e4ndige Seiten': 'Constant pages',
  'Konstante Seiten': 'Constant pages',
  'Normale Seiten': 'Normal pages',
  'Normale Daten': 'Normal data',
  'Voraussichtliche Ausfallzeit': 'Expected downtime',
  'Gesamte Ausfallzeit': 'Total downtime',
  operation: 'Operation',
  time_elapsed: 'Time elapsed',
  setup_time: 'Setup time',
  data_total: 'Data total',
  data_processed: 'Data processed',
  data_remaining: 'Data remaining',
  memory_total: 'Memory total',
  memory_processed: 'Memory processed',
  memory_remaining: 'Memory remaining',
  memory_bps: 'Memory bandwidth',
  memory_constant: 'Constant pages',
  memory_normal: 'Normal pages',
  memory_normal_bytes: 'Normal data',
  memory_dirty_rate: 'Dirty rate',
  memory_iteration: 'Iteration',
  memory_page_size: 'Page size',
  auto_converge_throttle: 'Auto converge throttle',
};

/** virDomainJobType. */
const RAW_TYPES = ['none', 'active', 'active', 'completed', 'failed', 'cancelled'] as const;
/** virDomainJobOperation. */
const RAW_OPERATIONS = [
  'other',
  'other',
  'save',
  'other',
  'incoming',
  'outgoing',
  'other',
  'other',
  'dump',
  'other',
] as const;

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
  EiB: 2 ** 60,
};

interface Field {
  readonly value: string;
  readonly line: number;
}

class Job {
  readonly #fields = new Map<string, Field>();
  readonly printed = new Map<string, string>();
  readonly #list: DiagnosticList;

  constructor(lines: readonly OutputLine[], list: DiagnosticList) {
    this.#list = list;
    for (const { text, line } of lines) {
      const field = FIELD.exec(text);
      if (field === null || this.printed.size >= 256) continue;
      const value = field[2]!.replace(/\s+/g, ' ');
      this.printed.set(field[1]!, value);
      this.#fields.set(LABELS[field[1]!] ?? field[1]!, { value, line });
    }
  }

  get raw(): boolean {
    return /^\d$/.test(this.text('Job type') ?? '');
  }

  text(label: string): string | null {
    return this.#fields.get(label)?.value ?? null;
  }

  /** The number before the unit. */
  number(label: string): number | null {
    return this.#amount(label, () => 1);
  }

  kib(label: string): number | null {
    const bytes = this.#amount(label, (unit) => (this.raw ? 1 : UNITS[unit]));
    return bytes === null ? null : Math.round(bytes / 1024);
  }

  mibPerSec(label: string): number | null {
    const bytes = this.#amount(label, (unit) => (this.raw ? 1 : UNITS[unit.replace(/\/s$/, '')]));
    return bytes === null ? null : Math.round((bytes / 2 ** 20) * 1000) / 1000;
  }

  #amount(label: string, factor: (unit: string) => number | undefined): number | null {
    const field = this.#fields.get(label);
    if (field === undefined) return null;
    const [figure = '', unit = ''] = field.value.split(' ');
    const value = decimalOf(figure);
    const times = factor(unit);
    if (value !== null && times !== undefined && value * times <= Number.MAX_SAFE_INTEGER) return value * times;
    const detail = { found: quote(field.value), expected: 'a number and its unit' };
    this.#list.error('amount-invalid', `"${label}" cannot be read.`, { line: field.line, path: `/${label}` }, detail);
    return null;
  }
}

function statusOf(type: string): MigrationRecord['status'] {
  if (/^\d$/.test(type)) return RAW_TYPES[Number(type)] ?? 'other';
  if (/^(?:None|Keine|Aucun)/i.test(type)) return 'none';
  if (/^(?:Bounded|Unbounded|Begrenzt|Unbegrenzt|Limit\u00e9|Illimit\u00e9|Non limit\u00e9)/i.test(type))
    return 'active';
  if (/^(?:Completed|Abgeschlossen|Vollst\u00e4ndig|Termin\u00e9)/i.test(type)) return 'completed';
  if (/^(?:Failed|Fehlgeschlagen|\u00c9chec)/i.test(type)) return 'failed';
  return /^(?:Cancelled|Abgebrochen|Annul\u00e9)/i.test(type) ? 'cancelled' : 'other';
}

function operationOf(text: string | null): MigrationRecord['operation'] {
  if (text === null) return null;
  if (/^\d+$/.test(text)) return RAW_OPERATIONS[Number(text)] ?? 'other';
  if (/^Outgoing/i.test(text)) return 'outgoing';
  if (/^Incoming/i.test(text)) return 'incoming';
  if (/^Save/i.test(text)) return 'save';
  return /^Dump/i.test(text) ? 'dump' : 'other';
}

function recordOfJob(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): MigrationRecord | null {
  const job = new Job(lines, list);
  const type = job.text('Job type');
  if (type === null) return reportNothing('virsh domjobinfo', 'Job type: Unbounded', list);
  const status = statusOf(type);
  if (status !== 'none' && job.text('Time elapsed') === null)
    return reportNothing('virsh domjobinfo', 'Time elapsed: 915 ms', list);
  const operation = operationOf(job.text('Operation'));
  const iteration = job.number('Iteration');
  const measured = status === 'active' && iteration !== null && iteration > 1;
  const dirty = job.number('Dirty rate');
  const expected = job.number('Expected downtime') ?? (status === 'active' ? job.number('downtime') : null);
  const limits = { downtimeMs: expected, bandwidthMibPerSec: null, autoConverge: null, postcopy: null };
  const throttles = { throttleInitialPercent: null, throttleIncrementPercent: null };
  const pageBytes = job.number('Page size');
  return {
    ...NO_MIGRATION,
    kind: KIND,
    vm: vmNameOf(origin ?? NO_ORIGIN, file).name,
    operation,
    status,
    elapsedMs: job.number('Time elapsed'),
    downtimeMs: job.number('Total downtime') ?? (status === 'completed' ? job.number('downtime') : null),
    expectedDowntimeMs: measured ? expected : null,
    setupMs: job.number('Setup time'),
    ramTotalKiB: job.kib('Memory total'),
    ramProcessedKiB: job.kib('Memory processed'),
    ramRemainingKiB: job.kib('Memory remaining'),
    bandwidthMibPerSec: job.mibPerSec('Memory bandwidth'),
    dirtyPagesPerSec: measured || dirty !== 0 ? dirty : null,
    pageSizeKiB: pageBytes === null ? null : pageBytes / 1024,
    iteration,
    constantPages: job.number('Constant pages'),
    normalPages: job.number('Normal pages'),
    normalKiB: job.kib('Normal data'),
    throttlePercent: job.number('Auto converge throttle'),
    limits: iteration === 1 && status === 'active' && expected !== null ? { ...limits, ...throttles } : null,
    fields: recordOf(job.printed),
  };
}

const readDomjobinfo = (text: string, file: string, origin?: Origin): Read<MigrationRecord> =>
  readOutput(text, file, (lines, list) => recordOfJob(lines, list, file, origin));

export const virshDomjobinfo: Format<'migration-record'> = {
  id: KIND,
  role: 'migration-record',
  name: 'the output of virsh domjobinfo (a migration)',
  mark: '"Job type:" and "Time elapsed:"',
  ...byLine({
    mark: /^\s*(?:Job[ -][Tt]yp(?:e)?|Type de t\u00e2che|Tipo de trabajo|Memory bandwidth)\s?:\s/,
    begins: /^\s*(?:Job[ -][Tt]yp(?:e)?|Type de t\u00e2che|Tipo de trabajo)\s?:/,
    confidence: 0.9,
    holds: /^\s*[^\s:][^:]{0,60}:\s+\S/,
  }),
  read: readDomjobinfo,
  summary: ({ status, operation, elapsedMs }) =>
    [operation ?? 'a job', status ?? 'unknown', elapsedMs === null ? '' : `after ${seconds(elapsedMs, 1)}`]
      .filter((part) => part !== '')
      .join(', '),
};
