/**
 * What is wrong with the document shown and what is assumed in it: asked anew for each document and each edition of one, and
 * known to every view, as assumed values are marked wherever they are shown.
 */
import type { FindingReport } from '../../shared/model/finding.ts';
import type { AssumedOf } from '../../shared/view/finding-list.ts';
import { assumedOf, NO_FINDING_FILTER, severityCounts } from '../../shared/view/finding-list.ts';
import type { FindingFilter } from '../../shared/view/finding-list.ts';
import { Query } from './query.svelte.ts';

export class DocumentFindings {
  readonly #query = new Query<FindingReport>();
  #document: string | null = null;
  /** Of the view; it stays while other views are shown. */
  filter = $state.raw<FindingFilter>(NO_FINDING_FILTER);

  readonly report = $derived(this.#query.answer);
  readonly failure = $derived(this.#query.failure);
  readonly busy = $derived(this.#query.busy);
  readonly counts = $derived(severityCounts(this.report?.findings ?? []));
  /** Findings that are more than a note. */
  readonly serious = $derived(this.counts.error + this.counts.warning);
  readonly assumed: AssumedOf = $derived(assumedOf(this.report?.assumed ?? []));

  /** @param edition of the document: another where its hosts or VMs are stated otherwise */
  follow(document: string | null, edition: number, ask: () => Promise<FindingReport>): void {
    if (document !== this.#document) {
      this.#query.forget();
      this.filter = NO_FINDING_FILTER;
    }
    this.#document = document;
    if (document !== null) this.#query.want(`${document} ${edition}`, ask);
  }
}
