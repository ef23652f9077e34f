/**
 * Places in a JSON text: its tree with offsets (jsonc-parser), lines and columns from 1, and the plain value without
 * what JSON.parse would hide (the last of two equal keys winning, `__proto__` becoming a prototype).
 */
import type { Node, ParseError } from 'jsonc-parser';
import { parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Place } from '../../shared/errors/index.ts';
import { MAX_DEPTH, MAX_VALUES } from '../../shared/model/limit.ts';
import type { Path, Problem } from './problem.ts';
import { pointerOf } from './problem.ts';

export interface TextPlaces {
  /** Place of an offset. */
  at(offset: number): Place;
  /** Place of the value at `path`, or of the nearest thing around it that exists. */
  of(root: Node, problem: Pick<Problem, 'path' | 'key'>): Place;
}

export function textPlaces(text: string, file: string): TextPlaces {
  const lineStarts = [0];
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) lineStarts.push(i + 1);
  const at = (offset: number): Place => {
    let low = 0;
    let high = lineStarts.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (lineStarts[mid]! <= offset) low = mid;
      else high = mid - 1;
    }
    return { file, line: low + 1, column: offset - lineStarts[low]! + 1 };
  };
  const of: TextPlaces['of'] = (root, { path, key }) => {
    const pointer = pointerOf(key === undefined ? path : [...path, key]);
    return { ...at(offsetOf(root, path, key)), ...(pointer === '' ? {} : { path: pointer }) };
  };
  return { at, of };
}

function offsetOf(root: Node, path: Path, key: string | undefined): number {
  let node = root;
  for (const part of path) {
    const next = node.type === 'array' ? node.children?.[Number(part)] : propertyOf(node, String(part))?.children?.[1];
    if (next === undefined) return node.offset;
    node = next;
  }
  return key === undefined ? node.offset : (propertyOf(node, key)?.offset ?? node.offset);
}

/** The last property of that name, as the value is the last one's. */
const propertyOf = (node: Node, name: string): Node | undefined =>
  node.type === 'object' ? node.children?.findLast((p) => p.children?.[0]?.value === name) : undefined;

/**
 * The first place where the text nests too deep or has more values than are read; null when it is harmless. The parser
 * recurses and builds a node for each value, so this is asked before it runs.
 */
export function excessOffset(text: string): { readonly offset: number; readonly what: 'depth' | 'values' } | null {
  let depth = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) i = endOfString(text, i);
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) return { offset: i, what: 'depth' };
      values++;
    } else if (c === 0x7d || c === 0x5d) depth--;
    else if (c === 0x2c || c === 0x3a) values++;
    if (values > MAX_VALUES) return { offset: i, what: 'values' };
  }
  return null;
}

/** Offset of the quote or line end that ends the string whose quote is at `start`. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5c) i++;
    else if (c === 0x22 || c === 0x0a) return i;
  }
  return text.length;
}

export interface SyntaxProblem {
  readonly offset: number;
  readonly message: string;
}

const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is no JSON value (text needs double quotes)',
  InvalidNumberFormat: 'this is no JSON number',
  PropertyNameExpected: 'a key in double quotes is missing here',
  ValueExpected: 'a value is missing here',
  ColonExpected: 'a colon is missing here',
  CommaExpected: 'a comma is missing here',
  CloseBraceExpected: 'a closing brace is missing here',
  CloseBracketExpected: 'a closing bracket is missing here',
  EndOfFileExpected: 'text follows after the end of the document',
  InvalidCommentToken: 'comments are not part of JSON',
  UnexpectedEndOfComment: 'comments are not part of JSON',
  UnexpectedEndOfString: 'this text has no closing quote',
  InvalidCharacter: 'this text has a control character',
  InvalidUnicode: 'this text has an incomplete \\u escape',
  InvalidEscapeCharacter: 'this text has an unknown escape',
};

/** The tree, and every syntax problem once per offset; a text that just ends is one problem. */
export function parseText(text: string): { readonly root: Node | null; readonly problems: readonly SyntaxProblem[] } {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const end = text.trimEnd().length;
  const problems = new Map<number, SyntaxProblem>();
  for (const error of errors) {
    const offset = Math.min(error.offset, end);
    if (problems.has(offset)) continue;
    const message =
      offset === end ? 'the text ends before the document does' : SYNTAX_MESSAGES[printParseErrorCode(error.error)];
    problems.set(offset, { offset, message: message ?? 'this is not JSON' });
  }
  return { root: root ?? null, problems: [...problems.values()] };
}

/** The plain value of a tree; a key given twice and `__proto__` are reported and left out. */
export function valueOf(node: Node, path: Path, problems: Problem[]): unknown {
  if (node.type === 'array') return (node.children ?? []).map((child, i) => valueOf(child, [...path, i], problems));
  if (node.type !== 'object') return node.value;
  const value: Record<string, unknown> = {};
  for (const property of node.children ?? []) {
    const [keyNode, valueNode] = property.children ?? [];
    if (keyNode === undefined || valueNode === undefined) continue;
    const key = String(keyNode.value);
    const twice = Object.hasOwn(value, key);
    if (twice || key === '__proto__') {
      const message = twice ? `key "${key}" is given twice` : `there is no key "${key}"`;
      problems.push({ severity: 'error', slug: twice ? 'key-duplicate' : 'key-unknown', message, path, key });
      if (!twice) continue;
    }
    value[key] = valueOf(valueNode, [...path, key], problems);
  }
  return value;
}
