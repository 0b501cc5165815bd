// Holds a short run against what was written down, and warns. It fails for nothing but a run that is not there: a shared machine
// tells of changes of a third, and of no smaller ones.
import { readFileSync } from 'node:fs';
import { type Baseline, compareWithBaseline, describeChanges } from './report/compare-baseline.js';
import type { Results } from './run/results.js';

const [, , path = 'build/performance.json'] = process.argv;
const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
// Both were written by this benchmark.
console.log(describeChanges(compareWithBaseline(read(path) as Results, read('bench/baseline.json') as Baseline)));
