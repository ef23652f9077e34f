/** A grid of `[data-stop]` as one stop for Tab: all four arrows, Home and End move in it. */
import { roving } from '../../ui/roving.ts';

export const gridKeys =
  (columns: () => number) =>
  (grid: HTMLElement): (() => void) => {
    const key = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() }[event.key];
      if (step === undefined) return;
      const all = [...grid.querySelectorAll<HTMLElement>('[data-stop]')];
      const now = all.indexOf(event.target as HTMLElement);
      if (now < 0) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      all[now + step]?.focus();
    };
    grid.addEventListener('keydown', key);
    const end = roving(grid);
    return () => {
      grid.removeEventListener('keydown', key);
      end();
    };
  };
