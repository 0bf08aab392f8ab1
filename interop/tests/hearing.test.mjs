// The judge of what pages heard, on hearings that are made up: readings that come late are no gap, and gaps are found all the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { longestStarvation } from '../driver/hearing.mjs';

const TICK_MS = 20;
const READING_MS = 60;

/**
 * What a page hears over three seconds: `sounding` tells which tracks sound at a moment, `isReal` whether a track gets real samples, and
 * `answerMs` how long the browser takes for a reading that is asked for then.
 */
function hearing({ sounding = () => ['a'], isReal = () => true, answerMs = () => 2, tracks = ['a'] }) {
  const [ticks, readings] = [[], []];
  for (let at = 1_000; at < 4_000; at += TICK_MS) ticks.push({ at, levels: [], sounding: sounding(at) });
  const realBy = (id, end) => {
    let samples = 0;
    for (let at = 1_000; at < end; at += 1) samples += isReal(id, at) ? 48 : 0;
    return samples;
  };
  for (const id of tracks) {
    for (let asked = 1_000; asked < 4_000; ) {
      const at = asked + answerMs(asked);
      readings.push({ id, asked, at, real: realBy(id, (asked + at) / 2) });
      asked = at + READING_MS;
    }
  }
  return { ticks, readings };
}

const isIn = (at, [from, to]) => at >= from && at < to;

test('a stream that comes all the time starves never', () => {
  assert.equal(longestStarvation(hearing({})), 0);
});

test('a stream that stops for a while is found to, to two readings and a tick', () => {
  for (const gap of [200, 400, 900]) {
    const found = longestStarvation(hearing({ isReal: (_, at) => !isIn(at, [2_000, 2_000 + gap]) }));
    assert.ok(Math.abs(found - gap) <= 2 * READING_MS + TICK_MS, `${gap} ms are found as ${found}`);
  }
});

test('a browser that takes long to answer is no gap', () => {
  assert.equal(longestStarvation(hearing({ answerMs: (at) => (isIn(at, [2_000, 2_100]) ? 800 : 2) })), 0);
});

test('where one track goes over to another nothing is missed, unless there is a time between', () => {
  const tracks = ['a', 'b'];
  const isReal = (id, at) => (id === 'a' ? at < 2_500 : at >= 2_300);
  const move = (at) => ({ tracks, isReal, sounding: (now) => [now < at ? 'a' : 'b'] });
  assert.equal(longestStarvation(hearing(move(2_400))), 0);
  const late = longestStarvation(hearing(move(3_000)));
  assert.ok(Math.abs(late - 500) <= 2 * READING_MS + TICK_MS, `500 ms are found as ${late}`);
});

test('a page that plays nothing hears nothing, whatever it receives', () => {
  const found = longestStarvation(hearing({ sounding: (at) => (isIn(at, [2_000, 2_600]) ? [] : ['a']) }));
  assert.ok(Math.abs(found - 600) <= 2 * TICK_MS, `600 ms are found as ${found}`);
});
