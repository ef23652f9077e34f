/**
 * What the document shown states of its hosts, links and VMs: asked anew for each edition of it. Views show by it what no frame
 * has: pools, pins, bindings, VMs that are not placed, and what of all that was assumed.
 */
import type { StatedDocument, StatedVm } from '../../shared/model/stated.ts';
import { Query } from './query.svelte.ts';

type StatedNode = StatedDocument['hosts'][number]['nodes'][number];

export class DocumentStated {
  readonly #query = new Query<StatedDocument>();
  #document: string | null = null;

  readonly answer = $derived(this.#query.answer);
  readonly #vms = $derived(
    new Map(
      [...(this.answer?.vms ?? []), ...(this.answer?.notPlaced ?? []).map(({ vm }) => vm)].map((vm) => [vm.name, vm]),
    ),
  );
  readonly #nodes = $derived(
    new Map(
      (this.answer?.hosts ?? []).flatMap(({ name, nodes }) => nodes.map((node) => [`${name}\n${node.nid}`, node])),
    ),
  );

  vm(name: string | null): StatedVm | null {
    return name === null ? null : (this.#vms.get(name) ?? null);
  }

  node(host: string, nid: number): StatedNode | null {
    return this.#nodes.get(`${host}\n${nid}`) ?? null;
  }

  follow(document: string | null, edition: number, ask: () => Promise<StatedDocument>): void {
    if (document !== this.#document) this.#query.forget();
    this.#document = document;
    if (document !== null) this.#query.want(`${document} ${edition}`, ask);
  }
}
