// The watch for a machine that is taken away, on counts that are made up.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { watchTheft } from '../driver/machine.mjs';

/** What is told of seconds in which two cores lost so many of their two hundred ticks. */
function told(lost) {
  let [idle, steal] = [1_000, 70];
  const watch = watchTheft(() => `cpu  5 0 5 ${idle} 0 0 0 ${steal} 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n`);
  for (const ticks of lost) {
    [idle, steal] = [idle + 200 - ticks, steal + ticks];
    watch.sample();
  }
  return watch.stop();
}

test('what was taken before the watch does not count', () => {
  assert.equal(told([0, 0, 0, 0, 0]), 0);
});

test('the worst three seconds count', () => {
  assert.equal(told([10, 10, 10, 100, 60, 80, 10, 10]), 0.4);
  assert.equal(told([0, 0, 0, 60, 0, 0, 0]), 0.1);
});

test('less than three seconds tell nothing', () => {
  assert.equal(told([200, 200]), 0);
});

test('this machine can be asked', () => {
  const watch = watchTheft();
  watch.sample();
  assert.ok(watch.stop() >= 0);
});
