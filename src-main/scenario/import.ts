/**
 * A scenario from the facts of foreign files: one or more hosts and any number of VMs. What the files do not say is
 * assumed, and every assumption is a diagnostic; the facts behind an assumed host are also kept in the document.
 *
 * (a) All VMs start on one host: the first, or `options.vmHost`. Hosts are linked each to each by 10 GbE.
 * (b) Node memory that no file states is assumed where no node of the host states any (import-host.ts); where others
 *     do, the node has none: libvirt leaves the element out for a node without memory.
 * (c) A VM is placed where it was measured, else as libvirt would place it (import-vm.ts). One that could not start is kept as
 *     not placed, with the reason. What is in use and no VM explains is reserved (import-reserved.ts).
 * (d) When no commands are requested, a first rehearsal is written into the document: every VM is compacted, one after
 *     the other; a VM bound cell by cell only gets its layout delivered. `rehearsal: false` leaves the rehearsal out.
 * (e) The result is checked like any document; it is null when there is an error.
 */
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { hasErrors, steers, visible } from '../../shared/errors/index.ts';
import { kibFromMib, mibFromKib, numactlMbFromPages } from '../../shared/units/index.ts';
import type {
  Facts,
  ForeignFacts,
  HostFacts,
  HostStateFacts,
  MigrationRecord,
  PlacementFacts,
  ProcessPlacement,
  VmFacts,
  VmStateFacts,
} from '../formats/index.ts';
import {
  gatherHead,
  hasRole,
  hostStateOf,
  isOf,
  libvirtDomain,
  linuxBuddyinfo,
  linuxZoneinfo,
  qemuCmdline,
  runsInGuests,
} from '../formats/index.ts';
import { draftOf } from './check.ts';
import type { CommandTexts } from './command-text.ts';
import { withCommandTexts } from './command-text.ts';
import { problemsOfIssues } from './form-problem.ts';
import type { HostInput, ImportPart } from './import-host.ts';
import { hostInput, importHost } from './import-host.ts';
import { byPage, hostMeasure, vmMeasures } from './import-state.ts';
import { importVm, measuredList } from './import-vm.ts';
import { hostOfStates } from './host-of-states.ts';
import { oneOfEach } from './one-of-each.ts';
import { recordedOf } from './import-migration.ts';
import { withReserved } from './import-reserved.ts';
import { withoutUnplaceable } from './not-placed.ts';
import { assumptionText } from './assumption.ts';
import { assumedHost, guestFromLinuxFiles, linuxVm } from './linux-guest/index.ts';
import { sourcesOf } from './import-source.ts';
import { MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS } from '../../shared/model/limit.ts';
import { nameHint } from './name-hint.ts';
import type { Problem } from './problem.ts';
import { diagnosticOf, pointerOf, sentence } from './problem.ts';
import { rehearsalOf } from './rehearsal.ts';
import type { Scenario, ScenarioInput } from './schema.ts';
import { SCENARIO_VERSION, scenarioSchema } from './schema.ts';
import { validateScenario } from './validate.ts';

/** With commands as they are typed. */
export interface ImportOptions extends CommandTexts {
  readonly name?: string;
  /** Name of the host the VMs start on. */
  readonly vmHost?: string;
  /** Memory of every node whose memory no file states. */
  readonly nodeMemoryMiB?: number;
  /** SHA-256 in hexadecimal, by which the texts of the parts are kept in the document; without it they are not. */
  readonly sha256?: (text: string) => string;
  /** VMs that could not start as they are, by name, with the reason in sentences (findings know). */
  readonly refused?: (scenario: Scenario) => ReadonlyMap<string, string>;
  /** False: no commands but those of `compact` and `migrate`. */
  readonly rehearsal?: boolean;
}

/** What was read of files, by what it describes. */
export interface ImportParts {
  readonly hosts: readonly ImportPart<HostFacts>[];
  readonly vms: readonly ImportPart<VmFacts>[];
  /** Of one Linux guest, from within. */
  readonly guestFiles?: readonly ImportPart<Facts>[];
  /** What was measured of one host and its VMs. */
  readonly hostStates?: readonly ImportPart<HostStateFacts>[];
  readonly vmStates?: readonly ImportPart<VmStateFacts>[];
  readonly placements?: readonly ImportPart<PlacementFacts>[];
  /** What was seen of live migrations and of what VMs write. */
  readonly migrations?: readonly ImportPart<MigrationRecord>[];
  /** Of a role that nothing is made of here. */
  readonly others?: readonly ImportPart<Facts>[];
}

