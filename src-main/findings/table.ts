/** The table of checks: a new one is one entry of one of these lists. */
import type { Check } from './check.ts';
import { balanceChecks } from './checks/balance.ts';
import { fitChecks } from './checks/fit.ts';
import { guestChecks } from './checks/guest.ts';
import { hugeChecks } from './checks/huge.ts';
import { localityChecks } from './checks/locality.ts';
import { measurementChecks } from './checks/measurement.ts';
import { migrationChecks } from './checks/migration.ts';
import { pinningChecks } from './checks/pinning.ts';
import { tierChecks } from './checks/tier.ts';

export const CHECKS: readonly Check[] = [
  ...fitChecks,
  ...localityChecks,
  ...pinningChecks,
  ...hugeChecks,
  ...guestChecks,
  ...balanceChecks,
  ...tierChecks,
  ...migrationChecks,
  ...measurementChecks,
];
