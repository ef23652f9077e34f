/**
 * When Cloud Hypervisor stops a guest (vmm/src/lib.rs): nothing is dirty, or what is dirty takes no longer than the
 * downtime limit at the bandwidth of the round before. The first round has no bandwidth before it. Before version 52 it
 * stopped after 5 rounds, whatever was dirty.
 */
import { PAGE_SIZE_BYTES } from '../../../../shared/units/index.ts';
import type { RoundDecision, RoundState } from './rounds.ts';

/** Of a round, besides sending: 56 to 59 ms in the log of its pull request 7799. */
export const CLOUD_HYPERVISOR_OVERHEAD_MS = 57;
const OLD_MAX_ROUNDS = 5;

export interface CloudHypervisorRules {
  readonly downtimeLimitMs: number;
  /** Asked between rounds alone. */
  readonly timeoutMs: number;
  /** At the timeout: give up, or stop the guest whatever is dirty. */
  readonly atTimeout: 'cancel' | 'ignore';
  readonly stopsAfterFive: boolean;
}

/** What it would take to send what is dirty, by its own estimate. */
const estimateMs = ({ dirtyPages, bytesPerSec }: Pick<RoundState, 'dirtyPages' | 'bytesPerSec'>): number =>
  bytesPerSec === 0 ? 0 : ((dirtyPages * PAGE_SIZE_BYTES) / bytesPerSec) * 1000;

export const cloudHypervisor =
  ({ downtimeLimitMs, timeoutMs, atTimeout, stopsAfterFive }: CloudHypervisorRules) =>
  (state: RoundState): RoundDecision => {
    if (state.rounds === 0) return 'continue';
    if (state.dirtyPages === 0) return 'stop';
    if (stopsAfterFive) return state.rounds >= OLD_MAX_ROUNDS ? 'stop' : 'continue';
    if (estimateMs(state) <= downtimeLimitMs) return 'stop';
    if (state.nowMs < timeoutMs) return 'continue';
    return atTimeout === 'ignore' ? 'stop' : 'give-up';
  };
