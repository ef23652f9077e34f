/** Reads the scenario that a person names, and appends the commands of the command line to its own. */
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import type { Format } from '../formats/index.ts';
import { recognise } from '../formats/index.ts';
import type { CommandTexts, FigureTexts, Scenario } from '../scenario/index.ts';
import { readScenario, withCommandTexts, withFigures } from '../scenario/index.ts';
import { inputName, readInput } from './input.ts';

export async function loadScenario(path: string, texts: CommandTexts & FigureTexts = {}): Promise<Read<Scenario>> {
  const input = await readInput(path);
  if (input.value === null) return { value: null, diagnostics: input.diagnostics };
  const file = inputName(path);
  const { value: format, diagnostics } = recognise(input.value, file);
  if (format === null) return { value: null, diagnostics };
  if (format.role !== 'scenario') return { value: null, diagnostics: [foreign(format, file)] };
  const read = readScenario(input.value, file);
  if (read.value === null) return read;
  const stated = withCommandTexts(read.value, texts);
  const whole = stated.value === null ? stated : withFigures(stated.value, texts);
  return {
    value: whole.value,
    diagnostics: [...read.diagnostics, ...stated.diagnostics, ...(whole === stated ? [] : whole.diagnostics)],
  };
}

function foreign({ name }: Format, file: string): Diagnostic {
  const message = `This is ${name}, not a scenario.`;
  const hint = 'Make a scenario of it: pageshift import HOST VM... -o NAME.pageshift.json';
  return { severity: 'error', slug: 'not-a-scenario', message, where: { file }, hint };
}
