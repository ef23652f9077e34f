/** Scenarios of the runtime's tests, and a session's methods as short calls. */
import { readFileSync } from 'node:fs';
import type { Scenario, ScenarioInput } from '../scenario/index.ts';
import { canonicalText, readScenario } from '../scenario/index.ts';
import type { SubmittedCommand } from '../../shared/schema/command.ts';
import type { FrameRequest, Session } from './index.ts';
import type { MethodInput } from './session-table.ts';
import { isRequestDenied } from './index.ts';

export function scenarioOf(text: string): Scenario {
  const { value, diagnostics } = readScenario(text, 'test');
  if (value === null) throw new Error(JSON.stringify(diagnostics));
  return value;
}

export const example = (name: string): Scenario =>
  scenarioOf(readFileSync(new URL(`../../shared/examples/${name}.pageshift.json`, import.meta.url), 'utf8'));

/** 64 MiB on two nodes, gathered on one at tick 3. */
export function small(change: Partial<ScenarioInput> = {}): Scenario {
  const input: ScenarioInput = {
    pageshift: 1,
    name: 'small',
    hosts: [{ name: 'h', nodes: [0, 1].map((nid) => ({ nid, memoryMiB: 256 })) }],
    vms: [
      {
        name: 'v',
        host: 'h',
        memoryMiB: 64,
        cells: [0, 1].map((id) => ({ id, memoryMiB: 32 })),
        memnodes: [0, 1].map((cell) => ({ cell, mode: 'strict', nodes: [cell] })),
        regeneration: { delayMs: 500 },
        workload: { lifetime: { law: 'exponential', meanMs: 1000 } },
      },
    ],
    commands: [{ at: 3, type: 'compact', vm: 'v', nodes: [1], rateMiBps: 64 }],
    ...change,
  };
  return scenarioOf(canonicalText(input));
}

/** 64 MiB on a host of two nodes, moved at tick 3 to one of three smaller ones. */
export function moving(change: Partial<ScenarioInput> = {}): Scenario {
  return small({
    name: 'moving',
    hosts: [
      { name: 'h', nodes: [0, 1].map((nid) => ({ nid, memoryMiB: 256 })) },
      { name: 'k', nodes: [0, 1, 2].map((nid) => ({ nid, memoryMiB: 40 })) },
    ],
    links: [{ name: 'l', hosts: ['h', 'k'], bandwidthMiBps: 64 }],
    commands: [{ at: 3, type: 'migrate', vm: 'v', toHost: 'k' }],
    ...change,
  });
}

/** As a person or the desk asks it, one call a method. An undo of nothing does nothing. */
export function callable(session: Session) {
  const ask = session.ask.bind(session) as Session['ask'];
  // The door checks commands; here also those are sent that it would not let in.
  const checked = (command: SubmittedCommand) => command as MethodInput<'run.command'>['command'];
  const silent = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => {
      if (!isRequestDenied(error) || !error.message.startsWith('There is nothing to ')) throw error;
    });
  };
  return Object.assign(session, {
    play: async (ticksPerSec: number | null) => void (await ask('run.play', { ticksPerSec })),
    pause: async () => void (await ask('run.pause', {})),
    step: async (ticks: number) => void (await ask('run.step', { ticks })),
    submit: async (command: SubmittedCommand) =>
      (await ask('run.command', { command: checked(command) })).output.rejection,
    undo: () => silent(ask('run.undo', {})),
    redo: () => silent(ask('run.redo', {})),
    cancel: async () => void (await ask('run.cancel', {})),
    rename: async (name: string) => void (await ask('document.rename', { name })),
    check: async () => (await ask('run.check', {})).output,
    hashes: async () => (await ask('run.hashes', {})).output,
    forecast: async (command: SubmittedCommand) => (await ask('run.forecast', { command: checked(command) })).output,
    frame: async (request: FrameRequest) => {
      const { tick, bytes } = await ask('frame', request);
      return { tick, bytes: bytes! };
    },
    tiles: async (vm: string, fromPfn: number, pages: number) => {
      const { output, payload } = await ask('view.tiles', { vm, fromPfn, pages });
      return { ...output, bytes: payload! };
    },
    shell: async (vm: string, line: string) => (await ask('shell.run', { vm, line })).output,
    stopShell: async (vm: string) => void (await ask('shell.stop', { vm })),
    completeShell: async (vm: string, line: string) => (await ask('shell.complete', { vm, line })).output,
    layouts: async (vm: string) => (await ask('view.layouts', { vm })).output.layouts,
    layout: async (vm: string, seq: number) => {
      const { output, payload } = await ask('view.layout', { vm, seq });
      return { ...output, bytes: payload! };
    },
    commits: async (vm: string) => (await ask('view.commits', { vm })).output.commits,
    series: async (haveTick: number | null, stride: number) => (await ask('view.series', { haveTick, stride })).output,
    record: () => ask('record', null),
  });
}

export type CallableSession = ReturnType<typeof callable>;
