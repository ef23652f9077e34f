/** A count as it is written for a person: thin spaces between thousands, a true minus. */
export function countOf(text: string): number {
  const digits = text.replace(/[\s\u2009\u202f]/g, '').replace('−', '-');
  const [found] = /^[+-]?\d+/.exec(digits) ?? [];
  if (found === undefined) throw new Error(`no count: ${JSON.stringify(text)}`);
  return Number(found);
}
