/** One share has one text: in the list of VMs, in the inspector of the VM, of the node and of the hosts, and in the report. */
import { describe, expect, test } from 'vitest';
import { hostMatrix, memoryShares, NodeColourTable, vmShares } from '../../../shared/view/index.ts';
import { randomGuest, snapshotOf } from '../../../shared/view/fixture/page-model.ts';
import { percentText } from '../../../shared/view/share.ts';
import { renderReport } from '../../../src-main/report/index.ts';
import { syntheticRecord } from '../../../src-main/report/fixture/synthetic-run.ts';
import { hostNodeFacts, hostsFacts, vmFacts } from './fact-list.ts';
import type { FactSheet } from './fact-list.ts';

const more = (sheet: FactSheet, group: string, name: string): string | undefined =>
  sheet.groups.find(({ title }) => title.startsWith(group))?.facts.find((fact) => fact.name === name)?.more;

const host = {
  name: 'h',
  nodes: [0, 1, 2].map((nid) => ({ nid, cpus: [nid], totalPages: 4096 + 700 * nid, reservedPages: 111 })),
};
const guests = [1, 2, 3].map((seed) =>
  randomGuest({ name: `vm${seed}`, nrPages: 1000 + seed, nodes: 3, hostNids: [0, 1, 2], seed }),
);
const record = syntheticRecord({ guestNames: ['a', 'b', 'c'], nrPages: 6001, nodes: 3, ticks: 6, seed: 5 });

describe.each([
  ['a world of three nodes', snapshotOf({ tick: 0, hosts: [host], guests })],
  ['the record of a run', record.after],
])('%s', (_, snapshot) => {
  const matrix = hostMatrix(snapshot);
  const colours = new NodeColourTable(snapshot.header);

  test('a VM: its score is its share on the fullest node, wherever that stands', () => {
    matrix.vms.forEach((vm, v) => {
      const shares = vmShares(vm);
      const score = percentText(vm.largestNodeShare);
      expect(shares[vm.pages.indexOf(Math.max(...vm.pages))]).toBe(score);
      const sheet = vmFacts(snapshot, colours, v, undefined, 100);
      expect(sheet.groups[0]!.facts.find(({ name }) => name === 'score')?.text).toBe(score);
      matrix.nodes.forEach((node, i) => {
        if (vm.pages[i] === 0) return;
        const label = colours.hostNodeLabel(node.host, node.nid);
        expect(more(sheet, 'Where it lives', `node ${label}`)).toBe(shares[i]);
        expect(more(hostNodeFacts(snapshot, colours, node.host, node.nid), 'VMs on it', vm.name)).toBe(shares[i]);
      });
    });
  });

  test('a node: free is one text in its own sheet and in that of the hosts', () => {
    for (const node of matrix.nodes) {
      const { used, reserved, free } = memoryShares([node]);
      const sheet = hostNodeFacts(snapshot, colours, node.host, node.nid);
      expect(['used by VMs', 'reserved', 'free'].map((name) => more(sheet, 'Memory', name))).toEqual([
        used,
        reserved,
        free,
      ]);
      const label = colours.hostNodeLabel(node.host, node.nid);
      expect(more(hostsFacts(snapshot, colours), 'Free of each node', `node ${label}`)).toBe(free);
      expect(used).toBe(`${Math.floor((100 * node.usedPages) / node.totalPages)} %`);
    }
  });
});

test('the report says the scores of the views', () => {
  const { html } = renderReport(record);
  const scores = [...html.matchAll(/<td class="n">(\d+ %)<\/td>/g)].map(([, text]) => text);
  const of = (snapshot: typeof record.after): string[] =>
    hostMatrix(snapshot).vms.map((vm) => percentText(vm.largestNodeShare));
  const [before, after] = [of(record.before), of(record.after)];
  for (const text of [...before, ...after]) expect(scores).toContain(text);
});
