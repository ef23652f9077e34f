/** What the readers of migrations share. */
import type { MigrationRecord } from './measured.ts';

/** QEMU's status of a migration. */
export function migrationStatusOf(status: string): MigrationRecord['status'] {
  if (status === 'none' || status === 'completed' || status === 'cancelled') return status;
  if (/^fail/.test(status)) return 'failed';
  return /^(?:setup|active|pre-switchover|device|postcopy|wait|cancelling)/.test(status) ? 'active' : 'other';
}

/** QEMU's mbps are 10^6 bits a second. To a thousandth of a MiB. */
export const mibPerSecOfMbps = (mbps: number): number => Math.round(((mbps * 1e6) / 8 / 2 ** 20) * 1000) / 1000;
