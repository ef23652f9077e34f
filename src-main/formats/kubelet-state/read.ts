/**
 * The state that kubelet's memory manager and CPU manager keep on a node (`/var/lib/kubelet/memory_manager_state`,
 * `cpu_manager_state`) → memory of each node, and who has it. All figures are bytes, those of huge pages too:
 * allocatable = total - systemReserved - huge pages. With policy none nothing is managed, and nothing is said.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byJson } from '../format.ts';
import type { HostStateFacts, NodeState, PoolState } from '../measured.ts';
import { NO_HOST_STATE, NO_NODE_STATE } from '../measured.ts';
import { recordOf } from '../output-lines.ts';
import type { JsonObject } from '../qmp.ts';
import { AnswerFields, isObject } from '../qmp.ts';
import { admitText } from '../input.ts';
import { parseIdList } from '../id-list.ts';
import { memberOf, quantityOf } from '../yaml-text.ts';

const KIND = 'kubelet-state';

/** What a container has exclusively. */
interface Assignment {
  readonly pod: string;
  readonly container: string;
  /** `memory`, `hugepages-2Mi`, `cpu`. */
  readonly type: string;
  /** Where several nodes are one group, how much lies on which is not told. */
  readonly nodes: readonly number[] | null;
  readonly kib: number | null;
  readonly cpus: readonly number[] | null;
}

interface KubeletFacts extends HostStateFacts {
  readonly manager: 'memory' | 'cpu';
  readonly policy: string | null;
  readonly sharedCpus: readonly number[] | null;
  readonly assignments: readonly Assignment[];
}

const MAX_ASSIGNMENTS = 100_000;
const HUGEPAGES = /^hugepages-(.{1,10})$/;
const FIGURES = ['total', 'systemReserved', 'allocatable', 'reserved', 'free'];

/** Version 3 repeats the state as a string: once is enough. */
const stateOf = (value: JsonObject): JsonObject => {
  if (typeof value['data'] !== 'string' || isObject(value['machineState']) || 'defaultCpuSet' in value) return value;
  try {
    const inner: unknown = JSON.parse(value['data']);
    return isObject(inner) ? inner : value;
  } catch {
    return value;
  }
};

class KubeletReader {
  readonly #fields: AnswerFields;
  readonly #list: DiagnosticList;

  constructor(list: DiagnosticList) {
    this.#list = list;
    this.#fields = new AnswerFields(list);
  }

  facts(value: JsonObject): KubeletFacts {
    const state = stateOf(value);
    const isMemory = isObject(state['machineState']);
    const policy = this.#fields.text(state, 'policyName');
    const base = { kind: KIND, ...NO_HOST_STATE, policy };
    if (isMemory) {
      const nodes = Object.entries(state['machineState'] as JsonObject)
        .filter(([id, node]) => /^\d{1,5}$/.test(id) && isObject(node))
        .slice(0, 1024)
        .map(([id, node]) => this.#node(Number(id), node as JsonObject))
        .sort((a, b) => a.id - b.id);
      const assignments = this.#entries(state, (pod, container, blocks) => this.#blocks(pod, container, blocks));
      return { ...base, nodes, manager: 'memory', sharedCpus: null, assignments };
    }
    const assignments = this.#entries(state, (pod, container, cpus): readonly Assignment[] => [
      { pod, container, type: 'cpu', nodes: null, kib: null, cpus: this.#cpus(cpus) },
    ]);
    return { ...base, manager: 'cpu', sharedCpus: this.#cpus(state['defaultCpuSet']), assignments };
  }

  #node(id: number, node: JsonObject): NodeState {
    const map = memberOf(node, 'memoryMap');
    const memory = memberOf(map, 'memory');
    const kib = (name: string): number | null => this.#fields.kib(memory, name);
    const pools = Object.keys(map).flatMap((name): readonly PoolState[] => {
      const bytes = quantityOf(HUGEPAGES.exec(name)?.[1]);
      if (bytes === null || bytes < 1024) return [];
      const pool = memberOf(map, name);
      const pages = (figure: string): number | null => {
        const value = this.#fields.number(pool, figure);
        return value === null ? null : Math.floor(value / bytes);
      };
      return [{ sizeKiB: bytes / 1024, total: pages('total'), free: pages('free'), surplus: null }];
    });
    return {
      ...NO_NODE_STATE,
      id,
      memoryKiB: kib('total'),
      // What kubelet may still give away, which is not what the kernel calls free.
      memoryByNameKiB: recordOf(
        FIGURES.flatMap((name) => {
          const figure = kib(name);
          return figure === null ? [] : [[name, figure] as const];
        }),
      ),
      pools: pools.sort((a, b) => a.sizeKiB - b.sizeKiB),
    };
  }

  #entries(
    state: JsonObject,
    of: (pod: string, container: string, value: unknown) => readonly Assignment[],
  ): readonly Assignment[] {
    return Object.entries(memberOf(state, 'entries'))
      .flatMap(([pod, containers]) =>
        isObject(containers)
          ? Object.entries(containers).flatMap(([container, value]) => of(pod, container, value))
          : [],
      )
      .slice(0, MAX_ASSIGNMENTS);
  }

  #blocks(pod: string, container: string, blocks: unknown): readonly Assignment[] {
    if (!Array.isArray(blocks)) return [];
    return blocks.filter(isObject).map((block) => ({
      pod,
      container,
      type: this.#fields.text(block, 'type') ?? 'memory',
      nodes: this.#fields.ids(block, 'numaAffinity'),
      kib: this.#fields.kib(block, 'size'),
      cpus: null,
    }));
  }

  #cpus(value: unknown): readonly number[] | null {
    if (typeof value !== 'string') return null;
    const result = parseIdList(value, 'comma', this.#list.idBudget);
    if (result.ok) return result.ids;
    const found = value.slice(0, 60);
    this.#list.error('id-list-invalid', `A list of CPUs cannot be read: ${result.reason}.`, { line: 1 }, { found });
    return null;
  }
}

const holds = (value: unknown): boolean =>
  isObject(value) &&
  typeof value['policyName'] === 'string' &&
  (isObject(value['machineState']) || typeof value['defaultCpuSet'] === 'string' || typeof value['data'] === 'string');

function readKubelet(text: string, file: string): Read<KubeletFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<KubeletFacts>(null);
  let value: unknown = null;
  try {
    value = JSON.parse(admitted);
  } catch {
    list.error('json-invalid', 'The text is not JSON.', { line: 1 });
  }
  return list.read(isObject(value) ? new KubeletReader(list).facts(value) : null);
}

export const kubeletState: Format<'host-state', KubeletFacts> = {
  id: KIND,
  role: 'host-state',
  name: "kubelet's state of its memory or CPU manager",
  mark: '"policyName" with "machineState" or "defaultCpuSet"',
  ...byJson(holds),
  read: readKubelet,
  summary: ({ manager, policy, nodes, assignments }) =>
    `${manager} manager, policy ${policy ?? 'not stated'}, ${manager === 'memory' ? `${plural(nodes.length, 'node')}, ` : ''}${plural(assignments.length, 'assignment')}`,
};
