/** Which value of a VM a sentence of what was assumed is about, by how the import begins it (import-vm.ts). */
export type AssumedValue = 'placement' | 'untouched' | 'dirty';

const BEGINNINGS: Readonly<Record<AssumedValue, RegExp>> = {
  placement: /^Where its memory lies\b/,
  untouched: /^Where the .* lie that it has not touched\b/,
  dirty: /^(What it writes|Its dirty rate|Its working set)\b/,
};

export const isAbout = (assumed: string | { readonly text: string }, value: AssumedValue): boolean =>
  BEGINNINGS[value].test(typeof assumed === 'string' ? assumed : assumed.text);
