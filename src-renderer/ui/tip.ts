/**
 * Tooltips: one element for the whole window, so that a table of a thousand figures costs no more than one.
 *
 * (a) A tip only says more than what is seen (an exact count, a whole name); nothing essential is in a tip alone.
 * (b) It comes on hover after a moment and on keyboard focus at once, goes on leave, Escape, press and scroll.
 * (c) While it is there, its owner is described by it.
 *
 *     <span {@attach tip('61 204 pages')}>239.08 MiB</span>
 *     <span {@attach tip(() => whole(name))}>…</span>     computed when shown
 */
export type TipText = string | null | (() => string | null);

const DELAY_MS = 350;
const GAP = 6;
const PLACES = '[role=dialog], main, nav, aside, section[aria-label], header[aria-label], footer[aria-label]';

let layer: HTMLElement | null = null;
let owner: Element | null = null;
let timer = 0;

export function tip(text: TipText): (element: Element) => () => void {
  return (element) => {
    const show = (): void => present(element, typeof text === 'function' ? text() : text);
    const soon = (): void => {
      clearTimeout(timer);
      timer = window.setTimeout(show, owner === null ? DELAY_MS : 60);
    };
    const focused = (): void => {
      if (element.matches(':focus-visible')) show();
    };
    const leave = (): void => hide(element);
    element.addEventListener('pointerenter', soon);
    element.addEventListener('pointerleave', leave);
    element.addEventListener('pointerdown', leave);
    // A shape that listens for the focus would take it: Chromium makes such an SVG element a stop for Tab.
    const takesFocus = !(element instanceof SVGElement) || element.hasAttribute('tabindex');
    if (takesFocus) {
      element.addEventListener('focus', focused);
      element.addEventListener('blur', leave);
    }
    return () => {
      leave();
      element.removeEventListener('pointerenter', soon);
      element.removeEventListener('pointerleave', leave);
      element.removeEventListener('pointerdown', leave);
      element.removeEventListener('focus', focused);
      element.removeEventListener('blur', leave);
    };
  };
}

function present(element: Element, text: string | null): void {
  if (text === null || text === '' || !element.isConnected) return;
  const shown = tipLayer();
  shown.textContent = text;
  shown.hidden = false;
  // A dialog that is open stands on top of all else: the tip of something in it must stand in it. Elsewhere it stands in
  // the landmark of its owner, as all of a page should stand in one.
  (element.closest(PLACES) ?? document.body).append(shown);
  owner?.removeAttribute('aria-describedby');
  owner = element;
  if (!element.hasAttribute('aria-describedby')) element.setAttribute('aria-describedby', shown.id);
  place(shown, element.getBoundingClientRect());
}

function place(shown: HTMLElement, at: DOMRect): void {
  shown.style.left = '0px';
  shown.style.top = '0px';
  const size = shown.getBoundingClientRect();
  const below = at.bottom + GAP + size.height <= innerHeight;
  const left = Math.max(GAP, Math.min(at.left + at.width / 2 - size.width / 2, innerWidth - size.width - GAP));
  const top = below ? at.bottom + GAP : at.top - GAP - size.height;
  // Inside a dialog the origin is not the window's.
  shown.style.left = `${left - size.left}px`;
  shown.style.top = `${Math.max(GAP, top) - size.top}px`;
}

function hide(element: Element): void {
  clearTimeout(timer);
  if (owner !== element) return;
  if (element.getAttribute('aria-describedby') === layer?.id) element.removeAttribute('aria-describedby');
  owner = null;
  if (layer !== null) layer.hidden = true;
}

function tipLayer(): HTMLElement {
  if (layer !== null) return layer;
  layer = document.createElement('div');
  layer.id = 'tip';
  layer.className = 'tip';
  layer.setAttribute('role', 'tooltip');
  const dismiss = (): void => {
    if (owner !== null) hide(owner);
  };
  addEventListener('scroll', dismiss, { capture: true, passive: true });
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') dismiss();
  });
  return layer;
}
