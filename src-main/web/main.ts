/** The web shell alone: `node src-main/web/main.ts [FILE] [--port N] [--data FOLDER] [--no-open]`. */
import { runWebShell } from './run.ts';
import { readWebArguments, WEB_USAGE } from './argument.ts';

const read = readWebArguments(process.argv.slice(2));
if ('wrong' in read) {
  process.stderr.write(`${read.wrong}\n${WEB_USAGE}\n`);
  process.exitCode = 2;
} else {
  await runWebShell(read).catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
