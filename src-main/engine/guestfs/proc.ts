/** The files of /proc that describe memory. */
import { ERA_FIELDS } from '../mm/era-fields.ts';
import { commandLine, type Guest, versionLine } from '../vm/index.ts';
import { meminfo } from './meminfo.ts';
import { dir, type DirNode, procFile } from './node.ts';
import { buddyinfo, pagetypeinfo } from './pagetypeinfo.ts';
import { guestStat, statLines } from './vm-stat.ts';
import { zoneinfo } from './zoneinfo.ts';

const MOUNTS = [
  'rootfs / rootfs rw 0 0',
  'proc /proc proc rw,relatime 0 0',
  'sysfs /sys sysfs rw,relatime 0 0',
  'devtmpfs /dev devtmpfs rw,relatime 0 0',
  'debugfs /sys/kernel/debug debugfs rw,relatime 0 0',
];

export function procOf(guest: Guest): DirNode {
  const { state: mm } = guest.memory;
  const config = guest.config.mm;
  const { vmstat } = ERA_FIELDS[config.profile.era];
  return dir({
    buddyinfo: procFile(() => buddyinfo(guest.memory)),
    cmdline: procFile(() => `${commandLine(config)}\n`),
    meminfo: procFile(() => meminfo(mm)),
    mounts: procFile(() => MOUNTS.map((line) => `${line}\n`).join('')),
    pagetypeinfo: procFile(() => pagetypeinfo(guest.memory), 0o400),
    version: procFile(() => `${versionLine(config)}\n`),
    vmstat: procFile(() => statLines(vmstat, (name) => guestStat(mm, name))),
    zoneinfo: procFile(() => zoneinfo(mm)),
  });
}
