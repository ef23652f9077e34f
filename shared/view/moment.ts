/**
 * The tick that shows what an event did. A step from tick t to t + 1 dates its events t, and the frame of t is the world
 * before them: the first frame in which they are seen is that of t + 1.
 */
export const momentOf = ({ tick }: { readonly tick: number }): number => tick + 1;
