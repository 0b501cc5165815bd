// Writes results into docs/performance.md, draws the pictures on it, and writes what servers are sized by into docs/scale-out.md. Of each scenario the newest result is taken.
//
//     npm run bench:page -- [file …]       build/performance.json and build/performance-*.json when none is named
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../run/results.js';
import { drawChart } from './chart.js';
import { drawGrowth } from './growth-chart.js';
import { mergeResults } from './merge-results.js';
import { updatePage, updateSizing } from './page.js';

const PAGE = 'docs/performance.md';
const SIZING = 'docs/scale-out.md';
const CHART = 'docs/images/performance.svg';
const GROWTH = 'docs/images/growth.svg';
const FOLDER = 'build';
const FILES = /^performance(-.+)?\.json$/;

const named = process.argv.slice(2);
const found = () => readdirSync(FOLDER).filter((name) => FILES.test(name));
const paths = named.length > 0 ? named : found().map((name) => join(FOLDER, name));
console.log(`read: ${paths.join(', ') || 'nothing'}`);
// Written by the benchmark.
const results = mergeResults(paths.map((path) => JSON.parse(readFileSync(path, 'utf8')) as Results));
const page = updatePage(readFileSync(PAGE, 'utf8'), results);
const sizing = updateSizing(readFileSync(SIZING, 'utf8'), results);
writeFileSync(PAGE, page);
writeFileSync(SIZING, sizing);
writeFileSync(CHART, drawChart(results));
writeFileSync(GROWTH, drawGrowth(results));
console.log(`written: ${PAGE}, ${SIZING}, ${CHART}, ${GROWTH}`);
