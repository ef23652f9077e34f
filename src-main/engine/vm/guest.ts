/**
 * A VM: its memory manager, its workload, and what its host tells it. The host's truth H lives in host/; this file holds
 * what stands between H and the guest's T: which guest node stands for which host node, and the delivery that is due.
 *
 * Regeneration: when the backing changes, or regeneration is set, a delivery is due `delayTicks` later; then the layout
 * is derived from the backing of that moment and, if it differs from the one in force, committed. Nothing is due at
 * boot: the layout at power-on is what the host gave the guest, right or wrong.
 */
import type { GuestLag, WorldEvent } from '../../../shared/snapshot/index.ts';
import type { GuestConfig, LayoutRange, RegenerationConfig } from '../config.ts';
import type { Json, StateReader, StateWriter } from '../core/index.ts';
import {
  type Backing,
  bootNodeMap,
  deriveLayout,
  type Distance,
  type HostSide,
  hostTargetLagPages,
  type NodeMap,
  remap,
} from '../host/index.ts';
import {
  type CommitResult,
  GuestMm,
  type LayoutProblem,
  layoutRanges,
  type MmViolation,
  ZONE_NAMES,
} from '../mm/index.ts';
import { Workload } from './workload.ts';

/** What of the host a guest needs to be told about its memory. */
export interface HostTruth {
  readonly backing: Backing;
  /** Grows whenever the backing changes. */
  readonly generation: number;
  readonly distance: Distance;
}

/** The truth about one guest's memory, as its host has it now. */
export function truthOf(hostSide: HostSide, guest: number): HostTruth {
  const backing = hostSide.backing(guest);
  return {
    backing,
    generation: hostSide.backingGeneration(guest),
    distance: (from, to) => hostSide.distance(backing.host, from, to),
  };
}

/** No generation of a backing: the host has not looked at it under the settings in force. */
const NOT_SEEN = -1;

export class Guest {
  readonly config: GuestConfig;
  readonly mm: GuestMm;
  readonly workload: Workload;
  #regeneration: RegenerationConfig;
  #map: NodeMap;
  /** The backing for which a delivery was last made due, or that of boot. Stays behind while regeneration is off. */
  #seenGeneration: number;
  #dueTick: number | null;
  /** Cached lag 1; it changes only with the backing, the layout or the settings. Derived, not state. */
  #lagKey = '';
  #lag = { hostTarget: 0, coalesced: 0 };

  private constructor(config: GuestConfig, parts: GuestParts) {
    this.config = config;
    this.mm = parts.mm;
    this.workload = parts.workload;
    this.#regeneration = parts.regeneration;
    this.#map = parts.map;
    this.#seenGeneration = parts.seenGeneration;
    this.#dueTick = parts.dueTick;
  }

  static create(config: GuestConfig, truth: HostTruth, seed: number): Guest {
    const mm = GuestMm.boot(config.mm);
    return new Guest(config, {
      mm,
      workload: Workload.create(mm, config.workload, seed, config.name),
      regeneration: config.regeneration,
      map: bootNodeMap(truth.backing, layoutRanges(mm.layout), config.mm.nrNodeIds),
      seenGeneration: truth.generation,
      dueTick: null,
    });
  }

  get map(): NodeMap {
    return this.#map;
  }

  /** Whether a layout is on its way, or will be in the next tick because regeneration has just been set. */
  get deliveryDue(): boolean {
    return this.#dueTick !== null || (this.#regeneration.enabled && this.#seenGeneration === NOT_SEEN);
  }

  /** New settings; if they are enabled, the host looks at the backing anew, whatever it told before. */
  setRegeneration(regeneration: RegenerationConfig): void {
    this.#regeneration = regeneration;
    this.#dueTick = null;
    this.#seenGeneration = NOT_SEEN;
    this.#lagKey = '';
  }

