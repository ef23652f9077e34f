/** One line of a menu. `separator` begins a new group. */
export interface MenuItem {
  readonly id: string;
  readonly label: string;
  /** "Ctrl+Z" */
  readonly keys?: string | null;
  readonly enabled?: boolean;
  /** For one of several, or on and off. */
  readonly checked?: boolean | null;
  readonly separator?: boolean;
  readonly run: () => void;
}