export function sortParts(parts: readonly ImportPart<ForeignFacts>[]): ImportParts {
  const hosts: ImportPart<HostFacts>[] = [];
  const vms: ImportPart<VmFacts>[] = [];
  const guestFiles: ImportPart<Facts>[] = [];
  const hostStates: ImportPart<HostStateFacts>[] = [];
  const vmStates: ImportPart<VmStateFacts>[] = [];
  const placements: ImportPart<PlacementFacts>[] = [];
  const migrations: ImportPart<MigrationRecord>[] = [];
  const others: ImportPart<Facts>[] = [];
  for (const part of parts) {
    const { facts } = part;
    if (hasRole(facts, 'host')) hosts.push({ ...part, facts });
    else if (hasRole(facts, 'vm')) vms.push({ ...part, facts });
    else if (hasRole(facts, 'guest-state')) {
      guestFiles.push({ ...part, facts });
      // Files of the kernel may be of the host just as well; which one is told by what else there is.
      const state = hostStateOf(facts);
      if (state !== null) hostStates.push({ ...part, facts: state });
    } else if (hasRole(facts, 'host-state')) hostStates.push({ ...part, facts });
    else if (hasRole(facts, 'vm-state')) vmStates.push({ ...part, facts });
    else if (hasRole(facts, 'placement')) placements.push({ ...part, facts });
    else if (hasRole(facts, 'migration-record')) migrations.push({ ...part, facts });
    else others.push(part);
  }
  const one = oneOfEach(vms);
  return {
    hosts,
    vms: one.vms,
    guestFiles,
    hostStates,
    vmStates,
    placements: [...placements, ...one.placements],
    migrations,
    others,
  };
}

/**
 * Files of two tools about one host are one host: they have the same nodes, of the same size to the MiB that tools round by. Two
 * files of one tool are two hosts, however alike.
 */
function mergedHosts(hosts: readonly ImportPart<HostFacts>[]): readonly ImportPart<HostFacts>[] {
  const merged: ImportPart<HostFacts>[] = [];
  for (const part of hosts) {
    const i = merged.findIndex(({ facts }) => facts.kind !== part.facts.kind && isSameHost(facts, part.facts));
    if (i === -1) merged.push(part);
    else merged[i] = { ...merged[i]!, facts: mergedFacts(merged[i]!.facts, part.facts) };
  }
  return merged;
}

const ROUNDED_KIB = 2048;

const isSameHost = (a: HostFacts, b: HostFacts): boolean =>
  a.nodes.length === b.nodes.length &&
  a.nodes.every((node, i) => {
    const other = b.nodes[i]!;
    const known = node.memoryKiB !== null && other.memoryKiB !== null;
    return node.id === other.id && (!known || Math.abs(node.memoryKiB - other.memoryKiB) <= ROUNDED_KIB);
  });

/** What one states and the other does not; of sizes in KiB the one that is no whole MiB is the exact one. */
function mergedFacts(a: HostFacts, b: HostFacts): HostFacts {
  const exact = (x: number | null, y: number | null): number | null =>
    x === null || (y !== null && x % 1024 === 0 && y % 1024 !== 0) ? y : x;
  return {
    ...a,
    nodes: a.nodes.map((node, i) => ({
      ...node,
      memoryKiB: exact(node.memoryKiB, b.nodes[i]!.memoryKiB),
      cpus: node.cpus.length > 0 ? node.cpus : b.nodes[i]!.cpus,
      freeKiB: exact(node.freeKiB, b.nodes[i]!.freeKiB),
      pages: node.pages.length > 0 ? node.pages : b.nodes[i]!.pages,
    })),
    distances: a.distances ?? b.distances,
    hugepages: a.hugepages.length > 0 ? a.hugepages : b.hugepages,
    arch: a.arch ?? b.arch,
    uuid: a.uuid ?? b.uuid,
    interconnects: a.interconnects.length > 0 ? a.interconnects : b.interconnects,
    cpuPlaces: a.cpuPlaces.length > 0 ? a.cpuPlaces : b.cpuPlaces,
    name: a.name ?? b.name ?? null,
  };
}

