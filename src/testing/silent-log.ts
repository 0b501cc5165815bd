import type { Logger } from '../ports/logger.js';

/** Where a test does not look at what is logged. */
export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {} };
