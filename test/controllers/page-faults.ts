import type { Page } from 'playwright-core';

/** What goes wrong in a page from now on: uncaught errors, and what its content policy has refused. */
export function faultsOf(page: Page): readonly string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) faults.push(message.text());
  });
  return faults;
}
