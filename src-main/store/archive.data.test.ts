/** The archives of the shared corpus: what tar says of them, and the host and VM that they hold. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readDocument } from '../formats/index.ts';
import { assembleScenario, sortParts } from '../scenario/index.ts';
import { readArchive } from './archive.ts';

const DATA = join(process.env['PAGESHIFT_DATA']!, 'formats');
const all: readonly any[] = JSON.parse(readFileSync(join(DATA, 'facts.json'), 'utf8'));
const archives = all.filter(({ file }) => /\.tar\./.test(file));

async function scenarioOf(file: string): Promise<any> {
  const { members, diagnostics } = await readArchive(join(DATA, file), file);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const parts = members.flatMap(({ path, text }) =>
    readDocument(text, `${file}/${path}`).parts.map(({ facts }) => ({ file: `${file}/${path}`, facts })),
  );
  return { members, value: assembleScenario(sortParts(parts), { rehearsal: false }).value };
}

it.each(archives.filter(({ format }) => format === 'hwloc-gather').map(({ file, facts }) => [file, facts]))(
  '%s is a host with the nodes of its sysfs',
  async (file, facts) => {
    const { value } = await scenarioOf(file);
    const beside = all.find((each) => each.file === file.replace('.tar.bz2', '.xml'))!.facts.nodes;
    expect(value.hosts).toHaveLength(1);
    expect(value.hosts[0].nodes).toHaveLength(facts.nodes);
    for (const node of value.hosts[0].nodes) {
      const xml = beside[node.nid];
      expect(node.memoryKiB).toBe(xml.local_memory_bytes / 1024);
      expect(node.cpus).toBe(
        xml.cpus_in_sysfs.length === 0 ? '' : `${xml.cpus_in_sysfs[0]}-${xml.cpus_in_sysfs.at(-1)}`,
      );
      expect(node.hugepages.find(({ sizeKiB }: any) => sizeKiB === 2048).count).toBe(xml.pages['2097152']);
    }
  },
);

it.each(archives.filter(({ format }) => format === 'sosreport').map(({ file, facts }) => [file, facts]))(
  '%s is a host, and each guest once',
  async (file, facts) => {
    const { members, value } = await scenarioOf(file);
    expect(members.filter(({ path }: any) => /sosguest\.xml|dumpxml_sosguest/.test(path))).toHaveLength(3);
    expect(value.hosts.map(({ nodes }: any) => nodes.length)).toEqual([facts.nodes]);
    expect(value.vms.map(({ name, running }: any) => [name, running])).toEqual([[facts.guests_running[0], true]]);
    // By the PID file the process with that map is the guest, and libvirtd is none.
    expect(value.vms[0].measured).toBeDefined();
  },
);
