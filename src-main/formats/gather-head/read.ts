/**
 * What `pageshift gather` writes of itself, between the outputs that it gathered: of which host, by whom, and what could not be
 * had. A file that has it is of one host, and a section of it that cannot be read is no reason to read nothing.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { HostStateFacts } from '../measured.ts';
import { NO_HOST_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput } from '../output-lines.ts';

const KIND = 'gather-head';
const MAX_NOTES = 1000;

interface GatherFacts extends HostStateFacts {
  readonly host: string | null;
  readonly kernel: string | null;
  readonly isRoot: boolean | null;
  readonly isAnonymized: boolean;
  /** What could not be had, and why. */
  readonly failed: readonly string[];
}

function factsOf(lines: readonly OutputLine[], list: DiagnosticList): GatherFacts {
  const value = (name: string): string | null => {
    const found = lines.find(({ text }) => text.startsWith(`# ${name}: `));
    return found === undefined ? null : found.text.slice(name.length + 4).slice(0, 255);
  };
  const failed = lines.filter(({ text }) => /^# (?:failed|skipped): /.test(text)).slice(0, MAX_NOTES);
  for (const { text, line } of failed) {
    const message = 'Something of the host could not be had when it was gathered.';
    list.note('gather-failed', message, { line }, { found: quote(text.replace(/^# \w+: /, '')) });
  }
  const user = value('user');
  return {
    kind: KIND,
    ...NO_HOST_STATE,
    host: value('host'),
    kernel: value('kernel'),
    isRoot: user === null ? null : user === '0',
    isAnonymized: lines.some(({ text }) => text === '# anonymized'),
    failed: failed.map(({ text }) => text.replace(/^# \w+: /, '').slice(0, 300)),
  };
}

export const gatherHead: Format<'host-state', GatherFacts> = {
  id: KIND,
  role: 'host-state',
  name: 'what pageshift gather wrote',
  mark: '"# pageshift gather 1"',
  ...byLine({
    mark: /^# (?:pageshift gather \d|(?:failed|skipped|end): )/,
    confidence: 1,
    begins: /^# pageshift gather \d/,
    holds: /^# (?:host|kernel|user|failed|skipped|end|anonymized)\b/,
  }),
  read: (text: string, file: string): Read<GatherFacts> => readOutput(text, file, factsOf),
  summary: ({ host, failed }) =>
    `${host ?? 'a host'}${failed.length === 0 ? '' : `, ${plural(failed.length, 'thing')} not to be had`}`,
};