/** 10 Gbit/s less Ethernet and TCP overhead, in MiB/s. */
const TEN_GBE_MIBPS = 1192;

export function assembleScenario(parts: ImportParts, options: ImportOptions = {}): Read<Scenario> {
  const { guestFiles = [], others = [] } = parts;
  const ofVms = [...parts.vms, ...(parts.vmStates ?? []), ...(parts.placements ?? []), ...(parts.migrations ?? [])];
  const isHost = ofVms.length > 0;
  // Node meminfo is a guest's or a host's: beside other files of nodes it is of the host.
  const ofGuestAlone = guestFiles.some(({ facts }) => hostStateOf(facts) === null);
  const isGathered = (parts.hostStates ?? []).some(({ facts }) => isOf(gatherHead, facts));
  const ofNodes = (parts.hostStates ?? []).length > guestFiles.length;
  const isGuest = guestFiles.length > 0 && !isHost && !isGathered && (ofGuestAlone || !ofNodes);
  const { value, diagnostics } = isGuest
    ? assembleLinuxGuest(parts, guestFiles, options)
    : assembleHosts({ ...parts, hosts: hostsOf(parts) }, options);
  // Of one file with many texts, those that nothing is made of are no news.
  const used = new Set([...parts.hosts, ...parts.vms, ...(parts.hostStates ?? [])].map(({ file }) => file));
  const isNews = ({ file }: ImportPart<Facts>): boolean => isGuest || !used.has(file);
  // Of a host its free blocks by order are used; the rest tells of zones, which only guests have here.
  const ofZones = guestFiles.filter(({ facts }) => hostStateOf(facts) === null && !isOf(linuxBuddyinfo, facts));
  const unusedOf = (part: ImportPart<Facts>, severity: 'note' | 'warning', message: string): Diagnostic => ({
    severity,
    slug: 'import-unused',
    message,
    where: { file: part.file },
  });
  const unused = [
    ...others
      .filter(isNews)
      .map((part) => unusedOf(part, 'warning', 'The file is read, but nothing of a scenario is made of it yet.')),
    ...(isGuest ? [] : ofZones)
      .filter(isNews)
      .map((part) =>
        unusedOf(part, 'note', 'What it says of zones is not used: of a host only its nodes are simulated.'),
      ),
  ];
  return { value, diagnostics: [...diagnostics, ...unused] };
}

/** QEMU processes beside libvirt's domains and not among them: VMs that its commands do not reach. */
const unknownToLibvirt = (vms: ImportParts['vms'], names: readonly string[]): readonly Diagnostic[] =>
  vms.some(({ facts }) => isOf(libvirtDomain, facts))
    ? vms.flatMap(({ file, facts }, i) =>
        isOf(qemuCmdline, facts)
          ? [
              {
                severity: 'note' as const,
                slug: 'import-stranger',
                message: `The QEMU process ${names[i]!}${facts.pid == null ? '' : ` (PID ${facts.pid})`} is none of the libvirt domains of these files: it is a VM as its command line says.`,
                where: { file },
                hint: 'virsh does not reach a VM that libvirt did not start; give its dumpxml if libvirt did.',
              },
            ]
          : [],
      )
    : [];

/** Those that a file describes; else the one that was measured. */
function hostsOf({ hosts, hostStates = [] }: ImportParts): readonly ImportPart<HostFacts>[] {
  if (hosts.length > 0) return mergedHosts(hosts);
  const measured = hostOfStates(hostStates);
  return measured === null ? [] : [measured];
}

