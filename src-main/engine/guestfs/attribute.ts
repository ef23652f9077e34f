/**
 * Parses numbers as the kernel does when text is written to a simple attribute: at most 23 characters, base by prefix
 * (0x: 16, 0: 8, else 10), a value of 64 bits that wraps.
 */
import type { KernelProfile } from '../../../shared/model/config.ts';

const MAX_CHARS = 23;
/** By prefix; the leading 0 of an octal number is one of its digits. */
const BASES: readonly { readonly prefix: RegExp; readonly base: number; readonly digits: RegExp }[] = [
  { prefix: /^0[xX](?=[0-9a-fA-F])/, base: 16, digits: /^[0-9a-fA-F]+/ },
  { prefix: /^(?=0)/, base: 8, digits: /^[0-7]+/ },
  { prefix: /^/, base: 10, digits: /^[0-9]+/ },
];

/** The number at the beginning of a text and its length in characters; length 0: there is no number. */
function leading(text: string): { readonly value: bigint; readonly chars: number } {
  const { prefix, base, digits } = BASES.find((b) => b.prefix.test(text))!;
  const skipped = prefix.exec(text)![0].length;
  const found = digits.exec(text.slice(skipped))?.[0] ?? '';
  // Up to 13 digits a number is exact, and quicker.
  let value = BigInt(parseInt(found.slice(0, 13) || '0', base));
  for (const digit of found.slice(13)) value = value * BigInt(base) + BigInt(parseInt(digit, base));
  return { value, chars: found === '' ? 0 : skipped + found.length };
}

/**
 * 3.10 (simple_strtoll): text after the number is ignored, text without a number is 0, no blank may come before it.
 * 6.1 (kstrtoull): one line feed may follow, anything else is EINVAL, as is a value beyond 64 bits.
 */
export function parseAttribute(text: string, era: KernelProfile['era']): bigint | null {
  const read = text.slice(0, MAX_CHARS);
  if (era === '3.10') {
    const negative = read.startsWith('-');
    const { value } = leading(negative ? read.slice(1) : read);
    return BigInt.asUintN(64, negative ? -value : value);
  }
  const number = read.endsWith('\n') ? read.slice(0, -1) : read;
  const { value, chars } = leading(number.startsWith('+') ? number.slice(1) : number);
  const whole = chars > 0 && chars === number.length - (number.startsWith('+') ? 1 : 0);
  return whole && value < 2n ** 64n ? value : null;
}

/** As the RFC's attributes read back. */
export const attributeText = (value: bigint): string => `0x${value.toString(16).padStart(16, '0')}\n`;
