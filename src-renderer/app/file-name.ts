/** Checks a file name while it is typed; main checks it again. */

/** @returns null when every system takes the name. */
export function fileNameProblem(name: string): string | null {
  if (name.trim() === '') return 'Empty; enter a name.';
  if (name !== name.trim()) return 'Found a blank at the beginning or the end; leave it out.';
  const sign = /[\\/:*?"<>|\u0000-\u001f]/.exec(name)?.[0];
  if (sign !== undefined) {
    return `Found ${sign < ' ' ? 'a control sign' : sign}; a file name has none of \\ / : * ? " < > |.`;
  }
  if (/^\.+$/.test(name)) return `Found ${name}; enter a name with a letter or a digit.`;
  return name.length > 200 ? `Found ${name.length} characters; enter at most 200.` : null;
}
