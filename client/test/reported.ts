// What is reported while a test runs. It takes what it expects, and there may be no more.

import assert from 'node:assert/strict';
import { afterEach, beforeEach } from 'node:test';

/** Watches all tests of a file. Gives what was reported in the one under way. */
export function watchReports(): unknown[] {
  const reported: unknown[] = [];
  beforeEach(() => {
    reported.length = 0;
    globalThis.reportError = (error) => reported.push(error);
  });
  afterEach(() => {
    assert.deepEqual(reported, [], 'nothing was reported that the test did not expect');
  });
  return reported;
}
