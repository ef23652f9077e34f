/**
 * YAML → plain values, document by document. Bounded: length, depth of brackets, and what aliases may expand to, so that no text
 * costs more than its length. JSON is YAML, too.
 */
import { parseAllDocuments } from 'yaml';
import type { DiagnosticList } from './diagnostic-list.ts';
import { quote } from './diagnostic-list.ts';
import { admitText } from './input.ts';
import type { JsonObject } from './qmp.ts';
import { isObject } from './qmp.ts';

/** A list of some thousand VMs. */
const MAX_YAML_CHARS = 2 * 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_ALIASES = 100;

export interface YamlDocument {
  readonly value: JsonObject;
  /** The line on which it begins. */
  readonly line: number;
}

/** Documents that are mappings; null, and an error, when the text is refused. */
export function parseYaml(text: string, list: DiagnosticList): readonly YamlDocument[] | null {
  const admitted = admitText(text, list);
  if (admitted === null || !isShallow(admitted, list)) return null;
  try {
    const documents = parseAllDocuments(admitted, { uniqueKeys: false, logLevel: 'error', prettyErrors: true });
    if (!Array.isArray(documents)) return [];
    return documents.flatMap((document): readonly YamlDocument[] => {
      const [error] = document.errors;
      const line = lineAt(admitted, document.range[0]);
      if (error !== undefined) {
        const where = { line: error.linePos?.[0].line ?? line };
        list.error('yaml-invalid', 'The text is not YAML.', where, { found: quote(error.message.split('\n', 1)[0]!) });
        return [];
      }
      const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
      return isObject(value) ? [{ value, line }] : [];
    });
  } catch (error) {
    // Aliases that expand too far, or collections nested too deeply.
    const found = error instanceof Error ? quote(error.message.split('\n', 1)[0]!) : '';
    list.error('yaml-invalid', 'The text is not YAML that can be read.', { line: 1 }, { found });
    return null;
  }
}

function isShallow(text: string, list: DiagnosticList): boolean {
  if (text.length > MAX_YAML_CHARS) {
    const detail = { found: `${text.length} characters`, expected: `at most ${MAX_YAML_CHARS}` };
    list.error('yaml-too-large', 'The YAML text is too large.', { line: 1 }, detail);
    return false;
  }
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1);
    deepest = Math.max(deepest, depth);
  }
  // Lists within lists on one line: `- - - -`, and indentation, which nests as deeply as it is wide.
  const indented = /^(?:\s*- ){64}/m.test(text) || /^ {512}/m.test(text) || /(?:\? ){64}/.test(text);
  if (deepest <= MAX_DEPTH && !indented) return true;
  list.error(
    'yaml-too-deep',
    'The YAML text is nested too deeply.',
    { line: 1 },
    { expected: `at most ${MAX_DEPTH} levels` },
  );
  return false;
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** A member of a mapping that is one itself; empty where it is none. */
export const memberOf = (value: JsonObject, ...path: readonly string[]): JsonObject =>
  path.reduce<JsonObject>((each, name) => {
    const member = Object.hasOwn(each, name) ? each[name] : undefined;
    return isObject(member) ? member : {};
  }, value);

/** A quantity of Kubernetes in whole units: `64Mi`, `1e9`, `500m`; null when it is none. */
export function quantityOf(value: unknown): number | null {
  const match =
    typeof value === 'string' || typeof value === 'number'
      ? /^\+?(\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})(?:([eE][+-]?\d{1,2})|(m|k|[MGTPE]|[KMGTPE]i)?)$/.exec(
          String(value).trim(),
        )
      : null;
  if (match === null) return null;
  const [, digits, exponent = '', suffix = ''] = match;
  const units: Readonly<Record<string, number>> = {
    '': 1,
    m: 1 / 1000,
    ...{ k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
    ...{ Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4, Pi: 1024 ** 5, Ei: 1024 ** 6 },
  };
  const quantity = Number(`${digits}${exponent}`) * units[suffix]!;
  return quantity <= Number.MAX_SAFE_INTEGER ? quantity : null;
}
