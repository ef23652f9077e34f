/** The JSON document of a run: what `run --json` prints, and what a sweep measures. */
import type { RecordedCommand, RunDocument } from '../../shared/view/index.ts';
import { runDocument } from '../../shared/view/index.ts';
import { pendingText } from '../../shared/view/words/index.ts';
import type { Run } from './run.ts';

/** The run document, and what was left to do when it ended. */
interface EndedRunDocument extends RunDocument {
  /** Stopped by a person: everything is true of the tick it stopped at. */
  readonly interrupted: boolean;
  /** What the world still waits for, one sentence each. */
  readonly left: readonly string[];
  /** What came of each command. */
  readonly commands: readonly RecordedCommand[];
}

export const endedRunDocument = ({ record, pendingWork }: Run): EndedRunDocument => ({
  ...runDocument(record),
  interrupted: record.ending === 'interrupted',
  left: pendingWork.map(pendingText),
  commands: record.commands,
});
