// Loaded before a script whose source is TypeScript: an older Node would stop at the first `.ts` file with a riddle.
const [major, minor] = process.versions.node.split('.').map(Number);
if (!(major >= 24 || (major === 22 && minor >= 18))) {
  process.stderr.write(
    `Pageshift needs Node 22.18 or newer of that line, or Node 24 and later; this is Node ${process.versions.node}.\n` +
      'On Linux and Windows (x64) and Linux (arm64) `npm ci` brings Node 24 along, and `npm run` uses it.\n',
  );
  process.exit(2);
}
