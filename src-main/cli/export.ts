/**
 * `export FILE... --vm NAME --as FORM`: a VM in the form of a tool. Its own form, from the file that has it, with values changed
 * (--set PATH=VALUE) and everything else byte for byte; or another form, made of what is known, with what cannot be said in
 * its head. Of a scenario: the VM as the scenario has it, in the XML that it was imported from where that is kept.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import type { Change, ForeignFacts, HostFacts, VmForm, VmToPrint } from '../formats/index.ts';
import {
  changeDomain,
  formatById,
  libvirtDomain,
  numactlHardware,
  printVm,
  readDocument,
  recognise,
} from '../formats/index.ts';
import type { ImportPart, Scenario } from '../scenario/index.ts';
import { readScenario, sortParts, vmToPrint } from '../scenario/index.ts';
import { overInput, standingAt, writeFiles } from '../store/index.ts';
import { inputName, readInput, readParts } from './input.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printNote } from './output.ts';
import { resolvePath } from './path.ts';

interface ExportFlags {
  readonly vm?: string;
  readonly as?: VmForm | 'numactl' | 'same';
  readonly set: readonly string[];
  readonly output: string;
  readonly force?: true;
}

const FORM_OF_KIND: Readonly<Record<string, VmForm>> = {
  domain: 'libvirt',
  'qemu-cmdline': 'qemu',
  'proxmox-config': 'proxmox',
  'kubevirt-vm': 'kubevirt',
};

export async function exportFiles(paths: readonly string[], flags: ExportFlags): Promise<ExitCode> {
  const { text, diagnostics } = await textOf(paths, flags);
  printDiagnostics(diagnostics);
  if (text === null || hasErrors(diagnostics)) {
    printNote('nothing was written');
    return 1;
  }
  if (flags.output === '-') {
    process.stdout.write(text);
    return 0;
  }
  const path = resolvePath(flags.output);
  const refusal =
    (await overInput(paths.filter((each) => each !== '-').map(resolvePath), [path])) ??
    (flags.force !== true && (await standingAt(path)) === 'file' ? there(flags.output) : null) ??
    (await writeFiles([{ path, content: text }]));
  if (refusal !== null) {
    printDiagnostics([refusal]);
    return 1;
  }
  printNote(`wrote ${flags.output}`);
  return 0;
}

const there = (file: string): Diagnostic => ({
  severity: 'error',
  slug: 'output-exists',
  message: 'There is a file of this name already.',
  where: { file },
  hint: 'Choose another name, or replace it with --force.',
});

const wrong = (slug: string, message: string, more: Partial<Diagnostic> = {}): Made => ({
  text: null,
  diagnostics: [{ severity: 'error', slug, message, where: {}, ...more }],
});

interface Made {
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

async function textOf(paths: readonly string[], flags: ExportFlags): Promise<Made> {
  const [only] = paths;
  const input = paths.length === 1 ? await readInput(only!) : null;
  if (input?.value != null) {
    const name = inputName(only!);
    const format = recognise(input.value, name).value;
    if (format?.role === 'scenario') return ofScenario(input.value, name, flags);
    const [part] = readDocument(input.value, name).parts;
    const isSame =
      part !== undefined &&
      (flags.as === undefined || flags.as === 'same' || FORM_OF_KIND[part.format.id] === flags.as);
    if (isSame && (flags.vm === undefined || isOnly(input.value, name, flags.vm)))
      return edited(input.value, name, part.format.id, flags.set);
  }
  if (flags.set.length > 0)
    return wrong(
      'set-other-form',
      '--set changes values of a file in its own form: leave --as out, or give that form.',
    );
  const { parts, diagnostics } = await readParts(paths);
  if (hasErrors(diagnostics)) return { text: null, diagnostics };
  return flags.as === 'numactl' ? hostText(parts) : vmText(parts, flags, diagnostics);
}

const isOnly = (text: string, file: string, vm: string): boolean =>
  readDocument(text, file).parts.every(({ facts }) => !('name' in facts) || facts.name === vm);

/** The same text, but for the values that are to be changed. */
function edited(text: string, file: string, kind: string, set: readonly string[]): Made {
  if (set.length === 0) return { text, diagnostics: [] };
  const format = formatById(kind);
  if (format?.edit === undefined)
    return wrong('edit-none', 'Values of this form are not changed here.', { where: { file }, found: kind });
  const changes: Change[] = [];
  for (const each of set) {
    const at = each.indexOf('=');
    if (at < 1) return wrong('set-form', 'A value to be changed is PATH=VALUE.', { found: each });
    changes.push({ path: each.slice(0, at), value: each.slice(at + 1) });
  }
  const { value, diagnostics } = format.edit(text, file, changes);
  return { text: value, diagnostics };
}

