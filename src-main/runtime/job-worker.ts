/** The thread of a job: it runs one, tells how far it is, and ends with it. */
import { workerData } from 'node:worker_threads';
import type { JobData, JobMessage } from './run-job.ts';
import { runJob, STOP } from './run-job.ts';
import { errorData, ThreadDoor } from './thread.ts';

const door = new ThreadDoor<typeof STOP, JobMessage>();
const stopped = new AbortController();
door.listen(() => stopped.abort());

const { name, input } = workerData as JobData;
runJob(name, input as never, { signal: stopped.signal, onProgress: (progress) => door.post({ progress }) })
  .then(
    (output) => door.post({ output }),
    (error: unknown) => door.post({ error: errorData(error) }),
  )
  .finally(() => door.close());
