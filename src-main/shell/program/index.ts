/** The guest's programs, by name. */
import { dmesg } from './dmesg.ts';
import { dnumaStats } from './dnuma-stats.ts';
import { dnumaTest } from './dnuma-test.ts';
import { free } from './free.ts';
import { help } from './help.ts';
import { lsmem } from './lsmem.ts';
import { numactl } from './numactl.ts';
import { numastat } from './numastat.ts';
import { pagectl } from './pagectl.ts';
import type { Program } from './program.ts';

export const PROGRAMS: Readonly<Record<string, Program>> = {
  dmesg,
  'dnuma-stats': dnumaStats,
  'dnuma-test': dnumaTest,
  free,
  help,
  lsmem,
  numactl,
  numastat,
  pagectl,
};

/** Of the shell itself, for completion. */
export const BUILTINS: readonly string[] = ['cd', 'exit', 'export', 'read', 'set', 'test', 'unset', 'type'];
