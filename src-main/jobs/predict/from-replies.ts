/**
 * Replies of QEMU's monitor (query-migrate, query-migrate-parameters, query-migrate-capabilities, query-dirty-rate; info
 * migrate; virsh domjobinfo) as a question. Of several that say the same, the last counts.
 */
import { mibFromKib, PAGE_SIZE_KIB } from '../../../shared/units/index.ts';
import type { MigrationRecord } from '../../formats/index.ts';
import { mibPerSecOfPages } from './from-scenario.ts';
import { EMPTY_QUESTION, type PredictQuestion } from './question.ts';

/** Of what is sent, from when on as much is dirtied: a page counts once a pass, so such a rate is the least it can be. */
const AS_MUCH = 0.95;
/** By how much more it is taken to be: the whole set anew in half a pass. */
const AT_LEAST = 2;

/** What a migration that goes on found dirtied a second; and over how much, where that was all of it, pass by pass. */
function dirtyOf(record: MigrationRecord): {
  readonly mibPerSec: number;
  readonly setMib: number | null;
} | null {
  const { dirtyPagesPerSec, bandwidthMibPerSec, expectedDowntimeMs, ramRemainingKiB, iteration } = record;
  if (dirtyPagesPerSec === null) return null;
  const mibPerSec = mibPerSecOfPages(dirtyPagesPerSec);
  const isLeast = bandwidthMibPerSec !== null && mibPerSec >= AS_MUCH * bandwidthMibPerSec && (iteration ?? 0) > 2;
  if (!isLeast || expectedDowntimeMs === null) return { mibPerSec, setMib: null };
  // Before QEMU 3.0 the expected downtime was of one second's writes, so what is left may be more.
  const atSync = (expectedDowntimeMs / 1000) * bandwidthMibPerSec;
  return { mibPerSec: AT_LEAST * mibPerSec, setMib: Math.max(atSync, mibFromKib(ramRemainingKiB ?? 0)) };
}

/** Of its limit of bandwidth, what a migration reaches that is held back by nothing else. */
const REACHES = 0.9;

export function questionOfReplies(records: readonly MigrationRecord[]): PredictQuestion {
  const last = <T>(value: (record: MigrationRecord) => T | null): T | null =>
    records.reduce<T | null>((found, record) => value(record) ?? found, null);
  const text = (value: number | null): string | null => (value === null ? null : String(value));
  const ram = last(({ ramTotalKiB }) => ramTotalKiB);
  const zero = last(({ constantPages, iteration, status }) =>
    status === 'completed' || (iteration ?? 0) > 1 ? constantPages : null,
  );
  const seen = last(dirtyOf);
  const dirty = last(({ dirtyRate }) => dirtyRate?.mibPerSec ?? null) ?? seen?.mibPerSec ?? null;
  const parameters = last(({ kind, fields }) => (kind === 'qmp-migrate-parameters' ? fields : null));
  const capabilities = last(({ kind, fields }) => (kind === 'qmp-migrate-capabilities' ? fields : null));
  const most = last(({ limits }) => limits?.bandwidthMibPerSec ?? null);
  const measured = last(({ bandwidthMibPerSec, status }) =>
    status === 'active' || status === 'completed' ? bandwidthMibPerSec : null,
  );
  const isHeldBack = measured !== null && measured > 0 && (most === null || measured < REACHES * most);
  return {
    ...EMPTY_QUESTION,
    ramMib: ram === null ? null : String(mibFromKib(ram)),
    nonzeroMib: ram === null || zero === null ? null : String(Math.max(0, mibFromKib(ram - zero * PAGE_SIZE_KIB))),
    workingSetMib: text(seen?.setMib ?? null),
    dirtyMibS: text(dirty),
    bandwidthMibS: text(parameters === null ? most : null),
    linkMibS: isHeldBack ? text(measured) : null,
    downtimeMs: parameters === null ? text(last(({ limits }) => limits?.downtimeMs ?? null)) : null,
    capability: Object.entries(capabilities ?? {}).flatMap(([name, state]) => (state === 'on' ? [name] : [])),
    set: Object.entries(parameters ?? {}).flatMap(([name, value]) =>
      isPlain(name, value) ? [`${name}=${value}`] : [],
    ),
  };
}

/** Parameters that say nothing about how a migration goes are left out: their names differ from version to version. */
const RELEVANT =
  /^(?:downtime-limit|max-bandwidth|avail-switchover-bandwidth|max-postcopy-bandwidth|multifd-channels|xbzrle-cache-size|zero-page-detection|throttle-trigger-threshold|cpu-throttle-(?:initial|increment|tailslow)|max-cpu-throttle|vcpu-dirty-limit)$/;

const isPlain = (name: string, value: string): boolean => RELEVANT.test(name) && value !== '';
