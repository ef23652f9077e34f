import type { NodeColour } from '../../shared/view/node-colour.ts';

/** One line of Facts: pages (null: not known), or words. */
export interface Fact {
  readonly name: string;
  /** Which map it is of and what it counts. */
  readonly hint?: string;
  readonly pages?: number | null;
  readonly as?: 'size' | 'pages';
  readonly text?: string;
  /** Beside the figure: a share. */
  readonly more?: string;
  readonly colour?: NodeColour;
  readonly mono?: boolean;
  /** Nobody stated it, and why it is taken so. */
  readonly assumed?: string;
  readonly tone?: 'good' | 'bad' | 'warn' | 'soft';
}