function hostText(parts: readonly ImportPart<ForeignFacts>[]): Made {
  const [host, ...others] = sortParts(parts).hosts;
  if (host === undefined || others.length > 0)
    return wrong('export-host', 'The files do not describe one host.', {
      found: `${others.length + (host === undefined ? 0 : 1)} hosts`,
    });
  return { text: numactlHardware.print!(host.facts as HostFacts), diagnostics: [] };
}

function vmText(
  parts: readonly ImportPart<ForeignFacts>[],
  flags: ExportFlags,
  diagnostics: readonly Diagnostic[],
): Made {
  const { vms } = sortParts(parts);
  const names = vms.map(({ facts }) => facts.name);
  const found = flags.vm === undefined ? vms : vms.filter(({ facts }) => facts.name === flags.vm);
  const [vm] = found;
  if (vm === undefined || found.length > 1) return unknownVm(flags.vm, names);
  return { text: printVm(vm.facts, formOf(flags)), diagnostics };
}

const formOf = ({ as }: ExportFlags): VmForm =>
  as === undefined || as === 'same' || as === 'numactl' ? 'libvirt' : as;

const unknownVm = (vm: string | undefined, names: readonly string[]): Made =>
  vm === undefined
    ? wrong('export-vm', 'Say which VM: --vm NAME.', { found: names.slice(0, 20).join(', ') || 'no VM' })
    : wrong('unknown-vm', `There is no VM "${vm}", or there are several.`, {
        found: names.slice(0, 20).join(', ') || 'no VM',
      });

function ofScenario(text: string, file: string, flags: ExportFlags): Made {
  const { value, diagnostics } = readScenario(text, file);
  if (value === null) return { text: null, diagnostics };
  if (flags.set.length > 0)
    return wrong('set-scenario', '--set changes files of other tools; a scenario is changed as one.');
  const all = [...value.vms, ...(value.notPlaced ?? []).map(({ vm }) => vm)];
  const found = flags.vm === undefined ? all : all.filter(({ name }) => name === flags.vm);
  const [vm] = found;
  if (vm === undefined || found.length > 1)
    return unknownVm(
      flags.vm,
      all.map(({ name }) => name),
    );
  const wanted = vmToPrint(vm);
  const source = formOf(flags) === 'libvirt' ? sourceOf(value, wanted) : null;
  if (source === null) return { text: printVm(wanted, formOf(flags)), diagnostics };
  const changed = changeDomain(source.text, source.name, wanted);
  return { text: changed.value, diagnostics: [...diagnostics, ...changed.diagnostics] };
}

/** The XML that the VM was imported from, where the scenario keeps it and it is of this VM alone. */
function sourceOf(
  { sources = [] }: Scenario,
  { name }: VmToPrint,
): { readonly name: string; readonly text: string } | null {
  for (const source of sources) {
    if (source.format !== libvirtDomain.id || source.text === undefined) continue;
    const facts = libvirtDomain.read(source.text, source.name).value;
    if (facts?.name === name) return { name: source.name, text: source.text };
  }
  return null;
}
