/** `dmidecode -t 17` → the memory modules of a host. Which node one is of is not in it: its locators are free text of the maker. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { HostStateFacts } from '../measured.ts';
import { NO_HOST_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, reportNothing } from '../output-lines.ts';

const KIND = 'dmidecode-memory';
const UNITS: Readonly<Record<string, number>> = { kB: 1, MB: 1024, GB: 1024 ** 2, TB: 1024 ** 3 };

interface DmidecodeFacts extends HostStateFacts {
  readonly modules: readonly {
    readonly sizeKiB: number | null;
    /** As printed; `No Module Installed` has no size. */
    readonly size: string;
    readonly locator: string | null;
  }[];
}

function factsOf(lines: readonly OutputLine[], list: DiagnosticList): DmidecodeFacts | null {
  const modules: { size: string; locator: string | null; sizeKiB: number | null }[] = [];
  let isModule = false;
  for (const { text, line } of lines) {
    if (text === 'Memory Device') isModule = true;
    else if (/^Handle 0x/.test(text)) isModule = false;
    if (!isModule || modules.length > 4096) continue;
    const size = /^Size:\s*(.{1,60})$/.exec(text)?.[1];
    const locator = /^Locator:\s*(.{1,200})$/.exec(text)?.[1];
    if (size !== undefined) {
      const match = /^(\d{1,9}) (kB|MB|GB|TB)$/.exec(size);
      if (match === null && !/^(?:No Module Installed|Unknown|Not Installed)/i.test(size))
        list.warning('size-invalid', 'The size of a module cannot be read.', { line }, { found: quote(size) });
      modules.push({ size, locator: null, sizeKiB: match === null ? null : Number(match[1]) * UNITS[match[2]!]! });
    }
    const last = modules.at(-1);
    if (locator !== undefined && last !== undefined) last.locator = locator;
  }
  if (modules.length === 0) return reportNothing('dmidecode -t 17', '"Memory Device" and "Size:"', list);
  list.note('nodes-not-told', 'Which node a module is of is not told: locators are free text.', { line: 1 });
  return { kind: KIND, ...NO_HOST_STATE, modules };
}

export const dmidecodeMemory: Format<'host-state', DmidecodeFacts> = {
  id: KIND,
  role: 'host-state',
  name: 'the output of dmidecode -t 17 (memory modules)',
  mark: '"Memory Device"',
  ...byLine({
    mark: /^\s*(?:# dmidecode \d|Handle 0x[\da-fA-F]+, DMI type 17,)/,
    confidence: 0.8,
    begins: /^\s*# dmidecode \d/,
  }),
  read: (text: string, file: string): Read<DmidecodeFacts> => readOutput(text, file, factsOf),
  summary: ({ modules }) => plural(modules.length, 'memory module'),
};
