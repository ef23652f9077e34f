/**
 * What records of live migrations tell: what a VM writes, and what the link carries.
 *
 * (a) A record belongs to the VM that it names, or to the only one there is.
 * (b) A measured dirty rate counts before what a migration under way prints of it. No tool tells the working set: it is taken
 *     to be all of the VM's memory, and said.
 * (c) The rate at which a migration was seen to send counts before a limit that was set on it; a limit of terabytes a second is
 *     none. A save or a dump goes to a file, not over a link.
 * (d) Limits of downtime are of the migration that is asked for, and named as not used.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import { mibFromKib, mibFromPages } from '../../shared/units/index.ts';
import type { MigrationRecord } from '../formats/index.ts';
import type { ImportPart } from './import-host.ts';
import type { VmInput } from './import-vm.ts';

/** libvirt prints 8796093022207 MiB/s, QEMU 2^63 bytes, for no limit. */
const UNLIMITED_FROM_MIBPS = 2 ** 20;

interface Recorded {
  /** With what it writes, where a record tells it. @param pages of its memory. */
  onVm(vm: VmInput, pages: number): VmInput;
  readonly linkMibPerSec: number | null;
}

export function recordedOf(
  parts: readonly ImportPart<MigrationRecord>[],
  vms: readonly string[],
  diagnostics: Diagnostic[],
): Recorded {
  const rates = new Map<string, number>();
  let seen: number | null = null;
  let limit: number | null = null;
  for (const { file, facts } of parts) {
    const note = (slug: string, message: string): void => {
      diagnostics.push({ severity: 'note', slug, message, where: { file } });
    };
    const name = facts.vm ?? (vms.length === 1 ? vms[0]! : null);
    const rate = dirtyOf(facts);
    if (rate !== null) {
      if (name !== null && vms.includes(name)) {
        // Measured before what was printed under way.
        if (facts.dirtyRate !== null || !rates.has(name)) rates.set(name, rate);
      } else
        note(
          'import-rate-of-nobody',
          `The dirty rate of ${rate} MiB/s is of ${name === null ? 'a VM that the file does not name' : `"${name}", which is no VM of these files`}: it is not used.`,
        );
    }
    const isOverLink = facts.operation !== 'save' && facts.operation !== 'dump';
    if (isOverLink && facts.bandwidthMibPerSec !== null && facts.bandwidthMibPerSec > 0)
      seen = facts.bandwidthMibPerSec;
    const most = facts.limits?.bandwidthMibPerSec ?? null;
    if (most !== null && most > 0 && most < UNLIMITED_FROM_MIBPS) limit = most;
    if (facts.limits?.downtimeMs != null)
      note(
        'import-downtime-limit',
        `The downtime limit of ${facts.limits.downtimeMs} ms is of a migration: give it to the one that is asked for (--downtime-ms).`,
      );
  }
  return {
    linkMibPerSec: seen ?? limit,
    onVm(vm, pages) {
      const rateMiBps = rates.get(vm.name);
      if (rateMiBps === undefined) return vm;
      const workingSetMiB = Math.floor(mibFromPages(pages));
      return {
        ...vm,
        dirty: { rateMiBps, workingSetMiB },
        assumed: [
          ...(vm.assumed ?? []),
          { text: 'Over how much of its memory it writes: all of it, as no tool tells it.', measure: null },
        ],
      };
    },
  };
}

/** MiB a second; null: not told. */
function dirtyOf({ dirtyRate, dirtyPagesPerSec, pageSizeKiB }: MigrationRecord): number | null {
  if (dirtyRate?.mibPerSec != null) return dirtyRate.mibPerSec;
  if (dirtyPagesPerSec === null) return null;
  return Math.round(mibFromKib(dirtyPagesPerSec * (pageSizeKiB ?? 4)) * 1000) / 1000;
}
