/** The commands to come, as list and time strip show them: kept up to date with the document, and which of them is chosen. */
import type { RequestReply } from '../../shared/protocol/request.ts';
import { commandsToCome, reschedule } from './commands-to-come.ts';
import type { ComingCommand, ComingWindow } from './commands-to-come.ts';
import { Query } from './query.svelte.ts';

export class Coming {
  readonly #app: ComingWindow;
  readonly #schedule = new Query<RequestReply<'run.schedule'>>();
  /** By time and text: its number is another one when it has moved. */
  #chosenKey = $state<string | null>(null);
  #moving = false;

  constructor(app: ComingWindow) {
    this.#app = app;
  }

  readonly #key = $derived.by(() => commandsToCome(this.#app.document).key);
  /** While other ones are asked for: those of them that were not applied since. */
  readonly list: readonly ComingCommand[] = $derived.by(() => {
    const { tick = 0 } = this.#app.document ?? {};
    if (commandsToCome(this.#app.document).list.length === 0) return [];
    return (this.#schedule.answer?.commands ?? []).filter((each) => !this.#schedule.busy || each.tick >= tick);
  });
  readonly chosen = $derived.by(() => this.list.find((each) => keyOf(each) === this.#chosenKey) ?? null);

  get busy(): boolean {
    return this.#schedule.busy;
  }

  get failure(): string {
    return this.#schedule.failure;
  }

  /** Asks for them whenever they are others; called in an effect. */
  follow(): void {
    if (commandsToCome(this.#app.document).list.length === 0) return;
    this.#schedule.want(this.#key, () => this.#app.connection.request('run.schedule', {}));
  }

  choose(chosen: Pick<ComingCommand, 'tick' | 'text'> | null): void {
    this.#chosenKey = chosen === null ? null : keyOf(chosen);
  }

  /** Puts one at another tick, one move after the other; it stays chosen. */
  async move(coming: ComingCommand, toTick: number): Promise<void> {
    if (this.#moving || this.busy || toTick === coming.tick) return;
    this.#moving = true;
    const moved = await reschedule(this.#app, coming, toTick, null);
    this.#moving = false;
    if (moved !== null) this.choose({ tick: moved.tick, text: coming.text });
  }
}

const keyOf = ({ tick, text }: Pick<ComingCommand, 'tick' | 'text'>): string => `${tick} ${text}`;
