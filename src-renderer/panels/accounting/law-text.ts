/** Laws in words, and equations as one line of text. */
import type { Equation, Term } from '../../../shared/view/index.ts';

export const LAW_WORDS: Readonly<Record<string, string>> = {
  G2: 'Every valid page belongs to exactly one node, and is managed or reserved',
  G3: 'The free blocks of all orders are the free pages',
  G4: 'What is free is managed',
  G5: 'What is not free is allocated, on a per-CPU list, or reserved',
  G7: 'What is booked on a node (A) is what belongs there (T), less what others owe it, and what it owes',
};

/** Exact, without thin spaces: to be pasted and computed with. */
export function equationText({ left, relation, right }: Equation): string {
  return `${side(left)} ${relation === '=' ? '=' : '≤'} ${side(right)}`;
}

const side = (terms: readonly Term[]): string =>
  terms
    .map(({ name, pages, sign }, i) => `${i === 0 ? (sign < 0 ? '−' : '') : sign < 0 ? ' − ' : ' + '}${name} ${pages}`)
    .join('');
