/** What a world still waits for. */
export type PendingWork =
  /** Pages in use, of another node than they are booked on. */
  | { readonly kind: 'owed'; readonly vm: string; readonly pages: number }
  | { readonly kind: 'layout'; readonly vm: string }
  | { readonly kind: 'compaction'; readonly vm: string; readonly leftPages: number }
  | { readonly kind: 'migration'; readonly vm: string; readonly toHost: string; readonly round: number }
  | { readonly kind: 'commands'; readonly commands: number };
