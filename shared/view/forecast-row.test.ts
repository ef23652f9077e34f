import { expect, test } from 'vitest';
import { forecastNodes, roomFor } from './forecast-row.ts';

const node = (nid: number, freePages: number, usedPages: number) => ({
  host: 0,
  hostName: 'rack7',
  nid,
  cpus: [],
  totalPages: 1000,
  freePages,
  usedPages,
  reservedPages: 1000 - freePages - usedPages,
  poolFreePages: 0,
});
const matrix = {
  nodes: [node(0, 500, 400), node(1, 300, 600), node(5, 900, 0)],
  vms: [{ pages: [200, 300, 0] }],
};

test('before and after are all of the node each time', () => {
  const { rows, leftOut } = forecastNodes(matrix, [
    {
      host: 'rack7',
      nid: 0,
      freeBefore: 500,
      freeAfter: 200,
      vmBefore: 200,
      vmAfter: 500,
      poolFreeBefore: 0,
      poolFreeAfter: 0,
    },
    {
      host: 'rack7',
      nid: 1,
      freeBefore: 300,
      freeAfter: 600,
      vmBefore: 300,
      vmAfter: 0,
      poolFreeBefore: 0,
      poolFreeAfter: 0,
    },
    {
      host: 'rack7',
      nid: 5,
      freeBefore: 900,
      freeAfter: 900,
      vmBefore: 0,
      vmAfter: 0,
      poolFreeBefore: 0,
      poolFreeAfter: 0,
    },
  ]);
  expect(leftOut).toBe(1);
  expect(rows.map(({ nid }) => nid)).toEqual([0, 1]);
  for (const { total, before, after } of rows) {
    for (const { vm, others, reserved, free } of [before, after]) expect(vm + others + reserved + free).toBe(total);
  }
  expect(rows[0]!.after).toEqual({ vm: 500, others: 200, reserved: 100, free: 200 });
});

test('a node that no host has is not made up', () => {
  const strange = {
    host: 'rack9',
    nid: 0,
    freeBefore: 1,
    freeAfter: 2,
    vmBefore: 3,
    vmAfter: 4,
    poolFreeBefore: 0,
    poolFreeAfter: 0,
  };
  expect(forecastNodes(matrix, [strange])).toEqual({ rows: [], leftOut: 1 });
});

test('room for a VM is what is free and what it has there', () => {
  expect([0, 1, 2].map((n) => roomFor(matrix, 0, n))).toEqual([700, 600, 900]);
});
