/**
 * Sets of CPUs as hwloc and sysfs print them: 32-bit words in hex, the most significant first, an empty word is zero:
 * `0x6000,,0x40000,0x6007`, `ff`. Bounded as lists of ids are.
 */
import type { IdBudget, IdList } from './id-list.ts';
import { MAX_ID } from './id-list.ts';

const WORD_BITS = 32;
const MAX_WORDS = (MAX_ID + 1) / WORD_BITS;

export function parseCpuMask(text: string, budget: IdBudget): IdList {
  const words = text.trim().split(',');
  if (words.length > MAX_WORDS) return { ok: false, term: words[0]!, reason: `the largest id read is ${MAX_ID}` };
  const ids: number[] = [];
  for (const [i, written] of words.reverse().entries()) {
    const word = written.trim();
    if (word !== '' && !/^(?:0x)?[\da-f]{1,8}$/i.test(word)) {
      const reason = word.includes('...') ? 'it has no end' : 'it is no word of a mask';
      return { ok: false, term: word, reason };
    }
    const bits = word === '' ? 0 : Number.parseInt(word.replace(/^0x/i, ''), 16);
    for (let bit = 0; bit < WORD_BITS; bit++) if (Math.floor(bits / 2 ** bit) % 2 === 1) ids.push(i * WORD_BITS + bit);
  }
  budget.left -= ids.length;
  if (budget.left < 0) return { ok: false, term: text.slice(0, 40), reason: 'the file names too many ids in all' };
  return { ok: true, ids, repeated: [] };
}
