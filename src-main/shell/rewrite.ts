/**
 * Rewrites a line's syntax tree before the interpreter runs it.
 *
 * (a) `C > FILE` becomes `{ C > FILE; __status $? C; }`, which reports a failed write to a guest file, as C would have,
 *     and makes it C's status. Its own stderr goes where C's goes.
 * (b) Each round of a loop begins with `__breathe $?`, which only yields to other work, so that an endless loop can
 *     be stopped.
 * (c) Each statement whose output goes straight to the terminal is followed by `__mark $?`, which prints the same mark
 *     to stdout and stderr, so that the output of both can be merged in order.
 * (d) Functions are recorded by name, so that later lines can use them.
 */
import type { CommandNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode } from 'just-bash';

export const STATUS = '__status';
export const BREATHE = '__breathe';
export const MARKER = '__mark';
/** No text of a guest has it. */
export const MARK = '\u0001\u0016\u0001';

type Redirection = SimpleCommandNode['redirections'][number];
type FunctionNode = Extract<CommandNode, { type: 'FunctionDef' }>;
type LoopNode = Extract<CommandNode, { body: StatementNode[]; type: 'For' | 'While' | 'Until' | 'CStyleFor' }>;

/** @param functions gets every function that the script may define. */
export function rewrite(script: ScriptNode, functions: Map<string, FunctionNode>): ScriptNode {
  return new Rewriter(functions).node(script) as ScriptNode;
}

/** (c) Statements of the line itself, which have been rewritten. One that redirects the shell itself is left as it is. */
export function marked(statements: readonly StatementNode[]): StatementNode[] {
  return statements.some(redirectsShell) ? [...statements] : statements.flatMap(withMark);
}

function withMark(node: StatementNode): StatementNode[] {
  const [pipeline] = node.pipelines;
  const [only, ...more] = pipeline?.commands ?? [];
  const isAlone = node.pipelines.length === 1 && more.length === 0 && only !== undefined;
  return [
    isAlone ? { ...node, pipelines: [{ ...pipeline!, commands: [withMarksInside(only)] }] } : node,
    statement(command(MARKER, [], lastStatus())),
  ];
}

/** Of a loop or a branch whose output goes where the line's does. */
function withMarksInside(node: CommandNode): CommandNode {
  if (node.type === 'FunctionDef' || node.redirections.length > 0) return node;
  const all = (statements: StatementNode[]): StatementNode[] => statements.flatMap(withMark);
  switch (node.type) {
    case 'For':
    case 'CStyleFor':
    case 'While':
    case 'Until':
      return { ...node, body: all(node.body) };
    case 'If':
      return {
        ...node,
        clauses: node.clauses.map((clause) => ({ ...clause, body: all(clause.body) })),
        elseBody: node.elseBody === null ? null : all(node.elseBody),
      };
    default:
      return node;
  }
}

/** `exec > FILE`. */
export const redirectsShell = ({ pipelines }: StatementNode): boolean =>
  pipelines.some(({ commands }) =>
    commands.some((node) => node.type === 'SimpleCommand' && literalOf(node.name) === 'exec' && node.args.length === 0),
  );

class Rewriter {
  readonly #functions: Map<string, FunctionNode>;

  constructor(functions: Map<string, FunctionNode>) {
    this.#functions = functions;
  }

  node(node: unknown): unknown {
    if (Array.isArray(node)) return node.map((each) => this.node(each));
    if (typeof node !== 'object' || node === null) return node;
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, this.node(value)]));
    switch (copy.type) {
      case 'Pipeline':
        copy.commands = (copy.commands as CommandNode[]).map(withStatus);
        break;
      case 'For':
      case 'While':
      case 'Until':
      case 'CStyleFor': {
        const loop = copy as unknown as LoopNode;
        copy.body = [statement(command(BREATHE, [], lastStatus())), ...loop.body];
        break;
      }
      case 'FunctionDef': {
        const definition = copy as unknown as FunctionNode;
        this.#functions.set(definition.name, definition);
        break;
      }
    }
    return copy;
  }
}

/** (a) */
function withStatus(node: CommandNode): CommandNode {
  if (node.type === 'FunctionDef' || !node.redirections.some(writes)) return node;
  const name = node.type === 'SimpleCommand' ? literalOf(node.name) : '';
  // `exec > FILE` opens a file for what follows.
  if (name === 'exec') return node;
  const report = command(STATUS, reportTo(node.redirections), lastStatus(), word(name));
  return { type: 'Group', body: [statement(node), statement(report)], redirections: [] };
}

function writes({ operator, target }: Redirection): boolean {
  if (['>', '>>', '>|', '&>', '&>>', '<>'].includes(operator)) return true;
  return operator === '>&' && target.type === 'Word' && !/^(\d*-?)$/.test(literalOf(target) || 'x');
}

/** Where stderr of the command goes: to the terminal, to a file (behind what is there), or nowhere. */
function reportTo(redirections: readonly Redirection[]): Redirection[] {
  let to: Redirection[] = [];
  let stdoutIsFile = false;
  for (const redirection of redirections) {
    const { operator, fd, target } = redirection;
    if (target.type !== 'Word') continue;
    if (operator === '&>' || operator === '&>>') to = [nowhere()];
    else if (operator === '>&' && fd === 2) {
      // What goes into the file that refuses writes is lost.
      if (literalOf(target) === '1') to = stdoutIsFile ? [nowhere()] : [redirection];
    } else if (fd === 2 && writes(redirection)) to = [{ ...redirection, operator: '>>' }];
    else if (writes(redirection)) stdoutIsFile = true;
  }
  return to;
}

const nowhere = (): Redirection => ({ type: 'Redirection', fd: 2, operator: '>', target: word('/dev/null') });

const word = (value: string): WordNode => ({ type: 'Word', parts: [{ type: 'Literal', value }] });

/** `"$?"` */
const lastStatus = (): WordNode => ({
  type: 'Word',
  parts: [{ type: 'DoubleQuoted', parts: [{ type: 'ParameterExpansion', parameter: '?', operation: null }] }],
});

/** What a word says where nothing in it is expanded; otherwise empty. */
function literalOf(node: WordNode | null): string {
  const [part, ...more] = node?.parts ?? [];
  return part?.type === 'Literal' && more.length === 0 ? part.value : '';
}

const command = (name: string, redirections: Redirection[], ...args: WordNode[]): SimpleCommandNode => ({
  type: 'SimpleCommand',
  assignments: [],
  name: word(name),
  args,
  redirections,
});

export const statement = (node: CommandNode): StatementNode => ({
  type: 'Statement',
  pipelines: [{ type: 'Pipeline', commands: [node], negated: false }],
  operators: [],
  background: false,
});
