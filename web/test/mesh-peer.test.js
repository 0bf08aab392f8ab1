import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { MeshPeer } from '../sdk/mesh-peer.js';
import { FakePeerConnection, fakeMedium, installBrowser, turns } from './fake-peer-connection.js';

/** @param {string} id @param {string} kind @returns {any} */
const track = (id, kind) => ({ id, kind, source: kind === 'audio' ? 'microphone' : 'camera', mediaStreamTrack: fakeMedium(kind) });

/** Two sides whose messages pass each other on the way; `lose` says which are lost. */
function pair() {
  installBrowser();
  /** @type {any} */
  const both = { lose: () => false, faults: [], unwanted: new Set(), sent: [], states: [] };
  /** @param {string} own @param {string} other @param {boolean} isPolite */
  const open = (own, other, isPolite) =>
    new MeshPeer({
      participantId: other,
      isPolite,
      iceServers: [],
      send: async (message) => {
        both.sent.push({ from: own, type: message.description?.type ?? 'candidate' });
        if (both.lose(message)) return;
        // As over a network: in order, and after what is under way.
        setImmediate(() => both[other].handle(structuredClone(message)));
      },
      isWanted: (trackId) => !both.unwanted.has(trackId),
      onMedia: () => {},
      onState: (state) => both.states.push(`${own} ${state}`),
      onPath: () => {},
      onFault: (error) => both.faults.push(error),
    });
  both.a = open('a', 'b', true);
  both.b = open('b', 'a', false);
  opened.push(both.a, both.b);
  return both;
}

/** @type {MeshPeer[]} */
const opened = [];
afterEach(() => {
  for (const peer of opened.splice(0)) peer.close();
});

/** @param {MeshPeer} peer */
const received = (peer) => [...peer.media.keys()].sort();

test('each side gets the tracks of the other, by their ids', async () => {
  const { a, b, faults } = pair();
  a.setTracks(new Set([track('a1', 'audio'), track('a2', 'video')]), 1);
  await turns();
  b.setTracks(new Set([track('b1', 'audio')]), 1);
  await turns();
  assert.deepEqual(received(b), ['a1', 'a2']);
  assert.deepEqual(received(a), ['b1']);
  assert.deepEqual(faults, []);
});

test('offers that cross end with both sides having everything', async () => {
  const { a, b, faults, sent } = pair();
  a.setTracks(new Set([track('a1', 'audio'), track('a2', 'video')]), 1);
  b.setTracks(new Set([track('b1', 'audio'), track('b2', 'video')]), 1);
  await turns();
  const first = sent.filter((/** @type {any} */ { type }) => type === 'offer').slice(0, 2);
  assert.deepEqual(new Set(first.map((/** @type {any} */ { from }) => from)), new Set(['a', 'b']), 'they did cross');
  assert.deepEqual(received(b), ['a1', 'a2']);
  assert.deepEqual(received(a), ['b1', 'b2']);
  assert.equal(a.pc.signalingState, 'stable');
  assert.equal(b.pc.signalingState, 'stable');
  assert.deepEqual(faults, []);
});

test('first offers that cross cost the polite side its connection, later ones none', async () => {
  const { a, b, faults, sent } = pair();
  const first = a.pc;
  a.setTracks(new Set([track('a1', 'audio')]), 1);
  b.setTracks(new Set([track('b1', 'audio')]), 1);
  await turns();
  assert.equal(first.signalingState, 'closed');
  const [pc, impolite] = [a.pc, b.pc];
  sent.length = 0;
  a.setTracks(new Set([...a.sentByMid.values(), track('a2', 'video')]), 1);
  b.setTracks(new Set([...b.sentByMid.values(), track('b2', 'video')]), 1);
  await turns();
  const crossed = sent.filter((/** @type {any} */ { type }) => type === 'offer').slice(0, 2);
  assert.deepEqual(new Set(crossed.map((/** @type {any} */ { from }) => from)), new Set(['a', 'b']), 'they did cross');
  assert.equal(a.pc, pc);
  assert.equal(b.pc, impolite);
  assert.deepEqual([received(a), received(b)], [['b1', 'b2'], ['a1', 'a2']]);
  assert.equal(FakePeerConnection.all.length, 3);
  assert.deepEqual(faults, []);
});

test('a connection that was given up tells nothing more', async () => {
  const { a, b, states } = pair();
  const first = a.pc;
  a.setTracks(new Set([track('a1', 'audio')]), 1);
  b.setTracks(new Set([track('b1', 'audio')]), 1);
  await turns();
  first.become('failed');
  assert.deepEqual(states, []);
  a.pc.become('connected');
  assert.deepEqual(states, ['a connected']);
});

test('a track that ends leaves its section to the next of its kind', async () => {
  const { a, b } = pair();
  const camera = track('a2', 'video');
  a.setTracks(new Set([track('a1', 'audio'), camera]), 1);
  await turns();
  const sections = a.pc.getTransceivers().length;
  a.setTracks(new Set([...a.sentByMid.values()].filter((one) => one !== camera)), 1);
  await turns();
  assert.deepEqual(received(b), ['a1']);
  a.setTracks(new Set([...a.sentByMid.values(), track('a3', 'video')]), 1);
  await turns();
  assert.deepEqual(received(b), ['a1', 'a3']);
  assert.equal(a.pc.getTransceivers().length, sections);
});

test('with many to send to, each gets a share of the bitrate', async () => {
  const { a } = pair();
  const camera = track('a2', 'video');
  a.setTracks(new Set([camera]), 1);
  await turns();
  const most = () => a.pc.getTransceivers()[0].sender.getParameters().encodings[0].maxBitrate;
  const alone = most();
  a.setTracks(new Set([camera]), 4);
  await turns();
  assert.equal(most(), alone / 4);
});

test('what is not wanted is switched off at its section, and on again', async () => {
  const { a, b, unwanted } = pair();
  a.setTracks(new Set([track('a1', 'audio'), track('a2', 'video')]), 1);
  await turns();
  unwanted.add('a2');
  b.review();
  await turns();
  assert.deepEqual(received(b), ['a1']);
  assert.equal(a.pc.getTransceivers()[1].currentDirection, 'inactive');
  unwanted.delete('a2');
  b.review();
  await turns();
  assert.deepEqual(received(b), ['a1', 'a2']);
});

test('an offer that was lost while the socket was down is made again when it is back', async () => {
  const both = pair();
  both.lose = () => true;
  both.a.setTracks(new Set([track('a1', 'audio')]), 1);
  await turns();
  assert.deepEqual(received(both.b), []);
  both.lose = () => false;
  both.a.resume();
  await turns();
  assert.deepEqual(received(both.b), ['a1']);
});

test('an answer that comes twice changes nothing', async () => {
  const { a, b, faults } = pair();
  a.setTracks(new Set([track('a1', 'audio')]), 1);
  await turns();
  a.handle({ description: b.pc.localDescription, tracks: [] });
  await turns();
  assert.deepEqual(faults, []);
  assert.deepEqual(received(b), ['a1']);
});

test('a candidate of an offer that was passed over is no fault, any other one is', async () => {
  const { a, faults } = pair();
  a.handle({ candidate: { candidate: 'candidate:1' } });
  await turns();
  assert.equal(faults.length, 1);
});

test('nothing is done with what comes after the end', async () => {
  const { a, b, faults } = pair();
  b.close();
  a.setTracks(new Set([track('a1', 'audio')]), 1);
  await turns();
  assert.equal(b.pc.signalingState, 'closed');
  assert.deepEqual(faults, []);
  assert.equal(FakePeerConnection.all.length, 2);
});
