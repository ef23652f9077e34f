/** Host facts → the text of `numactl --hardware`, the way back from read.ts. */
import { mibFromKib } from '../../../shared/units/index.ts';
import { numactlText } from '../../../shared/view/numactl.ts';
import type { HostFacts } from '../facts.ts';

/** The parts of a host that numactl shows. Nodes ascending by id. */
export interface NumactlFacts {
  readonly nodes: readonly Pick<HostFacts['nodes'][number], 'id' | 'cpus' | 'memoryKiB' | 'freeKiB'>[];
  readonly distances: HostFacts['distances'];
}

/** Ends in a line feed. */
export function printNumactlHardware({ nodes, distances }: NumactlFacts): string {
  const mib = (kib: number | null): number | null => (kib === null ? null : mibFromKib(kib));
  return numactlText({
    nodes: nodes.map(({ id, cpus, memoryKiB, freeKiB }) => ({
      id,
      cpus,
      sizeMib: mib(memoryKiB),
      freeMib: mib(freeKiB),
    })),
    distances,
  });
}
