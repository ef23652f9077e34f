/** Between which hosts a VM can be migrated, and over which links: fewest links, then the widest, then the first named. */
import type { Problem } from './problem.ts';

export interface Reach {
  /** Whether a VM of `from` can come to `to`; a new one (-1) can start anywhere. */
  hosts(from: number, to: number): boolean;
  /** Indexes of the links on the way. */
  path(from: number, to: number): readonly number[];
}

export function reachOf(problem: Problem): Reach {
  const around: { readonly link: number; readonly to: number; readonly mibps: number }[][] = problem.hosts.map(
    () => [],
  );
  problem.links.forEach(({ hosts: [a, b], mibps }, link) => {
    around[a]!.push({ link, to: b, mibps });
    around[b]!.push({ link, to: a, mibps });
  });
  const known = new Map<number, (readonly number[] | null)[]>();
  const from = (host: number): (readonly number[] | null)[] => {
    const paths: (readonly number[] | null)[] = problem.hosts.map(() => null);
    const hops = new Int32Array(problem.hosts.length).fill(-1);
    const width = new Float64Array(problem.hosts.length);
    paths[host] = [];
    hops[host] = 0;
    width[host] = Infinity;
    const queue = [host];
    for (const here of queue)
      for (const { link, to, mibps } of around[here]!) {
        const wide = Math.min(width[here]!, mibps);
        if (hops[to]! < 0) queue.push(to);
        else if (hops[to] !== hops[here]! + 1 || wide <= width[to]!) continue;
        hops[to] = hops[here]! + 1;
        width[to] = wide;
        paths[to] = [...paths[here]!, link];
      }
    return paths;
  };
  const pathsFrom = (host: number): (readonly number[] | null)[] => {
    let paths = known.get(host);
    if (paths === undefined) known.set(host, (paths = from(host)));
    return paths;
  };
  return {
    hosts: (a, b) => a < 0 || a === b || pathsFrom(a)[b] !== null,
    path: (a, b) => pathsFrom(a)[b] ?? [],
  };
}
