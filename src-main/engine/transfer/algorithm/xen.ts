/** When Xen stops a guest: the rules of xc_domain_save.c, and those that replaced them in xg_sr_save.c. */
import type { RoundDecision, RoundState } from './rounds.ts';

const TARGET_DIRTY_PAGES = 50;
const CLASSIC_MAX_ROUNDS = 29;
const CLASSIC_MAX_FACTOR = 3;
const MODERN_MAX_ROUNDS = 5;

/** Fewer than 50 pages are dirty, 29 rounds, or more than three times the guest was sent. */
export function xenClassic({ rounds, dirtyPages, sentPages, guestPages }: RoundState): RoundDecision {
  if (rounds === 0) return 'continue';
  const stops =
    dirtyPages < TARGET_DIRTY_PAGES || rounds >= CLASSIC_MAX_ROUNDS || sentPages > guestPages * CLASSIC_MAX_FACTOR;
  return stops ? 'stop' : 'continue';
}

/** Five rounds; or fewer than 50 pages are dirty, and then these are sent once more before the guest is stopped. */
export function xenModern({ rounds, dirtyPages }: RoundState): RoundDecision {
  if (rounds >= MODERN_MAX_ROUNDS) return 'stop';
  return rounds > 0 && dirtyPages < TARGET_DIRTY_PAGES ? 'last' : 'continue';
}
