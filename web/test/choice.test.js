import assert from 'node:assert/strict';
import test from 'node:test';
import { choose } from '../sdk/choice.js';

/** Media stand for themselves: their name says what they are. @param {string} name @returns {any} */
const medium = (name) => name;

/**
 * @param {object} options
 * @param {import('../sdk/choice.js').Way} [options.way]
 * @param {import('../sdk/choice.js').View} [options.view]
 * @param {Record<string, string>} [options.server]
 * @param {Record<string, string>} [options.mesh]
 * @param {Record<string, string>} [options.shown]
 * @param {string[]} [options.decoded]
 * @param {string[]} [options.expected]
 * @param {boolean} [options.isForced]
 */
function pick({ way = 'server', view = 'tracks', server = {}, mesh = {}, shown = {}, decoded = [], expected, isForced = false }) {
  /** @param {Record<string, string>} media */
  const map = (media) => new Map(Object.entries(media).map(([id, name]) => [id, medium(name)]));
  const result = choose({
    scheme: { way, view },
    media: { server: map(server), mesh: map(mesh) },
    shown: map(shown),
    isMix: (id) => id.startsWith('mix'),
    isDecoded: (media) => decoded.includes(/** @type {any} */ (media)),
    expected: expected ?? Object.keys({ ...server, ...mesh, ...shown }),
    isForced,
  });
  return { shown: Object.fromEntries(result.shown), isComplete: result.isComplete };
}

test('what comes where nothing was is shown at once', () => {
  assert.deepEqual(pick({ server: { a: 'a1' } }).shown, { a: 'a1' });
  assert.deepEqual(pick({ way: 'mesh', mesh: { a: 'a2' } }).shown, { a: 'a2' });
});

test('from mesh to server a track keeps its medium until the new one is decoded', () => {
  const both = { server: { a: 'a1' }, mesh: { a: 'a2' }, shown: { a: 'a2' } };
  assert.deepEqual(pick(both), { shown: { a: 'a2' }, isComplete: false });
  assert.deepEqual(pick({ ...both, decoded: ['a1'] }), { shown: { a: 'a1' }, isComplete: true });
});

test('each track goes over by itself, and the move is complete with the last', () => {
  const both = {
    way: /** @type {const} */ ('mesh'),
    server: { a: 'a1', b: 'b1' },
    mesh: { a: 'a2', b: 'b2' },
    shown: { a: 'a1', b: 'b1' },
  };
  assert.deepEqual(pick({ ...both, decoded: ['b2'] }), { shown: { a: 'a1', b: 'b2' }, isComplete: false });
  assert.deepEqual(pick({ ...both, decoded: ['a2', 'b2'] }), { shown: { a: 'a2', b: 'b2' }, isComplete: true });
});

test('a muted track is not waited for, and keeps what it has', () => {
  const result = pick({ server: { a: 'a1' }, mesh: { a: 'a2' }, shown: { a: 'a2' }, expected: [] });
  assert.deepEqual(result, { shown: { a: 'a2' }, isComplete: true });
});

test('a track whose old medium is gone takes the new one without waiting', () => {
  assert.deepEqual(pick({ server: { a: 'a1' }, shown: { a: 'a2' } }).shown, { a: 'a1' });
});

test('a track that does not come by the new way yet keeps the old, and goes with it', () => {
  assert.deepEqual(pick({ mesh: { a: 'a2' }, shown: { a: 'a2' } }), { shown: { a: 'a2' }, isComplete: false });
  assert.deepEqual(pick({ mesh: { a: 'a2' }, shown: { a: 'a2' }, isForced: true }), { shown: {}, isComplete: true });
});

test('from tracks to the mix everything changes at once, when all of the mix is decoded', () => {
  const both = {
    view: /** @type {const} */ ('mix'),
    server: { a: 'a1', b: 'b1', mixA: 'm', mixV: 'n' },
    shown: { a: 'a1', b: 'b1' },
  };
  const before = { a: 'a1', b: 'b1' };
  assert.deepEqual(pick(both), { shown: before, isComplete: false });
  assert.deepEqual(pick({ ...both, decoded: ['m'] }), { shown: before, isComplete: false });
  assert.deepEqual(pick({ ...both, decoded: ['m', 'n'] }), { shown: { mixA: 'm', mixV: 'n' }, isComplete: true });
});

test('a mix that nobody has told of yet is waited for', () => {
  const result = pick({ view: 'mix', server: { a: 'a1' }, shown: { a: 'a1' } });
  assert.deepEqual(result, { shown: { a: 'a1' }, isComplete: false });
});

test('from the mix back to tracks the mix is heard until all of them are decoded', () => {
  const both = { server: { a: 'a1', b: 'b1', mixA: 'm' }, shown: { mixA: 'm' } };
  assert.deepEqual(pick({ ...both, decoded: ['a1'] }), { shown: { mixA: 'm' }, isComplete: false });
  assert.deepEqual(pick({ ...both, decoded: ['a1', 'b1'] }), { shown: { a: 'a1', b: 'b1' }, isComplete: true });
});

test('from the mix to the tracks of an empty room there is nothing to wait for', () => {
  assert.deepEqual(pick({ server: { mixA: 'm' }, shown: { mixA: 'm' } }), { shown: {}, isComplete: true });
});

test('from a mesh to the mix the direct media are heard until the mix is decoded', () => {
  const both = { view: /** @type {const} */ ('mix'), mesh: { a: 'a2' }, server: { mixA: 'm' }, shown: { a: 'a2' } };
  assert.deepEqual(pick(both), { shown: { a: 'a2' }, isComplete: false });
  assert.deepEqual(pick({ ...both, decoded: ['m'] }), { shown: { mixA: 'm' }, isComplete: true });
});

test('who has waited long enough takes what is there', () => {
  const both = { view: /** @type {const} */ ('mix'), server: { a: 'a1', mixA: 'm' }, shown: { a: 'a1' } };
  assert.deepEqual(pick({ ...both, isForced: true }), { shown: { mixA: 'm' }, isComplete: true });
});
