// Writes results into docs/performance.md, and draws the picture on it.
//
//     npm run bench:page -- [build/performance.json]
import { readFileSync, writeFileSync } from 'node:fs';
import type { Results } from '../run/results.js';
import { drawChart } from './chart.js';
import { updatePage } from './page.js';

const PAGE = 'docs/performance.md';
const CHART = 'docs/images/performance.svg';

const [, , path = 'build/performance.json'] = process.argv;
// Written by the benchmark.
const results = JSON.parse(readFileSync(path, 'utf8')) as Results;
const page = updatePage(readFileSync(PAGE, 'utf8'), results);
writeFileSync(PAGE, page);
writeFileSync(CHART, drawChart(results));
console.log(`written: ${PAGE}, ${CHART}`);
