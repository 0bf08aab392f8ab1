import assert from 'node:assert/strict';
import test from 'node:test';
import { qualityOf, sumByPeer, whoSpeaks } from '../sdk/mesh-watch.js';

const SILENT = { current: null, next: null, readings: 0 };

/** @param {(string | null)[]} loudest One for each reading. */
const after = (...loudest) => loudest.reduce((state, one) => whoSpeaks(state, one), /** @type {any} */ (SILENT)).current;

test('whoever is loudest for a while speaks, and spoke last until another one does', () => {
  assert.equal(after('a', 'a'), null);
  assert.equal(after('a', 'a', 'a'), 'a');
  assert.equal(after('a', 'a', 'a', null, null, null, null), 'a');
  assert.equal(after('a', 'a', 'a', 'b', 'b', 'b'), 'b');
});

test('a cough between takes the word from nobody', () => {
  assert.equal(after('a', 'a', 'a', 'b', 'b', 'a', 'b', 'b'), 'a');
});

test('quality is judged as the server judges it', () => {
  const facts = { state: /** @type {const} */ ('connected'), roundTripMs: 20, lossPercent: 0 };
  assert.equal(qualityOf(facts), 'excellent');
  assert.equal(qualityOf({ ...facts, lossPercent: 5 }), 'good');
  assert.equal(qualityOf({ ...facts, roundTripMs: 600 }), 'poor');
  assert.equal(qualityOf({ ...facts, state: 'disconnected' }), 'lost');
  assert.equal(qualityOf({ ...facts, state: 'connecting' }), null);
});

test('what one sends is summed by whom it goes to', () => {
  /** @returns {any} */
  const sent = (/** @type {string} */ peerId, /** @type {string} */ kind, /** @type {number} */ bitrateBps, isLocal = true) => ({
    isLocal,
    peerId,
    kind,
    bitrateBps,
  });
  const tracks = [sent('b', 'audio', 30), sent('b', 'video', 500), sent('b', 'video', 100), sent('c', 'audio', 20), sent('b', 'audio', 9, false)];
  assert.deepEqual(sumByPeer(tracks), [
    { to: 'b', audioBps: 30, videoBps: 600 },
    { to: 'c', audioBps: 20, videoBps: 0 },
  ]);
});
