/** What the window keeps from one start to the next (sizes, theme, speed), where the browser lets it. */
export interface Memory {
  get(key: string): string | null;
  set(key: string, value: string): void;
}

export const memory: Memory = {
  get(key) {
    try {
      return localStorage.getItem(`pageshift.${key}`);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`pageshift.${key}`, value);
    } catch {
      // Storage is full or denied: the window works as well without.
    }
  },
};
