/** The interpreter's own parser, for questions about a text before it is run. */
import { Bash } from 'just-bash/browser';
import type { CommandNode, StatementNode } from 'just-bash';
import { statement } from './rewrite.ts';

export class Parser {
  readonly #bash = new Bash({ commands: [], defenseInDepth: false });
  #wrong = false;

  /** Whether the text that `goesOn` was last asked about is no command and cannot become one. */
  get isWrong(): boolean {
    return this.#wrong;
  }

  /** Whether a text is the beginning of a command, and needs more lines to be one. */
  goesOn(text: string): boolean {
    this.#wrong = false;
    if (/(^|[^\\])(\\\\)*\\$/.test(text)) return true;
    const last = text.slice(text.lastIndexOf('\n') + 1);
    try {
      this.#bash.transform(text);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (/unterminated here-document|unexpected EOF|got EOF/.test(message)) return true;
      const place = /^Parse error at (\d+):(\d+)/.exec(message);
      const lines = text.split('\n');
      const atEnd = place !== null && Number(place[1]) >= lines.length && Number(place[2]) > last.length;
      this.#wrong = !atEnd;
      return atEnd;
    }
    return /(^|[^\\|&])(&&|\|\|?)\s*$/.test(last) && !/(^|\s)#/.test(last);
  }

  /** Of a text of ours. */
  statements(text: string): StatementNode[] {
    return this.#bash.transform(text).ast.statements;
  }

  statementOf(node: CommandNode): StatementNode {
    return statement(node);
  }
}
