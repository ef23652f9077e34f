/**
 * The picture of hosts as one stop for Tab. Up and Down go through all that can be chosen, in order; Left and Right go
 * to the node before and after. Nodes are `[data-node]`, what can be chosen `[data-stop]`.
 */
import { roving } from '../../ui/roving.ts';

export function nodeKeys(picture: HTMLElement): () => void {
  const key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const own = event.target instanceof Element ? event.target.closest('[data-node]') : null;
    if (step === undefined || own === null) return;
    const all = [...picture.querySelectorAll('[data-node]')];
    const next = all[all.indexOf(own) + step];
    event.preventDefault();
    event.stopPropagation();
    (next?.matches('[data-stop]') ? (next as HTMLElement) : next?.querySelector<HTMLElement>('[data-stop]'))?.focus();
  };
  picture.addEventListener('keydown', key);
  const end = roving(picture);
  return () => {
    picture.removeEventListener('keydown', key);
    end();
  };
}
