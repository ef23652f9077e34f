/**
 * Problems found by the schema, in words that a person understands: which key, what was found, what was expected, and
 * for an unknown key the most likely one.
 */
import type { z } from 'zod';
import { nameHint } from './name-hint.ts';
import type { Path, Problem } from './problem.ts';
import { shown } from './problem.ts';
import { scenarioSchema } from './schema.ts';

type Issue = z.core.$ZodIssue;

const TYPE_WORDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  object: 'an object { … }',
  record: 'an object { … }',
  array: 'a list [ … ]',
  tuple: 'a list [ … ]',
};

/** One problem for each issue, and for each key of an issue about several keys. */
export const problemsOfIssues = (
  issues: readonly Issue[],
  value: unknown,
  schema: z.ZodType = scenarioSchema,
): Problem[] => issues.flatMap((issue) => problemsOfIssue(issue, value, schema));

function problemsOfIssue(issue: Issue, root: unknown, schema: z.ZodType): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const found = valueAt(root, path);
  if (issue.code === 'unrecognized_keys') {
    const keys = keysAt(path, root, schema);
    return issue.keys.map((key) => ({
      ...error('key-unknown', path, `there is no key "${key}"`),
      key,
      ...nameHint(key, keys),
    }));
  }
  if (found === undefined && issue.code !== 'custom') return [missing(issue, path)];
  return [
    {
      ...described(issue, path, found),
      ...(issue.code === 'custom' && typeof found === 'object' ? {} : { found: shown(found) }),
    },
  ];
}

const error = (slug: string, path: Path, message: string): Problem => ({ severity: 'error', slug, path, message });

function missing(issue: Issue, path: Path): Problem {
  const name = path.at(-1);
  const problem = error('key-missing', path.slice(0, -1), `"${name}" is missing`);
  return { ...problem, expected: expectedOf(issue) };
}

function described(issue: Issue, path: Path, found: unknown): Problem {
  const name =
    path.length === 0
      ? 'the document'
      : typeof path.at(-1) === 'number'
        ? `number ${Number(path.at(-1)) + 1} of the list`
        : `"${path.at(-1)}"`;
  const expected = expectedOf(issue);
  switch (issue.code) {
    case 'invalid_type':
      return { ...error('wrong-type', path, `${name} is not ${expected}`), expected };
    case 'too_big':
    case 'too_small': {
      if (Array.isArray(found))
        return {
          ...error(issue.code === 'too_big' ? 'too-many' : 'too-few', path, `${name} has ${found.length} entries`),
          expected,
        };
      const much = issue.code === 'too_big' ? 'large' : 'small';
      return {
        ...error(
          'out-of-range',
          path,
          typeof found === 'string'
            ? `${name} is too ${much === 'large' ? 'long' : 'short'}`
            : `${name} is too ${much}`,
        ),
        expected,
      };
    }
    case 'not_multiple_of':
      return { ...error('out-of-range', path, `${name} is not a multiple of ${issue.divisor}`), expected };
    case 'custom': {
      const params = issue.params as { slug: string; expected: string };
      return { ...error(params.slug, path, issue.message), expected: params.expected };
    }
    case 'invalid_key':
      return error('wrong-value', path, `the key ${name} is not ${issue.issues[0]?.message ?? 'allowed'}`);
    case 'invalid_format':
      return error('wrong-value', path, issue.message);
    default:
      return { ...error('wrong-value', path, `${name} has a value that is not known`), expected };
  }
}

function expectedOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case 'too_big':
      return `${issue.inclusive === false ? 'below' : 'at most'} ${issue.maximum}${countWord(issue.origin)}`;
    case 'too_small':
      return `${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}${countWord(issue.origin)}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'invalid_union':
      // Told apart by a key, it has `options`; otherwise `errors`, what each branch would have had.
      return 'options' in issue
        ? (issue.options as readonly unknown[]).map((option) => JSON.stringify(option)).join(' or ')
        : issue.errors.flatMap(([first]) => (first === undefined ? [] : [expectedOf(first)])).join(' or ');
    default:
      return 'another value';
  }
}

const countWord = (origin: string): string =>
  origin === 'array' ? ' entries' : origin === 'string' ? ' characters' : '';

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** What of zod's definitions is walked to find the keys of an object. */
interface Definition {
  readonly def: {
    readonly type: string;
    readonly innerType?: Definition;
    readonly element?: Definition;
    readonly items?: readonly Definition[];
    readonly valueType?: Definition;
    readonly shape?: Readonly<Record<string, Definition>>;
    readonly options?: readonly Definition[];
    readonly discriminator?: string;
    readonly values?: readonly unknown[];
  };
}

/** The keys that the schema of the document knows for the object at `path`. */
function keysAt(path: Path, root: unknown, document: z.ZodType): string[] {
  let schema = unwrapped(document as unknown as Definition, root);
  let value = root;
  for (const part of path) {
    value = valueAt(value, [part]);
    const { def } = schema;
    const next = def.shape?.[part] ?? def.element ?? def.items?.[Number(part)] ?? def.valueType;
    if (next === undefined) return [];
    schema = unwrapped(next, value);
  }
  return Object.keys(schema.def.shape ?? {});
}

/** Through optional, default and nullable to the schema itself; of a union, the option that the value chose. */
function unwrapped(schema: Definition, value: unknown): Definition {
  let inner = schema;
  while (inner.def.innerType !== undefined) inner = inner.def.innerType;
  const { options, discriminator } = inner.def;
  if (options === undefined || discriminator === undefined) return inner;
  const choice = valueAt(value, [discriminator]);
  return options.find((option) => option.def.shape?.[discriminator]?.def.values?.includes(choice)) ?? inner;
}
