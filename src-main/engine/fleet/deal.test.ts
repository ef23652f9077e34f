import { describe, expect, it } from 'vitest';
import { evenly, inOrder } from './deal.ts';
import { guestMemory } from './guest-memory.ts';
import { Host, plainFrames } from './host.ts';
import { guestOf, hostOf } from './fleet-fixture.ts';

const host = (...room: readonly number[]): Host =>
  Host.unused(
    hostOf(
      'h',
      room.map((pages, nid) => [nid, pages, 0]),
    ),
    0,
  );
const counts = (steps: readonly { hostNid: number; frames: number }[]): number[][] =>
  steps.map((s) => [s.hostNid, s.frames]);

describe('shares of a deal', () => {
  it('even shares: full nodes give theirs to the others, odd frames go to the earlier nodes with room', () => {
    // Rooms 3, 9, 9 and 17 frames: node 0 is full after three rounds, 14 are left for two nodes.
    expect(counts(evenly(host(3, 9, 9), [0, 1, 2], 17, plainFrames(1)))).toEqual([
      [0, 3],
      [1, 7],
      [2, 7],
    ]);
    expect(counts(evenly(host(3, 9, 9), [0, 2, 1], 10, plainFrames(1)))).toEqual([
      [0, 3],
      [2, 4],
      [1, 3],
    ]);
    // Frames of 4: rooms 1, 2 and 2; what does not fit is left out.
    expect(counts(evenly(host(7, 9, 11), [2, 1, 0], 9, plainFrames(4)))).toEqual([
      [2, 2],
      [1, 2],
      [0, 1],
    ]);
  });

  it('in order: each node is filled before the next, and counted once', () => {
    expect(counts(inOrder(host(3, 9, 9), [1, 1, 0, 2], 13, plainFrames(1)))).toEqual([
      [1, 9],
      [0, 3],
      [2, 1],
    ]);
  });
});

describe('guestMemory', () => {
  it('cuts memory into windows of a frame, as maximal runs', () => {
    //  windows of 8  |0......|8......|16.....|24.....|32.....|
    //  valid          ******-- --****** *--***** -------- **
    // Expect: the first three windows are one run, although holes cut all of them; the fourth needs no frame.
    const holes = [
      { start: 6, end: 10 },
      { start: 17, end: 19 },
      { start: 24, end: 32 },
    ];
    const memory = guestMemory(guestOf('vm', { host: 'h', nrPages: 34, framePages: 8, holes, placement: [] }));
    expect(memory.windows).toEqual([
      { start: 0, end: 24 },
      { start: 32, end: 40 },
    ]);
    expect([memory.validPages, memory.frames]).toEqual([20, 4]);
  });
});
