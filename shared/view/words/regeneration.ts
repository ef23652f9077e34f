/** What it means that a guest's regeneration is off. */
export const REGENERATION_OFF =
  'Regeneration is off, as with hypervisors today: the guest is not told where its memory is. It keeps the layout that it booted with, and what the host moves stays stale (H ≠ T) for good.';
