/** `info numa` of QEMU's monitor → the cells of the guest. It looks like numactl and is about the guest: MB are MiB. */
import type { Read } from '../../../shared/errors/index.ts';
import { kibFromMib } from '../../../shared/units/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { parseIdList } from '../id-list.ts';
import type { VmStateFacts } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { admitNode, readOutput, reportNothing, vmStateOf, wholeOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';

const KIND = 'hmp-numa';
const COUNT = /^(\d{1,5}) nodes$/;
const FIELD = /^node (\d{1,5}) (cpus|size|plugged):\s*(.{0,8000})$/;

function stateOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): VmStateFacts | null {
  const count = lines.map(({ text }) => COUNT.exec(text)?.[1]).find((found) => found !== undefined);
  const cells = new Map<number, { cpus: readonly number[]; memoryKiB: number | null }>();
  for (const { text, line } of lines) {
    const field = FIELD.exec(text);
    if (field === null) continue;
    const id = Number(field[1]);
    if (!cells.has(id) && !admitNode(id, cells.size, { line }, list)) return null;
    const cell = cells.get(id) ?? { cpus: [], memoryKiB: null };
    cells.set(id, cell);
    if (field[2] === 'size') {
      const mib = wholeOf(field[3]!.replace(/ MB$/, ''), { line }, list, 2 ** 40);
      cell.memoryKiB = mib === null ? null : kibFromMib(mib);
    } else if (field[2] === 'cpus') {
      const ids = parseIdList(field[3]!, 'blank', list.idBudget);
      if (ids.ok) cell.cpus = ids.ids;
      else list.error('id-list-invalid', `A list of CPUs cannot be read: ${ids.reason}.`, { line });
    }
  }
  if (count === undefined) return reportNothing('info numa', '2 nodes', list);
  if (Number(count) !== cells.size) {
    const detail = { found: `${cells.size} nodes`, expected: `${count}, as the first line says` };
    list.error('node-count', 'The nodes described are not as many as announced.', { line: 1 }, detail);
  }
  const own = [...cells].sort(([a], [b]) => a - b).map(([id, cell]) => ({ id, ...cell }));
  return vmStateOf(KIND, file, origin, { running: true, cells: own });
}

const readHmpNuma = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readOutput(text, file, (lines, list) => stateOf(lines, list, file, origin));

export const hmpNuma: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: "the output of info numa (a guest's cells)",
  mark: '"2 nodes" and "node 0 plugged: 0 MB"',
  ...byLine({
    mark: /^\s*(?:\d{1,5} nodes|node \d{1,5} plugged: \d+ MB)\s*$/,
    begins: /^\s*\d{1,5} nodes\s*$/,
    confidence: 0.95,
    holds: /^\s*node \d{1,5} (?:cpus|size|plugged):/,
  }),
  read: readHmpNuma,
  summary: ({ vms }) => plural(vms[0]?.cells.length ?? 0, 'cell'),
};
