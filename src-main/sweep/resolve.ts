/**
 * A sweep with its scenario: from here on every job can be made.
 *
 * (a) The scenario is taken in its canonical form, with all fixed defaults written out, so that a path leads to what has
 *     only been left out.
 * (b) Every value of a list and both ends of a range are tried in the scenario, one axis at a time and the others at their
 *     first values; what the scenario then refuses is reported with the axis. What only another combination breaks shows
 *     as a refused point.
 * (c) A range is of whole numbers where the scenario takes its ends and not what lies between.
 * (d) Without metrics, those that are usual for the job are measured.
 */
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { canonicalText, readScenario } from '../scenario/index.ts';
import type { Axis } from './axis.ts';
import { gridValues, isRange } from './axis.ts';
import type { SweepDocument, WholeSweep } from './document.ts';
import { sweepProblems } from './document.ts';
import type { Metric } from './metric.ts';
import { setIn } from './job-list.ts';
import { copyOf, parsePath } from './path.ts';

/** A long list is tried at so many values: its first ones. */
const MAX_TRIED = 64;
/** Diagnostics of one axis. */
const MAX_SHOWN = 5;

export function resolveSweep(sweep: SweepDocument, scenario: Scenario): Read<WholeSweep> {
  const base = JSON.parse(canonicalText(scenario)) as Record<string, unknown>;
  delete base['$schema'];
  delete base['sources'];
  const diagnostics: Diagnostic[] = [];
  const vary = sweep.vary.map((axis) => {
    const place = withOthers(base, sweep.vary, axis);
    const wrong = triedProblems(place, axis);
    diagnostics.push(...wrong);
    return isRange(axis) && axis.whole === undefined && !hasErrors(wrong) && takesWholeOnly(place, axis)
      ? { ...axis, whole: true }
      : axis;
  });
  if (sweep.job === 'compare') diagnostics.push(...vmProblems(sweep, scenario));
  if (
    sweep.job === 'predict' &&
    sweep.options.migrate === undefined &&
    !scenario.commands.some(({ type }) => type === 'migrate')
  )
    diagnostics.push({
      severity: 'error',
      slug: 'migration-missing',
      message: 'A prediction is of one migration, and the scenario has none.',
      where: { path: '/options/migrate' },
      hint: 'Name one: --migrate VM=HOST',
    });
  const metrics = sweep.metrics.length > 0 ? sweep.metrics : usualMetrics(sweep, scenario);
  const whole: WholeSweep = { ...sweep, vary, metrics, scenario: base };
  for (const { slug, message, path } of sweepProblems(whole))
    diagnostics.push({
      severity: 'error',
      slug,
      message: `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
      where: { path: `/${path.join('/')}` },
    });
  return { value: hasErrors(diagnostics) ? null : whole, diagnostics };
}

/** The scenario with all axes but one at their first values. */
function withOthers(base: Record<string, unknown>, axes: readonly Axis[], but: Axis): Record<string, unknown> {
  const document = copyOf(base);
  for (const axis of axes) {
    const path = parsePath(axis.path);
    if (axis !== but && path !== null)
      setIn({ scenario: document, ask: {} }, path, copyOf(isRange(axis) ? axis.from : axis.values[0]));
  }
  return document;
}

function triedProblems(base: Record<string, unknown>, axis: Axis): Diagnostic[] {
  const values = isRange(axis)
    ? [axis.from, axis.to, ...(axis.step === undefined ? [] : gridValues(axis).slice(0, MAX_TRIED))]
    : axis.values.slice(0, MAX_TRIED);
  // What is wrong without this axis is another one's.
  const others = new Set(readScenario(JSON.stringify(base), 'scenario').diagnostics.map(({ message }) => message));
  const found = new Map<string, Diagnostic>();
  for (const value of values) {
    for (const diagnostic of problemsWith(base, axis, value, others)) {
      if (diagnostic.severity !== 'error' || found.size >= MAX_SHOWN) continue;
      found.set(diagnostic.message, diagnostic);
    }
  }
  return [...found.values()];
}

function problemsWith(
  base: Record<string, unknown>,
  axis: Axis,
  value: unknown,
  others: ReadonlySet<string> = new Set(),
): readonly Diagnostic[] {
  const document = copyOf(base);
  const lost = setIn({ scenario: document, ask: {} }, parsePath(axis.path)!, value);
  const where = { path: axis.path };
  if (lost !== null)
    return [
      {
        severity: 'error',
        slug: 'path-nowhere',
        message: `"${axis.name}" varies ${axis.path}, and the scenario has no "${lost}" there.`,
        where,
      },
    ];
  const { diagnostics } = readScenario(JSON.stringify(document), 'scenario');
  const own = diagnostics.filter(({ message }) => !others.has(message));
  return own.map((diagnostic) => ({
    ...diagnostic,
    message: `With "${axis.name}" at ${JSON.stringify(value)}: ${diagnostic.message}`,
    where: diagnostic.where.path === undefined ? where : { path: diagnostic.where.path },
  }));
}

function takesWholeOnly(
  base: Record<string, unknown>,
  axis: Axis & { readonly from: number; readonly to: number },
): boolean {
  if (!Number.isInteger(axis.from) || !Number.isInteger(axis.to) || axis.from === axis.to) return false;
  return hasErrors(problemsWith(base, axis, axis.from + (axis.to > axis.from ? 0.5 : -0.5)));
}

function vmProblems({ options }: Pick<SweepDocument, 'options'>, { vms }: Scenario): Diagnostic[] {
  const names = vms.map(({ name }) => name);
  const isKnown = options.vm === undefined ? names.length === 1 : names.includes(options.vm);
  if (isKnown) return [];
  const message =
    options.vm === undefined
      ? 'A comparison is of one VM, and there are several.'
      : `There is no VM named ${options.vm}.`;
  return [
    {
      severity: 'error',
      slug: 'vm-unknown',
      message,
      where: { path: '/options/vm' },
      hint: `There are: ${names.slice(0, 20).join(', ')}.`,
    },
  ];
}

function usualMetrics({ job }: SweepDocument, { commands }: Scenario): Metric[] {
  if (job === 'predict')
    return ['verdict', 'totalSeconds', 'downtimeMs', 'sentMiB', 'rounds'].map((key) => ({
      name: key,
      path: `/${key}`,
    }));
  if (job === 'compare') return [{ name: 'differences', path: '/differences/*', of: 'count' }];
  const moves = commands.some(({ type }) => type === 'migrate');
  return [
    { name: 'converged', path: '/converged' },
    { name: 'ending', path: '/ending' },
    { name: 'ticks', path: '/tick' },
    { name: 'owed pages', path: '/guests/*/lag/targetActual' },
    { name: 'stale pages', path: '/guests/*/lag/hostTarget' },
    { name: 'pinned pages', path: '/guests/*/lag/pinned' },
    ...(moves
      ? ([
          { name: 'migration', path: '/migrations/0/phase' },
          { name: 'sent bytes', path: '/migrations/*/sentBytes' },
          { name: 'downtime ms', path: '/migrations/*/downtimeMs', of: 'max' },
        ] as const)
      : []),
  ];
}
