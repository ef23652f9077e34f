/** TESTS ONLY. A small valid document: two hosts, a link, two VMs, one command of each kind that needs no other. */
import type { ScenarioInput } from './schema.ts';

export const sampleInput = (): ScenarioInput => ({
  pageshift: 1,
  name: 'sample',
  hosts: [
    {
      name: 'left',
      nodes: [
        { nid: 0, cpus: '0-3', memoryMiB: 1024, reservedMiB: 64 },
        { nid: 1, cpus: '4-7', memoryMiB: 1024 },
      ],
      distances: {
        ids: [0, 1],
        matrix: [
          [10, 21],
          [21, 10],
        ],
      },
    },
    {
      name: 'right',
      nodes: [
        { nid: 2, memoryMiB: 2048 },
        { nid: 5, memoryMiB: 0 },
      ],
    },
  ],
  links: [{ name: 'wire', hosts: ['left', 'right'], bandwidthMiBps: 100 }],
  vms: [
    {
      name: 'big',
      host: 'left',
      memoryMiB: 512,
      vcpus: 4,
      cells: [
        { id: 0, cpus: '0-1', memoryMiB: 256 },
        { id: 1, cpus: '2', memoryMiB: 256 },
      ],
      memnodes: [{ cell: 1, mode: 'strict', nodes: [1] }],
      vcpupin: { 0: '0-3' },
      dirty: { workingSetMiB: 64, rateMiBps: 10 },
    },
    { name: 'tiny', host: 'left', memoryPages: 64, backing: { pageKiB: 4 }, reserved: [], workload: null },
  ],
  commands: [
    { at: 10, type: 'compact', vm: 'big', nodes: [1] },
    { atMs: 2050, type: 'migrate', vm: 'big', toHost: 'right' },
    {
      at: 3,
      type: 'commitLayout',
      vm: 'tiny',
      ranges: [
        { start: 0, end: 32, nid: 0 },
        { start: 32, end: 64, nid: 1 },
      ],
    },
    { at: 4, type: 'holdPages', vm: 'tiny', pfn: 8, order: 3 },
  ],
});
