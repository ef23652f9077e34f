/**
 * The flags of a sweep as parts of its document: what a person types for an axis, a metric, an edge, a goal. Each gives the
 * part, or what would have been right.
 */
import type { Axis, RangeAxis } from './axis.ts';
import type { Metric } from './metric.ts';
import { METRIC_FOLDS, metricName } from './metric.ts';
import type { Goal } from './pareto.ts';
import { parsePath } from './path.ts';
import type { Verdict } from './verdict.ts';

export type FlagRead<T> =
  { readonly value: T; readonly wrong: null } | { readonly value: null; readonly wrong: string };

const read = <T>(value: T): FlagRead<T> => ({ value, wrong: null });
const wrong = (text: string): FlagRead<never> => ({ value: null, wrong: text });

const AXIS_GRAMMAR = 'NAME=PATH:LIST|FROM..TO[:STEP][:log]';
const NUMBER = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;
const RANGE = new RegExp(`^(${NUMBER})\\.\\.(${NUMBER})(?::(${NUMBER}))?(:log)?$`);

export function axisFlag(text: string): FlagRead<Axis> {
  const [, name, path, values] = /^([^=]+)=((?:[^:"]|"[^"]*")+):(.*)$/s.exec(text) ?? [];
  if (name === undefined || path === undefined || values === undefined) return wrong(`it takes ${AXIS_GRAMMAR}`);
  if (parsePath(path) === null)
    return wrong(`"${path}" is no path: /vms/0/dirty/rateMiBps or vms.shop.dirty.rateMiBps`);
  const range = RANGE.exec(values);
  if (range !== null) return read(rangeOf(name, path, range));
  const items = listItems(values);
  if (items.length === 0) return wrong('its list is empty');
  return read({ name, path, values: items.map(itemValue) });
}

function rangeOf(name: string, path: string, [, from, to, step, log]: RegExpExecArray): RangeAxis {
  return {
    name,
    path,
    from: Number(from),
    to: Number(to),
    ...(step === undefined ? {} : { step: Number(step) }),
    ...(log === undefined ? {} : { log: true }),
  };
}

/** Parts between commas that stand in no quotes and no brackets. */
function listItems(text: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let item = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (isQuoted && c === '\\') {
      item += c + (text[++i] ?? '');
      continue;
    }
    if (c === '"') isQuoted = !isQuoted;
    else if (!isQuoted && '{['.includes(c)) depth++;
    else if (!isQuoted && '}]'.includes(c)) depth--;
    if (c === ',' && depth === 0 && !isQuoted) {
      items.push(item);
      item = '';
    } else item += c;
  }
  items.push(item);
  return items.map((each) => each.trim()).filter((each) => each !== '');
}

/** JSON where it is some, otherwise a text. */
function itemValue(item: string): unknown {
  try {
    return JSON.parse(item) as unknown;
  } catch {
    return item;
  }
}

/** `NAME=VALUE`, as JSON where it is some. */
export function askFlag(text: string): FlagRead<readonly [string, unknown]> {
  const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  return name === undefined || value === undefined ? wrong('it takes NAME=VALUE') : read([name, itemValue(value)]);
}

const METRIC_GRAMMAR = '[NAME=][sum:|mean:|min:|max:|count:]PATH';

export function metricFlag(text: string): FlagRead<Metric> {
  const [, name, fold, path] = new RegExp(`^(?:([^=/]+)=)?(?:(${METRIC_FOLDS.join('|')}):)?(.+)$`).exec(text) ?? [];
  const parts = path === undefined ? null : parsePath(path);
  if (path === undefined || parts === null) return wrong(`it takes ${METRIC_GRAMMAR}`);
  const of = METRIC_FOLDS.find((each) => each === fold);
  const usual = `${of === undefined ? '' : `${of} `}${metricName(parts)}`;
  return read({ name: name ?? usual, path, ...(of === undefined ? {} : { of }) });
}

const EDGE_GRAMMAR = 'NAME:PATH[=VALUE|!=VALUE|<VALUE|<=VALUE|>VALUE|>=VALUE]';

/** Without a comparison the value is to be true. */
export function edgeFlag(text: string): FlagRead<Verdict & { readonly axis: string }> {
  const [, axis, path, is, value] = /^([^:]+):([^=!<>]+?)(?:\s*(=|!=|<=|>=|<|>)\s*(.+))?$/.exec(text) ?? [];
  if (axis === undefined || path === undefined || parsePath(path) === null) return wrong(`it takes ${EDGE_GRAMMAR}`);
  if (is === undefined) return read({ axis, path, is: '=', value: true });
  const wanted = itemValue(value!);
  if (typeof wanted === 'object') return wrong('it compares with a number, a truth value or a text');
  return read({ axis, path, is: is as Verdict['is'], value: wanted as Verdict['value'] });
}

const PARETO_GRAMMAR = 'min:METRIC,max:METRIC[,...]';

/** By the names of metrics. */
export function paretoFlag(text: string): FlagRead<readonly Goal[]> {
  const goals = text.split(',').map((part) => /^(min|max):(.+)$/.exec(part.trim()));
  if (goals.length < 2 || goals.length > 3 || goals.includes(null)) return wrong(`it takes ${PARETO_GRAMMAR}`);
  return read(goals.map((goal) => ({ best: goal![1] as Goal['best'], metric: goal![2]! })));
}