  /** Notes a change of backing, and delivers the layout that is due. */
  regenerate(truth: HostTruth, tick: number): readonly WorldEvent[] {
    if (this.#regeneration.enabled && truth.generation !== this.#seenGeneration) {
      this.#seenGeneration = truth.generation;
      this.#dueTick ??= tick + this.#regeneration.delayTicks;
    }
    if (this.#dueTick === null || tick < this.#dueTick) return [];
    this.#dueTick = null;
    const target = layoutRanges(this.mm.layout);
    this.#map = remap(this.#map, truth.backing, target, truth.distance);
    this.#lagKey = '';
    const ranges = deriveLayout(
      truth.backing,
      this.#map,
      this.#regeneration.grainPages,
      this.config.mm.nrPages,
      target,
    );
    if (sameRanges(ranges, target)) return [];
    const vm = this.config.name;
    const delivered: WorldEvent = {
      tick,
      type: 'layoutDelivered',
      vm,
      text: `The host tells ${vm} its new layout: ${ranges.length} ranges${sharedText(this.#map, this.config.mm.nrNodeIds)}`,
      data: { ranges: ranges.length, sharedHostNodes: this.#map.shared.length },
    };
    return [delivered, ...this.commit(ranges, tick).events];
  }

  /** Commits a layout in the guest; refused whole with the problems of its ranges. */
  commit(
    ranges: readonly LayoutRange[],
    tick: number,
  ): { readonly problems: readonly LayoutProblem[]; readonly events: readonly WorldEvent[] } {
    const outcome = this.mm.commit(ranges);
    if (!outcome.ok) return { problems: outcome.problems, events: [] };
    return { problems: [], events: commitEvents(this.config.name, outcome.result, tick) };
  }

  /** Both lags, in pages. */
  lag(truth: HostTruth): GuestLag {
    const { mm } = this.mm;
    const key = `${truth.generation}/${mm.layout.seq}`;
    if (key !== this.#lagKey) {
      this.#lagKey = key;
      this.#lag = this.#hostLag(truth);
    }
    // By cell: the matrix has nodes² entries and is nearly always empty.
    let owed = 0;
    let pinned = 0;
    for (const pages of mm.cell.strandedOut) owed += pages;
    if (owed > 0) for (const pages of mm.strandedPinned) pinned += pages;
    return { ...this.#lag, targetActual: owed - pinned, pinned };
  }

  /** Lag 1, and the part of it that a layout derived from the backing of now would leave. */
  #hostLag(truth: HostTruth): { hostTarget: number; coalesced: number } {
    const target = layoutRanges(this.mm.layout);
    const hostTarget = hostTargetLagPages(truth.backing, this.#map, target);
    if (hostTarget === 0 || !this.#regeneration.enabled || this.deliveryDue) return { hostTarget, coalesced: 0 };
    const map = remap(this.#map, truth.backing, target, truth.distance);
    const derived = deriveLayout(truth.backing, map, this.#regeneration.grainPages, this.config.mm.nrPages, target);
    return { hostTarget, coalesced: Math.min(hostTarget, hostTargetLagPages(truth.backing, map, derived)) };
  }

  /** Every broken law: G1 to G12 of the memory manager, W1 of the workload. */
  check(): readonly MmViolation[] {
    return [...this.mm.check(), ...this.workload.check().map((text) => ({ law: 'W1', text }))];
  }

  save(w: StateWriter, prefix: string): void {
    w.json(`${prefix}.guest`, {
      regeneration: this.#regeneration as unknown as Json,
      map: this.#map as unknown as Json,
      seenGeneration: this.#seenGeneration,
      dueTick: this.#dueTick,
    });
    this.mm.save(w, prefix);
    this.workload.save(w, prefix);
  }

  static load(config: GuestConfig, r: StateReader, prefix: string): Guest {
    const mm = GuestMm.load(config.mm, r, prefix);
    const saved = r.json<Omit<GuestParts, 'mm' | 'workload'>>(`${prefix}.guest`);
    return new Guest(config, { ...saved, mm, workload: Workload.load(mm, r, prefix) });
  }
}

interface GuestParts {
  readonly mm: GuestMm;
  readonly workload: Workload;
  readonly regeneration: RegenerationConfig;
  readonly map: NodeMap;
  readonly seenGeneration: number;
  readonly dueTick: number | null;
}

const sameRanges = (a: readonly LayoutRange[], b: readonly LayoutRange[]): boolean =>
  a.length === b.length && a.every((r, i) => r.start === b[i]!.start && r.end === b[i]!.end && r.nid === b[i]!.nid);

function commitEvents(vm: string, result: CommitResult, tick: number): WorldEvent[] {
  const events: WorldEvent[] = result.nodesOnlined.map((nid) => ({
    tick,
    type: 'nodeOnline',
    vm,
    text: `${vm}: node ${nid} comes online`,
    data: { nid },
  }));
  for (const { nid, zone } of result.zonesPopulated) {
    const name = ZONE_NAMES[zone]!;
    events.push({
      tick,
      type: 'zoneCreated',
      vm,
      text: `${vm}: node ${nid} zone ${name} gets pages`,
      data: { nid, zone: name },
    });
  }
  const { seq, deltaPages, movedSweep, movedDrain, strandedPages } = result;
  events.push({
    tick,
    type: 'layoutCommitted',
    vm,
    text:
      `${vm} commits layout ${seq}: ${deltaPages} pages change target, ` +
      `${movedSweep + movedDrain} free ones move at once, ${strandedPages} in use are stranded`,
    data: { seq, deltaPages, movedSweepPages: movedSweep, movedDrainPages: movedDrain, strandedPages },
  });
  return events;
}

/** Said with a layout when the guest has too few node ids for the host nodes it is on. */
const sharedText = ({ shared }: NodeMap, nrNodeIds: number): string =>
  shared.length === 0
    ? ''
    : `; host nodes ${shared.map((s) => s.hostNid).join(', ')} share a guest node with another, it has ${nrNodeIds} node ids`;
