/** The difference between two texts as one replaced part: exact always, and small where little was changed. */

export interface TextChange {
  /** Characters at the beginning and at the end that both texts share. */
  readonly head: number;
  readonly tail: number;
  /** What is between them in the later text. */
  readonly insert: string;
}

export function textChange(from: string, to: string): TextChange {
  const most = Math.min(from.length, to.length);
  let head = 0;
  while (head < most && from.charCodeAt(head) === to.charCodeAt(head)) head++;
  let tail = 0;
  while (tail < most - head && from.charCodeAt(from.length - 1 - tail) === to.charCodeAt(to.length - 1 - tail)) tail++;
  return { head, tail, insert: to.slice(head, to.length - tail) };
}

/** @returns null when the change is not one of this text. */
export function withChange(text: string, { head, tail, insert }: TextChange): string | null {
  if (!Number.isInteger(head) || !Number.isInteger(tail) || head < 0 || tail < 0) return null;
  if (head + tail > text.length || typeof insert !== 'string') return null;
  return text.slice(0, head) + insert + text.slice(text.length - tail);
}
