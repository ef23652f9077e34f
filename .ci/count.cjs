// count.cjs FOLDER [FAILED STEP...]: the sum of the JSON results in the folder, as the line `N passed, N failed`.
// A test file that could not be read, and a failed step whose results do not say why, are one failure each.
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const [folder, ...failedSteps] = process.argv.slice(2);
const counts = new Map();
for (const name of existsSync(folder) ? readdirSync(folder) : []) {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const unread = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  counts.set(name.replace(/\.json$/, ''), { passed: numPassedTests, failed: numFailedTests + unread });
}
for (const step of failedSteps) {
  const count = counts.get(step) ?? { passed: 0, failed: 0 };
  counts.set(step, { ...count, failed: Math.max(1, count.failed) });
}

let passed = 0;
let failed = 0;
for (const [step, count] of counts) {
  console.log(`${step}: ${count.passed} passed, ${count.failed} failed`);
  passed += count.passed;
  failed += count.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