function assembleHosts(parts: ImportParts, options: ImportOptions): Read<Scenario> {
  const diagnostics: Diagnostic[] = [];
  if (parts.hosts.length === 0) {
    const message = 'None of the files describes a host.';
    const hint = 'Give libvirt capabilities (virsh capabilities) or the text of numactl --hardware besides.';
    return { value: null, diagnostics: [{ severity: 'error', slug: 'import-no-host', message, where: {}, hint }] };
  }
  // A script that gathered one host tells its name.
  const gathered = (parts.hostStates ?? []).flatMap(({ facts }) =>
    isOf(gatherHead, facts) ? (facts.host ?? []) : [],
  )[0];
  const hostNames = uniqueNames(
    parts.hosts.map(({ file, facts }) => cleanName(facts.name ?? gathered ?? '', '') || nameFromFile(file)),
  );
  const vmNames = uniqueNames(parts.vms.map((part) => cleanName(part.facts.name, 'vm')));
  parts.vms.forEach(({ file, facts }, i) => {
    if (steers(facts.name)) {
      const message = `A VM has a name with characters that steer what shows them; here it is "${vmNames[i]}".`;
      diagnostics.push({ severity: 'warning', slug: 'import-name-steers', message, where: { file } });
    }
    if (vmNames[i] !== cleanName(facts.name, 'vm')) {
      diagnostics.push({
        severity: 'warning',
        slug: 'import-renamed',
        message: `Another VM is named "${facts.name}"; this one becomes "${vmNames[i]}".`,
        where: { file },
      });
    }
  });
  diagnostics.push(...unknownToLibvirt(parts.vms, vmNames));
  const vmHost = options.vmHost ?? hostNames[0]!;
  const hostIndex = hostNames.indexOf(vmHost);
  if (hostIndex === -1) {
    diagnostics.push({
      severity: 'error',
      slug: 'unknown-host',
      message: `There is no host "${vmHost}" to put the VMs on.`,
      where: {},
      ...nameHint(vmHost, hostNames),
    });
    return { value: null, diagnostics };
  }
  const factsOf = <F>(list: readonly ImportPart<F>[] = []): F[] => list.map((part) => part.facts);
  const measures = vmMeasures(new Set(vmNames), factsOf(parts.vmStates), factsOf(parts.placements));
  const strangers = measures.strangers.map(strangerOf);
  for (const { name, pid, nodes } of strangers) {
    const kib = nodes.reduce((sum, one) => sum + one.memoryKiB, 0);
    diagnostics.push({
      severity: 'note',
      slug: 'import-stranger',
      message: `The process ${name}${pid === undefined ? '' : ` (PID ${pid})`} holds ${Math.ceil(mibFromKib(kib))} MiB and is no VM of these files: what it holds is used by the host and others.`,
      where: {},
    });
  }
  // A file may name the host that a VM is on; what a person says counts more.
  const hostOfVm = parts.vms.map(({ facts }) => {
    const at = options.vmHost === undefined ? hostNames.indexOf(facts.hostName ?? '') : -1;
    return at === -1 ? hostIndex : at;
  });
  const sized = parts.vms.map((part, i) =>
    importVm(part, vmNames[i]!, hostNames[hostOfVm[i]!]!, measures.of(vmNames[i]!), diagnostics),
  );
  const freeAreas = (parts.guestFiles ?? []).flatMap(({ facts }) => (isOf(linuxBuddyinfo, facts) ? [facts] : []));
  const vmPages = sized.reduce((sum, vm) => sum + (vm?.pages ?? 0), 0);
  // States name no host: they are of the one that the VMs are on.
  const hosts = parts.hosts.map((part, i) => {
    const isThis = i === hostIndex;
    const measure = isThis
      ? hostMeasure([part.facts], factsOf(parts.hostStates), freeAreas)
      : hostMeasure([part.facts], []);
    return importHost(part, hostNames[i]!, vmPages, options.nodeMemoryMiB, measure, diagnostics);
  });
  const recorded = recordedOf(parts.migrations ?? [], vmNames, diagnostics);
  const placed = sized.flatMap((vm, i) =>
    vm === null ? [] : [{ at: hostOfVm[i]!, vm: recorded.onVm(vm.placeOn(hosts[hostOfVm[i]!]!), vm.pages) }],
  );
  const vms = placed.map(({ vm }) => vm);
  hosts.forEach((host, i) => {
    const own = placed.filter(({ at }) => at === i).map(({ vm }) => vm);
    hosts[i] = withReserved(i === hostIndex ? { ...host, strangers } : host, own);
  });
  const asked = (options.compact?.length ?? 0) + (options.migrate?.length ?? 0) > 0;
  const commands = asked || options.rehearsal === false ? [] : rehearsalOf(vms);
  const fileNames = [...parts.hosts, ...parts.vms].map((part) => visible(baseName(part.file))).join(', ');
  const rehearsed =
    commands.length === 0
      ? ''
      : ' Its commands rehearse a compaction of each VM onto as few nodes as hold it, or deliver it a layout of where its memory is.';
  const input: ScenarioInput = {
    pageshift: SCENARIO_VERSION,
    name: cleanName(options.name ?? hostNames.join(' and '), 'imported'),
    description: `Imported from ${fileNames}`.slice(0, MAX_DESCRIPTION_CHARS - 100) + `.${rehearsed}`,
    hosts: hosts.map(hostInput),
    links: linksOf(hostNames, recorded.linkMibPerSec),
    vms,
    commands,
    ...sourcesSection(
      [
        ...parts.hosts,
        ...parts.vms,
        ...(parts.hostStates ?? []),
        ...(parts.vmStates ?? []),
        ...(parts.placements ?? []),
        ...(parts.migrations ?? []),
        ...(parts.others ?? []),
      ],
      options,
    ),
  };
  const files = {
    hosts: parts.hosts.map((part) => part.file),
    vms: parts.vms.filter((_, i) => sized[i] !== null).map((part) => part.file),
  };
  return finish(input, files, options, diagnostics);
}

