/** Checkpoints come back as they were put, from memory and from files, and those that are given up are told so. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bytesOfState, World } from '../engine/index.ts';
import { toWorldConfig } from '../scenario/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CheckpointStore } from './checkpoint.ts';
import { small } from './fixture.ts';
import { Recording } from '../jobs/recording.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'pageshift-checkpoint-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = toWorldConfig(small());
const world = World.create(config).world!;
const recording = new Recording(world);
const checkpoints: Checkpoint[] = [];
const hashes: string[] = [];
for (let i = 0; i < 6; i++) {
  hashes.push(world.hash());
  checkpoints.push({ world: world.state(), recording: recording.save() });
  for (let n = 0; n < 5; n++) {
    world.step();
    recording.afterTick();
  }
}
const bytes = bytesOfState(checkpoints[0]!.world);

const hashOf = (checkpoint: Checkpoint | null): string | null =>
  checkpoint === null ? null : World.restore(config, checkpoint.world).hash();

it('is the world it was taken from, however far that has gone since', () => {
  expect(checkpoints.map(hashOf)).toEqual(hashes);
  expect(new Set(hashes).size).toBe(6);
});

it('keeps the oldest in files beyond its bound of memory', () => {
  const store = new CheckpointStore(folder, { memoryBytes: 3.5 * bytes, diskBytes: 1e9 });
  checkpoints.forEach((checkpoint, id) => store.put(id, checkpoint));
  expect(readdirSync(folder).sort()).toEqual(['checkpoint-0', 'checkpoint-1', 'checkpoint-2']);
  expect(checkpoints.map((_, id) => hashOf(store.get(id)))).toEqual(hashes);
  expect(store.get(1)!.recording).toEqual(checkpoints[1]!.recording);
  store.remove(1);
  expect(store.get(1)).toBeNull();
  expect(readdirSync(folder).sort()).toEqual(['checkpoint-0', 'checkpoint-2']);
});

it('gives up the oldest beyond its bound of files', () => {
  const store = new CheckpointStore(folder, { memoryBytes: 0, diskBytes: 3 * bytes });
  checkpoints.forEach((checkpoint, id) => store.put(id, checkpoint));
  const kept = checkpoints.map((_, id) => store.get(id) !== null);
  expect(kept.indexOf(true)).toBeGreaterThan(2);
  expect(kept.at(-1)).toBe(true);
  expect(readdirSync(folder).length).toBe(kept.filter((is) => is).length);
});

it('is as one given up where its file cannot be written or read', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const nowhere = new CheckpointStore(join(file, 'below'), { memoryBytes: 0, diskBytes: 1e9 });
  nowhere.put(1, checkpoints[1]!);
  expect(nowhere.get(1)).toBeNull();
  const store = new CheckpointStore(folder, { memoryBytes: 0, diskBytes: 1e9 });
  store.put(1, checkpoints[1]!);
  writeFileSync(join(folder, 'checkpoint-1'), 'not one');
  expect(store.get(1)).toBeNull();
});
