// count.cjs FOLDER [FAILED STEP...]: the sum of the JSON results in the folder, as the line `N passed, N failed`. Results
// are Vitest's or Playwright's. A test file that could not be read, and a failed step whose results do not say why, are one
// failure each; results STEP-PART.json belong to STEP. Skipped tests are printed and count as neither. A spec that passed
// only when it was tried again counts as passed and is printed as `flaky: NAME`.
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const [folder, ...failedSteps] = process.argv.slice(2);

function vitestCount({ numPassedTests, numFailedTests, numPendingTests = 0, testResults }) {
  const unread = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  return { passed: numPassedTests, failed: numFailedTests + unread, skipped: numPendingTests };
}

function playwrightCount({ stats, errors, suites }) {
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
    flaky: suites.flatMap((suite) => flakyNames(suite, [])),
  };
}

// "[project] file › group › title", as Playwright's list reporter names a test.
function flakyNames({ title, specs = [], suites = [] }, groups) {
  const path = [...groups, title];
  return [
    ...specs.flatMap((spec) =>
      spec.tests
        .filter(({ status }) => status === 'flaky')
        .map(({ projectName }) => `${projectName ? `[${projectName}] ` : ''}${[...path, spec.title].join(' › ')}`),
    ),
    ...suites.flatMap((suite) => flakyNames(suite, path)),
  ];
}

const counts = new Map();
for (const name of existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : []) {
  const results = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const count = 'stats' in results ? playwrightCount(results) : vitestCount(results);
  counts.set(name.replace(/\.json$/, ''), count);
}
for (const step of failedSteps) {
  const own = [...counts].filter(([name]) => name === step || name.startsWith(`${step}-`));
  if (own.some(([, { failed }]) => failed > 0)) continue;
  const count = counts.get(step) ?? { passed: 0, failed: 0, skipped: 0 };
  counts.set(step, { ...count, failed: 1 });
}

let passed = 0;
let failed = 0;
for (const [step, count] of counts) {
  const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
  for (const name of count.flaky ?? []) console.log(`flaky: ${name}`);
  console.log(`${step}: ${count.passed} passed, ${count.failed} failed${skipped}`);
  passed += count.passed;
  failed += count.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
