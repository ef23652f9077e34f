/** The first of "vm1", "vm2", … that nobody has. */
export function freeName(base: string, taken: readonly string[]): string {
  const known = new Set(taken);
  for (let n = taken.length + 1; ; n++) if (!known.has(`${base}${n}`)) return `${base}${n}`;
}
