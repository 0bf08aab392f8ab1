import assert from 'node:assert/strict';
import test from 'node:test';
import { Decoding, countsOf, isRunning } from '../sdk/decoding.js';
import { fakeMedium } from './fake-peer-connection.js';

const counts = (packets = 0, frames = 0, /** @type {number | null} */ samples = null) => ({ packets, frames, samples });

/** @param {string} kind @param {ReturnType<typeof counts> | null} first @returns {any} */
const watched = (kind, first) => ({ medium: fakeMedium(kind), first, sinceMs: 0, warmer: null });

test('a picture runs with the first frame that is decoded after it was looked at', () => {
  assert.ok(!isRunning(watched('video', null), counts(9, 9), 0));
  assert.ok(!isRunning(watched('video', counts(0, 7)), counts(30, 7), 0), 'packets alone are no picture');
  assert.ok(isRunning(watched('video', counts(0, 7)), counts(30, 8), 0));
});

test('a sound runs when packets come and real samples are played', () => {
  assert.ok(!isRunning(watched('audio', counts(100)), counts(102), 0));
  assert.ok(isRunning(watched('audio', counts(100)), counts(103), 0));
  assert.ok(!isRunning(watched('audio', counts(100, 0, 48_000)), counts(103, 0, 48_000), 0));
  assert.ok(isRunning(watched('audio', counts(100, 0, 48_000)), counts(103, 0, 48_960), 0));
});

test('a sound that nobody sends is not waited for', () => {
  assert.ok(!isRunning(watched('audio', counts()), counts(), 1_000));
  assert.ok(isRunning(watched('audio', counts()), counts(), 2_500));
});

test('concealed samples are nothing that was heard', () => {
  const report = new Map([
    ['in', { type: 'inbound-rtp', packetsReceived: 5, totalSamplesReceived: 48_000, concealedSamples: 47_000 }],
    ['pair', { type: 'candidate-pair', packetsReceived: 99 }],
  ]);
  assert.deepEqual(countsOf(report), counts(5, 0, 1_000));
});

test('it tells once that a medium is decoded, and knows it until it is reset', async () => {
  const medium = fakeMedium('video');
  let frames = 0;
  const receiver = { getStats: async () => new Map([['in', { type: 'inbound-rtp', framesDecoded: frames++ }]]) };
  let told = 0;
  /** @type {() => void} */
  let tell = () => {};
  const first = new Promise((resolve) => (tell = () => resolve(undefined)));
  const decoding = new Decoding({
    receiverOf: () => /** @type {any} */ (receiver),
    onChange: () => {
      told += 1;
      tell();
    },
  });
  decoding.watch([medium]);
  assert.ok(!decoding.isDecoded(medium));
  await first;
  assert.ok(decoding.isDecoded(medium));
  decoding.watch([medium]);
  assert.equal(told, 1);
  decoding.reset();
  assert.ok(!decoding.isDecoded(medium));
});
