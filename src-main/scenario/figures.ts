/**
 * What a person states on a command line of what VMs write and links carry, in place of what the document says.
 *
 * - `VM=RATE[:WORKING SET]` in MiB/s and MiB; without a working set all of the VM's memory.
 * - `HOST,HOST=RATE` in MiB/s, or `RATE` for every link.
 * - a downtime limit in ms, of every migration.
 */
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { mibFromPages } from '../../shared/units/index.ts';
import { nameHint } from './name-hint.ts';
import { sentence } from './problem.ts';
import { pagesOf } from './quantity.ts';
import type { Scenario, ScenarioVm } from './schema.ts';

export interface FigureTexts {
  readonly dirty?: readonly string[] | undefined;
  readonly link?: readonly string[] | undefined;
  readonly downtimeMs?: number | undefined;
}

const NUMBER = /^\d{1,12}(\.\d{1,6})?$/;

export function withFigures(scenario: Scenario, { dirty = [], link = [], downtimeMs }: FigureTexts): Read<Scenario> {
  const diagnostics: Diagnostic[] = [];
  const fail = (flag: string, found: string, message: string, more: Partial<Diagnostic> = {}): null => {
    diagnostics.push({
      severity: 'error',
      slug: 'figure-text',
      message: sentence(message),
      where: { path: `--${flag}` },
      found: `"${found}"`,
      ...more,
    });
    return null;
  };
  let { vms, links } = scenario;
  for (const text of dirty) {
    const at = text.lastIndexOf('=');
    const [rate, set] = text.slice(at + 1).split(':') as [string, string | undefined];
    const name = text.slice(0, Math.max(0, at));
    if (at === -1 || !NUMBER.test(rate) || (set !== undefined && !NUMBER.test(set))) {
      fail('dirty', text, 'this says not what a VM writes', { expected: 'VM=MIB_S[:WORKING_SET_MIB]' });
    } else if (!vms.some((vm) => vm.name === name)) {
      const names = vms.map((vm) => vm.name);
      fail('dirty', text, `there is no VM "${name}"`, nameHint(name, names));
    } else vms = vms.map((vm) => (vm.name === name ? writing(vm, Number(rate), set) : vm));
  }
  for (const text of link) {
    const at = text.lastIndexOf('=');
    const rate = text.slice(at + 1);
    const hosts = at === -1 ? null : text.slice(0, at).split(',');
    const isThis = (own: readonly string[]): boolean =>
      hosts === null || hosts.toSorted().join() === own.toSorted().join();
    if (!NUMBER.test(rate) || Number(rate) === 0) {
      fail('link', text, 'this says not what a link carries', { expected: 'HOST,HOST=MIB_S, or MIB_S of every link' });
    } else if (!links.some((each) => isThis(each.hosts))) {
      fail('link', text, 'no link joins these hosts', {
        expected: links.map((each) => each.hosts.join(',')).join('; '),
      });
    } else
      links = links.map((each) => {
        if (!isThis(each.hosts)) return each;
        const { assumed: _, ...rest } = each;
        return { ...rest, bandwidthMiBps: Number(rate) };
      });
  }
  const commands =
    downtimeMs === undefined
      ? scenario.commands
      : scenario.commands.map((command) =>
          command.type === 'migrate' ? { ...command, downtimeLimitMs: downtimeMs } : command,
        );
  return { value: diagnostics.length > 0 ? null : { ...scenario, vms, links, commands }, diagnostics };
}

function writing(vm: ScenarioVm, rateMiBps: number, set: string | undefined): ScenarioVm {
  const all = Math.floor(mibFromPages(pagesOf(vm)));
  return { ...vm, dirty: { rateMiBps, workingSetMiB: set === undefined ? all : Math.min(all, Number(set)) } };
}
