/**
 * Where a single fault can be planted in a source file, and what the source reads then. A site is found in the syntax
 * tree, so types, comments, texts and the arguments of assertions have none.
 */
import ts from 'typescript';

export type MutantKind =
  | 'comparison'
  | 'equality'
  | 'condition'
  | 'logic'
  | 'arithmetic'
  | 'bits'
  | 'off-by-one'
  | 'constant'
  | 'boolean'
  | 'min-max'
  | 'step'
  | 'dropped-call'
  | 'dropped-assignment'
  | 'dropped-exit'
  | 'empty-loop'
  | 'swapped-arguments'
  | 'dropped-default';

export interface MutantSite {
  readonly kind: MutantKind;
  /** Characters [start, end) of the source are replaced by `text`. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const OPERATORS: Readonly<Record<string, readonly [MutantKind, string]>> = {
  '<': ['comparison', '<='],
  '<=': ['comparison', '<'],
  '>': ['comparison', '>='],
  '>=': ['comparison', '>'],
  '===': ['equality', '!=='],
  '!==': ['equality', '==='],
  '&&': ['logic', '||'],
  '||': ['logic', '&&'],
  '+': ['arithmetic', '-'],
  '-': ['arithmetic', '+'],
  '*': ['arithmetic', '/'],
  '/': ['arithmetic', '*'],
  '%': ['arithmetic', '*'],
  '&': ['bits', '|'],
  '|': ['bits', '&'],
  '<<': ['bits', '>>'],
  '>>>': ['bits', '<<'],
  '+=': ['step', '-='],
  '-=': ['step', '+='],
};

const MATH: Readonly<Record<string, string>> = { min: 'max', max: 'min', floor: 'ceil', ceil: 'floor' };

/** Calls whose arguments are no part of what the program does, and that no test is there to miss. */
const ASSERTIONS = new Set(['assert', 'InvariantError']);

/** Every site of a source, in the order of the text. */
export function mutantSites(source: string): MutantSite[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ESNext, true);
  const sites: MutantSite[] = [];
  const put = (kind: MutantKind, node: ts.Node, text: string): void => {
    sites.push({ kind, start: node.getStart(file), end: node.end, text });
  };
  const walk = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || isAssertion(node)) return;
    collect(node, file, put);
    ts.forEachChild(node, walk);
  };
  walk(file);
  return sites.sort((a, b) => a.start - b.start);
}

export const mutated = (source: string, { start, end, text }: MutantSite): string =>
  source.slice(0, start) + text + source.slice(end);

function isAssertion(node: ts.Node): boolean {
  const call = ts.isExpressionStatement(node) || ts.isThrowStatement(node) ? node.expression : node;
  if (!ts.isCallExpression(call) && !ts.isNewExpression(call)) return false;
  return ts.isIdentifier(call.expression) && ASSERTIONS.has(call.expression.text);
}

type Put = (kind: MutantKind, node: ts.Node, text: string) => void;

function collect(node: ts.Node, file: ts.SourceFile, put: Put): void {
  const text = (part: ts.Node): string => part.getText(file);
  if (ts.isBinaryExpression(node)) collectBinary(node, put, text);
  else if (ts.isIfStatement(node) || ts.isWhileStatement(node)) {
    put('condition', node.expression, `!(${text(node.expression)})`);
  } else if (ts.isConditionalExpression(node)) put('condition', node.condition, `!(${text(node.condition)})`);
  else if (ts.isForStatement(node) && node.condition !== undefined) put('empty-loop', node.condition, 'false');
  else if (ts.isNumericLiteral(node)) collectNumber(node, put, text);
  else if (node.kind === ts.SyntaxKind.TrueKeyword) put('boolean', node, 'false');
  else if (node.kind === ts.SyntaxKind.FalseKeyword) put('boolean', node, 'true');
  else if (ts.isCallExpression(node)) collectCall(node, put, text);
  else if (ts.isExpressionStatement(node)) collectStatement(node, put);
  else if (isExit(node) && isNestedStatement(node)) put('dropped-exit', node, ';');
  else if (ts.isPostfixUnaryExpression(node) && !isLoopStep(node)) {
    const other = node.operator === ts.SyntaxKind.PlusPlusToken ? '--' : '++';
    put('step', node, text(node.operand) + other);
  }
}

