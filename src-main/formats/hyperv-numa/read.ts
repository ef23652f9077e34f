/**
 * Hyper-V's `Get-VMHostNumaNode`, as JSON or as the list that PowerShell shows → host facts. `ProcessorsAvailability` is how idle
 * each processor is, in percent: it counts them and does not name them. MB are MiB. Made from Microsoft's documentation; no
 * capture of the JSON was at hand.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { HostFacts, HostNodeFacts } from '../facts.ts';
import { NO_HOST } from '../facts.ts';
import type { Format } from '../format.ts';
import { byJson, byLine } from '../format.ts';
import { admitText } from '../input.ts';
import { admitNode } from '../output-lines.ts';
import { eachLine } from '../linux-text.ts';
import type { JsonObject } from '../qmp.ts';
import { AnswerFields, isObject } from '../qmp.ts';
import { hostSummary } from '../summary.ts';

const KIND = 'hyperv-numa';

interface HypervFacts extends HostFacts {
  readonly idlePercent: readonly { readonly node: number; readonly processors: readonly number[] }[];
}

const isNode = (value: unknown): boolean => isObject(value) && 'NodeId' in value && 'MemoryTotal' in value;
/** One node alone is an object and no list. */
const holds = (value: unknown): boolean => isNode(value) || (Array.isArray(value) && isNode(value[0]));

function hostOf(objects: readonly JsonObject[], list: DiagnosticList): HypervFacts | null {
  const fields = new AnswerFields(list);
  const nodes: HostNodeFacts[] = [];
  const idlePercent: { node: number; processors: readonly number[] }[] = [];
  const where = { line: 1 };
  for (const object of objects) {
    const id = fields.number(object, 'NodeId');
    if (id === null || nodes.some((node) => node.id === id)) {
      list.error('node-id', 'A node has no id of its own.', where, { expected: 'NodeId' });
      continue;
    }
    if (!admitNode(id, nodes.length, where, list)) break;
    const idle = object['ProcessorsAvailability'];
    const processors = Array.isArray(idle) ? idle.filter((each): each is number => typeof each === 'number') : [];
    const mib = (name: string): number | null => {
      const value = fields.number(object, name);
      return value === null ? null : value * 1024;
    };
    nodes.push({
      id,
      memoryKiB: mib('MemoryTotal'),
      cpus: [],
      freeKiB: mib('MemoryAvailable'),
      pages: [],
      cpuCount: processors.length,
    });
    idlePercent.push({ node: id, processors });
  }
  if (nodes.length === 0) return null;
  const message = 'Hyper-V counts the processors of a node and does not name them; distances are not told.';
  list.note('cpu-ids-unknown', message, where);
  const name = objects.map((object) => object['ComputerName']).find((each) => typeof each === 'string');
  return {
    kind: KIND,
    name: typeof name === 'string' ? name.slice(0, 253) : null,
    ...NO_HOST,
    nodes: nodes.sort((a, b) => a.id - b.id),
    idlePercent,
  };
}

/** `NodeId : 0`, with a blank line between nodes. */
function objectsOfList(text: string): readonly JsonObject[] {
  const objects: Record<string, unknown>[] = [];
  eachLine(text, (line) => {
    const match = /^\s*([A-Z]\w{1,40})\s*:\s*(.*)$/.exec(line);
    if (match === null) return;
    const [, name, value = ''] = match;
    if (name === 'NodeId') objects.push({});
    const object = objects.at(-1);
    if (object === undefined || objects.length > 2048) return;
    const braces = /^\{([\d\s,]*)\}$/.exec(value.trim());
    if (braces !== null)
      object[name!] = braces[1]!
        .split(',')
        .filter((each) => each.trim() !== '')
        .map(Number);
    else object[name!] = /^\d{1,15}$/.test(value.trim()) ? Number(value) : value.trim();
  });
  return objects;
}

function readHyperv(text: string, file: string): Read<HypervFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<HypervFacts>(null);
  let objects: readonly JsonObject[];
  if (/^\s*[[{]/.test(admitted)) {
    try {
      const value: unknown = JSON.parse(admitted);
      objects = (Array.isArray(value) ? value : [value]).filter(isObject);
    } catch {
      list.error('json-invalid', 'The text is not JSON.', { line: 1 });
      return list.read<HypervFacts>(null);
    }
  } else objects = objectsOfList(admitted);
  const facts = hostOf(objects, list);
  if (facts === null && !list.hasErrors)
    list.error('output-empty', 'The text has no NUMA node.', { line: 1 }, { expected: 'NodeId and MemoryTotal' });
  return list.read(facts);
}

const LINES = byLine({
  mark: /^\s*(?:NodeId|ProcessorsAvailability|MemoryAvailable|MemoryTotal)\s+:/,
  confidence: 0.8,
  holds: /^\s*[A-Z]\w{1,40}\s*:/,
});

export const hypervNuma: Format<'host', HypervFacts> = {
  id: KIND,
  role: 'host',
  name: "Hyper-V's Get-VMHostNumaNode (a host)",
  mark: '"NodeId" and "ProcessorsAvailability"',
  ...LINES,
  ...byJson(holds),
  recognise: (sample) => byJson(holds).recognise(sample) ?? LINES.recognise(sample),
  read: readHyperv,
  summary: (facts) => hostSummary(facts),
};
