/**
 * Checks a plan by replaying it: a second implementation, from the contract alone. It imports nothing, so that a mistake of the
 * planner cannot be made here, too.
 *
 * (a) A move holds its old and its new place until it ends; what ends at an instant goes before what starts then.
 * (b) Memory is counted by pool, in whole pages; the vCPUs of a cell count where all of it lies on one node.
 * (c) A place that is overfull at the start may stay so; nothing arrives there.
 * (d) All problems are reported, each with its kind and the move that it is about; one that makes the rest meaningless ends it.
 */

interface CheckedNode {
  readonly nid: number;
  readonly cpus: string;
  readonly memoryMiB?: number | undefined;
  readonly memoryKiB?: number | undefined;
  readonly memoryPages?: number | undefined;
  readonly reservedMiB?: number | undefined;
  readonly hugepages?: readonly { readonly sizeKiB: number; readonly count: number }[] | undefined;
}

interface CheckedHost {
  readonly name: string;
  readonly nodes: readonly CheckedNode[];
  readonly distances?: { readonly ids: readonly number[]; readonly matrix: readonly (readonly number[])[] } | null | undefined; // prettier-ignore
}

interface CheckedVm {
  readonly name: string;
  readonly host?: string | undefined;
  readonly memoryMiB?: number | undefined;
  readonly memoryKiB?: number | undefined;
  readonly memoryPages?: number | undefined;
  readonly vcpus?: number | undefined;
  readonly cells?:
    | readonly {
        readonly id: number;
        readonly cpus?: string | undefined;
        readonly memoryMiB?: number | undefined;
        readonly memoryKiB?: number | undefined;
        readonly memoryPages?: number | undefined;
      }[]
    | undefined;
  readonly hugepages?: readonly { readonly sizeKiB: number; readonly cells?: readonly number[] | undefined }[] | undefined; // prettier-ignore
}

export interface CheckedScenario {
  readonly hosts: readonly CheckedHost[];
  readonly links?: readonly { readonly hosts: readonly [string, string]; readonly bandwidthMiBps: number }[];
  readonly vms?: readonly CheckedVm[];
}

type Places = Readonly<Record<string, number>>;

/** Where a cell lies at the start. */
export interface CheckedStart {
  readonly vm: string;
  readonly cell: number;
  readonly at: Places;
}

export interface CheckedRequest {
  readonly goal: {
    readonly type: string;
    readonly vm?: string;
    readonly places?: readonly string[];
    readonly maxUsePercent?: number;
    readonly place?: string;
    readonly pageKiB?: number;
    readonly pages?: number;
    readonly want?: readonly { readonly vm: string; readonly place: string }[];
  };
  readonly newVms?: readonly CheckedVm[];
  readonly hugepagesKiB?: Readonly<Record<string, number>>;
  readonly rules?: readonly {
    readonly type: string;
    readonly vms?: readonly string[];
    readonly places?: readonly string[];
    readonly grain?: string;
    readonly memoryMiB?: number;
    readonly pageKiB?: number;
    readonly cpus?: number;
  }[];
  readonly limits?: {
    readonly cpuOvercommit?: number;
    readonly migrationsPerHost?: number;
    readonly migrationsPerLink?: number;
    readonly compactMiBps?: number;
    readonly split?: boolean;
  };
}

interface CheckedMove {
  readonly id: number;
  readonly type: string;
  readonly vm: string;
  readonly movedMiB: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly after: readonly number[];
  readonly cells: readonly { readonly cell: number; readonly from: Places; readonly to: Places }[];
}

type Values = readonly { readonly name: string; readonly value: number }[] | null;

export interface CheckedPlan {
  readonly status: string;
  readonly objective: Values;
  readonly bound: Values;
  readonly gapPercent?: number | null;
  readonly doNothing?: Values;
  readonly moves: readonly CheckedMove[];
  readonly placement: readonly { readonly vm: string; readonly cell: number; readonly at: Places }[];
  readonly whyNot: readonly object[];
}

export interface PlanProblem {
  readonly kind: string;
  /** Of the move that it is about. */
  readonly move: number | null;
  readonly text: string;
}

/** @param starts where every cell of a running VM lies. */
export function checkPlan(
  scenario: CheckedScenario,
  starts: readonly CheckedStart[],
  request: CheckedRequest,
  plan: CheckedPlan,
): PlanProblem[] {
  const check = new Checker(scenario, starts, request, plan);
  check.run();
  return check.problems;
}

const ORDINARY_KIB = 4;
const CPUS = -1;

interface Cell {
  readonly vm: string;
  readonly id: number;
  readonly mib: number;
  readonly vcpus: number;
  readonly pageKiB: number;
}

interface Guest {
  readonly name: string;
  readonly isNew: boolean;
  readonly cells: ReadonlyMap<number, Cell>;
}

