/** The last short notice to the person ("Copied 61 204 pages"): shown for a few seconds, and read out by a screen reader. */
const SHOWN_MS = 4000;

class Toast {
  text = $state('');
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(text: string): void {
    this.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.text = ''), SHOWN_MS);
  }
}

export const toast = new Toast();
