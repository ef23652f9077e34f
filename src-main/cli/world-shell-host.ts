/** A world under the shell of one of its guests, without a session: only the shell steps it or submits commands. */
import type { World, Written } from '../engine/index.ts';
import type { FilesToRead, ShellHost } from '../shell/index.ts';

/** Others (Ctrl-C) have their turn this often. */
const TURN_MS = 10;

export class WorldShellHost implements ShellHost {
  readonly #world: World;
  readonly #vm: string;
  #line = '';
  #open = false;

  constructor(world: World, vm: string) {
    this.#world = world;
    this.#vm = vm;
  }

  beginLine(text: string): void {
    this.#line = text;
  }

  /** What the line wrote is one command of the world, or two where it slept between. */
  endLine(): void {
    if (this.#open) this.#world.endLine();
    this.#open = false;
    this.#world.takeEvents();
  }

  files(): FilesToRead {
    return this.#world.filesOf(this.#vm)!;
  }

  write(path: string, text: string): Written {
    if (!this.#open) this.#world.beginLine(this.#vm, this.#line);
    this.#open = true;
    return this.#world.writeFile(path, text);
  }

  nowMs(): number {
    return this.#world.tick * this.#world.config.tickMs;
  }

  async sleep(seconds: number, signal: AbortSignal): Promise<void> {
    this.endLine();
    let turnMs = performance.now();
    const ticks = Math.ceil((seconds * 1000) / this.#world.config.tickMs);
    for (let i = 0; i < ticks && !signal.aborted; i++) {
      this.#world.step();
      this.#world.takeEvents();
      if (performance.now() - turnMs < TURN_MS) continue;
      await this.breathe();
      turnMs = performance.now();
    }
  }

  async breathe(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
