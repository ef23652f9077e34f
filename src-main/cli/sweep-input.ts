/** The sweep that a person asks for: a document, or a scenario and flags, or a document that flags change. */
import { dirname, join } from 'node:path';
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import { readScenario } from '../scenario/index.ts';
import type { FlagRead, SweepDocument, WholeSweep } from '../sweep/index.ts';
import {
  askFlag,
  axisFlag,
  edgeFlag,
  isSweepText,
  metricFlag,
  paretoFlag,
  readSweep,
  resolveSweep,
} from '../sweep/index.ts';
import { inputName, readInput } from './input.ts';

export interface SweepFlags {
  readonly vary: readonly string[];
  readonly seeds?: number;
  readonly latin?: number;
  readonly latinSeed?: number;
  readonly job?: SweepDocument['job'];
  readonly metric: readonly string[];
  readonly edge?: string;
  readonly precision?: number;
  readonly pareto?: string;
  readonly ticks?: number;
  readonly maxTicks?: number;
  readonly vm?: string;
  readonly of?: 'defects' | 'beyond';
  readonly migrate?: string;
  readonly ask: readonly string[];
  readonly resamples?: number;
  readonly bootstrapSeed?: number;
  readonly threads?: number;
  readonly memory: number;
}

/** `usage` where a flag is written in no form that could be right. */
export interface SweepRead extends Read<WholeSweep> {
  readonly isUsage: boolean;
}

export async function loadSweep(path: string, flags: SweepFlags): Promise<SweepRead> {
  const input = await readInput(path);
  if (input.value === null) return { ...input, value: null, isUsage: false };
  const file = inputName(path);
  const isSweep = isSweepText(input.value);
  const asked = withFlags(flags);
  if (asked.value === null) return { value: null, diagnostics: asked.diagnostics, isUsage: true };
  if (!isSweep) {
    const scenario = readScenario(input.value, file);
    if (scenario.value === null) return { value: null, diagnostics: scenario.diagnostics, isUsage: false };
    const sweep = readSweep(
      JSON.stringify({ sweep: 1, scenario: {}, ...asked.value(null, scenario.value.seed) }),
      file,
    );
    if (sweep.value === null) return { value: null, diagnostics: flagPlaces(sweep.diagnostics), isUsage: true };
    return resolved(sweep.value, scenario, file);
  }
  const written = readSweep(input.value, file);
  if (written.value === null) return { value: null, diagnostics: written.diagnostics, isUsage: false };
  const { scenario: whose } = written.value;
  const text = typeof whose === 'string' ? await readInput(path === '-' ? whose : join(dirname(path), whose)) : null;
  if (text !== null && text.value === null) return { value: null, diagnostics: text.diagnostics, isUsage: false };
  const scenario = readScenario(text?.value ?? JSON.stringify(whose), typeof whose === 'string' ? whose : file);
  if (scenario.value === null) return { value: null, diagnostics: scenario.diagnostics, isUsage: false };
  const sweep = readSweep(JSON.stringify(asked.value(written.value, scenario.value.seed)), file);
  if (sweep.value === null) return { value: null, diagnostics: flagPlaces(sweep.diagnostics), isUsage: true };
  return resolved(sweep.value, scenario, file);
}

function resolved(sweep: SweepDocument, scenario: ReturnType<typeof readScenario>, file: string): SweepRead {
  const { value, diagnostics } = resolveSweep(sweep, scenario.value!);
  const placed = diagnostics.map((diagnostic) => ({ ...diagnostic, where: { file, ...diagnostic.where } }));
  return { value, diagnostics: [...scenario.diagnostics, ...placed], isUsage: hasErrors(placed) };
}

/** A document that was made of flags has no lines. */
const flagPlaces = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
  diagnostics.map(({ where, ...rest }) => ({ ...rest, where: where.path === undefined ? {} : { path: where.path } }));

type Change = (written: SweepDocument | null, scenarioSeed: number) => object;

/** The flags as a change of a document; a flag that is given several times replaces the document's list. */
function withFlags(flags: SweepFlags): Read<Change> {
  const diagnostics: Diagnostic[] = [];
  const taken = <T>(flag: string, text: string, read: (text: string) => FlagRead<T>): T[] => {
    const { value, wrong } = read(text);
    if (wrong === null) return [value as T];
    diagnostics.push({
      severity: 'error',
      slug: 'flag',
      message: `${flag}: ${wrong}.`,
      where: { path: flag },
      found: text,
    });
    return [];
  };
  const vary = flags.vary.flatMap((text) => taken('--vary', text, axisFlag));
  const ask = flags.ask.flatMap((text) => taken('--ask', text, askFlag));
  const metrics = flags.metric.flatMap((text) => taken('--metric', text, metricFlag));
  const [edge] = flags.edge === undefined ? [] : taken('--edge', flags.edge, edgeFlag);
  const [pareto] = flags.pareto === undefined ? [] : taken('--pareto', flags.pareto, paretoFlag);
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  const { latin, latinSeed, seeds, job, ticks, maxTicks, vm, of, migrate, resamples, bootstrapSeed, precision } = flags;
  const given = <T>(key: string, value: T | undefined): object => (value === undefined ? {} : { [key]: value });
  const change: Change = (written, scenarioSeed) => ({
    ...written,
    ...given('job', job),
    ...(vary.length === 0 ? {} : { vary }),
    ...(metrics.length === 0 ? {} : { metrics }),
    ...(latin === undefined ? {} : { latin: { points: latin, ...given('seed', latinSeed ?? written?.latin?.seed) } }),
    ...(seeds === undefined ? {} : { seeds: { first: written?.seeds?.first ?? scenarioSeed, count: seeds } }),
    ...(edge === undefined ? {} : { edge: { ...edge, ...given('precisionPercent', precision) } }),
    ...(edge === undefined && precision !== undefined && written?.edge != null
      ? { edge: { ...written.edge, precisionPercent: precision } }
      : {}),
    ...given('pareto', pareto === undefined ? undefined : [...pareto]),
    ask: { ...written?.ask, ...Object.fromEntries(ask) },
    options: {
      ...written?.options,
      ...given('ticks', ticks),
      ...given('maxTicks', maxTicks),
      ...given('vm', vm),
      ...given('of', of),
      ...given('migrate', migrate),
    },
    bootstrap: { ...written?.bootstrap, ...given('resamples', resamples), ...given('seed', bootstrapSeed) },
  });
  return { value: change, diagnostics };
}
