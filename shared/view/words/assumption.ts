/** What a run takes for granted: what no file stated, and what the simulation leaves out, as far as this run depends on it. */
import { guestsOf, recordsOf } from '../../columns/index.ts';
import { getsLayouts } from '../convergence.ts';
import { plural } from '../number-format.ts';
import type { RunRecord } from '../run-record.ts';

export interface Assumption {
  /** What is taken to be so. */
  readonly text: string;
  /** Which figures would be others without it. */
  readonly affects: string;
}

export function assumptionsOf(record: RunRecord): readonly Assumption[] {
  const { inputs, after, assumed, seed } = record;
  const { migrations, compactions } = recordsOf(after);
  const guests = guestsOf(after);
  const stated = assumed.map((text): Assumption => ({ text, affects: 'What fits where' }));
  const works = inputs.guests.some(({ workload }) => workload !== null);
  const delivered = guests.some((_, g) => getsLayouts(record, g));
  const defects = guests.filter((guest) => guest.defects.length > 0);
  const when = (holds: boolean, text: string, affects: string): Assumption[] => (holds ? [{ text, affects }] : []);
  return [
    ...stated,
    ...when(
      works,
      `What runs in the VMs is a statistical workload, not a recorded one; its chance is drawn from seed ${seed}`,
      'When pages in use are freed, and so how long a guest takes to catch up',
    ),
    ...when(
      migrations.length > 0,
      'A guest writes evenly over its working set, at the rate that is stated',
      'Rounds, duration and standstill of a live migration',
    ),
    ...when(
      migrations.length > 0,
      'A live migration copies first and stops the VM last, over one channel, without slowing the guest down',
      'Rounds, duration and standstill of a live migration',
    ),
    ...when(
      compactions.length > 0,
      'The host moves memory at the rate that was asked for, whatever else it does',
      'How long gathering takes',
    ),
    ...when(
      delivered,
      'The host tells a guest where its memory lies, as the patches of 2013 propose; hypervisors of today do not',
      'What the guests know',
    ),
    ...when(
      guests.length > 0,
      'A vCPU runs on the node that its guest node stands for; the scheduler of the host is not simulated',
      'Whether memory is near its vCPUs',
    ),
    ...when(
      defects.length > 0,
      `The kernel of ${plural(defects.length, 'VM')} has defects of the code as it was posted`,
      'Figures that such a guest prints of itself',
    ),
    { text: 'A page is 4 KiB; larger pages are runs of them', affects: 'Counts of pages' },
  ];
}
