/** What a world still waits for. */
export type PendingWork =
  /** Pages in use, of another node than they are booked on. */
  | { readonly kind: 'owed'; readonly vm: string; readonly pages: number }
  /** Pages on another node than their own, in use or free, that nothing will ever move. */
  | { readonly kind: 'stays'; readonly vm: string; readonly pages: number; readonly because: 'held' | 'unmarked' }
  | { readonly kind: 'layout'; readonly vm: string }
  | { readonly kind: 'compaction'; readonly vm: string; readonly leftPages: number }
  | { readonly kind: 'migration'; readonly vm: string; readonly toHost: string; readonly round: number }
  | { readonly kind: 'commands'; readonly commands: number };