function collectBinary(node: ts.BinaryExpression, put: Put, text: (part: ts.Node) => string): void {
  const { left, right, operatorToken } = node;
  if (operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
    put('dropped-default', node, `(${text(left)})`);
    return;
  }
  const other = OPERATORS[text(operatorToken)];
  if (other === undefined || isText(left) || isText(right)) return;
  const [kind, operator] = other;
  put(kind, operatorToken, operator);
  if (kind === 'arithmetic' && ts.isNumericLiteral(right) && text(right) === '1') put('off-by-one', node, text(left));
}

/** A sum of texts is a text: `+` of it is no arithmetic. */
function isText(node: ts.Node): boolean {
  if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) return true;
  if (ts.isParenthesizedExpression(node)) return isText(node.expression);
  return ts.isBinaryExpression(node) && (isText(node.left) || isText(node.right));
}

function collectNumber(node: ts.NumericLiteral, put: Put, text: (part: ts.Node) => string): void {
  const { parent } = node;
  if (ts.isBinaryExpression(parent) && text(node) === '1' && /^[+-]$/.test(text(parent.operatorToken))) return;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return;
  put('constant', node, `(${text(node)} + 1)`);
}

function collectCall(node: ts.CallExpression, put: Put, text: (part: ts.Node) => string): void {
  const { expression, arguments: args } = node;
  if (ts.isPropertyAccessExpression(expression) && text(expression.expression) === 'Math') {
    const other = MATH[expression.name.text];
    if (other !== undefined) put('min-max', expression, `Math.${other}`);
  } else if (args.length >= 2 && text(args[0]!) !== text(args[1]!) && !args.some(ts.isSpreadElement)) {
    const rest = args.slice(2).map(text);
    put('swapped-arguments', node, `${text(expression)}(${[text(args[1]!), text(args[0]!), ...rest].join(', ')})`);
  }
}

function collectStatement(node: ts.ExpressionStatement, put: Put): void {
  const { expression } = node;
  if (ts.isCallExpression(expression) && expression.expression.kind !== ts.SyntaxKind.SuperKeyword) {
    put('dropped-call', node, ';');
  } else if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    put('dropped-assignment', node, ';');
  }
}

const isExit = (node: ts.Node): boolean =>
  ts.isReturnStatement(node) || ts.isContinueStatement(node) || ts.isBreakStatement(node);

/** Of an if or a block inside a function: the last return of a function is its value, a break of a case ends the case. */
function isNestedStatement({ parent }: ts.Node): boolean {
  return ts.isIfStatement(parent) || (ts.isBlock(parent) && !ts.isFunctionLike(parent.parent));
}

const isLoopStep = ({ parent }: ts.Node): boolean => ts.isForStatement(parent);

/** What does not is no mutant: it would be noticed by anything. */
export function parses(source: string): boolean {
  const { parseDiagnostics } = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ESNext) as unknown as {
    readonly parseDiagnostics: readonly unknown[];
  };
  return parseDiagnostics.length === 0;
}

/** A block of statements, by the characters between its braces; inner ones come after those that they are in. */
export interface Block {
  readonly start: number;
  readonly end: number;
}

export function blocksOf(source: string): Block[] {
  const blocks: Block[] = [];
  const walk = (node: ts.Node): void => {
    if (ts.isBlock(node)) blocks.push({ start: node.statements.pos, end: node.end });
    ts.forEachChild(node, walk);
  };
  walk(ts.createSourceFile('source.ts', source, ts.ScriptTarget.ESNext, true));
  return blocks;
}

/** The source, where each block first says that it runs: block i sets element `first + i` (mutant-coverage.mjs). */
export function marked(source: string, blocks: readonly Block[], first: number): string {
  let text = source;
  for (const [i, { start }] of [...blocks.entries()].reverse()) {
    text = `${text.slice(0, start)} ranBlocks[${first + i}] = 1;${text.slice(start)}`;
  }
  return text;
}
