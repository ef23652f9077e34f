/**
 * What the guest's kernel keeps besides its memory manager: its log, its layouts, the variables behind the debugfs
 * files of memlayout, and whether a defect of the posted code has killed it. All of it is state of the guest; guestfs/
 * implements what a write to a file does.
 */
import type { MmConfig } from '../../../shared/model/config.ts';
import type { Json, StateReader, StateWriter } from '../core/index.ts';
import type { GuestMm } from '../mm/index.ts';
import { KernelLog } from './kernel-log.ts';
import { LayoutHistory } from './layout-history.ts';

/** The u64 variables behind the attributes of /sys/kernel/debug/memlayout, as they were last accepted. */
export interface LayoutAttributes {
  start: bigint;
  end: bigint;
  node: bigint;
  commit: bigint;
  clear: bigint;
}

export class GuestKernel {
  readonly log: KernelLog;
  readonly layouts: LayoutHistory;
  readonly attributes: LayoutAttributes;
  /** A writer died while it held the mutex of node, commit and clear: every later writer waits for ever. */
  mutexHeld: boolean;
  /** Straddling blocks of earlier commits, which have been warned of. */
  straddlesTold: number;

  private constructor(
    log: KernelLog,
    layouts: LayoutHistory,
    attributes: LayoutAttributes,
    { mutexHeld, straddlesTold }: Pick<SavedKernel, 'mutexHeld' | 'straddlesTold'>,
  ) {
    this.log = log;
    this.layouts = layouts;
    this.attributes = attributes;
    this.mutexHeld = mutexHeld;
    this.straddlesTold = straddlesTold;
  }

  static boot({ bootLayout, nrPages, profile }: MmConfig, mm: GuestMm): GuestKernel {
    const attributes = { start: 0n, end: 0n, node: 0n, commit: 0n, clear: 0n };
    const layouts = LayoutHistory.boot(bootLayout, { nrPages, tick: 0, stats: mm.stats() }, profile.backlog);
    return new GuestKernel(new KernelLog(), layouts, attributes, { mutexHeld: false, straddlesTold: 0 });
  }

  save(w: StateWriter): void {
    const { start, end, node, commit, clear } = this.attributes;
    w.json('kernel', {
      log: this.log.save(),
      attributes: [start, end, node, commit, clear].map(String),
      mutexHeld: this.mutexHeld,
      straddlesTold: this.straddlesTold,
    });
    this.layouts.save(w);
  }

  static load({ profile }: MmConfig, r: StateReader): GuestKernel {
    const { log, attributes, ...flags } = r.json<SavedKernel>('kernel');
    const [start, end, node, commit, clear] = attributes.map(BigInt) as [bigint, bigint, bigint, bigint, bigint];
    const layouts = LayoutHistory.load(r, profile.backlog);
    return new GuestKernel(KernelLog.load(log), layouts, { start, end, node, commit, clear }, flags);
  }
}

interface SavedKernel {
  readonly log: Json;
  readonly attributes: readonly string[];
  readonly mutexHeld: boolean;
  readonly straddlesTold: number;
}
