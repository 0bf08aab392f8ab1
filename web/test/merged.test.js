import assert from 'node:assert/strict';
import test from 'node:test';
import { Merged } from '../sdk/merged.js';

/** A job whose runs end when the test says so. */
function jobs() {
  /** @type {{resolve: () => void, reject: (error: Error) => void}[]} */
  const runs = [];
  const merged = new Merged(
    () => new Promise((resolve, reject) => runs.push({ resolve: () => resolve(), reject })),
  );
  return { runs, merged };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('requests made in one go share one run', async () => {
  const { runs, merged } = jobs();
  const both = Promise.all([merged.request(), merged.request()]);
  await turn();
  assert.equal(runs.length, 1);
  runs[0].resolve();
  await both;
  await turn();
  assert.equal(runs.length, 1);
});

test('requests that come while it runs share one further run, and never two run at once', async () => {
  const { runs, merged } = jobs();
  const first = merged.request();
  await turn();
  const later = [merged.request(), merged.request(), merged.request()];
  await turn();
  assert.equal(runs.length, 1);
  runs[0].resolve();
  await first;
  await turn();
  assert.equal(runs.length, 2);
  runs[1].resolve();
  await Promise.all(later);
  assert.equal(runs.length, 2);
});

test('a run that fails tells its own requesters, and the next one runs all the same', async () => {
  const { runs, merged } = jobs();
  const first = merged.request();
  await turn();
  const second = merged.request();
  runs[0].reject(new Error('no'));
  await assert.rejects(first, /no/);
  await turn();
  runs[1].resolve();
  await second;
});
