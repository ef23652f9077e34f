/**
 * `likwid-topology`, as a report or as CSV (-O) → nodes. Its kB are KiB, its MB MiB, with decimals. A domain without CPUs is printed
 * with the CPUs of another, or with a lone bracket: CPUs are of the first domain that has them, and that is said.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import type { HostStateFacts, NodeState } from '../measured.ts';
import { NO_HOST_STATE, NO_NODE_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { admitNode, readOutput, reportNothing } from '../output-lines.ts';

const KIND = 'likwid-topology';

interface DomainCpus {
  readonly node: number;
  readonly cpus: readonly number[];
}

interface LikwidFacts extends HostStateFacts {
  /** As printed: those of a domain without CPUs are another's. */
  readonly printedCpus: readonly DomainCpus[];
}

const FIELD = /^(Domain|Processors|Distances|Free memory|Total memory):[\s,]*(.*)$/;
const UNITS: Readonly<Record<string, number>> = { KB: 1, MB: 1024, GB: 1024 ** 2, TB: 1024 ** 3 };

interface Domain {
  readonly id: number;
  readonly line: number;
  processors: readonly number[];
  distances: readonly number[];
  free: number | null;
  total: number | null;
}

/** `( 0 1 2 )`, `0,1,2,3,,,,`, `)`. */
const numbersOf = (text: string): readonly number[] =>
  (text.match(/\d{1,9}/g) ?? []).map(Number).filter((id) => id <= MAX_ID);

function kibOf(text: string): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*([kMGT]B)\b/i.exec(text);
  return match === null ? null : Math.round(Number(match[1]) * UNITS[match[2]!.toUpperCase()]!);
}

function hostOf(lines: readonly OutputLine[], list: DiagnosticList): LikwidFacts | null {
  const domains: Domain[] = [];
  for (const { text, line } of lines) {
    const match = FIELD.exec(text);
    if (match === null) continue;
    const [, name, value = ''] = match;
    if (name === 'Domain') {
      const id = numbersOf(value)[0];
      if (id === undefined || domains.some((domain) => domain.id === id)) {
        list.error('node-id', 'A domain has no id of its own.', { line }, { found: quote(text) });
      } else if (admitNode(id, domains.length, { line }, list))
        domains.push({ id, line, processors: [], distances: [], free: null, total: null });
      continue;
    }
    const domain = domains.at(-1);
    if (domain === undefined) continue;
    if (name === 'Processors') domain.processors = numbersOf(value);
    else if (name === 'Distances') domain.distances = numbersOf(value);
    else if (name === 'Free memory') domain.free = kibOf(value);
    else domain.total = kibOf(value);
  }
  if (domains.length === 0) return reportNothing('likwid-topology', 'Domain: 0', list);
  // The order in which domains are printed is not that of their distances, which are by id.
  const ids = domains.map(({ id }) => id).sort((a, b) => a - b);
  const owners = new Map<number, number>();
  const nodes = domains.map(({ id, line, processors, distances, free, total }): NodeState => {
    const cpus = processors.filter((cpu) => !owners.has(cpu));
    for (const cpu of cpus) owners.set(cpu, id);
    if (cpus.length < processors.length) {
      const message = `Domain ${id} is printed with CPUs of domain ${owners.get(processors.find((cpu) => owners.get(cpu) !== id)!)}, as likwid does for one without CPUs.`;
      list.warning('cpu-in-two-nodes', message, { line }, { found: quote(processors.join(' ')) });
    }
    return {
      ...NO_NODE_STATE,
      id,
      cpus: cpus.sort((a, b) => a - b),
      memoryKiB: total,
      freeKiB: free,
      distances: distances.length === ids.length ? ids.map((to, i) => ({ to, value: distances[i]! })) : null,
    };
  });
  return {
    kind: KIND,
    ...NO_HOST_STATE,
    nodes: nodes.sort((a, b) => a.id - b.id),
    printedCpus: domains.map(({ id, processors }) => ({ node: id, cpus: processors })),
  };
}

export const likwidTopology: Format<'host-state', LikwidFacts> = {
  id: KIND,
  role: 'host-state',
  name: 'the output of likwid-topology (nodes of a host)',
  mark: '"NUMA Topology" and "Domain: 0"',
  ...byLine({
    mark: /^\s*(?:STRUCT,(?:Info|Hardware Thread Topology|NUMA Topology \d+),|TABLE,Topology|NUMA domains:|HWThread\s+Thread\s+Core|Hardware Thread Topology\s*$)/,
    confidence: 0.8,
  }),
  read: (text: string, file: string): Read<LikwidFacts> => readOutput(text, file, hostOf),
  summary: ({ nodes }) => plural(nodes.length, 'node'),
};
