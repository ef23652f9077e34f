/** The files of who is notified of a commit. */
import { describe, expect, it } from 'vitest';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';
import { Console } from '../console-fixture.ts';

const DENTRY = '/sys/kernel/slab/dentry';
const TASKS = '/sys/kernel/debug/dnuma/tasks';

const workload = {
  occupancyPermille: 300,
  kernelPermille: 20,
  slabPermille: 100,
  hugePermille: 0,
  lifetime: { law: 'exponential', meanTicks: 50 },
  start: 'stationary',
  warmupTicks: 0,
} as const;

const console = (notify: boolean): Console => new Console({ guest: { workload, beyond: { ...PLAIN_RFC, notify } } });

/** Everything to node 1, as typed. */
function moveAll(c: Console): void {
  expect(c.stage(0, 32767, 1)).toBeNull();
  expect(c.commit()).toBeNull();
}

describe('/sys/kernel/slab', () => {
  it('has a folder a cache, with the files of SLUB, by node', () => {
    const c = console(false);
    expect(c.ls('/sys/kernel/slab').sort()).toEqual([
      'buffer_head',
      'dentry',
      'inode_cache',
      'kmalloc-256',
      'kmalloc-64',
    ]);
    // SLAB_RECLAIM_ACCOUNT, as these caches are created in Linux.
    const reclaimed = ['buffer_head', 'dentry', 'inode_cache', 'kmalloc-256', 'kmalloc-64'].map((name) =>
      c.cat(`/sys/kernel/slab/${name}/reclaim_account`),
    );
    expect(reclaimed).toEqual(['1\n', '1\n', '1\n', '0\n', '0\n']);
    expect([c.cat(`${DENTRY}/object_size`), c.cat(`${DENTRY}/objs_per_slab`)]).toEqual(['192\n', '21\n']);
    expect(c.cat(`${DENTRY}/slabs`)).toMatch(/^(\d+) N0=\1\n$/);
    const slabs = Number(c.cat(`${DENTRY}/slabs`).split(' ')[0]);
    expect(slabs).toBe(294);
    expect(c.cat(`${DENTRY}/objects`)).toBe(`${slabs * 16} N0=${slabs * 16}\n`);
    moveAll(c);
    // Booked where they were: every slab has an object.
    expect(c.cat(`${DENTRY}/slabs`)).toBe(`${slabs} N0=${slabs}\n`);
    expect(c.world.check()).toEqual([]);
  });

  it('shrinks a cache at a write of 1, and it takes what it needs from the new node', () => {
    const c = console(false);
    moveAll(c);
    expect(c.echo('2', `${DENTRY}/shrink`)).toBe('EINVAL');
    expect(c.echo('1', `${DENTRY}/shrink`)).toBeNull();
    expect(c.cat(`${DENTRY}/slabs`)).toBe('0\n');
    c.world.step();
    expect(c.cat(`${DENTRY}/slabs`)).toMatch(/^(\d+) N1=\1\n$/);
    expect(c.world.check()).toEqual([]);
  });
});

describe('/sys/kernel/debug/dnuma/tasks', () => {
  it('shows masks that follow their memory when tasks are told, and stay when they are not', () => {
    const [deaf, told] = [console(false), console(true)];
    const before = '1001 worker0 bind:0 layout.0\n1002 logger prefer:0 layout.0\n';
    expect([deaf.cat(TASKS), told.cat(TASKS)]).toEqual([before, before]);
    moveAll(deaf);
    moveAll(told);
    expect(deaf.cat(TASKS)).toBe(before);
    expect(told.cat(TASKS)).toBe('1001 worker0 bind:1 layout.1\n1002 logger prefer:1 layout.1\n');
  });
});
