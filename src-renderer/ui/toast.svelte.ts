/** What was last said to the person in passing ("Copied 61 204 pages"): shown for a moment and read out by a reader. */
class Said {
  text = $state('');
  /** Counts up, so that the same words said twice are heard twice. */
  turn = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    this.text = text;
    this.turn++;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.text = ''), 4000);
  }
}

export const said = new Said();
