/** The clipboard. What was copied is said, because nothing else on screen changes. */
import { said } from './toast.svelte.ts';

/** @param what as in "Copied 61 204 pages"; the text itself when it is short. */
export async function copyText(text: string, what = text.length <= 40 ? text : 'the text'): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    said.say(`Copied ${what}.`);
  } catch {
    said.say(`Could not copy ${what}: the system did not give access to the clipboard.`);
  }
}
