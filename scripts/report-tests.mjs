// Tells how many tests of the last run passed, failed and were skipped. Fails where one was skipped although all are demanded.
import { existsSync, readFileSync } from 'node:fs';

const RESULTS = 'build/test-results.json';

if (!existsSync(RESULTS)) {
  console.log(`no test ran: ${RESULTS} was not written`);
  process.exit(1);
}
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
  readFileSync(RESULTS, 'utf8'),
);
const skipped = numPendingTests + numTodoTests;
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${skipped} skipped`);
if (numPassedTests === 0) process.exit(1);
// What an implementation of a port cannot do is skipped by its contract suite with the reason, `… (reason)`: no program is missing.
const hasReason = ({ title }) => /\([^()]+\)$/.test(title) && !title.includes('(skipped:');
const skippedTests = testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .filter(({ status }) => status === 'pending' || status === 'skipped' || status === 'todo');
for (const { fullName } of skippedTests) console.log(`skipped: ${fullName}`);
const unreasoned = skippedTests.filter((test) => !hasReason(test));
if (unreasoned.length > 0 && process.env.NEFELI_DEMAND_ALL === '1') process.exit(1);
