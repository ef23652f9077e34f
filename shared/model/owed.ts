/** Both lags of a guest (H against T, T against A), in pages. */
export interface GuestLag {
  /** H against T: pages whose host node is not the one that their guest node represents. */
  readonly hostTarget: number;
  /**
   * Of hostTarget, pages that the layout derived from H now would leave: runs are coalesced at the layout's granularity, and host nodes
   * share a guest node where the guest's node ids have run out.
   */
  readonly coalesced: number;
  /** T against A: stranded pages that will move when freed. Pinned ones are not in it. */
  readonly targetActual: number;
  /** T against A: pages that are never freed (reserved, kernel). */
  readonly pinned: number;
}

/** Who has a page that is owed. kernel: reserved at boot, or allocated and never freed. perCpu: nobody; it waits on a per-CPU
 *  list to be given back or allocated again. */
export const OWED_OWNERS = ['kernel', 'slab', 'anonymous', 'file', 'huge', 'byHand', 'perCpu'] as const;

export type OwedOwner = (typeof OWED_OWNERS)[number];
