import assert from 'node:assert/strict';
import test from 'node:test';
import { backoffMs, nextAttempt } from '../sdk/backoff.js';

const LIMITS = { resumeMs: 30_000, giveUpMs: 120_000 };

test('the first attempt is made at once', () => {
  assert.equal(backoffMs(0), 0);
});

test('each wait is twice the one before, up to four seconds', () => {
  const waits = [1, 2, 3, 4, 5, 6, 20].map((attempt) => backoffMs(attempt, () => 0.5));
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 4000, 4000]);
});

test('a quarter of a wait either way is random', () => {
  const ends = [0, 0.999].map((random) => backoffMs(3, () => random));
  assert.deepEqual(ends, [750, 1250]);
});

test('a session is resumed while the server keeps the place, joined anew after that, and given up in the end', () => {
  assert.equal(nextAttempt(0, true, LIMITS), 'resume');
  assert.equal(nextAttempt(29_999, true, LIMITS), 'resume');
  assert.equal(nextAttempt(30_000, true, LIMITS), 'join');
  assert.equal(nextAttempt(120_000, true, LIMITS), 'stop');
});

test('a session that the server forgot is joined anew at once', () => {
  assert.equal(nextAttempt(10, false, LIMITS), 'join');
});