class Checker {
  readonly problems: PlanProblem[] = [];
  readonly #request: CheckedRequest;
  readonly #plan: CheckedPlan;
  readonly #scenario: CheckedScenario;
  /** By place, what there is of each pool (by page size) and of CPUs. */
  readonly #capacity = new Map<string, Map<number, number>>();
  readonly #hostOf = new Map<string, string>();
  readonly #guests = new Map<string, Guest>();
  /** By `vm/cell`, where it lies now; a cell that is nowhere is not in it. */
  readonly #at = new Map<string, Places>();
  readonly #start = new Map<string, Places>();
  readonly #overfull = new Set<string>();

  constructor(scenario: CheckedScenario, starts: readonly CheckedStart[], request: CheckedRequest, plan: CheckedPlan) {
    this.#scenario = scenario;
    this.#request = request;
    this.#plan = plan;
    const overcommit = request.limits?.cpuOvercommit ?? 1;
    for (const host of scenario.hosts)
      for (const node of host.nodes) {
        const place = `${host.name}/${node.nid}`;
        this.#hostOf.set(place, host.name);
        const room = new Map<number, number>();
        let pools = 0;
        for (const { sizeKiB, count } of node.hugepages ?? []) {
          if (sizeKiB <= ORDINARY_KIB) continue;
          pools += (sizeKiB * count) / 1024;
          room.set(sizeKiB, (room.get(sizeKiB) ?? 0) + (sizeKiB * count) / 1024);
        }
        if (pools > mibOf(node)) {
          room.clear();
          pools = 0;
        }
        room.set(ORDINARY_KIB, mibOf(node) - (node.reservedMiB ?? 0) - pools);
        room.set(CPUS, overcommit * idsOf(node.cpus).length);
        this.#capacity.set(place, room);
      }
    const add = (vm: CheckedVm, isNew: boolean): void => {
      const cells = new Map<number, Cell>();
      const written = vm.cells ?? [];
      const pageKiB = (cell: number): number =>
        request.hugepagesKiB?.[vm.name] ??
        vm.hugepages?.find((each) => each.cells?.includes(cell) === true)?.sizeKiB ??
        vm.hugepages?.find((each) => each.cells === undefined)?.sizeKiB ??
        ORDINARY_KIB;
      const vcpus = vm.vcpus ?? 1;
      if (written.length === 0)
        cells.set(0, { vm: vm.name, id: 0, mib: Math.ceil(mibOf(vm)), vcpus, pageKiB: pageKiB(0) });
      const named = new Set(written.flatMap(({ cpus }) => idsOf(cpus ?? '')));
      // A vCPU of no cell is on the first.
      const first = Math.min(...written.map(({ id }) => id));
      let strays = 0;
      for (let cpu = 0; cpu < vcpus && written.length > 0; cpu++) if (!named.has(cpu)) strays++;
      for (const cell of written) {
        if (mibOf(cell) === 0) continue;
        const own = idsOf(cell.cpus ?? '').filter((cpu) => cpu < vcpus).length;
        cells.set(cell.id, {
          vm: vm.name,
          id: cell.id,
          mib: Math.ceil(mibOf(cell)),
          vcpus: own + (cell.id === first ? strays : 0),
          pageKiB: pageKiB(cell.id),
        });
      }
      this.#guests.set(vm.name, { name: vm.name, isNew, cells });
    };
    for (const vm of scenario.vms ?? []) add(vm, false);
    for (const vm of request.newVms ?? []) add(vm, true);
    for (const { vm, cell, at } of starts) {
      this.#at.set(`${vm}/${cell}`, at);
      this.#start.set(`${vm}/${cell}`, at);
    }
    for (const [place, room] of this.#capacity)
      for (const [kind, most] of room) if (this.#used(place, kind, []) > most) this.#overfull.add(`${place} ${kind}`);
  }

  #say(kind: string, move: CheckedMove | null, text: string): void {
    this.problems.push({ kind, move: move?.id ?? null, text });
  }

  run(): void {
    const { status, moves } = this.#plan;
    const hasPlan = status === 'optimal' || status === 'feasible';
    if (!hasPlan && status !== 'infeasible' && status !== 'unknown')
      this.#say('status', null, `there is no status ${status}`);
    if (!hasPlan && moves.length > 0) this.#say('moves-without-plan', null, `${status}, but there are moves`);
    const doNothing = this.#plan.doNothing ?? null;
    if (doNothing !== null) this.#checkValues('do-nothing', doNothing, this.#values(0));
    this.#checkWhyNot();
    if (!this.#formIsRight()) return;
    this.#checkAlone();
    if (!this.#replay()) return;
    if (!hasPlan) return;
    this.#checkEnd();
    this.#checkRules();
    this.#checkObjective();
  }

  /** Names, numbers and references. */
  #formIsRight(): boolean {
    const before = this.problems.length;
    const ids = new Set<number>();
    for (const move of this.#plan.moves) {
      if (ids.has(move.id)) this.#say('id-twice', move, `two moves are number ${move.id}`);
      ids.add(move.id);
      const guest = this.#guests.get(move.vm);
      if (guest === undefined) this.#say('vm-unknown', move, `there is no VM ${move.vm}`);
      if (!['start', 'compact', 'migrate'].includes(move.type)) this.#say('type-unknown', move, `there is no move of type ${move.type}`); // prettier-ignore
      if (![move.startMs, move.endMs].every((ms) => Number.isInteger(ms) && ms >= 0))
        this.#say('time-form', move, 'times are whole ms from 0 on');
      if (move.endMs < move.startMs) this.#say('ends-before-start', move, 'it ends before it starts');
      if (move.cells.length === 0) this.#say('no-cells', move, 'it moves nothing');
      const cells = new Set<number>();
      for (const { cell, from, to } of move.cells) {
        if (cells.has(cell)) this.#say('cell-twice', move, `cell ${cell} is moved twice at once`);
        cells.add(cell);
        if (guest !== undefined && !guest.cells.has(cell)) this.#say('cell-unknown', move, `VM ${move.vm} has no cell ${cell}`); // prettier-ignore
        for (const [place, mib] of [...Object.entries(from), ...Object.entries(to)]) {
          if (!this.#capacity.has(place)) this.#say('place-unknown', move, `there is no place ${place}`);
          if (!Number.isInteger(mib) || mib <= 0) this.#say('amount-form', move, `${mib} MiB on ${place}`);
        }
      }
    }
    for (const move of this.#plan.moves)
      for (const id of move.after) if (!ids.has(id)) this.#say('after-unknown', move, `there is no move ${id}`);
    return this.problems.length === before;
  }

  /** What of each move can be said without the others. */
  #checkAlone(): void {
    const { rules = [], limits } = this.#request;
    const byId = new Map(this.#plan.moves.map((move) => [move.id, move]));
    for (const move of this.#plan.moves) {
      const guest = this.#guests.get(move.vm)!;
      for (const id of move.after)
        if (byId.get(id)!.endMs > move.startMs) this.#say('after-not-ended', move, `move ${id} has not ended`);
      for (const { cell, to } of move.cells) {
        const { mib } = guest.cells.get(cell)!;
        if (sum(to) !== mib) this.#say('sum', move, `cell ${cell} has ${mib} MiB, ${sum(to)} arrive`);
        if (limits?.split !== true && Object.keys(to).length !== 1)
          this.#say('split', move, `cell ${cell} is on ${Object.keys(to).length} places after it`);
      }
      const toHosts = new Set(move.cells.flatMap(({ to }) => Object.keys(to).map((place) => this.#hostOf.get(place)!)));
      const fromHosts = new Set(move.cells.flatMap(({ from }) => Object.keys(from).map((place) => this.#hostOf.get(place)!))); // prettier-ignore
      if (toHosts.size !== 1) this.#say('several-hosts', move, 'a VM is on one host');
      const whole = move.cells.length === guest.cells.size;
      if (move.type === 'start') {
        if (fromHosts.size > 0) this.#say('start-from', move, 'a VM that starts is nowhere before');
        if (!whole) this.#say('start-part', move, 'a VM starts as a whole');
        if (!guest.isNew) this.#say('start-running', move, `VM ${move.vm} runs already`);
      } else if (move.type === 'compact') {
        if (fromHosts.size !== 1 || [...fromHosts][0] !== [...toHosts][0])
          this.#say('compact-host', move, 'a compaction stays on its host');
      } else {
        if ([...fromHosts][0] === [...toHosts][0]) this.#say('migrate-host', move, 'a migration leads to another host');
        if (!whole) this.#say('migrate-part', move, 'a VM migrates as a whole');
        const [from] = fromHosts;
        const [to] = toHosts;
        if (from !== undefined && to !== undefined && this.#path(from, to) === null)
          this.#say('no-link', move, `no link leads from ${from} to ${to}`);
      }
      const moved = move.type === 'start' ? 0 : move.cells.reduce((total, { from, to }) => total + arriving(from, to, move.type === 'migrate'), 0); // prettier-ignore
      if (moved !== move.movedMiB) this.#say('moved', move, `${moved} MiB arrive anew, it says ${move.movedMiB}`);
      if (move.movedMiB > 0 && move.endMs === move.startMs) this.#say('no-time', move, 'to move memory takes time');
      rules.forEach((rule, i) => {
        if (rule.vms?.includes(move.vm) !== true) return;
        if (rule.type === 'keep' && move.type !== 'start')
          this.#say('keep', move, `rule ${i} keeps ${move.vm} where it is`);
        const within = (place: string): boolean => this.#isWithin(place, rule.places ?? []);
        for (const { to } of move.cells)
          for (const place of Object.keys(to)) {
            if (rule.type === 'ban' && within(place)) this.#say('ban', move, `rule ${i} bans ${move.vm} from ${place}`);
            if ((rule.type === 'pin' || rule.type === 'fence') && !within(place))
              this.#say('pin', move, `rule ${i} keeps ${move.vm} off ${place}`);
          }
      });
    }
  }

  #isWithin(place: string, places: readonly string[]): boolean {
    return places.includes(place) || places.includes(this.#hostOf.get(place)!);
  }

  /** Fewest links from host to host, as indexes; null: none. */
  #path(from: string, to: string): readonly number[] | null {
    const links = this.#scenario.links ?? [];
    const ways = new Map<string, readonly number[]>([[from, []]]);
    const queue = [from];
    for (const here of queue)
      links.forEach(({ hosts }, link) => {
        const there = hosts[0] === here ? hosts[1] : hosts[1] === here ? hosts[0] : null;
        if (there === null || ways.has(there)) return;
        ways.set(there, [...ways.get(here)!, link]);
        queue.push(there);
      });
    return ways.get(to) ?? null;
  }

  /** What is taken of a resource of a place now, with all that run held at both ends. */
  #used(place: string, kind: number, running: readonly CheckedMove[]): number {
    let used = 0;
    const ends = new Map<string, Places>();
    for (const move of running) for (const { cell, to } of move.cells) ends.set(`${move.vm}/${cell}`, to);
    for (const guest of this.#guests.values())
      for (const cell of guest.cells.values()) {
        const key = `${guest.name}/${cell.id}`;
        const now = this.#at.get(key) ?? {};
        const next = ends.get(key) ?? {};
        if (kind === CPUS) {
          const holds = (at: Places): boolean => Object.keys(at).length === 1 && at[place] !== undefined;
          if (holds(now) || holds(next)) used += cell.vcpus;
        } else if (cell.pageKiB === kind)
          used += Math.max(inPages(now[place] ?? 0, kind), inPages(next[place] ?? 0, kind));
      }
    return used;
  }

  /** All moves in the order of time. False: the rest cannot be told. */
  #replay(): boolean {
    const { moves } = this.#plan;
    const events = moves
      .flatMap((move) => [
        { ms: move.startMs, ends: false, move },
        { ms: move.endMs, ends: true, move },
      ])
      .sort((a, b) => a.ms - b.ms);
    const times = [...new Set(events.map(({ ms }) => ms))];
    const running: CheckedMove[] = [];
    const end = (move: CheckedMove): void => {
      running.splice(running.indexOf(move), 1);
      for (const { cell, to } of move.cells) this.#at.set(`${move.vm}/${cell}`, to);
    };
    for (const ms of times) {
      for (const move of [...running]) if (move.endMs === ms) end(move);
      for (const { move, ends } of events) {
        if (ends || move.startMs !== ms) continue;
        if (running.some(({ vm }) => vm === move.vm)) {
          this.#say('vm-busy', move, `VM ${move.vm} is being moved already`);
          return false;
        }
        for (const { cell, from } of move.cells)
          if (!same(from, this.#at.get(`${move.vm}/${cell}`) ?? {})) {
            this.#say('from', move, `cell ${cell} of ${move.vm} does not lie there`);
            return false;
          }
        running.push(move);
        this.#checkRoom(move, running);
        this.#checkApart(move, running);
        if (move.endMs === ms) end(move);
        else this.#checkLimits(move, running);
      }
    }
    return true;
  }

  #checkRoom(move: CheckedMove, running: readonly CheckedMove[]): void {
    const guest = this.#guests.get(move.vm)!;
    for (const { cell, to } of move.cells) {
      const { pageKiB, vcpus } = guest.cells.get(cell)!;
      const now = this.#at.get(`${move.vm}/${cell}`) ?? {};
      for (const [place, mib] of Object.entries(to)) {
        const room = this.#capacity.get(place)!;
        if (mib > (now[place] ?? 0) && this.#used(place, pageKiB, running) > (room.get(pageKiB) ?? 0))
          this.#say('memory', move, `there is no room for cell ${cell} on ${place}`);
        const wasWhole = Object.keys(now).length === 1 && now[place] !== undefined;
        const isWhole = Object.keys(to).length === 1;
        if (isWhole && !wasWhole && vcpus > 0 && this.#used(place, CPUS, running) > room.get(CPUS)! + 1e-9)
          this.#say('cpus', move, `there are not enough CPUs for cell ${cell} on ${place}`);
      }
    }
  }

  /** A VM comes to none that it is to be apart from, and that was not beside it before. */
  #checkApart(move: CheckedMove, running: readonly CheckedMove[]): void {
    (this.#request.rules ?? []).forEach((rule, i) => {
      if (rule.type !== 'apart' || rule.vms?.includes(move.vm) !== true) return;
      const ends = (places: Iterable<string>): Set<string> =>
        new Set([...places].map((place) => (rule.grain === 'host' ? this.#hostOf.get(place)! : place)));
      const before = ends(this.#placesNow(move.vm));
      const after = ends(move.cells.flatMap(({ to }) => Object.keys(to)));
      for (const other of rule.vms) {
        if (other === move.vm) continue;
        const beside = ends(this.#placesNow(other));
        for (const each of running)
          if (each.vm === other)
            for (const end of ends(each.cells.flatMap(({ to }) => Object.keys(to)))) beside.add(end);
        for (const end of after)
          if (beside.has(end) && !before.has(end)) this.#say('apart', move, `rule ${i} keeps it apart from ${other}`);
      }
    });
  }

  #placesNow(vm: string): string[] {
    return [...this.#guests.get(vm)!.cells.keys()].flatMap((cell) => Object.keys(this.#at.get(`${vm}/${cell}`) ?? {}));
  }

  /** Rates and numbers of what runs beside a move that has just begun. */
  #checkLimits(move: CheckedMove, running: readonly CheckedMove[]): void {
    const { migrationsPerHost = 2, migrationsPerLink = 2, compactMiBps = 1024 } = this.#request.limits ?? {};
    const rate = ({ movedMiB, startMs, endMs }: CheckedMove): number => (1000 * movedMiB) / (endMs - startMs);
    const hostsOf = ({ cells }: CheckedMove): Set<string> =>
      new Set(cells.flatMap(({ from, to }) => [...Object.keys(from), ...Object.keys(to)].map((place) => this.#hostOf.get(place)!))); // prettier-ignore
    const own = hostsOf(move);
    if (move.type === 'compact') {
      const beside = running.filter(
        (each) => each.type === 'compact' && [...hostsOf(each)].some((host) => own.has(host)),
      );
      if (beside.reduce((total, each) => total + rate(each), 0) > compactMiBps * (1 + 1e-9))
        this.#say('compact-rate', move, 'more is compacted on its host than that moves');
    }
    if (move.type !== 'migrate') return;
    const migrations = running.filter((each) => each.type === 'migrate');
    for (const host of own)
      if (migrations.filter((each) => hostsOf(each).has(host)).length > migrationsPerHost)
        this.#say('host-limit', move, `more than ${migrationsPerHost} migrations at once on ${host}`);
    const pathOf = (each: CheckedMove): readonly number[] => {
      const from = this.#hostOf.get(Object.keys(each.cells[0]!.from)[0]!)!;
      const to = this.#hostOf.get(Object.keys(each.cells[0]!.to)[0]!)!;
      return this.#path(from, to) ?? [];
    };
    for (const link of pathOf(move)) {
      const over = migrations.filter((each) => pathOf(each).includes(link));
      if (over.length > migrationsPerLink)
        this.#say('link-limit', move, `more than ${migrationsPerLink} migrations at once over one link`);
      const all = over.reduce((total, each) => total + rate(each), 0);
      if (all > this.#scenario.links![link]!.bandwidthMiBps * (1 + 1e-9)) this.#say('link-rate', move, 'more goes over a link than it carries'); // prettier-ignore
    }
  }

  /** What must hold at the end: the goal, and what the plan says of the end. */
  #checkEnd(): void {
    const said = new Map<string, Places>();
    for (const { vm, cell, at } of this.#plan.placement) {
      const key = `${vm}/${cell}`;
      if (said.has(key)) this.#say('placement-twice', null, `cell ${cell} of ${vm} is placed twice`);
      said.set(key, at);
    }
    for (const key of new Set([...said.keys(), ...this.#at.keys()]))
      if (!same(said.get(key) ?? {}, this.#at.get(key) ?? {}))
        this.#say('placement', null, `${key} does not end where the placement has it`);
    const { goal } = this.#request;
    const cellsOf = (vm: string): Places[] => [...(this.#guests.get(vm)?.cells.keys() ?? [])].map((cell) => this.#at.get(`${vm}/${cell}`) ?? {}); // prettier-ignore
    const onOneNode = (vm: string): boolean => new Set(cellsOf(vm).flatMap((at) => Object.keys(at))).size === 1;
    const fail = (text: string): void => this.#say('goal', null, text);
    if (goal.type !== 'place')
      for (const guest of this.#guests.values())
        if (guest.isNew && guest.cells.size > 0 && this.#placesNow(guest.name).length === 0 && (goal.type !== 'fit' || goal.vm === guest.name)) fail(`${guest.name} is not placed`); // prettier-ignore
    if ((goal.type === 'place' || goal.type === 'fit') && this.#plan.moves.some(({ type }) => type !== 'start'))
      fail('what runs stays');
    switch (goal.type) {
      case 'fit': {
        const nodes = cellsOf(goal.vm!).flatMap((at) => Object.keys(at));
        if (new Set(nodes).size !== nodes.length) fail('two cells are on one node');
        break;
      }
      case 'one-node':
        if (!onOneNode(goal.vm!)) fail(`${goal.vm} is not on one node`);
        break;
      case 'locality':
        for (const [key, at] of this.#at) if (Object.keys(at).length > 1) fail(`${key} is on several nodes`);
        break;
      case 'drain':
        for (const [key, at] of this.#at)
          for (const place of Object.keys(at))
            if (this.#isWithin(place, goal.places!)) fail(`${key} is left on ${place}`);
        break;
      case 'rebalance':
        for (const [place, room] of this.#capacity) {
          const kinds = [...room.keys()].filter((kind) => kind !== CPUS);
          for (const kind of kinds)
            if (this.#used(place, kind, []) > (room.get(kind)! * goal.maxUsePercent!) / 100 + 1e-9) fail(`${place} is fuller than ${goal.maxUsePercent} %`); // prettier-ignore
        }
        break;
      case 'huge-pages': {
        const room = this.#capacity.get(goal.place!)!.get(goal.pageKiB!) ?? 0;
        const free = room - this.#used(goal.place!, goal.pageKiB!, []);
        if (Math.floor((free * 1024) / goal.pageKiB!) < goal.pages!) fail(`${free} MiB are free in that pool`);
        break;
      }
      case 'swap':
        for (const { vm, place } of goal.want!)
          if (cellsOf(vm).some((at) => Object.keys(at).some((each) => !this.#isWithin(each, [place])))) fail(`${vm} is not on ${place}`); // prettier-ignore
        break;
    }
  }

  #checkRules(): void {
    (this.#request.rules ?? []).forEach((rule, i) => {
      const fail = (text: string): void => this.#say(`rule-${rule.type}`, null, `rule ${i}: ${text}`);
      const endsOf = (vm: string): Set<string> =>
        new Set(this.#placesNow(vm).map((place) => (rule.grain === 'host' ? this.#hostOf.get(place)! : place)));
      const vms = [...new Set(rule.vms ?? [])];
      if (rule.type === 'ban' || rule.type === 'pin' || rule.type === 'fence')
        for (const vm of vms)
          for (const place of this.#placesNow(vm))
            if (this.#isWithin(place, rule.places!) === (rule.type === 'ban')) fail(`${vm} is on ${place}`);
      if (rule.type === 'together' && new Set(vms.flatMap((vm) => [...endsOf(vm)])).size > 1)
        fail(`${vms.join(', ')} are not together`);
      if (rule.type === 'apart') {
        const all = vms.flatMap((vm) => [...endsOf(vm)]);
        if (new Set(all).size !== all.length) fail(`${vms.join(', ')} are not apart`);
      }
      if (rule.type === 'reserve')
        for (const [place, room] of this.#capacity) {
          if (!this.#isWithin(place, rule.places!)) continue;
          const kind = rule.pageKiB ?? ORDINARY_KIB;
          if ((room.get(kind) ?? 0) - this.#used(place, kind, []) < (rule.memoryMiB ?? 0))
            fail(`too little is free on ${place}`);
          if (room.get(CPUS)! - this.#used(place, CPUS, []) < (rule.cpus ?? 0))
            fail(`too few CPUs are free on ${place}`);
        }
    });
  }

  /** What the objective counts, of how things lie now. */
  #values(moved: number): Map<string, number> {
    const { goal } = this.#request;
    const guests = [...this.#guests.values()];
    const hosts = new Set([...this.#at.values()].flatMap((at) => Object.keys(at).map((place) => this.#hostOf.get(place)!))); // prettier-ignore
    const unplaced = guests.filter(({ isNew, name, cells }) => isNew && cells.size > 0 && this.#placesNow(name).length === 0); // prettier-ignore
    const values = new Map<string, number>([
      ['movedMiB', moved],
      ['hostsUsed', hosts.size],
      ['unplaced', unplaced.length],
    ]);
    if (goal.type === 'fit') {
      const nodes = this.#placesNow(goal.vm!);
      let distance = 0;
      nodes.forEach((a, i) => nodes.forEach((b, j) => void (distance += i === j ? 0 : this.#distance(a, b))));
      values.set('distance', distance);
    }
    return values;
  }

  #distance(a: string, b: string): number {
    const host = this.#scenario.hosts.find(({ name }) => name === this.#hostOf.get(a))!;
    const nid = (place: string): number => Number(place.slice(place.lastIndexOf('/') + 1));
    const { ids, matrix } = host.distances ?? { ids: [], matrix: [] };
    const value = matrix[ids.indexOf(nid(a))]?.[ids.indexOf(nid(b))];
    return value ?? (a === b ? 10 : 20);
  }

  static readonly #NAMES: Readonly<Record<string, readonly string[]>> = {
    place: ['unplaced', 'hostsUsed', 'movedMiB'],
    fit: ['distance'],
    consolidate: ['hostsUsed', 'movedMiB'],
  };

  #checkValues(kind: string, said: NonNullable<Values>, real: ReadonlyMap<string, number>): void {
    const names = Checker.#NAMES[this.#request.goal.type] ?? ['movedMiB'];
    if (said.map(({ name }) => name).join() !== names.join()) this.#say(`${kind}-names`, null, `it should be ${names.join(', ')}`); // prettier-ignore
    for (const { name, value } of said)
      if (real.has(name) && real.get(name) !== value) this.#say(kind, null, `${name} is ${real.get(name)}, it says ${value}`); // prettier-ignore
  }

  #checkObjective(): void {
    const { status, objective, bound, gapPercent, moves } = this.#plan;
    if (objective === null) {
      this.#say('objective', null, 'a plan has an objective');
      return;
    }
    this.#checkValues('objective', objective, this.#values(moves.reduce((total, { movedMiB }) => total + movedMiB, 0)));
    if (bound === null) {
      if (status === 'optimal') this.#say('bound', null, 'it is called optimal without a bound');
      return;
    }
    const first = objective.findIndex(({ value }, i) => value !== bound[i]?.value);
    if (bound.map(({ name }) => name).join() !== objective.map(({ name }) => name).join())
      this.#say('bound-names', null, 'the bound is of another objective');
    else if (first >= 0 && objective[first]!.value < bound[first]!.value)
      this.#say('below-bound', null, `${objective[first]!.name} is below its bound`);
    else if (status === 'optimal' && first >= 0)
      this.#say('bound', null, 'it is called optimal and is not at its bound');
    if (typeof gapPercent !== 'number') return;
    const gap = first < 0 ? 0 : (100 * (objective[first]!.value - bound[first]!.value)) / objective[first]!.value;
    if (Math.abs(gap - gapPercent) > 0.01) this.#say('gap', null, `the gap is ${gap} %, it says ${gapPercent}`);
  }

  // Why not: what is said must be true before the plan begins.

  #checkWhyNot(): void {
    for (const why of this.#plan.whyNot as readonly Record<string, unknown>[]) {
      if ('waiting' in why) this.#checkWaiting(why['waiting'] as string[]);
      else if ('rules' in why) {
        const { rules = [] } = this.#request;
        if (!(why['rules'] as number[]).every((rule) => rules[rule] !== undefined))
          this.#say('why-rules', null, 'there is no such rule');
      } else if ('cells' in why) this.#checkHall(why['cells'] as CellName[], why['places'] as string[]);
      else if ('together' in why)
        this.#checkTogether(why['together'] as CellName[], why['places'] as string[], why['short'] as Places); // prettier-ignore
      else if ('short' in why) this.#checkShort(why as unknown as Shortage);
      else if ('jointly' in why) (why['jointly'] as CellName[]).forEach((each) => this.#cell(each));
      else if ('byRules' in why) this.#checkByRules(why as unknown as Shortage & { byRules: number[] });
      else this.#say('why-form', null, 'nothing is said');
    }
  }

  #cell({ vm, cell }: CellName): Cell | null {
    const found = this.#guests.get(vm)?.cells.get(cell) ?? null;
    if (found === null) this.#say('why-cell', null, `there is no cell ${cell} of ${vm}`);
    return found;
  }

  /** What a cell lacks on a place, by resource. */
  #lacks(cell: Cell, place: string): Map<string, number> {
    const room = this.#capacity.get(place)!;
    const now = this.#at.get(`${cell.vm}/${cell.id}`) ?? {};
    const lacks = new Map<string, number>();
    const memory =
      this.#used(place, cell.pageKiB, []) +
      inPages(cell.mib, cell.pageKiB) -
      inPages(now[place] ?? 0, cell.pageKiB) -
      (room.get(cell.pageKiB) ?? 0);
    if (memory > 0 && (now[place] ?? 0) < cell.mib) lacks.set(`MiB${cell.pageKiB}`, memory);
    const counts = Object.keys(now).length === 1 && now[place] !== undefined;
    const cpus = counts ? 0 : this.#used(place, CPUS, []) + cell.vcpus - Math.floor(room.get(CPUS)! + 1e-9);
    if (cpus > 0 && cell.vcpus > 0) lacks.set('cpus', cpus);
    return lacks;
  }

  #checkShort({ vm, cell, place, short, heldBy = [] }: Shortage): void {
    const of = this.#cell({ vm, cell });
    if (of === null) return;
    if (!this.#capacity.has(place)) {
      this.#say('why-place', null, `there is no place ${place}`);
      return;
    }
    const lacks = this.#lacks(of, place);
    if (Object.keys(short).length === 0) this.#say('why-short', null, `nothing is short on ${place}`);
    for (const [name, amount] of Object.entries(short))
      if (lacks.get(name) !== amount)
        this.#say('why-short', null, `${name} is short by ${lacks.get(name) ?? 0} on ${place}, it says ${amount}`);
    for (const holder of heldBy)
      if (!this.#guests.has(holder) || !this.#placesNow(holder).includes(place)) this.#say('why-held', null, `${holder} holds nothing on ${place}`); // prettier-ignore
  }

  #isKeptOff(cell: Cell, place: string): boolean {
    return (this.#request.rules ?? []).some((rule) => this.#keepsOff(rule, cell, place));
  }

  #keepsOff(rule: NonNullable<CheckedRequest['rules']>[number], cell: Cell, place: string): boolean {
    if (rule.vms?.includes(cell.vm) !== true) return false;
    const within = this.#isWithin(place, rule.places ?? []);
    if (rule.type === 'keep') return (this.#at.get(`${cell.vm}/${cell.id}`) ?? {})[place] === undefined;
    return rule.type === 'ban' ? within : (rule.type === 'pin' || rule.type === 'fence') && !within;
  }

  #checkByRules({
    vm,
    cell,
    place,
    byRules,
  }: CellName & { readonly place: string; readonly byRules: readonly number[] }): void {
    // prettier-ignore
    const of = this.#cell({ vm, cell });
    const { rules = [] } = this.#request;
    if (of === null) return;
    for (const rule of byRules)
      if (rules[rule] === undefined || !this.#keepsOff(rules[rule], of, place)) this.#say('why-rules', null, `rule ${rule} does not keep ${vm} off ${place}`); // prettier-ignore
  }

  /** So many cells, on nodes of their own of one host, fit only on these, fewer, places. */
  #checkHall(names: readonly CellName[], places: readonly string[]): void {
    const cells = names.map((each) => this.#cell(each)).filter((cell) => cell !== null);
    if (new Set(names.map(({ vm, cell }) => `${vm}/${cell}`)).size !== names.length)
      this.#say('why-hall', null, 'a cell is named twice');
    if (new Set(places).size >= names.length) this.#say('why-hall', null, 'there are as many places as cells');
    const hosts = new Set(places.map((place) => this.#hostOf.get(place)));
    for (const cell of cells)
      for (const [place, host] of this.#hostOf) {
        // Of several hosts each has its own set.
        if (places.includes(place) || (hosts.size === 1 && !hosts.has(host))) continue;
        if (this.#lacks(cell, place).size === 0 && !this.#isKeptOff(cell, place) && !this.#isBeside(cell, place)) this.#say('why-hall', null, `cell ${cell.id} of ${cell.vm} fits on ${place}`); // prettier-ignore
      }
  }

  /** Whether a rule about several VMs keeps a cell off a place as things lie now. */
  #isBeside(cell: Cell, place: string): boolean {
    return (this.#request.rules ?? []).some((rule) => {
      if (rule.vms?.includes(cell.vm) !== true || (rule.type !== 'apart' && rule.type !== 'together')) return false;
      const ends = rule.vms
        .filter((vm) => vm !== cell.vm)
        .flatMap((vm) => this.#placesNow(vm))
        .map((each) => (rule.grain === 'host' ? this.#hostOf.get(each)! : each));
      const end = rule.grain === 'host' ? this.#hostOf.get(place)! : place;
      return rule.type === 'apart' ? ends.includes(end) : ends.some((each) => each !== end);
    });
  }

  #checkTogether(names: readonly CellName[], places: readonly string[], short: Places): void {
    const cells = names.map((each) => this.#cell(each)).filter((cell) => cell !== null);
    for (const [name, amount] of Object.entries(short)) {
      const kind = name === 'cpus' ? CPUS : Number(name.slice(3));
      const needs = cells.reduce(
        (total, cell) => total + (kind === CPUS ? cell.vcpus : cell.pageKiB === kind ? inPages(cell.mib, kind) : 0),
        0,
      );
      const room = places.reduce((total, place) => total + Math.floor(this.#capacity.get(place)?.get(kind) ?? 0), 0);
      if (needs - room > amount || amount <= 0) this.#say('why-together', null, `${name} is short by ${needs - room}, it says ${amount}`); // prettier-ignore
    }
  }

  /** Each VM needs the room that the next holds: none of them fits there now. */
  #checkWaiting(vms: readonly string[]): void {
    if (vms.length < 2) this.#say('why-waiting', null, 'one VM waits for nobody');
    vms.forEach((vm, i) => {
      const next = vms[(i + 1) % vms.length]!;
      const guest = this.#guests.get(vm);
      if (guest === undefined || !this.#guests.has(next)) {
        this.#say('why-waiting', null, `there is no VM ${guest === undefined ? vm : next}`);
        return;
      }
      const fits = this.#placesNow(next).every((place) => [...guest.cells.values()].every((cell) => this.#lacks(cell, place).size === 0)); // prettier-ignore
      if (fits) this.#say('why-waiting', null, `${vm} fits where ${next} lies`);
    });
  }
}

interface CellName {
  readonly vm: string;
  readonly cell: number;
}

interface Shortage extends CellName {
  readonly place: string;
  readonly short: Places;
  readonly heldBy?: readonly string[];
}

interface Memory {
  readonly memoryMiB?: number | undefined;
  readonly memoryKiB?: number | undefined;
  readonly memoryPages?: number | undefined;
}

const mibOf = ({ memoryMiB, memoryKiB, memoryPages }: Memory): number =>
  memoryMiB ?? (memoryKiB === undefined ? (memoryPages ?? 0) / 256 : memoryKiB / 1024);

const sum = (places: Places): number => Object.values(places).reduce((total, mib) => total + mib, 0);

const same = (a: Places, b: Places): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([place, mib]) => b[place] === mib);

/** What comes to places that have it not; all of it on another host. */
const arriving = (from: Places, to: Places, all: boolean): number =>
  Object.entries(to).reduce((total, [place, mib]) => total + Math.max(0, mib - (all ? 0 : (from[place] ?? 0))), 0);

/** MiB in whole pages of a pool. */
const inPages = (mib: number, pageKiB: number): number =>
  pageKiB <= 1024 ? mib : (Math.ceil((mib * 1024) / pageKiB) * pageKiB) / 1024;

/** The ids of `0-3,8`. */
function idsOf(text: string): number[] {
  const ids = new Set<number>();
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const [first, last = first] = part.split('-').map(Number) as [number, number?];
    for (let id = first; id <= last!; id++) ids.add(id);
  }
  return [...ids];
}
