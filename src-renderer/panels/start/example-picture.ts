/**
 * Boxes of an example's picture. Hosts stand side by side, as wide as they have nodes; a node's height is its memory
 * against the largest node of all; in it, from the bottom up, a block for each VM by the pages it has there.
 */
import type { ExampleInfo } from '../../../shared/protocol/document.ts';

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Picture {
  readonly hosts: readonly Box[];
  readonly nodes: readonly Box[];
  readonly blocks: readonly (Box & { readonly host: number; readonly nid: number })[];
}

const GAP = 8;
const PAD = 4;
const BETWEEN = 3;

export function examplePicture({ hosts, vms }: ExampleInfo, width: number, height: number): Picture {
  const nrNodes = hosts.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const largest = Math.max(1, ...hosts.flatMap(({ nodes }) => nodes.map(({ memoryMiB }) => memoryMiB)));
  const gap = Math.min(GAP, width / (4 * Math.max(1, hosts.length)));
  const room = width - 1 - gap * Math.max(0, hosts.length - 1);
  const inner = height - 1 - 2 * PAD;
  const boxes: Box[] = [];
  const nodeBoxes: Box[] = [];
  const blocks: (Box & { host: number; nid: number })[] = [];
  let x = 0.5;
  hosts.forEach((host, h) => {
    const wide = (room * host.nodes.length) / Math.max(1, nrNodes);
    const high = 2 * PAD + (inner * Math.max(0, ...host.nodes.map(({ memoryMiB }) => memoryMiB))) / largest;
    boxes.push({ x, y: height - 0.5 - high, width: wide, height: high });
    const step = (wide - 2 * PAD) / Math.max(1, host.nodes.length);
    const between = Math.min(BETWEEN, step / 4);
    host.nodes.forEach((node, n) => {
      const tall = (inner * node.memoryMiB) / largest;
      const box = { x: x + PAD + n * step, y: 0.5 + PAD + inner - tall, width: step - between, height: tall };
      nodeBoxes.push(box);
      let bottom = box.y + box.height;
      for (const vm of vms) {
        if (vm.host !== host.name) continue;
        const part = vm.shares.find(({ nid }) => nid === node.nid)?.part ?? 0;
        const mib = Math.min(node.memoryMiB, part * vm.memoryMiB);
        if (mib <= 0) continue;
        const high = Math.min((tall * mib) / node.memoryMiB, bottom - box.y);
        bottom -= high;
        blocks.push({ x: box.x, y: bottom, width: box.width, height: high, host: h, nid: node.nid });
      }
    });
    x += wide + gap;
  });
  return { hosts: boxes, nodes: nodeBoxes, blocks };
}
