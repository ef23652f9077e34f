/**
 * Samples of a migration that went on: replies to query-migrate or texts of info migrate one after the other, a JSON list of
 * replies, or a list of flat samples with a time. What a sample does not state is null.
 */
import type { MigrationRecord } from '../../formats/index.ts';
import { NO_MIGRATION, readDocument } from '../../formats/index.ts';
import type { Diagnostic } from '../../../shared/errors/index.ts';

export interface Sample {
  readonly ms: number;
  readonly remainingKib: number;
  /** QEMU's dirty-sync-count. */
  readonly syncs: number;
  readonly record: MigrationRecord;
}

export interface Samples {
  /** In the order of time, of one migration. */
  readonly list: readonly Sample[];
  readonly records: readonly MigrationRecord[];
  readonly diagnostics: readonly Diagnostic[];
}

export function readSamples(text: string, file: string): Samples {
  const { records, diagnostics } = recordsOf(text, file);
  const list = records.flatMap((record): Sample[] => {
    const { elapsedMs, ramRemainingKiB, iteration } = record;
    if (elapsedMs === null || ramRemainingKiB === null || iteration === null || record.status !== 'active') return [];
    return [{ ms: elapsedMs, remainingKib: ramRemainingKiB, syncs: iteration, record }];
  });
  return { list: list.sort((a, b) => a.ms - b.ms), records, diagnostics };
}

function recordsOf(
  text: string,
  file: string,
): { readonly records: readonly MigrationRecord[]; readonly diagnostics: readonly Diagnostic[] } {
  const list = listOf(text);
  if (list === null) return read(text, file);
  const flat = list.map(flatRecord);
  if (flat.some((record) => record !== null))
    return { records: flat.filter((record) => record !== null), diagnostics: [] };
  // One by one: a text holds so many documents at most.
  const parts = list.map((one) => read(JSON.stringify(one), file));
  return {
    records: parts.flatMap((part) => part.records),
    diagnostics: parts.flatMap((part) => part.diagnostics).slice(0, 5),
  };
}

function read(
  text: string,
  file: string,
): { readonly records: readonly MigrationRecord[]; readonly diagnostics: readonly Diagnostic[] } {
  const { parts, diagnostics } = readDocument(text, file);
  return { records: parts.flatMap(({ facts }) => ('operation' in facts ? [facts] : [])), diagnostics };
}

/** A JSON list, the one of `samples`, or a JSON object a line. */
function listOf(text: string): readonly unknown[] | null {
  const value = jsonOf(text);
  if (Array.isArray(value)) return value.length > 0 && value.every(isObject) ? value : null;
  if (value !== undefined)
    return isObject(value) && Array.isArray(value['samples']) ? value['samples'].filter(isObject) : null;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const values = lines.map(jsonOf);
  return values.length > 1 && values.every(isObject) ? values : null;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined: it is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A sample without the `ram` of QEMU's reply: `t_s`, and the names of its counters with _ for -. */
function flatRecord(value: unknown): MigrationRecord | null {
  const sample = value as Readonly<Record<string, unknown>>;
  const number = (name: string): number | null => (typeof sample[name] === 'number' ? sample[name] : null);
  const seconds = number('t_s');
  if (seconds === null || typeof sample['status'] !== 'string') return null;
  const kib = (name: string): number | null => {
    const bytes = number(name);
    return bytes === null ? null : bytes / 1024;
  };
  const mbps = number('mbps');
  const iteration = number('dirty_sync_count');
  return {
    ...NO_MIGRATION,
    kind: 'qmp-migrate',
    status: sample['status'] === 'active' ? 'active' : 'other',
    elapsedMs: seconds * 1000,
    expectedDowntimeMs: number('expected_downtime'),
    ramTotalKiB: kib('total'),
    ramProcessedKiB: kib('transferred'),
    ramRemainingKiB: kib('remaining'),
    bandwidthMibPerSec: mbps === null ? null : (mbps * 1e6) / 8 / 2 ** 20,
    dirtyPagesPerSec: iteration === 1 ? null : number('dirty_pages_rate'),
    iteration,
    constantPages: number('duplicate'),
    normalPages: number('normal'),
  };
}
