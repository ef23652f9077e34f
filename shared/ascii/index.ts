/**
 * JSON as ASCII bytes. Characters beyond ASCII are escaped, so that every byte is one character, no text encoder is
 * needed, and a lone surrogate in a name survives the round trip.
 */

export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Writes ASCII text into `out` from `at` on. */
export function putAscii(out: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
}

/** One character a byte; bytes beyond ASCII become what JSON cannot mistake for syntax. */
export function asciiText(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 8192) parts.push(charsOf(bytes.subarray(i, i + 8192)));
  return parts.join('');
}

/** As arguments at once: to spread them would iterate over each, several times as slow, and states of a window are large. */
const charsOf = (bytes: Uint8Array): string => Reflect.apply(String.fromCharCode, null, bytes);
