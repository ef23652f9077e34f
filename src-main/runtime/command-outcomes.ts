/** Every command of a run's scenario, with what was forecast of it and what came of it, as a window lists them. */
import type { WorldEvent } from '../../shared/model/event.ts';
import type { Forecast } from '../../shared/model/forecast.ts';
import type { DocumentCommand } from '../../shared/protocol/index.ts';
import { commandLabel } from '../../shared/view/words/index.ts';
import type { World } from '../engine/index.ts';
import { recordedCommands } from '../jobs/recording.ts';
import type { SubmittedCommands } from './submitted-commands.ts';

export class CommandOutcomes {
  /** By the order in which commands were applied. */
  #forecasts: (Forecast | null)[] = [];
  #listed: { readonly key: string; readonly list: readonly DocumentCommand[] } | null = null;

  /** A command is applied. @param forecast of the world before it. */
  applied(forecast: Forecast | null): void {
    this.#forecasts.push(forecast);
  }

  /** Forecasts of the commands that the next tick begins with, while the world is as it was before them. */
  forecastScheduled(world: World): void {
    const { nextScheduledTick, appliedCommands, config, tick } = world;
    if (nextScheduledTick !== tick) return;
    const due = [...config.schedule].sort((a, b) => a.at - b.at).slice(appliedCommands);
    for (const { at, command } of due) {
      if (at !== tick) return;
      const moves = command.type === 'compact' || command.type === 'migrate';
      this.applied(moves ? world.forecast(command) : null);
    }
  }

  /** The world has gone back to where it had applied only so many. */
  goBack(appliedCommands: number): void {
    this.#forecasts = this.#forecasts.slice(0, appliedCommands);
    this.#listed = null;
  }

  list(world: World, events: readonly WorldEvent[], commands: SubmittedCommands): readonly DocumentCommand[] {
    const { scenario, applied } = commands;
    const key = `${world.appliedCommands}/${events.length}/${applied}/${scenario.commands.length}`;
    if (this.#listed?.key === key) return this.#listed.list;
    const came = recordedCommands(world.log, events, 'It is under way.');
    const list = [...scenario.commands]
      .map((command) => ({ command, tick: commands.tickOf(command) }))
      .sort((a, b) => a.tick - b.tick)
      .map(({ command, tick }, i): DocumentCommand => {
        const { applied: isApplied, text } = came[i] ?? { applied: null, text: '' };
        return {
          tick,
          text: commandLabel(command),
          type: command.type,
          vm: command.vm,
          state: isApplied === null ? 'pending' : isApplied ? 'applied' : 'rejected',
          outcome: text,
          forecast: this.#forecasts[i] ?? null,
        };
      });
    this.#listed = { key, list };
    return list;
  }
}
