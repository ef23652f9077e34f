import { describe, expect, it } from 'vitest';
import { canonicalText } from './canonical.ts';
import type { FlagCommand } from '../../shared/model/command.ts';
import { commandFromText, withCommandTexts } from './command-text.ts';
import { sampleInput } from './fixture.ts';
import { readScenario } from './read.ts';

const input = sampleInput();
input.vms!.push({ name: 'odd=1@7', host: 'left', memoryPages: 64 }, { name: 'odd', host: 'left', memoryPages: 64 });
const scenario = readScenario(canonicalText(input), 'f').value!;

const parse = (kind: FlagCommand, text: string) => commandFromText(kind, text, scenario);

describe('commandFromText', () => {
  it.each([
    ['big', { at: 0, vm: 'big', nodes: null }],
    ['big@50', { at: 50, vm: 'big', nodes: null }],
    ['big=0-1', { at: 0, vm: 'big', nodes: [0, 1] }],
    ['big=1,0@7', { at: 7, vm: 'big', nodes: [0, 1] }],
    ['odd=1@7', { at: 0, vm: 'odd=1@7', nodes: null }], // a name that looks like a command
    ['odd=1@7=0@9', { at: 9, vm: 'odd=1@7', nodes: [0] }],
    ['odd=1@8', { at: 8, vm: 'odd', nodes: [1] }],
  ])('compact %s', (text, expected) => {
    expect(parse('compact', text)).toMatchObject({
      value: { type: 'compact', rateMiBps: 1024, ...expected },
      diagnostics: [],
    });
  });

  it('migrate', () => {
    expect(parse('migrate', 'big=right@30').value).toMatchObject({
      type: 'migrate',
      at: 30,
      vm: 'big',
      toHost: 'right',
      downtimeLimitMs: 300,
    });
  });

  it.each<[FlagCommand, string, string, string | undefined]>([
    ['compact', '', 'command-text', undefined],
    ['compact', 'bgi', 'unknown-vm', 'Did you mean "big"?'],
    ['compact', 'big=', 'id-list', undefined],
    ['compact', 'big=x', 'id-list', undefined],
    ['compact', 'big@99999999999', 'command-text', undefined],
    ['migrate', 'big', 'command-text', undefined],
    ['migrate', 'big=', 'command-text', undefined],
    ['migrate', 'big=rigth', 'unknown-host', 'Did you mean "right"?'],
    ['migrate', 'constructor=right', 'unknown-vm', undefined],
  ])('%s %s is refused: %s', (kind, text, slug, hint) => {
    const { value, diagnostics } = parse(kind, text);
    expect(value).toBeNull();
    expect(diagnostics.map((d) => d.slug)).toEqual([slug]);
    if (hint !== undefined) expect(diagnostics[0]!.hint).toBe(hint);
  });

  it('withCommandTexts checks the whole', () => {
    const good = withCommandTexts(scenario, { compact: ['big=0'] });
    expect(good.value?.commands).toHaveLength(5);
    const bad = withCommandTexts(scenario, { compact: ['tiny=7'] });
    expect(bad.value).toBeNull();
    expect(bad.diagnostics.map((d) => `${d.slug} ${d.where.path}`)).toEqual(['unknown-node /commands/4/nodes/0']);
    const twice = withCommandTexts(scenario, { compact: ['tiny=7'], migrate: ['big'] });
    expect(twice.diagnostics.map((d) => `${d.slug} ${d.where.path}`)).toEqual([
      'command-text --migrate',
      'unknown-node /commands/4/nodes/0',
    ]);
  });
});
