/** Commands to come that fall into the time that a compaction or migration submitted now would take. */
import type { Forecast } from '../model/forecast.ts';

/** A command of the scenario that is still to come. */
export interface ComingCommand {
  readonly tick: number;
  readonly vm: string;
  /** As in "compact vm3 to node 1". */
  readonly text: string;
}

export interface Clash {
  /** Tick by which it would be done, by its forecast. */
  readonly doneTick: number;
  /** For the same VM, before that; the first to be applied first. */
  readonly commands: readonly ComingCommand[];
}

/** @param tick the present. @returns null: there is no clash, or nothing would be moved. */
export function commandClash(
  forecast: Forecast,
  coming: readonly ComingCommand[],
  tick: number,
  tickMs: number,
): Clash | null {
  if (forecast.type === 'other' || forecast.rejection !== null) return null;
  const doneTick = tick + Math.ceil(forecast.ms / tickMs);
  const commands = coming.filter((each) => each.vm === forecast.vm && each.tick < doneTick);
  return commands.length === 0 ? null : { doneTick, commands: commands.toSorted((a, b) => a.tick - b.tick) };
}