/**
 * One Linux guest from within, with other VMs and hosts or without: it starts in the state that its files recorded, on an
 * assumed host where none is given. A numactl text is the guest's own where no other host is given, or where it has the
 * guest's very sizes. It is not rehearsed: moving it is for a person to ask.
 */
function assembleLinuxGuest(
  parts: ImportParts,
  guestFiles: readonly ImportPart<Facts>[],
  options: ImportOptions,
): Read<Scenario> {
  const own = parts.hosts.filter(({ facts }) => runsInGuests(facts) && ofGuest(facts, guestFiles));
  const inside = own.length > 0 ? own : parts.hosts.every(({ facts }) => runsInGuests(facts)) ? parts.hosts : [];
  const others = parts.hosts.filter((host) => !inside.includes(host));
  const read = guestFromLinuxFiles([...guestFiles, ...inside]);
  const diagnostics = [...read.diagnostics];
  if (read.value === null) return { value: null, diagnostics };
  const name = cleanName(options.name ?? 'guest', 'guest');
  if (others.length > 0 || parts.vms.length > 0) {
    const message =
      'The files of a Linux guest are imported by themselves: its host and other VMs would have to be guessed at.';
    const found = [...others, ...parts.vms].map(({ file }) => baseName(file)).join(', ');
    const hint = 'Import them apart, and put the VM of one scenario into the other.';
    diagnostics.push({ severity: 'error', slug: 'import-guest-alone', message, where: {}, found, hint });
    return { value: null, diagnostics };
  }
  const host = assumedHost(options.vmHost ?? 'assumed host', read.value);
  diagnostics.push({
    severity: 'note',
    slug: 'host-assumed',
    message: sentence(`assumed of its host: ${host.assumed.map(assumptionText)[0]}`),
    where: {},
  });
  const input: ScenarioInput = {
    pageshift: SCENARIO_VERSION,
    name,
    description: `Imported from ${guestFiles.map(({ file }) => baseName(file)).join(', ')}`.slice(
      0,
      MAX_DESCRIPTION_CHARS,
    ),
    hosts: [hostInput(host)],
    vms: [linuxVm(name, read.value, host.name)],
    commands: [],
    ...sourcesSection([...guestFiles, ...inside, ...(parts.others ?? [])], options),
  };
  return finish(input, { vms: [guestFiles[0]!.file] }, options, diagnostics);
}

function sourcesSection(
  parts: readonly ImportPart<Facts>[],
  { sha256 }: ImportOptions,
): Pick<ScenarioInput, 'sources'> {
  if (sha256 === undefined) return {};
  const files = parts.flatMap(({ file, facts, text }) =>
    text === undefined ? [] : { name: visible(baseName(file)).slice(-255), format: facts.kind, text },
  );
  return files.length === 0 ? {} : { sources: sourcesOf(files, sha256) };
}

