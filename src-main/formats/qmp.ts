/**
 * Answers of QEMU's monitor (QMP) as JSON: alone, or within `{"return": …}` as virsh qemu-monitor-command prints them. Each
 * answer is known by its own members; nothing in an answer says which question it is of.
 */
import type { Read } from '../../shared/errors/index.ts';
import { DiagnosticList } from './diagnostic-list.ts';
import { admitText } from './input.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isAnswer = (value: unknown): value is { readonly return: unknown } =>
  isObject(value) && Object.hasOwn(value, 'return');

export const answerOf = (value: unknown): unknown => (isAnswer(value) ? value.return : value);

/** A list whose first entry has the members. */
export const isListWith =
  (...names: readonly string[]) =>
  (value: unknown): boolean => {
    const answer = answerOf(value);
    return (
      Array.isArray(answer) && isObject(answer[0]) && names.every((name) => Object.hasOwn(answer[0] as object, name))
    );
  };

/** Facts of an answer whose form `holdsJson` has told. */
export function readAnswer<F>(
  text: string,
  file: string,
  make: (answer: unknown, fields: AnswerFields) => F | null,
): Read<F> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<F>(null);
  try {
    return list.read(make(answerOf(JSON.parse(admitted)), new AnswerFields(list)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    list.error('json-invalid', 'The text is not JSON.', { line: 1 }, { found: error.message.slice(0, 120) });
    return list.read<F>(null);
  }
}

/** Members of answers, bounded; what is of another type is an error. */
export class AnswerFields {
  readonly #list: DiagnosticList;

  constructor(list: DiagnosticList) {
    this.#list = list;
  }

  /** A number that is not negative; null when it is absent. */
  number(object: JsonObject, name: string): number | null {
    const value = object[name];
    if (value === undefined || value === null) return null;
    if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
    const detail = { found: JSON.stringify(value).slice(0, 40), expected: 'a number, not negative' };
    this.#list.error('number-invalid', `"${name}" cannot be read.`, { line: 1, path: `/${name}` }, detail);
    return null;
  }

  kib(object: JsonObject, name: string): number | null {
    const bytes = this.number(object, name);
    return bytes === null ? null : Math.round(bytes / 1024);
  }

  text(object: JsonObject, name: string): string | null {
    const value = object[name];
    return typeof value === 'string' ? value.slice(0, 300) : null;
  }

  flag(object: JsonObject, name: string): boolean | null {
    const value = object[name];
    return typeof value === 'boolean' ? value : null;
  }

  ids(object: JsonObject, name: string): readonly number[] {
    const value = object[name];
    if (value === undefined) return [];
    const bad = (id: unknown): boolean => typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > 65_535;
    if (Array.isArray(value) && value.length <= 65_536 && !value.some(bad))
      return [...new Set(value as number[])].sort((a, b) => a - b);
    const detail = { found: JSON.stringify(value).slice(0, 40), expected: 'a list of ids' };
    this.#list.error('id-list-invalid', `"${name}" cannot be read.`, { line: 1, path: `/${name}` }, detail);
    return [];
  }
}

/** Members that are no objects, as text. */
export const textsOf = (object: JsonObject): readonly (readonly [string, string])[] =>
  Object.entries(object)
    .filter(([, value]) => typeof value !== 'object')
    .slice(0, 256)
    .map(([name, value]) => [name, String(value)]);

/** The cell of a memory backend: `ram-node1` of libvirt, `mem1` and `m1` of scripts say no more than that. */
export function cellOfBackend(id: string): number | null {
  const match = /^ram-node(\d{1,5})$/.exec(id);
  return match === null ? null : Number(match[1]);
}
