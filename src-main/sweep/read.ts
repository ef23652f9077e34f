/** Reads a sweep document: text in, a sweep with its defaults or every problem with its place out. */
import type { Read } from '../../shared/errors/index.ts';
import { readForm } from '../scenario/index.ts';
import type { SweepDocument } from './document.ts';
import { sweepProblems, sweepSchema } from './document.ts';

export const readSweep = (text: string, file: string): Read<SweepDocument> =>
  readForm(text, file, sweepSchema, sweepProblems);

/** Whether a text means to be one: a scenario and a sweep are told apart by their own keys. */
export const isSweepText = (text: string): boolean =>
  /^\s*\{[^]{0,2000}?"sweep"\s*:/.test(text) && !/"pageshift"\s*:/.test(text.slice(0, text.indexOf('"sweep"')));
