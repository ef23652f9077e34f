/**
 * Keys as they are written, matched and shown. Written: `Mod+Shift+Z`, `Space`, `,`, `?`, `ArrowLeft`. Mod is Command on
 * a Mac and Control elsewhere.
 *
 * (a) A single sign (`?`, `+`) is what the keyboard gives, whatever layout and Shift it took; letters ignore case.
 * (b) No command fires while a person types, and none that a control under the focus has its own use for.
 */

/** The part of a KeyboardEvent that is needed. */
export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

export function matches(keys: string, press: Press, mac: boolean): boolean {
  const { mod, shift, key } = parse(keys);
  const hasMod = mac ? press.metaKey : press.ctrlKey;
  const hasOther = mac ? press.ctrlKey : press.metaKey;
  if (hasMod !== mod || hasOther || press.altKey) return false;
  const pressed = press.key === ' ' ? 'Space' : press.key;
  if (pressed.length !== 1 || /[a-z]/i.test(pressed)) {
    return press.shiftKey === shift && pressed.toLowerCase() === key.toLowerCase();
  }
  return pressed === key;
}

/** As shown: `Ctrl+Shift+Z`, on a Mac `⇧⌘Z`. */
export function showKeys(keys: string, mac: boolean): string {
  const { mod, shift, key } = parse(keys);
  const names: Readonly<Record<string, string>> = {
    ArrowLeft: '←',
    ArrowRight: '→',
    ArrowUp: '↑',
    ArrowDown: '↓',
    Escape: 'Esc',
    '-': '−',
  };
  const name = names[key] ?? key;
  if (mac) return `${shift ? '⇧' : ''}${mod ? '⌘' : ''}${name}`;
  return `${mod ? 'Ctrl+' : ''}${shift ? 'Shift+' : ''}${name}`;
}

function parse(keys: string): { mod: boolean; shift: boolean; key: string } {
  // The last part may itself be a plus.
  const parts = /^((?:Mod\+|Shift\+)*)(.+)$/.exec(keys)!;
  return { mod: parts[1]!.includes('Mod+'), shift: parts[1]!.includes('Shift+'), key: parts[2]! };
}

/** What of an element decides whether a key is its own. */
export interface KeyTarget {
  closest(selectors: string): unknown;
}

const TYPED =
  'input:not([type=checkbox], [type=radio], [type=range]), textarea, [contenteditable=""], [contenteditable=true]';
/**
 * Has its own use for Space. What is chosen already has none: the tab that is shown, the VM or node that is selected in a
 * list.
 */
const PRESSED =
  ':is(button, input:not([type=range]), select, summary, [role=button], [role=tab], [role=menuitem], [role=option], [role=row]):not([role=tab][aria-selected=true], [aria-current=true])';
/** Has its own use for Enter. */
const ENTERED = 'button, a[href], input, select, summary, [role=button], [role=tab], [role=menuitem], [role=option]';
/** Has its own use for arrows, Home and End. */
const MOVED =
  'input, select, [role=tablist], [role=listbox], [role=menu], [role=grid], [role=tree], [role=separator], [role=slider]';

/** Whether a press belongs to what has the focus, and so to no command. */
export function isOwnKey(press: Press, target: KeyTarget | null): boolean {
  if (target === null) return false;
  // No text is typed with a function key.
  if (/^F\d+$/.test(press.key)) return target.closest('[role=dialog], [role=menu]') !== null;
  if (target.closest(TYPED) !== null || target.closest('[role=dialog], [role=menu]') !== null) return true;
  if (press.ctrlKey || press.metaKey) return false;
  if (press.key === ' ') return target.closest(PRESSED) !== null;
  if (press.key === 'Enter') return target.closest(ENTERED) !== null;
  if (/^(Arrow|Home|End|Page)/.test(press.key)) return target.closest(MOVED) !== null;
  return press.key.length === 1 && target.closest('select') !== null;
}

export const isMac = (platform: string): boolean => /^(mac|darwin|iphone|ipad)/i.test(platform);
