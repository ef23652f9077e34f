/** Live migration by the rules of each hypervisor: settings in, a state machine out. */
import { CLOUD_HYPERVISOR_OVERHEAD_MS, cloudHypervisor } from './cloud-hypervisor.ts';
import type { GuestModel } from './guest.ts';
import type { MigrationRun } from './migration-run.ts';
import { QemuMigration } from './qemu.ts';
import { type RoundDecision, RoundMigration, type RoundState } from './rounds.ts';
import type { ThrottleRules } from './throttle.ts';
import { channelsMibPerSec, SINGLE_STREAM_MIB_PER_SEC, type Xbzrle } from './wire.ts';
import { xenClassic, xenModern } from './xen.ts';

export const ALGORITHMS = [
  'qemu',
  'xen-classic',
  'xen-modern',
  'cloud-hypervisor',
  'cloud-hypervisor-5',
  'vsphere',
  'offline',
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Bandwidths in bytes a second; Infinity: no limit. */
export interface MigrationSettings {
  readonly algorithm: Algorithm;
  readonly guest: GuestModel;
  readonly linkBandwidth: number;
  readonly maxBandwidth: number;
  readonly switchoverBandwidth: number | null;
  readonly maxPostcopyBandwidth: number;
  readonly downtimeLimitMs: number;
  /** Null: one stream. */
  readonly channels: number | null;
  readonly zeroPages: 'none' | 'legacy' | 'multifd';
  readonly headerBytes: number | null;
  readonly stopsAtThreshold: boolean;
  readonly throttle: ThrottleRules | null;
  readonly xbzrle: Xbzrle | null;
  readonly postcopyAtMs: number | null;
  readonly postcopyAfterPasses: number | null;
  /** Of Cloud Hypervisor; Infinity: none. */
  readonly timeoutMs: number;
  readonly atTimeout: 'cancel' | 'ignore';
  readonly wholePages: boolean;
}

const MIB = 2 ** 20;
/** vSphere slows guests that write faster than they are sent (SDPS). By how much is not published: this is our choice. */
const VSPHERE_WRITE_SHARE = 0.8;

/** What the link carries through so many channels. */
export function wireBandwidth({
  linkBandwidth,
  channels,
}: Pick<MigrationSettings, 'linkBandwidth' | 'channels'>): number {
  const most = channels === null ? SINGLE_STREAM_MIB_PER_SEC : channelsMibPerSec(channels);
  return Math.min(linkBandwidth, most * MIB);
}

export function startMigration(settings: MigrationSettings): MigrationRun {
  const { algorithm, guest } = settings;
  const linkBandwidth = wireBandwidth(settings);
  if (algorithm === 'qemu' || algorithm === 'offline') {
    const run = new QemuMigration(guest, {
      ...settings,
      linkBandwidth,
      wire: { multifd: settings.channels !== null, zeroPages: settings.zeroPages, headerBytes: settings.headerBytes },
    });
    if (algorithm === 'offline') run.intervene({ do: 'pause' });
    return run;
  }
  return new RoundMigration(guest, {
    bandwidth: Math.min(linkBandwidth, settings.maxBandwidth),
    roundOverheadMs: algorithm.startsWith('cloud-hypervisor') ? CLOUD_HYPERVISOR_OVERHEAD_MS : 0,
    costs: { page: PAGE_BYTES, zero: PAGE_BYTES },
    writeShare: algorithm === 'vsphere' ? VSPHERE_WRITE_SHARE : null,
    settledFromMs: Number.isFinite(settings.timeoutMs) ? settings.timeoutMs : 0,
    wholePages: settings.wholePages,
    decide: stopRule(settings),
  });
}

/** Whole pages, zeros too; what heads a page is not counted. */
const PAGE_BYTES = 4096;

function stopRule(settings: MigrationSettings): (state: RoundState) => RoundDecision {
  const { algorithm, downtimeLimitMs, timeoutMs, atTimeout } = settings;
  if (algorithm === 'xen-classic') return xenClassic;
  if (algorithm === 'xen-modern') return xenModern;
  const stopsAfterFive = algorithm === 'cloud-hypervisor-5';
  return cloudHypervisor({ downtimeLimitMs, timeoutMs, atTimeout, stopsAfterFive });
}

export type { WritePattern, WrittenSet } from './dirtying.ts';
export type { MigrationRun, Pass } from './migration-run.ts';
export { MAX_DOWNTIME_LIMIT_MS, POLICY_NAMES, policyOf } from './policy.ts';
export type { PolicyName, StackPolicy } from './policy.ts';
export { runToEnd } from './run-to-end.ts';
export { channelsMibPerSec, SINGLE_STREAM_MIB_PER_SEC, wireCosts } from './wire.ts';
