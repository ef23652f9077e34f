import { expect, test } from 'vitest';
import type { ExampleInfo } from '../../../shared/protocol/document.ts';
import { examplePicture } from './example-picture.ts';

const example = (hosts: number, nodes: number, vms: number): ExampleInfo => ({
  ...{ id: 'e', name: 'E', description: '', commands: 0 },
  hosts: Array.from({ length: hosts }, (_, h) => ({
    name: `h${h}`,
    nodes: Array.from({ length: nodes }, (_, nid) => ({ nid, memoryMiB: 1024 * (h + 1), cpus: 4 })),
  })),
  vms: Array.from({ length: vms }, (_, v) => ({
    name: `v${v}`,
    host: 'h0',
    memoryMiB: 512,
    shares: [
      { nid: 0, part: 0.75 },
      { nid: 1, part: 0.25 },
    ],
  })),
});

test('a block is as high as its part of the node, and blocks stand on one another', () => {
  const { hosts, nodes, blocks } = examplePicture(example(1, 2, 2), 200, 100);
  expect([hosts.length, nodes.length, blocks.length]).toEqual([1, 2, 4]);
  const [first, second] = blocks;
  expect(first!.height / nodes[0]!.height).toBeCloseTo(384 / 1024);
  expect(second!.y + second!.height).toBeCloseTo(first!.y);
});

test('memory decides the height of a node', () => {
  const { nodes } = examplePicture(example(2, 1, 0), 200, 100);
  expect(nodes[0]!.height / nodes[1]!.height).toBeCloseTo(0.5);
});

test.each([
  [1, 1, 1],
  [1, 128, 0],
  [2, 64, 3],
  [1, 2, 40],
  [0, 0, 0],
])('%i hosts of %i nodes with %i VMs stay inside the picture', (hosts, nodes, vms) => {
  const picture = examplePicture(example(hosts, nodes, vms), 240, 84);
  for (const box of [...picture.hosts, ...picture.nodes, ...picture.blocks]) {
    expect(box.width).toBeGreaterThan(0);
    expect(box.height).toBeGreaterThanOrEqual(0);
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.y).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(240);
    expect(box.y + box.height).toBeLessThanOrEqual(84);
  }
});
