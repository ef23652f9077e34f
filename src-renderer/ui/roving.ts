/**
 * A list that is one stop for Tab: arrows, Home and End move the focus among its `[data-stop]` elements, and the last
 * one that had it is where Tab comes back to. Attach it to the list:  <ul {@attach roving}>
 */
export function roving(list: HTMLElement): () => void {
  const stops = (): HTMLElement[] => [...list.querySelectorAll<HTMLElement>('[data-stop]')];
  const settle = (): void => {
    const all = stops();
    if (all.length > 0 && !all.some((stop) => stop.tabIndex === 0)) all[0]!.tabIndex = 0;
  };
  const focus = (event: FocusEvent): void => {
    for (const stop of stops()) stop.tabIndex = stop === event.target ? 0 : -1;
    settle();
  };
  const key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = stops();
    const now = all.indexOf(event.target as HTMLElement);
    if (now < 0) return;
    const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
  };
  list.addEventListener('focusin', focus);
  list.addEventListener('keydown', key);
  const observer = new MutationObserver(settle);
  observer.observe(list, { childList: true, subtree: true });
  settle();
  return () => {
    list.removeEventListener('focusin', focus);
    list.removeEventListener('keydown', key);
    observer.disconnect();
  };
}
