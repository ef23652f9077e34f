/** The clipboard. A toast says what was copied, since nothing else on screen changes. */
import { toast } from './toast.svelte.ts';

/** @param what as in "Copied 61 204 pages"; the text itself when it is short. */
export async function copyText(text: string, what = text.length <= 40 ? text : 'the text'): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast.show(`Copied ${what}.`);
  } catch {
    toast.show(`Could not copy ${what}: the system did not give access to the clipboard.`);
  }
}
