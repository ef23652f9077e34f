/** A plan that is rehearsed in a world ends where it says; as a script it is one that a shell accepts. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { planCsv, planScript } from '../../shared/view/words/plan-script.ts';
import { highsSolver } from '../runtime/highs-solver.ts';
import { readScenario } from '../scenario/read.ts';
import { answerToText } from './fixture.ts';
import { rehearsalOfPlan } from './rehearsal.ts';

const FILE = new URL('../../shared/examples/one-node-for-big.pageshift.json', import.meta.url);
const text = readFileSync(FILE, 'utf8');
const request = JSON.stringify({ pageshiftRequest: 1, goal: { type: 'one-node', vm: 'big' } });
const answer = answerToText(await highsSolver(), text, request);

test('commands: one a move, in its order and at its rate', () => {
  const { scenario, left } = rehearsalOfPlan(readScenario(text, 'example').value!, answer);
  expect(left).toEqual([]);
  expect(scenario.commands).toEqual([
    { at: 0, type: 'compact', vm: 'app-d', nodes: [0], rateMiBps: 1024 },
    { at: 200, type: 'compact', vm: 'big', nodes: [1], rateMiBps: 1024 },
  ]);
  const again = readScenario(JSON.stringify(scenario), 'again');
  expect(again.diagnostics).toEqual([]);
});

test('script: steps with checks, and a way back', () => {
  const script = planScript(answer);
  expect(() => execFileSync('sh', ['-n'], { input: script })).not.toThrow();
  const steps = script.split('\n').filter((line) => /^ {2}(on|free|lies|runs) /.test(line));
  expect(steps).toEqual([
    '  runs host app-d',
    '  free host 0 20480',
    '  on host "virsh numatune app-d --live --config --nodeset 0 || true; migratepages $(pid host app-d) 1 0"',
    '  lies host app-d 0 20480',
    '  on host "virsh numatune app-d --live --config --nodeset 1 || true; migratepages $(pid host app-d) 0 1"',
    '  runs host big',
    '  free host 1 49152',
    '  on host "virsh numatune big --live --config --nodeset 1 || true; migratepages $(pid host big) 0 1"',
    '  lies host big 1 98304',
  ]);
  expect(script).toContain('# big was spread over nodes 0,1');
});

test('CSV: a line a cell', () => {
  expect(planCsv(answer).split('\n').slice(0, 2)).toEqual([
    'id,type,vm,cell,fromMiB,toMiB,movedMiB,startMs,endMs,after',
    '1,compact,app-d,0,host/1=20480,host/0=20480,20480,0,20000,',
  ]);
});
