/** What heads and labels share: which term of the glossary they stand for, what their tip says, how the glossary is asked for. */
import { GLOSSARY, termOf, termText } from '../../shared/view/words/index.ts';
import type { TermId } from '../../shared/view/words/index.ts';

/** @param hint what is special here, said after what the term means */
export function termTip(id: TermId | null, hint: string | null = null): string | null {
  if (id === null) return hint;
  return hint === null || hint === '' ? termText(id) : `${termText(id)}\n${hint}`;
}

/** The tip of a head: of the term that it is, and its own hint. */
export const headTip = (head: string, hint: string | null = null): string | null => termTip(termOf(head), hint);

/** Asks the window to open the glossary at a term; in a dialog, which would be lost, nothing comes of it. */
export const ASK_GLOSSARY = 'askglossary';

export function askGlossary(from: Element, id: TermId): void {
  from.dispatchEvent(new CustomEvent(ASK_GLOSSARY, { bubbles: true, detail: id }));
}

/** The term under the focus, else under the pointer. */
export function termInSight(page: Document): TermId | null {
  const owner =
    page.activeElement?.closest<HTMLElement>('[data-term]') ?? page.querySelector<HTMLElement>('[data-term]:hover');
  return GLOSSARY.find(({ id }) => id === owner?.dataset.term)?.id ?? null;
}
