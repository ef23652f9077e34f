/** How the kernel writes lists and masks. */

/** Ascending numbers as `0-1,4`. */
export function listText(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length;) {
    let j = i;
    while (j + 1 < numbers.length && numbers[j + 1] === numbers[j]! + 1) j++;
    parts.push(i === j ? `${numbers[i]}` : `${numbers[i]}-${numbers[j]}`);
    i = j + 1;
  }
  return parts.join(',');
}

/** A mask of `bits` bits in hex: groups of 32 bits with commas between, the highest group as narrow as the mask. */
export function maskText(numbers: readonly number[], bits: number): string {
  const groups: string[] = [];
  for (let group = Math.ceil(bits / 32) - 1; group >= 0; group--) {
    let word = 0;
    for (const n of numbers) if (n >>> 5 === group) word |= 1 << (n & 31);
    const width = Math.min(32, bits - group * 32);
    groups.push((word >>> 0).toString(16).padStart(Math.ceil(width / 4), '0'));
  }
  return groups.join(',');
}

export const padded = (value: number | bigint | string, width: number): string => String(value).padStart(width);