/** Whether a numactl text has the nodes of a guest's zoneinfo, and their sizes. */
function ofGuest(facts: HostFacts, guestFiles: readonly ImportPart<Facts>[]): boolean {
  const zoneinfo = guestFiles.map((part) => part.facts).find((each) => isOf(linuxZoneinfo, each));
  if (zoneinfo === undefined) return false;
  return facts.nodes.every(({ id, memoryKiB }) => {
    const zones = zoneinfo.zones.filter(({ nid }) => nid === id);
    const managed = zones.reduce((sum, zone) => sum + (zone.managed ?? zone.present), 0);
    const present = zones.reduce((sum, zone) => sum + zone.present, 0);
    return [managed, present].some((pages) => kibFromMib(numactlMbFromPages(pages)) === memoryKiB);
  });
}

/** Form, sense, then the commands that were asked for. */
function finish(
  input: ScenarioInput,
  files: Readonly<Record<string, readonly string[]>>,
  options: ImportOptions,
  diagnostics: Diagnostic[],
): Read<Scenario> {
  const add = (problem: Problem): void => {
    const file = files[String(problem.path[0])]?.[Number(problem.path[1])];
    diagnostics.push(diagnosticOf(problem, { ...(file === undefined ? {} : { file }), path: pointerOf(problem.path) }));
  };
  const parsed = scenarioSchema.safeParse(input);
  if (!parsed.success) {
    problemsOfIssues(parsed.error.issues, input).forEach(add);
    return { value: null, diagnostics };
  }
  const placed = withoutUnplaceable(parsed.data, options.refused?.(parsed.data));
  for (const { vm, reason } of placed.notPlaced ?? []) {
    const file = files['vms']?.[parsed.data.vms.findIndex(({ name }) => name === vm.name)];
    diagnostics.push({
      severity: 'warning',
      slug: 'vm-not-placed',
      message: `VM "${vm.name}" is kept, but not placed: its start would be refused. ${reason}`,
      where: file === undefined ? {} : { file },
      hint: 'pageshift findings says where it would fit.',
    });
  }
  validateScenario(draftOf(placed)).forEach(add);
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  const whole = withCommandTexts(placed, options);
  return { value: whole.value, diagnostics: [...diagnostics, ...whole.diagnostics] };
}

const linksOf = (hosts: readonly string[], mibPerSec: number | null): ScenarioInput['links'] =>
  hosts.flatMap((a, i) =>
    hosts.slice(i + 1).map((b) => ({
      name: cleanName(`${a} to ${b}`, `link ${i}`),
      hosts: [a, b] as [string, string],
      ...(mibPerSec === null ? { bandwidthMiBps: TEN_GBE_MIBPS, assumed: true } : { bandwidthMiBps: mibPerSec }),
    })),
  );

const strangerOf = (process: ProcessPlacement): NonNullable<HostInput['strangers']>[number] => ({
  name: visible(process.vm ?? process.command ?? 'without a name').slice(0, MAX_NAME_CHARS),
  ...(process.pid === null ? {} : { pid: process.pid }),
  nodes: measuredList(byPage(process)),
});

/** `caps_libvirt_intel_E5649` from `/data/caps_libvirt_intel_E5649.out`. */
const nameFromFile = (file: string): string => {
  // Of a member of an archive, the archive's.
  const archive = /([^/\\]+)\.(?:tar(?:\.\w{1,5})?|t[bgx]z2?)[/\\]/.exec(file)?.[1];
  const own =
    archive?.replace(/^sosreport-(.*?)(?:-\d{4}-\d\d-\d\d(?:-\w+)?)?$/, '$1') ?? baseName(file).replace(/\.[^.]*$/, '');
  return cleanName(own, 'host');
};

/** The file name without its folders, which are private. */
const baseName = (file: string): string => file.replace(/^.*[/\\]/, '');

/** A name that the schema accepts. */
function cleanName(text: string, otherwise: string): string {
  const clean = visible(text.replace(/[\u0000-\u001f\u007f]/g, ' ').trim())
    .slice(0, MAX_NAME_CHARS - 10)
    .trim();
  return clean === '' ? otherwise : clean;
}

/** The second of a name becomes `name-2`, or has the next number that no other name has. */
function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set(names);
  const given = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 2; given.has(unique) || (unique !== name && taken.has(unique)); n++) unique = `${name}-${n}`;
    given.add(unique);
    return unique;
  });
}
