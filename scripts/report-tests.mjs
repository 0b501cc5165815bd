// Tells how many tests of the last run passed, failed and were skipped. Fails where one was skipped although all are demanded.
import { existsSync, readFileSync } from 'node:fs';

const RESULTS = 'build/test-results.json';

if (!existsSync(RESULTS)) {
  console.log(`no test ran: ${RESULTS} was not written`);
  process.exit(1);
}
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(RESULTS, 'utf8'));
const skipped = numPendingTests + numTodoTests;
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${skipped} skipped`);
if (numPassedTests === 0) process.exit(1);
if (skipped > 0 && process.env.NEFELI_DEMAND_ALL === '1') process.exit(1);
