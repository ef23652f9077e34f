/** The files of one Linux guest, by format. */
import type { Diagnostic } from '../../../shared/errors/index.ts';
import type {
  BootLogFacts,
  Facts,
  Format,
  FreeAreaFacts,
  HostFacts,
  IomemFacts,
  NodeMeminfoFacts,
  PagetypeinfoFacts,
  Role,
  RoleFacts,
  ZoneinfoFacts,
} from '../../formats/index.ts';
import {
  hasRole,
  isOf,
  linuxBuddyinfo,
  linuxDmesg,
  linuxIomem,
  linuxNodeMeminfo,
  linuxPagetypeinfo,
  linuxZoneinfo,
  numactlHardware,
  runsInGuests,
} from '../../formats/index.ts';
import type { ImportPart } from '../import-host.ts';

export type LinuxFile = ImportPart<Facts>;

/** Each at most once but node meminfo; two of a format, or a file that is not of a guest, are diagnostics. */
export class Files {
  readonly diagnostics: Diagnostic[] = [];
  readonly zoneinfo: ImportPart<ZoneinfoFacts> | null;
  readonly log: ImportPart<BootLogFacts> | null;
  readonly iomem: ImportPart<IomemFacts> | null;
  readonly lists: ImportPart<readonly FreeAreaFacts[]> | null;
  readonly meminfo: readonly ImportPart<NodeMeminfoFacts>[];
  readonly numactl: ImportPart<HostFacts> | null;
  readonly first: string;

  constructor(inputs: readonly LinuxFile[]) {
    const all = <R extends Role, F extends RoleFacts[R]>(format: Format<R, F>): ImportPart<F>[] =>
      inputs.flatMap(({ file, facts }) => (isOf(format, facts) ? [{ file, facts }] : []));
    const one = <R extends Role, F extends RoleFacts[R]>(
      format: Format<R, F>,
      called: string,
    ): ImportPart<F> | null => {
      const found = all(format);
      if (found.length > 1) {
        this.diagnostics.push({
          severity: 'error',
          slug: 'guest-file-twice',
          message: `Two files are ${called}; they can be of one guest and one moment only.`,
          where: { file: found[1]!.file },
          found: found.map(({ file }) => file).join(', '),
        });
      }
      return found[0] ?? null;
    };
    this.first = inputs[0]?.file ?? '';
    this.zoneinfo = one(linuxZoneinfo, 'a zoneinfo');
    this.log = one(linuxDmesg, 'a boot log');
    this.iomem = one(linuxIomem, 'an iomem');
    this.numactl = one(numactlHardware, 'the output of numactl --hardware');
    this.meminfo = all(linuxNodeMeminfo);
    const buddyinfo = one(linuxBuddyinfo, 'a buddyinfo');
    const types = one(linuxPagetypeinfo, 'a pagetypeinfo');
    if (buddyinfo !== null) this.lists = { file: buddyinfo.file, facts: buddyinfo.facts.zones };
    else this.lists = types === null ? null : { file: types.file, facts: sumOfTypes(types.facts) };
    const arch = this.log?.facts.arch ?? 'x86_64';
    if (arch !== 'x86_64') {
      this.diagnostics.push({
        severity: 'error',
        slug: 'guest-arch',
        message: 'The log is of a machine whose zones are not those of x86_64, which are the only ones simulated.',
        where: { file: this.log!.file },
        found: arch,
        expected: 'x86_64',
        hint: 'Its memory map can be read with "facts".',
      });
    }
    const other = inputs.find(({ facts }) => hasRole(facts, 'host') && !runsInGuests(facts));
    if (other === undefined) return;
    const message = 'This describes a host, not the inside of a Linux guest.';
    this.diagnostics.push({ severity: 'error', slug: 'guest-file-kind', message, where: { file: other.file } });
  }
}

/** Free blocks by zone, all migrate types. A count that the kernel gave up at counts as nothing. */
function sumOfTypes({ free }: PagetypeinfoFacts): FreeAreaFacts[] {
  const zones = new Map<string, { nid: number; zone: string; line: number; blocks: number[] }>();
  for (const { nid, zone, line, blocks } of free) {
    const key = `${nid}/${zone}`;
    const sum = zones.get(key) ?? { nid, zone, line, blocks: [] };
    blocks.forEach((n, order) => (sum.blocks[order] = (sum.blocks[order] ?? 0) + (n ?? 0)));
    zones.set(key, sum);
  }
  return [...zones.values()];
}
