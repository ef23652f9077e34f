/**
 * `numactl --show` → the memory policy of a process, the CPUs that it may run on, and the nodes that it may take memory from. Of
 * an unbound shell these are all CPUs and all nodes with memory.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { parseIdList } from '../id-list.ts';
import type { HostStateFacts, NodeState } from '../measured.ts';
import { NO_HOST_STATE, NO_NODE_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, reportNothing } from '../output-lines.ts';
import { MAX_NODES } from '../topology.ts';

const KIND = 'numactl-show';

interface NumactlShowFacts extends HostStateFacts {
  readonly policy: string | null;
  /** `current`, or a node. */
  readonly preferredNode: string | null;
  /** null: not printed. */
  readonly physcpubind: readonly number[] | null;
  readonly cpubind: readonly number[] | null;
  readonly nodebind: readonly number[] | null;
  readonly membind: readonly number[] | null;
  readonly interleavemask: readonly number[] | null;
}

const FIELD =
  /^(policy|preferred node|physcpubind|cpubind|nodebind|membind|interleavemask|preferred|interleavenode):\s*(.*)$/;

function factsOf(lines: readonly OutputLine[], list: DiagnosticList): NumactlShowFacts | null {
  const fields = new Map<string, OutputLine>();
  for (const { text, line } of lines) {
    const match = FIELD.exec(text);
    if (match !== null) fields.set(match[1]!, { text: match[2]!, line });
    else if (/^No NUMA support available/i.test(text))
      list.error('numa-unavailable', 'numactl found no NUMA on this host.', { line }, { found: quote(text) });
  }
  if (!fields.has('membind') && !fields.has('physcpubind'))
    return reportNothing('numactl --show', 'membind: 0 1', list);
  const ids = (name: string): readonly number[] | null => {
    const field = fields.get(name);
    if (field === undefined) return null;
    const result = parseIdList(field.text, 'blank', list.idBudget);
    if (result.ok) return result.ids;
    const message = `A list of ids cannot be read at ${quote(result.term)}: ${result.reason}.`;
    list.error('id-list-invalid', message, { line: field.line }, { found: quote(field.text) });
    return null;
  };
  const membind = ids('membind');
  const physcpubind = ids('physcpubind');
  return {
    kind: KIND,
    ...NO_HOST_STATE,
    nodes: (membind ?? []).slice(0, MAX_NODES).map((id): NodeState => ({ ...NO_NODE_STATE, id })),
    policy: fields.get('policy')?.text ?? null,
    preferredNode: fields.get('preferred node')?.text ?? null,
    physcpubind,
    cpubind: ids('cpubind'),
    nodebind: ids('nodebind'),
    membind,
    interleavemask: ids('interleavemask'),
  };
}

export const numactlShow: Format<'host-state', NumactlShowFacts> = {
  id: KIND,
  role: 'host-state',
  name: 'the output of numactl --show (the policy of a process)',
  mark: '"physcpubind: 0 1"',
  ...byLine({
    mark: /^\s*(?:policy: (?:default|bind|preferred|interleave|local|weighted)|preferred node:|physcpubind:|membind:|nodebind:|cpubind:|interleavemask:)/,
    confidence: 0.8,
    begins: /^\s*policy:/,
    holds: /^\s*(?:policy|preferred node|preferred|interleavenode):/,
  }),
  read: (text: string, file: string): Read<NumactlShowFacts> => readOutput(text, file, factsOf),
  summary: ({ policy, membind }) => `policy ${policy ?? 'not stated'}, ${plural(membind?.length ?? 0, 'node')}`,
};
