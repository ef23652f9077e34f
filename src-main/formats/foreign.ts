/** One door for all foreign formats. */
import type { Read } from '../../shared/errors/index.ts';
import { detectKind } from './detect.ts';
import { DiagnosticList } from './diagnostic-list.ts';
import type { HostFacts, VmFacts } from './facts.ts';
import type { GuestFileFacts } from './guest-facts.ts';
import { readCapabilities } from './libvirt-capabilities/index.ts';
import { readDomain } from './libvirt-domain/index.ts';
import { readBuddyinfo } from './linux-buddyinfo/index.ts';
import { readBootLog } from './linux-dmesg/index.ts';
import { readIomem } from './linux-iomem/index.ts';
import { readNodeMeminfo } from './linux-node-meminfo/index.ts';
import { readPagetypeinfo } from './linux-pagetypeinfo/index.ts';
import { readZoneinfo } from './linux-zoneinfo/index.ts';
import { readNumactlHardware } from './numactl-hardware/index.ts';

/** What a foreign file says: of a host, of a VM as its host describes it, or of a Linux from within. */
export type ForeignFacts = HostFacts | VmFacts | GuestFileFacts;

export const isGuestFile = (facts: ForeignFacts): facts is GuestFileFacts => facts.kind.startsWith('linux-');

/** The facts of a foreign file, whatever its format. A scenario of our own is not foreign: `format-scenario`. */
export function readForeign(text: string, file: string): Read<ForeignFacts> {
  const kind = detectKind(text, file);
  switch (kind.value) {
    case 'capabilities':
      return readCapabilities(text, file);
    case 'domain':
      return readDomain(text, file);
    case 'numactl-hardware':
      return readNumactlHardware(text, file);
    case 'linux-zoneinfo':
      return readZoneinfo(text, file);
    case 'linux-buddyinfo':
      return readBuddyinfo(text, file);
    case 'linux-pagetypeinfo':
      return readPagetypeinfo(text, file);
    case 'linux-node-meminfo':
      return readNodeMeminfo(text, file);
    case 'linux-dmesg':
      return readBootLog(text, file);
    case 'linux-iomem':
      return readIomem(text, file);
    case 'scenario': {
      const list = new DiagnosticList(file);
      const expected = 'a host or a VM description of another tool';
      list.error('format-scenario', 'This is a Pageshift scenario, not a foreign file.', { line: 1 }, { expected });
      return list.read<HostFacts>(null);
    }
    case null:
      return { value: null, diagnostics: kind.diagnostics };
  }
}
