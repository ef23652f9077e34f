/**
 * /sys/kernel/debug/pagectl: single pages by hand, and the accounting. It is not part of the RFC; it serves to teach
 * and test what the RFC does.
 *
 * (a) alloc, free and pcp take `PFN [ORDER]`, decimal or 0x hex. A request that cannot be carried out gives EBUSY,
 *     malformed text EINVAL; the kernel log says why.
 * (b) alloc takes exactly that block, which must be free on one node; free frees what alloc took, past the per-CPU
 *     lists, as the RFC's hooks do; pcp puts a page that is free, or was taken by alloc, on the list of CPU 0, unless
 *     the page has to change its node: then it goes to that node at once.
 * (c) page/<pfn> and accounting are read-only.
 */
import { MAX_PAGE_ORDER } from '../mm/index.ts';
import { type Guest, LOG_NOTICE } from '../vm/index.ts';
import { accountingJson, accountingText } from './accounting.ts';
import { dir, type DirNode, fail, type FileNode, ok, procFile, type WriteOutcome } from './node.ts';
import type { Outside } from './outside.ts';
import { pageText } from './page-text.ts';

interface Block {
  readonly pfn: number;
  /** null: not given. */
  readonly order: number | null;
}

export function pagectlOf(guest: Guest, outside: Outside): DirNode {
  const door = new PageDoor(guest, outside);
  const command = (name: string, act: (block: Block) => string | null): FileNode => ({
    kind: 'file',
    mode: 0o200,
    size: 0,
    read: null,
    write: (text) => door.write(name, text, act),
  });
  return dir(
    {
      accounting: procFile(() => accountingText(guest.memory), 0o400),
      'accounting.json': procFile(() => `${JSON.stringify(accountingJson(guest.memory))}\n`, 0o400),
      alloc: command('alloc', (block) => door.alloc(block)),
      free: command('free', (block) => door.free(block)),
      page: pages(guest),
      pcp: command('pcp', (block) => door.pcp(block)),
    },
    0o755,
  );
}

/** A file for each pfn below max_pfn. They are too many to be listed. */
function pages(guest: Guest): DirNode {
  return {
    kind: 'dir',
    mode: 0o755,
    names: () => [],
    get: (name) => {
      const pfn = numberOf(name);
      return pfn === null || pfn >= guest.memory.state.nrPages ? null : procFile(() => pageText(guest, pfn), 0o400);
    },
  };
}

/** A whole decimal or 0x hex number below 2^53. */
function numberOf(text: string): number | null {
  if (!/^(?:0[xX][0-9a-fA-F]{1,13}|\d{1,15})$/.test(text)) return null;
  return Number(text);
}

function parseBlock(text: string): Block | null {
  const words = text.trim().split(/\s+/);
  const [pfn, order] = words.map(numberOf);
  if (words.length > 2 || pfn === undefined || pfn === null || order === null) return null;
  if (order !== undefined && order > MAX_PAGE_ORDER) return null;
  return { pfn, order: order ?? null };
}

class PageDoor {
  readonly #guest: Guest;
  readonly #outside: Outside;

  constructor(guest: Guest, outside: Outside) {
    this.#guest = guest;
    this.#outside = outside;
  }

  /** @param act says why it could not be done, or null when it was. */
  write(name: string, text: string, act: (block: Block) => string | null): WriteOutcome {
    const block = parseBlock(text);
    const say = (why: string): void =>
      this.#guest.kernel.log.print(this.#outside.tick, LOG_NOTICE, `pagectl: ${name}: ${why}`);
    if (block === null) {
      say(`"${printable(text)}" is no PFN with an ORDER from 0 to ${MAX_PAGE_ORDER}`);
      return fail('EINVAL');
    }
    const { nrPages } = this.#guest.memory.state;
    const pages = 1 << (block.order ?? 0);
    if (block.pfn % pages !== 0 || block.pfn + pages > nrPages) {
      const whole =
        block.pfn % pages !== 0 ? `is no multiple of ${pages}` : `ends beyond the last page, ${nrPages - 1}`;
      say(`pfn ${block.pfn} order ${block.order ?? 0} ${whole}`);
      return fail('EINVAL');
    }
    const why = act(block);
    if (why === null) return ok(text.length);
    say(why);
    return fail('EBUSY');
  }

  alloc({ pfn, order }: Block): string | null {
    const { memory: mm } = this.#guest;
    if (mm.holdBlock(pfn, order ?? 0)) return null;
    for (let p = pfn; p < pfn + (1 << (order ?? 0)); p++) {
      const state = mm.pageState(p);
      if (state !== 'free') return `pfn ${p} is ${STATES[state]}`;
    }
    return `the pages from pfn ${pfn} on, order ${order ?? 0}, are free on more nodes than one`;
  }

  free({ pfn, order }: Block): string | null {
    const { memory: mm } = this.#guest;
    const held = this.#heldOrder(pfn);
    if (held === null) return `pfn ${pfn} was not taken by alloc: it is ${STATES[mm.pageState(pfn)]}`;
    if (order !== null && order !== held) return `pfn ${pfn} was taken with order ${held}, not ${order}`;
    mm.freePagesDirect(pfn, held);
    return null;
  }

  pcp({ pfn, order }: Block): string | null {
    const { memory: mm } = this.#guest;
    if ((order ?? 0) !== 0) return `per-CPU lists hold single pages, not order ${order}`;
    if (this.#heldOrder(pfn) !== 0 && !mm.holdBlock(pfn, 0)) return `pfn ${pfn} is ${STATES[mm.pageState(pfn)]}`;
    mm.freeToPcp(pfn, 0);
    return null;
  }

  /** The order with which alloc took the block at pfn; null when it did not. */
  #heldOrder(pfn: number): number | null {
    for (let order = 0; order <= MAX_PAGE_ORDER; order++) if (this.#guest.memory.isHeld(pfn, order)) return order;
    return null;
  }
}

const STATES = {
  hole: 'no page',
  reserved: 'reserved since boot',
  free: 'free',
  allocated: 'in use',
  pcp: 'on a per-CPU list',
} as const;

/** What of a text can stand in the log. */
const printable = (text: string): string =>
  text
    .trim()
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 60);
