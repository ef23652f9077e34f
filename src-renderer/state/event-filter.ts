/** Which events a person chose to see. */
import { eventText } from '../../shared/view/words/index.ts';
import type { WorldEvent } from '../../shared/model/event.ts';

/** Indexes of the events of this VM and type whose text has every word of `text`; null: of any. */
export function filterEvents(
  events: readonly WorldEvent[],
  vm: string | null,
  type: string | null,
  text: string,
): number[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found: number[] = [];
  events.forEach((event, index) => {
    if (vm !== null && event.vm !== vm) return;
    if (type !== null && event.type !== type) return;
    const line = eventText(event).toLowerCase();
    if (words.every((word) => line.includes(word))) found.push(index);
  });
  return found;
}
