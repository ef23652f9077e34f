/** One door for all foreign formats. */
import type { Read } from '../../shared/errors/index.ts';
import { detectKind } from './detect.ts';
import { DiagnosticList } from './diagnostic-list.ts';
import type { HostFacts, VmFacts } from './facts.ts';
import { readCapabilities } from './libvirt-capabilities/index.ts';
import { readDomain } from './libvirt-domain/index.ts';
import { readNumactlHardware } from './numactl-hardware/index.ts';

/** The facts of a foreign file, whatever its format. A scenario of our own is not foreign: `format-scenario`. */
export function readForeign(text: string, file: string): Read<HostFacts | VmFacts> {
  const kind = detectKind(text, file);
  switch (kind.value) {
    case 'capabilities':
      return readCapabilities(text, file);
    case 'domain':
      return readDomain(text, file);
    case 'numactl-hardware':
      return readNumactlHardware(text, file);
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
