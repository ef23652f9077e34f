import { expect, test } from 'vitest';
import type { DocumentState } from '../../shared/protocol/document.ts';
import type { SnapshotRecords } from '../../shared/columns/index.ts';
import { brokenLaw, rejectedCommands, runState, settledText } from './run-state.ts';

const input = (enabled: boolean) => ({ name: 'v', regeneration: { enabled, granularityPages: 1, delayTicks: 1 } });
const documentOf = (more: object = {}, regenerates: readonly boolean[] = [true]): DocumentState =>
  ({
    ...{ tick: 9, tickMs: 100, settled: true, pendingWork: [], owedPages: 0, busy: null, commands: [] },
    laws: { checked: 1, guestsChecked: 0, broken: [] },
    inputs: { links: [], guests: regenerates.map(input) },
    ...more,
  }) as unknown as DocumentState;
const headerOf = (lags: readonly [number, number, number][], more: object = {}): SnapshotRecords =>
  ({
    ...{ tick: 9, migrations: [], compactions: [] },
    guests: lags.map(([hostTarget, coalesced, targetActual]) => ({ lag: { hostTarget, coalesced, targetActual } })),
    ...more,
  }) as unknown as SnapshotRecords;

test('the worst comes first', () => {
  const broken = [{ law: 'G7', vm: 'v', text: 'page 4 is on two lists' }];
  const busy = { what: 'Undoing compact v', tick: 1, toTick: 9 };
  const owed = headerOf([[0, 0, 3]]);
  expect(runState(documentOf({ laws: { checked: 1, guestsChecked: 0, broken }, busy }), owed).kind).toBe('broken');
  expect(runState(documentOf({ busy }), owed).kind).toBe('busy');
  expect(runState(documentOf(), owed)).toMatchObject({ kind: 'lag', text: '3 pages owed, 1 VM' });
});

test('pages that lag are those of the frame shown, without what is coalesced; owed are those of the second lag', () => {
  const header = headerOf([
    [10, 4, 3],
    [0, 0, 1],
  ]);
  expect(runState(documentOf({ owedPages: 99 }, [true, true]), header)).toMatchObject({
    text: '10 pages lag, 2 VMs',
    more: expect.stringMatching(/H ≠ T: 6 pages .*\nT ≠ A: 4 pages /),
  });
  expect(runState(documentOf(), headerOf([[9, 4, 0]])).text).toBe('5 pages stale, 1 VM');
  expect(runState(documentOf({ owedPages: 99 }), null).text).toBe('99 pages lag');
});

test('a guest that gets no layouts has no stale pages', () => {
  expect(runState(documentOf({}, [false]), headerOf([[50, 0, 0]])).kind).toBe('frozen');
  expect(runState(documentOf({}, [false]), headerOf([[50, 0, 2]])).text).toBe('2 pages owed, 1 VM');
});

test('where there is no guest, nothing has converged', () => {
  expect(runState(documentOf({}, []), headerOf([])).kind).toBe('empty');
});

test('what moves is work, not rest', () => {
  const compactions = [
    { vm: 'a', phase: 'completed' },
    { vm: 'b', phase: 'running' },
  ];
  const state = runState(documentOf(), headerOf([[0, 0, 0]], { compactions }));
  expect(state).toMatchObject({ kind: 'working', text: 'Compacting b' });
  const migrations = [{ vm: 'c', toHost: 'h2', phase: 'switchOver' }];
  expect(runState(documentOf(), headerOf([[0, 0, 0]], { migrations })).text).toBe('Migrating c to h2');
});

test('at rest with commands to come is not converged; of the past, those that came since count', () => {
  const commands = [
    { tick: 3, state: 'applied', text: 'compact v' },
    { tick: 50, state: 'pending', text: 'migrate v to h2' },
  ];
  const rest = headerOf([[0, 0, 0]]);
  expect(runState(documentOf({ commands }), rest)).toMatchObject({
    kind: 'waiting',
    text: '1 command to come',
    more: expect.stringContaining('5 s: migrate v to h2'),
  });
  expect(runState(documentOf({ commands }), headerOf([[0, 0, 0]], { tick: 2 })).text).toBe('2 commands to come');
  expect(runState(documentOf({ commands: commands.slice(0, 1) }), rest).kind).toBe('converged');
});

test('converged, with what is still to come', () => {
  expect(runState(documentOf(), headerOf([[4, 4, 0]])).kind).toBe('converged');
  const later = documentOf({ settled: false, pendingWork: ['a command at tick 50'] });
  // What is not settled has not converged.
  expect(runState(later, headerOf([[0, 0, 0]]))).toMatchObject({
    kind: 'working',
    more: 'Still to come: a command at tick 50',
  });
});

test('what is said at the end is what the pill says', () => {
  const told = (header: SnapshotRecords, regenerates = [true]): string =>
    settledText(runState(documentOf({}, regenerates), header), 9, 100);
  expect(told(headerOf([[0, 0, 0]]))).toBe('Converged at 0.9 s.');
  // A guest that was misplaced at boot gets no layout: it stays stale, and nothing is to come.
  expect(told(headerOf([[9, 0, 0]]))).toBe('Nothing more is to happen after 0.9 s: 9 pages stale, 1 VM.');
  expect(told(headerOf([[9, 0, 0]]), [false])).toBe('Nothing more is to happen after 0.9 s: No guest is told.');
});

test('a broken law says which, where and what to do', () => {
  const problem = brokenLaw({ law: 'H1', vm: null, text: 'node 0 has 7 frames too many' });
  expect(problem).toMatchObject({ severity: 'error', slug: 'law-h1' });
  expect(problem.message).toBe('Law H1 is broken: node 0 has 7 frames too many');
  expect(problem.hint).toBeDefined();
});

test('a scheduled command that was rejected is a problem, with when and why; others are none', () => {
  const command = {
    tick: 30,
    text: 'compact v to node 1',
    type: 'compact',
    vm: 'v',
    outcome: '',
    forecast: null,
  } as const;
  const document = documentOf({
    commands: [
      { ...command, state: 'applied' },
      { ...command, tick: 40, state: 'rejected', outcome: 'It is being compacted already.' },
      { ...command, state: 'pending' },
    ],
  });
  expect(rejectedCommands(document)).toEqual([
    {
      severity: 'error',
      slug: 'command-rejected',
      message: 'The scheduled command "compact v to node 1" was rejected at 4 s. It is being compacted already.',
      where: {},
    },
  ]);
});
