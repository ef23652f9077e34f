/** The guest's programs, by name. */
import { dmesg } from './dmesg.ts';
import { dnumaTest } from './dnuma-test.ts';
import { numactl } from './numactl.ts';
import { numastat } from './numastat.ts';
import type { Program } from './program.ts';

export const PROGRAMS: Readonly<Record<string, Program>> = {
  dmesg,
  'dnuma-test': dnumaTest,
  numactl,
  numastat,
};

/** Of the shell itself, for completion. */
export const BUILTINS: readonly string[] = ['cd', 'exit', 'export', 'read', 'set', 'test', 'unset', 'type'];
