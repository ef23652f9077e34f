/**
 * A first run in three steps, on a shipped example: play it, look into a guest, look back in time. A step is over when it has
 * been done, by whatever means; all of them can be put away at once, and never come again.
 */
export interface FirstStep {
  readonly title: string;
  readonly text: string;
  /** Says what the button does. */
  readonly verb: string;
}

export const FIRST_STEPS: readonly FirstStep[] = [
  {
    title: 'Let time pass.',
    text: 'The commands of the example are the ◇ on the time axis below: when one is reached, the host gathers the memory of a VM on one node. Space plays and pauses.',
    verb: 'Let it run',
  },
  {
    title: 'Look into the guest.',
    text: 'Its map has three lanes: H, where each page lies; T, where the guest was told that it lies; A, where its allocator books it. Colour means host node: where the lanes agree, it has converged.',
    verb: 'Open the guest',
  },
  {
    title: 'Look back.',
    text: 'Drag in the time strip, or press , and . : every view shows that moment. ▲ is a commit, when the guest was told. End returns to now.',
    verb: 'Look at the beginning',
  },
];

/** What of a run the steps are about. */
export interface RunSeen {
  readonly tick: number;
  readonly view: string;
  readonly looksBack: boolean;
}

/** The step that is to be done next, from the one that was; FIRST_STEPS.length: all are done. */
export function stepAfter(step: number, { tick, view, looksBack }: RunSeen): number {
  const done = [tick > 0, view === 'guest', looksBack];
  return step < done.length && done[step]! ? step + 1 : step;
}
