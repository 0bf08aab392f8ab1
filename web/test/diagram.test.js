import assert from 'node:assert/strict';
import test from 'node:test';
import { SIZE, layOut, serverLoad } from '../app/diagram-layout.js';
import { captionOf, reasonOf } from '../app/topology-words.js';

/** @param {number} count @param {'tracks' | 'mix'} [view] */
const people = (count, view = 'tracks') =>
  Array.from({ length: count }, (_, index) => ({ id: `p${index}`, name: `P${index}`, isSelf: index === 0, view }));

const flow = (/** @type {string} */ from, /** @type {string} */ to, audioBps = 30_000, videoBps = 500_000) => ({
  from,
  to,
  audioBps,
  videoBps,
});

test('in a mesh a line goes from each to each other, and none to the server', () => {
  const { edges, server } = layOut({ people: people(3), topology: 'mesh', flows: [] });
  assert.equal(edges.length, 6);
  assert.ok(edges.every(({ from, to, kind }) => kind === 'direct' && from !== 'server' && to !== 'server'));
  assert.ok(server.isIdle);
});

test('by a server each has one line up and one down, and down it is a mix for who takes that', () => {
  const mixed = [...people(2), { id: 'phone', name: 'Phone', isSelf: false, view: /** @type {const} */ ('mix') }];
  const { edges, server } = layOut({ people: mixed, topology: 'sfu', flows: [] });
  assert.equal(edges.filter(({ kind }) => kind === 'up').length, 3);
  assert.deepEqual(edges.filter(({ kind }) => kind === 'mix').map(({ to }) => to), ['phone']);
  assert.equal(edges.filter(({ kind }) => kind === 'down').length, 2);
  assert.ok(server.isMixing && !server.isIdle);
});

test('a bitrate stands at its line, and makes it thicker', () => {
  const flows = [flow('p0', 'server'), flow('p1', 'server', 30_000, 0)];
  const { edges } = layOut({ people: people(2), topology: 'sfu', flows });
  const of = (/** @type {string} */ key) => edges.find((edge) => edge.key === key);
  assert.equal(of('p0 server')?.bps, 530_000);
  assert.equal(of('server p0')?.bps, null);
  assert.ok((of('p0 server')?.width ?? 0) > (of('p1 server')?.width ?? 0));
});

test('one to forty people stand inside the picture, no two at one place, and the rest is counted', () => {
  for (const topology of /** @type {const} */ (['mesh', 'sfu', 'mcu'])) {
    for (let count = 1; count <= 40; count += 1) {
      const drawn = layOut({ people: people(count), topology, flows: [] });
      assert.equal(drawn.people.length + drawn.hidden, count);
      const places = new Set(drawn.people.map(({ x, y }) => `${x} ${y}`));
      assert.equal(places.size, drawn.people.length);
      for (const { x, y, radius } of drawn.people) {
        assert.ok(x - radius >= 0 && x + radius <= SIZE.width && y - radius >= 0, `${x} ${y} of ${count}`);
        assert.ok(y + radius + 14 <= SIZE.height, `${y} with its name, of ${count}`);
      }
    }
  }
});

test('with many lines only those of oneself have figures', () => {
  const { edges } = layOut({ people: people(6), topology: 'mesh', flows: [] });
  assert.ok(edges.every(({ from, to, hasLabel }) => hasLabel === (from === 'p0' || to === 'p0')));
});

test('the two lines between two people run beside each other', () => {
  const { edges } = layOut({ people: people(2), topology: 'mesh', flows: [] });
  assert.notEqual(edges[0].label.y, edges[1].label.y);
});

test('what the server carries is what comes to it and what goes from it', () => {
  const flows = [flow('p0', 'server'), flow('server', 'p0'), flow('server', 'p1'), flow('p0', 'p1')];
  assert.deepEqual(serverLoad(flows), { inBps: 530_000, outBps: 1_060_000 });
});

test('each topology is told in a sentence, with what it costs the server', () => {
  assert.match(captionOf({ topology: 'mesh', people: 3, flows: [] }), /each of the 2 others.*carries nothing/);
  assert.match(captionOf({ topology: 'mesh', people: 2, flows: [] }), /to the other\./);
  assert.match(captionOf({ topology: 'sfu', people: 3, flows: [flow('server', 'p0')] }), /passes it on.*530 kbit\/s out/);
  assert.match(captionOf({ topology: 'mcu', people: 3, flows: [] }), /mixes all into one/);
  assert.match(captionOf({ topology: 'sfu', people: 1, flows: [] }), /alone/);
});

test('why a room is as it is, is said where nobody asked for it', () => {
  const auto = { intent: /** @type {const} */ ('auto'), topology: /** @type {const} */ ('sfu'), explanation: '3 are here' };
  assert.equal(reasonOf({ ...auto, state: 'settled' }), 'Now forwarded: 3 are here.');
  assert.equal(reasonOf({ ...auto, state: 'moving' }), 'Going over to forwarded: 3 are here.');
  assert.equal(reasonOf({ ...auto, intent: 'sfu', state: 'settled' }), 'Now forwarded.');
});
