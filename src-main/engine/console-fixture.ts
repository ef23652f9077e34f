/**
 * TESTS ONLY. One guest of the test vectors (simtest/vectors.ts) in a world, and its files as a shell uses them.
 */
import {
  CORRECT,
  DEFAULT_PROFILE,
  RFC_V3,
  type GuestConfig,
  type KernelProfile,
  type MmConfig,
} from '../../shared/model/config.ts';
import { type WorldConfig } from '../../shared/model/world.ts';
import { PLAIN_RFC } from '../../shared/model/beyond.ts';
import type { Guest } from './vm/index.ts';
import { World } from './world.ts';
import type { Errno } from './guestfs/index.ts';
import { mmConfig, uniform } from './mm/mm-fixture.ts';

export const MEMLAYOUT = '/sys/kernel/debug/memlayout';

export interface GuestOptions {
  readonly mm?: Partial<MmConfig>;
  readonly profile?: Partial<KernelProfile>;
  readonly guest?: Partial<GuestConfig>;
}

/** 128 MB: DMA is pfn 0 to 4095, DMA32 the rest; nothing reserved, all free, on node 0 of 4. */
export function config({ mm = {}, profile = {}, guest = {} }: GuestOptions = {}): WorldConfig {
  const memory = mmConfig({ profile: { ...DEFAULT_PROFILE, rfc: CORRECT, ...profile }, ...mm });
  return {
    seed: 1,
    tickMs: 100,
    hosts: [
      {
        name: 'h',
        nodes: [0, 1].map((nid) => ({ nid, cpus: [nid], totalPages: 2 ** 19, reservedPages: 0 })),
        distances: uniform(2),
      },
    ],
    links: [],
    guests: [
      {
        name: 'g',
        host: 'h',
        mm: memory,
        framePages: 1,
        placement: [{ start: 0, end: memory.nrPages, mode: 'strict', nodes: [0], pages: [], scatter: false }],
        regeneration: { enabled: false, granularityPages: 512, delayTicks: 0 },
        workload: null,
        dirty: { workingSetPages: 0, pagesPerSec: 0 },
        beyond: PLAIN_RFC,
        dimms: [],
        ...guest,
      },
    ],
    schedule: [],
  };
}

/** Two nodes of 64 MB, striped over three in 128 pages each, as the series was posted (T4). */
export function stripedAsPosted(): Console {
  const bootLayout = [
    { start: 0, end: 16384, nid: 0 },
    { start: 16384, end: 32768, nid: 1 },
  ];
  const c = new Console({ profile: { rfc: RFC_V3 }, mm: { bootLayout } });
  for (let k = 0; k < 256; k++) c.stage(k * 128, k * 128 + 127, k % 3);
  c.commit();
  return c;
}

/** A guest and its files; every write is a line of its own unless a line is open. */
export class Console {
  readonly world: World;

  constructor(options: GuestOptions | World = {}) {
    if (options instanceof World) {
      this.world = options;
      return;
    }
    const { world, problems } = World.create(config(options));
    if (world === null) throw new Error(JSON.stringify(problems));
    this.world = world;
  }

  get guest(): Guest {
    return this.world.guests[0]!;
  }

  /** As `cat` shows it; throws what it says when it cannot. */
  cat(path: string): string {
    const read = this.world.filesOf('g')!.read(path);
    if (!read.ok) throw new Error(`cat: ${path}: ${read.errno}`);
    return read.text;
  }

  ls(path: string): string[] {
    const names = this.world.filesOf('g')!.list(path);
    if (names === null) throw new Error(`ls: ${path}: no folder`);
    return [...names].sort();
  }

  /** `echo text > path` as a shell does it: what is not taken is written again. @returns the error, null when all went. */
  echo(text: string | number, path: string): Errno | null {
    this.world.beginLine('g', `echo ${text} > ${path}`);
    let rest = `${text}\n`;
    let errno: Errno | null = null;
    while (rest !== '' && errno === null) {
      const written = this.world.writeFile(path, rest);
      if (written.ok) rest = rest.slice(written.consumed);
      else errno = written.errno;
    }
    this.world.endLine();
    return errno;
  }

  /** Stages [start, end], the end inclusive. */
  stage(start: number | string, end: number | string, node: number | string): Errno | null {
    return (
      this.echo(start, `${MEMLAYOUT}/start`) ??
      this.echo(end, `${MEMLAYOUT}/end`) ??
      this.echo(node, `${MEMLAYOUT}/node`)
    );
  }

  commit(): Errno | null {
    return this.echo(1, `${MEMLAYOUT}/commit`);
  }

  clear(): Errno | null {
    return this.echo(1, `${MEMLAYOUT}/clear`);
  }

  get log(): readonly string[] {
    return this.guest.kernel.log.lines.map((line) => line.text);
  }
}
