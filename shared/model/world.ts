import type { Command } from './command.ts';
import type { GuestConfig, HostConfig, LinkConfig } from './config.ts';

export interface WorldConfig {
  /** 32-bit unsigned. One seed, one world. */
  readonly seed: number;
  /** Simulated milliseconds in one tick. */
  readonly tickMs: number;
  readonly hosts: readonly HostConfig[];
  readonly links: readonly LinkConfig[];
  readonly guests: readonly GuestConfig[];
  /** Commands applied at the start of tick `at` (so `at: 0` is before the first step), in this order within a tick. */
  readonly schedule: readonly ScheduledCommand[];
}

export interface ScheduledCommand {
  readonly at: number;
  readonly command: Command;
}
